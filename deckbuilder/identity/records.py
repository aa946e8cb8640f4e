"""What deck.lock remembers, as types: the deck, its note types, its decks and its notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import astuple

from deckbuilder.drills.slots import Slot

Section: TypeAlias = tuple[str, ...]


class Release(Struct, frozen=True):
    """The last release: its version, and the second at which it stamped what had changed."""

    version: str
    at: int


class Delivered(Struct, frozen=True):
    """What learners last got of a note or note type: the version that brought it, and its fingerprints.

    `fingerprint` is that of what they see, `source` that of what the author wrote ("" in older locks).
    """

    version: str
    fingerprint: str
    source: str = ""


class LockedNote(Struct, frozen=True, eq=False, kw_only=True):
    """What is remembered of a note. Times are in seconds since 1970.

    `kind` is the kind the note was created with: its note type in Anki for ever. `fingerprint` is a hash of its
    rendered fields and tags, "" for a note that no build has delivered yet; `source` is a hash of what the author
    wrote. `answer` is a fingerprint of its answer's words, `aliases` are its earlier keys. `of` is the key of the note
    that it is a part of (a level, a variant or a step), "" for a question's own note; `slots` are a drill's variants.
    `delivered` is what the last release had of the note, None if it had none. `left` are decks that its card may still
    be in. `decided` are digests of wordings that the author said are this note. `line` is its line in the lock.
    """

    key: str
    guid: str
    kind: str
    born: int
    modified: int
    fingerprint: str
    source: str = ""
    answer: str
    section: Section
    text: str
    retired: bool = False
    aliases: tuple[str, ...] = ()
    of: str = ""
    slots: tuple[Slot, ...] = ()
    delivered: Delivered | None = None
    left: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    line: int = 0

    def __eq__(self, other: object) -> bool:
        """Whether the same is remembered of the same note, on whatever line."""
        return isinstance(other, LockedNote) and astuple(self)[:-1] == astuple(other)[:-1]

    def __hash__(self) -> int:
        return hash(self.guid)


class LockedType(Struct, frozen=True):
    """A note type's change time, and the fingerprint of the templates and style that it goes with."""

    kind: str
    modified: int
    fingerprint: str
    delivered: Delivered | None = None


class Lock(Struct, frozen=True):
    """All that is remembered of a deck: its name and id of old, when it was born, its note types, decks and notes.

    `release` is the last one, None before the first.
    """

    deck: str
    id: str
    born: int
    types: Mapping[str, LockedType] = field(default_factory=dict)
    decks: Mapping[Section, str] = field(default_factory=dict)
    notes: Mapping[str, LockedNote] = field(default_factory=dict)
    release: Release | None = None
