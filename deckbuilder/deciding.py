"""Questions in doubt, and the decisions that answer them: which question is which note of the lock, or a new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Final

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Span
from deckbuilder.earlier import Earlier, Wording, wording_of
from deckbuilder.files import real_path
from deckbuilder.identity.decisions import Decided, is_pending, taken_twice, with_decisions
from deckbuilder.identity.guids import random_id
from deckbuilder.identity.keys import Keys, key_for, known_text
from deckbuilder.identity.lock import Lock, LockedNote, Section, read_lock
from deckbuilder.identity.resolve import Doubt
from deckbuilder.pipeline import Prepared, present_second, write_decisions
from deckbuilder.rendering.drafts import Draft, DraftedQuestion

_PLACE: Final = re.compile(r"(?P<file>.+?):(?P<line>[0-9]{1,9})(?::[0-9]{1,9})?", re.DOTALL)


class Place(Struct, frozen=True):
    """A line of a file, as the user named it."""

    file: str
    line: int

    @property
    def span(self) -> Span:
        """Where a finding about it points to."""
        return Span(self.file, self.line)


def place_of(text: str) -> Place | None:
    """Return the place of `FILE:LINE`, or of the `FILE:LINE:COLUMN` of a finding; None if it is neither."""
    found = _PLACE.fullmatch(text)
    return Place(found["file"], int(found["line"])) if found else None


class Target(Struct, frozen=True):
    """A question of the sources, or a part of one, that can be decided about.

    `of` is the key of the note that a part belongs to. `note` is the note that a build takes it for without being
    told, None where it asks or makes a new one.
    """

    question: DraftedQuestion
    span: Span
    text: str
    answer: str
    section: Section
    of: str = ""
    note: LockedNote | None = None
    draft: Draft | None = None


class Decision(Struct, frozen=True):
    """What was decided about a question: that it is `same`, a note of the lock, or a new note, which then is `new`."""

    target: Target
    note: LockedNote
    is_new: bool

    @property
    def decided(self) -> Decided:
        """The decision as the lock takes it."""
        return Decided(self.note, self.target.section, self.target.text, self.target.answer)


def doubt_id(doubt: Doubt) -> str:
    """Return what stands for a question in doubt as it is now: a new one as soon as it is edited or moved."""
    place = (doubt.span.file, str(doubt.span.line), doubt.of, doubt.text, doubt.answer, *doubt.section)
    return blake2b("\x1f".join(place).encode(errors="surrogatepass"), digest_size=12).hexdigest()


class Desk:
    """A prepared deck whose author decides. Nothing is written before `write`."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.doubts: tuple[Doubt, ...] = prepared.doubts
        self.earlier = Earlier(prepared)
        text = prepared.lock_text
        lock = read_lock(text, prepared.project.lock_name)[0] if text is not None else None
        self.lock: Lock = lock or prepared.before
        self._names = {name: note for note in self.lock.notes.values() for name in (note.key, *note.aliases)}
        self._keys = Keys([*self._names, *(question.id for question in prepared.questions if question.id)])
        self._guids = {note.guid for note in self.lock.notes.values()}

    def target(self, doubt: Doubt) -> Target:
        """Return the question that is in doubt."""
        return next(one for one in self._targets if (one.span, one.of, one.text) == (doubt.span, doubt.of, doubt.text))

    def wording(self, target: Target) -> Wording:
        """Return what a question says now; a drill's answer is not at hand before it is known which note it is."""
        if target.draft and target.draft.fields:
            return wording_of(target.draft.fields, str(target.span))
        return Wording(escape(target.text), None, str(target.span))

    def has_note(self, key: str) -> bool:
        """Whether the lock has a note of this key or earlier key."""
        return key in self._names

    # Decisions

    def same(self, key: str, place: Place) -> Decision:
        """Return the decision that the question at a place is the note of this key. Raises CannotGoOn."""
        note = self._names.get(key)
        if note is None:
            near = get_close_matches(key, self._names, 1)
            fix = f"did you mean `{near[0]}`?" if near else "take the key of a line of deck.lock, or its `was`"
            raise _refused(place.span, f"deck.lock has no note `{key}`", fix)
        return self.is_same(self._at(place, note.of), note, place)

    def new(self, place: Place) -> Decision:
        """Return the decision that the question at a place is a new note. Raises CannotGoOn."""
        asked = [doubt for doubt in self.doubts if self._is_at(self.target(doubt).question, place)]
        here = [doubt for doubt in asked if doubt.span.line == place.line] or asked
        return self.is_new(self.target(here[0]) if len(here) == 1 else self._at(place, ""), place)

    def is_same(self, target: Target, note: LockedNote, place: Place) -> Decision:
        """Return the decision that a question is a note of the lock. Raises CannotGoOn."""
        named = self._named(target)
        if named is not None and named is not note:
            problem = f"the question's id says that it is `{named.key}`"
            raise _refused(place.span, problem, f"change the id in the source to `{note.key}`")
        if target.note is not None and target.note.key != note.key and _is_word_for_word(target, target.note):
            problem = f"the question is `{target.note.key}`, word for word"
            raise _refused(place.span, problem, f"give it `id: {note.key}` in the source if you mean it")
        if other := self._claimant(note, target):
            raise _refused(place.span, f"`{note.key}` is the question at {other}", "name a key that is free")
        return Decision(target, note, is_new=False)

    def is_new(self, target: Target, place: Place) -> Decision:
        """Return the decision that a question is a new note. Raises CannotGoOn."""
        question, note = target.question, target.note
        if self.prepared.lock_text is None:
            raise _refused(place.span, "there is no deck.lock yet, so every question is new", "run `deckbuilder build`")
        if named := self._named(target):
            problem = f"the question's id says that it is `{named.key}`"
            raise _refused(place.span, problem, "give it another id in the source")
        if question.draft is None:
            raise _refused(place.span, "the question has no answer yet", "write one: it becomes a note then")
        if note is not None and not is_pending(note) and _is_word_for_word(target, note):
            fix = "give it another `id` in the source to start afresh"
            raise _refused(place.span, f"the question is `{note.key}`, word for word", fix)
        if (pending := self._pending(target)) is not None:
            return Decision(target, pending, is_new=True)
        own = None if target.of else question.id
        key = own or key_for(target.text, self._keys, f"{target.of}." if target.of else "")
        while (guid := random_id()) in self._guids:
            pass
        self._keys.add(key)
        self._guids.add(guid)
        now = present_second(None)
        new = LockedNote(
            key=key, guid=guid, kind=question.draft.kind, born=now, modified=now, fingerprint="", answer=target.answer,
            section=target.section, text=target.text, of=target.of,
        )  # fmt: skip
        return Decision(target, new, is_new=True)

    def _pending(self, target: Target) -> LockedNote | None:
        """Return the new note that the question was decided to be already, None if it was not."""
        for note in self.lock.notes.values():
            if is_pending(note) and note.of == target.of and _is_word_for_word(target, note):
                return note
        return None

    def write(self, decisions: Sequence[Decision]) -> list[Diagnostic]:
        """Write decisions into deck.lock, all or none; return why they were not written."""
        decisions = list({(one.target.span, one.target.of, one.note.key): one for one in decisions}.values())
        if problem := self._contradiction(decisions):
            return [problem]
        decided = {one.note.key for one in decisions}
        matched = [
            (known.section, note.rendered.question.section)
            for note in self.prepared.notes
            if (known := note.rendered.identity.known) and known.key not in decided
        ]
        depth = self.prepared.project.settings.subdecks
        lock = with_decisions(self.lock, [one.decided for one in decisions], matched, depth)
        return write_decisions(self.prepared, lock)

    def _contradiction(self, decisions: Sequence[Decision]) -> Diagnostic | None:
        if twice := taken_twice([one.decided for one in decisions]):
            places = [one.target.span for one in decisions if one.note.key == twice.key]
            problem = f"`{twice.key}` cannot be two questions, at {places[0]} and at {places[1]}"
            return _refusal(places[1], problem, "decide which of the two it is")
        first: dict[tuple[Span, str], Decision] = {}
        for one in decisions:
            other = first.setdefault((one.target.span, one.target.of), one)
            if other is not one:
                problem = f"the question at {one.target.span} was decided twice"
                return _refusal(one.target.span, problem, f"it is either `{other.note.key}` or `{one.note.key}`")
        return None

    # Questions

    def _named(self, target: Target) -> LockedNote | None:
        """Return the note of the lock that a question is by its explicit id, None if it is none."""
        own = target.question.id
        return self._names.get(own) if own is not None and not target.of else None

    @cached_property
    def _targets(self) -> list[Target]:
        """Every question, and every part that is in doubt or has a note."""
        notes = {
            note.rendered.question.span: note for note in self.prepared.notes if not note.rendered.resolved.is_part
        }
        found = []
        for question in self.prepared.questions:
            stamped = notes.get(question.span)
            known = stamped.rendered.identity.known if stamped else None
            found.append(
                Target(
                    question, question.span, question.text, question.answer, question.section, note=known,
                    draft=stamped.rendered.resolved.draft if stamped else question.draft,
                )
            )  # fmt: skip
        return [*found, *self._parts()]

    def _parts(self) -> Iterator[Target]:
        by_key = {note.locked.key: note for note in self.prepared.notes}
        for note in self.prepared.notes:
            resolved = note.rendered.resolved
            if resolved.is_part:
                section = note.locked.section
                yield Target(
                    resolved.question, resolved.span, resolved.text, resolved.answer, section, resolved.of,
                    resolved.identity.known, resolved.draft,
                )  # fmt: skip
        for doubt in self.doubts:
            if doubt.of and doubt.of in by_key:
                whole = by_key[doubt.of].rendered.resolved
                draft = next((part for part in whole.draft.parts if part.span == doubt.span), None)
                yield Target(
                    whole.question, doubt.span, doubt.text, doubt.answer, doubt.section, doubt.of, draft=draft
                )  # fmt: skip

    def _at(self, place: Place, of: str) -> Target:
        """Return the question at a place, or its part of the note `of`. Raises CannotGoOn where there is none."""
        here = [one for one in self._targets if self._is_at(one.question, place) and one.of == of]
        if not here:
            what = f"no part of `{of}`" if of else "no question"
            fix = "name a line of the question or of its answer, as `FILE:LINE`"
            raise _refused(place.span, f"{what} stands at {place.file}:{place.line}", fix)
        above = [one for one in here if one.span.line <= place.line]
        return max(above or here[:1], key=lambda one: one.span.line)

    def _is_at(self, question: DraftedQuestion, place: Place) -> bool:
        return question.span.line <= place.line <= question.last_line and self._is_file(question, place.file)

    def _is_file(self, question: DraftedQuestion, name: str) -> bool:
        """Whether a path from the present folder, or from the deck's, is a question's file."""
        path, real = Path(name), real_path(self.prepared.project.folder / question.inside)
        return real in (real_path(path), real_path(self.prepared.project.folder / path))

    def _claimant(self, note: LockedNote, target: Target) -> Span | None:
        """Return where another question stands that is a note, None if there is none."""
        for one in self._targets:
            if one is target or (one.span, one.of) == (target.span, target.of) or one.of != note.of:
                continue
            by_id = one.question.id is not None and not one.of and self._names.get(one.question.id) is note
            without_answer = one.question.draft is None and one.question.known == known_text(note.text)
            if by_id or without_answer or (one.note is not None and one.note.key == note.key):
                return one.span
        return None


def _is_word_for_word(target: Target, note: LockedNote) -> bool:
    """Whether a note has a question's words and section, so that a build would find it again whatever is decided."""
    return note.section == target.section and known_text(note.text) == known_text(target.text)


def _refusal(span: Span, problem: str, fix: str) -> Diagnostic:
    return rules.DECISION_REFUSED.at(span, problem=problem, fix=fix)


def _refused(span: Span, problem: str, fix: str) -> CannotGoOn:
    return CannotGoOn(_refusal(span, problem, fix))
