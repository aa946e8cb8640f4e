"""Which note is which: every question of the sources finds its note of old, or becomes a new one, or is an error.

The rules, in order; each takes only what the ones before have left:

1. an explicit id is the note's key;
2. the same text in the same section is the same note;
3. the same text elsewhere is the same note, moved, if there is one candidate or one clearly nearest;
4. strong, single evidence (the same answer; or the same section and a close wording with no rival) is an edit;
5. what is plausible but not sure is an error that names both places and the two ways out;
6. the rest is new, and what is left in the lock is retired.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Related, Span
from deckbuilder.identity import evidence
from deckbuilder.identity.guids import random_id
from deckbuilder.identity.keys import Keys, key_for, known_text
from deckbuilder.identity.lock import Lock, LockedNote, Section
from deckbuilder.identity.nearest import Moves, surest_pairs
from deckbuilder.project import DECK_LOCK

RETIRED_SHARE = 4
"""A build that would retire more than one in this many notes stops."""


_Pair: TypeAlias = "tuple[int, LockedNote]"
"""The number of a question, and a note that it might be."""

_CROWDED = "more missing notes share its words than could be compared with it"

_Link: TypeAlias = Callable[[int, LockedNote], bool]


class Match(StrEnum):
    """By which rule a question found its note."""

    ID = "id"
    SAME = "same"
    MOVED = "moved"
    EDITED = "edited"
    NEW = "new"


class Asked(Struct, frozen=True):
    """A question as identity sees it: where it stands, its words, its answer's fingerprint, its explicit id.

    `ships` is False for a question that gives no note (it has no answer yet): it still claims the note that it was.
    `known` is its `known_text`, if somebody has found it out already.
    """

    span: Span
    section: Section
    text: str
    answer: str
    id: str | None
    ships: bool
    known: str = ""


class Identity(Struct, frozen=True):
    """The note that a question is: its key and GUID, how it was found, and what the lock knew of it (None if new)."""

    key: str
    guid: str
    match: Match
    known: LockedNote | None


class Register:
    """What a lock knows, its notes by the note that they are a part of; and every key and GUID that is taken.

    `new_id` makes GUIDs of new notes.
    """

    def __init__(self, lock: Lock, lock_name: str, new_id: Callable[[], str] = random_id) -> None:
        self.lock = lock
        self.lock_name = lock_name
        self.keys = Keys(_names(lock.notes))
        self.guids = {note.guid for note in lock.notes.values()}
        self._new_id = new_id
        self._by_whole: dict[str, dict[str, LockedNote]] = defaultdict(dict)
        for key, note in lock.notes.items():
            self._by_whole[note.of][key] = note

    def new_guid(self) -> str:
        """Return a GUID that no note has or had, and take it."""
        while (guid := self._new_id()) in self.guids:
            pass
        self.guids.add(guid)
        return guid

    def questions(self) -> Mapping[str, LockedNote]:
        """Return the notes that are questions' own, by key."""
        return self._by_whole.get("", {})

    def parts(self, whole: Identity) -> Mapping[str, LockedNote]:
        """Return the parts that a note had at the last build, by key."""
        return self._by_whole.get(whole.known.key, {}) if whole.known else {}


class Doubt(Struct, frozen=True):
    """A question that may be a known note, and that only its author can decide about.

    `candidates` are the notes that it may be, the likeliest first, none of them taken by another question. `answer` is
    the fingerprint of its answer. `of` is the key of the note that a part belongs to, "" for a question.
    """

    span: Span
    section: Section
    text: str
    answer: str
    candidates: tuple[LockedNote, ...]
    reason: str
    of: str = ""


class Resolution(Struct, frozen=True):
    """What came of matching: identities in the order of the questions, findings, and what the author must decide.

    An identity is None where a question gives no note or has an error. Each doubt is also an error among the findings.
    """

    identities: tuple[Identity | None, ...]
    diagnostics: tuple[Diagnostic, ...]
    doubts: tuple[Doubt, ...] = ()


def resolve(asked: Sequence[Asked], register: Register) -> Resolution:
    """Give each question its identity. With an error among the diagnostics they are not to be used."""
    return _resolved(_Resolver(asked, register, register.questions()))


