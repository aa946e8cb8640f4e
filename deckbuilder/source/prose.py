"""Where a passage is prose: its text with code, math and comments blanked out, character for character."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from deckbuilder.source.blocks import Block
from deckbuilder.source.passage import Passage

_NOT_PROSE = re.compile(
    r"""
      (?P<ticks>(?<!`)`+(?!`))            # a code span: closed by as many backticks, see _code_end
    | (?P<escape>\\.)
    | (?P<math>\$\$[^$]+\$\$ | \$(?![\s$])[^$\n]*[^\s$]\$(?!\d))
    | (?P<comment><!--)                 # up to the next -->, see comment_end
    """,
    re.VERBOSE | re.DOTALL,
)
_PARENTHESIS = re.compile(r"[()]|\n[^\S\n]*+(?:\n|\Z)")
_BLANK = "\x01"


def prose_of(passage: Passage, blocks: tuple[Block, ...] = (), *, keep_comments: bool = False) -> str:
    """Return `passage.text` with all that is not prose replaced by \\x01, at unchanged length and line breaks."""
    text = list(passage.text)
    starts = [*passage.line_starts(), len(text) + 1]
    for block in blocks:
        if block.type in ("fence", "code", "math", "front_matter") and block.start < len(passage.lines):
            _blank(text, starts[block.start], starts[min(block.end, len(passage.lines))] - 1)
    for start, end in _inline("".join(text)):
        if not (keep_comments and text[start] == "<"):
            _blank(text, start, end)
    return "".join(text)


def _blank(text: list[str], start: int, end: int) -> None:
    text[start:end] = ["\n" if character == "\n" else _BLANK for character in text[start:end]]


def _inline(text: str) -> Iterator[tuple[int, int]]:
    position, closed = 0, -1
    runs = _backtick_runs(text)
    while match := _NOT_PROSE.search(text, position):
        position = match.end()
        if match.group("escape"):
            continue
        if match.group("ticks"):
            starts = runs.get(len(match.group()), [])
            closing = bisect_left(starts, position)
            if closing == len(starts):
                continue
            position = starts[closing] + len(match.group())
        if match.group("comment"):
            closed = closed and comment_end(text, match.start())
            if not closed:
                continue
            position = closed
        yield match.start(), position


def comment_end(text: str, start: int) -> int:
    """Return where the comment that opens at `start` ends, 0 if it does not; nor does any after it, then."""
    end = text.find("-->", start + 4)
    return end + 3 if end >= 0 else 0


def _backtick_runs(text: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = {}
    for match in re.finditer(r"`+", text):
        runs.setdefault(len(match.group()), []).append(match.start())
    return runs


def closing_parentheses(prose: str) -> dict[int, int]:
    """Return where each parenthesis is closed in its paragraph; one that is not closed there is left out."""
    closings: dict[int, int] = {}
    opened: list[int] = []
    for found in _PARENTHESIS.finditer(prose):
        sign = found.group()
        if sign == "(":
            opened.append(found.start())
        elif sign != ")":
            opened.clear()
        elif opened:
            closings[opened.pop()] = found.start()
    return closings


def closing_parenthesis(prose: str, opening: int) -> int | None:
    """Return the index of the parenthesis that closes the one at `opening`, in the same paragraph, or None."""
    depth = 0
    for index in range(opening, len(prose)):
        character = prose[index]
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return index
        elif character == "\n" and not prose[index + 1 : prose.find("\n", index + 1)].strip():
            return None
    return None
