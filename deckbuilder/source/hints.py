"""Hints leave the question and are asked for one at a time."""

from __future__ import annotations

import re

from deckbuilder.source.blocks import Block
from deckbuilder.source.passage import Passage
from deckbuilder.source.prose import closing_parentheses, prose_of

_OPENING = re.compile(r"\(\s*hint\b(?:\s*\d+)?\s*:", re.IGNORECASE)
_NUMBERED = re.compile(r"\bhint\s*\d+\s*:", re.IGNORECASE)
_HEAD = re.compile(r"^\(\s*hint\s*:", re.IGNORECASE)
_PARAGRAPH = re.compile(
    r"^\s*(?P<mark>\*\*|__|\*|_)hint(?:\s*\d+)?(?:\s*:\s*(?P=mark)|(?P=mark)\s*:)[ \t]*", re.IGNORECASE
)


def split_hints(question: Passage) -> tuple[Passage, tuple[Passage, ...]]:
    """Return the question without its `(Hint: …)` or `(Hint 1: … Hint 2: …)`, and the hints in order."""
    if not _OPENING.search(question.text):  # as in most; what is prose is only looked at where it matters
        return question, ()
    prose = prose_of(question)
    cuts: list[tuple[int, int]] = []
    hints: list[Passage] = []
    closings = closing_parentheses(prose)
    for match in _OPENING.finditer(prose):
        closing = closings.get(match.start())
        if closing is None or (cuts and match.start() < cuts[-1][1]):
            continue
        start = match.start()
        while start and prose[start - 1].isspace():
            start -= 1
        cuts.append((start, closing + 1))
        hints += _parts(question, prose, match.start(), closing)
    return question.without(cuts), tuple(hints)


def _parts(question: Passage, prose: str, opening: int, closing: int) -> list[Passage]:
    marks = [match.span() for match in _NUMBERED.finditer(prose, opening, closing)]
    if not marks:
        head = _HEAD.match(prose[opening:closing])
        return [_trimmed(question, prose, opening + (head.end() if head else 1), closing)]
    ends = [start for start, _ in marks[1:]] + [closing]
    return [_trimmed(question, prose, after, end) for (_, after), end in zip(marks, ends, strict=True)]


def _trimmed(passage: Passage, prose: str, start: int, end: int) -> Passage:
    while start < end and prose[start].isspace():
        start += 1
    while end > start and prose[end - 1].isspace():
        end -= 1
    return passage.cut(start, end)


def hint_paragraph(answer: Passage, block: Block) -> Passage | None:
    """Return the hint that a paragraph opening with `**Hint:**` gives, or None for any other block."""
    if block.type != "paragraph":
        return None
    paragraph = answer.slice(block.start, block.end)
    match = _PARAGRAPH.match(paragraph.text)
    return paragraph.cut(match.end(), len(paragraph.text)) if match else None
