"""The values that a parameter may take: numbers of a grid or a list, single or as entries of a vector or matrix."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from math import prod
from typing import Final, TypeAlias

from msgspec import Struct

from deckbuilder.drills.quantities import Shape, Value, exact_text, filled, shape_of

_WORD: Final = 1 << 64


class Grid(Struct, frozen=True):
    """The numbers low, low + step, … of which there are `count`, without those numbered in `left_out` (ascending)."""

    low: Fraction
    step: Fraction
    count: int
    left_out: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.count - len(self.left_out)

    def __getitem__(self, index: int) -> Value:
        for skipped in self.left_out:
            if skipped > index:
                break
            index += 1
        return self.low + index * self.step

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, Fraction):
            return False
        steps = (value - self.low) / self.step
        if steps.denominator != 1 or not 0 <= steps < self.count:
            return False
        at = bisect_right(self.left_out, steps.numerator)
        return not at or self.left_out[at - 1] != steps


Pool: TypeAlias = "Grid | tuple[Value, ...]"


class Domain(Struct, frozen=True):
    """The values of a parameter: of a shape whose every entry is taken from `pool`.

    A pool may hold vectors or matrices themselves, then the shape is ().
    """

    pool: Pool
    shape: Shape = ()

    @property
    def points(self) -> int:
        """How many values there are."""
        return int(len(self.pool) ** prod(self.shape))

    @property
    def value_shape(self) -> Shape:
        """The shape of each value."""
        return self.shape or shape_of(self.pool[0])

    def in_words(self) -> str:
        """Return what the values are: "-1 to 1 in steps of 0.1 without 0", "vectors of 3 numbers out of 1, 2"."""
        if isinstance(self.pool, Grid):
            last = self.pool.low + (self.pool.count - 1) * self.pool.step
            entries = f"{exact_text(self.pool.low)} to {exact_text(last)} in steps of {exact_text(self.pool.step)}"
            left_out = ", ".join(exact_text(self.pool.low + at * self.pool.step) for at in self.pool.left_out)
            entries += f" without {left_out}" if left_out else ""
        else:
            entries = ", ".join(map(exact_text, self.pool))
        if not self.shape:
            return entries
        if len(self.shape) == 1:
            return f"vectors of {self.shape[0]} numbers out of {entries}"
        return f"matrices of {self.shape[0]} by {self.shape[1]} numbers out of {entries}"

    def __contains__(self, value: object) -> bool:
        if not self.shape:
            return value in self.pool
        if not isinstance(value, tuple) or shape_of(value) != self.shape:
            return False
        rows = value if len(self.shape) == 2 else (value,)
        return all(entry in self.pool for row in rows for entry in row)

    def at(self, index: int) -> Value:
        """Return the value number `index`, which counts the entries' choices like digits, the first the highest."""
        entries: list[Value] = []
        for _ in range(prod(self.shape)):
            index, digit = divmod(index, len(self.pool))
            entries.append(self.pool[digit])
        return filled(self.shape, entries[::-1])

    def draw(self, *stream: object) -> Value:
        """Return a value that depends on nothing but the domain and the words of `stream`, all values equally likely.

        The words' SHA-256, a counter behind them, gives 64 bits an entry; bits that would favour some values over
        others are passed over.
        """
        words = uniform(len(self.pool), *stream)
        return filled(self.shape, [self.pool[next(words)] for _ in range(prod(self.shape))])


def uniform(limit: int, *stream: object) -> Iterator[int]:
    """Yield numbers from 0 to `limit` (excluded) for ever, all equally likely and always the same for a stream."""
    prefix = "\x1f".join(map(str, stream))
    fair = _WORD - _WORD % limit
    counter = 0
    while True:
        digest = sha256(f"{prefix}\x1f{counter}".encode()).digest()
        word = int.from_bytes(digest[:8], "big")
        if word < fair:
            yield word % limit
        counter += 1
