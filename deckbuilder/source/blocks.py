"""The block structure of a passage: which lines are a paragraph, a list, a fence, and what stands in each list item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from markdown_it.token import Token
from msgspec import Struct, field

from deckbuilder.source import gfm
from deckbuilder.source.passage import Line, Passage

_MARKER = re.compile(r"^[ \t]*(?:\d{1,9}[.)]|[-+*])")
_READS_ALONE = re.compile(r" {0,3}(?:\d{1,9}[.)]|[-+*]) {1,4}(?=[^\s\[-])")
_TAB = 4
_REMEMBERED = 8192
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


class Block(Struct, frozen=True):
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


class Leaf(Struct, frozen=True):
    """Running text at any depth (a paragraph, a heading, a table's cell): its lines and its own Markdown."""

    start: int
    end: int
    content: str


class Structure(Struct, frozen=True):
    """What a text is made of: its top-level blocks, its leaves at every depth, the link references that it defines.

    `too_deep` is the first line, from 0, of a block nested so deeply that the parser left out what is in it.
    """

    blocks: tuple[Block, ...]
    leaves: tuple[Leaf, ...]
    references: Mapping[str, object] = field(default_factory=dict)
    too_deep: int | None = None

    def part(self, lines: Sequence[str], start: int, end: int) -> Structure | None:
        """Return the structure of the lines `start` to `end` (excluded) of all `lines`: whole blocks of it.

        None where the part might read otherwise by itself: what Unicode takes for a blank, Markdown takes for text.
        """
        if self.too_deep is not None or any(line.isspace() and line.strip(" ") for line in lines[start:end]):
            return None
        return Structure(
            tuple([_moved(block, start) for block in self.blocks if start <= block.start and block.end <= end]),
            tuple(
                [
                    Leaf(leaf.start - start, leaf.end - start, leaf.content) if start else leaf
                    for leaf in self.leaves
                    if start <= leaf.start and leaf.end <= end
                ]
            ),
        )


class Tokens(Struct, frozen=True):
    """The parser's tokens of a part of a file, untouched: the line and the level of the file that are the part's first.

    What is inside the blocks has not been read yet.
    """

    tokens: Sequence[Token]
    line: int
    level: int

    def part(self, start: int, end: int, first: int) -> Tokens:
        """Return the tokens of the blocks that begin on the lines `start` to `end` (excluded) of a part.

        `first` is the line that is to be the first one.
        """
        chosen: list[Token] = []
        begin, stop, wanted = self.line + start, self.line + end, False
        for token in self.tokens:
            if token.level == self.level and token.map:
                wanted = begin <= token.map[0] < stop
            if wanted:
                chosen.append(token)
        return Tokens(chosen, self.line + first, self.level)

    def alone(self, lines: int) -> list[Token]:
        """Return the tokens as they are in a text of so many lines that is the part alone; they are changed by this."""
        for token in self.tokens:
            token.level -= self.level
            if token.map:
                token.map = [token.map[0] - self.line, min(token.map[1] - self.line, lines)]
                if token.type == "html_block" and token.map[1] == lines:
                    token.content = token.content.removesuffix("\n")  # there is none behind the last line of a text
            if token.level == 0:
                token.hidden = False  # the paragraphs of a list without blank lines are, those of a text are not
        return list(self.tokens)


class Item(Struct, frozen=True):
    """What stands inside an item of a list: its structure, and the tokens that it was found in."""

    structure: Structure
    tokens: Tokens


_recent: dict[str, Structure] = {}
_unrendered: dict[str, Tokens] = {}


def read_structure(text: str) -> Structure:
    """Return the structure of a part of a file; the last ones are kept.

    Each stage asks for its answer's again, and so does each preparation of a deck that is prepared on every save.
    """
    known = _recent.get(text)
    if known is None:
        known = structure_of(text)
        remember(text, known)
    return known


def remember(text: str, structure: Structure) -> None:
    """Keep what is known of a text for a while, for whoever asks for it next: parsing is most of what a build does."""
    while len(_recent) >= _REMEMBERED:
        _recent.pop(next(iter(_recent)), None)
    _recent[text] = structure


def remember_item(text: str, item: Item) -> None:
    """Keep what is known of an item of the file that is being read, by the text of what is inside."""
    remember(text, item.structure)
    _unrendered[text] = item.tokens


def remember_halves(item: Passage, question: Passage, answer: Passage) -> None:
    """Keep what is known of the two parts of an item, as far as it follows from what is known of the whole."""
    structure, tokens = read_structure(item.text), _unrendered.pop(item.text, None)
    lines = [line.text for line in item.lines]
    middle = len(question.lines)
    for half, start, end in ((question, 0, middle), (answer, middle, len(lines))):
        part = structure.part(lines, start, end)
        if part is None:
            continue
        remember(half.text, part)
        if tokens:
            first = next((number for number in range(start, end) if lines[number].strip()), end)
            _unrendered[half.stripped().text] = tokens.part(start, end, first)


def tokens_of(text: str, env: MutableMapping[str, Any]) -> list[Token]:
    """Return the tokens of a passage, with what is inside its blocks; `env` has the link definitions of its file.

    Tokens that the reading of its file came by are used up by this, since whoever renders them changes them.
    """
    known = _unrendered.pop(text, None)
    if known is None:
        return gfm.parser().parse(text, env)
    return gfm.read_inside(known.alone(text.count("\n") + 1), env)


def structure_of(text: str) -> Structure:
    """Return the structure of a Markdown text."""
    env: dict[str, object] = {}
    return _structure(gfm.blocks().parse(text, env), text.split("\n"), env)


def structure_of_file(text: str) -> tuple[Structure, Mapping[tuple[int, int], Item]]:
    """Return the structure of a whole file, and what stands inside the items of its top-level lists, by their lines.

    Items of which that can only be known by reading them by themselves are left out.
    """
    env: dict[str, object] = {}
    tokens = gfm.blocks().parse(text, env)
    lines = text.split("\n")
    structure = _structure(tokens, lines, env)
    _unrendered.clear()
    return structure, {} if structure.too_deep is not None else dict(_items_alone(tokens, lines))


def _structure(tokens: Sequence[Token], lines: Sequence[str], env: Mapping[str, object]) -> Structure:
    references = env.get("references")
    deep = gfm.too_deep(tokens)
    return Structure(
        blocks=tuple(_blocks(tokens, lines)),
        leaves=tuple(_leaves(tokens)),
        references=references if isinstance(references, dict) else {},
        too_deep=deep.map[0] if deep and deep.map else None,
    )


def read_blocks(text: str) -> tuple[Block, ...]:
    """Return the top-level blocks of a Markdown text."""
    return read_structure(text).blocks


def _blocks(tokens: Sequence[Token], lines: Sequence[str], level: int = 0, limit: int | None = None) -> Iterator[Block]:
    for index, token in enumerate(tokens):
        if token.level != level or token.map is None or token.nesting < 0 or token.type not in _NAMES:
            continue
        first, last = token.map
        start, end = _trimmed(lines, first, last, limit)
        kind = _NAMES[token.type]
        if kind in ("ordered_list", "bullet_list"):
            yield Block(kind, start, end, items=tuple(_items(tokens, index, lines, limit)))
        elif kind in ("paragraph", "heading"):
            depth = int(token.tag[1:]) if kind == "heading" else 0
            yield Block(kind, start, end, content=tokens[index + 1].content, level=depth)
        else:
            # The last line of a text may have no line break behind it, which means nothing.
            yield Block(kind, start, end, content=token.content.removesuffix("\n"), info=token.info.strip())


def _items(tokens: Sequence[Token], opening: int, lines: Sequence[str], limit: int | None) -> Iterator[tuple[int, int]]:
    level = tokens[opening].level
    for token in tokens[opening + 1 :]:
        if token.level == level:
            return
        if token.type == "list_item_open" and token.level == level + 1 and token.map:
            first, last = token.map
            yield _trimmed(lines, first, last, limit)


def _leaves(tokens: Sequence[Token]) -> Iterator[Leaf]:
    for token in tokens:
        if token.type == "inline" and token.map:
            yield Leaf(token.map[0], token.map[1], token.content)


def _items_alone(tokens: Sequence[Token], lines: list[str]) -> Iterator[tuple[tuple[int, int], Item]]:
    """Yield the lines of each item of a top-level list, and what stands inside it, where it would read alike alone."""
    opening = 0
    for index, token in enumerate(tokens):
        if token.type == "list_item_open" and token.level == 1:
            opening = index
        elif token.type == "list_item_close" and token.level == 1:
            first, last = tokens[opening].map or (0, 0)
            start, end = _trimmed(lines, first, last)
            item, inside = lines[start:end], tokens[opening + 1 : index]
            if _reads_alone(item) and not any(_differs_alone(token, end) for token in inside):
                found = Structure(tuple(_blocks(inside, lines, 2, end)), tuple(_leaves(inside)))
                part = found.part(lines, start, last)
                if part is not None:
                    yield (start, end), Item(part, Tokens(inside, start, 2))


def _reads_alone(item: Sequence[str]) -> bool:
    """Whether an item's content means by itself what it means in its list: no line of it is there by laziness alone.

    Tabs, task boxes and what might be taken for front matter are left to a parse of their own.
    """
    marker = _READS_ALONE.match(item[0])
    if marker is None:
        return False
    indent = " " * marker.end()
    return not any("	" in line or (line.strip(" ") and not line.startswith(indent)) for line in item[1:])


def _differs_alone(token: Token, end: int) -> bool:
    """Whether a block may be another by itself: it goes on over blank lines behind its item, or takes lazy lines in.

    A fence that is not closed ends otherwise where its text ends.
    """
    if token.type == "fence" and token.map and token.map[1] == end:
        return token.content.count("\n") > token.map[1] - token.map[0] - 2
    if token.type in ("fence", "html_block"):
        return token.map is not None and token.map[1] > end
    return token.type in ("blockquote_open", "alert_open")


def _trimmed(lines: Sequence[str], start: int, end: int, limit: int | None = None) -> tuple[int, int]:
    end = min(end, len(lines) if limit is None else limit)
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return start, end


def _moved(block: Block, lines: int) -> Block:
    if not lines:
        return block
    items = tuple([(start - lines, end - lines) for start, end in block.items]) if block.items else ()
    return Block(block.type, block.start - lines, block.end - lines, block.content, block.info, block.level, items)


def item_content(passage: Passage, start: int, end: int) -> Passage:
    """Return what stands inside the list item on the lines `start` to `end` (excluded), free of marker and indent."""
    first, *rest = passage.lines[start:end]
    marker = _MARKER.match(first.text)
    width = _columns(marker.group()) if marker else 0
    after = first.text[marker.end() :] if marker else first.text
    words = after.lstrip(" \t")
    head = first.text[: len(first.text) - len(words)]
    blanks = _columns(head) - width
    # CommonMark: one to four blanks belong to the marker; five and more are a code block after a single one.
    indent = width + (blanks if 1 <= blanks <= _TAB and words else 1)
    left = head.expandtabs(_TAB)[indent:] if words else ""
    content = Line(left + words, first.number, first.offset + len(head) - len(left))
    return Passage(passage.file, (content, *[_outdented(line, indent) for line in rest]))


def _columns(text: str) -> int:
    return len(text.expandtabs(_TAB))


def _outdented(line: Line, indent: int) -> Line:
    """Return the line with at most `indent` columns of leading blanks taken off, tabs opened where they straddle."""
    text = line.text
    if not text:
        return line
    blank = len(text) - len(text.lstrip(" \t"))
    if "\t" not in text[:blank]:
        cut = min(blank, indent)
        return Line(text[cut:], line.number, line.offset + cut)
    opened = text[:blank].expandtabs(_TAB)
    left = opened[min(len(opened), indent) :]
    return Line(left + text[blank:], line.number, line.offset + blank - len(left))
