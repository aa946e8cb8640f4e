"""The block structure of a passage: which lines are a paragraph, a list, a fence, and what stands in each list item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it.token import Token

from deckbuilder.source import gfm
from deckbuilder.source.passage import Line, Passage

_MARKER = re.compile(r"^[ \t]*(?:\d{1,9}[.)]|[-+*])")
_TAB = 4
_NAMES = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "ordered_list_open": "ordered_list",
    "bullet_list_open": "bullet_list",
    "blockquote_open": "quote",
    "table_open": "table",
    "fence": "fence",
    "code_block": "code",
    "html_block": "html",
    "math_block": "math",
    "math_block_label": "math",
    "hr": "rule",
    "front_matter": "front_matter",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a passage: its type, its lines (from 0, end excluded, without blank lines at the end).

    `content` is a paragraph's, heading's, fence's or HTML block's own text; `info` a fence's info string; `level` a
    heading's; `items` the line ranges of a list's items.
    """

    type: str
    start: int
    end: int
    content: str = ""
    info: str = ""
    level: int = 0
    items: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """Running text at any depth (a paragraph, a heading, a table's cell): its lines and its own Markdown."""

    start: int
    end: int
    content: str


@dataclass(frozen=True, slots=True)
class Structure:
    """What a text is made of: its top-level blocks, its leaves at every depth, the link references that it defines.

    `too_deep` is the first line, from 0, of a block nested so deeply that the parser left out what is in it.
    """

    blocks: tuple[Block, ...]
    leaves: tuple[Leaf, ...]
    references: Mapping[str, object]
    too_deep: int | None = None


@lru_cache(maxsize=8192)
def read_structure(text: str) -> Structure:
    """Return the structure of a part of a file; the last ones are kept.

    Each stage asks for its answer's again, and so does each preparation of a deck that is prepared on every save.
    """
    return structure_of(text)


def structure_of(text: str) -> Structure:
    """Return the structure of a Markdown text."""
    env: dict[str, object] = {}
    tokens = gfm.blocks().parse(text, env)
    references = env.get("references")
    deep = gfm.too_deep(tokens)
    return Structure(
        blocks=tuple(_blocks(tokens, text.split("\n"))),
        leaves=tuple(_leaves(tokens)),
        references=references if isinstance(references, dict) else {},
        too_deep=deep.map[0] if deep and deep.map else None,
    )


def read_blocks(text: str) -> tuple[Block, ...]:
    """Return the top-level blocks of a Markdown text."""
    return read_structure(text).blocks


def _blocks(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Block]:
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.nesting < 0 or token.type not in _NAMES:
            continue
        start, end = _trimmed(lines, *token.map)
        kind = _NAMES[token.type]
        if kind in ("ordered_list", "bullet_list"):
            yield Block(kind, start, end, items=tuple(_items(tokens, index, lines)))
        elif kind in ("paragraph", "heading"):
            level = int(token.tag[1:]) if kind == "heading" else 0
            yield Block(kind, start, end, content=tokens[index + 1].content, level=level)
        else:
            yield Block(kind, start, end, content=token.content, info=token.info.strip())


def _items(tokens: Sequence[Token], opening: int, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    for token in tokens[opening + 1 :]:
        if token.level == 0:
            return
        if token.type == "list_item_open" and token.level == 1 and token.map:
            yield _trimmed(lines, *token.map)


def _leaves(tokens: Sequence[Token]) -> Iterator[Leaf]:
    for token in tokens:
        if token.type == "inline" and token.map:
            yield Leaf(token.map[0], token.map[1], token.content)


def _trimmed(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    end = min(end, len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return start, end


def item_content(passage: Passage, start: int, end: int) -> Passage:
    """Return what stands inside the list item on the lines `start` to `end` (excluded), free of marker and indent."""
    first, *rest = passage.lines[start:end]
    marker = _MARKER.match(first.text)
    width = _columns(marker.group()) if marker else 0
    opened = first.text.expandtabs(_TAB)
    after = opened[width:]
    blanks = len(after) - len(after.lstrip(" "))
    # CommonMark: one to four blanks belong to the marker; five and more are a code block after a single one.
    indent = width + (blanks if 1 <= blanks <= _TAB and after.strip() else 1)
    content = Line(opened[indent:], first.number, first.offset + indent - (len(opened) - len(first.text)))
    return Passage(passage.file, (content, *(_outdented(line, indent) for line in rest)))


def _columns(text: str) -> int:
    return len(text.expandtabs(_TAB))


def _outdented(line: Line, indent: int) -> Line:
    """Return the line with at most `indent` columns of leading blanks taken off, tabs opened where they straddle."""
    text = line.text
    blank = len(text) - len(text.lstrip(" \t"))
    if "\t" not in text[:blank]:
        cut = min(blank, indent)
        return Line(text[cut:], line.number, line.offset + cut)
    opened = text[:blank].expandtabs(_TAB)
    left = opened[min(len(opened), indent) :]
    return Line(left + text[blank:], line.number, line.offset + blank - len(left))
