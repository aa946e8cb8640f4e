"""The deck's drills as a learner meets them: every variant's numbers, its answers, and the arithmetic of its steps."""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import numpy as np

from deckbuilder.drill_reports import Drill, drills_of
from deckbuilder.drills.points import Point
from deckbuilder.drills.quantities import Value
from deckbuilder.pipeline import prepare

CONTENT = Path(__file__).resolve().parents[2] / "content"

Solve = Callable[..., Mapping[str, Any]]
"""A calculation of our own: a drill's parameters as keywords, floats and arrays, give its answers by name."""


@cache
def all_drills() -> dict[str, Drill]:
    """Return the deck's drills and their levels by key, with the variants that a learner without a lock would get."""
    prepared, result = prepare(CONTENT)
    assert prepared is not None
    assert [str(found) for found in result.diagnostics if found.is_error] == []
    return {drill.key: drill for drill in drills_of(prepared)}


def points(key: str) -> list[Point]:
    """Return all variants of a drill, the example first."""
    chosen = all_drills()[key].chosen
    assert chosen is not None
    return [chosen.example, *(point for _, point in chosen.live)]


def number(value: Value) -> Any:
    """Return a value of a drill as a float, or as an array of floats."""
    if isinstance(value, tuple):
        return np.array([number(entry) for entry in value])
    return float(value)


def answers(key: str) -> dict[str, Any]:
    """Return what the example's answers are."""
    return {name: number(value) for name, value in points(key)[0].answers.items()}


def assert_solved_by(key: str, solve: Solve) -> None:
    """Compare the answers of all variants with those of a calculation of our own."""
    found = points(key)
    assert len(found) == 13
    for point in found:
        values = {name: number(value) for name, value in point.values.items()}
        expected = solve(**values)
        assert expected.keys() == point.answers.keys(), key
        for name, answer in point.answers.items():
            given, wanted = number(answer), np.asarray(expected[name])
            assert np.shape(given) == wanted.shape, (key, values, name)
            assert np.allclose(given, wanted, rtol=1e-9, atol=1e-15), (key, values, name, given, wanted)


def slope(f: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of a function by central differences, in the shape of its argument."""
    at = np.asarray(at, dtype=float)
    found = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        there = np.zeros_like(at)
        there[index] = step
        found[index] = (f(at + there) - f(at - there)) / (2 * step)
    return found


# --- the arithmetic of the steps ----------------------------------------------------

_FORMULA = re.compile(r"(?<![\\$])\$([^$]+)\$")
_OPERATIONS: Mapping[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip


def wrong_sums(key: str) -> list[tuple[str, str, str]]:
    """Return the equations between numbers that do not hold in some variant's steps."""
    return [equation for equation in equations(key) if holds(*equation) is False]


def equations(key: str) -> list[tuple[str, str, str]]:
    """Return the equations in the steps of all variants: left side, sign, right side."""
    return [equation for point in points(key) for equation in _equations(point)]


def _equations(point: Point) -> Iterator[tuple[str, str, str]]:
    for step in point.steps:
        for formula in _FORMULA.findall(step):
            sides = re.split(r"(=|\\approx)", formula)
            for left, sign, right in zip(sides[::2], sides[1::2], sides[2::2], strict=False):
                yield left.strip(), sign, right.strip()


def holds(left: str, sign: str, right: str) -> bool | None:
    """Whether an equation between numbers is right as far as its digits go; None where letters stand in it.

    After `=` both sides are exactly equal. After `\\approx` the right side is rounded, and what it was worked out from
    may have been rounded before: five units of its last digit are allowed.
    """
    one, other = value_of(left), value_of(right)
    if one is None or other is None:
        return None
    if sign == "=":
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    decimals = re.search(r"\.(\d+)", right)
    return abs(one - other) <= 5 * 10.0 ** -(len(decimals[1]) if decimals else 0)


def value_of(tex: str) -> float | None:
    """Return what a formula of numbers alone comes to; None for any other."""
    text = tex.replace("{,}", "").replace(r"\cdot", "*").replace(r"\thinspace", "*").replace(r"\log2", "(0.6931)")
    text = text.replace(r"\left(", "(").replace(r"\right)", ")")
    previous = ""
    while text != previous:
        previous = text
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
        text = re.sub(r"\\frac(\d)(\d)", r"(\1/\2)", text)
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r"((\1)**0.5)", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    text = re.sub(r"\^(\d)", r"**\1", text)
    text = re.sub(r"(?<=[\d)])\s*(?=\()", "*", text)
    if not re.fullmatch(r"[\d.+\-*/() ]+", text):
        return None
    return _evaluated(ast.parse(text.strip(), mode="eval").body)


def _evaluated(node: ast.AST) -> float:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.UnaryOp):
        return _OPERATIONS[type(node.op)](_evaluated(node.operand))
    assert isinstance(node, ast.BinOp), ast.dump(node)
    return _OPERATIONS[type(node.op)](_evaluated(node.left), _evaluated(node.right))


def sizes(value: Value) -> tuple[str, ...]:
    """Return what a learner would remember of an answer: its entries without their signs and their order."""
    return tuple(sorted(f"{abs(entry):.3g}" for entry in np.ravel(number(value))))


def most_common(key: str) -> int:
    """Return how many variants share what a learner would remember of the last answer, which the drill leads to."""
    return Counter(sizes([*point.answers.values()][-1]) for point in points(key)).most_common(1)[0][1]
