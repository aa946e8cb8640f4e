"""Every lint, and the functions that run them all: what one question can be judged by, and what takes a whole deck."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds._shared.notes import Kind
from deckbuilder.lints.cards import about_answer
from deckbuilder.lints.wording import about_question, about_surroundings
from deckbuilder.source.questions import Question

Lint: TypeAlias = Callable[[Question, Kind], Iterable[Diagnostic]]

LINTS: tuple[Lint, ...] = (about_question, about_answer, about_surroundings)
"""The lints that judge a question by itself. Those of a whole deck are called by the pipeline, where the deck is."""


def lint(question: Question, kind: Kind) -> list[Diagnostic]:
    """Return what every lint has to say of a question and its note. Parts (steps, levels) are judged with it."""
    return [found for rule in LINTS for found in rule(question, kind)]
