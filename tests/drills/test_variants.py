"""Which variants a drill gets, what is kept of them, and what is said where there are none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills import limits
from deckbuilder.drills.quantities import exact_text
from deckbuilder.drills.slots import Slot, read_slot, read_slots, slot_record
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.variants import Chosen, choose_variants
from tests.support.drills import SGD, drill, drill_of
from tests.support.fixtures import Case, cases

DRAWN = cases(Path(__file__).parents[1] / "fixtures" / "draws")


def chosen_of(spec: DrillSpec, key: str = "drill", kept: Sequence[Slot] = ()) -> Chosen:
    chosen, diagnostics = choose_variants(spec, key, kept)
    assert [str(found) for found in diagnostics if found.is_error] == []
    assert chosen
    return chosen


def problems_of(spec: DrillSpec, kept: Sequence[Slot] = ()) -> list[Diagnostic]:
    return choose_variants(spec, "drill", kept)[1]


def whole(limit: int, **keys: object) -> DrillSpec:
    """Return the drill of one whole number from 0 to `limit`, whose example is 0."""
    known = {"params": {"x": {"range": [0, limit], "step": 1}}, "example": {"x": 0}, "answer": "2*x"}
    return drill_of(**{**known, **keys})


def values_of(chosen: Chosen) -> dict[int, str]:
    return {slot.number: slot.values["x"] for slot, _ in chosen.live}


# Drawing


@pytest.mark.parametrize("case", DRAWN, ids=str)
def test_what_is_drawn_is_pinned_for_ever(case: Case) -> None:
    """If this failed, a new release or another machine would draw other numbers for drills not built there before.

    There is no way to rewrite the expected values: they must never change.
    """
    chosen = chosen_of(drill(case.given), case.title)
    lines = [json.dumps(slot_record(slot)) for slot in chosen.slots]
    assert "\n".join(lines) == case.expected


def test_there_are_pinned_draws() -> None:
    """If this failed, the pinned draws would be looked for where they are not."""
    assert len(DRAWN) >= 4


def test_a_draw_is_the_hash_of_key_slot_attempt_name_and_counter() -> None:
    """If this failed, the rule that the documentation gives would not be the one that is followed."""
    spec = drill_of(params={"x": {"range": [0, 9999], "step": 1}}, example={"x": 0}, answer="x", variants=3)
    for number, text in values_of(chosen_of(spec, "a-key")).items():
        digest = sha256(f"a-key\x1f{number}\x1f0\x1fx\x1f0".encode()).digest()
        assert int(text) == int.from_bytes(digest[:8], "big") % 10_000


def test_a_small_domain_is_used_to_its_last_point() -> None:
    """If this failed, a drill that can have its twelve variants would be refused, at times."""
    spec = whole(12, variants=12)
    assert sorted(map(int, values_of(chosen_of(spec)).values())) == list(range(1, 13))
    among_thousands = whole(4999, variants=12, where=["x <= 12"])
    assert sorted(map(int, values_of(chosen_of(among_thousands)).values())) == list(range(1, 13))


def test_a_search_does_not_follow_the_order_of_a_domain() -> None:
    """If this failed, variants that had to be searched for would be the smallest numbers of the domain, in order."""
    found = list(map(int, values_of(chosen_of(whole(4999, variants=12, where=["x % 100 == 0"]))).values()))
    assert found != sorted(found)
    assert max(found) > 2500


def test_a_search_does_not_follow_the_order_of_parameters() -> None:
    """If this failed, tidying up a drill's parameters would change what a search finds."""
    domain = {"range": [0, 59], "step": 1}
    there, back = (
        drill_of(
            params=dict.fromkeys(names, domain),
            example={"a": 0, "b": 0},
            where=["a*b == 12 or a + b == 0"],
            answer="a",
            variants=6,
        )
        for names in ("ab", "ba")
    )
    assert [slot.values for slot in chosen_of(there).slots] == [slot.values for slot in chosen_of(back).slots]


def test_one_variant_too_many_is_counted() -> None:
    """If this failed, an author would have to try out how many variants there can be."""
    (found,) = problems_of(whole(12, variants=13, where=["x != 5"]))
    assert found.code == "DB533"
    assert found.message.startswith("13 variants wanted, but besides the example only 11 differ and pass ")
    assert found.help.startswith("write `variants: 11`")
    (found,) = problems_of(whole(3, variants=2, where=["x <= 1"]))
    assert "only 1 differs and passes" in found.message
    (found,) = problems_of(whole(3, variants=2, where=["x == 0"]))
    assert "none differs and passes" in found.message
    assert "variants: 0" not in found.help


