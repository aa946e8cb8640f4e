"""What goes into an .apkg, as plain data: the last stage before bytes."""

from __future__ import annotations

from dataclasses import dataclass

from deckbuilder.rendering.media import MediaFile

__all__ = ["DeckPlan", "MediaFile", "NotePlan", "NoteTypePlan", "PackagePlan"]


@dataclass(frozen=True, slots=True)
class DeckPlan:
    """A deck or subdeck by its full name (`A::B`), with its fixed id."""

    id: int
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class NoteTypePlan:
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


@dataclass(frozen=True, slots=True)
class NotePlan:
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


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """The whole content of an .apkg. `created` (seconds since 1970) is when the deck was first built.

    `media` is packed as it stands, so it holds what the notes and note types show and nothing else.
    """

    decks: tuple[DeckPlan, ...]
    note_types: tuple[NoteTypePlan, ...]
    notes: tuple[NotePlan, ...]
    media: tuple[MediaFile, ...]
    created: int
