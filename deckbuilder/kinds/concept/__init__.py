"""Concept: a question answered in prose; what a note is when it is nothing else."""

from __future__ import annotations

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Html, Kind, Note, common_fields
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question


class ConceptNote(Note, frozen=True):
    """A question and its answer."""

    answer: Passage


def _recognises(question: Question) -> bool:
    return True


def _read(question: Question) -> tuple[ConceptNote, list[Diagnostic]]:
    return ConceptNote(question, question.answer), []


def _fill(note: ConceptNote, html: Html) -> dict[str, str]:
    return common_fields(note.question, html) | {fields.ANSWER: html.blocks(note.answer)}


CONCEPT = Kind("concept", _recognises, _read, _fill)
