"""What is said of formulas: files of tests/fixtures/tex hold `title / . / formula / . / findings under it / .`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deckbuilder.kinds.templates import FOLDER
from deckbuilder.tex.checker import Problem, check
from deckbuilder.tex.known import known
from deckbuilder.tex.width import BREAKS, unbroken_width, width
from tests.support.fixtures import Case, cases, rewritten

FIXTURES = Path(__file__).parents[1] / "fixtures" / "tex"
PIECES = st.lists(
    st.sampled_from([
        *r"{ } ^ _ & \\ \ % # ' $ ~ [ ] ( ) x 1".split(), "\n", " ", "<br>", "&lt;", "é", "\u0301", r"\verb", r"\def",
        r"\left", r"\right", r"\middle", r"\frac", r"\sqrt", r"\begin{aligned}", r"\end{aligned}", r"\begin", r"\end",
        r"\text{", r"\newcommand", r"\let", r"\bm", r"\limits", r"\over", r"\hspace", r"\require", r"\array",
    ]),
    max_size=12,
)  # fmt: skip


def problems(tex: str, *, in_line: bool = False, on_github: str = "") -> tuple[Problem, ...]:
    return check(tex, in_line=in_line, on_github=on_github).problems


def codes(tex: str, **how: str | bool) -> list[str]:
    return [problem.rule.code for problem in problems(tex, **how)]  # type: ignore[arg-type]


def described(problem: Problem) -> str:
    caret = " " * problem.start + "^" * problem.width
    rule = problem.rule
    message, advice = (text.format(**problem.words) for text in (rule.message, rule.help or rule.mend))
    return f"{caret}\n{rule.code} {message}\n  {advice}"


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_what_is_said_of_a_formula(case: Case, request: pytest.FixtureRequest) -> None:
    """If this failed, an author would not learn of a formula that cards show wrong, or be told off for a right one."""
    found = "\n".join(described(problem) for problem in problems(case.given)) or "nothing"
    if not rewritten(request, case, found):
        assert found == case.expected


@example(["\\begin", "^"])
@given(PIECES)
def test_no_text_makes_the_checker_fail(pieces: list[str]) -> None:
    """If this failed, a slip of the pen in a formula would end the build with a traceback."""
    tex = "".join(pieces)
    for problem in problems(tex, in_line=True, on_github="escapes"):
        assert 0 <= problem.start <= problem.start + problem.width <= max(1, len(tex)) + 1
        assert problem.rule.message.format(**problem.words)


@pytest.mark.parametrize(
    "piece",
    [
        *("{", "}", "^{", "_{x", r"\hat{", r"\frac{a}{", r"\sqrt[", r"\text{$", r"\left(", r"\begin{aligned}", "<b>"),
        *(r"\\[", r"\def\x ", "%", "&", r"\bm ", "$", r"\overset{a}{", r"\dfrac{a}{", "x^", r"\substack{", r"\verb|"),
    ],
)
@pytest.mark.parametrize("closing", ["", "}"])
def test_a_formula_of_thousands_of_parts_is_read_to_an_end(piece: str, closing: str) -> None:
    """If this failed, a stranger's formula could end a build in a traceback, or keep it busy for ever."""
    count = 3_000
    tex = piece * count + "x" + closing * count
    assert len(problems(tex, in_line=True, on_github="escapes")) <= count + 2
    assert width(tex) >= 0


def test_a_definition_holds_for_later_formulas() -> None:
    """If this failed, a macro would be called unknown in the formula after the one that defines it."""
    first = check(r"\newcommand{\loss}{L}", in_line=True, on_github="")
    assert first.defines == {"loss"}
    assert not check(r"\loss + 1", in_line=True, on_github="", defined=first.defines).problems
    assert codes(r"\loss + 1") == ["DB420"]


@pytest.mark.parametrize(
    ("tex", "on_github", "expected"),
    [
        (r"\operatorname{softmax}", "macros", ["DB432"]),
        (r"\operatorname{softmax}", "", []),
        (r"\{0, 1\}", "escapes", ["DB433"]),
        (r"\{0, 1\}", "macros", []),
        (r"\lbrace 0, 1\rbrace", "escapes", []),
        (r"a\,b\;c", "escapes", ["DB433"]),
    ],
)
def test_what_github_would_show_otherwise(tex: str, on_github: str, expected: list[str]) -> None:
    """If this failed, a review would read wrong on GitHub while its cards are right, or MkDocs authors be bothered."""
    assert codes(tex, on_github=on_github) == expected


def test_a_wide_formula_is_reported_only_in_a_line() -> None:
    """If this failed, a formula wider than a phone would be pushed sideways inside its sentence."""
    wide = " + ".join(f"a_{n}x_{n}" for n in range(12))
    assert codes(wide, in_line=True) == ["DB431"]
    assert codes(wide) == []
    assert codes(r"\begin{aligned} " + wide + r" \end{aligned}", in_line=True) == []


def test_what_mathjax_knows_is_not_called_unknown() -> None:
    """If this failed, a macro that Anki typesets would stop an author's build."""
    assert len(known().macros) > 1100
    assert [macro for macro in known().macros if "DB420" in codes(f"\\{macro} ")] == []


def test_a_formula_is_as_wide_as_its_widest_piece() -> None:
    """If this failed, an author would be told to break what the card breaks by itself."""
    half = "a + b + c + d + e"
    assert unbroken_width(f"{half} = {half}") == pytest.approx(width(f"{half} ="))
    assert unbroken_width(f"({half} = {half})") == width(f"({half} = {half})")
    assert unbroken_width(f"= {half}") == width(f"= {half}")


def test_formulas_break_where_the_card_breaks_them() -> None:
    """If this failed, the warning and the card would disagree about where a formula can be broken."""
    script = (FOLDER / "_shared" / "begin.js").read_text("utf-8")
    found = re.search(r"RELATION = /\^\(\?:\[(.*?)\]\|\[\\\\\]\(\?:(.*?)\)\)\$/", script)
    assert found
    words = found[2].split("|")
    named = {word.replace("?", "") for word in words} | {re.sub(r".\?", "", word) for word in words}
    assert set(found[1]) | {f"\\{word}" for word in named} == BREAKS


def test_width_of_scripts_and_fractions() -> None:
    """If this failed, formulas would be called wide by the length of their source."""
    assert width(r"\frac{a+b+c+d}{a+b+c+d}") < width("a+b+c+d")
    assert width("x_{aaaa}^{bbbb}") < width("x_{aaaa}y^{bbbb}")
    assert width(r"\text{four words of text}") == pytest.approx(0.43 * len("four words of text"), rel=0.2)
