"""How much a drill may ask of the machine that builds it: a stranger's drill must neither hang nor fill it."""

from __future__ import annotations

import re
from typing import Final

from deckbuilder.diagnostics import Span

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
"""What a parameter or a quantity may be called."""

MAX_BLOCK: Final = 100_000  # characters of a drill
MAX_TEXT: Final = 1_000  # characters of one expression
MAX_DEPTH: Final = 60  # operations inside one another
MAX_BITS: Final = 1_024  # of a numerator or a denominator: some 300 digits
MAX_DIGITS: Final = 300  # of a number as written, and the largest power of ten
MAX_EXPONENT: Final = 1_000
MAX_ENTRIES: Final = 400  # of a vector or matrix
MAX_POOL: Final = 1_000_000_000  # values of a single number
MAX_NAMES: Final = 200  # parameters, or names under `let`
MAX_NAME: Final = 40  # characters
MAX_EXPRESSIONS: Final = 2_000  # of a drill with all its levels
MAX_LEVELS: Final = 20
MAX_VARIANTS: Final = 200
MAX_ATTEMPTS: Final = 2_000  # draws for one variant
MAX_POINT_STEPS: Final = 20_000  # steps for all that one variant needs
MAX_STEPS: Final = 600_000  # steps for all variants of a drill and of its levels, which have equal shares
MAX_SURVEY_STEPS: Final = 60_000_000  # steps of `drill test`

TRANSCENDENTAL_STEPS: Final = 20
"""What an exponential, a logarithm or a root counts for: it takes as long as some twenty additions."""


VALUE_STEPS: Final = 5
"""What drawing one number counts for."""

NUMBER_STEPS: Final = 6
"""What writing a number into a text counts for."""

COMPARISON_STEPS: Final = 8
"""What counts for seeing whether one result would be taken for another."""

CHARACTERS_A_STEP: Final = 10
"""How many characters of a variant's texts count for one step."""


class NoValue(Exception):
    """An expression has no value: the reason, and as soon as it is known the part of the text at fault.

    `start` and `end` count characters of the expression's text, `end` 0 where the place is not known yet; `span` is
    the place in the file.
    """

    def __init__(self, problem: str, span: Span | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.start = 0
        self.end = 0
        self.span = span


class TooMuchWork(NoValue):
    """The bound on steps is reached: not a fact about the numbers but about the drill."""


class Work:
    """Counts steps, roughly a microsecond each, and stops the calculation that exceeds its bound."""

    __slots__ = ("done", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.done = 0

    def spend(self, steps: int) -> None:
        """Count `steps` more; raises TooMuchWork beyond the limit."""
        self.done += steps
        if self.done > self.limit:
            raise TooMuchWork(f"this takes more than {self.limit:,} steps to work out")
