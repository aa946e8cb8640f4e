"""Numbers, vectors and matrices as a drill reckons with them: exact wherever that is possible.

A number is a Fraction as long as it is rational. What exp, log, a root and the like give, unless it happens to be
rational, is a Decimal of 40 significant digits, rounded half to even after each operation; a Fraction that meets a
Decimal is first divided out to 40 digits. Intermediate results inside one function carry 60 digits. Both are defined
to the last digit by the decimal standard, so every machine and every version of Python gives the same digits.

Two numbers of which at least one is a Decimal count as equal where they differ by less than 1e-30 of the larger, or by
less than 1e-30: ten digits are left for what calculation loses. Before it is rounded, a Decimal is first brought to 30
significant digits for the same reason.

A vector is a tuple of numbers, a matrix a tuple of rows of equal length. There is nothing of higher order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from typing import Final, TypeAlias, TypeVar

from deckbuilder.drills.limits import MAX_BITS, MAX_ENTRIES, MAX_EXPONENT, TRANSCENDENTAL_STEPS, NoValue, Work

Number: TypeAlias = Fraction | Decimal
Value: TypeAlias = "Fraction | Decimal | bool | tuple[Value, ...]"
Shape: TypeAlias = tuple[int, ...]
"""() of a number, (n,) of a vector of n entries, (r, c) of a matrix of r rows and c columns."""

ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)
NO_DECIMALS_ENOUGH: Final = 1_000
"""What `places` gives for a number that no count of decimals writes exactly."""

_TRAPS: Final = [InvalidOperation, DivisionByZero, Overflow]
_RANGE: Final = 2_000  # larger than 1e2000 is an error, smaller than 1e-2000 is 0
KEPT: Final = Context(prec=40, rounding=ROUND_HALF_EVEN, Emin=-_RANGE, Emax=_RANGE, traps=_TRAPS)
FINER: Final = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-_RANGE, Emax=_RANGE, traps=_TRAPS)
STEADY: Final = Context(prec=30, rounding=ROUND_HALF_EVEN, Emin=-_RANGE, Emax=_RANGE, traps=_TRAPS)
_CLOSE: Final = Decimal("1e-30")
_TINY: Final = Decimal("1e-20")

_T = TypeVar("_T")


# Shapes


def shape_of(value: Value) -> Shape:
    """Return the shape of a number, vector or matrix."""
    if not isinstance(value, tuple):
        return ()
    first = value[0]
    return (len(value), len(first)) if isinstance(first, tuple) else (len(value),)


def array(entries: tuple[Value, ...]) -> Value:
    """Return the vector of numbers or matrix of rows that `entries` make; raises NoValue where they make neither."""
    if not entries:
        raise NoValue("a vector needs at least one entry")
    shapes = {shape_of(entry) for entry in entries}
    if any(isinstance(entry, bool) for entry in entries):
        raise NoValue("an entry of a vector must be a number, not a condition")
    if len(shapes) > 1 and () in shapes:
        raise NoValue("the entries must all be numbers, or all be rows of numbers")
    if len(shapes) > 1:
        raise NoValue("the rows of a matrix must have the same length")
    shape = (len(entries), *shapes.pop())
    if len(shape) > 2:
        raise NoValue("a matrix has rows and columns and nothing deeper")
    if math.prod(shape) > MAX_ENTRIES:
        raise NoValue(f"more than {MAX_ENTRIES} entries")
    return entries


def entries_of(value: Value) -> Iterator[Number]:
    """Yield the numbers of a value, a matrix row by row; raises NoValue at a condition."""
    if isinstance(value, tuple):
        for entry in value:
            yield from entries_of(entry)
    else:
        yield number(value)


def number(value: Value) -> Number:
    """Return `value`, which must be a single number; raises NoValue otherwise."""
    if isinstance(value, bool):
        raise NoValue("a condition is not a number; write `1 if … else 0`")
    if isinstance(value, tuple):
        raise NoValue(f"a number is needed here, not {named(value)}")
    return value


def integer(value: Value) -> int:
    """Return `value`, which must be a whole number; raises NoValue otherwise."""
    found = number(value)
    if isinstance(found, Decimal) or found.denominator != 1:
        raise NoValue("a whole number is needed here")
    return found.numerator


def named(value: Value) -> str:
    """Return what a value is, in words: "a number", "a vector of 3", "a matrix of 2 by 3", "a condition"."""
    if isinstance(value, bool):
        return "a condition"
    shape = shape_of(value)
    if not shape:
        return "a number"
    return f"a vector of {shape[0]}" if len(shape) == 1 else f"a matrix of {shape[0]} by {shape[1]}"


def filled(shape: Shape, entries: list[_T]) -> _T | tuple[_T, ...] | tuple[tuple[_T, ...], ...]:
    """Return the entries, given row by row, in their shape."""
    if not shape:
        return entries[0]
    if len(shape) == 1:
        return tuple(entries)
    rows, columns = shape
    return tuple(tuple(entries[row * columns : (row + 1) * columns]) for row in range(rows))


def each(operation: Callable[[Number], Number], value: Value, work: Work) -> Value:
    """Return `operation` of every entry, in the value's own shape."""
    if isinstance(value, tuple):
        return tuple(each(operation, entry, work) for entry in value)
    work.spend(1)
    return operation(number(value))


