"""A drill as a note: what its card gets, its levels and variants as notes, and what the lock keeps of it."""

from __future__ import annotations

import re
from fractions import Fraction as F
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.drills.points import Point
from deckbuilder.drills.reading import read_drill
from deckbuilder.identity.lock import read_lock
from deckbuilder.kinds.drill.numbered import numbered, passage_of_scalar
from deckbuilder.pipeline import BuildResult, Options, build, prepare
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.renderer import render
from deckbuilder.source.passage import Passage
from deckbuilder.yaml_text import place_in_file
from tests.support.drills import STEP


def item(block: str = STEP, question: str = "One step of gradient descent.", prose: str = "") -> str:
    body = "".join(f"   {line}\n" if line else "\n" for line in f"```drill\n{block}```\n{prose}".splitlines())
    return f"# Training\n\n1) {question}\n\n{body}"


def built(folder: Path, text: str, **options: object) -> BuildResult:
    (folder / "x.md").write_text(text, "utf-8")
    return build(folder / "x.md", Options(output=folder / "x.apkg", **options))  # type: ignore[arg-type]


def fields(folder: Path, text: str) -> list[dict[str, str]]:
    """Return the fields of every note of a text, in order."""
    (folder / "x.md").write_text(text, "utf-8")
    prepared, result = prepare(folder / "x.md")
    assert prepared is not None
    assert not result.failed, result.diagnostics
    return [dict(note.rendered.fields) for note in prepared.notes]


def variants(field: str) -> list[str]:
    return re.findall(r'<div class="db-variant">(.*?)</ul></div>(?=<div class="db-variant">|\Z)', field)


def test_the_example_stands_on_the_card_and_all_variants_behind_it(tmp_path: Path) -> None:
    """If this failed, a card without scripts would be empty, or one with scripts would never change."""
    (shown,) = fields(tmp_path, item())
    assert shown["Question"] == "One step of gradient descent."
    assert r"\(w=0.5\)" in shown["Context"]
    assert r"\(0.48\)" in shown["Answer"]
    assert r"0.5 - 0.1\cdot0.2 = 0.48" in shown["Steps"]
    found = variants(shown["Variants"])
    assert len(found) == 6
    assert shown["Context"] in found[0]
    assert shown["Answer"] in found[0]
    assert shown["Steps"] in found[0]
    asked = {re.search(r'<div class="db-ask">.*?</div>', variant)[0] for variant in found}  # type: ignore[index]
    assert len(asked) == 6


def test_every_variant_is_right(tmp_path: Path) -> None:
    """If this failed, some variants would teach a wrong answer, and only some learners would ever see it."""
    (shown,) = fields(tmp_path, item())
    for variant in variants(shown["Variants"]):
        w, g, lr = (
            float(re.search(pattern, variant)[1]) for pattern in (r"w=(-?[\d.]+)", r"g=(-?[\d.]+)", r"alpha=([\d.]+)")
        )  # type: ignore[index]
        result = float(re.search(r'db-value">\\\((-?[\d.]+)\\\)', variant)[1])  # type: ignore[index]
        low, high, wrong_low, wrong_high = (
            float(found) for found in re.findall(r'data-(?:low|high)="([^"]*)"', variant)
        )
        assert result == pytest.approx(w - lr * g)
        assert low < w - lr * g < high
        assert high - low == pytest.approx(0.002)
        assert wrong_low < w + lr * g < wrong_high


def test_a_rule_for_the_answer_is_told_in_front(tmp_path: Path) -> None:
    """If this failed, a learner could not know how far to round before the answer is checked."""
    (shown,) = fields(tmp_path, item())
    assert "to within 0.001" in shown["Context"]
    (exact,) = fields(tmp_path, item(STEP.replace("tolerance: 0.001\n", "")))
    assert "db-rule" not in exact["Context"]
    assert 'data-low="0.48" data-high="0.48"' in exact["Variants"]


def test_named_answers_have_a_line_and_a_box_each(tmp_path: Path) -> None:
    """If this failed, a drill that asks for two things would check one."""
    block = STEP.replace("answer: w1", "answer: {$w'$: w1, $\\Delta$: w1 - w}").replace(
        "wrong sign: w + lr*g", "wrong sign: {$w'$: w + lr*g}"
    )
    (shown,) = fields(tmp_path, item(block))
    assert shown["Answer"].count("db-result-line") == 2
    assert r"\(w'\) =</span>" in shown["Answer"]
    first = variants(shown["Variants"])[0]
    assert first.count("db-check-name") == 2
    assert first.count("db-mistakes") == 1


