"""What can be said of a drill beyond its variants: all points that its domains have, or a fair sample of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from hashlib import sha256
from math import gcd, prod
from time import perf_counter
from typing import Final

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills.limits import MAX_STEPS, MAX_SURVEY_STEPS, NoValue, TooMuchWork, Work
from deckbuilder.drills.points import Point
from deckbuilder.drills.quantities import Number, Value, entries_of, exact_text, steady
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.tolerances import Tolerance
from deckbuilder.drills.variants import Chosen
from deckbuilder.drills.writing import Script, write

SEARCHED: Final = 60_000
"""A domain of no more points than this is gone through point by point."""

SAMPLE: Final = 10_000
"""How many points are drawn of a larger one."""

_GLANCE: Final = 500  # points that tell well enough what share is rejected
_STEPS_A_POINT: Final = 100  # for what takes time beside the expressions: comparing and counting
_STEPS_A_PLACE: Final = 30  # to write one number
_LONGEST_LABEL: Final = 80  # characters of a value that is shown in a report
_NUMBER: Final = re.compile(r"[0-9]+(?:\{?,\}?[0-9]+)*(?:\.[0-9]+)?")


class Fault(Struct, frozen=True):
    """Something that is wrong at `count` points; the diagnostic has its place and the first of them."""

    diagnostic: Diagnostic
    count: int


class AnswerRange(Struct, frozen=True):
    """How an answer varies: its least and largest number, and its commonest value with the share of points it has."""

    name: str
    least: Number
    most: Number
    commonest: str
    share: Fraction


class Survey(Struct, frozen=True):
    """What was found at the points of a drill.

    `points` is how many its domains have, `examined` how many were looked at: all, or where `sampled` so many that
    were drawn; fewer where `cut`, since the bound on the work was reached. `rejections` say for each rule of `where` at
    how many points it was the first to reject. All that follows is about the `passing` ones. `longest` is the number of
    most digits that a question or solution shows.
    """

    points: int
    examined: int
    sampled: bool
    cut: bool
    passing: int
    rejections: tuple[tuple[str, int], ...]
    strata: tuple[tuple[str, int], ...]
    answers: tuple[AnswerRange, ...]
    without_value: tuple[Fault, ...]
    failed_checks: tuple[Fault, ...]
    collisions: tuple[Fault, ...]
    longest: str
    seconds: float

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that would be an error if a variant were drawn there."""
        return self.without_value + self.failed_checks + self.collisions

    @property
    def rejected(self) -> Fraction:
        """The share of points that some rule rejects."""
        return Fraction(sum(count for _, count in self.rejections), self.examined or 1)


def survey(spec: DrillSpec, key: str, limit: int = MAX_SURVEY_STEPS) -> Survey:
    """Return what the points of a drill are like, all of them or a sample, within `limit` steps."""
    begun = perf_counter()
    points = prod(domain.points for domain in spec.params.values())
    findings = _Findings(spec)
    work = Work(limit)
    wanted = points if points <= SEARCHED else SAMPLE
    for values in _every(spec, points) if wanted == points else _drawn(spec, key, wanted):
        point = Point(spec, values)
        findings.add(point)
        try:
            work.spend(point.work.done + findings.steps_a_point)
        except TooMuchWork:
            break
    return findings.survey(points, wanted, perf_counter() - begun)


