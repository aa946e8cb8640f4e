"""Every lint, and the one function that runs them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.lints.cards import about_answer
from deckbuilder.lints.near_duplicates import near_duplicates
from deckbuilder.lints.wording import about_question, about_surroundings
from deckbuilder.rendering.notes import ResolvedNote

OfNote: TypeAlias = Callable[[ResolvedNote], Iterable[Diagnostic]]
OfDeck: TypeAlias = Callable[[Iterable[ResolvedNote]], Iterable[Diagnostic]]

NOTE_LINTS: tuple[OfNote, ...] = (about_question, about_answer, about_surroundings)
DECK_LINTS: tuple[OfDeck, ...] = (near_duplicates,)


def lint(notes: Sequence[ResolvedNote]) -> list[Diagnostic]:
    """Return what every lint has to say. Parts of notes (steps, levels, variants) are judged with their whole."""
    whole = [note for note in notes if note.part is None]
    found = [diagnostic for note in whole for rule in NOTE_LINTS for diagnostic in rule(note)]
    return found + [diagnostic for rule in DECK_LINTS for diagnostic in rule(whole)]
