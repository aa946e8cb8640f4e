"""What goes into an .apkg, as plain data: the last stage before bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple

from deckbuilder.cache import digest_of
from deckbuilder.rendering.media import MediaFile

__all__ = [
    "LOCK_ENTRY",
    "DeckPlan",
    "Frame",
    "MediaFile",
    "NotePlan",
    "NoteTypePlan",
    "PackagePlan",
    "frame_key",
    "refuse_nonsense",
]


LOCK_ENTRY: Final = "deck.lock"
"""What the package calls the lock that it carries."""


class DeckPlan(Struct, frozen=True):
    """A deck or subdeck by its full name (`A::B`), with its fixed id."""

    id: int
    name: str
    description: str = ""


class NoteTypePlan(Struct, frozen=True):
    """A note type: fixed id and name, field names in order with their ids, one card template, style, change time.

    `sort_field` is an index into `fields`; `modified` is in seconds since 1970.
    """

    id: int
    name: str
    fields: tuple[tuple[str, int], ...]
    sort_field: int
    template_name: str
    template_id: int
    front: str
    back: str
    css: str
    modified: int


class NotePlan(Struct, frozen=True):
    """A note with its one card; `position` is its place among the new cards.

    `note_type` and `deck` are ids of the plan's note types and decks; `fields` has one text (HTML) for each field of
    the note type. `created` (seconds since 1970) is when the note first appeared, and never moves; `modified` moves
    with its content.
    """

    guid: str
    note_type: int
    deck: int
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    created: int
    modified: int
    position: int


class Frame(Struct, frozen=True):
    """An empty collection: statements that make its tables and its indexes, and the row of its table `col` by column.

    The row has the decks and note types, which `of` stands for; its times (`crt`, `mod`, `scm`) are still to be set.
    """

    of: bytes

    tables: tuple[str, ...]
    indexes: tuple[str, ...]
    settings: Mapping[str, int | str]

    @property
    def is_sound(self) -> bool:
        """Whether its statements make tables and indexes and do nothing else, whoever wrote them."""
        return all(one.startswith(("CREATE TABLE ", "CREATE INDEX ")) for one in (*self.tables, *self.indexes))


def frame_key(decks: Iterable[DeckPlan], note_types: Iterable[NoteTypePlan]) -> bytes:
    """Return what stands for decks and note types: a frame is of these and no others, change times included."""
    return digest_of(list(map(astuple, decks)), list(map(astuple, note_types)))


class PackagePlan(Struct, frozen=True):
    """The whole content of an .apkg. `created` (seconds since 1970) is when the deck was first built.

    `media` is packed as it stands, so it holds what the notes and note types show and nothing else. `frame` is what
    `frame_of` makes of the decks and note types, None where that is still to be done. `lock` is the deck.lock that the
    package was built with: Anki ignores it, and `deckbuilder lock restore` takes it out.
    """

    decks: tuple[DeckPlan, ...]
    note_types: tuple[NoteTypePlan, ...]
    notes: tuple[NotePlan, ...]
    media: tuple[MediaFile, ...]
    created: int
    frame: Frame | None = None
    lock: bytes = b""


def refuse_nonsense(plan: PackagePlan) -> None:
    """Raise ValueError for a plan that only a bug can have made and that would harm a learner's collection."""
    widths = {note_type.id: len(note_type.fields) for note_type in plan.note_types}
    decks = {deck.id for deck in plan.decks}
    for guid, count in Counter(note.guid for note in plan.notes).items():
        if count > 1:
            raise ValueError(f"{count} notes share the GUID {guid}")
    wrong_tags = {tag for tags in {note.tags for note in plan.notes} for tag in tags if len(tag.split()) != 1}
    for note in plan.notes:
        if len(note.fields) != (width := widths.get(note.note_type)):
            raise ValueError(f"note {note.guid} has {len(note.fields)} fields, its note type {width}")
        if note.deck not in decks:
            raise ValueError(f"note {note.guid} is in deck {note.deck}, which the plan does not have")
        if not wrong_tags.isdisjoint(note.tags):
            raise ValueError(f"note {note.guid} has a tag that is empty or has a blank: {note.tags}")
    _refuse_rivals(plan.media)


def _refuse_rivals(media: tuple[MediaFile, ...]) -> None:
    """Raise ValueError when one name stands for two pictures: Anki would show one of them on both cards."""
    contents: dict[str, bytes] = {}
    for one in media:
        if contents.setdefault(one.name, one.content) != one.content:
            raise ValueError(f"two different files are called {one.name}")