def pairwise(operation: Callable[[Number, Number], Number], left: Value, right: Value, work: Work) -> Value:
    """Return `operation` entry by entry.

    A number goes with every entry, and a vector with every row of a matrix of as many columns, as in NumPy.
    """
    if not isinstance(left, tuple) and not isinstance(right, tuple):
        work.spend(1)
        return operation(number(left), number(right))
    here, there = shape_of(left), shape_of(right)
    if here and there and here != there and not (len(here) != len(there) and here[-1] == there[-1]):
        raise NoValue(f"{named(left)} and {named(right)} do not fit together")
    if len(here) >= len(there) and isinstance(left, tuple):
        rows = right if here == there and isinstance(right, tuple) else (right,) * len(left)
        return tuple(pairwise(operation, one, other, work) for one, other in zip(left, rows, strict=True))
    if not isinstance(right, tuple):  # one of the two is, and it was not the left
        raise TypeError(right)
    return tuple(pairwise(operation, left, other, work) for other in right)


# Single numbers


def approximate(value: Number, context: Context = KEPT) -> Decimal:
    """Return the Decimal nearest to a number."""
    if isinstance(value, Decimal):
        return value
    return _decimal(context.divide, Decimal(value.numerator), Decimal(value.denominator))


def steady(value: Number) -> Fraction:
    """Return a number as a Fraction; a Decimal is first brought to the 30 digits that calculation does not touch."""
    return Fraction(STEADY.plus(value)) if isinstance(value, Decimal) else value


def bounded(value: Fraction) -> Fraction:
    """Return `value`; raises NoValue if it has more than some 300 digits."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise NoValue("a number of more than 300 digits")
    return value


def _decimal(operation: Callable[..., Decimal], *operands: Decimal) -> Decimal:
    try:
        return operation(*operands)
    except (DecimalException, ArithmeticError) as error:
        raise NoValue("a number that is too large") from error


def add(left: Number, right: Number) -> Number:
    """Return the sum."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return bounded(left + right)
    return _decimal(KEPT.add, approximate(left), approximate(right))


def subtract(left: Number, right: Number) -> Number:
    """Return the difference."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return bounded(left - right)
    return _decimal(KEPT.subtract, approximate(left), approximate(right))


def multiply(left: Number, right: Number) -> Number:
    """Return the product; 0 times anything is exactly 0."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return bounded(left * right)
    if ZERO in (left, right):
        return ZERO
    return _decimal(KEPT.multiply, approximate(left), approximate(right))


def divide(left: Number, right: Number) -> Number:
    """Return the quotient."""
    if not right:
        raise NoValue("division by zero")
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return bounded(left / right)
    if left == ZERO:
        return ZERO
    return _decimal(KEPT.divide, approximate(left), approximate(right))


