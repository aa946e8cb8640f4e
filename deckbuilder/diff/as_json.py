"""A difference as one JSON object, whose form is a contract with other programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from deckbuilder.diff.advice import advice
from deckbuilder.diff.compare import DeckDiff, NoteChange, NoteRef, OldNew
from deckbuilder.diff.fields import FieldChange
from deckbuilder.diff.telling import Compared, counts


def json_diff(diff: DeckDiff | None, compared: Compared, diagnostics: Sequence[dict[str, object]]) -> str:
    """Return the difference as JSON; all but `diagnostics` is null or empty where nothing could be compared."""
    report: dict[str, object] = {"old": compared.old, "new": compared.new, "deck": diff.deck if diff else None}
    report |= {
        "changed": bool(diff and not diff.is_empty),
        "counts": {what.replace(" ", "_"): count for what, count in counts(diff).items()} if diff else {},
        "new_notes": [_note(note) for note in diff.new] if diff else [],
        "changed_notes": [_change(change) for change in diff.changed] if diff else [],
        "retired_notes": [_note(note) for note in diff.retired] if diff else [],
        "revived_notes": [_note(note) for note in diff.revived] if diff else [],
        "notes_at_risk": [_note(note) for note in diff.at_risk] if diff else [],
        "reordered_notes": [_note(note) for note in diff.reordered] if diff else [],
        "rebuilt_notes": [_note(note) for note in diff.rebuilt] if diff else [],
        "refreshed_notes": [_note(note) for note in diff.refreshed] if diff else [],
        "restyled_note_types": list(diff.restyled) if diff else [],
        "refusals": list(diff.refusals) if diff else [],
        "for_learners": list(advice(diff)) if diff else [],
        "search": (diff.search or None) if diff else None,
        "diagnostics": list(diagnostics),
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _note(note: NoteRef) -> dict[str, object]:
    return {
        "key": note.key,
        "guid": note.guid,
        "kind": note.kind or None,
        "deck": note.deck or None,
        "topic": note.topic,
        "question": note.question,
    }


def _change(change: NoteChange) -> dict[str, object]:
    return _note(change.note) | {
        "edited": change.edited,
        "fields": [_field(field) for field in change.fields],
        "section": _pair(change.topic),
        "moved_deck": _pair(change.deck),
        "changed_kind": _pair(change.kind),
        "tags": {"gone": list(change.tags_gone), "come": list(change.tags_come)},
    }


def _field(field: FieldChange) -> dict[str, object]:
    return {
        "field": field.field,
        "summary": field.summary or None,
        "words": [[piece.fate.value, piece.text] for piece in field.words],
    }


def _pair(pair: OldNew | None) -> dict[str, str] | None:
    return {"old": pair[0], "new": pair[1]} if pair else None