def test_a_result_is_written_for_the_eye(tmp_path: Path) -> None:
    """If this failed, a count of millions would be a row of digits, and a name would run into its value."""
    block = "params: {n: {choices: [1000, 2000]}}\nexample: {n: 1000}\nvariants: 1\nask: $n=@{n}$\nanswer: {$m$: n*n}\n"
    (shown,) = fields(tmp_path, item(block))
    assert r'</span> <span class="db-value">\(1{,}000{,}000\)</span>' in shown["Answer"]
    assert 'data-low="1000000" data-high="1000000"' in shown["Variants"]


def test_vectors_and_matrices_are_written_and_checked_entry_by_entry(tmp_path: Path) -> None:
    """If this failed, drills on the mathematics of networks could not be written."""
    block = """\
variants: 3
params:
  W: {range: [-2, 2], step: 1, matrix: [2, 2]}
  x: {range: [1, 3], step: 1, vector: 2}
example: {W: [[1, 0], [-2, 1]], x: [2, 3]}
ask: |
  $$
  W = @{W}, \\quad x = @{x:mat}
  $$
answer: W @ x
"""
    (shown,) = fields(tmp_path, item(block))
    assert r"\begin{pmatrix} 1 &amp; 0 \\ -2 &amp; 1 \end{pmatrix}" in shown["Context"]
    assert r"\begin{pmatrix} 2 \\ 3 \end{pmatrix}" in shown["Context"]
    assert r"\((2, -1)\)" in shown["Answer"]
    assert 'data-low="2 -1" data-high="2 -1"' in shown["Variants"]


def test_prose_around_the_block_and_hints_stay(tmp_path: Path) -> None:
    """If this failed, what an author adds to a drill would vanish."""
    text = item(prose="\nThe step goes downhill.\n\n**Hint:** Which way is down?\n\n**Key points**\n\n- sign\n")
    (shown,) = fields(tmp_path, text)
    assert "The step goes downhill." in shown["Remarks"]
    assert "Which way is down?" in shown["Hints"]
    assert "sign" in shown["Key Points"]


def test_a_block_right_under_the_question_is_not_part_of_it(tmp_path: Path) -> None:
    """If this failed, a forgotten blank line would make an unanswered question of a drill."""
    (shown,) = fields(tmp_path, item().replace("descent.\n\n", "descent.\n"))
    assert shown["Kind"] == "drill"
    assert shown["Question"] == "One step of gradient descent."


# Levels and variants as notes

LEVELS = (
    STEP
    + """\
levels:
  large-steps:
    params: {lr: {choices: [5, 10, 20]}}
    example: {lr: 10}
"""
)


def test_a_level_is_a_note_of_its_own(tmp_path: Path) -> None:
    """If this failed, the hard numbers would share their schedule with the easy ones."""
    base, hard = fields(tmp_path, item(LEVELS))
    assert (base["Key"], hard["Key"]) == ("one-step-gradient-descent", "one-step-gradient-descent.large-steps")
    assert "large steps" in hard["Question"]
    assert r"\alpha=10" in hard["Context"]
    assert len(variants(hard["Variants"])) == 6


def test_levels_come_and_go_without_touching_the_others(tmp_path: Path) -> None:
    """If this failed, adding a level would cost the history of the drill."""
    first = built(tmp_path, item())
    second = built(tmp_path, item(LEVELS))
    assert [(note.guid == first.notes[0].guid, note.change) for note in second.notes] == [
        (True, "unchanged"), (False, "new"),
    ]  # fmt: skip
    third = built(tmp_path, item(), retire=True)
    assert [note.key for note in third.retired] == ["one-step-gradient-descent.large-steps"]
    fourth = built(tmp_path, item(LEVELS))
    assert [note.guid for note in fourth.notes] == [note.guid for note in second.notes]
    assert "DB314" in [found.code for found in fourth.diagnostics]


EACH = STEP + "cards: per-variant\n"


def test_each_variant_can_be_a_note(tmp_path: Path) -> None:
    """If this failed, those who want a card a variant would have none."""
    notes = fields(tmp_path, item(EACH))
    assert len(notes) == 6
    assert [note["Key"].rpartition(".")[2] for note in notes[1:]] == ["v1", "v2", "v3", "v4", "v5"]
    assert all(len(variants(note["Variants"])) == 1 for note in notes)
    assert len({note["Context"] for note in notes}) == 6
    assert "variant 3" in notes[3]["Question"]


