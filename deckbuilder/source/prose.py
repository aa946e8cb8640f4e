"""Where a passage is prose: its text with code, math and comments blanked out, character for character."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckbuilder.source.blocks import Block
from deckbuilder.source.passage import Passage

_NOT_PROSE = re.compile(
    r"""
      (?P<ticks>(?<!`)`+(?!`))            # a code span: closed by as many backticks, see _code_end
    | (?P<escape>\\.)
    | (?P<math>\$\$[^$]+\$\$ | \$(?![\s$])[^$\n]*[^\s$]\$(?!\d))
    | (?P<comment><!--.*?-->)
    """,
    re.VERBOSE | re.DOTALL,
)
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
    position = 0
    runs = _backtick_runs(text)
    while match := _NOT_PROSE.search(text, position):
        position = match.end()
        if match.group("escape"):
            continue
        if match.group("ticks"):
            closing = next((start for start in runs.get(len(match.group()), ()) if start >= position), None)
            if closing is None:
                continue
            position = closing + len(match.group())
        yield match.start(), position


def _backtick_runs(text: str) -> dict[int, list[int]]:
    runs: dict[int, list[int]] = {}
    for match in re.finditer(r"`+", text):
        runs.setdefault(len(match.group()), []).append(match.start())
    return runs


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
