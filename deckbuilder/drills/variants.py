"""Which variants a drill has: drawn once, kept by value, drawn again only where they no longer fit.

A variant fills a slot, and a slot is an identity: its number is never given to another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.draws import Draws, Stuck, Values, room_of
from deckbuilder.drills.limits import CHARACTERS_A_STEP, COMPARISON_STEPS, NUMBER_STEPS, NoValue, TooMuchWork, Work
from deckbuilder.drills.points import EXAMPLE, Collision, Point
from deckbuilder.drills.quantities import entries_of, read_exact
from deckbuilder.drills.slots import Slot
from deckbuilder.drills.specs import DrillSpec


class Chosen(Struct, frozen=True):
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
    work = Work(spec.share)
    choice = _Choice(spec, key, kept, work)
    try:
        choice.make()
        points = [choice.example, *(point for _, point in sorted(choice.points.items()))]
        diagnostics = list(_without_value(points, work))
    except Stuck as stuck:
        return None, [stuck.diagnostic]
    if diagnostics:
        return None, diagnostics
    chosen = choice.chosen()
    diagnostics += [*_failed_checks(points), *_collisions(points), *_news(spec, chosen, choice.kept)]
    return chosen, diagnostics


class _Standing(Struct):
    """A slot of old that needs values: those that it brings along, and its stratum, None where nothing tells it."""

    number: int
    values: Values
    stratum: int | None


class _Choice:
    """The choice while it is made: the points of the slots so far, and how much room each stratum has left."""

    def __init__(self, spec: DrillSpec, key: str, kept: Sequence[Slot], work: Work) -> None:
        self.spec = spec
        self.example = Point(spec, spec.example, EXAMPLE)
        self.kept = {slot.number: slot for slot in _renamed(spec, sorted(kept, key=lambda slot: slot.number))}
        self.points: dict[int, Point] = {}
        self.redrawn: list[int] = []
        self.revived: list[int] = []
        self._draws = Draws(spec, key, work)
        self._room = room_of(spec)

    def make(self) -> None:
        """Keep what fits, complete what lacks a parameter, revive, draw again what fell out, and append, in this order.

        Whatever keeps its values comes before whatever is drawn, so that no draw can take the values of a slot.
        """
        fallen = [standing for standing in self._keep() if not self._complete(standing)]
        self._revive()
        for standing in fallen:
            self._draw(standing.number, standing.stratum)
            self.redrawn.append(standing.number)
        number = max(self.kept, default=0)
        for stratum, room in enumerate(self._room):
            for _ in range(room):
                number += 1
                self._draw(number, stratum)

    def _keep(self) -> list[_Standing]:
        """Keep the live slots that fit, and return those that need values, in order of their numbers.

        Each takes room in its stratum, the lowest numbers first; those for which there is none left retire. What
        stratum a slot belongs to can depend on a value that it lacks: such a slot takes what room the others leave.
        """
        waiting: list[_Standing] = []
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
                    self._settle(point)
                else:
                    waiting.append(standing)
        for stray in strays:
            stray.stratum = self._stratum_for(stray)
            if stray.stratum is not None and self._take_room(stray.stratum):
                waiting.append(stray)
        return sorted(waiting, key=lambda standing: standing.number)

    def _stratum_for(self, stray: _Standing) -> int | None:
        """Return a stratum with room left, one in which the slot can keep its values if there is any."""
        open_ = [index for index, room in enumerate(self._room) if room]
        if len(open_) > 1 and self._lacks_only(stray):
            fitting = (index for index in open_ if self._draws.complete(stray.number, index, stray.values))
            return next(fitting, open_[0])
        return open_[0] if open_ else None

    def _complete(self, standing: _Standing) -> bool:
        """Find values for the parameters that a slot lacks, and return whether there are any."""
        if standing.stratum is None or not self._lacks_only(standing):
            return False
        point = self._draws.complete(standing.number, standing.stratum, standing.values)
        if point:
            self._settle(point)
        return point is not None

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

    def _settle(self, point: Point) -> None:
        self._draws.take(point)
        self.points[point.number or 0] = point

    def _draw(self, number: int, stratum: int | None) -> None:
        if stratum is None:  # `_keep` leaves no slot without one
            raise ValueError(number)
        point = self._draws.draw(number, stratum)
        if not point:
            raise Stuck(self._draws.why_not(number, stratum))
        self._settle(point)

    def _revive(self) -> None:
        """Give the room that is left to retired slots whose values are still fit, the lowest numbers first."""
        for slot in self.kept.values():
            standing = self._standing(slot) if slot.retired and any(self._room) else None
            if not standing or standing.stratum is None or not self._room[standing.stratum]:
                continue
            point = self._as_it_is(standing)
            if point:
                self._settle(point)
            elif not self._complete(standing):
                continue
            self._take_room(standing.stratum)
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


# What is found once all is worked out


def _without_value(points: Sequence[Point], work: Work) -> Iterator[Diagnostic]:
    """Yield where something has no value, once for each place; after this nothing of any point raises NoValue.

    Raises Stuck where all points together take too much work.
    """
    found: set[Span | None] = set()
    for point in points:
        sound = True
        for part in _PARTS:
            try:
                part(point)
            except NoValue as error:
                sound = False
                if error.span not in found:
                    yield point.finding(error)
                found.add(error.span)
                if isinstance(error, TooMuchWork):  # whatever else is asked of this drill will be too much as well
                    return
        if sound:
            _spend(point, work)


def _spend(point: Point, work: Work) -> None:
    """Count what a point took to work out, and what it will take to write it and to compare its mistakes."""
    spec = point.spec
    written = sum(NUMBER_STEPS * len(text.places) + len(text.scalar.text) // CHARACTERS_A_STEP for text in spec.texts)
    try:
        work.spend(point.work.done + written + COMPARISON_STEPS * _comparisons(point))
    except TooMuchWork as error:
        limit, what = f"{work.limit:,}", "steps of calculation for all variants"
        raise Stuck(rules.DRILL_TOO_LARGE.at(spec.span, limit=limit, what=what)) from error


def _comparisons(point: Point) -> int:
    """Return how many numbers are compared to see that no mistake is taken for the answer or for another mistake."""
    giving = Counter(name for given in point.mistakes.values() for name in given)
    entries = {name: sum(1 for _ in entries_of(value)) for name, value in point.answers.items()}
    return sum(count * (1 + giving[name] * (giving[name] + 1) // 2) for name, count in entries.items())


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