def floor_divide(left: Number, right: Number) -> Number:
    """Return the quotient rounded down."""
    return floor(divide(left, right))


def remainder(left: Number, right: Number) -> Number:
    """Return what is left after dividing, with the sign of the divisor."""
    return subtract(left, multiply(right, floor_divide(left, right)))


def negative(value: Number) -> Number:
    """Return the number with its sign changed; 0 has none."""
    return -value if isinstance(value, Fraction) else KEPT.minus(value)


def absolute(value: Number) -> Number:
    """Return the number without its sign."""
    return abs(value) if isinstance(value, Fraction) else KEPT.abs(value)


def power(base: Number, exponent: Number) -> Number:
    """Return a power: exact for whole exponents and perfect roots of exact numbers."""
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _whole_power(base, exponent.numerator)
    if base < 0:
        raise NoValue("a negative number has no power that is not whole")
    if not base:
        if exponent < 0:
            raise NoValue("division by zero")
        return ZERO
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator <= 10:
        root = _exact_root(base, exponent.denominator)
        if root is not None:
            return _whole_power(root, exponent.numerator)
    logarithm = _decimal(FINER.ln, approximate(base, FINER))
    return _kept(_decimal(FINER.exp, _decimal(FINER.multiply, approximate(exponent, FINER), logarithm)))


def _whole_power(base: Number, exponent: int) -> Number:
    if abs(exponent) > MAX_EXPONENT:
        raise NoValue(f"an exponent beyond {MAX_EXPONENT}")
    if exponent < 0 and not base:
        raise NoValue("division by zero")
    if isinstance(base, Fraction):
        longest = max(base.numerator.bit_length(), base.denominator.bit_length())
        if (longest - 1) * abs(exponent) > MAX_BITS:
            raise NoValue("a number of more than 300 digits")
        return bounded(base**exponent)
    result, square, rest = Decimal(1), base, abs(exponent)
    while rest:  # plain multiplications: no library's idea of a power
        if rest & 1:
            result = _decimal(FINER.multiply, result, square)
        rest >>= 1
        square = _decimal(FINER.multiply, square, square) if rest else square
    return _kept(_decimal(FINER.divide, Decimal(1), result) if exponent < 0 else result)


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    above, below = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    return Fraction(above, below) if above is not None and below is not None else None


def _whole_root(value: int, degree: int) -> int | None:
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle**degree >= value else (middle + 1, high)
    return low if low**degree == value else None


def _kept(value: Decimal) -> Decimal:
    return _decimal(KEPT.plus, value)


def root(value: Number) -> Number:
    """Return the square root, exact where it is rational."""
    if value < 0:
        raise NoValue("the square root of a negative number")
    if isinstance(value, Fraction):
        exact = _exact_root(value, 2)
        if exact is not None:
            return exact
    return _kept(_decimal(FINER.sqrt, approximate(value, FINER)))


def exponential(value: Number) -> Number:
    """Return e to the power of a number."""
    return _kept(_exp(value)) if value else ONE


def _exp(value: Number) -> Decimal:
    return _decimal(FINER.exp, approximate(value, FINER))


def logarithm(value: Number, base: Number | None = None) -> Number:
    """Return the natural logarithm, or the one to a base, which is exact where it is a whole number."""
    if value <= 0:
        raise NoValue("the logarithm of a number that is not positive")
    if value == ONE:
        return ZERO
    natural = _decimal(FINER.ln, approximate(value, FINER))
    if base is None:
        return _kept(natural)
    if base <= 0 or base == ONE:
        raise NoValue("the base of a logarithm must be positive and not 1")
    found = _decimal(FINER.divide, natural, _decimal(FINER.ln, approximate(base, FINER)))
    nearest = round(found)
    if abs(found - nearest) < _CLOSE and abs(nearest) <= MAX_EXPONENT and _whole_power(base, nearest) == value:
        return Fraction(nearest)
    return _kept(found)


