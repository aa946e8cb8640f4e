"""Two states of a deck become their differences, as a learner will meet them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from deckbuilder.diff.fields import FieldChange, field_change
from deckbuilder.diff.search import search_for
from deckbuilder.diff.states import DeckState, NoteState, TypeState, split_print
from deckbuilder.diff.words import one_line, visible_text
from deckbuilder.identity.keys import words_of
from deckbuilder.kinds import fields

_OF_PLACE = frozenset({fields.TOPIC, fields.KIND})
"""Fields that are told as a move or a change of kind."""


class NoteRef(Struct, frozen=True):
    """A note by which a reader finds it: its key and GUID, its question as a line of text, its section, deck, kind.

    `deck` and `kind` are empty where they are not known.
    """

    key: str
    guid: str
    question: str
    topic: str
    deck: str
    kind: str


OldNew: TypeAlias = tuple[str, str]


class NoteChange(Struct, frozen=True):
    """A note that learners have and that changes.

    `edited` says that its body did; `fields` say which and how, and are empty where its earlier texts are not known.
    `topic`, `deck` and `kind` are pairs of what was and what is, None where nothing changed.
    """

    note: NoteRef
    edited: bool = False
    fields: tuple[FieldChange, ...] = ()
    topic: OldNew | None = None
    deck: OldNew | None = None
    kind: OldNew | None = None
    tags_gone: tuple[str, ...] = ()
    tags_come: tuple[str, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether its section, deck or tags changed."""
        return bool(self.topic or self.deck or self.tags_gone or self.tags_come)


