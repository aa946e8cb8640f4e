"""What moved since the last build, and the change times that tell Anki so: strictly forward, never into the future."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder.drills.slots import Slot
from deckbuilder.identity.evidence import fingerprint_of, may_be_same
from deckbuilder.identity.keys import known_text
from deckbuilder.identity.lock import Delivered, Lock, LockedNote, LockedType, Release, Section
from deckbuilder.identity.resolve import Identity
from deckbuilder.project import subdeck_name


class Change(StrEnum):
    """What became of a note since the last build."""

    NEW = "new"
    EDITED = "edited"
    MOVED = "moved"
    UNCHANGED = "unchanged"


class Content(Struct, frozen=True):
    """What a build gives a note: the kind that it is now, its section, its words, and fingerprints.

    `fingerprint` is that of all it shows as HTML, `source` that of what its author wrote. Each has two parts, with a
    full stop between: the first stands for the note without what follows from its place, the second for everything,
    tags included. `earlier` are the fingerprints that earlier programs gave to the same HTML. `of` is the key of the
    note that it is a part of; `slots` are a drill's variants as the lock keeps them.
    """

    kind: str
    section: Section
    text: str
    answer: str
    fingerprint: str
    source: str = ""
    of: str = ""
    slots: tuple[Slot, ...] = ()
    earlier: tuple[str, ...] = ()


class Moved(Struct, frozen=True):
    """What of a note is not what it was: what it says, and anything at all; only what its author did counts."""

    body: bool
    anything: bool


_STAYED = Moved(body=False, anything=False)


def moved_between(old: tuple[str, str], new: tuple[str, str]) -> Moved | None:
    """Return what an author did to a note between two states, each a fingerprint of its HTML and one of its source.

    Nothing, if either did not change: an edit that no card shows is as good as none, and what changed with the source
    as it was, the program changed. None if the old state has no source, so that nobody can tell who it was.
    """
    if old[0] == new[0]:
        return _STAYED
    if not old[1] or not new[1]:
        return None
    if old[1].partition(".")[2] == new[1].partition(".")[2]:
        return _STAYED
    return Moved(body=_body(old[1]) != _body(new[1]) and _body(old[0]) != _body(new[0]), anything=True)


def _moved(known: LockedNote, key: str, content: Content) -> Moved:
    """Return what the author did to a note since the last build; its `key` may be new."""
    found = moved_between((known.fingerprint, known.source), (content.fingerprint, content.source))
    return found if found is not None else _moved_by_words(known, key, content)


def _moved_by_words(known: LockedNote, key: str, content: Content) -> Moved:
    """Return the same by what a lock of old knows: with the words and the section as they were, it was the program."""
    if known.fingerprint in content.earlier:
        return _STAYED
    body = _body(known.fingerprint) != _body(content.fingerprint)
    if not body:
        return Moved(body=False, anything=True)  # only its section or its tags are others
    body = not (
        known.key == key
        and known_text(known.text) == known_text(content.text)
        and may_be_same(fingerprint_of(known.answer), fingerprint_of(content.answer))
        # After `resolve` the words are those of the new question, and what changed is still to be delivered.
        and _body(known.fingerprint) not in known.decided
        and _values(known.slots) == _values(content.slots)
    )
    return Moved(body=body, anything=body or known.section != content.section)


def _values(slots: tuple[Slot, ...]) -> list[tuple[int, Mapping[str, str]]]:
    return [(slot.number, slot.values) for slot in slots if not slot.retired]


def change_of(identity: Identity, content: Content) -> Change:
    """Return what became of a note; a note that was both edited and moved counts as edited."""
    known = identity.known
    if known is None or not known.fingerprint:  # decided on by the author, and built for the first time
        return Change.NEW
    moved = _moved(known, identity.key, content)
    if not moved.anything:
        return Change.UNCHANGED
    return Change.EDITED if moved.body or known.section == content.section else Change.MOVED


def stamped(identity: Identity, content: Content, now: int) -> LockedNote:
    """Return the note's new line of the lock; its change time moves to `now` only if its author changed it."""
    known = identity.known
    if known is None:
        return LockedNote(
            key=identity.key, guid=identity.guid, kind=content.kind, born=now, modified=now,
            fingerprint=content.fingerprint, source=content.source, answer=content.answer, section=content.section,
            text=content.text, of=content.of, slots=content.slots,
        )  # fmt: skip
    if (
        not known.retired
        and known.key == identity.key
        and known.fingerprint == content.fingerprint
        and known.source == content.source
        and known.answer == content.answer
        and known.section == content.section
        and known.text == content.text
        and known.of == content.of
        and known.slots == content.slots
    ):
        return known  # as nearly all are, and a copy of each would take time and room
    if not known.fingerprint:
        known = replace(known, kind=content.kind, born=now, modified=now)
    elif _moved(known, identity.key, content).anything:
        known = replace(known, modified=max(now, known.modified + 1))
    else:
        known = replace(known, delivered=_still_delivered(known, content))
    aliases = known.aliases if identity.key == known.key else (*known.aliases, known.key)
    return replace(
        known, key=identity.key, fingerprint=content.fingerprint, source=content.source, answer=content.answer,
        section=content.section, text=content.text, retired=False, aliases=aliases, of=content.of, slots=content.slots,
    )  # fmt: skip


