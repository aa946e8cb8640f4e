"""Each function of expressions against NumPy or mpmath, and exact where it can be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import prod

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.drills import quantities as q
from deckbuilder.drills.functions import FUNCTIONS
from deckbuilder.drills.limits import NoValue, Work
from deckbuilder.drills.quantities import Value, exact_text, read_exact
from tests.drills.test_expressions import value_of

X = "(-2, -0.5, 0, 0.25, 3)"
A = "((1, -2, 3), (0.5, 4, -1))"
NUMPY = {"X": np.array([-2, -0.5, 0, 0.25, 3]), "A": np.array([[1, -2, 3], [0.5, 4, -1]])}

AGAINST_NUMPY = {
    "relu(X)": lambda X, A: np.maximum(X, 0),
    "step(X)": lambda X, A: (X > 0).astype(float),
    "sigmoid(X)": lambda X, A: 1 / (1 + np.exp(-X)),
    "tanh(A)": lambda X, A: np.tanh(A),
    "exp(X)": lambda X, A: np.exp(X),
    "log(abs(A))": lambda X, A: np.log(np.abs(A)),
    "log(abs(A), 2)": lambda X, A: np.log2(np.abs(A)),
    "sqrt(abs(A))": lambda X, A: np.sqrt(np.abs(A)),
    "softmax(X)": lambda X, A: np.exp(X) / np.exp(X).sum(),
    "softmax(A)": lambda X, A: np.exp(A) / np.exp(A).sum(axis=1, keepdims=True),
    "dot(X, X)": lambda X, A: X @ X,
    "outer(X, A[0])": lambda X, A: np.outer(X, A[0]),
    "T(A)": lambda X, A: A.T,
    "T(X)": lambda X, A: X.T,
    "A @ T(A)": lambda X, A: A @ A.T,
    "A @ A[1]": lambda X, A: A @ A[1],
    "A[0] @ T(A)": lambda X, A: A[0] @ A.T,
    "A + A[0]": lambda X, A: A + A[0],
    "A[0] - A": lambda X, A: A[0] - A,
    "A / 4 + 1": lambda X, A: A / 4 + 1,
    "A ** 2": lambda X, A: A**2,
    "2 ** X": lambda X, A: 2.0**X,
    "A % 2": lambda X, A: A % 2,
    "A // 2": lambda X, A: A // 2,
    "sum(A)": lambda X, A: A.sum(),
    "sum(1, 2, 4)": lambda X, A: 7,
    "mean(A)": lambda X, A: A.mean(),
    "var(A)": lambda X, A: A.var(),
    "var(X)": lambda X, A: X.var(),
    "min(A)": lambda X, A: A.min(),
    "max(A)": lambda X, A: A.max(),
    "max(3, -4, 3.5)": lambda X, A: 3.5,
    "abs(A)": lambda X, A: np.abs(A),
    "round(X)": lambda X, A: np.round(X),
    "round(1234.5678, 2)": lambda X, A: 1234.57,
    "round(1250, -2)": lambda X, A: 1200,
    "floor(X)": lambda X, A: np.floor(X),
    "ceil(X)": lambda X, A: np.ceil(X),
    "len(X)": lambda X, A: len(X),
    "len(A)": lambda X, A: len(A),
    "argmax(X)": lambda X, A: X.argmax(),
    "argmax((3, 1, 3))": lambda X, A: 0,
    "places(0.125)": lambda X, A: 3,
    "places((1, 0.5))": lambda X, A: 1,
    "1 if distinct(X) else 0": lambda X, A: 1,
    "1 if distinct(1, 2, 1.0) else 0": lambda X, A: 0,
}


@pytest.mark.parametrize("text", AGAINST_NUMPY)
def test_a_function_gives_what_numpy_gives(text: str) -> None:
    """If this failed, an answer on a card would be wrong."""
    found = value_of(text.replace("X", X).replace("A", A))
    expected = np.asarray(AGAINST_NUMPY[text](**NUMPY), dtype=float)
    assert q.shape_of(found) == expected.shape
    entries = np.array([float(entry) for entry in q.entries_of(found)]).reshape(expected.shape)
    np.testing.assert_allclose(entries, expected, rtol=1e-14, atol=1e-15)


def test_every_function_is_compared() -> None:
    """If this failed, a function would give numbers that nobody has checked."""
    text = " ".join(AGAINST_NUMPY)
    assert [name for name in FUNCTIONS if f"{name}(" not in text] == []


@settings(max_examples=150)
@given(st.fractions(-20, 20, max_denominator=1000))
def test_digits_are_right_to_the_last(x: Fraction) -> None:
    """If this failed, a result that lies near the middle between two would be rounded to the wrong side."""
    mpmath.mp.dps = 60
    exact = mpmath.mpf(x.numerator) / x.denominator
    pairs = [
        (q.exponential(x), mpmath.exp(exact)),
        (q.hyperbolic_tangent(x), mpmath.tanh(exact)),
        (q.logistic(x), 1 / (1 + mpmath.exp(-exact))),
        (q.root(abs(x)), mpmath.sqrt(abs(exact))),
    ]
    if x:
        pairs.append((q.logarithm(abs(x)), mpmath.log(abs(exact))))
        pairs.append((q.power(abs(x), Fraction(1, 3)), mpmath.cbrt(abs(exact))))
    for found, expected in pairs:
        difference = mpmath.mpf(str(q.approximate(found))) - expected
        assert abs(difference) <= abs(expected) * mpmath.mpf(10) ** -39


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sqrt(9/16)", Fraction(3, 4)),
        ("(8/27) ** (1/3)", Fraction(2, 3)),
        ("4 ** 1.5", Fraction(8)),
        ("4 ** -0.5", Fraction(1, 2)),
        ("log(8, 2)", Fraction(3)),
        ("log(0.001, 10)", Fraction(-3)),
        ("log(1)", Fraction(0)),
        ("exp(0)", Fraction(1)),
        ("tanh(0)", Fraction(0)),
        ("sigmoid(0)", Fraction(1, 2)),
        ("softmax((1, 1, 1))", (Fraction(1, 3),) * 3),
        ("0 * exp(1)", Fraction(0)),
        ("round(2.5)", Fraction(2)),
        ("round(0.125, 2)", Fraction(12, 100)),
        ("var((1, 2, 3, 4))", Fraction(5, 4)),
    ],
)
def test_what_is_rational_stays_exact(text: str, value: Value) -> None:
    """If this failed, a card would show 0.9999999 in place of 1, or 1/3 could not be shown as a fraction."""
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "log(exp(3)) == 3", "sqrt(2) ** 2 == 2", "exp(1) * exp(-1) == 1", "sum(softmax((1, 2, 3))) == 1",
        "sigmoid(2) + sigmoid(-2) == 1", "tanh(1) == 2*sigmoid(2) - 1", "floor(sqrt(2) ** 2) == 2",
        "not sqrt(2)**2 < 2",
        "exp(1) < 2.7182818284590452354", "places(exp(1)) == 1000", "places(1/3) == 1000",
    ],
)  # fmt: skip
def test_what_calculation_loses_does_not_show(text: str) -> None:
    """If this failed, a check that holds on paper would fail in the fortieth digit."""
    assert value_of(text) is True


def test_softmax_of_the_examples() -> None:
    """If this failed, the card on softmax would show wrong numbers."""
    small = [f"{float(entry):.4f}" for entry in q.entries_of(value_of("softmax((1, 2, 3))"))]
    large = [f"{float(entry):.5g}" for entry in q.entries_of(value_of("softmax((10, 20, 30))"))]
    assert small == ["0.0900", "0.2447", "0.6652"]
    assert large == ["2.0611e-09", "4.5398e-05", "0.99995"]


NUMBERS = st.one_of(st.fractions(), st.decimals(allow_nan=False, allow_infinity=False, places=6).map(Fraction))
VALUES = st.one_of(
    NUMBERS,
    st.lists(NUMBERS, min_size=1, max_size=5).map(tuple),
    st.integers(1, 3).flatmap(lambda n: st.lists(st.tuples(*[NUMBERS] * n), min_size=1, max_size=3)).map(tuple),
)


@given(VALUES)
def test_a_value_is_kept_as_text_and_read_again(value: Value) -> None:
    """If this failed, a learner's variant would change its numbers from one build to the next."""
    assert read_exact(exact_text(value)) == value


