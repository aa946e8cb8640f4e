"""What genanki makes of decks and note types: the tables, the row of settings, and both in Anki's own words.

The only user of genanki. Notes and cards are poured in by `collection`: genanki's own way stamps them all with one
time and takes one statement for each.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

import genanki

from deckbuilder.packaging.plan import DeckPlan, Frame, NoteTypePlan, frame_key

_REPLACEMENT = re.compile(r"\{\{([^{}]*)\}\}")


def frame_of(decks: Sequence[DeckPlan], note_types: Sequence[NoteTypePlan]) -> Frame:
    """Return genanki's empty collection with these decks and note types."""
    connection = sqlite3.connect(":memory:")
    try:
        genanki.Package([]).write_to_db(connection.cursor(), 0, iter(()))
        statements = connection.execute("SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        cursor = connection.execute("SELECT * FROM col")
        settings = dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))
    finally:
        connection.close()
    settings["decks"] = _json(
        json.loads(settings["decks"]) | {str(deck.id): deck_as_anki_has_it(deck) for deck in decks}
    )
    settings["models"] = _json({str(kind.id): note_type_as_anki_has_it(kind) for kind in note_types})
    return Frame(
        of=frame_key(decks, note_types),
        tables=tuple(sql for kind, sql in statements if kind == "table"),
        indexes=tuple(sql for kind, sql in statements if kind == "index"),
        settings=settings,
    )


def deck_as_anki_has_it(deck: DeckPlan) -> dict[str, Any]:
    """Return the deck as the dict that Anki keeps of it."""
    found: dict[str, Any] = genanki.Deck(deck.id, deck.name, deck.description).to_json()
    return found


def note_type_as_anki_has_it(note_type: NoteTypePlan) -> dict[str, Any]:
    """Return the note type as the dict that Anki keeps of it, the ids of its fields and of its template included."""
    model = _Model(
        model_id=note_type.id,
        name=note_type.name,
        # Anki tells a field or template that was renamed from one that is new by these ids, which genanki leaves out.
        fields=[{"name": name, "id": identity} for name, identity in note_type.fields],
        templates=[
            {
                "name": note_type.template_name,
                "id": note_type.template_id,
                "qfmt": note_type.front,
                "afmt": note_type.back,
            }
        ],
        css=note_type.css,
        sort_field_index=note_type.sort_field,
    )
    found: dict[str, Any] = model.to_json(note_type.modified, deck_id=1)  # new notes of a learner's own: to "Default"
    return found


class _Model(genanki.Model):  # type: ignore[misc]  # genanki has no types
    """genanki's note type, which finds the fields of the front by reading it instead of rendering it for each field.

    Anki reckons `req` anew when it imports, so this is for other readers, and need not cost more than all the notes.
    """

    @property
    def _req(self) -> list[list[Any]]:
        names = {field["name"]: place for place, field in enumerate(self.fields)}
        shown = {
            names.get(inner.rpartition(":")[2].strip(), -1)
            for inner in _REPLACEMENT.findall(self.templates[0]["qfmt"])
            if not inner.startswith(("#", "^", "/", "!"))
        }
        return [[0, "any", sorted(shown - {-1})]]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