def logistic(value: Number) -> Number:
    """Return 1/(1 + e⁻ˣ)."""
    if not value:
        return Fraction(1, 2)
    small = _exp(negative(absolute(value)))  # never overflows
    above = Decimal(1) if value > 0 else small
    return _kept(_decimal(FINER.divide, above, FINER.add(Decimal(1), small)))


def hyperbolic_tangent(value: Number) -> Number:
    """Return (e²ˣ − 1)/(e²ˣ + 1)."""
    if not value:
        return ZERO
    if approximate(absolute(value)) < _TINY:  # x - x³/3 + …: x itself to 40 digits
        return approximate(value)
    small = _exp(multiply(Fraction(-2), absolute(value)))
    size = _decimal(FINER.divide, FINER.subtract(Decimal(1), small), FINER.add(Decimal(1), small))
    return _kept(size if value > 0 else FINER.minus(size))


def rectified(value: Number) -> Number:
    """Return the number where it is positive, else 0."""
    return value if value > 0 else ZERO


def unit_step(value: Number) -> Number:
    """Return 1 where the number is positive, else 0: the slope of `relu`."""
    return ONE if value > 0 else ZERO


def floor(value: Number) -> Number:
    """Return the number rounded down to a whole one."""
    return Fraction(math.floor(steady(value)))


def ceiling(value: Number) -> Number:
    """Return the number rounded up to a whole one."""
    return Fraction(math.ceil(steady(value)))


def rounded(value: Number, decimals: int = 0) -> Fraction:
    """Return the number rounded half to even."""
    return Fraction(round(steady(value), decimals))


def decimal_places(value: Number) -> int:
    """Return how many decimals write the number exactly, NO_DECIMALS_ENOUGH where none do."""
    if isinstance(value, Decimal):
        return NO_DECIMALS_ENOUGH
    rest = value.denominator
    twos = (rest & -rest).bit_length() - 1
    rest >>= twos
    fives = 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else NO_DECIMALS_ENOUGH


# Comparison


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal: exactly where both are exact, to 30 digits where one is not."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))
    if isinstance(left, tuple | bool) or isinstance(right, tuple | bool):
        return type(left) is type(right) and left == right
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    one, other = approximate(left), approximate(right)
    largest = max(Decimal(1), KEPT.abs(one), KEPT.abs(other))
    return KEPT.abs(KEPT.subtract(one, other)) <= KEPT.multiply(_CLOSE, largest)


def less(left: Number, right: Number) -> bool:
    """Whether one number is less than another and not merely off by what calculation loses."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left < right
    return not same(left, right) and approximate(left) < approximate(right)


# Vectors and matrices


def inner(left: tuple[Value, ...], right: tuple[Value, ...], work: Work) -> Number:
    """Return the sum of the products of two vectors' entries."""
    if len(left) != len(right):
        raise NoValue(f"{named(left)} and {named(right)} do not fit together")
    work.spend(2 * len(left))
    total: Number = ZERO
    for one, other in zip(left, right, strict=True):
        total = add(total, multiply(number(one), number(other)))
    return total


def transposed(value: Value) -> Value:
    """Return a matrix with rows and columns exchanged; a vector, which has neither, stays as it is."""
    if not isinstance(value, tuple):
        raise NoValue(f"a matrix is needed here, not {named(value)}")
    if len(shape_of(value)) == 1:
        return value
    return tuple(zip(*[row for row in value if isinstance(row, tuple)], strict=True))


def matrix_product(left: Value, right: Value, work: Work) -> Value:
    """Return the product of matrices and vectors; a vector is a row on the left and a column on the right."""
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        raise NoValue("`@` multiplies vectors and matrices; for numbers write `*`")
    here, there = shape_of(left), shape_of(right)
    if here[-1] != there[0]:
        raise NoValue(f"{named(left)} times {named(right)}: the inner sizes {here[-1]} and {there[0]} differ")
    if math.prod(here[:-1] + there[1:]) > MAX_ENTRIES:
        raise NoValue(f"more than {MAX_ENTRIES} entries")
    rows = [row for row in left if isinstance(row, tuple)] or [left]
    turned = transposed(right) if len(there) == 2 else (right,)
    columns = [column for column in turned if isinstance(column, tuple)] if isinstance(turned, tuple) else []
    entries = [inner(row, column, work) for row in rows for column in columns]
    return filled(here[:-1] + there[1:], entries)


