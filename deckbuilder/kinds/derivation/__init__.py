"""Derivation: a question that asks to derive, prove or show; its answer's ordered list becomes steps.

With `steps: cards` each step is a small note as well: given the steps before it, what comes next, and why?
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared import fragments
from deckbuilder.kinds._shared.notes import Html, Kind, Note, Part, common_fields
from deckbuilder.source.blocks import Block, item_content, read_blocks
from deckbuilder.source.gfm import plain_text
from deckbuilder.source.metadata import Comment
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question

_ASKED = re.compile(r"(?:^|[.?!:;]\s+|,\s*|\band\s+|\bthen\s+)(?:derive|prove|show)\b", re.IGNORECASE)
_BOLD = re.compile(r"\s*(?P<mark>\*\*|__)(?P<title>(?:(?!(?P=mark)).)+)(?P=mark)[ \t]*")


class Step(Struct, frozen=True):
    """One step: what is done (None where the author gave it no title), how and why; where it stands, its id if any."""

    title: Passage | None
    body: Passage
    span: Span
    id: str | None = None

    @property
    def words(self) -> str:
        """What the step is known by: its title, or all of it where it has none."""
        return plain_text(self.title.text if self.title else self.body.text)


class DerivationNote(Note, frozen=True):
    """A question, the result first, the steps to it, and what is said after them."""

    result: Passage
    steps: tuple[Step, ...]
    remarks: Passage


class StepNote(Note, frozen=True):
    """One step of a derivation by itself: the steps before it are given, and the next one is asked for."""

    before: tuple[Step, ...]
    step: Step


def _recognises(question: Question) -> bool:
    return _ASKED.search(question.text) is not None


def _read(question: Question) -> tuple[DerivationNote, list[Diagnostic]]:
    answer = question.answer
    block = next((block for block in read_blocks(answer.text) if _is_steps(block)), None)
    comments = _by_item(answer, block, question.step_comments)
    strays = comments.pop(None, [])
    if block is None:
        note = DerivationNote(question, answer, (), answer.slice(0, 0))
    else:
        items = [item_content(answer, start, end).stripped() for start, end in block.items]
        named = {number: first.metadata.id for number, (first, *more) in comments.items()}
        steps = tuple(_step(item, named.get(number)) for number, item in enumerate(items))
        before, after = answer.slice(0, block.start).stripped(), answer.slice(block.end).stripped()
        note = DerivationNote(question, before, steps, after)
    strays += [comment for _, *more in comments.values() for comment in more]
    return note, list(_remarks(note, strays))


def _remarks(note: DerivationNote, strays: Sequence[Comment]) -> Sequence[Diagnostic]:
    """Return what is to be said of step comments that name no step, and of steps that are wanted and not there."""
    question = note.question
    found = [
        rules.METADATA_MISPLACED.at(comment.span, comment="step", where="in a step of a derivation, one to each")
        for comment in strays
    ]
    if question.metadata.steps == "cards" and not note.steps:
        found.append(rules.NO_STEPS.at(question.span))
    return found


def _is_steps(block: Block) -> bool:
    return block.type == "ordered_list" and len(block.items) > 1


def _by_item(answer: Passage, block: Block | None, comments: Sequence[Comment]) -> dict[int | None, list[Comment]]:
    """Return the comments by the number of the item that each stands in, None where it stands in none.

    The comments themselves are no longer in the text.
    """
    starts = [answer.lines[start].number for start, _ in block.items] if block else []
    end = answer.lines[block.end].number if block and block.end < len(answer.lines) else None
    found: dict[int | None, list[Comment]] = {}
    for comment in comments:
        line = comment.span.line
        place = bisect_right(starts, line) - 1
        inside = place >= 0 and (end is None or line < end)
        found.setdefault(place if inside else None, []).append(comment)
    return found


def _step(item: Passage, named: str | None) -> Step:
    """Split an item at its title: a bold lead, or a first line of its own that further blocks follow."""
    span = item.span(0, 0, len(item.lines[0].text)) if item.lines else item.span()
    bold = _BOLD.match(item.text)
    if bold:
        return Step(item.cut(*bold.span("title")), item.cut(bold.end(), len(item.text)).stripped(), span, named)
    blocks = read_blocks(item.text)
    if len(blocks) > 1 and blocks[0].type == "paragraph" and blocks[0].end == 1:
        return Step(item.slice(0, 1), item.slice(1).stripped(), span, named)
    return Step(None, item, span, named)


def _parts(note: DerivationNote | StepNote) -> Sequence[Part]:
    """Return each step as a note of its own, where the author wants that."""
    if isinstance(note, StepNote) or note.question.metadata.steps != "cards":
        return ()
    shared = Counter(step.words for step in note.steps)
    return [
        Part(
            note=StepNote(note.question, note.steps[:number], step),
            span=step.span,
            text=step.words if shared[step.words] == 1 else f"{step.words}: {plain_text(step.body.text)}",
            answer=step.body.text,
            name=step.id,
            written=_written(note, number),
        )
        for number, step in enumerate(note.steps)
    ]


def _written(note: DerivationNote, number: int) -> tuple[Passage, ...]:
    """Return what a step's note is made of: what is asked, the steps before it, the step."""
    asked = (note.question.prompt, note.question.data)
    untitled = note.question.answer.slice(0, 0)
    return (*asked, *(part for step in note.steps[: number + 1] for part in (step.title or untitled, step.body)))


def _fill(note: DerivationNote | StepNote, html: Html) -> dict[str, str]:
    return _step_fields(note, html) if isinstance(note, StepNote) else _derivation_fields(note, html)


def _derivation_fields(note: DerivationNote, html: Html) -> dict[str, str]:
    titled = [(html.inline(step.title) if step.title else "", html.blocks(step.body)) for step in note.steps]
    return common_fields(note.question, html) | {
        fields.ANSWER: html.blocks(note.result),
        fields.STEPS: fragments.steps(titled),
        fields.REMARKS: html.blocks(note.remarks),
    }


def _step_fields(note: StepNote, html: Html) -> dict[str, str]:
    """Return the fields of a step's own note: the goal and the steps so far in front, the step itself on the back.

    No step is counted, so that a step inserted further down leaves this note, and what a learner wrote on it, alone.
    """
    question, step = note.question, note.step
    givens = html.blocks(question.data) if not question.data.is_blank else ""
    taken = [(html.inline(one.title) if one.title else "", html.blocks(one.body)) for one in note.before]
    title = html.inline(step.title) if step.title else ""
    return {
        fields.QUESTION: fragments.next_step(html.inline(question.prompt), taken[-1][0] if taken else None),
        fields.CONTEXT: givens + fragments.steps_so_far(taken),
        fields.ANSWER: fragments.titled(title, html.blocks(step.body)),
    }


DERIVATION = Kind("derivation", _recognises, _read, _fill, parts=_parts)
