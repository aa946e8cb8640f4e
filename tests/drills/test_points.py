"""What a drill comes to at one choice of values: known results, exactness, laziness, and where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest

from deckbuilder.drills import points
from deckbuilder.drills.expressions import Expression, evaluate
from deckbuilder.drills.limits import NoValue
from deckbuilder.drills.points import EXAMPLE, Collision, Point
from deckbuilder.drills.quantities import Value, exact_text
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.variants import choose_variants
from tests.support.drills import SGD, drill, drill_of

SOFTMAX = r"""
params: {z: {range: [-30, 30], step: 1, vector: 3}}
example: {z: [1, 2, 3]}
where: [distinct(z)]
check: ["abs(sum(softmax(z)) - 1) < 10**-30"]
ask: What is the softmax of $@{z}$?
steps:
  - $\sigma(z) = (@{softmax(z)[0]:3g}, @{softmax(z)[1]:3g}, @{softmax(z)[2]:5g})$
answer: softmax(z)
tolerance: {significant: 3}
"""

MLP = r"""
params:
  x:  {range: [-2, 2], step: 0.5, vector: 2}
  W1: {range: [-1, 1], step: 0.5, matrix: [2, 2]}
  b1: {range: [-1, 1], step: 0.5, vector: 2}
  W2: {range: [-1, 1], step: 0.5, vector: 2}
  t:  {range: [-2, 2], step: 1}
example: {x: [1, 2], W1: [[0.5, -0.5], [-0.5, 1]], b1: [0, 0], W2: [1, 1], t: 1}
let:
  z: W1 @ x + b1
  h: relu(z)
  y: dot(W2, h)
  d: 2*(y - t)
  dW2: d*h
  dz: d*W2*step(z)
  dW1: outer(dz, x)
ask: $x=@{x:mat}$, $W_1=@{W1}$, $b_1=@{b1:mat}$, $W_2=@{W2:mat}$, $t=@{t}$. Find $y$ and the gradients.
answer: {y: y, W2: dW2, W1: dW1}
mistakes:
  no ReLU: {y: "dot(W2, z)"}
