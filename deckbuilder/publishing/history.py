"""What deck.lock once said of each note, read from git: what learners may have, whatever the lock says now.

A `git revert` takes notes and lock back, change times included. Learners have the later time, and Anki would drop
what is older.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from json import loads
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder.identity.changes import moved_between
from deckbuilder.identity.lock import Delivered, Lock, LockedNote, Release, read_lock, write_lock

_TEXT: Final = r'"((?:[^"\\]|\\.)*+)"'
_NOTE: Final = re.compile(
    rf'\{{"key": {_TEXT}, "guid": {_TEXT}, .*?"mod": ([0-9]{{1,11}}), "hash": {_TEXT}, (?:"source": {_TEXT}, )?'
)
_RELEASED: Final = re.compile(rf'"released": \[{_TEXT}, {_TEXT}(?:, {_TEXT})?\]')
_HEADER: Final = '{"deckbuilder-lock": '


class Past(Struct, frozen=True):
    """The latest state that a note ever had in deck.lock: change time, fingerprints, what was released of it."""

    modified: int
    fingerprint: str
    source: str = ""
    delivered: Delivered | None = None

    def is_later_than(self, other: Past | None) -> bool:
        """Whether this state follows another; of two with the same time, one that tells of a release does."""
        if other is None or self.modified != other.modified:
            return other is None or self.modified > other.modified
        return self.delivered is not None and other.delivered is None


class History(Struct, frozen=True):
    """The latest state of each note by GUID, and the last release that deck.lock ever told of.

    `lost` are the lines of notes that were released and that the lock does not have any more, by GUID.
    """

    notes: Mapping[str, Past] = field(default_factory=dict)
    lost: Mapping[str, str] = field(default_factory=dict)
    release: Release | None = None


def history_of(lines: Iterable[str], lock: Lock, until: int) -> History:
    """Return what the lines of all versions of a lock tell, the newest first; `lock` is what it is now.

    What is stamped later than the second `until` is of a clock that went wrong, and nothing can be later than that.
    """
    there = {note.guid for note in lock.notes.values()}
    notes: dict[str, Past] = {}
    lost: dict[str, str] = {}
    release: Release | None = None
    is_this_deck = True
    for line in lines:
        if line.startswith(_HEADER):
            header = _header(line)
            is_this_deck = is_this_deck and header.get("born", lock.born) == lock.born  # or it was begun anew
            found = _release_in(header) if is_this_deck else None
            if found and found.at <= until and (release is None or found.at > release.at):
                release = found
        elif match := _NOTE.match(line):
            _, guid, modified, fingerprint, source = match.groups()
            past = Past(int(modified), fingerprint, source or "", _delivered_in(line))
            if past.modified <= until and past.is_later_than(notes.get(guid)):
                notes[guid] = past
                if past.delivered and is_this_deck and guid not in there:
                    lost[guid] = line
    return History(notes, lost, release)


def _header(line: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = loads(line)
    except (ValueError, RecursionError):
        return {}
    return found


def _release_in(header: Mapping[str, Any]) -> Release | None:
    said = header.get("release")
    version, at = (said.get("version"), said.get("at")) if isinstance(said, dict) else (None, None)
    return Release(version, at) if isinstance(version, str) and type(at) is int else None


def _delivered_in(line: str) -> Delivered | None:
    found = _RELEASED.search(line) if '"released": [' in line else None
    return Delivered(*filter(None, found.groups())) if found else None


def never_back(lock: Lock, history: History, now: int) -> Lock:
    """Return the lock as a release goes on from it: no note's change time is before the latest that it ever had.

    A note that says something else than at that time is stamped with `now`, or later; what it said then is what
    learners have. Where the lock went back to before a release, what that one delivered is known again, and a note that
    learners got from it is retired.
    """
    went_back = history.release is not None and (lock.release is None or lock.release.at < history.release.at)
    release = history.release if went_back else lock.release
    last = release.at if release else 0
    notes = {
        key: note if note.retired else _not_back(note, history.notes.get(note.guid), max(now, last + 1), went_back)
        for key, note in lock.notes.items()
    }
    taken = notes.keys() | {alias for note in notes.values() for alias in note.aliases}
    for note in _lost_notes(history.lost, lock):
        if taken.isdisjoint((note.key, *note.aliases)):
            notes[note.key] = note
            taken |= {note.key, *note.aliases}
    return replace(lock, notes=notes, release=release)


def _not_back(note: LockedNote, past: Past | None, now: int, went_back: bool) -> LockedNote:
    if past is None or past.modified < note.modified or (past.modified == note.modified and not went_back):
        return note
    delivered = past.delivered or note.delivered
    moved = moved_between((past.fingerprint, past.source), (note.fingerprint, note.source))
    if moved is not None and not moved.anything:
        return replace(note, modified=past.modified, delivered=delivered)
    if delivered:
        delivered = Delivered(delivered.version, past.fingerprint, past.source)
    return replace(note, modified=max(now, past.modified + 1), delivered=delivered)


def _lost_notes(lost: Mapping[str, str], lock: Lock) -> Iterator[LockedNote]:
    """Yield the notes of lines that the lock lost, as retired."""
    bare = replace(lock, types={}, decks={}, notes={})
    for line in lost.values():
        found, _ = read_lock(f"{write_lock(bare)}\n{line.rstrip()}\n", "")
        yield from (replace(note, retired=True) for note in found.notes.values()) if found else ()
