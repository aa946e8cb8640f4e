"""From a block to a drill: files of tests/fixtures/drill_blocks hold `title / . / block / . / outcome / .`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deckbuilder.diagnostics import Diagnostic, has_errors
from deckbuilder.drills.domains import Domain, Grid
from deckbuilder.drills.limits import MAX_BLOCK, MAX_EXPRESSIONS, MAX_LEVELS, MAX_NAMES
from deckbuilder.drills.literals import read_number
from deckbuilder.drills.reading import read_drill
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.tolerances import Nearness, Tolerance
from deckbuilder.yaml_text import place_in_file
from tests.support.drills import SGD
from tests.support.fixtures import Case, cases, rewritten

FIXTURES = Path(__file__).parents[1] / "fixtures" / "drill_blocks"
SMALL = "params: {x: {range: [0, 5]}}\nexample: {x: 1}\nask: 'Find $@{x} + 1$.'\nanswer: x + 1\n"


def read(block: str) -> tuple[DrillSpec | None, list[Diagnostic]]:
    return read_drill(block, place_in_file("x.md"))


def sound(block: str) -> DrillSpec:
    """Return the drill of a block in which nothing is wrong."""
    spec, diagnostics = read(block)
    assert diagnostics == []
    assert spec
    return spec


def outcome(block: str) -> str:
    """Return each finding as a person sees it: the line, carets below it, what is wrong, what to do."""
    spec, diagnostics = read(block)
    lines = [] if spec else ["(no drill)"]
    for found in diagnostics:
        line = block.split("\n")[found.span.line - 1] if block else ""
        lines += [
            f"{found.code} {found.message}",
            f"  {line}",
            "  " + " " * (found.span.column - 1) + "^" * found.span.width,
        ]
        lines += [f"  help: {found.help}"]
        lines += [f"  see {related.span.line}:{related.span.column} {related.message}" for related in found.related]
    return "\n".join(lines) or "(nothing)"


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_what_is_wrong_is_said_where_it_stands(case: Case, request: pytest.FixtureRequest) -> None:
    """If this failed, an author would search a block for a mistake that is pointed out somewhere else or not at all."""
    found = outcome(case.given)
    if rewritten(request, case, found):
        return
    assert found == case.expected


def test_the_example_of_the_format_is_read_whole() -> None:
    """If this failed, some part of a drill would be passed over in silence."""
    spec = sound(SGD)
    assert list(spec.params) == ["w", "g", "v", "lr", "beta"]
    assert spec.params["w"] == Domain(Grid(Fraction(-1), Fraction(1, 10), 21, (10,)))
    assert spec.params["lr"] == Domain((Fraction(1, 10), Fraction(1, 100), Fraction(1, 2)))
    assert spec.example == {
        "w": Fraction(1, 2), "g": Fraction(1, 5), "v": Fraction(1, 10), "lr": Fraction(1, 10), "beta": Fraction(9, 10)
    }  # fmt: skip
    assert {name: let.text for name, let in spec.lets.items()} == {"v1": "beta*v + g", "w1": "w - lr*v1"}
    assert spec.lets["w1"].needs == ("v1",)
    assert [condition.text for condition in spec.where] == ["places(w1) <= 3", "v1 != 0", "abs(lr*beta*v) > 0.001"]
    assert [check.needs for check in spec.checks] == [("v1", "w1")]
    assert len(spec.ask.places) == 5
    assert [len(step.places) for step in spec.steps] == [4, 4]
    assert {name: answer.text for name, answer in spec.answers.items()} == {"": "w1"}
    assert spec.tolerance == Tolerance(Nearness.ABSOLUTE, Fraction(1, 1000))
    assert [mistake.name for mistake in spec.mistakes] == ["plain SGD, no momentum", "wrong sign"]
    assert spec.variants == 12
    assert not spec.per_variant
    assert spec.levels == ()


def test_vectors_and_matrices_are_read() -> None:
    """If this failed, drills on vectors could not be written."""
    spec = sound(
        "params:\n  x: {vector: 3, range: [-2, 2], exclude: [0]}\n  W: {matrix: [2, 3], choices: [0, 1/3]}\n"
        "  v: {choices: [[1, 2], [3, 4]]}\nexample: {x: [1, -2, 1], W: [[0, 1/3, 0], [0, 0, 0]], v: [3, 4]}\n"
        "ask: $@{W}$ @{x} @{v}\nlet:\n  two: [x, 2*x]\nanswer: {W x: W @ x, two: two}\n"
    )
    assert [domain.value_shape for domain in spec.params.values()] == [(3,), (2, 3), (2,)]
    assert spec.example["W"] == ((0, Fraction(1, 3), 0), (0, 0, 0))
    assert spec.lets["two"].text == "[x, 2*x]"
    assert list(spec.answers) == ["W x", "two"]


@pytest.mark.parametrize(
    ("text", "nearness", "amount"),
    [
        ("0.001", Nearness.ABSOLUTE, Fraction(1, 1000)),
        ("{absolute: 1/3}", Nearness.ABSOLUTE, Fraction(1, 3)),
        ("{relative: 1%}", Nearness.RELATIVE, Fraction(1, 100)),
        ("{relative: 0.01}", Nearness.RELATIVE, Fraction(1, 100)),
        ("{decimals: 3}", Nearness.DECIMALS, Fraction(3)),
        ("{significant: 3}", Nearness.SIGNIFICANT, Fraction(3)),
    ],
)
def test_a_tolerance_is_read(text: str, nearness: Nearness, amount: Fraction) -> None:
    """If this failed, right answers would count as wrong, or wrong ones as right."""
    assert sound(f"{SMALL}tolerance: {text}\n").tolerance == Tolerance(nearness, amount)


def test_a_mistake_may_concern_some_of_several_answers() -> None:
    """If this failed, a mistake that spoils one of two answers could not be told."""
    spec = sound(SMALL.replace("answer: x + 1", "answer: {$w'$: x + 1, b: x}") + "mistakes:\n  one: {b: x + 2}\n")
    assert {name: gives.text for name, gives in spec.mistakes[0].gives.items()} == {"b": "x + 2"}


def test_mistakes_of_an_answer_of_no_parts_are_no_bug() -> None:
    """If this failed, an answer that is still to be written would end the build in a traceback."""
    _, (found,) = read(SMALL.replace("answer: x + 1", "answer: {}") + "mistakes: {one: x}\n")
    assert (found.code, found.span.line) == ("DB506", 4)


def test_cases_say_how_many_variants_there_are() -> None:
    """If this failed, an author would have to count twice, and a drill would lack cases."""
    strata = "strata: {small: {when: x < 2, variants: 2}, large: {when: x >= 2, variants: 3}}\n"
    assert sound(SMALL + strata).variants == 5
    assert sound(SMALL + strata + "variants: 6\n").variants == 6
    assert [(case.name, case.variants) for case in sound(SMALL + strata).strata] == [("small", 2), ("large", 3)]
    assert sound(SMALL + "cards: per-variant\n").per_variant


def test_a_level_is_the_drill_with_some_things_different() -> None:
    """If this failed, a level would ask with the numbers of another."""
    spec = sound(
        SMALL + "let: {y: x + 1, z: y}\nmistakes: {off: x}\nlevels:\n"
        "  hard:\n    params: {w: {choices: [1, 2]}}\n    example: {w: 2}\n    let: {y: x + w, z: }\n"
        "    ask: '@{x} and @{w}'\n    mistakes:\n"
        "  easy: {variants: 3, params: {x: {range: [0, 2]}}}\n"
    )
    assert [level.level for level in (spec, *spec.levels)] == ["", "hard", "easy"]
    hard, easy = spec.levels
    assert list(hard.params) == ["x", "w"]
    assert hard.example == {"x": 1, "w": 2}
    assert {name: let.text for name, let in hard.lets.items()} == {"y": "x + w"}
    assert hard.mistakes == ()
    assert (spec.variants, hard.variants, easy.variants) == (12, 12, 3)
    assert easy.params["x"].points == 3
    assert len(easy.mistakes) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)), ("0.10", Fraction(1, 10)), ("-3", Fraction(-3)), ("+3", Fraction(3)),
        ("1/3", Fraction(1, 3)), ("-2/6", Fraction(-1, 3)), ("1e-3", Fraction(1, 1000)), ("2.5E+2", Fraction(250)),
        (".5", Fraction(1, 2)), ("5.", Fraction(5)), ("1_000", Fraction(1000)), ("0", Fraction(0)),
    ],
)  # fmt: skip
def test_numbers_are_read_exactly(text: str, value: Fraction) -> None:
    """If this failed, a parameter would be 0.1000000000000000055 and its results ugly."""
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "1/0", "010", "-01", "0x10", "1:30", ".inf", "nan", "1e9999", "1e99999", "9" * 301, "1,5", "1 2", "१२",
        "1__0", "_1", "1e", "--1", "1/2/3",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    """If this failed, YAML's other ideas of a number (octal, base 60, infinity) would reach learners."""
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("block", "limit"),
    [
        ("#" * (MAX_BLOCK + 1), MAX_BLOCK),
        (SMALL + "let:\n" + "".join(f"  a{n}: 1\n" for n in range(MAX_NAMES + 1)), MAX_NAMES),
        (SMALL + "levels:\n" + "".join(f"  a{n}: {{}}\n" for n in range(MAX_LEVELS + 1)), MAX_LEVELS),
        (SMALL + "steps: ['" + "@{x}" * (MAX_EXPRESSIONS + 1) + "']\n", MAX_EXPRESSIONS),
    ],
    ids=["characters", "names", "levels", "expressions"],
)
def test_a_drill_that_is_too_large_is_refused(block: str, limit: int) -> None:
    """If this failed, one drill could keep a build waiting for ever."""
    _, diagnostics = read(block)
    assert [found.code for found in diagnostics] == ["DB514"]
    assert f"{limit:,}" in diagnostics[0].message or str(limit) in diagnostics[0].message


