"""Derivation: a question that asks to derive, prove or show; its answer's ordered list becomes steps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared import fragments
from deckbuilder.kinds._shared.notes import Html, Kind, Note, common_fields
from deckbuilder.source.blocks import Block, item_content, read_blocks
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question

_ASKED = re.compile(r"(?:^|[.?!:;]\s+|,\s*|\band\s+|\bthen\s+)(?:derive|prove|show)\b", re.IGNORECASE)
_BOLD = re.compile(r"\s*(?P<mark>\*\*|__)(?P<title>(?:(?!(?P=mark)).)+)(?P=mark)[ \t]*")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done (None where the author gave it no title), and how and why."""

    title: Passage | None
    body: Passage


@dataclass(frozen=True, slots=True)
class DerivationNote(Note):
    """A question, the result first, the steps to it, and what is said after them."""

    result: Passage
    steps: tuple[Step, ...]
    remarks: Passage


def _recognises(question: Question) -> bool:
    return _ASKED.search(question.text) is not None


def _read(question: Question) -> tuple[DerivationNote, list[Diagnostic]]:
    answer = question.answer
    blocks = read_blocks(answer.text)
    steps = next((block for block in blocks if _is_steps(block)), None)
    if steps is None:
        return DerivationNote(question, answer, (), answer.slice(0, 0)), []
    items = tuple(_step(item_content(answer, start, end).stripped()) for start, end in steps.items)
    before, after = answer.slice(0, steps.start).stripped(), answer.slice(steps.end).stripped()
    return DerivationNote(question, before, items, after), []


def _is_steps(block: Block) -> bool:
    return block.type == "ordered_list" and len(block.items) > 1


def _step(item: Passage) -> Step:
    """Split an item at its title: a bold lead, or a first line of its own that further blocks follow."""
    bold = _BOLD.match(item.text)
    if bold:
        return Step(item.cut(*bold.span("title")), item.cut(bold.end(), len(item.text)).stripped())
    blocks = read_blocks(item.text)
    if len(blocks) > 1 and blocks[0].type == "paragraph" and blocks[0].end == 1:
        return Step(item.slice(0, 1), item.slice(1).stripped())
    return Step(None, item)


def _fill(note: DerivationNote, html: Html) -> dict[str, str]:
    titled = [
        (html.inline(step.title) if step.title else f"Step {number}", html.blocks(step.body))
        for number, step in enumerate(note.steps, start=1)
    ]
    return common_fields(note.question, html) | {
        fields.ANSWER: html.blocks(note.result),
        fields.STEPS: fragments.steps(titled),
        fields.REMARKS: html.blocks(note.remarks),
    }


DERIVATION = Kind("derivation", "Derivation", _recognises, _read, _fill)
