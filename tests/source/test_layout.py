"""What counts as layout alone: never anything that a card shows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.renderer import render
from deckbuilder.source.layout import without_layout
from deckbuilder.source.passage import passage_of

SAME = [
    ("One word\nand another.", "One word and another."),
    ("One  word   and\tanother.", "One word and another."),
    ("- an item\n  that goes on", "- an item that goes on"),
    ("- an item\nthat goes on lazily", "- an item that goes on lazily"),
    ("> a quote\n\nText", "> a  quote\n\n\n\nText"),
    ("1. one\n\n    more   of\n    it", "1. one\n\n    more of it"),
    ("A formula $a\nb$ in text", "A formula $a b$ in text"),
    ("| a   | b |\n|---|---|\n| 1 |   2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
    ("$$\nx   =  y\n$$", "$$\nx = y\n$$"),
    ("cafe\u0301  x", "caf\u00e9 x"),
    ("The end.  ", "The end."),
    ("*one*\n*two*", "*one* *two*"),
    ("`one`\n`two`", "`one` `two`"),
]

DIFFERENT = [
    ("One word", "One  other"),
    ("One\n\ntwo", "One\ntwo"),
    ("A break  \nhere", "A break\nhere"),
    ("A break\\\nhere", "A break\\ here"),
    ("```\na  b\n```", "```\na b\n```"),
    ("```\na\nb\n```", "```\na b\n```"),
    ("- x\n\n  ```\n  a  b\n  ```", "- x\n\n  ```\n  a b\n  ```"),
    ("Text\n\n    code  here", "Text\n\n    code here"),
    ("Text\n\n    code\n    here", "Text\n\n    code here"),
    ("- x\n\n      code  here", "- x\n\n      code here"),
    ("`a  b`", "`a b`"),
    ("# A\nb", "# A b"),
    ("a\n- b", "a - b"),
    ("a\n1. b", "a 1. b"),
    ("a\n> b", "a > b"),
    ("a\n# b", "a # b"),
    ("a\n---\nb", "a --- b"),
    ("***\na", "*** a"),
    ("$$a % b\nc$$", "$$a % b c$$"),
    ("| a |\n|---|\n| 1 |\n2", "| a |\n|---|\n| 1 | 2"),
    ("<pre>\na  b\n</pre>", "<pre>\na b\n</pre>"),
    ("[a]: http://x\nb", "[a]: http://x b"),
    ("x\ty", "xy"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_does_not_count(one: str, other: str) -> None:
    """If this failed, wrapping a line again would overwrite what learners wrote on the note."""
    assert without_layout(one) == without_layout(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_shown_counts(one: str, other: str) -> None:
    """If this failed, a correction would reach nobody."""
    assert without_layout(one) != without_layout(other)


def test_lines_can_be_left_as_they_are() -> None:
    """If this failed, Python-Markdown's `nl2br` could show a change that no learner gets."""
    assert without_layout("a  b\nc", wraps=False) == "a b\nc"


PIECES = st.sampled_from(
    [
        *(
            "word",
            "two words",
            "word.",
            "x\ny",
            " ",
            "  ",
            "   ",
            "    ",
            "\n",
            "\n",
            "\n\n",
            "\t",
            "    code",
            "- [ ] ",
        ),
        *(
            "- ",
            "1. ",
            "> ",
            "# ",
            "```",
            "~~~",
            "`",
            "$",
            "$$",
            "|",
            "|---|",
            "---|---",
            "a|b",
            "---",
            "===",
            "*",
            "**",
        ),
        *("\\", "%", "<br>", "<b>", "</b>", "<!-- x -->", "[x]: y", "![p](q.png)", "&amp;"),
    ]
)


def shown(markdown: str) -> str:
    """The HTML that a card gets, its blanks as a browser shows them: runs of them as one, but in code."""
    html = render(passage_of(markdown), RenderOptions()).html
    parts = re.split(r"(<pre.*?</pre>|<code.*?</code>)", html, flags=re.DOTALL)
    text = "".join(part if number % 2 else re.sub(r"[ \t\n]+", " ", part) for number, part in enumerate(parts))
    return re.sub(r" ?(<(?!code|/code|img|input)[^<>]*>) ?", r"\1", text).strip()


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=14).map("".join), st.data())
def test_texts_that_differ_in_layout_alone_show_the_same(text: str, data: st.DataObject) -> None:
    """If this failed, an edit that a card shows would be taken for layout, and reach nobody."""
    blanks = [found.span() for found in re.finditer(r"[ \t\n]+", text)]
    if not blanks:
        return
    start, end = data.draw(st.sampled_from(blanks))
    other = text[:start] + data.draw(st.sampled_from((" ", "  ", "\n", "\n\n", "   \n", "", "\n  "))) + text[end:]
    if without_layout(text) == without_layout(other):
        assert shown(text) == shown(other)
