"""What a drill is at one choice of its parameters' values: results, answers, mistakes, and its texts with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Final

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills.expressions import Expression, evaluate
from deckbuilder.drills.limits import MAX_POINT_STEPS, NoValue, Work
from deckbuilder.drills.quantities import Value, entries_of, exact_text, named, shape_of
from deckbuilder.drills.specs import DrillSpec, Mistake
from deckbuilder.drills.templates import Template

EXAMPLE: Final = 0
"""The number of the variant that is the drill's example."""

_LONGEST_WORDS: Final = 200  # characters of a finding that say which values it is about


class Collision(Struct, frozen=True):
    """A mistake whose result would be taken for the answer (`other` None) or for that of an `other` mistake.

    `answer` is the name of the answer that it happens at.
    """

    mistake: str
    other: str | None
    answer: str

    @property
    def other_in_words(self) -> str:
        """What the mistake would be taken for: "the answer", "the mistake `wrong sign`"."""
        if self.other is not None:
            return f"the mistake `{self.other}`"
        return f"the answer `{self.answer}`" if self.answer else "the answer"


class Point:
    """A drill at one choice of values, everything exact and worked out when it is first asked for, and only then.

    `number` is the variant that it is: EXAMPLE, a slot's number, or None for values that were only tried. Whatever has
    no value raises NoValue with the place of the expression at fault; `finding` makes a diagnostic of that.
    """

    def __init__(
        self, spec: DrillSpec, values: Mapping[str, Value], number: int | None = None, work: Work | None = None
    ) -> None:
        self.spec = spec
        self.values = values
        self.number = number
        self.work = work or Work(MAX_POINT_STEPS)
        self._known: dict[str, Value] = dict(values)
        self._without: dict[str, NoValue] = {}
        self._results: dict[str, Value] = {}
        self._numbers: dict[int, tuple[str, ...]] = {}

    # Results

    def value_of(self, expression: Expression) -> Value:
        """Return an expression's value; the same text is worked out once."""
        text = expression.text
        if text not in self._results:
            for name in expression.needs:  # in this order no name waits for another, however long the chain
                self._work_out(name)
            self._results[text] = evaluate(expression, self._look_up, self.work)
        return self._results[text]

    def _look_up(self, name: str) -> Value:
        if name not in self._known:
            self._work_out(name)
        if name in self._without:
            raise self._without[name]
        return self._known[name]

    def _work_out(self, name: str) -> None:
        """Find the value of a name under `let`, or that it has none, which matters only where it is used."""
        if name in self._known or name in self._without:
            return
        expression = self.spec.lets.get(name)
        try:
            if expression is None:  # values of an older record, which lack a parameter
                raise NoValue(f"`{name}` has no value")
            self._known[name] = evaluate(expression, self._look_up, self.work)
        except NoValue as error:
            self._without[name] = error

    @cached_property
    def lets(self) -> Mapping[str, Value]:
        """The values of all names under `let`."""
        return {name: self._look_up(name) for name in self.spec.lets}

    @cached_property
    def answers(self) -> Mapping[str, Value]:
        """The answers by name, each a number, a vector or a matrix."""
        return {name: self._answer(expression) for name, expression in self.spec.answers.items()}

    @cached_property
    def mistakes(self) -> Mapping[str, Mapping[str, Value]]:
        """What each mistake gives, by its name, for those answers that it speaks of, each of its answer's shape."""
        return {mistake.name: self._mistaken(mistake) for mistake in self.spec.mistakes}

    def _answer(self, expression: Expression) -> Value:
        value = self._result(expression)
        if self.spec.tolerance.is_exact and any(isinstance(entry, Decimal) for entry in entries_of(value)):
            raise NoValue("this comes from exp, log or a root and has no end: give a `tolerance`", expression.span())
        return value

    def _mistaken(self, mistake: Mistake) -> Mapping[str, Value]:
        given = {}
        for name, expression in mistake.gives.items():
            value, answer = self._result(expression), self.answers[name]
            if shape_of(value) != shape_of(answer):
                raise NoValue(f"the mistake gives {named(value)}, the answer is {named(answer)}", expression.span())
            given[name] = value
        return given

    def _result(self, expression: Expression) -> Value:
        value = self.value_of(expression)
        if isinstance(value, bool):
            problem = "a number, a vector or a matrix is needed here, not a condition; write `1 if … else 0`"
            raise NoValue(problem, expression.span())
        return value

    @cached_property
    def ask(self) -> str:
        """The question with its numbers, as Markdown."""
        return self.spec.ask.filled(self.numbers(self.spec.ask))

    def numbers(self, template: Template) -> tuple[str, ...]:
        """Return what stands in the places of a text of the drill; the same text is written once."""
        known = self._numbers.get(id(template))
        if known is None:
            known = self._numbers[id(template)] = template.numbers(self.value_of)
        return known

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The worked solution with its numbers, as Markdown."""
        return tuple(step.filled(self.numbers(step)) for step in self.spec.steps)

    # Conditions

    def holds(self, condition: Expression) -> bool:
        """Whether a condition holds; raises NoValue where it is none."""
        value = self.value_of(condition)
        if not isinstance(value, bool):
            raise NoValue(f"a condition is needed here, not {named(value)}; compare it", condition.span())
        return value

    @cached_property
    def rejected_by(self) -> int | None:
        """The first rule of `where`, by its index, that rejects the values; None where they pass."""
        return next((index for index, rule in enumerate(self.spec.where) if not self.holds(rule)), None)

    @cached_property
    def stratum(self) -> int | None:
        """The stratum, by its index, that owns the point: the first whose `when` holds; None where none does."""
        return next((index for index, one in enumerate(self.spec.strata) if self.holds(one.when)), None)

    @cached_property
    def failed_checks(self) -> tuple[int, ...]:
        """The checks, by their index, that do not hold."""
        return tuple(index for index, check in enumerate(self.spec.checks) if not self.holds(check))

    @cached_property
    def collisions(self) -> tuple[Collision, ...]:
        """Where a mistake would be taken for the answer, or for another mistake."""
        return tuple(self._collisions())

    def _collisions(self) -> Iterator[Collision]:
        differs = self.spec.tolerance.differs
        for mistake, given in self.mistakes.items():
            for name, value in given.items():
                if not differs(self.answers[name], value):
                    yield Collision(mistake, None, name)
        for (one, here), (other, there) in combinations(self.mistakes.items(), 2):
            for name, value in there.items():
                if name in here and not (differs(here[name], value) and differs(value, here[name])):
                    yield Collision(other, one, name)

    # In words

    @cached_property
    def values_text(self) -> Mapping[str, str]:
        """The values as they are kept."""
        return {name: exact_text(value) for name, value in self.values.items()}

    @cached_property
    def answers_text(self) -> Mapping[str, str]:
        """The answers as they are kept."""
        return {name: exact_text(value) for name, value in self.answers.items()}

    def __str__(self) -> str:
        words = values_in_words(self.values_text)
        if self.number is None:
            return words or "a drill without parameters"
        return (f"variant {self.number}" if self.number else "the example") + (f" ({words})" if words else "")

    def hidden(self, collision: Collision, more: str = "") -> Diagnostic:
        """Return the diagnostic of a mistake that collides here, and at `more` variants."""
        place = next(mistake.span for mistake in self.spec.mistakes if mistake.name == collision.mistake)
        mistake, other = collision.mistake, collision.other_in_words
        return rules.DRILL_MISTAKE_HIDDEN.at(place, mistake=mistake, other=other, variant=str(self), more=more)

    def finding(self, error: NoValue) -> Diagnostic:
        """Return the diagnostic of an expression that has no value here."""
        return rules.DRILL_NO_VALUE.at(error.span or self.spec.span, variant=str(self), problem=error.problem)


def values_in_words(values: Mapping[str, str]) -> str:
    """Return values as "w = 0.5, g = -0.2", cut where they are very long."""
    words = ", ".join(f"{name} = {text}" for name, text in values.items())
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
