"""Numbers, vectors and matrices as a person writes them: in a formula, in prose, in code.

Without a format a number stands as it is: 0.471, 123651840, and 5·10⁻⁸ where it is under 0.0001 or has more than 15
digits before the point. One that has no end (1/3), of which more than ten digits would be needed, or that came from
exp, log or a root is rounded to four significant figures, and to whole units where it has more digits than that before
the point: 0.3333, 2.718, 123457. Whether `=` or `\\approx` is right before it is the author's to say.

All rounding is half to even, of the exact value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final

from msgspec import Struct

from deckbuilder.drills.limits import NoValue
from deckbuilder.drills.quantities import (
    NO_DECIMALS_ENOUGH,
    Number,
    Value,
    decimal_places,
    named,
    rounded,
    shape_of,
    steady,
)

_FIGURES: Final = 4  # of a number that is rounded for want of an end
_EXACT_FIGURES: Final = 10  # a number that has no more is never rounded
_LONGEST_WHOLE: Final = 15  # digits before the point, beyond which a power of ten is split off
_FORMAT: Final = re.compile(
    r"(?P<digits>\d{1,2})?(?P<how>g|frac|mat)?(?P<matrix>mat)?(?P<sign>[p+])?(?P<comma>,)?", re.ASCII
)
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Script(StrEnum):
    """Where a number stands: in a formula, amid words, or in code."""

    LATEX = "latex"
    PROSE = "prose"
    CODE = "code"


class Format(Struct, frozen=True):
    """How a value is to be written: what stands after the colon of a placeholder."""

    digits: int | None = None  # decimals, or significant figures
    significant: bool = False
    fraction: bool = False
    matrix: bool = False
    brackets: bool = False  # around what begins with a sign
    signed: bool = False  # as the next term of a sum: "+ 3", "- 3"
    thousands: bool = False


PLAIN: Final = Format()


def parse_format(text: str) -> Format | None:
    """Return the format that `3`, `3g`, `frac`, `mat`, `p`, `+`, `,` or several of them in this order say."""
    match = _FORMAT.fullmatch(text)
    if not match:
        return None
    digits, how, matrix, sign, comma = match.group("digits", "how", "matrix", "sign", "comma")
    if (how == "g" and not digits) or (how == "frac" and digits) or (how == "mat" and matrix):
        return None
    if how == "g" and int(digits) == 0:
        return None
    return Format(
        digits=int(digits) if digits else None,
        significant=how == "g",
        fraction=how == "frac",
        matrix=how == "mat" or matrix is not None,
        brackets=sign == "p",
        signed=sign == "+",
        thousands=comma is not None,
    )


def write(value: Value, how: Format = PLAIN, script: Script = Script.PROSE, *, powered: bool = False) -> str:
    """Return a value as text for a script; `powered` says that an exponent follows.

    Raises NoValue where the value cannot be written so: a condition, a fraction of what is none, a matrix of a number.
    """
    if isinstance(value, bool):
        raise NoValue("a condition cannot be shown; show a number")
    if how.matrix and not isinstance(value, tuple):
        raise NoValue("`:mat` is for vectors and matrices, this is a number")
    if isinstance(value, tuple):
        if how.signed:
            raise NoValue(f"`:+` is for numbers, this is {named(value)}")
        return _array(value, how, script)
    text = _number(value, how, script)
    if how.signed:
        sign, size = (text[0], text[1:]) if text[0] in "-−" else ("+", text)
        return f"{sign} {size}"
    if (how.brackets and text[0] in "-−") or (powered and _needs_brackets_for_power(text)):
        return rf"\left({text}\right)" if r"\frac" in text else f"({text})"
    return text


def _needs_brackets_for_power(text: str) -> bool:
    return text[0] in "-−" or any(mark in text for mark in ("frac", "/", "cdot", "·", "e"))


def _array(value: tuple[Value, ...], how: Format, script: Script) -> str:
    rows = [row if isinstance(row, tuple) else (row,) for row in value]
    cells = [[_number(cell, how, script) for cell in row if not isinstance(cell, tuple | bool)] for row in rows]
    is_matrix = len(shape_of(value)) == 2
    if script is Script.LATEX and (is_matrix or how.matrix):
        joined_rows = r" \\ ".join(" & ".join(row) for row in cells)
        return rf"\begin{{pmatrix}} {joined_rows} \end{{pmatrix}}"
    if script is Script.CODE or is_matrix:
        joined = [", ".join(row) for row in cells]
        return f"[{', '.join(f'[{row}]' if is_matrix else row for row in joined)}]"
    return f"({', '.join(row[0] for row in cells)})"


@lru_cache(maxsize=8_192, typed=True)  # a drill writes the same few numbers in many variants
def _number(value: Number, how: Format, script: Script) -> str:
    if how.fraction:
        text = _fraction(value, script)
    else:
        digits, exponent = _digits(value, how)
        text = _scientific(digits, exponent, script) if exponent is not None else digits
    if how.thousands:
        text = _grouped(text, "{,}" if script is Script.LATEX else ",")
    return text.replace("-", "−") if script is Script.PROSE else text


def _fraction(value: Number, script: Script) -> str:
    if isinstance(value, Decimal):
        raise NoValue("this number is not a fraction: it comes from exp, log or a root")
    if value.denominator == 1:
        return str(value.numerator)
    above, below = abs(value.numerator), value.denominator
    text = rf"\frac{{{above}}}{{{below}}}" if script is Script.LATEX else f"{above}/{below}"
    return f"-{text}" if value < 0 else text


def _digits(value: Number, how: Format) -> tuple[str, int | None]:
    """Return a number in decimals, and the power of ten that it is to be multiplied by where one was split off."""
    found = steady(value)
    if how.digits is not None:
        return significant(found, how.digits) if how.significant else (fixed(found, how.digits), None)
    if not found:
        return "0", None
    exponent = magnitude(found)
    if stands_exactly(value):
        if _is_near(exponent):
            return fixed(found, decimal_places(value)), None
        scaled = found / Fraction(10) ** exponent
        return fixed(scaled, decimal_places(scaled)), exponent
    return significant(found, max(_FIGURES, exponent + 1) if exponent < _LONGEST_WHOLE else _FIGURES)


def stands_exactly(value: Number) -> bool:
    """Whether a number is shown without rounding where no format asks for it."""
    if isinstance(value, Decimal) or not value:
        return not value
    exponent, places = magnitude(value), decimal_places(value)
    if places == 0 and exponent < _LONGEST_WHOLE:
        return True
    if not places:
        return decimal_places(value / Fraction(10) ** exponent) < _EXACT_FIGURES
    return places != NO_DECIMALS_ENOUGH and places + exponent < _EXACT_FIGURES  # its last decimal is not 0


def _is_near(exponent: int) -> bool:
    return -4 <= exponent < _LONGEST_WHOLE


def magnitude(value: Fraction) -> int:
    """Return the exponent of the largest power of ten that is not above the number's size."""
    above, below = abs(value.numerator), value.denominator  # whole numbers: this is where writing spends its time
    estimate = len(str(above)) - len(str(below))
    reached = above >= below * 10**estimate if estimate >= 0 else above * 10**-estimate >= below
    return estimate if reached else estimate - 1