def resolve_parts(asked: Sequence[Asked], whole: Identity, register: Register) -> Resolution:
    """Give each part of a note (a level, a variant, a step) its identity, by the same rules as questions.

    A part is sought among the parts that the note had; its key begins with the note's own.
    """
    return _resolved(_Resolver(asked, register, register.parts(whole), f"{whole.key}."))


def _resolved(resolver: _Resolver) -> Resolution:
    resolver.by_id()
    resolver.no_duplicates()
    resolver.by_same_place()
    resolver.by_same_text()
    resolver.by_answer()
    resolver.by_wording()
    resolver.no_doubt()
    return resolver.result()


def too_many_retired(retired: int, known: int) -> bool:
    """Whether so large a share of the deck's notes would be retired that it is probably a mistake."""
    return retired * RETIRED_SHARE > known


def commands_to_decide(span: Span, key: str, lock_name: str) -> dict[str, str]:
    """Return the command lines that say that a question is the note `key` (`same`), or a new one (`afresh`)."""
    folder, _, name = lock_name.rpartition("/")
    source = (folder or ".") if name == DECK_LOCK else span.file
    place = f"{span.file}:{span.line}"
    command = ["deckbuilder", "resolve", source]
    return {
        "same": shlex.join([*command, "--same", f"{key}={place}"]),
        "afresh": shlex.join([*command, "--new", place]),
    }


class _Suspicions:
    """Pairs of an open question and a missing note that may belong together, to be asked from either side."""

    def __init__(self, pairs: list[_Pair]) -> None:
        self.pairs = pairs
        self._of_number: dict[int, list[_Pair]] = defaultdict(list)
        self._of_note: dict[str, list[_Pair]] = defaultdict(list)
        for number, note in pairs:
            self._of_number[number].append((number, note))
            self._of_note[note.key].append((number, note))

    def linked_only(self, linked: _Link) -> list[_Pair]:
        """Return the pairs that are linked to each other and to nothing else."""
        links = [pair for pair in self.pairs if linked(*pair)]
        of_number = Counter(number for number, _ in links)
        of_note = Counter(note.key for _, note in links)
        return [(number, note) for number, note in links if of_number[number] == of_note[note.key] == 1]

    def rivals(self, number: int, note: LockedNote) -> Iterator[_Pair]:
        """Yield the pairs of the question with another note, and of the note with another question."""
        yield from (pair for pair in self._of_number[number] if pair[1].key != note.key)
        yield from (pair for pair in self._of_note[note.key] if pair[0] != number)


