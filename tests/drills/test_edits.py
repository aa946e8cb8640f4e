"""What an edit of a drill does to the variants that learners know: generated drills, generated histories of edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.drills.slots import Slot, read_slots, slot_record
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.variants import Chosen, choose_variants
from tests.support.drills import drill_of

NAMES = ("a", "b", "c", "d", "e")
RULES = ("{0} != 3", "{0} + {1} < 9", "{0}*{1} != 6", "{0} >= {1} - 4", "2*{0} - {1} != 5")
"""Rules that all hold where every parameter is 0, which is the example."""

Domains = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Draft:
    """A drill as it stands in the author's file, and the key that its note has."""

    params: Domains
    where: tuple[str, ...] = ()
    variants: int = 4
    answer: str = "0"
    key: str = "drill"
    wording: str = ""

    def spec(self) -> DrillSpec:
        return drill_of(
            params={name: {"choices": list(values)} for name, values in self.params.items()},
            example=dict.fromkeys(self.params, 0),
            where=list(self.where),
            variants=self.variants,
            answer=self.answer,
            ask=self.wording + " ".join(f"@{{{name}}}" for name in self.params),
            steps=[self.wording] if self.wording else [],
            mistakes={"a slip": f"1000 + ({self.answer})"} if self.wording else {},
        )

    def admits(self, values: Mapping[str, int]) -> bool:
        """Whether a slot with these values stays as it is, worked out apart from the code under test."""
        if values.keys() != self.params.keys():
            return False
        inside = all(value in self.params[name] for name, value in values.items())
        return inside and all(eval(rule, {}, dict(values)) for rule in self.where)


def domains(draw: Callable[..., tuple[int, ...]]) -> tuple[int, ...]:
    return draw(st.sets(st.integers(-3, 9), min_size=2, max_size=9).map(lambda found: tuple(sorted(found | {0}))))


@st.composite
def rule(draw: st.DrawFn, names: Sequence[str]) -> str:
    one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
    return draw(st.sampled_from(RULES)).format(one, other)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    params = {name: domains(draw) for name in names}
    where = tuple(draw(st.lists(rule(names), max_size=2)))
    return Draft(params, where, draw(st.integers(1, 6)), f"{names[0]} + 1")


def renamed(draft: Draft, old: str, new: str) -> Draft:
    swap = {old: new}
    texts = tuple(text.replace(old, new) for text in draft.where)
    params = {swap.get(name, name): values for name, values in draft.params.items()}
    return replace(draft, params=params, where=texts, answer=draft.answer.replace(old, new))


def without(draft: Draft, name: str) -> Draft:
    params = {other: values for other, values in draft.params.items() if other != name}
    where = tuple(text for text in draft.where if name not in text)
    return replace(draft, params=params, where=where, answer=draft.answer if name not in draft.answer else "7")


@st.composite
def edited(draw: st.DrawFn, draft: Draft) -> Draft:
    """Return the draft after one thing that authors do."""
    names = list(draft.params)
    name = draw(st.sampled_from(names))
    spare = [other for other in NAMES if other not in names]
    kinds = ["reorder", "widen", "narrow", "loosen", "tighten", "reword", "answer", "variants", "key"]
    kinds += ["add", "rename"] if spare else []
    kinds += ["remove"] if len(names) > 1 else []
    kind = draw(st.sampled_from(kinds))
    if kind == "reorder":
        return replace(draft, params={other: draft.params[other] for other in draw(st.permutations(names))})
    if kind == "widen":
        return replace(draft, params={**draft.params, name: tuple(sorted({*draft.params[name], *domains(draw)}))})
    if kind == "narrow":
        left = tuple(value for value in draft.params[name] if value == 0 or draw(st.booleans()))
        return replace(draft, params={**draft.params, name: left})
    if kind == "loosen":
        return replace(draft, where=draft.where[1:])
    if kind == "tighten":
        return replace(draft, where=(*draft.where, draw(rule(names))))
    if kind == "reword":
        return replace(draft, wording=draw(st.sampled_from(("", "Find it: ", "Now: "))))
    if kind == "answer":
        return replace(draft, answer=draw(st.sampled_from((f"{name} + 1", f"2*{name}", "5"))))
    if kind == "variants":
        return replace(draft, variants=draw(st.integers(1, 8)))
    if kind == "key":
        return replace(draft, key=draw(st.sampled_from(("drill", "step", "other"))))
    if kind == "remove":
        return without(draft, name)
    new = draw(st.sampled_from(spare))
    if kind == "rename":
        return renamed(draft, name, new)
    return replace(draft, params={**draft.params, new: domains(draw)})


