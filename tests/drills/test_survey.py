"""What a survey says of a drill, counted by hand on drills that are small enough."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from deckbuilder.drills.survey import SAMPLE, AnswerRange, Row, overview, survey, table
from deckbuilder.drills.variants import choose_variants
from tests.support.drills import SGD, drill, drill_of

SMALL = """
params:
  x: {range: [0, 9], step: 1}
  y: {choices: [1, 2]}
example: {x: 0, y: 1}
where:
  - x != 9
  - x + y < 10
check:
  - x < 7
strata:
  none: {when: x == 0, variants: 1}
  few: {when: x <= 3, variants: 2}
ask: What is @{x} times @{y}?
steps:
  - "@{x} · @{y} = @{x*y}, and as many hundredths are @{x*y/100:3}"
answer: x*y
mistakes:
  added: x + y
  squared: x**2
"""


def test_every_point_of_a_small_drill_is_counted() -> None:
    """If this failed, the report of `drill test` would be about something else than the drill."""
    found = survey(drill(SMALL), "small")
    assert (found.points, found.examined, found.sampled, found.cut) == (20, 20, False, False)
    assert found.passing == 17
    assert found.rejections == (("x != 9", 2), ("x + y < 10", 1))
    assert found.rejected == Fraction(3, 20)
    assert found.strata == (("none", 2), ("few", 6))
    assert found.answers == (AnswerRange("", Fraction(0), Fraction(14), found.answers[0].commonest, Fraction(2, 17)),)
    assert found.answers[0].commonest in ("0", "2", "4", "6", "8")
    assert not found.without_value
    (check,) = found.failed_checks
    assert (check.count, check.diagnostic.code, check.diagnostic.span.line) == (3, "DB531", 9)
    assert found.seconds >= 0


def test_mistakes_that_collide_anywhere_are_counted_with_an_example() -> None:
    """If this failed, a mistake that is none at some points would be found only once one of them is drawn."""
    added = survey(drill(SMALL), "small").collisions
    shown = [(fault.count, fault.diagnostic.message.split(" in ")[0], fault.diagnostic.span.line) for fault in added]
    assert shown == [
        (1, "the mistake `added` would be taken for the answer", 18),
        (4, "the mistake `squared` would be taken for the answer", 19),
        (1, "the mistake `squared` would be taken for the mistake `added`", 19),
    ]
    assert added[0].diagnostic.message.endswith(" in x = 2, y = 2")
    assert len(survey(drill(SMALL), "small").faults) == 4


def test_points_without_a_value_are_counted_at_each_place() -> None:
    """If this failed, an expression that divides by zero somewhere would be found only once it is drawn."""
    spec = drill_of(
        params={"x": {"range": [0, 9], "step": 1}},
        example={"x": 1},
        where=["6/(x - 5) < 3"],
        answer="1/(x*(x - 3))",
        tolerance=0.1,
    )
    found = survey(spec, "holes")
    assert [(fault.count, fault.diagnostic.message) for fault in found.without_value] == [
        (1, "no value for x = 5: division by zero"),
        (2, f"no value for x = {found.without_value[1].diagnostic.message.split('x = ')[1][0]}: division by zero"),
    ]
    assert found.rejections[0][1] == 1 + 1  # x = 6 and x = 7
    assert found.passing == 7
    assert found.answers[0].share == Fraction(2, 5)


def test_the_longest_number_that_is_shown_is_found() -> None:
    """If this failed, numbers too long for a person to reckon with would go unseen."""
    assert survey(drill(SMALL), "small").longest == "0.000"
    large = drill_of(
        params={"x": {"choices": [1, 1234567]}}, example={"x": 1}, answer="x", ask="Read $@{x:,}$ and @{x}."
    )
    assert survey(large, "large").longest == "1{,}234{,}567"


def test_a_large_domain_is_sampled_and_the_sample_is_the_same_each_time() -> None:
    """If this failed, `drill test` would take for ever, or say something else each time."""
    domain = {"range": [1, 90000], "step": 1}
    spec = drill_of(params={"x": domain}, example={"x": 2}, answer="x", where=["x % 2 == 0"])
    found = survey(spec, "large")
    assert (found.points, found.examined, found.sampled, found.cut) == (90_000, SAMPLE, True, False)
    assert abs(found.rejected - Fraction(1, 2)) < Fraction(2, 100)
    again = survey(spec, "large")
    assert (again.answers, again.rejections) == (found.answers, found.rejections)


def test_a_survey_that_is_cut_says_so_and_has_seen_a_fair_part() -> None:
    """If this failed, a report on the first few points of a domain would pass for one on all of them."""
    spec = drill_of(params={"x": {"range": [0, 9999], "step": 1}}, example={"x": 0}, answer="x", where=["x < 5000"])
    found = survey(spec, "long", limit=100_000)
    assert found.cut
    assert 100 < found.examined < 2000
    assert abs(found.rejected - Fraction(1, 2)) < Fraction(5, 100)
    assert found.answers[0].most > 4900
    assert not survey(spec, "long").cut


def test_every_value_is_met_once() -> None:
    """If this failed, a survey of all points would count some twice and others never."""
    for size in (1, 2, 3, 4, 36, 97, 210, 1000):
        spec = drill_of(
            params={"x": {"range": [1, size], "step": 1}, "y": {"choices": [0, 1, 2]}},
            example={"x": 1, "y": 0},
            answer="3*x + y",
            where=["3*x + y > 0"],
        )
        found = survey(spec, "each")
        assert found.answers[0].share == Fraction(1, 3 * size)
        assert (found.examined, found.answers[0].least, found.answers[0].most) == (3 * size, 3, 3 * size + 2)


def test_decimals_and_fractions_share_one_range() -> None:
    """If this failed, a drill whose answers are partly exact could not be surveyed."""
    spec = drill_of(params={"x": {"range": [0, 5], "step": 1}}, example={"x": 0}, answer="(exp(x), x)", tolerance=0.01)
    (answer,) = survey(spec, "mixed").answers
    assert answer.least == 0
    assert isinstance(answer.most, Decimal)
    assert math.isclose(answer.most, math.exp(5))


def test_a_long_answer_is_cut_in_the_report() -> None:
    """If this failed, a drill on large matrices would fill the memory with their texts."""
    numbers = {"choices": [12345678, 87654321], "matrix": [6, 2]}
    spec = drill_of(params={"m": numbers}, example={"m": [[12345678, 87654321]] * 6}, answer="T(m)")
    (answer,) = survey(spec, "matrix").answers
    assert len(answer.commonest) == 80
    assert answer.commonest.endswith("…")
    assert answer.share == Fraction(1, 2**12)


def test_a_table_has_a_row_for_every_variant() -> None:
    """If this failed, `drill show` would not show what learners get."""
    chosen, _ = choose_variants(drill(SGD), "sgd", ())
    assert chosen
    rows = table(chosen)
    assert [row.number for row in rows] == list(range(13))
    assert rows[0] == Row(
        number=0,
        values={"w": "0.5", "g": "0.2", "v": "0.1", "lr": "0.1", "beta": "0.9"},
        answers={"": "0.471"},
        mistakes={"plain SGD, no momentum": {"": "0.48"}, "wrong sign": {"": "0.529"}},
    )
    rounded, _ = choose_variants(
        drill_of(params={"x": {"range": [1, 9], "step": 1}}, example={"x": 1}, variants=2, answer="exp(x)",
                 tolerance={"significant": 3}), "exp", ()
    )  # fmt: skip
    assert rounded
    assert table(rounded)[0].answers == {"": "2.72"}


@pytest.mark.parametrize(("step", "share"), [(1, Fraction(1, 2)), (0.001, None)])
def test_an_overview_tells_what_share_is_rejected(step: float, share: Fraction | None) -> None:
    """If this failed, `drill list` would not show which drill's rules leave hardly anything."""
    spec = drill_of(
        params={"x": {"range": [1, 100], "step": step}, "y": {"choices": [1, 2]}},
        example={"x": 1, "y": 1},
        answer="x",
        where=["x <= 50"],
    )
    found = overview(spec, "halved")
    assert (found.key, found.parameters, found.variants) == ("halved", ("x", "y"), 12)
    assert found.rejected == share if share else abs(found.rejected - Fraction(1, 2)) < Fraction(1, 10)