def fixed(value: Fraction, decimals: int) -> str:
    """Return a number rounded half to even, with exactly so many decimals; what rounds to 0 has no sign."""
    units, rest = divmod(value.numerator * 10**decimals, value.denominator)
    if 2 * rest + units % 2 > value.denominator:
        units += 1
    digits = str(abs(units)).rjust(decimals + 1, "0")
    whole, part = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    return f"{'-' if units < 0 else ''}{whole}{'.' if part else ''}{part}"


def significant(value: Fraction, figures: int) -> tuple[str, int | None]:
    """Return a number rounded half to even to so many significant figures, a power of ten split off where it helps.

    It is split off below 0.0001, and where the last figure is left of the point and the number 1,000,000 or more.
    """
    if not value:
        return fixed(value, figures - 1), None
    near = rounded(value, figures - 1 - magnitude(value))
    exponent = magnitude(near)  # that of 9.99 may have gone up
    if -4 <= exponent < max(6, figures):
        return fixed(near, max(0, figures - 1 - exponent)), None
    return fixed(near / Fraction(10) ** exponent, figures - 1), exponent


def _scientific(digits: str, exponent: int, script: Script) -> str:
    if script is Script.CODE:
        return f"{digits}e{exponent}"
    power = f"10^{{{exponent}}}" if script is Script.LATEX else f"10{str(exponent).translate(_SUPERSCRIPT)}"
    if digits in ("1", "-1"):
        return digits.replace("1", power)
    return rf"{digits} \cdot {power}" if script is Script.LATEX else f"{digits}·{power}"


def _grouped(text: str, comma: str) -> str:
    match = re.match(r"-?\d+", text)
    if not match:
        return text
    sign, whole = ("-", match.group()[1:]) if match.group()[0] == "-" else ("", match.group())
    return sign + f"{int(whole):,}".replace(",", comma) + text[match.end() :]
