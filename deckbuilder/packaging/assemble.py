"""Rendered notes and the lock become a package plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deckbuilder.identity.changes import Change, Since, since_release
from deckbuilder.identity.lock import Lock, LockedNote, Release
from deckbuilder.kinds import fields
from deckbuilder.kinds.templates import Templates
from deckbuilder.kinds.titles import TITLES
from deckbuilder.packaging.delivery import print_of
from deckbuilder.packaging.plan import DeckPlan, Frame, MediaFile, NotePlan, NoteTypePlan, PackagePlan, frame_key
from deckbuilder.rendering.finish import unformatted
from deckbuilder.rendering.notes import RenderedNote

CARD_TEMPLATE = "Card"
_NOTHING = ("",) * len(fields.FIELDS)  # what a note has in the fields that are not filled


class StampedNote(Struct, frozen=True):
    """A rendered note with what became of it, its new line of the lock (with its change time), its deck's name."""

    rendered: RenderedNote
    change: Change
    locked: LockedNote
    deck: str


def assemble(
    notes: Sequence[StampedNote],
    lock: Lock,
    templates: Templates,
    media: Iterable[MediaFile],
    description: str,
    frame: Frame | None = None,
) -> PackagePlan:
    """Return the plan of a package with the notes in their order; `frame` is used if it is of its decks and types."""
    decks, note_types = deck_plans(notes, lock, description), note_type_plans(notes, lock, templates)
    deck_ids = {deck.name: deck.id for deck in decks}
    type_ids = {kind: note_type_id(kind, lock) for kind in TITLES}
    return PackagePlan(
        decks=decks,
        note_types=note_types,
        notes=tuple(
            [_note(note, type_ids, deck_ids, position, lock.release) for position, note in enumerate(notes, start=1)]
        ),
        media=tuple(sorted(media, key=lambda file: file.name)),
        created=lock.born,
        frame=frame if frame and frame.of == frame_key(decks, note_types) else None,
    )


def deck_plans(notes: Iterable[StampedNote], lock: Lock, description: str) -> tuple[DeckPlan, ...]:
    """Return the decks that the notes are in, by name; `description` is that of the whole deck."""
    return tuple(
        DeckPlan(fields.stable_id("deck", lock.id, name), name, description if name == lock.deck else "")
        for name in sorted({note.deck for note in notes})
    )


def note_type_plans(notes: Iterable[StampedNote], lock: Lock, templates: Templates) -> tuple[NoteTypePlan, ...]:
    """Return the note types that the notes are of."""
    kinds = {note.locked.kind for note in notes}
    return tuple(note_type_plan(name, title, lock, templates) for name, title in TITLES.items() if name in kinds)


def note_type_id(kind: str, lock: Lock) -> int:
    """Return the id of a deck's note type of a kind, the same for ever."""
    return fields.stable_id("note type", lock.id, kind)


def note_type_plan(kind: str, title: str, lock: Lock, templates: Templates) -> NoteTypePlan:
    """Return the note type of a kind as the package carries it."""
    return NoteTypePlan(
        id=note_type_id(kind, lock),
        name=f"{title} ({lock.deck})",
        fields=tuple((name, fields.field_id(kind, name)) for name in fields.FIELDS),
        sort_field=fields.SORT_FIELD,
        template_name=CARD_TEMPLATE,
        template_id=fields.stable_id("template", kind, CARD_TEMPLATE),
        front=templates.front,
        back=templates.back,
        css=templates.css,
        modified=lock.types[kind].modified,
    )


def _note(
    note: StampedNote, types: Mapping[str, int], decks: Mapping[str, int], position: int, release: Release | None
) -> NotePlan:
    filled = note.rendered.fields
    delivered, prints = note.locked.delivered, note.rendered.prints
    if delivered and since_release(note.locked, release) in (Since.NOTHING, Since.REBUILT):
        filled[fields.VERSION] = unformatted(delivered.version)
    filled[fields.DELIVERED] = print_of(filled, note.rendered.tags, prints.texts, prints.source)
    return NotePlan(
        guid=note.locked.guid,
        note_type=types[note.locked.kind],
        deck=decks[note.deck],
        fields=tuple(map(filled.get, fields.FIELDS, _NOTHING)),
        tags=note.rendered.tags,
        created=note.locked.born,
        modified=note.locked.modified,
        position=position,
    )