def _every(spec: DrillSpec, points: int) -> Iterator[Mapping[str, Value]]:
    """Yield all values, far apart from one to the next, so that those before a cut stand for the rest."""
    lists = {name: [domain.at(index) for index in range(domain.points)] for name, domain in spec.params.items()}
    stride = max(1, points * 618 // 1000)
    while gcd(stride, points) > 1:
        stride += 1
    for turn in range(points):
        index = turn * stride % points
        values = {}
        for name, values_there in lists.items():
            index, digit = divmod(index, len(values_there))
            values[name] = values_there[digit]
        yield values


def _drawn(spec: DrillSpec, key: str, count: int) -> Iterator[Mapping[str, Value]]:
    for turn in range(count):
        yield {name: domain.draw(key, "survey", turn, name) for name, domain in spec.params.items()}


class _Findings:
    """Counts what is found at one point after the other."""

    def __init__(self, spec: DrillSpec) -> None:
        self._spec = spec
        texts = (spec.ask, *spec.steps)
        self.steps_a_point = _STEPS_A_POINT + _STEPS_A_PLACE * sum(len(text.places) for text in texts)
        self._examined = 0
        self._passing = 0
        self._rejections = Counter[int]()
        self._strata = Counter[int | None]()
        self._without_value = _Faults()
        self._failed_checks = _Faults()
        self._collisions = _Faults()
        self._answers = {name: _Tally() for name in spec.answers}
        self._longest = ""

    def add(self, point: Point) -> None:
        """Count a point; one without a value for a rule is among those without a value, and does not pass."""
        self._examined += 1
        try:
            rejected_by = point.rejected_by
            if rejected_by is not None:
                self._rejections[rejected_by] += 1
                return
            self._strata[point.stratum] += 1
            self._passing += 1
            self._count(point)
        except NoValue as error:
            self._without_value.add(point.finding(error), error.span)

    def _count(self, point: Point) -> None:
        for name, value in point.answers.items():
            self._answers[name].add(value)
        for index in point.failed_checks:
            place = self._spec.checks[index].span()
            self._failed_checks.add(rules.DRILL_CHECK_FAILS.at(place, variant=str(point), more=""), index)
        for collision in point.collisions:
            self._collisions.add(point.hidden(collision), collision)
        for text in (self._spec.ask, *self._spec.steps):
            for shown in point.numbers(text):
                for number in _NUMBER.findall(shown):
                    if _digits(number) > _digits(self._longest):
                        self._longest = number

    def survey(self, points: int, wanted: int, seconds: float) -> Survey:
        """Return what was counted, of the `wanted` points of all."""
        spec = self._spec
        return Survey(
            points=points,
            examined=self._examined,
            sampled=wanted < points,
            cut=self._examined < wanted,
            passing=self._passing,
            rejections=tuple((rule.text, self._rejections[index]) for index, rule in enumerate(spec.where)),
            strata=tuple((stratum.name, self._strata[index]) for index, stratum in enumerate(spec.strata)),
            answers=tuple(tally.range(name) for name, tally in self._answers.items() if tally.count),
            without_value=self._without_value.found(),
            failed_checks=self._failed_checks.found(),
            collisions=self._collisions.found(),
            longest=self._longest,
            seconds=seconds,
        )


class _Faults:
    """Counts each fault, and keeps the first finding of it."""

    def __init__(self) -> None:
        self._first: dict[object, Diagnostic] = {}
        self._counts = Counter[object]()

    def add(self, diagnostic: Diagnostic, fault: object) -> None:
        """Count a fault; `diagnostic` is kept where it is the first time."""
        self._first.setdefault(fault, diagnostic)
        self._counts[fault] += 1

    def found(self) -> tuple[Fault, ...]:
        """Return the faults in order of their places."""
        faults = [Fault(diagnostic, self._counts[fault]) for fault, diagnostic in self._first.items()]
        return tuple(sorted(faults, key=lambda fault: fault.diagnostic.span))


class _Tally:
    """The extremes of an answer's numbers, and how often each value was met."""

    def __init__(self) -> None:
        self.count = 0
        self._least: Number | None = None
        self._most: Number | None = None
        self._times = Counter[bytes]()
        self._labels: dict[bytes, str] = {}

    def add(self, value: Value) -> None:
        """Count a value."""
        self.count += 1
        for number in entries_of(value):
            if self._least is None or steady(number) < steady(self._least):
                self._least = number
            if self._most is None or steady(number) > steady(self._most):
                self._most = number
        text = exact_text(value)
        digest = sha256(text.encode()).digest()  # a long matrix must not be kept whole for every point
        self._times[digest] += 1
        self._labels.setdefault(digest, text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…")

    def range(self, name: str) -> AnswerRange:
        """Return what was found; at least one value must have been counted."""
        if self._least is None or self._most is None:
            raise ValueError("nothing was counted")
        (digest, times) = self._times.most_common(1)[0]
        return AnswerRange(name, self._least, self._most, self._labels[digest], Fraction(times, self.count))


def _digits(number: str) -> int:
    return sum(character.isdigit() for character in number)


# Tables


class Row(Struct, frozen=True):
    """A variant as a row of a table; answers and mistakes are written with the digits that the tolerance asks for."""

    number: int
    values: Mapping[str, str]
    answers: Mapping[str, str]
    mistakes: Mapping[str, Mapping[str, str]]


class Overview(Struct, frozen=True):
    """A drill as a row of a table; `rejected` is the share of draws that the rules reject, by a glance at some."""

    key: str
    parameters: tuple[str, ...]
    variants: int
    rejected: Fraction


def table(chosen: Chosen) -> tuple[Row, ...]:
    """Return a row for each variant, the example first."""
    return tuple(_row(point) for point in (chosen.example, *(point for _, point in chosen.live)))


def _row(point: Point) -> Row:
    tolerance = point.spec.tolerance
    return Row(
        number=point.number or 0,
        values=point.values_text,
        answers=_shown(point.answers, tolerance),
        mistakes={mistake: _shown(given, tolerance) for mistake, given in point.mistakes.items()},
    )


def _shown(values: Mapping[str, Value], tolerance: Tolerance) -> dict[str, str]:
    return {name: write(value, tolerance.format(value), Script.CODE) for name, value in values.items()}


def overview(spec: DrillSpec, key: str) -> Overview:
    """Return what a list of drills says of one."""
    points = prod(domain.points for domain in spec.params.values())
    work = Work(MAX_STEPS)
    examined = rejected = 0
    for values in _every(spec, points) if points <= _GLANCE else _drawn(spec, key, _GLANCE):
        point = Point(spec, values)
        examined += 1
        try:
            rejected += point.rejected_by is not None
            work.spend(point.work.done)
        except TooMuchWork:
            break
        except NoValue:
            rejected += 1
    return Overview(key, tuple(spec.params), spec.variants, Fraction(rejected, examined))
