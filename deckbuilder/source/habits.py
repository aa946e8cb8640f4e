"""The two habits of writing questions: as the items of a list under a heading, or as headings with answers below.

With `questions: headings` a heading that has no deeper heading below it is a question, and all up to the next heading
its answer. Headings that have deeper ones make the section path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.source.blocks import Block, read_blocks
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.vocabulary import HABITS
from deckbuilder.yaml_text import place_in_file, read_yaml

_KEY = re.compile(r"^questions[ \t]*:", re.MULTILINE)
_OPENING = re.compile(r" {0,3}#{1,6}(?=[ \t]|\Z)[ \t]*")
_NUMBER = re.compile(r"\d{1,9}[.)][ \t]+(?=\S)")


def habit_of(blocks: Sequence[Block], file: str, default: str) -> tuple[str, list[Diagnostic]]:
    """Return the habit that a file's front matter names, else the default; what else stands there is not ours."""
    front = next((block for block in blocks if block.type == "front_matter"), None)
    if front is None or not _KEY.search(front.content):
        return default, []
    value, diagnostics = read_yaml(front.content, place_in_file(file, front.start + 2))
    named = value.data.get("questions") if value and isinstance(value.data, dict) else None
    if named is None or named.data in HABITS:
        return (named.text if named else default), diagnostics
    expected, example = "`list` or `headings`", "questions: headings"
    return default, [rules.WRONG_SETTING.at(named.span, key="questions", expected=expected, example=example)]


def asking_headings(blocks: Sequence[Block]) -> dict[int, int]:
    """Return for each heading that asks its number among the blocks, and that of the block after its answer."""
    marks = [number for number, block in enumerate(blocks) if block.type == "heading"] + [len(blocks)]
    return {
        number: end
        for number, end in pairwise(marks)
        if end == len(blocks) or blocks[end].level <= blocks[number].level
    }


def heading_item(whole: Passage, blocks: Sequence[Block], number: int, end: int) -> tuple[Passage, int]:
    """Return an asking heading with its answer as one item, and the number in the file of the heading's last line.

    A blank line parts them, as it parts the question and the answer in an item of a list. A rule (`---`) at the end of
    the answer only keeps it apart from the next question.
    """
    heading = _heading_text(whole, blocks[number])
    while end > number + 1 and blocks[end - 1].type == "rule":
        end -= 1
    body = whole.slice(blocks[number].end, blocks[end - 1].end) if end > number + 1 else whole.slice(0, 0)
    last = heading.lines[-1].number
    return Passage(whole.file, (*heading.lines, Line("", last), *body.lines)), last


def _heading_text(whole: Passage, block: Block) -> Passage:
    """Return the words of a heading at their places: without its marks, and without a number, which means nothing."""
    lines = whole.lines[block.start : block.end]
    opening = _OPENING.match(lines[0].text)
    if opening and len(lines) == 1:
        end = _closing(lines[0].text, opening.end())
        words = whole.slice(block.start, block.end).cut(opening.end(), end)
    else:
        words = Passage(whole.file, tuple(_outdented(line) for line in lines[:-1]))
    number = _NUMBER.match(words.text)
    return _as_paragraph(words.cut(number.end(), len(words.text)) if number else words)


def _closing(line: str, start: int) -> int:
    """Return where the words of a heading end that begin at `start`: before blanks, and before marks after a blank."""
    words = line[start:].rstrip(" \t")
    before = words.rstrip("#")
    return start + len(before.rstrip(" \t") if before[-1:] in ("", " ", "\t") else words)


def _outdented(line: Line) -> Line:
    text = line.text.lstrip(" \t")
    return Line(text, line.number, line.offset + len(line.text) - len(text))


def _as_paragraph(words: Passage) -> Passage:
    """Return a heading's words so that they read as a paragraph: `## + and −` asks about a plus and lists nothing."""
    blocks = read_blocks(words.text)
    if words.is_blank or (blocks and blocks[0].type in ("paragraph", "html", "math")):
        return words
    first, *rest = words.lines
    return Passage(words.file, (Line("\\" + first.text, first.number, first.offset - 1), *rest))
