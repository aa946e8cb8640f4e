"""What every note has, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import Slots
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared import fragments
from deckbuilder.kinds.titles import TITLES
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question


class Html(Protocol):
    """Turns Markdown into HTML; rendering provides it, so that kinds need to know nothing of renderers."""

    def blocks(self, passage: Passage) -> str:
        """Return the HTML of whole blocks."""

    def inline(self, passage: Passage) -> str:
        """Return the HTML of running text, without a paragraph around it where it is a single one."""


class Note(Struct, frozen=True):
    """A note of any kind: the question that it comes from. Each kind adds the parts that its answer is made of."""

    question: Question


class Part(Struct, frozen=True):
    """A note that a question gives besides its own: a level or a variant of a drill, a step of a derivation.

    `text` is what the part is known by, `answer` are the words of what it shows, `name` is the id that it was given.
    `written` is what its author wrote for it; without any it is all of its question.
    """

    note: Note
    span: Span
    text: str
    answer: str = ""
    name: str | None = None
    written: tuple[Passage, ...] = ()


class Settled(Struct, frozen=True):
    """A note that has made up its mind with what the lock kept for it, and what the lock is to keep."""

    note: Note
    slots: Slots = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def _as_it_is(note: Note, key: str, slots: Slots) -> Settled:
    return Settled(note, slots)  # a note that is no drill any more may become one again


def _no_parts(note: Note) -> Sequence[Part]:
    return ()


class Kind(Struct, frozen=True):
    """A kind of note: how it is recognised, how it is read from a question, how it fills its fields.

    `name`, which is among `TITLES`, is used in metadata, the lock and style sheets. `settle` is given the note's key
    and what the lock kept for it; `parts` are the further notes that a settled note gives.
    """

    name: str
    recognises: Callable[[Question], bool]
    read: Callable[[Question], tuple[Note, list[Diagnostic]]]
    fill: Callable[[Any, Html], Mapping[str, str]]
    settle: Callable[[Any, str, Slots], Settled] = _as_it_is
    parts: Callable[[Any], Sequence[Part]] = _no_parts

    @property
    def title(self) -> str:
        """The name of its note type in Anki."""
        return TITLES[self.name]

    @property
    def settles(self) -> bool:
        """Whether what a note shows follows from what the lock kept for it, besides its text."""
        return self.settle is not _as_it_is


def common_fields(question: Question, html: Html) -> dict[str, str]:
    """Return the fields that every kind fills the same way from its question."""
    return {
        fields.QUESTION: html.inline(question.prompt),
        fields.CONTEXT: html.blocks(question.data) if not question.data.is_blank else "",
        fields.HINTS: fragments.hints([html.inline(hint) for hint in question.hints]),
        fields.KEY_POINTS: fragments.key_points([html.inline(point) for point in question.key_points]),
    }
