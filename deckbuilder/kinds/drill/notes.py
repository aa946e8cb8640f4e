"""The notes of a drill: how they are read from its block, settled with what the lock kept, and filled.

A level of a drill is a note of its own; with `cards: per-variant` each variant is one too.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span, has_errors
from deckbuilder.drills.points import Point
from deckbuilder.drills.reading import read_drill
from deckbuilder.drills.slots import Slots
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.variants import Chosen, choose_variants
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Html, Note, Part, Settled, common_fields
from deckbuilder.kinds.drill.filling import fill_drill
from deckbuilder.source.blocks import Block, read_blocks
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question, is_drill


class DrillNote(Note, frozen=True):
    """A drill, or a level of one, and the author's prose around its block; `spec` is None where nothing can be read.

    `chosen` are its variants, None as long as the lock was not asked, and where the block has errors.
    """

    spec: DrillSpec | None
    remarks: Passage
    is_sound: bool = True
    chosen: Chosen | None = None


class VariantNote(Note, frozen=True):
    """One variant of a drill as a note of its own."""

    spec: DrillSpec
    remarks: Passage
    point: Point


def read(question: Question) -> tuple[DrillNote, list[Diagnostic]]:
    """Return the note of a question's first drill block; further ones are refused."""
    answer = question.answer
    blocks = [block for block in read_blocks(answer.text) if is_drill(block)]
    if not blocks:
        return DrillNote(question, None, answer), [rules.NO_DRILL.at(question.span)]
    first, *others = blocks
    spec, diagnostics = _spec(answer, first)
    diagnostics += [rules.SECOND_DRILL.at(answer.span(block.start, 0, 8)) for block in others]
    left_out = {line for block in blocks for line in range(block.start, block.end)}
    prose = tuple(line for number, line in enumerate(answer.lines) if number not in left_out)
    return DrillNote(question, spec, Passage(answer.file, prose).stripped(), not has_errors(diagnostics)), diagnostics


def _spec(answer: Passage, block: Block) -> tuple[DrillSpec | None, list[Diagnostic]]:
    opening = answer.lines[block.start].text
    indent = len(opening) - len(opening.lstrip(" "))

    def place(line: int, column: int, width: int) -> Span:
        number = min(block.start + 1 + line, block.end - 1)
        text = answer.lines[number].text
        taken = min(indent, len(text) - len(text.lstrip(" ")))  # a fence takes its own indent off each line
        return answer.span(number, taken + column, width)

    return read_drill(block.content, place)


def settle(note: DrillNote | VariantNote, key: str, slots: Slots) -> Settled:
    """Choose the variants, those of the lock first; a block that cannot be read loses none of them."""
    if isinstance(note, VariantNote) or note.spec is None or not note.is_sound:
        return Settled(note, slots)
    chosen, diagnostics = choose_variants(note.spec, key, slots)
    if chosen is None:
        return Settled(note, slots, tuple(diagnostics))
    return Settled(replace(note, chosen=chosen), chosen.slots, tuple(diagnostics))


def parts(note: DrillNote | VariantNote) -> Sequence[Part]:
    """Return the levels, and the variants of a drill that has a card for each."""
    if isinstance(note, VariantNote) or note.spec is None or not note.is_sound:
        return ()
    question, spec = note.question, note.spec
    levels = [
        Part(DrillNote(question, level, note.remarks), level.span, level.level, _asked_for(level), name=level.level)
        for level in spec.levels
    ]
    if not spec.per_variant or note.chosen is None:
        return levels
    variants = [
        Part(
            VariantNote(question, spec, note.remarks, point),
            spec.span,
            f"variant {slot.number}",
            name=f"v{slot.number}",
        )
        for slot, point in note.chosen.live
    ]
    return [*variants, *levels]


def _asked_for(level: DrillSpec) -> str:
    """Return what a level asks and answers, by which it is recognised under another name."""
    lines = [template.scalar.text for template in level.texts]
    lines += [f"{name} {expression.text}" for name, expression in level.answers.items()]
    lines += [f"{name} {domain}" for name, domain in level.params.items()]
    return "\n\n".join(lines)


def fill(note: DrillNote | VariantNote, html: Html) -> dict[str, str]:
    """Return the fields of a drill with its variants, or of one variant."""
    if isinstance(note, VariantNote):
        label = f"variant {note.point.number}"
        return fill_drill(note.question, note.spec, [note.point], note.remarks, label, html)
    if note.spec is None or note.chosen is None:  # an error says why; the block itself is what there is to look at
        return {**common_fields(note.question, html), fields.ANSWER: html.blocks(note.question.answer)}
    points = [note.chosen.example]
    if not note.spec.per_variant:
        points += [point for _, point in note.chosen.live]
    label = note.spec.level.replace("-", " ").replace("_", " ")
    return fill_drill(note.question, note.spec, points, note.remarks, label, html)
