"""Decks of a few questions, built again and again as an author does."""

from __future__ import annotations

from dataclasses import dataclass

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity.changes import Content, stamped, updated_lock
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.lock import Lock
from deckbuilder.identity.resolve import Asked, Doubt, Identity, Register, resolve

LOCK = "content/deck.lock"


@dataclass(frozen=True)
class Q:
    """A question of a test: its words, answer, section and id."""

    text: str
    answer: str = ""
    section: tuple[str, ...] = ("S",)
    id: str | None = None
    ships: bool = True

    @property
    def words(self) -> str:
        return self.answer or f"{self.text} is answered by {self.text[::-1]} and by {self.text[::2]}"


def asked(questions: list[Q]) -> list[Asked]:
    return [
        Asked(Span("a.md", line), q.section, q.text, answer_print(q.words) if q.ships else "", q.id, q.ships)
        for line, q in enumerate(questions, start=1)
    ]


def built(lock: Lock, questions: list[Q], now: int = 100) -> tuple[Lock, dict[Q, Identity], list[Diagnostic]]:
    """Build the questions upon a lock, as often as an author does: the new lock, who is who, what was said."""
    matched = resolve(asked(questions), Register(lock, LOCK))
    given, found = matched.identities, list(matched.diagnostics)
    identities = {q: one for q, one in zip(questions, given, strict=True) if one}
    notes = [
        stamped(one, Content("concept", q.section, q.text, answer_print(q.words), f"{q.text}{q.words}."), now)
        for q, one in identities.items()
    ]
    return updated_lock(lock, notes, (), {}), identities, found


def fresh(questions: list[Q]) -> tuple[Lock, dict[Q, str]]:
    lock, identities, found = built(Lock("D", "d", 1), questions)
    assert not found
    return lock, {q: one.guid for q, one in identities.items()}


def codes(found: list[Diagnostic]) -> list[str]:
    return [one.code for one in found]


def doubts(lock: Lock, questions: list[Q]) -> tuple[Doubt, ...]:
    return resolve(asked(questions), Register(lock, LOCK)).doubts


def kept(lock: Lock, was: dict[Q, str], before: Q, after: list[Q]) -> Q | None:
    """Build again; return the question that has the history of the one before, None if the build asks or none has."""
    _, now, found = built(lock, after)
    if any(one.is_error for one in found):
        return None
    return next((q for q, one in now.items() if one.guid == was[before]), None)
