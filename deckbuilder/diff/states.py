"""A deck as it stood at one time, as far as it is known: from a package all of it, from a lock who was there."""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder.diff.words import one_line, visible_text
from deckbuilder.identity.lock import Lock, LockedNote
from deckbuilder.kinds import fields
from deckbuilder.kinds.templates import Templates
from deckbuilder.kinds.titles import TITLES
from deckbuilder.packaging.assemble import note_type_id
from deckbuilder.packaging.delivery import read_print
from deckbuilder.packaging.plan import NotePlan, NoteTypePlan, PackagePlan
from deckbuilder.packaging.reading import deck_name

Shape: TypeAlias = tuple[tuple[tuple[str, int], ...], str, int]
"""What is frozen of a note type: its fields with their ids, its card template's name and id."""


class NoteState(Struct, frozen=True):
    """A note at one time. Where only a lock is left of it, `texts` (fields by name) is None, and so is much else.

    `words` are its question's, without formatting, and `prints` stand for its body and for all of it: both as in a
    lock, and None where no lock was asked. `modified` is its change time, `source` the fingerprint of what its author
    wrote, "" where that is not known. `position` is its place in reading order.
    """

    key: str
    guid: str
    note_type: int
    kind: str | None = None
    section: str | None = None
    words: str | None = None
    prints: tuple[str, str] | None = None
    deck: str | None = None
    tags: tuple[str, ...] | None = None
    texts: Mapping[str, str] | None = None
    position: int | None = None
    modified: int | None = None
    source: str = ""

    @property
    def question(self) -> str:
        """The question as one line of text."""
        text = visible_text(self.texts[fields.QUESTION]) if self.texts else self.words or ""
        return one_line(text) or self.key

    @property
    def topic(self) -> str:
        """The section path, as the card shows it."""
        return unescape(self.texts.get(fields.TOPIC, "")) if self.texts else self.section or ""


class TypeState(Struct, frozen=True):
    """A note type at one time: its name, a fingerprint of its templates and style, what is frozen (None: unknown)."""

    name: str
    look: str
    shape: Shape | None = None


class DeckState(Struct, frozen=True):
    """A deck at one time: its notes by GUID, in reading order if it is known, its note types by id, who is retired."""

    name: str
    notes: Mapping[str, NoteState]
    types: Mapping[int, TypeState]
    retired: frozenset[str] = field(default_factory=frozenset)


def state_of_plan(plan: PackagePlan, prints: Mapping[str, tuple[str, str]] | None = None) -> DeckState:
    """Return the deck that a package brings. `prints` are the fingerprints of its notes by GUID, where known."""
    types = {kind.id: kind for kind in plan.note_types}
    decks = {deck.id: deck.name for deck in plan.decks}
    ordered = sorted(plan.notes, key=lambda note: note.position)
    notes = {
        note.guid: _from_package(note, types[note.note_type], decks[note.deck], position, (prints or {}).get(note.guid))
        for position, note in enumerate(ordered)
    }
    return DeckState(
        name=deck_name(plan),
        notes=notes,
        types={kind.id: TypeState(kind.name, _look(kind), _shape(kind)) for kind in plan.note_types},
    )


def state_of_lock(lock: Lock, packed: PackagePlan | None) -> DeckState:
    """Return the deck as a lock remembers it, with the texts of those notes that a package has at the lock's times.

    The order is known only from the very package that the lock was written with.
    """
    found = state_of_plan(packed).notes if packed else {}
    times = {note.guid: note.modified for note in packed.notes} if packed else {}
    live = [note for note in lock.notes.values() if not note.retired]
    if times != {note.guid: note.modified for note in live}:
        found = {guid: replace(note, position=None) for guid, note in found.items()}
    notes = {
        note.guid: _from_both(note, found[note.guid])
        if times.get(note.guid) == note.modified
        else _from_lock(note, lock)
        for note in live
    }
    return DeckState(
        name=lock.deck,
        notes=notes,
        types=types_of_lock(lock, packed),
        retired=frozenset(note.guid for note in lock.notes.values() if note.retired),
    )


def types_of_lock(lock: Lock, packed: PackagePlan | None) -> dict[int, TypeState]:
    """Return the note types that a lock knows, with what is frozen in those of them that a package has."""
    shapes = {kind.id: _shape(kind) for kind in packed.note_types} if packed else {}
    types = {note_type_id(kind.kind, lock): kind for kind in lock.types.values()}
    return {
        number: TypeState(f"{TITLES.get(kind.kind, kind.kind)} ({lock.deck})", kind.fingerprint, shapes.get(number))
        for number, kind in types.items()
    }


def split_print(fingerprint: str) -> tuple[str, str]:
    """Return the two parts of a note's fingerprint in the lock: of its body, and of all of it."""
    body, _, whole = fingerprint.partition(".")
    return body, whole


def _from_package(
    note: NotePlan, kind: NoteTypePlan, deck: str, position: int, prints: tuple[str, str] | None
) -> NoteState:
    texts = dict(zip((name for name, _ in kind.fields), note.fields, strict=True))
    return NoteState(
        key=texts[fields.KEY], guid=note.guid, note_type=note.note_type, kind=texts.get(fields.KIND), prints=prints,
        deck=deck, tags=note.tags, texts=texts, position=position, modified=note.modified,
        source=delivered.source if (delivered := read_print(texts.get(fields.DELIVERED, ""))) else "",
    )  # fmt: skip


def _from_both(note: LockedNote, packed: NoteState) -> NoteState:
    return replace(packed, source=note.source) if note.source else packed


def _from_lock(note: LockedNote, lock: Lock) -> NoteState:
    return NoteState(
        key=note.key, guid=note.guid, note_type=note_type_id(note.kind, lock), section=" › ".join(note.section),
        words=note.text, prints=split_print(note.fingerprint), modified=note.modified, source=note.source,
    )  # fmt: skip


def _look(kind: NoteTypePlan) -> str:
    return Templates(kind.front, kind.back, kind.css).fingerprint


def _shape(kind: NoteTypePlan) -> Shape:
    return kind.fields, kind.template_name, kind.template_id
