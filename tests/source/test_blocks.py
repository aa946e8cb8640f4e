"""What is known of a text without reading it is what reading it would give."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deckbuilder.source.blocks import (
    Item,
    _unrendered,
    item_content,
    remember_halves,
    remember_item,
    structure_of,
    structure_of_file,
    tokens_of,
)
from deckbuilder.source.gfm import parser
from deckbuilder.source.passage import Passage, passage_of

PROJECT = Path(__file__).resolve().parents[2]
WRITTEN = sorted(
    [*PROJECT.glob("content/**/*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("tests/fixtures/**/*.md")]
)

PIECES = (
    "What is it?", "two", "# Heading", "===", "---", "***", "- a", "- b", "+ c", "1. one", "1) one", "2. two",
    "> said", "> [!NOTE]", "```", "```python", "~~~", "$$", "$$ x $$", "$$ x", "x $$", "| a | b |", "|---|---|",
    "<div>", "</div>", "<!-- c", "-->", "<details>", "</details>", "[a]: b", "[a]:", "'title'", "- [ ] task",
    "[ ] task", "a  ", "\\", "<b>", "-", "1.", "*", "#", "drill", "`x", "\u00a0", "\x0c",
)  # fmt: skip
INDENTS = ("", "", " ", "  ", "   ", "   ", "   ", "    ", "     ", "      ", "       ", "        ", "\t", "   \t")


@st.composite
def items(draw: st.DrawFn) -> str:
    """A text of lists, most of whose lines stand inside their items."""
    lines = []
    for _ in range(draw(st.integers(1, 14))):
        if draw(st.integers(0, 3)) == 0:
            lines.append("")
        marker = draw(
            st.sampled_from(("1. ", "2. ", "10) ", "-  ", "")) if not draw(st.integers(0, 3)) else st.just("")
        )
        lines.append((marker or draw(st.sampled_from(INDENTS))) + draw(st.sampled_from(PIECES)))
    return "\n".join(["1. " + draw(st.sampled_from(PIECES)), *lines])


def compare(text: str) -> int:
    """Hold what is known of the text's items, and of the parts of each, to a parse of their own; return how many."""
    whole, items = structure_of_file(text)
    passage = passage_of(text)
    for (start, end), known in items.items():
        item = item_content(passage, start, end)
        read = structure_of(item.text)
        assert (known.structure.blocks, known.structure.leaves) == (read.blocks, read.leaves), item.text
        compare_tokens(item, known, whole.references)
    lines = text.split("\n")
    for block in whole.blocks:
        after = "\n".join(lines[block.end :])
        rest = whole.part(lines, block.end, len(lines))
        if rest and not after.startswith("-"):  # might be taken for front matter; no answer begins so
            known, read = rest, structure_of(after)
            assert (known.blocks, known.leaves) == (read.blocks, read.leaves), after
    return len(items)


def compare_tokens(item: Passage, known: Item, references: Mapping[str, object]) -> None:
    """Hold the tokens that are known of an item, cut in two behind any of its blocks, to a parse of either part.

    Both know the file's link definitions, as everywhere: one that stands in the part itself is the file's too.
    """
    lines = [line.text for line in item.lines]
    for block in known.structure.blocks:
        remember_item(item.text, Item(known.structure, deepcopy(known.tokens)))
        halves = item.slice(0, block.end), item.slice(block.end)
        remember_halves(item, *halves)
        same = halves[0].stripped().text == halves[1].stripped().text  # then what is known serves the first of them
        for half, start in zip(halves, (0, block.end), strict=True):
            text = half.stripped().text
            if known.structure.part(lines, start, start + len(half.lines)) and not same:
                assert text in _unrendered
            read = parser().parse(text, {"references": dict(references)})
            assert tokens_of(text, {"references": dict(references)}) == read, text


@given(items())
@example("1. a\n\n   ```\n   code\n\n\n2. b")
@example("1. foo\n===\n2. bar")
@example("1. What?\n\n   \u00a0")
@example("1. What?\n\n   <div><ul><li>x\n\n2. b")
@example("1. a\n   ```\n   code\n2. b")
@example("1. a\n2. - b\n\n     - c")
@example("1. What is it?\n\n   What is it?")
@example("1. [a]\n\n   [a]: b\n   'title'")
@example("1. [a]: b\n2. [a] and [a]: c")
@settings(deadline=None, max_examples=300)
def test_any_item_is_known_as_it_would_be_read(text: str) -> None:
    """Otherwise an answer would be cut in one place and shown in another."""
    compare(text)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_what_people_write_is_known_as_it_would_be_read(path: Path) -> None:
    """Otherwise an answer would be cut in one place and shown in another."""
    compare(path.read_text("utf-8"))


def test_most_questions_are_known_without_reading_them_again() -> None:
    """Otherwise every build would read each note three times more than it needs."""
    chapter = "# T\n\n## S\n\n1) What?\n\n    It is `x`:\n\n    - one;\n    - two.\n\n2) Why?\n\n   $$\n   y\n   $$\n"
    assert compare(chapter) == 2


def test_what_a_file_is_made_of_is_rendered_once() -> None:
    """Otherwise what rendering did to one card's blocks, such as taking unsafe HTML out, would be seen on another."""
    _, items = structure_of_file("1. <b>What?</b>\n")
    ((_, item),) = items.items()
    remember_item("<b>What?</b>", item)
    first, again = tokens_of("<b>What?</b>", {}), tokens_of("<b>What?</b>", {})
    assert first == again
    assert not {id(token) for token in first} & {id(token) for token in again}


def test_what_a_file_is_made_of_is_forgotten_with_the_next() -> None:
    """Otherwise a deck of many files would be kept in memory as a whole, in the largest form there is of it."""
    _, items = structure_of_file("1. What?\n")
    remember_item("What?", items[0, 1])
    structure_of_file("# Another\n")
    assert not _unrendered


@pytest.mark.parametrize(
    ("line", "text", "offset"),
    [
        ("1) What?", "What?", 3),
        ("1) What\tis `a\tb`?", "What\tis `a\tb`?", 3),  # GitHub opens no tab behind the words' first
        ("1)\tWhat?", "What?", 3),
        ("1)\t\tcode", "     code", -1),
        ("  -\t x", "x", 5),
        ("2)", "", 2),
        ("2)\t\t\t", "", 5),
        ("2)     ", "", 7),
    ],
)
def test_the_first_line_of_an_item_stands_where_it_stands(line: str, text: str, offset: int) -> None:
    """Otherwise a mistake behind a tab would be shown to the right of its place, or beyond the line."""
    (first,) = item_content(passage_of(line), 0, 1).lines
    assert (first.text, first.offset) == (text, offset)