def outer(left: Value, right: Value, work: Work) -> Value:
    """Return the matrix of the products of each entry of one vector with each of another."""
    if not isinstance(left, tuple) or not isinstance(right, tuple) or len(shape_of(left) + shape_of(right)) != 2:
        raise NoValue("`outer` takes two vectors")
    return matrix_product(tuple((entry,) for entry in left), (right,), work)


def softmax(value: Value, work: Work) -> Value:
    """Return e to each entry over the sum of them all, of a matrix row by row; exact where all entries are equal."""
    if not isinstance(value, tuple):
        raise NoValue("`softmax` takes a vector or a matrix")
    if len(shape_of(value)) == 2:
        return tuple(softmax(row, work) for row in value)
    entries = [number(entry) for entry in value]
    if all(entry == entries[0] for entry in entries):
        return (Fraction(1, len(entries)),) * len(entries)
    work.spend(TRANSCENDENTAL_STEPS * len(entries))
    largest = max(approximate(entry, FINER) for entry in entries)
    powers = [_exp(FINER.subtract(approximate(entry, FINER), largest)) for entry in entries]
    total = Decimal(0)
    for one in powers:
        total = FINER.add(total, one)
    return tuple(_kept(FINER.divide(one, total)) for one in powers)


# As text that can be kept


def exact_text(value: Value) -> str:
    """Return a value as text that stands for it: "0.471", "-1/3", "[1, 2]"; of a Decimal 20 digits after a "~"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(exact_text, value))}]"
    if isinstance(value, Decimal):
        return "~" + shortest_decimal(value, 20)
    places = decimal_places(value)
    if places == NO_DECIMALS_ENOUGH:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if value < 0 else ''}{whole}{'.' + part if part else ''}"


def shortest_decimal(value: Number, digits: int) -> str:
    """Return a number rounded half to even to at most `digits` significant digits; "2e-40" where far from 1."""
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN, Emin=-_RANGE, Emax=_RANGE, traps=_TRAPS)
    found = context.plus(STEADY.plus(approximate(value)))
    if not found:
        return "0"
    sign, written, exponent = found.normalize(context).as_tuple()
    if not isinstance(exponent, int):  # infinite or none: the context has raised before
        raise TypeError(exponent)
    text = "".join(map(str, written))
    if abs(found.adjusted()) > 30:
        text = f"{text[0]}{'.' + text[1:] if text[1:] else ''}e{found.adjusted()}"
    elif exponent >= 0:
        text += "0" * exponent
    else:
        text = text.rjust(1 - exponent, "0")
        text = f"{text[:exponent]}.{text[exponent:]}"
    return ("-" if sign else "") + text


def read_exact(text: str) -> Value:
    """Return the exact value that `exact_text` wrote; raises ValueError for any other text."""
    if len(text) > 50 * MAX_ENTRIES:
        raise ValueError("too long")
    if text.startswith("[["):
        value = _read_array(tuple(map(_read_row, text[2:-2].split("], ["))))
    elif text.startswith("["):
        value = _read_row(text[1:-1])
    else:
        value = _read_number(text)
    if exact_text(value) != text:
        raise ValueError("not a value as it is kept")
    return value


def _read_row(text: str) -> Value:
    return _read_array(tuple(map(_read_number, text.split(", "))))


def _read_array(entries: tuple[Value, ...]) -> Value:
    try:
        return array(entries)
    except NoValue as error:  # rows of different lengths, or too many
        raise ValueError(error.problem) from error


def _read_number(text: str) -> Fraction:
    if len(text) > 2 * MAX_BITS or not set(text) <= set("0123456789-./"):
        raise ValueError("not a number")
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise ValueError("not a number") from error
