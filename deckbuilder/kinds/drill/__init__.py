"""Drill: a question whose numbers change from review to review, from a fenced block `drill`.

What reads and reckons is imported when the first drill is met: most decks have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills.slots import Slots
from deckbuilder.kinds._shared.notes import Html, Kind, Part, Settled
from deckbuilder.source.blocks import read_blocks
from deckbuilder.source.questions import Question, is_drill

if TYPE_CHECKING:
    from deckbuilder.kinds.drill.notes import DrillNote, VariantNote


def _recognises(question: Question) -> bool:
    text = question.answer.text
    return "drill" in text and any(is_drill(block) for block in read_blocks(text))  # few texts are worth parsing


def _read(question: Question) -> tuple[DrillNote, list[Diagnostic]]:
    from deckbuilder.kinds.drill.notes import read

    return read(question)


def _settle(note: DrillNote | VariantNote, key: str, slots: Slots) -> Settled:
    from deckbuilder.kinds.drill.notes import settle

    return settle(note, key, slots)


def _parts(note: DrillNote | VariantNote) -> Sequence[Part]:
    from deckbuilder.kinds.drill.notes import parts

    return parts(note)


def _fill(note: DrillNote | VariantNote, html: Html) -> dict[str, str]:
    from deckbuilder.kinds.drill.notes import fill

    return fill(note, html)


DRILL = Kind("drill", _recognises, _read, _fill, _settle, _parts)