"""
"""The two-layer network of the review's first practice problem; its numbers are the example's."""


def example_of(spec: DrillSpec) -> Point:
    return Point(spec, spec.example, EXAMPLE)


def floats(value: Value) -> np.ndarray:
    return np.array(value, dtype=object).astype(float)


def arrays(values: Mapping[str, Value]) -> dict[str, np.ndarray]:
    return {name: floats(value) for name, value in values.items()}


def points_of(block: str) -> list[Point]:
    chosen, _ = choose_variants(drill(block), "known", ())
    assert chosen
    return [chosen.example, *(point for _, point in chosen.live)]


# Known results


def test_one_step_of_sgd_with_momentum() -> None:
    """If this failed, the drill of the documentation would teach a wrong number."""
    example = example_of(drill(SGD))
    assert (example.lets, example.answers) == (
        {"v1": Fraction("0.29"), "w1": Fraction("0.471")},
        {"": Fraction("0.471")},
    )
    assert example.mistakes == {
        "plain SGD, no momentum": {"": Fraction("0.48")},
        "wrong sign": {"": Fraction("0.529")},
    }
    assert example.ask == (
        "Weight $w=0.5$, gradient 0.2, velocity $v=0.1$, $\\alpha=0.1$, $\\beta=0.9$. Find $v'$ and $w'$.\n"
    )
    assert example.steps == (
        r"$v' = \beta v + g = 0.9\cdot0.1 + 0.2 = 0.29$",
        r"$w' = w - \alpha v' = 0.5 - 0.1\cdot0.29 = 0.471$",
    )
    for point in points_of(SGD):
        here = arrays(point.values)
        velocity = here["beta"] * here["v"] + here["g"]
        assert np.isclose(floats(point.answers[""]), here["w"] - here["lr"] * velocity)


def test_softmax() -> None:
    """If this failed, probabilities on the cards would be wrong."""
    spec = drill(SOFTMAX)
    example = example_of(spec)
    assert np.allclose(floats(example.answers[""]), [0.0900, 0.2447, 0.6652], atol=5e-5)
    assert example.steps == (r"$\sigma(z) = (0.0900, 0.245, 0.66524)$",)
    apart = Point(spec, {"z": (Fraction(10), Fraction(20), Fraction(30))})
    assert np.allclose(floats(apart.answers[""]), [2.06e-9, 4.54e-5, 0.99995], rtol=1e-3)
    assert apart.steps == (r"$\sigma(z) = (2.06 \cdot 10^{-9}, 4.54 \cdot 10^{-5}, 0.99995)$",)
    for point in points_of(SOFTMAX):
        powers = np.exp(floats(point.values["z"]) - floats(point.values["z"]).max())
        assert np.allclose(floats(point.answers[""]), powers / powers.sum(), rtol=1e-12)


def test_forward_and_backward_through_two_layers() -> None:
    """If this failed, backpropagation would be taught with wrong gradients."""
    example = example_of(drill(MLP))
    assert example.lets["z"] == (Fraction("-0.5"), Fraction("1.5"))
    assert example.lets["h"] == (0, Fraction("1.5"))
    assert example.answers == {"y": Fraction("1.5"), "W2": (0, Fraction("1.5")), "W1": ((0, 0), (1, 2))}
    spec = drill(MLP)
    for point in [example, *(Point(spec, drawn(spec, number)) for number in range(50))]:
        here = arrays(point.values)
        hidden = here["W1"] @ here["x"] + here["b1"]
        active = np.maximum(hidden, 0)
        slope = 2 * (here["W2"] @ active - here["t"])
        found = arrays(point.answers)
        assert np.allclose(found["y"], here["W2"] @ active)
        assert np.allclose(found["W2"], slope * active)
        assert np.allclose(found["W1"], np.outer(slope * here["W2"] * (hidden > 0), here["x"]))


def drawn(spec: DrillSpec, number: int) -> dict[str, Value]:
    return {name: domain.draw("mlp", number, 0, name) for name, domain in spec.params.items()}


# When things are worked out


def test_nothing_is_worked_out_twice_nor_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, drawing the variants of a large deck would take several times as long."""
    seen: list[str] = []

    def counting(expression: Expression, *rest: object) -> Value:
        seen.append(expression.text)
        return evaluate(expression, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(points, "evaluate", counting)
    point = example_of(drill(SGD))
    assert seen == []
    assert point.rejected_by is None
    assert seen == ["beta*v + g", "w - lr*v1", "places(w1) <= 3", "v1 != 0", "abs(lr*beta*v) > 0.001"]
    for _ in range(2):
        assert (point.answers, point.mistakes, point.ask, point.steps) and not point.failed_checks
        assert not point.collisions
    assert len(seen) == len(set(seen))


def test_the_first_rule_that_rejects_ends_the_matter() -> None:
    """If this failed, a rule could not keep those behind it from dividing by zero."""
    spec = drill_of(
        params={"x": {"range": [0, 5], "step": 1}}, example={"x": 2}, answer="x", where=["x != 0", "6/x > 2"]
    )
    assert Point(spec, {"x": Fraction(0)}).rejected_by == 0
    assert Point(spec, {"x": Fraction(3)}).rejected_by == 1
    assert Point(spec, {"x": Fraction(2)}).rejected_by is None


def test_a_name_without_a_value_matters_only_where_it_is_used() -> None:
    """If this failed, `y if x != 0 else 0` could not be written with `y` under `let`."""
    spec = drill_of(
        params={"x": {"range": [0, 5], "step": 1}},
        example={"x": 1},
        let={"y": "1/x", "z": "y + 1"},
        answer="z if x != 0 else 0",
    )
    assert Point(spec, {"x": Fraction(0)}).answers == {"": 0}
    assert Point(spec, {"x": Fraction(2)}).answers == {"": Fraction(3, 2)}
    with pytest.raises(NoValue, match="division by zero"):
        _ = Point(spec, {"x": Fraction(0)}).lets


def test_a_long_chain_of_names_is_followed() -> None:
    """If this failed, a drill with many small steps would crash the build."""
    lets = {"n0": "x"} | {f"n{index}": f"-(-(-(-(n{index - 1} + 1))))" for index in range(1, 190)}
    spec = drill_of(params={"x": {"range": [0, 5], "step": 1}}, example={"x": 1}, let=lets, answer="n189")
    assert example_of(spec).answers == {"": 190}


# Where there is no value


def no_value(block: str, **values: int) -> str:
    spec = drill(block)
    point = Point(spec, {**spec.example, **{name: Fraction(value) for name, value in values.items()}}, 3)
    with pytest.raises(NoValue) as caught:
        _ = point.answers, point.mistakes, point.ask, point.steps, point.rejected_by, point.failed_checks
    found = point.finding(caught.value)
    assert found.is_error
    place, message = f"{found.span.line}:{found.span.column}-{found.span.end}", found.message
    assert message.startswith("no value for variant 3 (x = 0): ")
    return f"{place} {message.partition(': ')[2]}"


PLAIN = """
params: {x: {range: [0, 9], step: 1}}
example: {x: 1}
let: {y: 6/x}
where: [x < 9]
check: [x < 9]
ask: What is @{x}?
steps: ["@{x}"]
answer: x
mistakes: {slip: x + 1}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("answer: x", "answer: y", "3:10-13 division by zero"),
        ("answer: x", "answer: 1 + 6/x", "8:13-16 division by zero"),
        (
            "answer: x", "answer: x < 1",
            "8:9-14 a number, a vector or a matrix is needed here, not a condition; "
            "write `1 if … else 0`",
        ),
        ("x + 1}", '"(x, x)"}', "9:19-25 the mistake gives a vector of 2, the answer is a number"),
        ("@{x}\"]", "@{x < 2}\"]", "7:10-18 a condition cannot be shown; show a number"),
        ("check: [x < 9]", "check: [x + 1]", "5:9-14 a condition is needed here, not a number; compare it"),
        ("check: [x < 9]", "check: [1/x < 9]", "5:9-12 division by zero"),
    ],
)  # fmt: skip
def test_what_has_no_value_is_found_at_its_place(old: str, new: str, expected: str) -> None:
    """If this failed, an author would have to look for the fault by hand."""
    assert old in PLAIN
    assert no_value(PLAIN.replace(old, new), x=0) == expected


def test_values_that_were_only_tried_are_named_without_a_number() -> None:
    """If this failed, an error during drawing would speak of a variant that does not exist."""
    spec = drill(PLAIN)
    assert str(Point(spec, {"x": Fraction(1, 3)})) == "x = 1/3"
    assert str(Point(spec, {"x": Fraction(1)}, 7)) == "variant 7 (x = 1)"
    assert str(example_of(spec)) == "the example (x = 1)"


# Mistakes


def test_mistakes_collide_by_the_tolerance_and_only_at_the_answers_they_speak_of() -> None:
    """If this failed, who makes a mistake might be told that the answer is right."""
    spec = drill_of(
        params={"x": {"range": [0, 9], "step": 1}},
        example={"x": 5},
        answer={"one": "x", "two": "2*x"},
        tolerance=1,
        mistakes={"a": {"one": "2*x"}, "b": {"two": "2*x + 5"}, "c": {"one": "x**2", "two": "x + 6"}},
    )
    found = {int(x): Point(spec, {"x": Fraction(x)}).collisions for x in (1, 2, 4, 5, 7)}
    assert found[5] == (Collision("c", None, "two"),)
    assert found[7] == (Collision("c", None, "two"),)
    assert found[4] == ()
    assert found[2] == (Collision("c", "a", "one"), Collision("c", "b", "two"))
    assert found[1] == (
        Collision("a", None, "one"),
        Collision("c", None, "one"),
        Collision("c", "a", "one"),
        Collision("c", "b", "two"),
    )
    assert found[5][0].other_in_words == "the answer `two`"
    assert found[2][0].other_in_words == "the mistake `a`"


def test_a_relative_tolerance_is_measured_from_both_mistakes() -> None:
    """If this failed, one of two mistakes could be taken for the other, depending on which is written first."""
    spec = drill_of(
        params={"x": {"range": [100, 900], "step": 1}},
        example={"x": 100},
        answer="x",
        tolerance={"relative": "10%"},
        mistakes={"small": "10*x", "large": "11.05*x"},
    )
    assert example_of(spec).collisions == (Collision("large", "small", ""),)


def test_the_texts_that_are_kept_are_exact() -> None:
    """If this failed, the record of a variant would not stand for its values."""
    spec = drill_of(params={"x": {"choices": ["1/3", 0.1]}}, example={"x": 0.1}, answer="(x, exp(x))", tolerance=0.1)
    point = Point(spec, {"x": Fraction(1, 3)})
    assert point.values_text == {"x": "1/3"}
    assert point.answers_text == {"": "[1/3, ~1.3956124250860895286]"}
    assert exact_text(point.answers[""]) == point.answers_text[""]