def test_only_new_slots_are_new_notes(tmp_path: Path) -> None:
    """If this failed, one more variant would make all cards of the drill new."""
    first = built(tmp_path, item(EACH))
    known = {note.key: note.guid for note in first.notes}
    more = built(tmp_path, item(EACH.replace("variants: 5", "variants: 7")))
    assert {note.key: note.guid for note in more.notes if note.change == "unchanged"} == known
    assert [note.key.rpartition(".")[2] for note in more.notes if note.change == "new"] == ["v6", "v7"]
    fewer = built(tmp_path, item(EACH.replace("variants: 5", "variants: 6")), retire=True)
    assert [note.key.rpartition(".")[2] for note in fewer.retired] == ["v7"]
    again = built(tmp_path, item(EACH.replace("variants: 5", "variants: 7")))
    assert {note.key: note.guid for note in again.notes} == {note.key: note.guid for note in more.notes}


def test_a_slot_drawn_again_is_the_only_note_that_changes(tmp_path: Path) -> None:
    """If this failed, narrowing a domain by one value would overwrite what learners wrote on every variant."""
    built(tmp_path, item(EACH))
    lock, _ = read_lock((tmp_path / "x.deck.lock").read_text("utf-8"), "x")
    assert lock is not None
    slots = lock.notes["one-step-gradient-descent"].slots
    gone = slots[2].values["w"]
    struck = [f"v{slot.number}" for slot in slots if slot.values["w"] == gone]
    result = built(tmp_path, item(EACH.replace("exclude: [0]}", f"exclude: [0, {gone}]}}", 1)))
    assert [note.key.rpartition(".")[2] for note in result.notes if note.change == "edited"] == struck
    assert "DB5" in "".join(found.code for found in result.diagnostics)


# The lock


def test_an_unchanged_drill_leaves_lock_and_package_alone(tmp_path: Path) -> None:
    """If this failed, every build would be a release."""
    built(tmp_path, item(LEVELS))
    before = (tmp_path / "x.deck.lock").read_bytes(), (tmp_path / "x.apkg").read_bytes()
    built(tmp_path, item(LEVELS))
    assert ((tmp_path / "x.deck.lock").read_bytes(), (tmp_path / "x.apkg").read_bytes()) == before


def test_a_block_with_a_mistake_writes_nothing(tmp_path: Path) -> None:
    """If this failed, a slip in a drill would retire its variants."""
    built(tmp_path, item())
    before = (tmp_path / "x.deck.lock").read_bytes()
    result = built(tmp_path, item(STEP.replace("w - lr*g", "w - lr*", 1)))
    assert result.apkg is None
    assert (tmp_path / "x.deck.lock").read_bytes() == before


def test_a_drill_that_becomes_prose_and_a_drill_again_keeps_its_variants(tmp_path: Path) -> None:
    """If this failed, trying another kind would draw all numbers anew."""
    built(tmp_path, item())
    before = (tmp_path / "x.deck.lock").read_text("utf-8")
    built(
        tmp_path,
        "# Training\n\n1) One step of gradient descent.\n\n    Go down by the learning rate times the slope.\n",
    )
    built(tmp_path, item())
    slots = re.compile(r'"slots": (\[.*?\]), "section"')
    assert slots.findall((tmp_path / "x.deck.lock").read_text("utf-8")) == slots.findall(before)


@pytest.mark.parametrize("slots", ['[{"slot": 0, "values": {}, "answers": {}}]', '[{"slot": 1}]', "[1]", '"x"'])
def test_a_damaged_slot_is_told_at_its_line(tmp_path: Path, slots: str) -> None:
    """If this failed, a bad merge of the lock would draw all numbers anew without a word."""
    built(tmp_path, item())
    lock = tmp_path / "x.deck.lock"
    lock.write_text(
        re.sub(r'"slots": \[.*?\], "section"', f'"slots": {slots}, "section"', lock.read_text("utf-8")), "utf-8"
    )
    result = built(tmp_path, item())
    assert [(found.code, found.span.line) for found in result.diagnostics] == [("DB307", 7)]


