"""A package is proved on the real Anki before learners import it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.anki.backend import require_anki
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Span, has_errors
from deckbuilder.files import is_there, working_folder
from deckbuilder.limits import limits
from deckbuilder.reporters import json_diagnostic

if TYPE_CHECKING:
    from deckbuilder.anki.proof import Report

_NAMED = 5


class Verified(Struct, frozen=True):
    """What came of the proof. `report` is of a learner who imported `previous` at once; None if Anki refused."""

    new: Path
    previous: Path | None
    report: Report | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether a learner would lose something."""
        return has_errors(list(self.diagnostics))


def verify(new: Path, previous: Path | None = None) -> Verified:
    """Bring `previous` and then `new` to learners of the real Anki, and find everything that they would lose.

    Without `previous` a learner imports `new` twice. Raises CannotGoOn where Anki's library is missing.
    """
    require_anki(new.as_posix())
    releases = [previous or new, new]
    try:
        for path in releases:
            if problem := _unreadable(path):
                raise CannotGoOn(rules.PACKAGE_REFUSED.at(Span(path.as_posix()), problem=problem))
        report, late = _proved(releases, (False, True) if previous else (False, False))
    except CannotGoOn as stop:
        return Verified(new, previous, None, tuple(stop.diagnostics))
    return Verified(new, previous, report, tuple(findings(report, late, Span(new.as_posix()))))


def _proved(releases: Sequence[Path], lates: Sequence[bool]) -> list[Report]:
    """Return the report of each learner. Raises CannotGoOn where there is none.

    Each proof is a process of its own, so that whatever a package makes Anki do can be ended after a time.
    """
    from deckbuilder.anki.proof import Imported, Report

    deadline = time.monotonic() + limits()["verify-seconds"]
    found = []
    try:
        with working_folder() as folder, ExitStack() as stack:
            different = dict.fromkeys(lates)
            begun = {late: stack.enter_context(_Proof(releases, late=late, folder=folder)) for late in different}
            reports = {late: one.outcome(deadline) for late, one in begun.items()}
        for late in lates:
            told = reports[late]
            found.append(Report(**told | {"imports": [Imported(**one) for one in told["imports"]]}))
    except OSError as error:
        place = Span("collection.anki2")
        raise CannotGoOn(
            rules.COLLECTION_UNWRITABLE.at(place, problem=f"in a temporary folder: {error.strerror or error}")
        ) from error
    return found


