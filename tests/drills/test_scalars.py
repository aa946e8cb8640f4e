"""Every character of a YAML text knows its place in the file."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deckbuilder.drills.scalars import Block, Scalar
from deckbuilder.drills.yaml_help import in_block
from deckbuilder.yaml_text import YamlValue, place_in_file, read_yaml

LETTERS = st.sampled_from("abxyz0123456789@{}.$\\'\"汉é()")
WORDS = st.text(LETTERS, min_size=1, max_size=8)
LINES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
TEXTS = st.lists(LINES, min_size=1, max_size=4)


def scalar(block: str, *way: str | int) -> Scalar:
    """Return the scalar at the end of a way of keys and indexes; the block begins at line 3, column 5 of the file."""
    value, diagnostics = read_yaml(block, in_block)
    assert not diagnostics
    for part in way:
        assert isinstance(value, YamlValue)
        inner = value.data
        assert isinstance(inner, dict | list)
        value = inner[part]  # type: ignore[call-overload]
    assert value
    return Block(block, place_in_file("x.md", 3, 4)).scalar(value)


def assert_places(found: Scalar, block: str) -> None:
    """Check that the text's visible characters are those that stand at their places, and in the same order."""
    lines = block.split("\n")
    last = (0, 0)
    for offset, character in enumerate(found.text):
        if character in " \n":
            continue
        place = found.span(offset, offset + 1)
        assert (place.line, place.column) > last
        last = (place.line, place.column)
        assert lines[place.line - 3][place.column - 5 :].startswith((character, f"\\{character}"))


@given(TEXTS, st.sampled_from(["", "-", "+"]), st.integers(1, 5))
@example(["  a", "b"], "", 2)
def test_places_in_literal_and_folded_texts(lines: list[str], chomping: str, indent: int) -> None:
    """If this failed, the caret below a mistake in the question's text would stand under the wrong character."""
    for style in "|>":
        header = f"{style}{indent}{chomping}" if lines[0].startswith(" ") else f"{style}{chomping}"
        body = "\n".join(" " * indent + line for line in lines)
        block = f"first: 1\nask: {header}\n{body}\nlast: 1\n"
        found = scalar(block, "ask")
        if style == "|":
            assert found.text.rstrip("\n") == "\n".join(lines)
        assert_places(found, block)


@given(TEXTS, st.integers(1, 4))
def test_places_in_texts_of_several_lines_with_blank_ones_between(lines: list[str], blanks: int) -> None:
    """If this failed, places below a blank line would be off."""
    for style in "|>":
        block = f"ask: {style}\n" + ("\n" * blanks).join(f"   {line}\n" for line in lines)
        assert_places(scalar(block, "ask"), block)


@given(TEXTS)
def test_places_in_single_quotes(lines: list[str]) -> None:
    """If this failed, the caret would be off behind each apostrophe, or on each line but the first."""
    block = "a: 1\nlist:\n- '" + "\n   ".join(line.replace("'", "''") for line in lines) + "' # why\n"
    found = scalar(block, "list", 0)
    assert found.text == " ".join(lines)
    assert_places(found, block)


@given(TEXTS)
def test_places_in_double_quotes(lines: list[str]) -> None:
    """If this failed, the caret would be off behind each escape; TeX in such quotes is full of them."""
    written = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    block = 'a: {b: "' + "\n   ".join(written) + '"}\n'
    found = scalar(block, "a", "b")
    assert found.text == " ".join(lines)
    assert_places(found, block)


PLAIN = st.lists(
    st.lists(st.from_regex(r"[a-z$][a-z0-9+*()@é汉\\']*", fullmatch=True), min_size=1, max_size=3), min_size=1
)


@given(PLAIN)
def test_places_in_plain_texts(words: list[list[str]]) -> None:
    """If this failed, the caret would be off in most expressions and steps, which have no quotes."""
    lines = [" ".join(line) for line in words]
    block = "steps:\n  - a\n  - " + "\n      ".join(["x", *lines]) + "\n"
    assert_places(scalar(block, "steps", 1), block)


@pytest.mark.parametrize("escape", [r"\x41", r"\u0041", r"\U00000041", r"\t", r"\"", "\\\n   ", "汉"])
def test_places_behind_escapes(escape: str) -> None:
    """If this failed, the caret would be off by the length of each escape."""
    block = f'a: "x{escape}bcd"\n'
    found = scalar(block, "a")
    place = found.span(found.text.index("b"))
    assert block.split("\n")[place.line - 3][place.column - 5 :].startswith("bcd")


def test_a_span_is_cut_at_the_end_of_its_line() -> None:
    """If this failed, carets would run past the end of the line that is shown."""
    found = scalar("ask: |\n  one\n  two\n", "ask")
    assert str(found.span(0)) == "x.md:4:7"
    assert found.span(0).width == found.span(0, 700).width == 3
    assert found.span(4, 7) == found.span(4, 700)
    assert str(found.span(4)) == "x.md:5:7"