@pytest.mark.parametrize(
    "text",
    ["", "x", "1/0", "2/4", "01", "1.0", "+1", "[1,2]", "[", "[[1, 2], [3]]x", "~1.5", "1e3", "9" * 30_000],
)
def test_no_other_text_is_read(text: str) -> None:
    """If this failed, a damaged deck.lock would quietly give other numbers."""
    with pytest.raises(ValueError, match=r"."):
        read_exact(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(471, 1000), "0.471"), (Fraction(-1, 3), "-1/3"), (Fraction(12), "12"), (Fraction(-1, 100), "-0.01"),
        ((Fraction(1), Fraction(1, 2)), "[1, 0.5]"), (((Fraction(1),), (Fraction(2),)), "[[1], [2]]"),
        (True, "true"),
        (Decimal("2.718281828459045235360287471352662497757"), "~2.7182818284590452354"), (Decimal(1) / 8, "~0.125"),
        (Decimal("1e-50"), "~1e-50"), (Decimal("12e40"), "~1.2e41"), (Decimal("-0.001"), "~-0.001"),
        (Decimal(100), "~100"),
    ],
)  # fmt: skip
def test_values_as_kept_text(value: Value, text: str) -> None:
    """If this failed, deck.lock would show changes where there are none."""
    assert exact_text(value) == text


def test_shapes_that_do_not_fit_are_named() -> None:
    """If this failed, an author would not learn which of two vectors is too long."""
    one, other = tuple(map(Fraction, range(1, 4))), tuple(map(Fraction, range(2)))
    with pytest.raises(NoValue, match="a vector of 3 and a vector of 2 do not fit together"):
        q.pairwise(q.add, one, other, Work(100))
    with pytest.raises(NoValue, match="a matrix of 2 by 3 times a vector of 2"):
        q.matrix_product((one, one), other, Work(100))


@given(st.sampled_from([(), (3,), (2, 3), (1, 1)]))
def test_filling_keeps_the_order(shape: q.Shape) -> None:
    """If this failed, a drawn matrix would not be the one that deck.lock names."""
    numbers = [Fraction(n) for n in range(prod(shape))]
    filled = q.filled(shape, numbers)
    assert q.shape_of(filled) == shape
    assert list(q.entries_of(filled)) == numbers
