"""What every input must come to, however broken it is: the promises that all fuzzing holds the build to."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.pipeline import BuildResult, Options, build
from deckbuilder.reporters import github_report, json_report, sarif_report, summary, text_report
from tests.support.learner import ImportCounts, Learner

NOW = 1_700_000_000
"""The second at which everything is built."""

PACKAGE = "made.apkg"
"""The name of the package beside the deck's folder."""


class BrokenPromise(AssertionError):
    """An input for which the build did not do what it promises."""


def survives(deck: Path, *, thoroughly: bool = True) -> BuildResult:
    """Build the deck, see that every promise was kept, and return what came of it.

    The build ends in a result; every finding has a place that there is; on an error nothing is written or touched;
    otherwise (looked at only `thoroughly`) the same sources give the same bytes again, and the real Anki takes them.
    """
    package = deck.parent / PACKAGE
    package.unlink(missing_ok=True)
    before = _contents(deck)
    result = _built(deck)
    _require_places(result, before)
    _require_reports(result)
    if result.failed:
        _require(result.apkg is None, "a build with errors says that it wrote a package")
        _require(not package.exists(), "a build with errors wrote a package")
        _require(_contents(deck) == before, "a build with errors touched the deck's folder")
        return result
    _require(package.exists(), "a build without errors wrote no package")
    _require(_names(_contents(deck)) - _names(before) <= {deck / "deck.lock"}, "a build left something behind")
    if thoroughly:
        _require_same_again(result, deck, package)
        _require_import(result, package)
    return result


def _built(deck: Path, cache: Path | None = None) -> BuildResult:
    return build(deck, Options(output=deck.parent / PACKAGE, now=NOW, retire=True, cache=cache, new_deck=True))


def _require(kept: bool, promise: str) -> None:
    if not kept:
        raise BrokenPromise(promise)


def _contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Return each file of the folder with its time and its bytes."""
    found = {}
    for here, _, names in os.walk(folder):
        for name in names:
            path = Path(here, name)
            found[path] = (path.stat().st_mtime_ns, path.read_bytes())
    return found


def _names(contents: dict[Path, tuple[int, bytes]]) -> set[Path]:
    return set(contents)


# Findings


def _require_places(result: BuildResult, files: dict[Path, tuple[int, bytes]]) -> None:
    lines = {path: lines_of(content) for path, (_, content) in files.items()}
    for found in result.diagnostics:
        _require(bool(found.message.strip()), f"{found.code} says nothing")
        _require(bool(found.help.strip()), f"{found.code} does not help")
        for span in (found.span, *(related.span for related in found.related)):
            _require_place(found, span, lines.get(Path(span.file), [""]))


def _require_place(found: Diagnostic, span: Span, lines: list[str]) -> None:
    place = f"{span.line}:{span.column}-{span.end}"
    _require(1 <= span.line <= len(lines), f"{found.code} at {place} points below the end of a file: {found.message}")
    line = lines[span.line - 1]
    past = f"{found.code} at {place} points beyond the end of a line of {len(line)}: {found.message}"
    _require(1 <= span.column <= len(line) + 1, past)
    _require(span.column + span.width <= max(len(line), span.column) + 1, past)


def lines_of(content: bytes) -> list[str]:
    """Return the lines of a file as an editor counts them."""
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _require_reports(result: BuildResult) -> None:
    """See that what was found can be said in every form, and written to any stream."""
    text = "\n".join((text_report(result.diagnostics), github_report(result.diagnostics), summary(result)))
    for report in (json_report(result), sarif_report(result.diagnostics)):
        json.loads(report)
        text += report
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BrokenPromise("what was found cannot be written as UTF-8") from error


# Writing


def _require_same_again(first: BuildResult, deck: Path, package: Path) -> None:
    """See that a second build finds nothing to do, nor a third and a fourth that keep and use what they find."""
    lock, made = (deck / "deck.lock").read_bytes(), package.read_bytes()
    with tempfile.TemporaryDirectory(prefix="deckbuilder-fuzz-") as folder:
        said = set()
        for cache in (None, Path(folder), Path(folder)):
            again = _built(deck, cache)
            errors = [f"{found.code} {found.message}" for found in again.diagnostics if found.is_error]
            _require(not errors, f"a second build fails: {errors[:1]}")
            _require((deck / "deck.lock").read_bytes() == lock, "a second build changes the lock")
            _require(package.read_bytes() == made, "a second build gives other bytes")
            _require(len(again.notes) == len(first.notes), "a second build has other notes")
            said.add(again.diagnostics)
        _require(len(said) == 1, "a build that keeps what it finds finds something else")


def _require_import(result: BuildResult, package: Path) -> None:
    """See that Anki takes every note of the package, and finds nothing new in it the second time."""
    count = len(result.notes)
    with Learner() as learner:
        _require_counts("first", learner.import_package(package), ImportCounts(new=count))
        _require(learner.card_count() == count, f"{count} notes became {learner.card_count()} cards")
        _require_counts("second", learner.import_package(package), ImportCounts(duplicate=count))
        problems = learner.database_problems()
        _require(not problems, f"Anki finds the collection damaged: {problems}")


def _require_counts(which: str, found: ImportCounts, expected: ImportCounts) -> None:
    _require(found == expected, f"the {which} import gives {found}, not {expected}")