class _Proof:
    """A proof that runs as a process of its own, and is ended with the block if it has not ended by then."""

    def __init__(self, releases: Sequence[Path], *, late: bool, folder: Path) -> None:
        self.releases = releases
        self._report = folder / ("late.json" if late else "prompt.json")
        most = limits()
        bounds = {name: str(most[f"package-{limit}"]) for name, limit in _BOUNDS.items()}
        options = [word for name, value in bounds.items() for word in (f"--{name}", value)]
        script = Path(__file__).with_name("proof.py")
        self._command = [sys.executable, "-P", str(script), *options, *(["--late"] if late else []),
                         str(self._report), *(str(path.absolute()) for path in releases)]  # fmt: skip
        self._environment = os.environ | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}

    def __enter__(self) -> _Proof:
        self._process = subprocess.Popen(  # noqa: S603  # our own script
            self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def outcome(self, deadline: float) -> dict[str, Any]:
        """Wait for the report and return it. Raises CannotGoOn where there is none, and OSError for a full disk."""
        place = Span(self.releases[-1].as_posix())
        try:
            said = self._process.communicate(timeout=max(0.0, deadline - time.monotonic()))[1]
        except subprocess.TimeoutExpired:
            seconds = limits()["verify-seconds"]
            raise CannotGoOn(rules.PROOF_TOO_LONG.at(place, seconds=f"{seconds:,}")) from None
        if not self._report.exists():
            last = (said.strip().splitlines() or [f"it ended with {self._process.returncode}"])[-1]
            raise CannotGoOn(rules.PACKAGE_REFUSED.at(place, problem=f"Anki's process broke down: {last}"))
        told: dict[str, Any] = json.loads(self._report.read_text(encoding="utf-8"))
        if "problem" not in told:
            return told
        if "refused" not in told:
            raise OSError(told["problem"])
        place = next(
            (Span(path.as_posix()) for path in self.releases if str(path.absolute()) == told["refused"]), place
        )
        if "limit" in told:
            name = told["limit"]
            raise CannotGoOn(
                rules.PACKAGE_TOO_LARGE.at(place, what=told["problem"], limit=name, most=f"{limits()[name]:,}")
            )
        raise CannotGoOn(rules.PACKAGE_REFUSED.at(place, problem=told["problem"]))


_BOUNDS = {"megabytes": "mb", "entries": "entries", "notes": "notes"}
"""What the proof calls its bounds, and how the names of the limits end."""


def _unreadable(path: Path) -> str:
    """Return why there is no file to import, an empty string if there is one."""
    if is_there(path) and not path.is_file():
        return "it is no ordinary file"  # to open a pipe would wait for ever
    try:
        with path.open("rb") as file:
            return "" if file.read(2) == b"PK" else "it is no package"
    except OSError as error:
        return error.strerror or str(error)


def findings(report: Report, late: Report, place: Span) -> Iterator[Diagnostic]:
    """Yield everything that a learner would lose; `late` is of one who imports at the last moment."""
    if not report.histories:
        yield rules.NOTHING_PROVED.at(place)
    last = report.imports[-1]
    if report.histories and not (report.histories_lost or last.updated or last.duplicate or last.conflicting):
        yield rules.NOT_AN_UPDATE.at(place)
    missed = [name for name in report.updates_missed if name not in report.conflicting]
    late_only = [name for name in late.updates_missed if name not in report.updates_missed]
    for rule, which in (
        (rules.HISTORY_LOST, report.histories_lost),
        (rules.HISTORY_SHIFTED, report.histories_shifted),
        (rules.NOTES_CONFLICT, report.conflicting),
        (rules.UPDATE_MISSED, missed),
        (rules.NOTE_TYPE_CLUTTER, report.clutter),
        (rules.EDIT_LOST, report.edits_lost),
        (rules.CARD_MOVED, report.cards_moved),
        (rules.MEDIA_MISSING, report.media_missing),
        (rules.UPDATE_LATE, late_only),
    ):
        if which:
            yield rule.at(place, count=len(which), all=report.histories, which=first_few(which))
    if report.full_sync:
        yield rules.FULL_SYNC_FORCED.at(place)
    if report.problems:
        yield rules.COLLECTION_UNSOUND.at(place, problem=" ".join(report.problems.split()))


def first_few(which: Sequence[str]) -> str:
    """Return the first few of some names, and how many more there are."""
    more = f" and {len(which) - _NAMED} more" if len(which) > _NAMED else ""
    return ", ".join(which[:_NAMED]) + more


def summary(verified: Verified) -> str:
    """Return in a few lines what the learners kept."""
    report = verified.report
    if report is None:
        return "Nothing was proved."
    counts = report.imports[-1]
    what = f"update from {verified.previous.name}" if verified.previous else "second import"
    lines = [
        f"{verified.new.name} on Anki {report.anki}: {what}",
        f"histories kept: {report.histories - len(report.histories_lost) - len(report.histories_shifted)} "
        f"of {report.histories}",
        f"notes: {counts.new} new, {counts.updated} updated, {counts.duplicate} unchanged, "
        f"{counts.conflicting} conflicting",
        f"learner's own edits: {report.edited - len(report.edits_lost)} of {report.edited} kept"
        + (f", {report.replaced} replaced by corrections" if report.replaced else ""),
        *(
            [f"changed by deckbuilder and not stamped: {len(report.rebuilt)} stay as they are"]
            if report.rebuilt
            else []
        ),
        f"clutter note types: {', '.join(report.clutter) or 'none'}",
        f"full sync: {'forced' if report.full_sync else 'no'}",
    ]
    return "\n".join(lines)


def json_report(verified: Verified) -> str:
    """Return the whole proof as one JSON object."""
    return json.dumps(
        {
            "new": verified.new.as_posix(),
            "previous": verified.previous.as_posix() if verified.previous else None,
            "passed": not verified.failed,
            "report": asdict(verified.report) if verified.report else None,
            "diagnostics": [json_diagnostic(one) for one in verified.diagnostics],
        },
        ensure_ascii=False,
        indent=2,
    )