def test_a_run_of_blanks_is_read_in_one_go() -> None:
    """If this failed, a line of blanks in a stranger's drill would keep a build busy for a minute."""
    _, diagnostics = read(SMALL + "steps:\n- @{x}" + " " * (MAX_BLOCK - 200) + "y\n")
    assert [found.code for found in diagnostics] == ["DB110"]


def test_line_ends_of_any_kind_count_as_the_editor_counts_them() -> None:
    """If this failed, every place below an odd line end would be a line off."""
    for end in ("\n", "\r\n", "\r"):
        _, diagnostics = read(SMALL.replace("\n", end) + f"let:{end}  y: x +{end}  z: 'q'{end}")
        assert [(str(found.span), found.code) for found in diagnostics] == [
            ("x.md:6:8", "DB501"),
            ("x.md:7:7", "DB507"),
        ]
    for end in ("\x85", "\u2028", "\u2029"):
        _, diagnostics = read(SMALL.replace("Find", f"a{end}b") + "let: {y: q}\n")
        assert [str(found.span) for found in diagnostics] == ["x.md:5:10"]


@pytest.mark.parametrize(
    "block",
    [
        "ask: 'x\nanswer: x\ncheck: 'x\nanswer: x\ncheck: 'x",
        "params: {x: {range: [\nparams: {x: {range: [",
        "ask: 'Find\nlet:\n  a: *b",
        "params: {x: {range: [0, 5]}}\nexample: {x: 1}\nask: '@{x:p\n  q}'\nanswer: x",
    ],
)
def test_no_place_lies_beyond_its_line(block: str) -> None:
    """If this failed, an editor would refuse to show a mistake, or show it on the next line."""
    _, diagnostics = read(block)
    lines = block.split("\n")
    assert diagnostics
    for found in diagnostics:
        line = lines[found.span.line - 1]
        assert found.span.column <= len(line) + 1
        assert found.span.end <= max(len(line) + 1, found.span.column + 1)


