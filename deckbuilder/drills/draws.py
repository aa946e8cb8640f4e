"""Draws the values of variants, each by itself, and finds the last ones of a small domain by looking at all of it.

No stream of random numbers runs through a drill. Each value is a hash of the drill's key, the slot, the attempt and the
parameter's name, so that what is drawn for one depends on no other, nor on the order in which anything is written.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import product
from math import prod
from typing import Final, TypeAlias

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills.domains import Domain
from deckbuilder.drills.limits import MAX_ATTEMPTS, VALUE_STEPS, NoValue, TooMuchWork, Work
from deckbuilder.drills.points import Point
from deckbuilder.drills.quantities import Value, exact_text
from deckbuilder.drills.specs import DrillSpec

COUNTED: Final = 5_000
"""A domain of no more points than this is searched to its end."""

_TRIED_FIRST: Final = 64  # draws for one variant before a small domain is searched
_TAKEN: Final = "taken already"
_ELSEWHERE: Final = "in another stratum"

Values: TypeAlias = Mapping[str, Value]
Identity: TypeAlias = tuple[Value, ...]


class Stuck(Exception):
    """Nothing more can be chosen, for the reason that the diagnostic gives."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Draws:
    """Draws points that pass every rule and differ from all that are taken, with a bound on the work.

    Strata go by their index; behind the last is the one of all points that no other owns.
    """

    def __init__(self, spec: DrillSpec, key: str, work: Work) -> None:
        self._spec = spec
        self._key = key
        self._work = work
        self._steps_a_draw = VALUE_STEPS * sum(prod(domain.shape) for domain in spec.params.values())
        self._example = self._identity(spec.example)
        self._taken = {self._example}
        self._is_small = _points(spec.params) <= COUNTED
        self._verdicts: dict[Identity, tuple[int | None, int]] = {}  # of a small domain: rejecting rule, stratum
        self._found: dict[int, deque[Values]] | None = None
        self._rejections = Counter[int | str]()

    def _identity(self, values: Values) -> Identity:
        return tuple(values[name] for name in self._spec.params)

    def take(self, point: Point) -> None:
        """Let no other point have the same values."""
        self._taken.add(self._identity(point.values))

    def stratum_of(self, point: Point) -> int:
        """Return the index of the stratum that owns a point."""
        return len(self._spec.strata) if point.stratum is None else point.stratum

    def admitted(self, values: Values, number: int) -> Point | None:
        """Return the point of values that are in their domains, None where they are taken or rejected."""
        if self._identity(values) in self._taken:
            return None
        point = Point(self._spec, values, number)
        return point if self._verdict(point)[0] is None else None

    def _verdict(self, point: Point) -> tuple[int | None, int]:
        """Return the rule that rejects a point, None if it passes all, and the stratum that owns it."""
        identity = self._identity(point.values)
        if identity in self._verdicts:
            return self._verdicts[identity]
        try:
            rejected_by = point.rejected_by
            verdict = rejected_by, self.stratum_of(point) if rejected_by is None else -1
        except NoValue as error:
            raise Stuck(point.finding(error)) from error
        if self._is_small:
            self._verdicts[identity] = verdict
        return verdict

    # Drawing

    def draw(self, number: int, stratum: int) -> Point | None:
        """Return a fit point of a stratum, None if none is found; raises Stuck where it takes too much work."""
        self._rejections.clear()
        attempts = self._attempts(number, self._spec.params, _TRIED_FIRST if self._is_small else MAX_ATTEMPTS)
        found = self._first_fit(attempts, number, stratum)
        return found or (self._searched(number, stratum) if self._is_small else None)

    def complete(self, number: int, stratum: int, fixed: Values) -> Point | None:
        """Return a fit point of a stratum that has the `fixed` values, None if there is none; raises Stuck as above."""
        self._rejections.clear()
        free = {name: domain for name, domain in self._spec.params.items() if name not in fixed}
        is_small = _points(free) <= COUNTED
        attempts = self._attempts(number, free, _TRIED_FIRST if is_small else MAX_ATTEMPTS)
        found = self._first_fit(({**fixed, **values} for values in attempts), number, stratum)
        if not found and is_small:
            everything = self._in_hash_order(free)
            found = self._first_fit(({**fixed, **values} for values in everything), number, stratum)
        return found

    def _attempts(self, number: int, domains: Mapping[str, Domain], count: int) -> Iterator[Values]:
        for attempt in range(count):
            yield {name: domain.draw(self._key, number, attempt, name) for name, domain in domains.items()}

    def _first_fit(self, attempts: Iterable[Values], number: int, stratum: int) -> Point | None:
        for values in attempts:
            ordered = {name: values[name] for name in self._spec.params}
            if self._identity(ordered) in self._taken:
                self._spend(0, number, stratum)
                self._rejections[_TAKEN] += 1
                continue
            point = Point(self._spec, ordered, number)
            rejected_by, owner = self._verdict(point)
            self._spend(point.work.done, number, stratum)
            if rejected_by is None and owner == stratum:
                return point
            self._rejections[_ELSEWHERE if rejected_by is None else rejected_by] += 1
        return None

    def _spend(self, steps: int, number: int, stratum: int) -> None:
        try:
            self._work.spend(steps + self._steps_a_draw)
        except TooMuchWork as error:
            raise Stuck(self._too_much_work(number, stratum)) from error

    # Searching a small domain

    def _searched(self, number: int, stratum: int) -> Point | None:
        """Return the first point of a stratum that is not taken, in the order of a hash."""
        if self._found is None:
            self._found = self._search(number, stratum)
        found = self._found.get(stratum, deque())
        while found:
            values = found.popleft()
            if self._identity(values) not in self._taken:
                return Point(self._spec, values, number)
        return None

    def _search(self, number: int, stratum: int) -> dict[int, deque[Values]]:
        """Return all points that pass every rule, by the stratum that owns them."""
        found: dict[int, deque[Values]] = {}
        for values in self._in_hash_order(self._spec.params):
            point = Point(self._spec, values)
            rejected_by, owner = self._verdict(point)
            self._spend(point.work.done, number, stratum)
            if rejected_by is None:
                found.setdefault(owner, deque()).append(values)
        return found

    def _in_hash_order(self, domains: Mapping[str, Domain]) -> Iterator[Values]:
        """Yield every choice of values, in an order that depends on the values and the drill's key alone."""
        names = sorted(domains)
        texts = [[(value, f"{name}={exact_text(value)}") for value in _values(domains[name])] for name in names]
        order = []
        for index, choice in enumerate(product(*texts)):
            words = "\x1f".join([self._key, *(text for _, text in choice)])
            order.append((sha256(words.encode()).digest(), index, choice))
        for _, _, choice in sorted(order, key=lambda entry: entry[:2]):
            found = {name: value for name, (value, _) in zip(names, choice, strict=True)}
            yield {name: found[name] for name in domains}

    # Why nothing was found

    def why_not(self, number: int, stratum: int) -> Diagnostic:
        """Return the finding for the slot for which the last draw found nothing."""
        return self._too_few(stratum) if self._is_small else self._rejects(number, stratum)

    def _too_few(self, stratum: int) -> Diagnostic:
        """Return the finding of a small domain that was searched to its end."""
        fit = [identity for identity, verdict in self._verdicts.items() if verdict == (None, stratum)]
        found = len(set(fit) - {self._example})
        wanted = room_of(self._spec)[stratum]
        return rules.DRILL_TOO_FEW.at(
            self._spec.span,
            wanted="1 variant" if wanted == 1 else f"{wanted} variants",
            stratum=self._named(stratum),
            found="only 1 differs and passes"
            if found == 1
            else f"only {found} differ and pass"
            if found
            else "none differs and passes",
            advice=f"write `variants: {found}`, " if found else "",
        )

    def _rejects(self, number: int, stratum: int) -> Diagnostic:
        counts = [self._rejections[index] for index in range(len(self._spec.where))]
        worst = self._spec.where[counts.index(max(counts))] if any(counts) else None
        return rules.DRILL_REJECTS_TOO_MUCH.at(
            worst.span() if worst else self._spec.span,
            attempts=f"{self._rejections.total():,}",
            slot=number,
            stratum=self._named(stratum),
            reasons=self._reasons(),
        )

    def _too_much_work(self, number: int, stratum: int) -> Diagnostic:
        return rules.DRILL_TOO_MUCH_WORK.at(
            self._spec.span,
            limit=f"{self._work.limit:,}",
            slot=number,
            stratum=self._named(stratum),
            reasons=self._reasons() or "the first draw takes longer",
        )

    def _named(self, stratum: int) -> str:
        strata = self._spec.strata
        if not strata:
            return ""
        return f" in stratum `{strata[stratum].name}`" if stratum < len(strata) else " outside the strata"

    def _reasons(self) -> str:
        return ", ".join(f"{count:,} {self._reason(cause)}" for cause, count in self._rejections.most_common())

    def _reason(self, cause: int | str) -> str:
        return f"rejected by `{self._spec.where[cause].text}`" if isinstance(cause, int) else cause


def room_of(spec: DrillSpec) -> list[int]:
    """Return how many variants each stratum has, and behind them how many belong to none."""
    counts = [stratum.variants for stratum in spec.strata]
    return [*counts, max(0, spec.variants - sum(counts))]


def _points(domains: Mapping[str, Domain]) -> int:
    return prod(domain.points for domain in domains.values())


def _values(domain: Domain) -> Iterator[Value]:
    return (domain.at(index) for index in range(domain.points))
