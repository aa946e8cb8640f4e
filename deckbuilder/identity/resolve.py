"""Match every question of the sources with its note: the note that it was before, a new one, or an error that asks.

Three things speak for a note: the words of the question, its section, and its answer. The build decides alone only
where it cannot be wrong. The rules, in order; each takes only what the ones before have left:

1. an explicit id is the note's key;
2. the same words and the same answer, or the same words in the same section, are the same note;
3. where several questions share their words, section and answer decide together;
4. other words with the very same answer, or with an answer that is clearly a revision, are an edit;
5. what is plausible but not sure is an error that names both places and the two ways out;
6. the rest is new, and what is left in the lock is retired.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Final, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct, structs

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Related, Span
from deckbuilder.identity import evidence
from deckbuilder.identity.guids import random_id
from deckbuilder.identity.keys import Keys, key_for, known_text
from deckbuilder.identity.lock import Lock, LockedNote, Section
from deckbuilder.project import DECK_LOCK

RETIRED_SHARE: Final = 4
"""A build that would retire more than one in this many notes stops."""

PLAUSIBLE_HERE: Final = 0.65
PLAUSIBLE_ELSEWHERE: Final = 0.75
PLAUSIBLE_ANSWER: Final = 0.5
"""How like a note's wording must be for the author to be asked, or how much more like its answer: here, a note that was
in the section at the last build; elsewhere, any other one."""

MOST_SHOWN: Final = 10
"""Notes that the author is asked about; no more of those with the question's words or its answer are looked at."""

_CROWDED: Final = "more missing notes share its words than can be compared with it"


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
        self.sections = {note.section: note.section for note in lock.notes.values()}
        self.sections = {section: tuple(map(_in_nfc, section)) for section in self.sections}
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
    return _Resolver(asked, register, register.questions()).resolved()


def resolve_parts(asked: Sequence[Asked], whole: Identity, register: Register) -> Resolution:
    """Give each part of a note (a level, a variant, a step) its identity, by the same rules as questions.

    A part is sought among the parts that the note had; its key begins with the note's own.
    """
    return _Resolver(asked, register, register.parts(whole), whole).resolved()


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


_Name = TypeVar("_Name")

_InPlace: TypeAlias = "dict[tuple[Section, str], list[int]]"
"""Numbers by section and words."""

_NO_LETTERS: Final = {ord(digit): 0xE000 + number for number, digit in enumerate("0123456789abcdef")}

_VARIANT: Final = re.compile("variant [0-9]+")


class _Index(NamedTuple):
    """What is left on both sides, by its wording, and the notes by their answers."""

    missing: evidence.Likes
    retired: evidence.Likes
    questions: evidence.Likes
    answers: evidence.Likes
    sentences: evidence.Likes


class _Side:
    """What is known of the questions, or of the notes, before anything is matched: their words and answers."""

    def __init__(self, texts: Sequence[str], answers: Sequence[str]) -> None:
        self.texts = texts
        self.prints = [evidence.fingerprint_of(answer) for answer in answers]
        self.answers = evidence.Answers(self.prints)
        self.by_text: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(texts):
            self.by_text[text].append(number)

    def is_shared(self, text: str) -> bool:
        """Whether several have these words."""
        return len(self.by_text.get(text, ())) > 1