def passed_on(chosen: Chosen) -> tuple[Slot, ...]:
    """Return the slots as they come back out of deck.lock."""
    return read_slots([slot_record(slot) for slot in chosen.slots])


def numbers_of(slot: Slot) -> dict[str, int]:
    return {name: int(text) for name, text in slot.values.items()}


def live(slots: Sequence[Slot]) -> dict[int, dict[str, int]]:
    return {slot.number: numbers_of(slot) for slot in slots if not slot.retired}


@st.composite
def histories(draw: st.DrawFn) -> list[Draft]:
    found = [draw(drafts())]
    for _ in range(draw(st.integers(1, 6))):
        found.append(draw(edited(found[-1])))
    return found


@settings(max_examples=300)
@given(histories())
def test_no_history_of_edits_costs_a_variant_that_still_fits(history: list[Draft]) -> None:
    """If this failed, an edit would give learners other numbers under a variant that they know."""
    record: tuple[Slot, ...] = ()
    for draft in history:
        chosen, diagnostics = choose_variants(draft.spec(), draft.key, record)
        if chosen is None:
            assert {found.code for found in diagnostics} == {"DB533"}
            continue  # the build stops, and the record stays as it was
        check_step(draft, record, chosen)
        record = passed_on(chosen)


def check_step(draft: Draft, record: Sequence[Slot], chosen: Chosen) -> None:
    """Compare one build with what the record and the draft call for."""
    after = live(chosen.slots)
    everything = [tuple(values[name] for name in draft.params) for values in after.values()]
    assert len(after) == draft.variants
    assert len({*everything, (0,) * len(draft.params)}) == draft.variants + 1
    assert all(draft.admits(values) for values in after.values())

    known = {slot.number for slot in record}
    assert {slot.number for slot in chosen.slots} >= known
    assert [number for number in after if number not in known] == list(chosen.new)
    assert list(chosen.new) == list(range(max(known, default=0) + 1, max(known, default=0) + 1 + len(chosen.new)))

    before = live(record)
    if len(before) > draft.variants:
        assert list(after) == sorted(before)[: draft.variants]
    lost = {name for values in before.values() for name in values} - draft.params.keys()
    gained = draft.params.keys() - {name for values in before.values() for name in values} if before else set()
    renaming = len(lost) == len(gained) == 1 and all(
        values[min(lost)] in draft.params[min(gained)] for values in before.values()
    )
    taken = {(0,) * len(draft.params)}
    for number, values in before.items():
        old = {(min(gained) if renaming and name in lost else name): value for name, value in values.items()}
        old = {name: value for name, value in old.items() if name in draft.params}
        identity = tuple(old.get(name, 0) for name in draft.params)
        fits = draft.admits(old) and identity not in taken
        if fits and number in after:
            assert after[number] == old
            assert number not in chosen.redrawn
            taken.add(identity)
        elif number in after and old.keys() == draft.params.keys():
            assert number in chosen.redrawn
        elif number in after and number not in chosen.redrawn:
            assert after[number].items() >= old.items()
        elif number in after:  # drawn anew as a whole though it lacked only something: nothing fit to its old values
            completions = set(product(*((old[name],) if name in old else draft.params[name] for name in draft.params)))
            fit = [one for one in completions - taken if draft.admits(dict(zip(draft.params, one, strict=True)))]
            assert not set(fit) - set(everything)
    for slot in chosen.retired:
        former = next(one for one in record if one.number == slot.number)
        assert list(slot.values.values()) == list(former.values.values())
    for number in chosen.revived:
        former = next(one for one in record if one.number == number)
        assert former.retired
        if former.values.keys() == draft.params.keys():
            assert after[number] == numbers_of(former)