class DeckDiff(Struct, frozen=True):
    """What an update brings to those who have the deck, as pure data.

    `changed` holds each note that changes once, whatever changes in it; `reordered` the fewest notes whose moving
    makes the new order of the old one. `restyled` names note types whose templates or style change. `refusals` say
    what Anki would not bring over without a full sync or not at all: it must be empty, always.
    `at_risk` are notes that would look retired though a question may well be theirs: a build stops at such a one.
    `search` finds the retired cards in Anki's browser ("" if there are none). `rebuilt` are notes whose author changed
    nothing and that deckbuilder makes otherwise: an import leaves them as they are. Those in `refreshed` are stamped
    all the same, so that an import brings them.
    """

    deck: str
    new: tuple[NoteRef, ...]
    changed: tuple[NoteChange, ...]
    retired: tuple[NoteRef, ...]
    revived: tuple[NoteRef, ...]
    at_risk: tuple[NoteRef, ...]
    reordered: tuple[NoteRef, ...]
    unchanged: int
    restyled: tuple[str, ...]
    refusals: tuple[str, ...]
    search: str
    rebuilt: tuple[NoteRef, ...] = ()
    refreshed: tuple[NoteRef, ...] = ()

    @property
    def edited(self) -> tuple[NoteChange, ...]:
        """The notes whose text changes, whatever else does."""
        return tuple(change for change in self.changed if change.edited)

    @property
    def moved(self) -> tuple[NoteChange, ...]:
        """The notes whose section, deck or tags change, whatever else does."""
        return tuple(change for change in self.changed if change.moved)

    @property
    def kind_changed(self) -> tuple[NoteChange, ...]:
        """The notes that become another kind, whatever else changes in them."""
        return tuple(change for change in self.changed if change.kind)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is different."""
        lists = (self.new, self.changed, self.retired, self.revived, self.at_risk, self.reordered, self.restyled)
        return not any((*lists, self.rebuilt, self.refreshed))


def compare(old: DeckState, new: DeckState, doubtful: Collection[str] = ()) -> DeckDiff:
    """Return what changes from one state of a deck to another; `doubtful` are GUIDs of notes at risk."""
    added = [note for guid, note in new.notes.items() if guid not in old.notes]
    common = [(old.notes[guid], note) for guid, note in new.notes.items() if guid in old.notes]
    missing = [note for guid, note in old.notes.items() if guid not in new.notes]
    retired = [note for note in missing if note.guid not in doubtful]
    changed: list[NoteChange] = []
    rebuilt: list[NoteRef] = []
    refreshed: list[NoteRef] = []
    for before, after in common:
        found = _change(before, after)
        if found and _is_by_deckbuilder(before, after):
            if not _is_of_deck_alone(found):
                (rebuilt if before.modified == after.modified else refreshed).append(found.note)
            found = NoteChange(found.note, deck=found.deck) if found.deck else None
        if found:
            changed.append(found)
    return DeckDiff(
        deck=one_line(new.name or old.name),
        new=tuple(_ref(note) for note in added if note.guid not in old.retired),
        changed=tuple(changed),
        retired=tuple(_ref(note) for note in retired),
        revived=tuple(_ref(note) for note in added if note.guid in old.retired),
        at_risk=tuple(_ref(note) for note in missing if note.guid in doubtful),
        reordered=tuple(_ref(note) for note in _reordered(common)),
        unchanged=len(common)
        - len({note.guid for note in (*(change.note for change in changed), *rebuilt, *refreshed)}),
        restyled=tuple(
            sorted(one_line(kind.name) for before, kind in _common_types(old, new) if before.look != kind.look)
        ),
        refusals=tuple(map(one_line, _refusals(old, new, common))),
        search=one_line(search_for([note.key for note in retired], old.name)),
        rebuilt=tuple(rebuilt),
        refreshed=tuple(refreshed),
    )


def _is_of_deck_alone(change: NoteChange) -> bool:
    return not (change.edited or change.kind or change.topic or change.tags_gone or change.tags_come)


def _is_by_deckbuilder(old: NoteState, new: NoteState) -> bool:
    """Whether a note that differs was changed by its author nowhere but in the deck that it is in.

    Where it is not known what was written, that are those of the same time and the same words.
    """
    if old.source and new.source:
        return split_print(old.source)[1] == split_print(new.source)[1]
    return old.modified is not None and old.modified == new.modified and _words(old) == _words(new)


def _words(note: NoteState) -> list[str] | None:
    """Return the words that a note shows, None where they are not known."""
    shown = {name: text for name, text in (note.texts or {}).items() if name not in fields.UNCOUNTED}
    return [word for _, text in sorted(shown.items()) for word in words_of(visible_text(text))] if shown else None


def _ref(note: NoteState) -> NoteRef:
    told = (note.key, note.guid, note.question, note.topic, note.deck or "", note.kind or "")
    return NoteRef(*map(one_line, told))


_Pair: TypeAlias = tuple[NoteState, NoteState]


def _change(old: NoteState, new: NoteState) -> NoteChange | None:
    """Return what changes in a note, None if nothing does that Anki would bring to a learner."""
    if old.texts is None or new.texts is None:
        return _change_by_print(old, new)
    names = [name for name in (*fields.FIELDS, *new.texts) if name not in fields.UNCOUNTED | _OF_PLACE]
    pairs = {name: (old.texts.get(name, ""), new.texts.get(name, "")) for name in names}
    told = tuple(
        field_change(one_line(name), before, after) for name, (before, after) in pairs.items() if before != after
    )
    gone, come = set(old.tags or ()) - set(new.tags or ()), set(new.tags or ()) - set(old.tags or ())
    found = NoteChange(
        note=_ref(new),
        edited=bool(told),
        fields=told,
        topic=_unlike(old.topic, new.topic),
        deck=_unlike(old.deck, new.deck),
        kind=_unlike(old.kind, new.kind),
        tags_gone=tuple(sorted(map(one_line, gone))),
        tags_come=tuple(sorted(map(one_line, come))),
    )
    return found if found.edited or found.moved or found.kind else None


def _change_by_print(old: NoteState, new: NoteState) -> NoteChange | None:
    """Return what changes in a note of which only a lock is left: that it is edited, or where it moved."""
    if old.prints == new.prints or old.prints is None or new.prints is None:
        return None
    edited = old.prints[0] != new.prints[0] or old.topic == new.topic
    return NoteChange(note=_ref(new), edited=edited, topic=_unlike(old.topic, new.topic))


def _unlike(old: str | None, new: str | None) -> OldNew | None:
    return (one_line(old), one_line(new)) if old is not None and new is not None and old != new else None


def _reordered(common: Sequence[_Pair]) -> list[NoteState]:
    """Return the notes to move from the old order to the new: all but the longest run of them that keep theirs."""
    placed = [(old.position, new) for old, new in common if old.position is not None and new.position is not None]
    placed.sort(key=lambda pair: pair[1].position or 0)
    stay = set(_longest_increasing([position for position, _ in placed]))
    return [note for number, (_, note) in enumerate(placed) if number not in stay]


def _longest_increasing(values: Sequence[int]) -> Iterator[int]:
    """Yield the indexes, from the last, of a longest increasing subsequence (patience sorting, Fredman 1975)."""
    tops: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        pile = bisect_left(tops, value)
        before.append(at[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [value]
        at[pile : pile + 1] = [index]
    index = at[-1] if at else -1
    while index >= 0:
        yield index
        index = before[index]


def _common_types(old: DeckState, new: DeckState) -> list[tuple[TypeState, TypeState]]:
    return [(old.types[number], kind) for number, kind in new.types.items() if number in old.types]


def _refusals(old: DeckState, new: DeckState, common: Sequence[_Pair]) -> Iterator[str]:
    """Yield what Anki would refuse, or bring only by a full sync. deckbuilder builds no such update."""
    for before, after in _common_types(old, new):
        if before.shape and after.shape and before.shape != after.shape:
            yield f"the fields or the card template of the note type `{after.name}` differ"
    others = [after for before, after in common if before.note_type != after.note_type]
    if others:
        more = f" and of {len(others) - 1} more" if len(others) > 1 else ""
        yield f"the note type of `{others[0].key}`{more} differs"
