"""The two questions that are asked: what a build would change, and what one package changes against another."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Severity, Span
from deckbuilder.diff.compare import DeckDiff, compare
from deckbuilder.diff.states import DeckState, split_print, state_of_lock, state_of_plan, types_of_lock
from deckbuilder.files import leads_out
from deckbuilder.packaging.plan import PackagePlan
from deckbuilder.packaging.reading import read_package
from deckbuilder.pipeline import Options, Prepared, Watch, default_output, prepare


def diff_packages(old: Path, new: Path) -> tuple[DeckDiff | None, list[Diagnostic]]:
    """Return what the package `new` changes for those who have `old`; None where one of them cannot be read."""
    before, diagnostics = read_package(old)
    after, found = read_package(new)
    diagnostics += found
    if before is None or after is None:
        return None, diagnostics
    return _compared(state_of_plan(before), state_of_plan(after), new, diagnostics)


def diff_sources(
    source: Path, against: Path | None = None, watch: Watch | None = None
) -> tuple[DeckDiff | None, list[Diagnostic]]:
    """Return what a build of `source` would change: since the last build, or for those who have `against`.

    None where nothing can be compared. Of the findings in the sources only the errors are returned: with them a build
    would stop, and the differences are those of what could be read.
    """
    prepared, result = prepare(source, Options(watch=watch))
    diagnostics = [found for found in result.diagnostics if found.is_error]
    if prepared is None:
        return None, diagnostics
    if against is None:
        return _since_last_build(prepared, diagnostics)
    before, found = read_package(against)
    diagnostics += found
    if before is None:
        return None, diagnostics
    known = state_of_lock(prepared.before, None)
    old, new = replace(state_of_plan(before), retired=known.retired), state_of_plan(prepared.plan())
    return _compared(old, new, against, diagnostics, _doubtful(prepared, diagnostics))


def _since_last_build(prepared: Prepared, diagnostics: list[Diagnostic]) -> tuple[DeckDiff, list[Diagnostic]]:
    """Compare with the lock, which knows what changed, and tell in what words by the package where it is the lock's."""
    path = default_output(prepared.before)
    packed, found = _last_package(prepared, path)
    prints = {note.locked.guid: split_print(note.locked.fingerprint) for note in prepared.notes}
    plan = prepared.plan()
    before = state_of_lock(prepared.before, packed)
    after = replace(state_of_plan(plan, prints), types=types_of_lock(prepared.lock, plan))
    diff = compare(before, after, _doubtful(prepared, diagnostics))
    found += _refusals(diff, path)
    wordless = [change for change in diff.changed if change.edited and not change.fields]
    if packed and wordless:
        found.append(rules.EARLIER_TEXT_MISSING.at(Span(path.as_posix()), path=path.as_posix(), count=len(wordless)))
    return diff, diagnostics + found


def _last_package(prepared: Prepared, path: Path) -> tuple[PackagePlan | None, list[Diagnostic]]:
    """Return what is left of the last build; a package that cannot be read is only a pity here."""
    if not any(not note.retired for note in prepared.before.notes.values()):
        return None, []
    if not path.exists():
        return None, [rules.NO_EARLIER_PACKAGE.at(Span(path.as_posix()), path=path.as_posix())]
    if leads_out(path):
        problem = "it is a link that leads out of this folder"
        return None, [rules.PACKAGE_UNREADABLE.at(Span(path.as_posix()), path=path.as_posix(), problem=problem)]
    packed, found = read_package(path)
    return packed, [replace(one, severity=Severity.WARNING) for one in found]


def _doubtful(prepared: Prepared, errors: list[Diagnostic]) -> frozenset[str]:
    """Return the GUIDs of notes whose line of the lock an error points to: whose they are is not decided."""
    places = {(place.span.file, place.span.line) for found in errors for place in found.related}
    lock = prepared.project.lock_name
    return frozenset(note.guid for note in prepared.before.notes.values() if (lock, note.line) in places)


def _compared(
    before: DeckState,
    after: DeckState,
    place: Path,
    diagnostics: list[Diagnostic],
    doubtful: frozenset[str] = frozenset(),
) -> tuple[DeckDiff, list[Diagnostic]]:
    diff = compare(before, after, doubtful)
    diagnostics += _refusals(diff, place)
    if before.notes and after.notes and not before.notes.keys() & after.notes.keys():
        span = Span(place.as_posix())
        diagnostics.append(rules.NOTHING_IN_COMMON.at(span, path=span.file))
    return diff, diagnostics


def _refusals(diff: DeckDiff, place: Path) -> list[Diagnostic]:
    return [rules.UPDATE_REFUSED.at(Span(place.as_posix()), problem=problem) for problem in diff.refusals]
