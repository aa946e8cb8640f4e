"""What every note has, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared import fragments
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question


class Html(Protocol):
    """Turns Markdown into HTML; rendering provides it, so that kinds need to know nothing of renderers."""

    def blocks(self, passage: Passage) -> str:
        """Return the HTML of whole blocks."""

    def inline(self, passage: Passage) -> str:
        """Return the HTML of running text, without a paragraph around it where it is a single one."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note of any kind: the question that it comes from. Each kind adds the parts that its answer is made of."""

    question: Question


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of note: how it is recognised, how it is read from a question, how it fills its fields.

    `name` is used in metadata, the lock and style sheets; `title` is its note type's name in Anki.
    """

    name: str
    title: str
    recognises: Callable[[Question], bool]
    read: Callable[[Question], tuple[Note, list[Diagnostic]]]
    fill: Callable[[Any, Html], Mapping[str, str]]


def common_fields(question: Question, html: Html) -> dict[str, str]:
    """Return the fields that every kind fills the same way from its question."""
    return {
        fields.QUESTION: html.inline(question.prompt),
        fields.CONTEXT: html.blocks(question.data) if not question.data.is_blank else "",
        fields.HINTS: fragments.hints([html.inline(hint) for hint in question.hints]),
        fields.KEY_POINTS: fragments.key_points([html.inline(point) for point in question.key_points]),
    }
