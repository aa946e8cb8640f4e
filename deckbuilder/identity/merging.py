"""The lines of two branches become one lock: git's `merge=union` keeps them all, and here the right ones win.

The result does not depend on the order of the lines, so both directions of a merge give the same lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import astuple, replace

from deckbuilder.drills.slots import Slot
from deckbuilder.identity.keys import Keys, key_for, known_text
from deckbuilder.identity.records import Delivered, Lock, LockedNote, LockedType, Section
from deckbuilder.project import subdeck_name

MOST_DECIDED: Final = 8
"""Decided wordings that are kept of a note: the latest ones."""

_DEEPEST: Final = 4  # a question, its levels, their variants; and one to spare

_Line = TypeVar("_Line")
_Group = TypeVar("_Group", bound=Hashable)


class Renamed(Struct, frozen=True):
    """A note that had the same key as another note, and the key that it has now."""

    note: LockedNote
    key: str


def merge_headers(headers: Sequence[Lock]) -> Lock:
    """Return the header of the later release; of two branches without one, that of the deck that is older."""
    return max(headers, key=lambda one: (*_release_order(one), -one.born, one.id, one.deck))


def _release_order(header: Lock) -> tuple[int, str]:
    return (header.release.at, header.release.version) if header.release else (-1, "")


def merge_types(types: Iterable[LockedType], header: Lock) -> dict[str, LockedType]:
    """Return one line for each note type: the one that changed last."""
    merged = {}
    for kind, lines in _grouped(types, lambda one: one.kind).items():
        latest = max(lines, key=lambda one: (one.modified, one.fingerprint))
        merged[kind] = replace(latest, delivered=_last_delivered(latest, lines, header))
    return merged


def merge_decks(decks: Iterable[tuple[Section, str]], header: Lock) -> dict[Section, str]:
    """Return one deck name for each section.

    A name that is not the section's own came with it from an earlier heading: learners have that deck already.
    """
    merged: dict[Section, str] = {}
    for section, lines in _grouped(decks, lambda one: one[0]).items():
        own = "::".join((header.deck, *map(subdeck_name, section)))
        merged[section] = min((name for _, name in lines), key=lambda name: (name == own, name))
    return merged


def merge_notes(lines: Iterable[LockedNote], header: Lock) -> tuple[dict[str, LockedNote], list[Renamed]]:
    """Return one note for each GUID by its key, and the notes that got a new key.

    Of two lines of one note the later change wins. Two notes with one key stay two notes. A key or earlier key
    belongs to one note only.
    """
    notes = [_one_of(same, header) for _, same in sorted(_grouped(lines, lambda one: one.guid).items())]
    notes = _with_their_wholes(notes)
    keys = _Keys(_with_their_wholes(notes))
    keys.part_rivals()
    return {note.key: note for note in _with_own_aliases(list(keys.notes.values()))}, keys.renamed


# ── one note ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _one_of(lines: Sequence[LockedNote], header: Lock) -> LockedNote:
    if len(lines) == 1:
        return lines[0]
    ordered = sorted(lines, key=_change_order)
    latest = ordered[-1]
    earlier_keys = {alias for line in lines for alias in line.aliases}
    named = next((line for line in reversed(ordered) if line.key not in earlier_keys), latest)
    keys = (key for line in reversed(ordered) for key in (*line.aliases, line.key))
    return replace(
        latest,
        key=named.key,
        of=named.of,
        born=min(line.born for line in lines),
        aliases=tuple(dict.fromkeys(key for key in keys if key != named.key)),
        slots=_slots_of(reversed(ordered)),
        left=tuple(dict.fromkeys(name for line in reversed(ordered) for name in line.left)),
        decided=tuple(dict.fromkeys(digest for line in ordered for digest in line.decided))[-MOST_DECIDED:],
        delivered=_last_delivered(latest, lines, header),
    )


def _change_order(line: LockedNote) -> tuple[object, ...]:
    """Order the lines of one note by their changes; of two at one time, the one that is not retired is the later."""
    return line.modified, not line.retired, bool(line.fingerprint), repr(astuple(line)[:-1])


def _slots_of(lines: Iterable[LockedNote]) -> tuple[Slot, ...]:
    slots: dict[int, Slot] = {}
    for line in lines:
        slots = {slot.number: slot for slot in line.slots} | slots
    return tuple(slot for _, slot in sorted(slots.items()))


def _last_delivered(
    latest: LockedNote | LockedType, lines: Iterable[LockedNote | LockedType], header: Lock
) -> Delivered | None:
    """Return what the last release had, if a line says so, otherwise what the latest line says, or any."""
    known = {line.delivered for line in lines if line.delivered}
    last = header.release.version if header.release else ""
    return max(
        known,
        key=lambda one: (one.version == last, one == latest.delivered, one.version, one.fingerprint, one.source),
        default=None,
    )


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _with_their_wholes(notes: Sequence[LockedNote]) -> list[LockedNote]:
    """Return the notes, those parts renamed that one branch gave a note which the other branch gave a new key."""
    for _ in range(_DEEPEST):
        keys = {note.key for note in notes}
        now = {alias: note.key for note in sorted(notes, key=_age) for alias in note.aliases if alias not in keys}
        if not any(note.of in now for note in notes):
            break
        notes = [
            replace(note, key=_moved_key(note, now[note.of]), of=now[note.of], aliases=(*note.aliases, note.key))
            if note.of in now else note
            for note in notes
        ]  # fmt: skip
    return list(notes)


def _moved_key(part: LockedNote, whole: str) -> str:
    """Return the key of a part when its whole gets this key."""
    return whole + part.key.removeprefix(part.of) if part.key.startswith(part.of) else part.key


class _Keys:
    """Keys of notes some of which have the same one; each gets its own, and its parts follow it."""

    def __init__(self, notes: Sequence[LockedNote]) -> None:
        self.notes = {note.guid: note for note in notes}
        self.renamed: list[Renamed] = []
        self._taken = Keys([*(note.key for note in notes), *(alias for note in notes for alias in note.aliases)])
        self._parts = {
            of: [part.guid for part in parts]
            for of, parts in _grouped((note for note in notes if note.of), lambda one: one.of).items()
        }

    def part_rivals(self) -> None:
        """Give each note a key of its own, wholes before their parts."""
        for depth in range(_DEEPEST):
            groups = _grouped(self.notes.values(), lambda one: one.key)
            shared = sorted(key for key, group in groups.items() if len(group) > 1)
            if not shared:
                return
            wholes = [key for key in shared if not any(note.of in shared for note in groups[key])]
            for key in wholes if depth < _DEEPEST - 1 else shared:
                now = [self.notes[note.guid] for note in groups[key]]  # some may have followed their wholes
                if len(still := [note for note in now if note.key == key]) > 1:
                    self._part(still)

    def _part(self, rivals: Sequence[LockedNote]) -> None:
        first, *others = sorted(rivals, key=_claim_on_key)
        for note in others:
            self._rename(note, first, retired=note.retired or _is_same_question(note, first))
        if any(not _is_made_of_words(note) and not _is_same_question(note, first) for note in others):
            # Both may have been given as an id. Then only the words can tell which question means which note.
            self._rename(first, first, retired=first.retired)

    def _rename(self, note: LockedNote, rival: LockedNote, *, retired: bool) -> None:
        key = self._free(note.key)
        self.notes[note.guid] = replace(note, key=key, retired=retired)
        self.renamed.append(Renamed(note, key))
        self._follow(note, rival, key, retired=retired, depth=1)

    def _follow(self, note: LockedNote, rival: LockedNote, key: str, *, retired: bool, depth: int) -> None:
        """Rename the parts of a note that was renamed, and theirs."""
        parts = [self.notes[guid] for guid in self._parts.get(note.key, ())]
        for part in list(_parts_of(note, rival, [part for part in parts if part.of == note.key])):
            own = self._free(_moved_key(part, key))
            self.notes[part.guid] = replace(part, key=own, of=key, retired=part.retired or retired)
            if depth < _DEEPEST:
                self._follow(part, rival, own, retired=retired, depth=depth + 1)

    def _free(self, key: str) -> str:
        free = self._taken.free(key)
        self._taken.add(free)
        return free


def _claim_on_key(note: LockedNote) -> tuple[object, ...]:
    """Order notes by their claim on a key that they share: one that was given as an id first.

    A question with that id takes the note of that key, whatever its words are; one without is found by its words. Then
    come notes that are not retired, that learners have, that are older.
    """
    return (_is_made_of_words(note), note.retired, note.delivered is None, *_age(note))


def _is_made_of_words(note: LockedNote) -> bool:
    if note.of:
        return True
    made = key_for(note.text, Keys())
    return note.key == made or (note.key.startswith(f"{made}-") and note.key.removeprefix(f"{made}-").isdecimal())


def _is_same_question(note: LockedNote, other: LockedNote) -> bool:
    """Whether both branches added the very same question: only one of the two notes can be meant by it."""
    return note.section == other.section and known_text(note.text) == known_text(other.text)


def _parts_of(note: LockedNote, rival: LockedNote, parts: Sequence[LockedNote]) -> Iterator[LockedNote]:
    """Yield those of the parts that are `note`'s and not its rival's, as far as their times tell."""
    for same in _grouped(parts, lambda one: one.key).values():
        if note is rival or (len(same) == 1 and same[0].born == note.born != rival.born):
            yield from same
        elif len(same) > 1:
            yield max(same, key=lambda one: (abs(one.born - rival.born) - abs(one.born - note.born), _age(one)))


def _with_own_aliases(notes: Sequence[LockedNote]) -> Iterator[LockedNote]:
    """Yield the notes, each with the earlier keys that no other note has: a key, or the older note, comes first."""
    taken = {note.key for note in notes}
    kept: dict[str, tuple[str, ...]] = {}
    for note in sorted((note for note in notes if note.aliases), key=_age):
        kept[note.guid] = tuple(dict.fromkeys(alias for alias in note.aliases if alias not in taken))
        taken.update(kept[note.guid])
    for note in notes:
        yield replace(note, aliases=kept[note.guid]) if kept.get(note.guid, note.aliases) != note.aliases else note


def _age(note: LockedNote) -> tuple[int, str]:
    return note.born, note.guid


def _grouped(lines: Iterable[_Line], by: Callable[[_Line], _Group]) -> Mapping[_Group, list[_Line]]:
    groups: dict[_Group, list[_Line]] = defaultdict(list)
    for line in lines:
        groups[by(line)].append(line)
    return groups
