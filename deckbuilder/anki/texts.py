"""The plan of a push as text for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.reporters import json_diagnostic

if TYPE_CHECKING:
    from deckbuilder.anki.update import PushPlan

_NAMED = 8
_INTERNAL = {"written", "moved_cards", "suspended_cards", "harm"}


def plan_text(plan: PushPlan) -> str:
    """Return what a push changes and what it leaves to the learner, a line for each note of interest."""
    return "\n".join(_lines(plan))


def _lines(plan: PushPlan) -> Iterator[str]:
    if plan.nothing:
        own = ", your own edits, tags and decks aside" if plan.kept or plan.kept_tags or plan.stayed else ""
        yield f"Nothing to do: the collection is as the build would have it{own}."
    yield from _listed("new", plan.new)
    yield from _listed("updated", plan.updated)
    yield from _listed("moved", [f"{key} → {deck}" for key, deck in plan.moved.items()])
    yield from _listed("retired: suspended and tagged", plan.retired)
    yield from _listed("back again: no longer suspended", plan.revived)
    yield from _listed("new look", plan.restyled)
    yield from _listed("pictures", plan.media)
    yield from _listed("your edits overwritten", _by_note(plan.overwritten))
    yield from _listed("your edits kept", _by_note(plan.kept))
    yield from _listed("your tags kept", _by_note(plan.kept_tags))
    yield from _listed("left where you put them", [f"{key} in {deck}" for key, deck in plan.stayed.items()])


def _by_note(found: dict[str, list[str]]) -> list[str]:
    return [f"{key} ({', '.join(names)})" for key, names in found.items()]


def _listed(title: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        yield f"{title}: {len(names)}"
        yield from (f"    {name}" for name in names[:_NAMED])
        if len(names) > _NAMED:
            yield f"    … and {len(names) - _NAMED} more"


def push_json(
    collection: Path, plan: PushPlan, done: bool, backup: Path | None, diagnostics: Sequence[Diagnostic]
) -> str:
    """Return the push as one JSON object; `done` says whether it was done or only planned."""
    report = {
        "collection": collection.as_posix(),
        "done": done,
        "backup": backup.as_posix() if backup else None,
        "plan": {name: value for name, value in asdict(plan).items() if name not in _INTERNAL},
        "diagnostics": [json_diagnostic(one) for one in diagnostics],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)