def test_the_count_of_a_full_domain_includes_the_variants_of_old() -> None:
    """If this failed, the number in the finding would be too small once a drill has been built."""
    kept = chosen_of(whole(12, variants=10)).slots
    (found,) = problems_of(whole(12, variants=13), kept)
    assert "only 12 " in found.message


def test_rules_that_reject_nearly_everything_are_named_with_their_counts() -> None:
    """If this failed, an author would not learn which of the rules to loosen."""
    spec = drill("""
        params: {x: {range: [0, 99999], step: 1}}
        example: {x: 0}
        where:
          - x % 3 == 0
          - x == 0
        ask: What is @{x}?
        answer: x
    """)
    (found,) = problems_of(spec)
    assert found.code == "DB534"
    assert (found.span.line, found.span.column) == (4, 5)
    causes = "1,307 rejected by `x % 3 == 0`, 693 rejected by `x == 0`"
    assert found.message == f"none of 2,000 draws was fit for variant 1: {causes}"


def test_drawing_ends_at_its_bound() -> None:
    """If this failed, a drill whose rules are long to work out would keep the build waiting."""
    (found,) = problems_of(replace(whole(99999, where=["exp(x/99999) == 1"]), share=500))
    assert found.code == "DB535"
    assert "more than 500 steps" in found.message
    assert "rejected by `exp(x/99999) == 1`" in found.message


