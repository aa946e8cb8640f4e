"""What a drill is, once its block has been read and found in order."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from deckbuilder.diagnostics import Span
from deckbuilder.drills.domains import Domain
from deckbuilder.drills.expressions import Expression
from deckbuilder.drills.limits import MAX_STEPS
from deckbuilder.drills.quantities import Value
from deckbuilder.drills.templates import Template
from deckbuilder.drills.tolerances import Tolerance

DEFAULT_VARIANTS = 12


class Stratum(Struct, frozen=True):
    """A case that is to have a fixed number of variants: those where `when` holds and no earlier stratum's does."""

    name: str
    when: Expression
    variants: int


class Mistake(Struct, frozen=True):
    """A wrong way that learners go, and what it gives: an expression for some or all of the answers, by name."""

    name: str
    gives: Mapping[str, Expression]
    span: Span


class DrillSpec(Struct, frozen=True):
    """A drill, or one level of it: everything but its variants.

    `answers` are by name, the only one of an unnamed answer by "". `variants` leaves the example out. `levels` are the
    further notes that a drill makes, each complete in itself. `share` is how many steps of calculation all variants
    together may take.
    """

    span: Span
    params: Mapping[str, Domain]
    example: Mapping[str, Value]
    lets: Mapping[str, Expression]
    where: tuple[Expression, ...]
    checks: tuple[Expression, ...]
    ask: Template
    steps: tuple[Template, ...]
    answers: Mapping[str, Expression]
    tolerance: Tolerance
    mistakes: tuple[Mistake, ...]
    variants: int
    strata: tuple[Stratum, ...] = ()
    per_variant: bool = False
    level: str = ""
    levels: tuple[DrillSpec, ...] = ()
    share: int = MAX_STEPS

    @property
    def texts(self) -> tuple[Template, ...]:
        """The texts that each variant has: the question and the steps of its solution."""
        return (self.ask, *self.steps)
