"""What a release changes for learners, and the lock that says it is released."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder.identity.changes import Since, since_release
from deckbuilder.identity.lock import Delivered, Lock, LockedNote, LockedType, Release

VERSION: Final = re.compile(r"\d+(?:\.\d+){0,3}(?:-[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*)?")
"""Numbers with dots, and at most one addition as in `2.0-rc1`: what is safe in a tag, a file name and a search."""


class ReleaseChanges(Struct, frozen=True):
    """What a learner who has the last release finds new, corrected, moved to another section, and retired.

    `rebuilt` are notes whose HTML deckbuilder alone changed; learners get that only if `refresh` says so, and then
    they are stamped too.
    """

    new: tuple[LockedNote, ...]
    corrected: tuple[LockedNote, ...]
    moved: tuple[LockedNote, ...]
    retired: tuple[LockedNote, ...]
    rebuilt: tuple[LockedNote, ...]
    restyled: bool
    refresh: bool = False

    @property
    def refreshed(self) -> tuple[LockedNote, ...]:
        """The notes that learners get anew though their author changed nothing."""
        return self.rebuilt if self.refresh else ()

    @property
    def nothing(self) -> bool:
        """Whether a learner would notice nothing at all."""
        return not (self.new or self.corrected or self.moved or self.retired or self.refreshed or self.restyled)


def changes_since_release(lock: Lock, *, refresh: bool = False) -> ReleaseChanges:
    """Return what moved since the last release; before the first one, everything is new."""
    notes = [note for note in lock.notes.values() if not note.retired]
    known = [(since_release(note, lock.release), note) for note in notes if note.delivered]

    def those(what: Since) -> tuple[LockedNote, ...]:
        return tuple(note for found, note in known if found is what)

    return ReleaseChanges(
        new=tuple(note for note in notes if note.delivered is None),
        corrected=those(Since.CORRECTED),
        moved=those(Since.MOVED),
        retired=tuple(note for note in lock.notes.values() if note.retired and note.delivered),
        rebuilt=those(Since.REBUILT),
        restyled=any(kind.delivered and kind.delivered.fingerprint != kind.fingerprint for kind in lock.types.values()),
        refresh=refresh,
    )


def released(lock: Lock, release: Release, *, refresh: bool = False) -> Lock:
    """Return the lock after the release: what changed since the last one is stamped and counts as delivered.

    Where Anki before 25.9 updates a note, it stamps it with the time of the import. An edit that was built before that
    moment and released after it would then seem old, so the stamp of the build does not do. The first release leaves
    all stamps alone: packages of earlier builds may be out, and a stamp on everything would cost every learner's edits.
    What deckbuilder alone changed is stamped only for a `refresh`, for the same reason.
    """
    first, version, now = lock.release is None, release.version, release.at

    def moved_on(modified: int, changed: bool) -> int:
        return max(now, modified) if changed and not first else modified

    def note_after(note: LockedNote) -> LockedNote:
        if note.retired:  # told of once, then forgotten: if it comes back, it is news again
            return replace(note, delivered=None)
        was, since = note.delivered, since_release(note, lock.release)
        changed = was is None or since in (Since.CORRECTED, Since.MOVED) or (refresh and since is Since.REBUILT)
        if was is None or changed:
            delivered = Delivered(version, note.fingerprint, note.source)
        else:  # its author changed nothing, so what the author had written then is known now
            delivered = replace(was, source=note.source)
        return replace(note, modified=moved_on(note.modified, changed), delivered=delivered)

    def type_after(kind: LockedType) -> LockedType:
        changed = kind.delivered is None or kind.delivered.fingerprint != kind.fingerprint
        delivered = Delivered(version, kind.fingerprint) if changed else kind.delivered
        return replace(kind, modified=moved_on(kind.modified, changed), delivered=delivered)

    return replace(
        lock,
        types={name: type_after(kind) for name, kind in lock.types.items()},
        notes={key: note_after(note) for key, note in lock.notes.items()},
        release=release,
    )


def is_later(version: str, than: str) -> bool:
    """Whether a version follows another; an addition such as `-rc1` comes before the version itself."""
    return _order(version) > _order(than)


def shown_text(note: LockedNote, notes: Mapping[str, LockedNote]) -> str:
    """Return how a learner knows the note: its question, and for a part of a question which part it is."""
    whole = notes.get(note.of)
    return f"{whole.text} ({note.text})" if whole else note.text


def _order(version: str) -> tuple[tuple[int, ...], bool, tuple[tuple[int, str], ...]]:
    numbers, _, addition = version.partition("-")
    parts = [int(number) for number in numbers.split(".")]
    while parts and parts[-1] == 0:  # 1.0 is 1
        parts.pop()
    words = re.findall(r"\d+|\D+", addition)
    return tuple(parts), not addition, tuple((int(word), "") if word.isdigit() else (-1, word) for word in words)
