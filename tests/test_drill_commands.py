"""`drill list`, `drill show` and `drill test`: what an author sees of a drill before a learner does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder.cli import main

DECK = """\
# Training

1) One step of gradient descent.

    ```drill
    variants: 4
    params:
      w: {range: [-1, 1], step: 0.5, exclude: [0]}
      g: {range: [1, 4], step: 1}
    example: {w: 0.5, g: 2}
    where: ["w != g"]
    ask: Weight $w=@{w}$, gradient $g=@{g}$, $\\alpha=0.1$. Find $w'$.
    answer: w - g/10
    tolerance: 0.001
    mistakes:
      wrong sign: w + g/10
    levels:
      large: {params: {g: {range: [50, 90], step: 10}}, example: {g: 50}}
    ```

2) How many weights has a layer?

    ```drill
    variants: 3
    params: {a: {range: [1, 9], step: 1}, b: {range: [1, 9], step: 1}}
    example: {a: 2, b: 3}
    ask: A layer maps @{a} numbers to @{b}. How many weights has it, biases included?
    answer: a*b + b
    mistakes: {biases forgotten: a*b}
    ```
"""
KEYS = ["one-step-gradient-descent", "one-step-gradient-descent.large", "many-weights-layer"]


@pytest.fixture(autouse=True)
def in_a_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    Path("x.md").write_text(DECK, "utf-8")
    return Path("x.md")


def drill(*words: str) -> Result:
    return CliRunner().invoke(main, ("drill", *words, "--source", "x.md"))


def test_a_mistake_may_give_an_irrational_number(in_a_deck: Path) -> None:
    """If this failed, `drill show` would end in a traceback where a mistake takes a root, an exponential or a log."""
    text = DECK.replace("{biases forgotten: a*b}", "{root: sqrt(2)*a + b, exponential: exp(b), log: log(a) + b/7}")
    in_a_deck.write_text(text.replace("example: {a: 2, b: 3}", "example: {a: 3, b: 2}"), "utf-8")
    shown = drill("show", KEYS[2])
    assert shown.exit_code == 0, shown.output
    assert all(number in shown.output for number in ("6.24264", "7.38906", "1.38433"))
    (example, *_) = json.loads(drill("show", KEYS[2], "--format", "json").output)["variants"]
    assert example["mistakes"]["root"] == {"": "6.24264"}


def test_every_drill_and_level_is_listed(in_a_deck: Path) -> None:
    """If this failed, an author would not find the key to look at."""
    result = drill("list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()[2:]]
    assert [row[0] for row in rows] == KEYS
    assert rows[0][1:] == ["w", "g", "4", "6%", "x.md:3"]
    listed = json.loads(drill("list", "--format", "json").stdout)
    assert [(one["key"], one["variants"], one["line"]) for one in listed] == [
        (KEYS[0], 4, 3),
        (KEYS[1], 4, 18),
        (KEYS[2], 3, 21),
    ]


def test_all_variants_are_shown_with_answers_and_mistakes() -> None:
    """If this failed, a wrong variant would first be seen by a learner."""
    shown = json.loads(drill("show", KEYS[0], "--format", "json").stdout)
    assert [one["variant"] for one in shown["variants"]] == [0, 1, 2, 3, 4]
    for one in shown["variants"]:
        w, g = (float(one["values"][name]) for name in ("w", "g"))
        assert float(one["answers"][""]) == pytest.approx(w - g / 10)
        assert float(one["mistakes"]["wrong sign"][""]) == pytest.approx(w + g / 10)
    text = drill("show", KEYS[0]).stdout
    assert "✗1  wrong sign" in text
    assert "0.3" in text.splitlines()[3]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_tables_fit_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the columns of a table would run into one another in a narrow window."""
    monkeypatch.setenv("COLUMNS", str(width))
    for words in (("list",), ("show", KEYS[0])):
        table = drill(*words).stdout.splitlines()[1 : 7 if words[0] == "show" else None]
        assert max(map(len, table)) <= width


def test_a_sound_drill_passes_at_every_point() -> None:
    """If this failed, an author could not tell a tested drill from an untested one."""
    result = drill("test")
    assert result.exit_code == 0, result.stdout
    assert "16 points, all examined" in result.stdout
    assert "6% rejected by w != g" in result.stdout
    assert result.stdout.count("sound") == 3


def test_a_fault_that_no_variant_shows_is_found(in_a_deck: Path) -> None:
    """If this failed, one wrong answer among many points would wait for an unlucky draw."""
    in_a_deck.write_text(DECK.replace("{biases forgotten: a*b}", "{squared: b*b}"), "utf-8")
    result = drill("test", KEYS[2])
    assert result.exit_code == 1
    assert "error[DB532]" in result.stdout
    (found,) = json.loads(drill("test", KEYS[2], "--format", "json").stdout)
    assert found["faults"][0]["points"] == 8  # b(a + 1) = b² where b = a + 1
    assert found["faults"][0]["line"] == 29


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    """If this failed, a slip in a key would send the author back to the list."""
    result = drill("show", "one-step-gradient-decent")
    assert result.exit_code == 2
    assert "did you mean `one-step-gradient-descent`?" in result.stderr


def test_a_drill_can_be_looked_at_while_another_is_broken(in_a_deck: Path) -> None:
    """If this failed, one mistake would hide all drills of a deck."""
    in_a_deck.write_text(DECK.replace("answer: a*b + b", "answer: a*b +"), "utf-8")
    result = drill("show", KEYS[0])
    assert result.exit_code == 0
    assert "error[DB501]" in result.stderr
    assert drill("show", KEYS[2]).exit_code == 2