@settings(max_examples=60)
@given(drafts(), st.randoms(use_true_random=False))
def test_the_same_drill_and_record_give_the_same_variants(draft: Draft, random: Random) -> None:
    """If this failed, two builds of one source would differ."""
    chosen, _ = choose_variants(draft.spec(), draft.key, ())
    again, _ = choose_variants(draft.spec(), draft.key, ())
    if chosen is None or again is None:
        assert chosen is again
        return
    assert chosen.slots == again.slots
    record = list(passed_on(chosen))
    random.shuffle(record)
    rebuilt, diagnostics = choose_variants(draft.spec(), "another key", record)
    assert rebuilt is not None
    assert rebuilt.slots == chosen.slots
    assert not diagnostics
    assert not (rebuilt.new or rebuilt.redrawn or rebuilt.revived or rebuilt.answer_changed)


@settings(max_examples=60)
@given(drafts(), st.permutations(NAMES))
def test_what_is_drawn_depends_on_no_order(draft: Draft, order: list[str]) -> None:
    """If this failed, tidying up the parameters of a drill that is not built yet would change all that is drawn."""
    reordered = replace(draft, params={name: draft.params[name] for name in order if name in draft.params})
    chosen, _ = choose_variants(draft.spec(), "drill", ())
    again, _ = choose_variants(reordered.spec(), "drill", ())
    assert (chosen is None) == (again is None)
    if chosen and again:
        assert [slot_record(slot) for slot in chosen.slots] == [slot_record(slot) for slot in again.slots]


@dataclass(frozen=True)
class Cases:
    """A drill of one number from 0 to 29, whose cases lie below these bounds, the rest above."""

    bounds: tuple[tuple[int, int], ...]
    rest: int

    def quotas(self) -> list[int]:
        return [variants for _, variants in self.bounds] + [self.rest]

    def case_of(self, value: int) -> int:
        return next((index for index, (bound, _) in enumerate(self.bounds) if value < bound), len(self.bounds))

    def spec(self) -> DrillSpec:
        cases = {f"below {bound}": {"when": f"x < {bound}", "variants": count} for bound, count in self.bounds}
        return drill_of(
            params={"x": {"range": [0, 29], "step": 1}},
            example={"x": 0},
            strata=cases,
            variants=sum(self.quotas()),
            answer="x",
        )


BOUNDS = st.lists(
    st.tuples(st.integers(6, 24), st.integers(1, 4)), min_size=1, max_size=3, unique_by=lambda one: one[0]
)
CASES = st.builds(Cases, BOUNDS.map(lambda found: tuple(sorted(found))), st.integers(0, 3))


@settings(max_examples=80)
@given(st.lists(CASES, min_size=1, max_size=5))
def test_every_case_has_its_number_of_variants_and_keeps_what_fits(history: list[Cases]) -> None:
    """If this failed, a case that the author wants practised would be left out, or an edit of one change all others."""
    record: tuple[Slot, ...] = ()
    for cases in history:
        chosen, _ = choose_variants(cases.spec(), "cases", record)
        if chosen is None:  # two bounds with less between them than is asked for
            continue
        after = {number: values["x"] for number, values in live(chosen.slots).items()}
        found = [cases.case_of(value) for value in after.values()]
        assert [found.count(index) for index in range(len(cases.bounds) + 1)] == cases.quotas()
        room = cases.quotas()
        for number, values in live(record).items():
            case = cases.case_of(values["x"])
            if room[case]:
                room[case] -= 1
                assert after[number] == values["x"]
            else:
                assert number not in after
        assert not chosen.redrawn
        record = passed_on(chosen)
