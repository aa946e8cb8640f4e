"""A package is proved on the real Anki before learners import it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.anki.backend import off_the_main_thread, require_anki
from deckbuilder.diagnostics import Diagnostic, Span, has_errors
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
    from anki.errors import DBError

    from deckbuilder.anki.proof import Refused, prove

    for path in (previous or new, new):
        if problem := _unreadable(path):
            finding = rules.PACKAGE_REFUSED.at(Span(path.as_posix()), problem=problem)
            return Verified(new, previous, None, (finding,))
    releases = [previous or new, new]
    try:
        report = off_the_main_thread(lambda: prove(releases))
        late = off_the_main_thread(lambda: prove(releases, late=True)) if previous else report
    except Refused as refused:
        finding = rules.PACKAGE_REFUSED.at(Span(refused.package.as_posix()), problem=refused)
        return Verified(new, previous, None, (finding,))
    except (DBError, OSError) as error:  # the learners live in folders of ours: only the disk can be at fault
        finding = rules.COLLECTION_UNWRITABLE.at(Span("collection.anki2"), problem=f"in a temporary folder: {error}")
        return Verified(new, previous, None, (finding,))
    return Verified(new, previous, report, tuple(_findings(report, late, Span(new.as_posix()))))


def _unreadable(path: Path) -> str:
    """Return why there is no file to import, an empty string if there is one."""
    try:
        with path.open("rb") as file:
            return "" if file.read(2) == b"PK" else "it is no package"
    except OSError as error:
        return error.strerror or str(error)


def _findings(report: Report, late: Report, place: Span) -> Iterator[Diagnostic]:
    if report.histories_lost:
        yield rules.HISTORY_LOST.at(
            place, count=len(report.histories_lost), all=report.histories, which=first_few(report.histories_lost)
        )
    last = report.imports[-1]
    if report.histories and not (report.histories_lost or last.updated or last.duplicate or last.conflicting):
        yield rules.NOT_AN_UPDATE.at(place)
    if report.conflicting:
        yield _about(rules.NOTES_CONFLICT, place, report.conflicting)
    missed = [name for name in report.updates_missed if name not in report.conflicting]
    if missed:
        yield _about(rules.UPDATE_MISSED, place, missed)
    if report.clutter:
        yield rules.NOTE_TYPE_CLUTTER.at(place, which=", ".join(report.clutter))
    if report.edits_lost:
        yield _about(rules.EDIT_LOST, place, report.edits_lost)
    if report.full_sync:
        yield rules.FULL_SYNC_FORCED.at(place)
    if report.cards_moved:
        yield _about(rules.CARD_MOVED, place, report.cards_moved)
    if report.problems:
        yield rules.COLLECTION_UNSOUND.at(place, problem=" ".join(report.problems.split()))
    if report.media_missing:
        yield _about(rules.MEDIA_MISSING, place, report.media_missing)
    if late_only := [name for name in late.updates_missed if name not in report.updates_missed]:
        yield _about(rules.UPDATE_LATE, place, late_only)


def _about(rule: rules.Rule, place: Span, which: Sequence[str]) -> Diagnostic:
    return rule.at(place, count=len(which), which=first_few(which))


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
        f"histories kept: {report.histories - len(report.histories_lost)} of {report.histories}",
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
