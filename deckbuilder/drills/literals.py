"""Numbers, vectors and matrices as an author writes them in YAML, read exactly from their text."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from deckbuilder.drills.limits import MAX_DIGITS, NoValue
from deckbuilder.drills.quantities import Value, array
from deckbuilder.yaml_text import YamlValue

_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,4}))?", re.ASCII)
_FRACTION: Final = re.compile(r"[+-]?\d+ ?/ ?\d+", re.ASCII)
_LEADING_ZERO: Final = re.compile(r"[+-]?0\d")


class NotAValue(Exception):
    """A YAML value that is no number, vector or matrix: why, and which part of it is at fault."""

    def __init__(self, problem: str, value: YamlValue) -> None:
        super().__init__(problem)
        self.problem = problem
        self.value = value


def read_number(text: str) -> Fraction | None:
    """Return the number that a text says exactly (`0.1` is 1/10, `1/3`, `1e-3`, `1_000`), or None if it is none."""
    match = _DECIMAL.fullmatch(text)
    if len(text) > MAX_DIGITS or _LEADING_ZERO.match(text):  # Python and YAML disagree on what 010 is
        return None
    if match:
        return Fraction(text.replace("_", "")) if abs(int(match.group(1) or "0")) <= MAX_DIGITS else None
    if _FRACTION.fullmatch(text):
        above, below = text.split("/")
        return Fraction(int(above), int(below)) if int(below) else None
    return None


def read_whole(text: str) -> int | None:
    """Return the whole number that a text says, or None."""
    found = read_number(text)
    return found.numerator if found is not None and found.denominator == 1 else None


def read_value(value: YamlValue) -> Value:
    """Return the number, or the vector or matrix of a list; raises NotAValue at the entry that is wrong."""
    if isinstance(value.data, list):
        try:
            return array(tuple([read_value(entry) for entry in value.data]))
        except NoValue as error:
            raise NotAValue(error.problem, value) from error
    found = None if isinstance(value.data, dict) else read_number(value.text)
    if found is None:
        written = f"`{value.text}`" if value.text else "this"
        raise NotAValue(f"{written} is not a number, such as 0.5, -3, 1/3 or 1e-3", value)
    return found