def _still_delivered(known: LockedNote, content: Content) -> Delivered | None:
    """Return what learners have of a note whose author changed nothing since the last build.

    If the source is laid out otherwise now, so is that of what learners have; else a later change of the program alone
    would be taken for an edit.
    """
    was = known.delivered
    if was and (was.fingerprint == content.fingerprint or (was.source and was.source == known.source)):
        return replace(was, source=content.source)
    return was


def _body(fingerprint: str) -> str:
    return fingerprint.partition(".")[0]


class Since(StrEnum):
    """What became of a released note since the release that learners have."""

    NOTHING = "nothing"
    CORRECTED = "corrected"
    MOVED = "moved"
    REBUILT = "changed by deckbuilder"


def since_release(note: LockedNote, release: Release | None) -> Since:
    """Return what became of a note that was delivered, since the last `release`.

    Where a lock of old does not say what its author had written then, a note was edited if a build stamped it since.
    """
    was = note.delivered
    if was is None or release is None or was.fingerprint == note.fingerprint:
        return Since.NOTHING
    moved = moved_between((was.fingerprint, was.source), (note.fingerprint, note.source))
    if moved is None:
        body = _body(was.fingerprint) != _body(note.fingerprint)
        moved = Moved(body=body, anything=note.modified > release.at)
    if not moved.anything:
        return Since.REBUILT
    return Since.CORRECTED if moved.body else Since.MOVED


def stamped_type(kind: str, fingerprint: str, lock: Lock, now: int) -> LockedType:
    """Return a note type's line of the lock; its change time moves only if its templates or style have moved."""
    known = lock.types.get(kind)
    if known and known.fingerprint == fingerprint:
        return known
    if known is None:
        return LockedType(kind, now, fingerprint)
    return replace(known, modified=max(now, known.modified + 1), fingerprint=fingerprint)


def updated_lock(
    lock: Lock, notes: Iterable[LockedNote], types: Iterable[LockedType], decks: Mapping[Section, str]
) -> Lock:
    """Return the lock after a build: its notes as they are now, those that are gone kept as retired."""
    current = {note.key: note for note in notes}
    renamed = {alias: note.key for note in current.values() for alias in note.aliases}
    gone = {
        key: replace(note, retired=True, of=renamed.get(note.of, note.of))
        for key, note in lock.notes.items()
        if key not in current and key not in renamed and note.fingerprint  # else nobody ever got it
    }
    return replace(
        lock, types=dict(lock.types) | {kind.kind: kind for kind in types}, decks=dict(decks), notes=gone | current
    )


def decks_left(known: LockedNote | None, deck: str, lock: Lock, depth: int) -> tuple[str, ...]:
    """Return the decks besides `deck` in which an earlier build put the note's card: an import never moves it on.

    `depth` is the number of heading levels that make subdecks, `deck` the name of the deck that the note is in now.
    """
    if known is None:
        return ()
    if not known.left and lock.decks.get(known.section[:depth]) == deck:
        return ()  # as for nearly all
    # Where another depth was built with, the deck of any heading above may be the one that the card is in.
    place = known.section[:depth]
    above = [place] if place in lock.decks else [known.section[:count] for count in range(len(known.section) + 1)]
    before = (*known.left, *(lock.decks[section] for section in above if section in lock.decks))
    return tuple(name for name in dict.fromkeys(before) if name != deck)


def deck_names(
    root: str, sections: Sequence[Section], lock: Lock, came_from: Iterable[tuple[Section, Section]]
) -> dict[Section, str]:
    """Return the deck of each section and of each pinned one: what the lock says, so that a renamed heading keeps it.

    `root` is the deck's name, `sections` are the present ones at the depth of subdecks, `came_from` pairs of the old
    and the present section of each note that was known.
    """
    names = dict(lock.decks)
    present = set(sections)
    origins: dict[Section, Counter[Section]] = defaultdict(Counter)
    for old, new in came_from:
        origins[new][old] += 1
    for section in dict.fromkeys(sections):
        if section in names:
            continue
        origin = _origin(origins[section], present, names)
        if origin is not None:
            names[section] = names.pop(origin)
        else:
            names[section] = "::".join((root, *map(subdeck_name, section)))
    return names


def _origin(origins: Counter[Section], present: set[Section], names: Mapping[Section, str]) -> Section | None:
    """Return the section that this one was before its heading was renamed: gone, and the source of most notes."""
    gone = [(count, old) for old, count in origins.items() if old not in present and old in names]
    if not gone:
        return None
    count, old = max(gone)
    return old if 2 * count > sum(origins.values()) else None
