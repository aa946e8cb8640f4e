"""Questions of the same words in several sections that have moved: which of them is which note.

A pair is sure if each is the other's clearly best candidate: by the answer, by how many notes went the same way from
section to section, by the headings around it. A pair that is settled leaves the others fewer candidates. So that ten
thousand questions `Definition` below a renamed heading are no more work each than ten, each question and each note is
compared only with those that its strongest traits lead to, and a pair is believed only if it is better than whatever
was not compared could be.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from deckbuilder.identity.evidence import same_answer
from deckbuilder.identity.lock import LockedNote, Section

MOST_LOOKED_AT: Final = 200
"""Notes that one question is compared with, and the other way round; where fewer have the same words, all with all."""

Moves: TypeAlias = Counter[tuple[Section, Section]]
"""How many notes are known to have gone from one section to another."""

_Score: TypeAlias = tuple[bool, int, int, int]
_NOTHING: Final[_Score] = (False, 0, 0, 0)
_ALL: Final[_Score] = (True, 1 << 62, 0, 0)  # more than any pair has

_Place: TypeAlias = tuple[Section, str]
"""A section, and an answer's fingerprint."""


def surest_pairs(
    questions: Mapping[int, _Place], notes: Sequence[LockedNote], moves: Moves
) -> list[tuple[int, LockedNote]]:
    """Return the pairs of a question's number and a note of which each is the other's clearly best candidate.

    `questions` gives the section and the answer's fingerprint of each question that has the notes' words.
    """
    return list(_Match(questions, notes, moves).pairs())


class _Match:
    """The candidates that are left on both sides, with what speaks for each."""

    def __init__(self, questions: Mapping[int, _Place], notes: Sequence[LockedNote], moves: Moves) -> None:
        self.notes = {note.key: note for note in notes}
        self.of_number: dict[int, dict[str, _Score]] = {number: {} for number in questions}
        self.of_note: dict[str, dict[int, _Score]] = {note.key: {} for note in notes}
        self.many = len(questions) * len(notes) > MOST_LOOKED_AT**2
        self.number_to_beat = dict.fromkeys(questions, _NOTHING)
        self.note_to_beat = dict.fromkeys(self.notes, _NOTHING)
        for number, key in self._worth_a_look(questions, moves):
            if key not in self.of_number[number]:
                score = _nearness(*questions[number], self.notes[key], moves)
                self.of_number[number][key] = self.of_note[key][number] = score

    def _worth_a_look(self, questions: Mapping[int, _Place], moves: Moves) -> Iterator[tuple[int, str]]:
        """Yield the pairs to compare, and note for both sides what a pair that is left out might reach."""
        if not self.many:
            yield from ((number, key) for number in questions for key in self.notes)
            return
        places = {key: (note.section, note.answer) for key, note in self.notes.items()}
        came_from: dict[Section, list[Section]] = defaultdict(list)
        went_to: dict[Section, list[Section]] = defaultdict(list)
        for there, here in moves:
            came_from[here].append(there)
            went_to[there].append(here)
        index = _Index(places)
        for number, (section, answer) in questions.items():
            keys, self.number_to_beat[number] = index.near(section, answer, came_from[section])
            yield from ((number, key) for key in keys)
        turned = _Index(questions)
        for key, (section, answer) in places.items():
            numbers, self.note_to_beat[key] = turned.near(section, answer, went_to[section])
            yield from ((number, key) for number in numbers)

    def pairs(self) -> Iterator[tuple[int, LockedNote]]:
        """Yield each pair as it becomes sure, and take it out."""
        open_numbers = dict.fromkeys(self.of_number)
        while open_numbers:
            number, _ = open_numbers.popitem()
            key = self._best(number)
            if key is None:
                continue
            yield number, self.notes[key]
            for other in self._taken_out(number, key):
                open_numbers[other] = None

    def _best(self, number: int) -> str | None:
        """Return the note that is clearly the question's best, and clearly no other question's."""
        scores = self.of_number.get(number)
        if not scores:
            return None
        best = max(scores.values())
        keys = [key for key, score in scores.items() if score == best]
        if len(keys) > 1 or best <= max(self.number_to_beat[number], self.note_to_beat[keys[0]]):
            return None
        if any(score >= best for other, score in self.of_note[keys[0]].items() if other != number):
            return None
        return keys[0]

    def _taken_out(self, number: int, key: str) -> list[int]:
        """Take a pair out; return the questions for which this may have settled something."""
        touched = dict.fromkeys(self.of_note.pop(key))
        for other in touched:
            del self.of_number[other][key]
        for left in self.of_number.pop(number):
            rivals = self.of_note[left]
            del rivals[number]
            if len(rivals) <= MOST_LOOKED_AT or not self.many:  # of very many, no one stands out
                touched |= dict.fromkeys(rivals)
        touched.pop(number, None)
        return list(touched)


_Name = TypeVar("_Name")


class _Index(Generic[_Name]):
    """Questions or notes by their answer, by their section, and by the headings at either end of it."""

    def __init__(self, places: Mapping[_Name, _Place]) -> None:
        self._by: dict[Hashable, list[_Name]] = defaultdict(list)
        for name, (section, answer) in places.items():
            for trait in {answer[:16], ("in", section), *_ends(section)}:
                self._by[trait].append(name)

    def near(self, section: Section, answer: str, ways: Sequence[Section]) -> tuple[Iterable[_Name], _Score]:
        """Return those worth a look from a place, and what one that is left out might still reach.

        `ways` are the sections that notes are known to have come from or gone to.
        """
        found: dict[_Name, None] = {}
        strongest: list[Hashable] = [("in", there) for there in ways]
        for trait in [answer[:16], *strongest] if answer else strongest:
            if not self._add(trait, found):
                return (), _ALL  # so many that none can be the one
        left_out = {"begins": 0, "ends": 0}
        for side, path in _ends(section):
            if not self._add((side, path), found):
                left_out[side] = max(left_out[side], len(path))
        alike = sum(left_out.values())
        return found, (False, 0, alike, len(section)) if alike else _NOTHING

    def _add(self, trait: Hashable, found: dict[_Name, None]) -> bool:
        """Add those with a trait to those found, unless they are too many; return whether they were added."""
        names = self._by.get(trait, ())
        if len(found) + len(names) > MOST_LOOKED_AT:
            return False
        found.update(dict.fromkeys(names))
        return True


def _ends(section: Section) -> list[tuple[str, Section]]:
    """Return the beginnings and the ends of a section's path, the longest first."""
    lengths = range(len(section), 0, -1)
    return [trait for length in lengths for trait in (("begins", section[:length]), ("ends", section[-length:]))]


def _nearness(section: Section, answer: str, note: LockedNote, moves: Moves) -> _Score:
    return (
        same_answer(answer, note.answer),
        moves[note.section, section],
        _common_end(section, note.section) + _common_end(section[::-1], note.section[::-1]),
        len(set(section) & set(note.section)),
    )


def _common_end(one: Section, other: Section) -> int:
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count