# Mistakes at their place


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        (item(STEP.replace("w - lr*g", "w - lrr*g", 1)), "DB5", (12, 18)),
        (item().replace("```", "~~~").replace("lr*g", "lr*", 1), "DB5", (12, 20)),
        ("# A\n\n1) Why? <!-- card: {kind: drill} -->\n\n    So.\n", "DB550", (3, 4)),
        (item(prose="\n```drill\nx: 1\n```\n"), "DB551", (22, 4)),
    ],
)  # fmt: skip
def test_a_mistake_comes_at_its_place(tmp_path: Path, text: str, code: str, place: tuple[int, int]) -> None:
    """If this failed, an author would look for a slip in a block of thirty lines."""
    found = [one for one in built(tmp_path, text).diagnostics if one.code.startswith(code)]
    assert [(one.span.line, one.span.column) for one in found] == [place]


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ("  - >\n    One line of words\n    and $\\bm{w} = @{w}$.\n", (13, 13)),
        ("  - One line of words\n    and $\\bm{w} = @{w}$.\n", (12, 13)),
        ('  - "A \\\\, then $\\\\bm{w} = @{w}$."\n', (11, 21)),
        ("  - 'It''s $\\bm{w} = @{w}$.'\n", (11, 16)),
        ("  - |\n    1. One.\n    2. Two, $\\bm{w} = @{w}$.\n", (13, 17)),
    ],
    ids=["folded", "plain", "double quotes", "single quotes", "literal"],
)
def test_what_rendering_finds_stands_at_its_place_in_any_yaml(
    tmp_path: Path, steps: str, place: tuple[int, int]
) -> None:
    """If this failed, a formula's mistake in a folded or quoted text would be shown on another line or beside it."""
    block = "params: {w: {range: [1, 40]}}\nexample: {w: 2}\nask: Twice $@{w}$?\nanswer: 2*w\nsteps:\n" + steps
    found = [one for one in built(tmp_path, item(block)).diagnostics if one.code == "DB420"]
    assert [(one.span.line, one.span.column) for one in found] == [place]


# Rendered once, filled many times

_TEXTS = st.lists(
    st.sampled_from(
        [
            *("@{a}", "@{b:2}", "@{a:p}", "$x = @{a}$", "$@{a} - @{b}$", "`@{b}`", "**@{a}**", "text 1234"),
            *("\n\n- ", "$$@{a}\\\\@{b}$$", "@{a}@{b}", "5", " < ", "(@{b})"),
        ]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(_TEXTS)
def test_numbers_put_in_afterwards_stand_as_if_rendered_with_the_text(text: str) -> None:
    """If this failed, the variants of a drill would look other than its example."""
    block = (
        "params: {a: {range: [-3, 12], step: 0.5}, b: {choices: [2, 3.25]}}\n"
        "example: {a: 2, b: 3.25}\nanswer: a\nask: |\n" + "".join(f"  {line}\n" for line in f"Ask {text}".split("\n"))
    )
    spec, found = read_drill(block, place_in_file("x.md"))
    assert spec is not None, found

    def html(passage: Passage) -> str:
        return render(passage, RenderOptions()).html

    once = numbered(spec.ask, html)
    for index in (0, 3, 8, 13, 30):
        point = Point(spec, {"a": spec.params["a"].at(index), "b": spec.params["b"].at(index % 2)})
        each = html(passage_of_scalar(spec.ask.scalar, spec.ask.filled(point.numbers(spec.ask))))
        assert unescape(once.html(point)) == unescape(each)


@pytest.mark.parametrize(
    ("ask", "value", "shown"),
    [
        ("@{a}@{a}@{a}@{a}@{a}@{a}@{a}@{a}, 7@{b}", 3, "2" * 8 + ", 73"),  # a mark of the digit before it alone
        ("@{b}. step of @{a}", 3, '<ol start="3">\n<li>step of 2</li>'),
        ("@{b}. step of @{a}", F(1, 2), "0.5. step of 2"),
        ("[next](https://x.org/@{b:frac})", F(-1, 2), 'href="https://x.org/(%E2%88%921/2)"'),
    ],
)
def test_a_number_stands_right_wherever_it_comes_to_stand(ask: str, value: F, shown: str) -> None:
    """If this failed, a number would slip a digit to the left, or into an attribute where no number can be."""
    params = "params: {a: {choices: [2]}, b: {choices: [3, 1/2, -1/2]}}"
    block = f'{params}\nexample: {{a: 2, b: 3}}\nanswer: a\nask: "{ask}"\n'
    spec, found = read_drill(block, place_in_file("x.md"))
    assert spec is not None, found
    once = numbered(spec.ask, lambda passage: render(passage, RenderOptions()).html)
    assert shown in once.html(Point(spec, {"a": F(2), "b": F(value)}))