class _Resolver:
    """The state of one resolution: which questions have found which notes so far."""

    def __init__(
        self, asked: Sequence[Asked], register: Register, notes: Mapping[str, LockedNote], prefix: str = ""
    ) -> None:
        self.asked = asked
        self.register = register
        self.lock_name = register.lock_name
        self.notes = notes
        self.prefix = prefix
        self.comment = "step" if prefix else "card"
        known = {question.text: question.known for question in asked if question.known}
        known |= {text: known_text(text) for text in {note.text for note in notes.values()} - known.keys()}
        self.known_texts = {key: known[note.text] for key, note in notes.items()}
        self.texts = [known.get(question.text) or known_text(question.text) for question in asked]
        self.claims: dict[int, tuple[LockedNote, Match]] = {}
        self.claimed: set[str] = set()
        self.failed: set[int] = set()
        self.diagnostics: list[Diagnostic] = []
        self.doubts: list[Doubt] = []
        self._suspects: list[_Pair] | None = None
        self._crowded: set[int] = set()  # those for which more notes speak than could be looked at
        self._likenesses: dict[tuple[int, str], float] = {}
        self.names = _names(self.notes)

    # Rule 1

    def by_id(self) -> None:
        """Give every question with an explicit id the note of that key, or of that earlier key."""
        first: dict[str, int] = {}
        for number, question in enumerate(self.asked):
            if question.id is None:
                continue
            if question.id in first:
                other = Related(self.asked[first[question.id]].span, "also here")
                self._error(number, rules.DUPLICATE_ID.at(question.span, related=(other,), key=question.id))
                continue
            first[question.id] = number
            note = self.names.get(question.id)
            if note and note.key not in self.claimed:
                self._claim(number, note, Match.ID)
            elif note or question.id in self.register.keys:
                self._error(number, rules.DUPLICATE_ID.at(question.span, key=note.key if note else question.id))

    # Rule 2

    def no_duplicates(self) -> None:
        """Report questions of the same text in the same section that no id tells apart."""
        first: dict[tuple[Section, str], int] = {}
        for number, question in enumerate(self.asked):
            if question.id is not None:
                continue
            place = (question.section, self.texts[number])
            if place not in first:
                first[place] = number
                continue
            other = Related(self.asked[first[place]].span, "first here")
            found = rules.DUPLICATE_QUESTION.at(
                question.span, related=(other,), key=key_for(question.text, Keys()), comment=self.comment
            )
            self._error(number, found)

    def by_same_place(self) -> None:
        """Give each question the note that had the same text in the same section."""
        there: dict[tuple[Section, str], list[LockedNote]] = defaultdict(list)
        for note in self._left_notes(retired=True):
            there[note.section, self.known_texts[note.key]].append(note)
        for number in self._left():
            question = self.asked[number]
            candidates = there.get((question.section, self.texts[number]))
            if candidates is None:
                continue
            single = self._single(question, [note for note in candidates if note.key not in self.claimed])
            if single:
                self._claim(number, single, Match.SAME)

    def _single(self, question: Asked, candidates: list[LockedNote]) -> LockedNote | None:
        """Return the one candidate, the one that is not retired, or the one with the same answer."""
        if len(candidates) <= 1:  # as nearly always
            return candidates[0] if candidates else None
        for narrowed in (
            [note for note in candidates if not note.retired],
            [note for note in candidates if evidence.same_answer(note.answer, question.answer)],
        ):
            if len(narrowed) == 1:
                return narrowed[0]
        return None

    # Rule 3

    def by_same_text(self) -> None:
        """Give each question the note that had the same text elsewhere; the nearest one, if there are several."""
        moves = self._moves()
        for numbers, notes in self._by_text():
            if len(numbers) == len(notes) == 1:
                self._claim(numbers[0], notes[0], Match.MOVED)
                continue
            places = {number: (self.asked[number].section, self.asked[number].answer) for number in numbers}
            for number, note in surest_pairs(places, notes, moves):
                self._claim(number, note, Match.MOVED)
            self._doubt_same_text(numbers, notes)

    def _by_text(self) -> list[tuple[list[int], list[LockedNote]]]:
        """Return the questions and notes left, by text; retired notes count only where no other has the text."""
        there: dict[str, list[LockedNote]] = defaultdict(list)
        gone: dict[str, list[LockedNote]] = defaultdict(list)
        for note in self._left_notes(retired=True):
            (gone if note.retired else there)[self.known_texts[note.key]].append(note)
        notes = gone | there
        groups: dict[str, list[int]] = defaultdict(list)
        for number in self._left():
            if notes.get(self.texts[number]):
                groups[self.texts[number]].append(number)
        return [(self._without_named(numbers, notes[text]), notes[text]) for text, numbers in groups.items()]

    def _without_named(self, numbers: list[int], notes: list[LockedNote]) -> list[int]:
        """Leave out questions with an id of their own: they are meant to be new, but for a lone one and a lone note."""
        if len(numbers) == len(notes) == 1:
            return numbers
        return [number for number in numbers if self.asked[number].id is None]

    def _moves(self) -> Moves:
        """Count for each pair of old and new section how many notes are known to have gone that way."""
        moves = Counter(
            (note.section, self.asked[number].section) for number, (note, _) in self.claims.items() if not note.retired
        )
        for numbers, notes in self._by_text():
            if len(numbers) == len(notes) == 1:
                moves[notes[0].section, self.asked[numbers[0]].section] += 1
        return moves

    def _doubt_same_text(self, numbers: list[int], notes: list[LockedNote]) -> None:
        left = [note for note in notes if note.key not in self.claimed]
        open_numbers = [number for number in numbers if number not in self.claims and number not in self.failed]
        if not left:
            return
        for number in open_numbers:
            if self.asked[number].id is None and self.asked[number].ships:
                reason = "the same question stood in another section, and more than one could be it"
                self._unsure(number, left, reason)

    # Rule 4

    def by_answer(self) -> None:
        """Take a question with the answer of exactly one missing note for that note, reworded."""
        suspicions = self._suspicions()
        for number, note in suspicions.linked_only(self._has_same_answer):
            if not any(self._is_worded_more_alike(pair, (number, note)) for pair in suspicions.rivals(number, note)):
                self._edited(number, note, "its answer is the same")

    def by_wording(self) -> None:
        """Take a question for the missing note of its section that is worded closely, if neither has a rival."""
        suspicions = self._suspicions()
        for number, note in suspicions.linked_only(self._is_close_here):
            if number in self._crowded or any(self._plausible(*pair) for pair in suspicions.rivals(number, note)):
                continue
            self._edited(number, note, "its section is the same and its wording close")

    def _suspicions(self) -> _Suspicions:
        """Return every pair of an open question and a missing note that have anything in common worth a look."""
        open_numbers = self._open()
        if self._suspects is None:
            missing = self._left_notes()
            self._suspects = self._all_suspects(open_numbers, missing) if open_numbers and missing else []
        numbers = set(open_numbers)
        return _Suspicions(
            [(number, note) for number, note in self._suspects if number in numbers and note.key not in self.claimed]
        )

    def _all_suspects(self, open_numbers: list[int], missing: list[LockedNote]) -> list[_Pair]:
        index = evidence.Suspects(missing, self.known_texts)
        suspects: list[_Pair] = []
        for number in open_numbers:
            question = self.asked[number]
            near = index.near(self.texts[number], question.answer, question.section)
            suspects += [(number, self.notes[key]) for key in near.keys]
            if not near.all_seen:
                self._crowded.add(number)
        return suspects

    def _has_same_answer(self, number: int, note: LockedNote) -> bool:
        return evidence.same_answer(self.asked[number].answer, note.answer)

    def _is_close_here(self, number: int, note: LockedNote) -> bool:
        return self.asked[number].section == note.section and evidence.close_wording(
            self.texts[number], self.known_texts[note.key]
        )

    def _is_worded_more_alike(self, pair: _Pair, than: _Pair) -> bool:
        """Whether the wording speaks for a pair in the same section, and more than for the other one."""
        return self._is_close_here(*pair) and self._likeness(*pair) > self._likeness(*than)

    def _likeness(self, number: int, note: LockedNote) -> float:
        pair = number, note.key
        if pair not in self._likenesses:
            self._likenesses[pair] = evidence.wording_likeness(self.texts[number], self.known_texts[note.key])
        return self._likenesses[pair]

    def _edited(self, number: int, note: LockedNote, reason: str) -> None:
        self._claim(number, note, Match.EDITED)
        question = self.asked[number]
        if question.ships:
            before = Related(Span(self.lock_name, note.line), f"was: {note.text}")
            self.diagnostics.append(
                rules.RECOGNISED_EDIT.at(
                    question.span, related=(before,), key=note.key, reason=reason,
                    new=self._new_id(question), comment=self.comment,
                )
            )  # fmt: skip

    # Rule 5

    def no_doubt(self) -> None:
        """Report each open question that may well be a missing note without being surely it."""
        doubts: dict[int, list[tuple[bool, float, str, LockedNote]]] = defaultdict(list)
        for number, note in self._suspicions().pairs:
            reason = self._plausible(number, note)
            if reason or number in self._crowded:
                doubts[number].append((bool(reason), self._likeness(number, note), reason or _CROWDED, note))
        for number, candidates in doubts.items():
            candidates.sort(key=lambda candidate: candidate[:2], reverse=True)
            self._unsure(number, [note for *_, note in candidates], candidates[0][2])
        missing = self._left_notes()
        for number in self._open():
            if missing and number in self._crowded:
                self._unsure(number, missing[:1], _CROWDED)

    def _plausible(self, number: int, note: LockedNote) -> str:
        """Return why the question may be the note with other words, or "" where nothing speaks for it."""
        question = self.asked[number]
        if evidence.same_answer(question.answer, note.answer):
            return "the answer is the same, but so is another's"
        wording = self._likeness(number, note)
        if question.section == note.section and wording >= evidence.PLAUSIBLE_HERE:
            return "the wording is like, but a word that matters differs or another question is as near"
        if wording >= evidence.PLAUSIBLE_ELSEWHERE:
            return "the wording is like, but it stands in another section"
        if evidence.answer_likeness(question.answer, note.answer) >= evidence.PLAUSIBLE_ANSWER:
            return "the answer is much alike, but not the same"
        return ""

    def _unsure(self, number: int, candidates: Sequence[LockedNote], reason: str) -> None:
        question, note = self.asked[number], candidates[0]
        self.doubts.append(
            Doubt(
                span=question.span, section=question.section, text=question.text, answer=question.answer,
                candidates=tuple(candidates), reason=reason, of=self.prefix.removesuffix("."),
            )
        )  # fmt: skip
        before = Related(Span(self.lock_name, note.line), f"`{note.key}` was: {note.text}")
        old = note.key.removeprefix(self.prefix)
        found = rules.UNSURE_MATCH.at(
            question.span, related=(before,), key=note.key, old=old, new=self._new_id(question), reason=reason,
            comment=self.comment, **commands_to_decide(question.span, note.key, self.lock_name),
        )  # fmt: skip
        self._error(number, found)

    def _new_id(self, question: Asked) -> str:
        """Return an id with which the author could say that the question is a new one."""
        return key_for(question.text, self.register.keys, self.prefix).removeprefix(self.prefix)

    # Rule 6

    def result(self) -> Resolution:
        """Name what is new."""
        self.register.keys.add(*(question.id for question in self.asked if question.id))
        identities: list[Identity | None] = []
        for number, question in enumerate(self.asked):
            if number in self.claims:
                note, match = self.claims[number]
                identities.append(self._kept(question, note, match) if question.ships else None)
            elif question.ships and number not in self.failed:
                identities.append(self._new(question))
            else:
                identities.append(None)
        return Resolution(tuple(identities), tuple(self.diagnostics), tuple(self.doubts))

    def _new(self, question: Asked) -> Identity:
        key = question.id or key_for(question.text, self.register.keys, self.prefix)
        self.register.keys.add(key)
        return Identity(key, self.register.new_guid(), Match.NEW, None)

    def _kept(self, question: Asked, note: LockedNote, match: Match) -> Identity:
        key = note.key
        if question.id and question.id != note.key and question.id not in note.aliases:
            key = question.id
            if not note.of:  # a part follows the note that it is a part of
                self.diagnostics.append(rules.KEY_RENAMED.at(question.span, old=note.key, key=key))
        if note.retired:
            self.diagnostics.append(rules.REVIVED.at(question.span, key=key))
        return Identity(key, note.guid, match, note)

    # What every rule uses

    def _left(self) -> list[int]:
        """Return the questions that have no note yet and may still get one by their text."""
        return [number for number in range(len(self.asked)) if number not in self.claims and number not in self.failed]

    def _open(self) -> list[int]:
        """Return the questions that ship, have no note yet, and have no id that would make them new."""
        return [number for number in self._left() if self.asked[number].ships and self.asked[number].id is None]

    def _left_notes(self, *, retired: bool = False) -> list[LockedNote]:
        return [note for note in self.notes.values() if note.key not in self.claimed and (retired or not note.retired)]

    def _claim(self, number: int, note: LockedNote, match: Match) -> None:
        self.claims[number] = (note, match)
        self.claimed.add(note.key)

    def _error(self, number: int, found: Diagnostic) -> None:
        self.failed.add(number)
        self.diagnostics.append(found)


def _names(notes: Mapping[str, LockedNote]) -> dict[str, LockedNote]:
    """Return the notes by all the keys that they have, or ever had."""
    return {name: note for note in notes.values() for name in note.aliases} | dict(notes)
