"""A TODO never reaches a card: what is one is left out of its passage and reported."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.source.blocks import read_structure
from deckbuilder.source.passage import Passage
from deckbuilder.source.prose import closing_parenthesis, prose_of

_TODO = re.compile(r"\b(?:TODO|TBD|FIXME)\b|\?\?\?+")
_MARKS = ("TODO", "TBD", "FIXME", "???")
"""What there must be for a TODO, looked for first: most texts have none, and a pattern takes its time to say so."""
_AT_LINE_START = re.compile(r"\n(?=[ \t]*(?:TODO|TBD|FIXME)\b)")
_SENTENCE_END = re.compile(r"[.!?:;]['\"”’)*_]*\s*$")
_SHOWN = 60


def has_todo(text: str) -> bool:
    """Whether the text may hold a TODO (a quick look, before anything is parsed)."""
    return any(mark in text for mark in _MARKS) and _TODO.search(text) is not None


def without_todos(passage: Passage) -> tuple[Passage, list[Diagnostic]]:
    """Return the passage without its TODOs: their parenthesis, or their paragraph from the TODO's sentence on."""
    if not has_todo(passage.text):
        return passage, []
    found = list(_todo_ranges(passage))
    text = passage.text
    diagnostics = [
        rules.TODO_LEFT_OUT.at(passage.span_at(mark, width), text=_shown(text[start:end]))
        for start, end, mark, width in found
    ]
    return passage.without([(start, end) for start, end, _, _ in found]), diagnostics


def _shown(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1].rstrip() + "…"


def _todo_ranges(passage: Passage) -> Iterator[tuple[int, int, int, int]]:
    """Yield what to leave out (start, end) and where its mark stands (index, width); ranges do not overlap."""
    structure = read_structure(passage.text)
    prose = prose_of(passage, structure.blocks)
    starts = [*passage.line_starts(), len(passage.text) + 1]
    done = 0
    for match in _TODO.finditer(prose):
        if match.start() < done:
            continue
        line = passage.line_of(match.start())
        leaf = next((leaf for leaf in structure.leaves if leaf.start <= line < leaf.end), None)
        first, last = (leaf.start, leaf.end) if leaf else (line, line + 1)
        paragraph = (starts[first], starts[min(last, len(passage.lines))] - 1)
        start, end = _range(prose, match.start(), *paragraph)
        following = _AT_LINE_START.search(prose, match.end(), end)
        end = following.start() if following else end
        yield max(start, done), end, match.start(), len(match.group())
        done = end


def _range(prose: str, mark: int, start: int, end: int) -> tuple[int, int]:
    opening = _opening_parenthesis(prose, mark, start)
    if opening is not None:
        closing = closing_parenthesis(prose, opening)
        if closing is not None and closing < end:
            blanks = len(prose[start:opening]) - len(prose[start:opening].rstrip())
            return opening - blanks, closing + 1
    line_start = prose.rfind("\n", 0, mark) + 1
    before = prose[max(start, line_start) : mark]
    if not before.strip(" \t*_->#") or re.fullmatch(r"\s*\d{1,9}[.)]\s*", before):
        return max(start, line_start), end
    if _SENTENCE_END.search(before):
        return mark, end
    return start, end


def _opening_parenthesis(prose: str, mark: int, start: int) -> int | None:
    depth = 0
    for index in range(mark - 1, start - 1, -1):
        if prose[index] == ")":
            depth += 1
        elif prose[index] == "(":
            if depth == 0:
                return index
            depth -= 1
    return None