HEAVY = {
    "mistakes": {"mistakes": {f"m{number}": f"x + {number}" for number in range(1, 190)}},
    "answers and mistakes": {
        "answer": {f"a{number}": f"x + {number}" for number in range(60)},
        "mistakes": {f"m{one}": {f"a{number}": f"x - {one + number + 1}" for number in range(60)} for one in range(30)},
    },
    "numbers": {"steps": [f"@{{x}} and @{{x + {step}}}" for step in range(900)]},
    "characters": {"steps": ["word " * 15_000]},
    "entries": {"let": {"row": f"({', '.join(['x'] * 20)})", "m": "outer(row, row)"}, "answer": "m"},
    "draws": {
        "params": {"x": {"range": [0, 9]}} | {name: {"range": [0, 9], "matrix": [20, 20]} for name in "abc"},
        "example": {"x": 0} | dict.fromkeys("abc", [[1] * 20] * 20),
    },
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_all_that_variants_need_ends_at_one_bound(heavy: str) -> None:
    """If this failed, a stranger's drill of a few lines would keep the build busy for a minute."""
    keys = {"params": {"x": {"range": [0, 99999]}}, "example": {"x": 0}, "answer": "x", "variants": 200, **HEAVY[heavy]}
    (found,) = [found for found in problems_of(drill_of(**keys)) if found.is_error]
    assert found.code in ("DB514", "DB535")
    assert f"{limits.MAX_STEPS:,} steps" in found.message


def test_levels_share_what_a_drill_may_take() -> None:
    """If this failed, a drill could take twenty times as long as is allowed, by twenty levels."""
    spec = drill_of(params={"x": {"range": [0, 9]}}, example={"x": 0}, answer="x", levels={"a": {}, "b": {}})
    assert [one.share for one in (spec, *spec.levels)] == [limits.MAX_STEPS // 3] * 3


def test_a_variant_too_long_to_work_out_is_an_error_that_names_it() -> None:
    """If this failed, one expression of a stranger's drill could hang the build."""
    lets = {"row": f"({', '.join(['x'] * 20)})", "m": "outer(row, row)", "n": "m @ m"}
    (found,) = problems_of(whole(20, let=lets, answer="(m @ n)[0][0]"))
    assert found.code == "DB530"
    assert f"{limits.MAX_POINT_STEPS:,} steps" in found.message
    assert "the example (x = 0)" in found.message


def test_vectors_and_matrices_are_drawn_entry_by_entry() -> None:
    """If this failed, the entries of one vector would all be the same."""
    params = {"v": {"range": [0, 9], "step": 1, "vector": 3}, "m": {"choices": [1, 2, 3], "matrix": [2, 2]}}
    spec = drill_of(params=params, example={"v": [1, 2, 3], "m": [[1, 1], [2, 2]]}, answer="sum(v) + sum(m)")
    for slot, point in chosen_of(spec).live:
        assert read_slot(slot_record(slot)) == slot
        assert exact_text(point.values["m"]) == slot.values["m"]
    assert len({entry for slot, _ in chosen_of(spec).live for entry in slot.values["v"].split(", ")}) > 5


# Keeping


def test_retired_variants_come_back_with_their_numbers_and_values() -> None:
    """If this failed, who asks for fewer variants and then for more again would lose those that learners know."""
    first = chosen_of(whole(50, variants=8))
    fewer = chosen_of(whole(50, variants=5), kept=first.slots)
    assert [slot.number for slot in fewer.retired] == [6, 7, 8]
    assert [slot for slot, _ in fewer.live] == list(first.slots[:5])
    more = chosen_of(whole(50, variants=10), kept=fewer.slots)
    assert more.slots[:8] == first.slots
    assert (more.revived, more.new) == ((6, 7, 8), (9, 10))


def test_a_retired_variant_that_no_longer_fits_stays_retired_and_its_number_too() -> None:
    """If this failed, a number would come to mean another variant."""
    first = chosen_of(whole(50, variants=4))
    fewer = chosen_of(whole(50, variants=3), kept=first.slots)
    without = whole(50, variants=4, where=[f"x != {first.slots[3].values['x']}"])
    more = chosen_of(without, kept=fewer.slots)
    assert [slot.number for slot, _ in more.live] == [1, 2, 3, 5]
    assert more.retired == fewer.retired


def test_no_draw_takes_the_values_of_a_variant_that_is_kept() -> None:
    """If this failed, an edit that makes room would push out a variant that still fits."""
    first = chosen_of(whole(6, variants=6))
    narrowed = drill_of(params={"x": {"choices": [*range(7), 7]}}, example={"x": 0}, answer="2*x", variants=6,
                        where=[f"x != {first.slots[0].values['x']}"])  # fmt: skip
    second = chosen_of(narrowed, kept=first.slots)
    assert second.redrawn == (1,)
    assert second.slots[0].values == {"x": "7"}
    assert second.slots[1:] == first.slots[1:]


def test_an_example_that_moves_onto_a_variant_makes_it_another() -> None:
    """If this failed, the same numbers would be shown under two numbers."""
    first = chosen_of(whole(50, variants=4))
    moved = whole(50, variants=4, example={"x": int(first.slots[2].values["x"])})
    chosen, diagnostics = choose_variants(moved, "drill", first.slots)
    assert chosen
    assert chosen.redrawn == (3,)
    assert [found.code for found in diagnostics] == ["DB537"]
    assert "variant 3:" in diagnostics[0].message


def test_a_new_parameter_is_drawn_for_each_variant_alone() -> None:
    """If this failed, adding a parameter would throw away the numbers that are there."""
    first = chosen_of(whole(50, variants=6))
    params = {"y": {"range": [1, 9], "step": 1}, "x": {"range": [0, 50], "step": 1}}
    both = drill_of(params=params, example={"x": 0, "y": 1}, answer="x*y", variants=6)
    second = chosen_of(both, kept=first.slots)
    assert values_of(second) == values_of(first)
    assert not second.redrawn
    assert not second.answer_changed
    assert len({slot.values["y"] for slot, _ in second.live}) > 1


def test_a_case_that_depends_on_a_new_parameter_keeps_what_can_be_kept() -> None:
    """If this failed, a parameter and cases that are added at once would throw away numbers that fit."""
    record = [Slot(number, {"x": str(x)}, {"": str(2 * x)}) for number, x in enumerate((20, 30, 5, 6), start=1)]
    params = {"x": {"range": [0, 50], "step": 1}, "y": {"choices": [0, 1]}}
    cases_ = {"small": {"when": "y == 0 and x <= 10", "variants": 2}, "rest": {"when": "True", "variants": 2}}
    spec = drill_of(params=params, example={"x": 0, "y": 0}, answer="2*x", strata=cases_)
    chosen = chosen_of(spec, kept=record)
    assert list(values_of(chosen).values()) == ["20", "30", "5", "6"]
    assert [point.stratum for _, point in chosen.live] == [1, 1, 0, 0]
    assert not chosen.redrawn


def test_a_renamed_parameter_takes_its_values_along_also_those_of_retired_variants() -> None:
    """If this failed, a better name would cost all variants."""
    first = chosen_of(whole(50, variants=3), kept=chosen_of(whole(50, variants=5)).slots)
    renamed = drill_of(params={"z": {"range": [0, 50], "step": 1}}, example={"z": 0}, answer="2*z", variants=5)
    second = chosen_of(renamed, kept=first.slots)
    assert [slot.values["z"] for slot in second.slots] == [slot.values["x"] for slot in first.slots]
    assert (second.revived, second.redrawn, second.answer_changed) == ((4, 5), (), ())


def test_another_parameter_in_the_place_of_one_is_no_renaming_where_its_domain_does_not_hold_the_values() -> None:
    """If this failed, values would go over to a parameter that they make no sense for."""
    first = chosen_of(whole(50, variants=5))
    other = drill_of(params={"z": {"range": [-9, -1], "step": 1}}, example={"z": -1}, answer="2*z", variants=5)
    assert all(int(slot.values["z"]) < 0 for slot, _ in chosen_of(other, kept=first.slots).live)


def test_a_changed_answer_is_reported_once_with_the_first_variant() -> None:
    """If this failed, a slip in an expression would change what learners are told is right, and nobody would see it."""
    first = chosen_of(whole(50, variants=5))
    chosen, diagnostics = choose_variants(whole(50, variants=5, answer="2*x + 1"), "drill", first.slots)
    (found,) = diagnostics
    old = int(first.slots[0].values["x"]) * 2
    assert found.code == "DB536"
    assert not found.is_error
    assert found.message == (
        "the answer changed in 5 variants with the same numbers as before; "
        f"variant 1 (x = {old // 2}): {old} is now {old + 1}"
    )
    assert chosen
    assert chosen.answer_changed == (1, 2, 3, 4, 5)


def test_a_name_for_the_only_answer_changes_no_answer() -> None:
    """If this failed, giving the answer a name would be reported as a change of all answers."""
    first = chosen_of(whole(50, variants=5))
    second = chosen_of(whole(50, variants=5, answer={"twice": "2*x"}), kept=first.slots)
    assert not second.answer_changed
    third = chosen_of(whole(50, variants=5, answer={"twice": "2*x", "thrice": "3*x"}), kept=second.slots)
    assert not third.answer_changed


def test_a_rule_without_a_value_at_a_variant_of_old_is_an_error_that_names_it() -> None:
    """If this failed, a rule that divides by zero would silently throw a variant away."""
    first = chosen_of(whole(50, variants=2))
    wrong = whole(50, variants=2, example={"x": 3}, where=[f"1/(x - {first.slots[1].values['x']}) < 2"])
    (found,) = problems_of(wrong, first.slots)
    assert found.code == "DB530"
    assert f"variant 2 (x = {first.slots[1].values['x']}): division by zero" in found.message


# Records


def test_slots_come_back_from_their_records() -> None:
    """If this failed, deck.lock would forget what learners have seen."""
    text = json.dumps([slot_record(slot) for slot in chosen_of(drill(SGD)).slots])
    assert read_slots(json.loads(text)) == chosen_of(drill(SGD)).slots
    softmax = drill_of(params={"z": {"range": [-3, 3], "step": 1, "vector": 3}}, example={"z": [1, 2, 3]},
                       answer="softmax(z)", tolerance=0.01)  # fmt: skip
    slots = chosen_of(softmax).slots
    assert read_slots([slot_record(replace(slot, retired=True)) for slot in slots]) == tuple(
        replace(slot, retired=True) for slot in slots
    )


GOOD = {"slot": 1, "values": {"x": "0.5"}, "answers": {"": "~0.1"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"slot": 0}, {"slot": True}, {"slot": "1"}, {"slot": None}, {"values": None}, {"values": ["x"]},
        {"values": {"x": 0.5}}, {"values": {"x": ".5"}}, {"values": {"x": "0.50"}}, {"values": {"x": "1/0"}},
        {"values": {"x": "~0.5"}}, {"values": {"x": "[1, 2"}}, {"values": {"x": "[[1, 2], [3]]"}},
        {"values": {"not a name": "1"}}, {"values": {"": "1"}}, {"answers": {"": "5~1"}}, {"answers": {"": "~~1"}},
        {"answers": {"": "true"}}, {"answers": {"x" * 300: "1"}}, {"answers": {"": ""}}, {"retired": False},
        {"retired": "yes"}, {"more": 1}, {"slot": 10**4000}, {"values": {f"x{number}": "1" for number in range(300)}},
    ],
)  # fmt: skip
def test_nonsense_in_a_record_is_refused(wrong: dict[str, object]) -> None:
    """If this failed, a damaged lock would be taken for variants that never were."""
    assert read_slot(GOOD).answers == {"": "~0.1"}
    with pytest.raises(ValueError, match=r"slot|retired|values|answers"):
        read_slot({**GOOD, **wrong})


def test_a_slot_that_stands_twice_is_refused() -> None:
    """If this failed, a merge that went wrong would drop one of two variants without a word."""
    with pytest.raises(ValueError, match="slot 1 stands twice"):
        read_slots([GOOD, {**GOOD, "values": {"x": "1"}}])
    assert read_slots([]) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
TEXTS = st.text(alphabet="0123456789-./~[], e", max_size=12)
RECORDS = st.fixed_dictionaries(
    {"slot": st.integers(-1, 5) | JSON},
    optional={
        "values": st.dictionaries(st.sampled_from(["x", "y", "", "x y"]), TEXTS, max_size=2) | JSON,
        "answers": st.dictionaries(st.text(max_size=3), TEXTS, max_size=2) | JSON,
        "retired": st.just(True) | JSON,
    },
)


@given(RECORDS)
def test_a_record_is_refused_or_says_exactly_what_is_read(record: dict[str, object]) -> None:
    """If this failed, a damaged lock would crash the build, or be changed by it in passing."""
    try:
        slot = read_slot(record)
    except ValueError:
        return
    assert slot_record(slot) == record


# What is said of variants that are wrong

WRONG = """
variants: 6
params:
  x: {range: [0, 6], step: 1}
example: {x: 0}
let:
  y: 1/(x - 4)
check:
  - x < 5
ask: What is @{x}?
steps:
  - $@{x}$ and @{1/(x - 3)}
answer: x**2
tolerance: 0.5
mistakes:
  doubled: 2*x
  squared again: 2*x + 0.5
"""


def test_every_error_is_at_its_line_and_names_its_first_variant() -> None:
    """If this failed, an author would know that a variant is wrong, but neither which nor where."""
    spec = drill(WRONG.replace("1/(x - 3)", "x - 3"))
    chosen, diagnostics = choose_variants(spec, "drill", ())
    assert chosen, "what is chosen can be looked at all the same"
    numbers = {slot.values["x"]: slot.number for slot, _ in chosen.live}
    first = min((numbers["5"], "5"), (numbers["6"], "6"))
    found = [(one.code, one.span.line, one.span.column, one.message) for one in diagnostics]
    assert found == [
        ("DB531", 8, 5, f"this check does not hold for variant {first[0]} (x = {first[1]}), and 1 more"),
        (
            "DB532", 15, 3,
            "the mistake `doubled` would be taken for the answer in the example (x = 0), and 1 more",
        ),
        (
            "DB532", 16, 3,
            "the mistake `squared again` would be taken for the answer in the example (x = 0), and 1 more",
        ),
        (
            "DB532", 16, 3,
            "the mistake `squared again` would be taken for the mistake `doubled` in the example (x = 0), and 6 more",
        ),
    ]  # fmt: skip


def test_what_has_no_value_for_one_variant_leaves_no_variants() -> None:
    """If this failed, a card would be written that shows no number in one of its variants."""
    chosen, (found,) = choose_variants(drill(WRONG), "drill", ())
    assert chosen is None
    assert (found.code, found.span.line, found.span.column) == ("DB530", 11, 18)
    assert found.message.endswith("(x = 3): division by zero")
    chosen, (found,) = choose_variants(drill(WRONG.replace("1/(x - 3)", "0").replace("x**2", "y")), "drill", ())
    assert chosen is None
    assert (found.span.line, found.span.column) == (6, 6)
    assert found.message.endswith("(x = 4): division by zero")


def test_values_too_long_for_a_finding_are_cut() -> None:
    """If this failed, one matrix would fill the screen with a single finding."""
    numbers = {"range": [0, 9], "step": 1, "matrix": [10, 10]}
    spec = drill_of(params={"m": numbers}, example={"m": [[1] * 10] * 10}, answer="1/(sum(m) - sum(m))")
    (found,) = problems_of(spec)
    assert len(found.message) < 300
    assert "…" in found.message


def test_the_answers_that_are_kept_are_exact() -> None:
    """If this failed, a change in the last digits would be reported as a changed answer, or a real one missed."""
    slot, point = chosen_of(whole(50, answer="x/7")).live[0]
    assert slot.answers[""] == exact_text(Fraction(int(slot.values["x"]), 7))
    assert point.answers[""] == Fraction(int(slot.values["x"]), 7)
