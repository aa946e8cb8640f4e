"""Expressions give what Python gives, exactly, and read nothing that Python could be harmed by."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.expressions import Expression, evaluate, parse_expression
from deckbuilder.drills.limits import MAX_DEPTH, MAX_ENTRIES, MAX_POINT_STEPS, MAX_TEXT, NoValue, TooMuchWork, Work
from deckbuilder.drills.quantities import Value, entries_of, steady
from deckbuilder.drills.scalars import Scalar
from tests.support.fixtures import Case, read_cases, rewritten

ATTACKS = Path(__file__).parents[1] / "fixtures" / "expressions" / "attacks.md"
VALUES: Mapping[str, Value] = {
    "x": Fraction(3), "y": Fraction(-2), "v": (Fraction(1), Fraction(2)), "ok": True,
    "W": ((Fraction(1), Fraction(2)), (Fraction(3), Fraction(4))),
}  # fmt: skip


def parsed(text: str) -> tuple[Expression | None, list[Diagnostic]]:
    return parse_expression(Scalar(text, ((0, Span("x.md")),)))


def value_of(text: str, values: Mapping[str, Value] = VALUES, work: Work | None = None) -> Value:
    """Return what an expression gives, which must be in order."""
    expression, diagnostics = parsed(text)
    assert not diagnostics, diagnostics[0].message
    assert expression
    return evaluate(expression, values.__getitem__, work or Work(MAX_POINT_STEPS))


def shown(line: str) -> str:
    """Return a line of a fixture with `<U+200B>` and the like as the characters that could not be seen there."""
    return re.sub(r"<U\+([0-9A-F]+)>", lambda match: chr(int(match.group(1), 16)), line)


def outcome(text: str) -> str:
    """Return what becomes of a text: its value, or what is wrong and the column."""
    expression, diagnostics = parsed(text)
    if not expression:
        assert diagnostics, "refused without a word"
        return "\n".join(f"{found.span.column}: {found.message}" for found in diagnostics)
    work = Work(MAX_POINT_STEPS)
    try:
        return f"= {evaluate(expression, VALUES.__getitem__, work)}"
    except NoValue as error:
        assert error.span
        return f"{error.span.column}: {error.problem}"
    except KeyError as error:
        return f"the name {error}"


@pytest.mark.parametrize("case", read_cases(ATTACKS), ids=str)
def test_what_an_attacker_writes_is_refused_in_words(case: Case, request: pytest.FixtureRequest) -> None:
    """If this failed, a stranger's pull request could run code where the deck is built, or hang the build."""
    found = "\n".join(f"{line}\n    {outcome(shown(line))}" for line in case.given.split("\n"))
    if rewritten(request, case, found):
        return
    assert found == case.expected


HUGE = {
    "a tower of powers": "9**9**9",
    "towers within reach of the bound": "+".join(["2**1000"] * 90),
    "powers of powers": "((((2**1000)**1000)**1000)**1000)",
    "a negative power of a power": "(2**1000)**-1000",
    "repetition": "(1,)*10**8",
    "a vector of many entries": "(" + "1," * 480 + ")",
    "a long number": "9" * 999,
    "a number with a large exponent": "1e999999999",
    "a decimal with many places": "0." + "1" * 900,
    "round brackets": "(" * 499 + "1" + ")" * 499,
    "square brackets": "[" * 499 + "1" + "]" * 499,
    "minus signs": "-" * 999 + "1",
    "negations": "not " * 249 + "True",
    "calls": "abs(" * 199 + "1" + ")" * 199,
    "indexes": "v" + "[0]" * 300,
    "conditions": "1 if True else " * 66 + "1",
    "comparisons": "1<" * 499 + "1",
    "powers to the right": "1**" * 333 + "1",
    "sums": "1+" * 499 + "1",
    "many exponentials": "+".join(["exp(700)"] * 100),
    "an exponential too large": "exp(exp(exp(10)))",
    "an exponential too small": "exp(-exp(exp(10)))",
    "a logarithm of much": "log(10**300)",
    "a root of much": "sqrt(10**299+1)",
    "rounding to many places": "round(1/3, 10**9)",
    "rounding far up": "round(10**200, -10**9)",
    "an outer product of an outer product": "outer((" + "1," * 200 + "), (" + "1," * 200 + "))",
    "matrix products of matrix products": "@".join(["W"] * 300),
    "differences of all pairs": "distinct(" + ",".join("x" * 1 for _ in range(400)) + ")",
    "a very long text": "1 + " * 100_000,
    "blanks": " " * 100_000,
    "lines": "\n" * 900 + "x",
}