def test_a_block_inside_an_item_keeps_the_places_of_its_file() -> None:
    """If this failed, the caret would stand under the wrong characters in every real review."""
    _, diagnostics = read_drill(SMALL + "let: {y: q}\n", place_in_file("deck/x.md", 41, 3))
    assert [str(found.span) for found in diagnostics] == ["deck/x.md:45:13"]


PIECES = "params: |example: |ask: |answer: |let: |levels: |steps: |  |- |{|}|[|]|,|: |x|y|@{|1|'|>|*|&|#|%|é|汉".split(
    "|"
)
PIECES += ["\n", "\t", '"', "|", "\\", "\u2028", "\x00"]


@settings(max_examples=300)
@example(text="answer: *x\n", at=0)
@example(text="? [a]\n: b\n", at=0)
@example(text="params: !!python/object:os.system x\n", at=0)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(0, len(SMALL)))
def test_no_block_makes_the_reader_fail(text: str, at: int) -> None:
    """If this failed, one odd line would stop an author's build with a traceback."""
    block = SMALL[:at] + text + SMALL[at:]
    spec, diagnostics = read(block)
    last = block.replace("\r", "\n").count("\n") + 1
    for found in diagnostics:
        assert 1 <= found.span.line <= last
        assert found.span.column >= 1
    assert spec or has_errors(diagnostics)
