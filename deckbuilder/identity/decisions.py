"""What an author decided about questions in doubt, written into the lock.

A decision changes matching data only: words, answer, section. The hash and the change time of the note stay, so that
the next build sees the edit and brings it to learners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder.identity.changes import deck_names, decks_left
from deckbuilder.identity.keys import known_text
from deckbuilder.identity.lock import MOST_DECIDED, Lock, LockedNote, Section
from deckbuilder.identity.resolve import Identity, Match


class Decided(Struct, frozen=True):
    """A question as its author wants it known: by its words, its answer's fingerprint and its section.

    `note` is the note of the lock that it is, or the new note, which no build has delivered yet.
    """

    note: LockedNote
    section: Section
    text: str
    answer: str


def with_decisions(
    lock: Lock, decisions: Sequence[Decided], matched: Sequence[tuple[Section, Section]], depth: int
) -> Lock:
    """Return the lock with the decisions in it.

    `matched` are pairs of the old and the present section of each note that needs no decision, `depth` is the number
    of heading levels that make subdecks: where a heading was renamed, its deck keeps its name.
    """
    again = {(one.section, known_text(one.text), one.note.of) for one in decisions}
    kept = {one.note.key for one in decisions}
    notes = {  # without what was decided about these questions before, and no build has delivered yet
        key: note
        for key, note in lock.notes.items()
        if key in kept or not is_pending(note) or (note.section, known_text(note.text), note.of) not in again
    }
    known = [one for one in decisions if one.note.key in lock.notes and not is_pending(one.note)]
    decks = _decks(lock, [one for one in known if not one.note.of], matched, depth)
    for one in decisions:
        note, is_known = one.note, one.note.key in lock.notes and not is_pending(one.note)
        left = decks_left(note, decks[one.section[:depth]], lock, depth) if is_known and not note.of else note.left
        notes[note.key] = replace(
            note, text=one.text, answer=one.answer, section=one.section, left=left,
            decided=with_wordings(note) if is_known else (),
        )  # fmt: skip
        for part in _parts(note.key, lock.notes):
            if part.section == note.section:
                notes[part.key] = replace(notes[part.key], section=one.section)
    return replace(lock, notes=notes, decks=decks)


def _decks(
    lock: Lock, decisions: Sequence[Decided], matched: Sequence[tuple[Section, Section]], depth: int
) -> dict[Section, str]:
    """Return the pinned decks with those of the sections of decided notes, as the next build would name them.

    The build cannot find out any more which section these notes came from: the lock will say the present one.
    """
    pairs = [(one.note.section[:depth], one.section[:depth]) for one in decisions]
    others = [(old[:depth], new[:depth]) for old, new in matched]
    present = [new for _, new in (*others, *pairs)]
    names = deck_names(lock.deck, present, lock, [*others, *pairs])
    come = {section: names[section] for _, section in pairs if section not in lock.decks}
    renamed = {section for section, name in lock.decks.items() if section not in names and name in come.values()}
    return {section: name for section, name in lock.decks.items() if section not in renamed} | come


def _parts(key: str, notes: Mapping[str, LockedNote]) -> list[LockedNote]:
    """Return the parts of a note, and theirs."""
    parts = [note for note in notes.values() if note.of == key]
    return parts + [deeper for part in parts for deeper in _parts(part.key, notes)]


def with_wordings(note: LockedNote) -> tuple[str, ...]:
    """Return a note's decided wordings with the present one and that of the last release, the latest ones of all.

    A wording's digest is the first half of the note's fingerprint, so `verify` finds it again in a package's fields.
    """
    prints = (note.delivered.fingerprint if note.delivered else "", note.fingerprint)
    wordings = dict.fromkeys([*note.decided, *(print_.partition(".")[0] for print_ in prints if print_)])
    return tuple(wordings)[-MOST_DECIDED:]


def decided_by_id(identity: Identity, locked: LockedNote) -> LockedNote:
    """Return a note's new line with its old wording as decided, if only its id says that it still is the same note."""
    known = identity.known
    if known is None or identity.match is not Match.ID or known_text(known.text) == known_text(locked.text):
        return locked
    if known.answer and known.answer == locked.answer:
        return locked
    return replace(locked, decided=with_wordings(known))


# ── new notes that no build has delivered ───────────────────────────────────────────────────────────────────────────


def is_pending(note: LockedNote) -> bool:
    """Whether a note was decided to be new, and no build has delivered it yet."""
    return not note.fingerprint


def as_new(identity: Identity | None) -> Identity | None:
    """Return the identity of a question whose note is pending as that of a new note, which has its key and GUID."""
    if identity is None or identity.known is None or not is_pending(identity.known):
        return identity
    return replace(identity, match=Match.NEW, known=None)


def without_pending(lock: Lock) -> Lock:
    """Return the lock as the last build left it: a pending note whose question is gone again was never there."""
    if not any(map(is_pending, lock.notes.values())):
        return lock
    return replace(lock, notes={key: note for key, note in lock.notes.items() if not is_pending(note)})


# ── contradictions ──────────────────────────────────────────────────────────────────────────────────────────────────


def taken_twice(decisions: Sequence[Decided]) -> LockedNote | None:
    """Return the first note that two decisions are about, None if there is none."""
    counted = Counter(one.note.key for one in decisions)
    return next((one.note for one in decisions if counted[one.note.key] > 1), None)
