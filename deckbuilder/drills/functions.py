"""The functions that an expression may call: nothing else can be called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import combinations
from typing import Final, TypeAlias

from msgspec import Struct

from deckbuilder.drills import quantities as q
from deckbuilder.drills.limits import TRANSCENDENTAL_STEPS, NoValue, Work
from deckbuilder.drills.quantities import Number, Value

Arguments: TypeAlias = "tuple[Value, ...]"


class Function(Struct, frozen=True):
    """A function: what it does with its arguments, and how many it takes, at least and at most (None: any number)."""

    call: Callable[[Arguments, Work], Value]
    least: int = 1
    most: int | None = 1


def _each(operation: Callable[[Number], Number], steps: int = 0) -> Function:
    """Make a function of one number into one that takes vectors and matrices too."""

    def call(arguments: Arguments, work: Work) -> Value:
        work.spend(steps * sum(1 for _ in q.entries_of(arguments[0])))
        return q.each(operation, arguments[0], work)

    return Function(call)


def _numbers(arguments: Arguments, work: Work) -> list[Number]:
    """Return the numbers of one vector or matrix, or the arguments themselves where there are several."""
    found = list(q.entries_of(arguments[0] if len(arguments) == 1 else arguments))
    work.spend(len(found))
    return found


def _sum(arguments: Arguments, work: Work) -> Number:
    total: Number = q.ZERO
    for number in _numbers(arguments, work):
        total = q.add(total, number)
    return total


def _mean(arguments: Arguments, work: Work) -> Number:
    return q.divide(_sum(arguments, work), Fraction(len(_numbers(arguments, work))))


def _variance(arguments: Arguments, work: Work) -> Number:
    mean = _mean(arguments, work)
    squares = [q.power(q.subtract(number, mean), Fraction(2)) for number in _numbers(arguments, work)]
    return _mean((tuple(squares),), work)


def _least(arguments: Arguments, work: Work) -> Number:
    numbers = _numbers(arguments, work)
    best = numbers[0]
    for number in numbers[1:]:
        best = number if q.less(number, best) else best
    return best


def _most(arguments: Arguments, work: Work) -> Number:
    numbers = _numbers(arguments, work)
    return numbers[_argmax(numbers)]


def _argmax(numbers: list[Number]) -> int:
    best = 0
    for index, number in enumerate(numbers):
        best = index if q.less(numbers[best], number) else best
    return best


def _position(arguments: Arguments, work: Work) -> Number:
    if len(q.shape_of(arguments[0])) != 1:
        raise NoValue("`argmax` takes a vector")
    return Fraction(_argmax(_numbers(arguments, work)))


def _logarithm(arguments: Arguments, work: Work) -> Value:
    base = q.number(arguments[1]) if len(arguments) == 2 else None
    work.spend(TRANSCENDENTAL_STEPS * sum(1 for _ in q.entries_of(arguments[0])))
    return q.each(lambda number: q.logarithm(number, base), arguments[0], work)


def _round(arguments: Arguments, work: Work) -> Value:
    decimals = q.integer(arguments[1]) if len(arguments) == 2 else 0
    if not -300 <= decimals <= 300:
        raise NoValue("decimals beyond 300")
    return q.each(lambda number: q.rounded(number, decimals), arguments[0], work)


def _length(arguments: Arguments, work: Work) -> Number:
    work.spend(1)
    if not isinstance(arguments[0], tuple):
        raise NoValue("`len` takes a vector or a matrix")
    return Fraction(len(arguments[0]))


def _distinct(arguments: Arguments, work: Work) -> bool:
    values = arguments[0] if len(arguments) == 1 else arguments
    if not isinstance(values, tuple):
        raise NoValue("`distinct` takes several values, or a vector")
    work.spend(len(values) ** 2)
    return not any(q.same(one, other) for one, other in combinations(values, 2))


def _places(arguments: Arguments, work: Work) -> Number:
    return Fraction(max(q.decimal_places(number) for number in _numbers(arguments, work)))


def _dot(arguments: Arguments, work: Work) -> Number:
    left, right = arguments
    if not isinstance(left, tuple) or not isinstance(right, tuple) or len(q.shape_of(left) + q.shape_of(right)) != 2:
        raise NoValue("`dot` takes two vectors; for matrices write `@`")
    return q.inner(left, right, work)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "softmax": Function(lambda arguments, work: q.softmax(arguments[0], work)),
    "relu": _each(q.rectified),
    "step": _each(q.unit_step),
    "sigmoid": _each(q.logistic, TRANSCENDENTAL_STEPS),
    "tanh": _each(q.hyperbolic_tangent, TRANSCENDENTAL_STEPS),
    "exp": _each(q.exponential, TRANSCENDENTAL_STEPS),
    "log": Function(_logarithm, 1, 2),
    "sqrt": _each(q.root, TRANSCENDENTAL_STEPS),
    "dot": Function(_dot, 2, 2),
    "outer": Function(lambda arguments, work: q.outer(arguments[0], arguments[1], work), 2, 2),
    "T": Function(lambda arguments, _: q.transposed(arguments[0])),
    "sum": Function(_sum, 1, None),
    "mean": Function(_mean, 1, None),
    "var": Function(_variance, 1, None),
    "min": Function(_least, 1, None),
    "max": Function(_most, 1, None),
    "abs": _each(q.absolute),
    "round": Function(_round, 1, 2),
    "floor": _each(q.floor),
    "ceil": _each(q.ceiling),
    "len": Function(_length),
    "argmax": Function(_position),
    "distinct": Function(_distinct, 1, None),
    "places": Function(_places, 1, None),
}
