"""Which values each variant of a drill has: drawn once, kept by value, drawn again only where they no longer fit.

A variant fills a slot, and a slot is an identity: its number is never given to another. No stream of random numbers
runs through a drill. Each value is a hash of the drill's key, the slot, the attempt and the parameter's name, so that
what is drawn for one depends on no other, nor on the order in which anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from math import prod
from typing import Final, TypeAlias

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.domains import Domain
from deckbuilder.drills.limits import MAX_ATTEMPTS, MAX_DRAW_STEPS, NoValue, TooMuchWork, Work
from deckbuilder.drills.points import EXAMPLE, Collision, Point
from deckbuilder.drills.quantities import Value, exact_text, read_exact
from deckbuilder.drills.slots import Slot
from deckbuilder.drills.specs import DrillSpec

COUNTED: Final = 5_000
"""A domain of no more points than this is searched to its end."""

_TRIED_FIRST: Final = 64  # draws for one variant before a small domain is searched
_TAKEN: Final = "taken already"
_ELSEWHERE: Final = "in another stratum"

Values: TypeAlias = Mapping[str, Value]
Identity: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The variants of a drill, whose points have all been worked out.

    `live` and `retired` go by slot number; the numbers under `new`, `redrawn`, `revived` and `answer_changed` say what
    happened to slots that are live.
    """

    example: Point
    live: tuple[tuple[Slot, Point], ...]
    retired: tuple[Slot, ...]
    new: tuple[int, ...] = ()
    redrawn: tuple[int, ...] = ()
    revived: tuple[int, ...] = ()
    answer_changed: tuple[int, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All slots in order of their numbers: what is to be kept."""
        return tuple(sorted([*(slot for slot, _ in self.live), *self.retired], key=lambda slot: slot.number))


# Choosing


def choose_variants(spec: DrillSpec, key: str, kept: Sequence[Slot]) -> tuple[Chosen | None, list[Diagnostic]]:
    """Return a drill's variants, as many as it asks for; `kept` are the slots of old, no two of the same number.

    None where no full set can be chosen, or where some variant has no answer, question or solution. A check that does
    not hold, or a mistake that is none, is an error beside the variants.
    """
    choice = _Choice(spec, key, kept)
    try:
        choice.make()
    except _Stuck as stuck:
        return None, [stuck.diagnostic]
    points = [choice.example, *(point for _, point in sorted(choice.points.items()))]
    diagnostics = list(_without_value(points))
    if diagnostics:
        return None, diagnostics
    chosen = choice.chosen()
    diagnostics += [*_failed_checks(points), *_collisions(points), *_news(spec, chosen, choice.kept)]
    return chosen, diagnostics


class _Stuck(Exception):
    """Nothing more can be chosen, for the reason that the diagnostic gives."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _NothingFits(_Stuck):
    """No values were found for one slot."""


@dataclass(slots=True)
class _Standing:
    """A slot of old that needs values: those that it brings along, and its stratum, None where nothing tells it."""

    number: int
    values: Values
    stratum: int | None


class _Choice:
    """The choice while it is made: the points of the slots so far, and how much room each stratum has left.

    Strata go by their index; behind the last is the one of all points that no other owns.
    """

    def __init__(self, spec: DrillSpec, key: str, kept: Sequence[Slot]) -> None:
        self.spec = spec
        self.example = Point(spec, spec.example, EXAMPLE)
        self.kept = {slot.number: slot for slot in _renamed(spec, sorted(kept, key=lambda slot: slot.number))}
        self.points: dict[int, Point] = {}
        self.redrawn: list[int] = []
        self.revived: list[int] = []
        self._draws = _Draws(spec, key)
        rest = max(0, spec.variants - sum(stratum.variants for stratum in spec.strata))
        self._room = [*(stratum.variants for stratum in spec.strata), rest]

    def make(self) -> None:
        """Keep what fits, complete what lacks a parameter, revive, draw again what fell out, and append, in this order.

        Whatever keeps its values comes before whatever is drawn, so that no draw can take the values of a slot.
        """
        incomplete, fallen = self._keep()
        for standing in incomplete:
            try:
                self._draw(standing.number, standing.stratum or 0, standing.values)
            except _NothingFits:
                fallen.append(standing)
        self._revive()
        for standing in sorted(fallen, key=lambda standing: standing.number):
            self._draw(standing.number, standing.stratum or 0)
            self.redrawn.append(standing.number)
        number = max(self.kept, default=0)
        for stratum, room in enumerate(self._room):
            for _ in range(room):
                number += 1
                self._draw(number, stratum)

    def _keep(self) -> tuple[list[_Standing], list[_Standing]]:
        """Keep the live slots that fit; return those that lack only a parameter, and those whose values fell out.

        Each takes room in its stratum, the lowest numbers first; those for which there is none left retire.
        """
        incomplete: list[_Standing] = []
        fallen: list[_Standing] = []
        strays: list[_Standing] = []
        for slot in self.kept.values():
            if slot.retired:
                continue
            standing = self._standing(slot)
            point = self._as_it_is(standing)
            if standing.stratum is None:
                strays.append(standing)
            elif self._take_room(standing.stratum):
                if point:
                    self._settle(point, standing.number)
                else:
                    (incomplete if self._lacks_only(standing) else fallen).append(standing)
        for standing in strays:
            standing.stratum = next((index for index, room in enumerate(self._room) if room), None)
            if standing.stratum is not None and self._take_room(standing.stratum):
                (incomplete if self._lacks_only(standing) else fallen).append(standing)
        return incomplete, fallen

    def _standing(self, slot: Slot) -> _Standing:
        values = {name: read_exact(slot.values[name]) for name in self.spec.params if name in slot.values}
        try:
            stratum = self._draws.stratum_of(Point(self.spec, values))
        except NoValue:
            stratum = None
        return _Standing(slot.number, values, stratum)

    def _as_it_is(self, standing: _Standing) -> Point | None:
        """Return the point of a slot that has a fit value for every parameter."""
        if not self._is_complete(standing) or not self._in_domains(standing):
            return None
        return self._draws.admitted(standing.values, standing.number)

    def _lacks_only(self, standing: _Standing) -> bool:
        return not self._is_complete(standing) and self._in_domains(standing)

    def _is_complete(self, standing: _Standing) -> bool:
        return standing.values.keys() == self.spec.params.keys()

    def _in_domains(self, standing: _Standing) -> bool:
        return all(value in self.spec.params[name] for name, value in standing.values.items())

    def _take_room(self, stratum: int) -> bool:
        if not self._room[stratum]:
            return False
        self._room[stratum] -= 1
        return True

    def _settle(self, point: Point, number: int) -> None:
        self._draws.take(point)
        self.points[number] = point

    def _draw(self, number: int, stratum: int, fixed: Values | None = None) -> None:
        self._settle(self._draws.draw(number, stratum, fixed or {}), number)

    def _revive(self) -> None:
        """Give the room that is left to retired slots whose values are still fit, the lowest numbers first."""
        for slot in self.kept.values():
            standing = self._standing(slot) if slot.retired and any(self._room) else None
            if not standing or standing.stratum is None or not self._room[standing.stratum]:
                continue
            point = self._as_it_is(standing)
            if not point and self._lacks_only(standing):
                try:
                    point = self._draws.draw(standing.number, standing.stratum, standing.values)
                except _NothingFits:
                    continue
            if point and self._take_room(standing.stratum):
                self._settle(point, standing.number)
                self.revived.append(standing.number)

    def chosen(self) -> Chosen:
        """Return the choice, all of whose points have answers."""
        live = {
            number: (Slot(number, point.values_text, point.answers_text), point)
            for number, point in sorted(self.points.items())
        }
        kept = [number for number in live if number in self.kept and number not in self.redrawn]
        return Chosen(
            example=self.example,
            live=tuple(live.values()),
            retired=tuple(replace(slot, retired=True) for number, slot in self.kept.items() if number not in live),
            new=tuple(number for number in live if number not in self.kept),
            redrawn=tuple(self.redrawn),
            revived=tuple(self.revived),
            answer_changed=tuple(number for number in kept if _answer_changed(self.kept[number], live[number][0])),
        )


def _renamed(spec: DrillSpec, kept: Sequence[Slot]) -> Sequence[Slot]:
    """Return the slots with the name of a parameter that was renamed: one name lost, one gained, whose domain fits."""
    live = [slot for slot in kept if not slot.retired] or kept
    known = {name for slot in live for name in slot.values}
    lost, gained = known - spec.params.keys(), spec.params.keys() - known
    if len(lost) != 1 or len(gained) != 1:
        return kept
    (old,), (new,) = lost, gained
    if not all(old in slot.values and read_exact(slot.values[old]) in spec.params[new] for slot in live):
        return kept
    return [_with_name(slot, old, new) if old in slot.values and new not in slot.values else slot for slot in kept]


def _with_name(slot: Slot, old: str, new: str) -> Slot:
    return replace(slot, values={new if name == old else name: text for name, text in slot.values.items()})


class _Draws:
    """Draws points that pass every rule and differ from all that are taken, with a bound on the work."""

    def __init__(self, spec: DrillSpec, key: str) -> None:
        self._spec = spec
        self._key = key
        self._work = Work(MAX_DRAW_STEPS)
        self._taken: set[Identity] = {self._identity(spec.example)}
        self._small = prod(domain.points for domain in spec.params.values()) <= COUNTED
        self._verdicts: dict[Identity, tuple[int | None, int]] = {}  # of a small domain: rejecting rule, stratum

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
        point = Point(self._spec, values, number)
        return None if self._identity(values) in self._taken or self._verdict(point)[0] is not None else point

    def _verdict(self, point: Point) -> tuple[int | None, int]:
        """Return the rule that rejects a point, None if it passes all, and the stratum that owns it."""
        identity = self._identity(point.values)
        if identity in self._verdicts:
            return self._verdicts[identity]
        try:
            rejected_by = point.rejected_by
            verdict = rejected_by, self.stratum_of(point) if rejected_by is None else -1
        except NoValue as error:
            raise _Stuck(point.finding(error)) from error
        if self._small:
            self._verdicts[identity] = verdict
        return verdict

    def draw(self, number: int, stratum: int, fixed: Values) -> Point:
        """Return a fit point of a stratum that has the `fixed` values; raises _NothingFits, and _Stuck at the bound."""
        free = {name: domain for name, domain in self._spec.params.items() if name not in fixed}
        small = prod(domain.points for domain in free.values()) <= COUNTED
        rejections: Counter[int | str] = Counter()
        attempts = _TRIED_FIRST if small else MAX_ATTEMPTS
        drawn = (
            {name: domain.draw(self._key, number, attempt, name) for name, domain in free.items()}
            for attempt in range(attempts)
        )
        found = self._first_fit(drawn, number, stratum, fixed, rejections)
        if not found and small:
            rejections.clear()
            found = self._first_fit(self._in_hash_order(free), number, stratum, fixed, rejections)
        if not found:
            raise _NothingFits(self._too_few(stratum) if small else self._rejects(number, stratum, rejections))
        return found

    def _first_fit(
        self, drawn: Iterable[Values], number: int, stratum: int, fixed: Values, rejections: Counter[int | str]
    ) -> Point | None:
        for values in drawn:
            point = Point(
                self._spec, {name: (fixed if name in fixed else values)[name] for name in self._spec.params}, number
            )
            if self._identity(point.values) in self._taken:
                rejections[_TAKEN] += 1
                continue
            rejected_by, owner = self._verdict(point)
            try:
                self._work.spend(point.work.done + len(values))
            except TooMuchWork as error:
                raise _Stuck(self._too_much_work(number, stratum, rejections)) from error
            if rejected_by is not None:
                rejections[rejected_by] += 1
            elif owner != stratum:
                rejections[_ELSEWHERE] += 1
            else:
                return point
        return None

    def _in_hash_order(self, domains: Mapping[str, Domain]) -> Iterator[Values]:
        """Yield every choice of values, in an order that depends on the values and the drill's key alone."""
        names = sorted(domains)
        texts = [[(value, f"{name}={exact_text(value)}") for value in _values(domains[name])] for name in names]
        order = []
        for index, choice in enumerate(product(*texts)):
            words = "\x1f".join([self._key, *(text for _, text in choice)])
            order.append((sha256(words.encode()).digest(), index, choice))
        for _, _, choice in sorted(order, key=lambda entry: entry[:2]):
            yield {name: value for name, (value, _) in zip(names, choice, strict=True)}

    # Why nothing was found

    def _too_few(self, stratum: int) -> Diagnostic:
        """Return the finding of a small domain that was searched to its end."""
        example = self._identity(self._spec.example)
        found = sum(verdict == (None, stratum) and identity != example for identity, verdict in self._verdicts.items())
        strata = self._spec.strata
        wanted = strata[stratum].variants if stratum < len(strata) else self._spec.variants - _in_strata(self._spec)
        return rules.DRILL_TOO_FEW.at(
            self._spec.span,
            wanted=_variants(wanted),
            stratum=self._named(stratum),
            found="there is only 1" if found == 1 else f"there are only {found}" if found else "there is none",
        )

    def _rejects(self, number: int, stratum: int, rejections: Counter[int | str]) -> Diagnostic:
        worst = max(
            (cause for cause in rejections if isinstance(cause, int)), key=lambda cause: rejections[cause], default=None
        )
        return rules.DRILL_REJECTS_TOO_MUCH.at(
            self._spec.span if worst is None else self._spec.where[worst].span(),
            attempts=rejections.total(),
            slot=number,
            stratum=self._named(stratum),
            reasons=self._reasons(rejections),
        )

    def _too_much_work(self, number: int, stratum: int, rejections: Counter[int | str]) -> Diagnostic:
        return rules.DRILL_TOO_MUCH_WORK.at(
            self._spec.span,
            limit=MAX_DRAW_STEPS,
            slot=number,
            stratum=self._named(stratum),
            reasons=self._reasons(rejections) or "the first draw is too long",
        )

    def _named(self, stratum: int) -> str:
        strata = self._spec.strata
        if not strata:
            return ""
        return f" in stratum `{strata[stratum].name}`" if stratum < len(strata) else " outside the strata"

    def _reasons(self, rejections: Counter[int | str]) -> str:
        return ", ".join(f"{count:,} {self._reason(cause)}" for cause, count in rejections.most_common())

    def _reason(self, cause: int | str) -> str:
        return f"rejected by `{self._spec.where[cause].text}`" if isinstance(cause, int) else cause


def _values(domain: Domain) -> Iterator[Value]:
    return (domain.at(index) for index in range(domain.points))


def _in_strata(spec: DrillSpec) -> int:
    return sum(stratum.variants for stratum in spec.strata)


# What is found once all is worked out


def _without_value(points: Sequence[Point]) -> Iterator[Diagnostic]:
    """Yield where something has no value, once for each place; after this nothing of any point raises NoValue."""
    found: set[Span | None] = set()
    for point in points:
        for part in _PARTS:
            try:
                part(point)
            except NoValue as error:
                if error.span not in found:
                    yield point.finding(error)
                found.add(error.span)
                if isinstance(error, TooMuchWork):  # whatever else is asked of this drill will be too much as well
                    return


_PARTS: Final[tuple[Callable[[Point], object], ...]] = (
    lambda point: point.answers,
    lambda point: point.mistakes,
    lambda point: point.ask,
    lambda point: point.steps,
    lambda point: point.failed_checks,
)


def _failed_checks(points: Sequence[Point]) -> Iterator[Diagnostic]:
    for index, check in enumerate(points[0].spec.checks):
        failing = [point for point in points if index in point.failed_checks]
        if failing:
            yield rules.DRILL_CHECK_FAILS.at(check.span(), variant=str(failing[0]), more=_more(failing))


def _collisions(points: Sequence[Point]) -> Iterator[Diagnostic]:
    colliding: dict[Collision, list[Point]] = {}
    for point in points:
        for collision in point.collisions:
            colliding.setdefault(collision, []).append(point)
    for collision, there in colliding.items():
        yield there[0].hidden(collision, _more(there))


def _more(points: Sequence[Point]) -> str:
    return f", and {len(points) - 1} more" if len(points) > 1 else ""


def _news(spec: DrillSpec, chosen: Chosen, kept: Mapping[int, Slot]) -> Iterator[Diagnostic]:
    """Yield what an edit did to variants that learners may know."""
    if chosen.redrawn:
        yield rules.DRILL_REDRAWN.at(spec.span, variants=_numbered(chosen.redrawn))
    if not chosen.answer_changed:
        return
    slot, point = next(pair for pair in chosen.live if pair[0].number == chosen.answer_changed[0])
    name, old = _answer_changed(kept[slot.number], slot)[0]
    yield rules.DRILL_ANSWER_CHANGED.at(
        spec.answers[name].span(),
        name=f" `{name}`" if name else "",
        count=_variants(len(chosen.answer_changed)),
        variant=str(point),
        old=old,
        new=slot.answers[name],
    )


def _answer_changed(before: Slot, now: Slot) -> list[tuple[str, str]]:
    """Return each answer, with what it was, that is another for the same numbers.

    A single answer may have been given a name. What a parameter that was dropped or added brings about is no change of
    the answer for the same numbers.
    """
    if before.values != now.values:
        return []
    old: Mapping[str, str] = before.answers
    if len(old) == 1 == len(now.answers):
        old = dict(zip(now.answers, old.values(), strict=True))
    return [(name, old[name]) for name, text in now.answers.items() if name in old and old[name] != text]


def _variants(count: int) -> str:
    return "1 variant" if count == 1 else f"{count} variants"


def _numbered(numbers: Sequence[int]) -> str:
    return f"variant{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
