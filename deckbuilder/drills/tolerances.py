"""How near an answer must come, and how a result is shown so that what is shown would count as right."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from msgspec import Struct

from deckbuilder.drills.quantities import Number, Value, entries_of, exact_text, steady
from deckbuilder.drills.writing import Format, magnitude, stands_exactly

MOST_DIGITS: Final = 30
_FIGURES: Final = 6
"""Significant figures of an irrational number where nothing says how many are wanted."""


class Nearness(StrEnum):
    """What a tolerance is measured in."""

    EXACT = "exact"
    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    DECIMALS = "decimals"
    SIGNIFICANT = "significant"


class Tolerance(Struct, frozen=True):
    """How near an answer must come: by how much at most, by what share of the result, or to how many digits."""

    nearness: Nearness = Nearness.EXACT
    amount: Fraction = Fraction(0)

    @property
    def is_exact(self) -> bool:
        """Whether nothing but the exact result counts as right."""
        return self.nearness is Nearness.EXACT or (
            self.nearness in (Nearness.ABSOLUTE, Nearness.RELATIVE) and not self.amount
        )

    def band(self, value: Number) -> Fraction:
        """Return how far from `value` an answer may be; both ends count as right.

        For decimals and significant figures it is half a unit of the last digit wanted.
        """
        result = steady(value)
        if self.nearness is Nearness.EXACT:
            return Fraction(0)
        if self.nearness is Nearness.ABSOLUTE:
            return self.amount
        if self.nearness is Nearness.RELATIVE:
            return abs(result) * self.amount
        if self.nearness is Nearness.DECIMALS:
            return Fraction(1, 2 * 10 ** int(self.amount))
        if not result:
            return Fraction(0)
        unit: Fraction = Fraction(10) ** (magnitude(result) + 1 - int(self.amount))
        return unit / 2

    def differs(self, one: Value, other: Value) -> bool:
        """Whether `other` would not be taken for the result `one`: some entry is farther from it than the band."""
        pairs = zip(entries_of(one), entries_of(other), strict=True)
        return any(abs(steady(here) - steady(there)) > self.band(here) for here, there in pairs)

    def rule(self) -> str:
        """Return the rule in words, empty where the answer must be exact."""
        amount = exact_text(self.amount)
        if self.nearness is Nearness.ABSOLUTE and self.amount:
            return f"to within {amount}"
        if self.nearness is Nearness.RELATIVE and self.amount:
            return f"to within {exact_text(self.amount * 100)}%"
        if self.nearness is Nearness.DECIMALS:
            return (
                f"to {amount} decimal{'' if self.amount == 1 else 's'}"
                if self.amount
                else "to the nearest whole number"
            )
        if self.nearness is Nearness.SIGNIFICANT:
            return f"to {amount} significant figure{'' if self.amount == 1 else 's'}"
        return ""

    def format(self, value: Value) -> Format:
        """Return how to show a result: as it is where that is short, else with as many digits as the rule asks for."""
        if self.nearness is Nearness.DECIMALS:
            return Format(digits=int(self.amount))
        if self.nearness is Nearness.SIGNIFICANT:
            return Format(digits=int(self.amount), significant=True)
        entries = list(entries_of(value))
        if all(map(stands_exactly, entries)):
            return Format()
        if self.nearness is Nearness.EXACT or not self.amount:
            # A mistake may give a number that no fraction is.
            is_irrational = any(isinstance(entry, Decimal) for entry in entries)
            return Format(digits=_FIGURES, significant=True) if is_irrational else Format(fraction=True)
        if self.nearness is Nearness.RELATIVE:
            return Format(digits=self._figures(), significant=True)
        decimals = max(map(self._decimals, entries))
        if len(entries) == 1 and steady(entries[0]):
            decimals = max(decimals, 1 - magnitude(steady(entries[0])))  # a wide band must not show a small result as 0
        return Format(digits=decimals)

    def _decimals(self, value: Number) -> int:
        """Return how many decimals name a number within the band."""
        decimals = 0
        while Fraction(1, 10**decimals) > self.band(value) and decimals < MOST_DIGITS:
            decimals += 1
        return decimals

    def _figures(self) -> int:
        """Return how many significant figures name any number within the band."""
        figures = 1
        while Fraction(5, 10**figures) > self.amount and figures < MOST_DIGITS:
            figures += 1
        return figures