@pytest.mark.parametrize("text", HUGE.values(), ids=list(HUGE))
def test_what_is_huge_is_refused_or_done_with_bounded_work(text: str) -> None:
    """If this failed, a drill of one line could keep a build waiting, or fill its machine."""
    expression, diagnostics = parsed(text)
    if not expression:
        assert len(diagnostics) == 1
        return
    assert len(text) <= MAX_TEXT
    work = Work(MAX_POINT_STEPS)
    try:
        value = evaluate(expression, VALUES.__getitem__, work)
    except NoValue as error:
        assert error.span
        return
    assert work.done <= MAX_POINT_STEPS
    assert isinstance(value, bool) or len(list(entries_of(value))) <= MAX_ENTRIES
    assert isinstance(value, bool) or all(len(str(steady(entry))) <= 2 * 310 for entry in entries_of(value))


@pytest.mark.parametrize(("text", "least"), [("distinct(" + "x," * 300 + "x)", 90_000), ("W@W", 8), ("exp(x)", 20)])
def test_work_is_counted_before_it_is_done(text: str, least: int) -> None:
    """If this failed, a bound would stop a calculation only once it was over."""
    expression, _ = parsed(text)
    assert expression
    work = Work(least)
    with pytest.raises(TooMuchWork):
        evaluate(expression, VALUES.__getitem__, work)


