"""What a question shows besides its words."""

from __future__ import annotations

import pytest

from deckbuilder.source.looks import look_of
from deckbuilder.source.passage import Line, Passage


def look(text: str) -> str:
    return look_of(Passage("a.md", tuple(Line(line, number, 0) for number, line in enumerate(text.split("\n"), 1))))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What does this print?\n```python\nprint(1)\n```", "What does this print?\n```python\nprint(2)\n```"),
        ("Solve this.\n$$\nx + 1 = 2\n$$", "Solve this.\n$$\nx - 1 = 2\n$$"),
        ("Which flag is it? ![a flag](flags/at.png)", "Which flag is it? ![a flag](flags/au.png)"),
        ('Which flag? <img src="at.png" alt="a flag">', 'Which flag? <img src="au.png" alt="a flag">'),
        ("What is x<sub>2</sub>?", "What is x<sup>2</sup>?"),
        (r"What does `\,` do?", r"What does `\;` do?"),
        ("> Which?\n> ```\n> a\n> ```", "> Which?\n> ```\n> b\n> ```"),
    ],
)
def test_what_a_reader_sees_besides_the_words_counts(one: str, other: str) -> None:
    """If this failed, a question with other code or another picture would take a history unasked."""
    assert look(one) != look(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What does this print?\n```python\nprint(1)\n```", "What does this print?\n~~~py\n  print(1)\n~~~"),
        ("Which flag? ![a flag](flags/at.png)", "Which flag? ![the flag of a land](media/at.svg)"),
        ("What is **a** norm?", "What is a *norm*?"),
        ("What is `a`?", "What is a?"),
        ("What is [a norm](a.html)?", "What is [a norm](b.html)?"),
        (r"What is $a\,b$?", r"What is $a\;b$?"),
        ("What is\na norm?", "What is a norm?"),
    ],
)
def test_formatting_and_where_a_picture_lies_do_not_count(one: str, other: str) -> None:
    """If this failed, a build would ask about questions in which a reader sees nothing new."""
    assert look(one) == look(other)


def test_words_alone_have_no_look() -> None:
    """If this failed, every line of every lock would be longer for nothing."""
    assert look("What is a *norm*, in **two** words?") == look("Is $x < y$ or `x`?") == ""