class _Resolver:
    """The state of one resolution: which questions have found which notes so far. Both are called by their numbers."""

    def __init__(
        self, asked: Sequence[Asked], register: Register, notes: Mapping[str, LockedNote], whole: Identity | None = None
    ) -> None:
        self.asked = asked
        self.register = register
        self.notes = list(notes.values())
        self.whole = whole
        self.prefix = f"{whole.key}." if whole else ""
        self.comment = "step" if whole else "card"
        known = {question.text: question.known for question in asked if question.known}
        known |= {text: known_text(text) for text in {note.text for note in self.notes} - known.keys()}
        theirs = [(known[note.text], evidence.look_in(note.answer)) for note in self.notes]
        ours = [
            (known.get(question.text) or known_text(question.text), evidence.look_in(question.answer))
            for question in asked
        ]
        self.theirs = _Side(_with_looks(theirs, ours), [note.answer for note in self.notes])
        self.ours = _Side(_with_looks(ours, theirs), [question.answer if question.ships else "" for question in asked])
        self.places = [register.sections[note.section] for note in self.notes]  # where each would be now
        if whole and asked:
            self.places = [asked[0].section] * len(self.notes)  # parts are where their note is
        self.claims: dict[int, tuple[int, Match]] = {}
        self.claimed: set[int] = set()
        self.failed: set[int] = set()
        self.diagnostics: list[Diagnostic] = []
        self.doubts: list[Doubt] = []
        self._index: _Index | None = None

    def resolved(self) -> Resolution:
        """Go through the rules, in their order."""
        self.by_id()
        self.no_duplicates()
        if self._any_left():
            self.by_words_and_answer()
        if self._any_left():
            self.follow_renamed_headings()
            self.by_words_in_place()
        if self._any_left():
            self.by_answer()
            self.with_another_answer()
            self.moved_with_short_answer()
            self.below_renamed_headings()
            self.by_revised_answer()
            self.no_doubt()
        return self.result()

    # Rule 1

    def by_id(self) -> None:
        """Give every question with an explicit id the note of that key, or of that earlier key."""
        names = self._names() if any(question.id for question in self.asked) else {}
        first: dict[str, int] = {}
        for number, question in enumerate(self.asked):
            if question.id is None:
                continue
            if question.id in first:
                other = Related(self.asked[first[question.id]].span, "also here")
                self._error(number, rules.DUPLICATE_ID.at(question.span, related=(other,), key=question.id))
                continue
            first[question.id] = number
            note = names.get(question.id)
            owner = None if note is None else self._unchanged(number, note)
            if owner is not None:
                other = Related(self.asked[owner].span, "the question that has it, unchanged")
                self._error(number, rules.DUPLICATE_ID.at(question.span, related=(other,), key=question.id))
            elif note is not None and note not in self.claimed:
                self._claim(number, note, Match.ID)
            elif note is not None or question.id in self.register.keys:
                key = question.id if note is None else self.notes[note].key
                self._error(number, rules.DUPLICATE_ID.at(question.span, key=key))

    def _unchanged(self, number: int, note: int) -> int | None:
        """Return another question that is the note just as it was, so that an id can only be a mistake."""
        text = self.theirs.texts[note]
        if self.notes[note].retired or self.ours.texts[number] == text:
            return None
        same = [
            other
            for other in self.ours.by_text.get(text, ())
            if self._is_here(other, note) and self.asked[other].id is None and self._has_same_answer(other, note)
        ]
        return same[0] if len(same) == 1 else None

    def _names(self) -> dict[str, int]:
        """Return the notes by all the keys that they have, or ever had; of a part below its note's present key, too."""
        names = {name: number for number, note in enumerate(self.notes) for name in note.aliases}
        names |= {note.key: number for number, note in enumerate(self.notes)}
        names = {_in_nfc(name): number for name, number in names.items()} | names
        if self.whole and self.whole.known:
            before = f"{self.whole.known.key}."
            names |= {
                self.prefix + name.removeprefix(before): number
                for name, number in names.items()
                if name.startswith(before)
            }
        return names

    # Rules 2 and 3

    def no_duplicates(self) -> None:
        """Report questions of the same text in the same section that no id tells apart."""
        first: dict[tuple[Section, str], int] = {}
        for number, question in enumerate(self.asked):
            if question.id is not None:
                continue
            place = (question.section, self.ours.texts[number])
            if place not in first:
                first[place] = number
                continue
            other = Related(self.asked[first[place]].span, "first here")
            found = rules.DUPLICATE_QUESTION.at(
                question.span, related=(other,), key=key_for(question.text, Keys()), comment=self.comment
            )
            self._error(number, found)

    def by_words_and_answer(self) -> None:
        """Match the same words with the same answer, wherever they are, if no others have either of the two.

        An answer that is too short to prove something does so with words that nobody else has.
        """
        for number in self._left():
            text = self.ours.texts[number]
            proven = self._proven_by_answer(number)
            if proven is not None and self._is_free(proven) and self.theirs.texts[proven] == text:
                self._match(number, proven)
                continue
            note = self._only(number)
            if note is None or not self._has_no_other_answer(number, note):
                continue
            if self._is_here(number, note) or (self.asked[number].id is None and not self.notes[note].retired):
                self._match(number, note)

    def _only(self, number: int) -> int | None:
        """Return the free note with the question's words, if no other note and no other question has them."""
        text = self.ours.texts[number]
        notes = self.theirs.by_text.get(text, ())
        if len(notes) == 1 and not self.ours.is_shared(text) and self._is_free(notes[0]):
            return notes[0]
        return None

    def follow_renamed_headings(self) -> None:
        """Find out which sections are now called otherwise: all that is sure to have been there went to one place.

        So where a week is inserted, the weeks below it take their questions along. A section in which a question
        stayed was not renamed, and none was renamed into one in which a question stayed.
        """
        went: dict[Section, set[Section]] = defaultdict(set)
        for number, (note, _) in self.claims.items():
            if not self.notes[note].retired:
                went[self.places[note]].add(self.asked[number].section)
        for number in self._left():
            edited = self._only(number)
            if edited is not None and self._is_here(number, edited):
                went[self.places[edited]].add(self.places[edited])
        stayed = {old for old, new in went.items() if old in new}
        renamed = {old: next(iter(new)) for old, new in went.items() if len(new) == 1 and not (stayed & (new | {old}))}
        if renamed:
            self.places = [
                place if _is_decided(note) else renamed.get(place, place)
                for note, place in zip(self.notes, self.places, strict=True)
            ]

    def by_words_in_place(self) -> None:
        """Match the same words in the same section, where the answers may be the same."""
        there = self._left_in_place()
        for number in self._left():
            notes = [note for note in there.get(self._place(number), ()) if self._has_no_other_answer(number, note)]
            single = self._single(number, notes)
            if single is not None:
                self._match(number, single)

    def _single(self, number: int, notes: Sequence[int]) -> int | None:
        """Return the one of these notes that is free, the one with the very same answer, or the one not retired."""
        free = [note for note in notes if self._is_free(note)]
        for narrowed in (
            free,
            [note for note in free if self._has_same_answer(number, note)],
            [note for note in free if not self.notes[note].retired],
        ):
            if len(narrowed) == 1:
                return narrowed[0]
        return None

    # Rule 4

    def by_answer(self) -> None:
        """Match the answer of exactly one note for that note reworded, unless words speak for another."""
        there, here = self._left_in_place(), self._left_questions_in_place()
        for number in self._open():
            note = self._proven_by_answer(number)
            if note is None or not self._is_free(note):
                continue
            text, was = self.ours.texts[number], self.theirs.texts[note]
            if there.get(self._place(number)) or here.get((self.places[note], was)):
                continue  # the same words in the same section speak as loud
            if not self._is_here(number, note) and (self._any_note(text) or self._any_question(was)):
                continue  # nothing but the answer here, nothing but the words there
            if not self._is_worded_like_another(number, note):
                self._edited(number, note, "its answer is the same")

    def with_another_answer(self) -> None:
        """Match the same words in the same section though the answer is another, unless an answer says otherwise."""
        there, here = self._left_in_place(), self._left_questions_in_place()
        renewed = self._renewed_sections(there)
        for number in self._left():
            notes = there.get(self._place(number), ())
            note = self._single(number, [note for note in notes if not self.notes[note].retired] or notes)
            if note is None or self.asked[number].id is not None:
                continue
            if self._is_common(self.ours.texts[number]) and (
                self.notes[note].retired or (self._is_here(number, note) and self.asked[number].section in renewed)
            ):
                continue
            if not self._answers_contradict(number, note, there, here):
                self._match(number, note)

    def _renewed_sections(self, there: _InPlace) -> set[Section]:
        """Return the sections that may have been put in where others were taken out or pushed on.

        Nothing stayed in them, and of the words that they share with other sections the answers have little in common
        with those of the notes that are there. Of one question with a short answer that says something only if others
        moved. All parts of a note are in one section.
        """
        stayed: set[Section] = set()
        moved = False
        for number, (note, _) in self.claims.items():
            before, section = self.register.sections[self.notes[note].section], self.asked[number].section
            if self._is_here(number, note) and self._is_sure(number):
                stayed.add(section)
            moved = moved or (before != section and self._is_common(self.ours.texts[number]))
        sections: dict[str, set[Section]] = defaultdict(set)
        for number in self._left():
            sections[self.ours.texts[number]].add(self.asked[number].section)
        for text, places in sections.items():
            places |= {self.places[note] for note in self.theirs.by_text.get(text, ())}
            places |= {self.asked[other].section for other in self.ours.by_text[text]}
        in_many = {text for text, places in sections.items() if len(places) > 1}
        others: Counter[Section] = Counter()
        for number in self._left():
            section = self.asked[number].section
            if section in stayed or self.ours.texts[number] not in in_many:
                continue
            notes = [
                note for note in there.get(self._place(number), ()) if self._has_quite_another_answer(number, note)
            ]
            if notes:
                tells = any(
                    map(evidence.is_telling, (self.ours.prints[number], *map(self.theirs.prints.__getitem__, notes)))
                )
                others[section] += 2 if moved or tells else 1
        return {section for section, count in others.items() if count > 1}

    def _is_sure(self, number: int) -> bool:
        """Whether it was more than shared words and a short answer that gave a question its note."""
        return (
            self.asked[number].id is not None
            or evidence.is_telling(self.ours.prints[number])
            or not self._is_common(self.ours.texts[number])
        )

    def _has_quite_another_answer(self, number: int, note: int) -> bool:
        answer, was = self.ours.prints[number], self.theirs.prints[note]
        alike = evidence.likeness(answer.sketch, was.sketch) > PLAUSIBLE_ANSWER or evidence.is_part(answer, was)
        return self.asked[number].ships and not alike

    def _answers_contradict(self, number: int, note: int, there: _InPlace, here: _InPlace) -> bool:
        """Whether another question has the note's answer, or another note the question's, where that says something.

        It says nothing where the other one's own words are in place: then the two answers were exchanged.
        """
        text, answer, was = self.ours.texts[number], self.ours.prints[number], self.theirs.prints[note]
        for other in filter(self._is_left, self.ours.answers.same(was)):
            if self.ours.texts[other] == text:
                return True
            if evidence.is_telling(was) and not there.get(self._place(other)):
                return True
        for other in filter(self._is_free, self.theirs.answers.same(answer)):
            if self.theirs.texts[other] == text:
                return True
            in_place = here.get((self.places[other], self.theirs.texts[other]))
            if evidence.is_telling(answer) and self._is_here(number, other) and not in_place:
                return True
        return False

    def moved_with_short_answer(self) -> None:
        """Match the same words and the same short answer elsewhere, if nothing stands in the old or the new place."""
        there, here = self._left_in_place(), self._left_questions_in_place()
        notes = self._grouped(self._free(), lambda note: (self.theirs.texts[note], self.theirs.prints[note].exact))
        questions = self._grouped(self._left(), lambda own: (self.ours.texts[own], self.ours.prints[own].exact))
        for same, numbers in questions.items():
            candidates = notes.get(same, ())
            if not same[1] or len(numbers) != 1 or len(candidates) != 1:
                continue
            number, note = numbers[0], candidates[0]
            if self.asked[number].id is not None or self.notes[note].retired:
                continue
            if not there.get(self._place(number)) and not here.get((self.places[note], same[0])):
                self._match(number, note)

    def below_renamed_headings(self) -> None:
        """Match the same words below the same last heading, if only headings above it have other names."""
        sections = {question.section for question in self.asked}
        known = {self.places[number] for number, note in enumerate(self.notes) if not note.retired}
        gone = [note for note in self._free() if self.places[note] not in sections and not self.notes[note].retired]
        new = [number for number in self._left() if self.asked[number].section not in known]
        notes = self._grouped(gone, lambda note: (self.theirs.texts[note], _below(self.places[note])))
        questions = self._grouped(new, lambda own: (self.ours.texts[own], _below(self.asked[own].section)))
        for same, numbers in questions.items():
            candidates = notes.get(same, ())
            if len(numbers) == len(candidates) == 1 and self._has_no_other_answer(numbers[0], candidates[0]):
                self._match(numbers[0], candidates[0])

    def by_revised_answer(self) -> None:
        """Match words that were added or left out, in the same section, where the answer is clearly a revision."""
        pairs = [
            (number, note)
            for number in self._open()
            for note in self._indexed().sentences.near(frozenset(self.ours.prints[number].sentences)).found
            if self._is_free(note)
            and self._is_here(number, note)
            and evidence.is_revised(self.ours.prints[number], self.theirs.prints[note])
            and evidence.close_wording(self.ours.texts[number], self.theirs.texts[note])
        ]
        of_number = Counter(number for number, _ in pairs)
        of_note = Counter(note for _, note in pairs)
        there, here = self._left_in_place(), self._left_questions_in_place()
        for number, note in pairs:
            if of_number[number] == of_note[note] == 1 and not (
                there.get(self._place(number)) or here.get((self.places[note], self.theirs.texts[note]))
            ):
                self._edited(number, note, "its answer was revised, and its wording is close")

    def _is_worded_like_another(self, number: int, note: int) -> bool:
        """Whether in one section the question is worded more like another note, or the note like another question."""
        traits = evidence.traits_of(self.ours.texts[number])
        like = evidence.likeness(traits, evidence.traits_of(self.theirs.texts[note]))
        if self.notes[note].retired and like < PLAUSIBLE_HERE:
            return True  # another question, with the answer of one that was deleted
        least = max(like, PLAUSIBLE_HERE)
        if any(like > least and self._is_here(number, other) for other, like in self._near(number).found.items()):
            return True
        rivals = self._indexed().questions.near(evidence.traits_of(self.theirs.texts[note]))
        return any(
            like > least and self._is_left(other) and self._is_here(other, note) for other, like in rivals.found.items()
        )

    def _near(self, number: int) -> evidence.Near:
        """Return the free notes whose words are like the question's."""
        index, traits = self._indexed(), evidence.traits_of(self.ours.texts[number])
        missing, retired = index.missing.near(traits), index.retired.near(traits)
        found = dict(missing.found) | dict(retired.found)
        return evidence.Near({note: like for note, like in found.items() if self._is_free(note)}, missing.all_seen)

    def _indexed(self) -> _Index:
        if self._index is None:
            free = self._free()
            wording = [(note, evidence.traits_of(self.theirs.texts[note])) for note in free]
            self._index = _Index(
                missing=evidence.Likes(pair for pair in wording if not self.notes[pair[0]].retired),
                retired=evidence.Likes(pair for pair in wording if self.notes[pair[0]].retired),
                questions=evidence.Likes(
                    (own, evidence.traits_of(self.ours.texts[own])) for own in self._open() if not self.asked[own].id
                ),
                answers=evidence.Likes((note, self.theirs.prints[note].sketch) for note in free),
                sentences=evidence.Likes((note, frozenset(self.theirs.prints[note].sentences)) for note in free),
            )
        return self._index

    def _edited(self, number: int, note: int, reason: str) -> None:
        self._claim(number, note, Match.EDITED)
        question, before = self.asked[number], self.notes[note]
        was = Related(Span(self.register.lock_name, before.line), f"was: {before.text}")
        found = rules.RECOGNISED_EDIT.at(
            question.span, related=(was,), key=before.key, reason=reason,
            new=self._new_id(question), comment=self.comment,
        )  # fmt: skip
        if self._is_level(question):
            found = structs.replace(found, help=rules.HELP_FOR_RENAMED_LEVELS)
        self.diagnostics.append(found)

    # Rule 5

    def no_doubt(self) -> None:
        """Ask about each open question that may well be a free note without being surely it."""
        here = self._left_in_place()
        by_text = self._grouped(self._free(), lambda note: self.theirs.texts[note])
        by_both = self._grouped(self._free(), lambda note: (self.theirs.texts[note], self.theirs.prints[note].exact))
        missing = [note for note in self._free() if not self.notes[note].retired]
        for number in self._open():
            text, exact = self.ours.texts[number], self.ours.prints[number].exact
            with_words = [*here.get(self._place(number), ()), *by_both.get((text, exact), ())[:MOST_SHOWN]]
            with_words += by_text.get(text, ())[:MOST_SHOWN]
            near = self._near(number)
            reasons: dict[int, str] = {}
            for note, reason in chain(
                self._by_words(number, dict.fromkeys(with_words)),
                self._by_answer(number),
                self._by_wording(number, near.found),
                self._by_much_of_the_answer(number),
                self._by_level(number),
            ):
                reasons.setdefault(note, reason)
            if not reasons and missing and not near.all_seen:
                reasons[missing[0]] = _CROWDED
            if reasons:
                self._unsure(number, reasons)

    def _by_words(self, number: int, notes: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield the notes with the very same words, but those that are not worth a question."""
        named = self.asked[number].id is not None
        for note in sorted(notes, key=lambda note: (not self._is_here(number, note), self.notes[note].retired)):
            here, same = self._is_here(number, note), self._has_same_answer(number, note)
            if here and same:
                yield note, "more than one note has these words"
            elif here:
                yield note, "its words and its section are the same, but not its answer"
            elif same:
                yield note, "its words and its answer are the same, but not its section"
            elif not named and not self.notes[note].retired:
                yield note, "its words are the same, but neither its section nor its answer"

    def _by_answer(self, number: int) -> Iterator[tuple[int, str]]:
        answer = self.ours.prints[number]
        if evidence.is_telling(answer):
            same = (note for note in self.theirs.answers.same(answer) if self._is_free(note))
            for note in islice(same, MOST_SHOWN):
                yield note, "the answer is the same, but something else speaks for another note or question"

    def _by_wording(self, number: int, like: Mapping[int, float]) -> Iterator[tuple[int, str]]:
        """Yield the notes with a like wording, the likeliest first."""
        named, text = self.asked[number].id is not None, self.ours.texts[number]
        found: list[tuple[bool, float, int, str]] = []
        for note, share in like.items():
            here, was = self._is_here(number, note), self.theirs.texts[note]
            if was == text:
                continue
            least = PLAUSIBLE_HERE if here and not self.notes[note].retired else PLAUSIBLE_ELSEWHERE
            if here and self._has_same_answer(number, note):
                reason = "section and answer are the same, but so short an answer proves nothing"
            elif here and (share >= least or evidence.close_wording(text, was)):
                reason = "the wording is close, but the answer is another"
            elif share >= least and not named:
                reason = "the wording is close, but section and answer are others"
            else:
                continue
            found.append((here, share, -note, reason))
        for _, _, note, reason in sorted(found, reverse=True):
            yield -note, reason

    def _by_much_of_the_answer(self, number: int) -> Iterator[tuple[int, str]]:
        index, answer = self._indexed(), self.ours.prints[number]
        for shared in (index.sentences.near(frozenset(answer.sentences)), index.answers.near(answer.sketch)):
            for note, share in shared.found.items():
                if not self._is_free(note) or self.notes[note].retired:
                    continue
                if share > PLAUSIBLE_ANSWER or evidence.is_part(answer, self.theirs.prints[note]):
                    yield note, "much of the answer is the same, but not the wording"

    def _by_level(self, number: int) -> Iterator[tuple[int, str]]:
        """Yield the missing levels of a drill where it has a new one: what it is called says nothing of what it is."""
        if self._is_level(self.asked[number]):
            for note in self._free():
                if not self.notes[note].retired and not _VARIANT.fullmatch(self.notes[note].text):
                    yield note, "a level of this drill is gone, and this one is new"

    def _is_level(self, question: Asked) -> bool:
        return self.whole is not None and question.id == self.prefix + question.text

    def _unsure(self, number: int, reasons: Mapping[int, str]) -> None:
        question = self.asked[number]
        candidates = tuple(self.notes[note] for note in islice(reasons, MOST_SHOWN))
        note, reason = candidates[0], next(iter(reasons.values()))
        self.doubts.append(
            Doubt(
                span=question.span, section=question.section, text=question.text, answer=question.answer,
                candidates=candidates, reason=reason, of=self.prefix.removesuffix("."),
            )
        )  # fmt: skip
        before = Related(Span(self.register.lock_name, note.line), f"`{note.key}` was: {note.text}")
        old = note.key.removeprefix(self.prefix)
        found = rules.UNSURE_MATCH.at(
            question.span, related=(before,), key=note.key, old=old, new=self._new_id(question), reason=reason,
            comment=self.comment, **commands_to_decide(question.span, note.key, self.register.lock_name),
        )  # fmt: skip
        if self._is_level(question):
            found = structs.replace(found, help=rules.HELP_FOR_LEVELS.format(old=note.text))
        self._error(number, found)

    def _new_id(self, question: Asked) -> str:
        """Return an id with which the author could say that the question is a new one."""
        return key_for(question.text, self.register.keys, self.prefix).removeprefix(self.prefix)

    def _is_said_to_be_new(self, question: Asked) -> bool:
        """Whether the question has an id as this program proposes it for a new one."""
        if question.id is None or self._is_level(question):
            return False
        proposed = key_for(question.text, Keys(), self.prefix)
        return question.id == proposed or bool(re.fullmatch(re.escape(proposed) + "-[0-9]+", question.id))

    # Rule 6

    def result(self) -> Resolution:
        """Name what is new."""
        self.register.keys.add(*(question.id for question in self.asked if question.id))
        identities: list[Identity | None] = []
        for number, question in enumerate(self.asked):
            if number in self.claims:
                note, match = self.claims[number]
                identities.append(self._kept(question, self.notes[note], match) if question.ships else None)
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

    # What the rules use

    def _left(self) -> list[int]:
        """Return the questions that have no note yet and may still get one by their text."""
        return [number for number in range(len(self.asked)) if self._is_left(number)]

    def _is_left(self, number: int) -> bool:
        return number not in self.claims and number not in self.failed

    def _open(self) -> list[int]:
        """Return the questions left that ship and are not said to be new."""
        asked = self.asked
        return [number for number in self._left() if asked[number].ships and not self._is_said_to_be_new(asked[number])]

    def _free(self) -> list[int]:
        return [note for note in range(len(self.notes)) if note not in self.claimed]

    def _is_free(self, note: int) -> bool:
        return note not in self.claimed

    def _any_left(self) -> bool:
        return len(self.claims) + len(self.failed) < len(self.asked) and len(self.claimed) < len(self.notes)

    def _place(self, number: int) -> tuple[Section, str]:
        return self.asked[number].section, self.ours.texts[number]

    def _is_here(self, number: int, note: int) -> bool:
        return self.asked[number].section == self.places[note]

    def _left_in_place(self) -> _InPlace:
        """Return the free notes by their section and words."""
        return self._grouped(self._free(), lambda note: (self.places[note], self.theirs.texts[note]))

    def _left_questions_in_place(self) -> _InPlace:
        """Return the questions left by section and words; one with its own id has no history by its words."""
        return self._grouped((own for own in self._left() if self.asked[own].id is None), self._place)

    @staticmethod
    def _grouped(numbers: Iterable[int], name: Callable[[int], _Name]) -> dict[_Name, list[int]]:
        groups: dict[_Name, list[int]] = defaultdict(list)
        for number in numbers:
            groups[name(number)].append(number)
        return groups

    def _any_note(self, text: str) -> bool:
        return any(map(self._is_free, self.theirs.by_text.get(text, ())))

    def _any_question(self, text: str) -> bool:
        return any(self._is_left(own) and self.asked[own].id is None for own in self.ours.by_text.get(text, ()))

    def _is_common(self, text: str) -> bool:
        """Whether more than one note or more than one question has these words."""
        return self.theirs.is_shared(text) or self.ours.is_shared(text)

    def _proven_by_answer(self, number: int) -> int | None:
        """Return the note with the question's answer, if the answer says something and no others have it."""
        answer = self.ours.prints[number]
        notes = self.theirs.answers.same(answer) if evidence.is_telling(answer) else []
        if self._is_level(self.asked[number]):  # those that have their names are known by them
            notes = [note for note in notes if self._is_free(note) and not self.notes[note].retired]
            if len(notes) == 1 and sum(map(self._is_left, self.ours.answers.same(answer))) == 1:
                return notes[0]
        elif len(notes) == 1 and len(self.ours.answers.same(self.theirs.prints[notes[0]])) == 1:
            return notes[0]
        return None

    def _has_same_answer(self, number: int, note: int) -> bool:
        return evidence.same_answer(self.ours.prints[number], self.theirs.prints[note])

    def _has_no_other_answer(self, number: int, note: int) -> bool:
        """Whether the answers may be the same; a question without one has it if no other question does."""
        was = self.theirs.prints[note]
        if self.asked[number].ships:
            return evidence.may_be_same(self.ours.prints[number], was)
        return not (evidence.is_telling(was) and self.ours.answers.same(was))

    def _match(self, number: int, note: int) -> None:
        here = self.asked[number].section == self.register.sections[self.notes[note].section]
        self._claim(number, note, Match.SAME if here else Match.MOVED)

    def _claim(self, number: int, note: int, match: Match) -> None:
        self.claims[number] = (note, match)
        self.claimed.add(note)

    def _error(self, number: int, found: Diagnostic) -> None:
        self.failed.add(number)
        self.diagnostics.append(found)


def _with_looks(words: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> list[str]:
    """Return the words of each question, with its look behind them, in signs that are no letters.

    A lock of old knows no looks. So where none of the others with the same words has a look, the words are enough.
    """
    if not any(look for _, look in words):
        return [text for text, _ in words]
    looks: dict[str, set[str]] = defaultdict(set)
    for text, look in others:
        looks[text].add(look)
    return [text + look.translate(_NO_LETTERS) if look and looks.get(text) != {""} else text for text, look in words]


def _below(section: Section) -> tuple[int, Section]:
    """Return the depth of a section and its last heading."""
    return len(section), section[-1:]


def _is_decided(note: LockedNote) -> bool:
    """Whether the author has said which question the note is, so that its section in the lock is to be believed."""
    return not note.fingerprint or bool(note.decided)


def _in_nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _names(notes: Mapping[str, LockedNote]) -> Iterator[str]:
    """Yield all the keys that notes have, or ever had."""
    for note in notes.values():
        yield from note.aliases
    yield from notes