NUMBERS = st.sampled_from(["0", "1", "2", "3", "7", "0.5", "0.1", "1e-2", "10"])


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    infix = st.sampled_from([" + ", " - ", " * ", " / ", " // ", " % ", "**", "-", "+"])
    return st.one_of(
        st.tuples(inner, infix, inner).map("".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
        st.tuples(inner, st.sampled_from([" < ", " == ", " >= ", " != "]), inner, inner, inner).map(
            lambda parts: f"({parts[3]} if {parts[0]}{parts[1]}{parts[2]} else {parts[4]})"
        ),
    )


def as_python(text: str) -> Any:
    """Return what Python itself gives for a text whose numbers are made fractions."""
    exact = re.sub(r"[0-9][0-9.]*(?:e-?[0-9]+)?", lambda match: f"F('{match.group()}')", text)
    return eval(exact, {"F": Fraction, "__builtins__": {}})


@settings(max_examples=500)
@given(st.recursive(NUMBERS, combined, max_leaves=8))
def test_arithmetic_is_pythons_own_on_fractions(text: str) -> None:
    """If this failed, an answer on a card would be wrong, or precedence another than authors know."""
    try:
        expected = as_python(text)
    except (ZeroDivisionError, OverflowError):
        expected = None
    if isinstance(expected, complex | float):  # a root, which Python has no fraction for
        return
    try:
        found = value_of(text)
    except NoValue as error:
        assert expected is None or error.problem.startswith(("a number of more than", "an exponent beyond"))
        return
    assert found == expected


@pytest.mark.parametrize(
    "text",
    [
        "-2**2", "2**-1", "2**3**2", "-x**2", "(-2)**2", "1 - 2 - 3", "8 / 4 / 2", "7 // 2 * 2", "-7 // 2", "-7 % 3",
        "7 % -3", "2 * -3", "2 - -3", "--2", "+-+2", "1 + 2 * 3 ** 2 / 3", "1 if x > 2 else 0",
        "1 if x < 2 else 2 if x < 4 else 3", "1 < x < 5", "1 < 2 > 1 == 1", "not x < 2 and y < 0 or x == 3",
        "not not ok",
        "ok and not ok or ok", "x == 3 != y", "10 - 2 if not ok else 3", "2 * x % 4",
        "-x % 4", "x - y - 1", "1_000 + .5 + 5.", "0.1 + 0.2 == 0.3 or x == 3",
    ],
)  # fmt: skip
def test_precedence_is_pythons_own(text: str) -> None:
    """If this failed, an expression would mean something else than its author, who knows Python, thinks."""
    found = value_of(text)
    expected = eval(text, {"__builtins__": {}}, {"x": 3, "y": -2, "ok": True})
    assert float(found) == pytest.approx(float(expected))  # type: ignore[arg-type]


def test_decimals_are_exact() -> None:
    """If this failed, cards would show 0.30000000000000004."""
    assert value_of("0.1 + 0.2") == Fraction(3, 10)
    assert value_of("0.1 + 0.2 == 0.3") is True
    assert value_of("1/3*3 == 1") is True


def test_matrices_multiply_and_give_entries() -> None:
    """If this failed, drills on networks would be wrong."""
    assert value_of("W @ v") == (5, 11)
    assert value_of("v @ W") == (7, 10)
    assert value_of("v @ v") == 5
    assert value_of("W[1][0] + W[1, 1] + v[-1]") == 9
    assert value_of("W * v") == ((1, 4), (3, 8))
    assert value_of("2 * W - [[1, 1], [1, 1]]") == ((1, 3), (5, 7))
    assert value_of("(1, 2) == v") is True


def test_logic_stops_where_it_is_decided() -> None:
    """If this failed, a condition that guards a division would not guard it."""
    assert value_of("x == 3 or 1/0 > 1") is True
    assert value_of("x != 3 and 1/0 > 1") is False
    assert value_of("1 if x == 3 else 1/0") == 1
    assert value_of("5 < x < 1/0") is False


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from("x y 1 .5 ( ) [ ] , + - * / ** // % @ < == and not if else max abs . ' : for é \n".split(" ")),
        max_size=14,
    ).map(" ".join)
)  # fmt: skip
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """If this failed, one odd expression would stop a build with a traceback."""
    expression, diagnostics = parsed(text)
    assert (expression is None) == bool(diagnostics)
    for found in diagnostics:
        assert 1 <= found.span.column <= len(text) + 1
    if expression:
        try:
            evaluate(expression, {**VALUES, "max": Fraction(1), "abs": Fraction(1)}.__getitem__, Work(MAX_POINT_STEPS))
        except NoValue as error:
            assert error.span
            assert 1 <= error.span.column <= len(text)


def test_depth_is_bounded_and_said() -> None:
    """If this failed, a deep expression would end in a RecursionError."""
    assert value_of("+".join(["1"] * (MAX_DEPTH - 1))) == MAX_DEPTH - 1
    _, diagnostics = parsed("+".join(["1"] * (MAX_DEPTH + 1)))
    assert "nested deeper" in diagnostics[0].message


def test_operators_that_python_has_and_drills_have_not_are_explained() -> None:
    """If this failed, an author who writes `^` for a power would not be told what to write."""
    for text, hint in {
        "x^2": "`**`",
        "x & y": "`and`",
        "!x": "`not`",
        "x = 1": "`==`",
        "x − 1": "`-`",
        "2x": "operator",
    }.items():
        _, diagnostics = parsed(text)
        assert hint in diagnostics[0].message


def test_the_reference_is_independent() -> None:
    """If this failed, the comparison with Python would compare a thing with itself."""
    assert as_python("1 / 3 + 0.5") == operator.add(Fraction(1, 3), Fraction(1, 2))
