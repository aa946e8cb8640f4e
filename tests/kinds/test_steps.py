"""`steps: cards`: each step of a derivation is a small note as well, and stays the same note through every edit."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from deckbuilder.pipeline import BuildResult, Options, build, prepare
from tests.support.learner import ImportCounts, Learner

HEAD = """\
# Calculus

1) Derive the derivative of $x^2$. <!-- card: {steps: cards} -->

    It is $2x$.

"""
STEPS = {
    "quotient": "**Write the quotient.** By definition it is $\\frac{(x+h)^2-x^2}{h}$ for a small $h$.",
    "expand": "**Expand.** The squares of $x$ cancel and a factor of $h$ divides out: $2x + h$ is left.",
    "limit": "**Take the limit.** As $h$ goes to zero only the term without it remains, $2x$.",
}
TAIL = "\n    That holds for every real number.\n"


def source(*steps: str) -> str:
    return HEAD + "".join(f"    {number}. {step}\n" for number, step in enumerate(steps, start=1)) + TAIL


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    file = tmp_path / "x.md"
    file.write_text(source(*STEPS.values()), "utf-8")
    return file


def built(file: Path, text: str | None = None, now: int = 1_700_000_000) -> BuildResult:
    if text is not None:
        file.write_text(text, "utf-8")
    return build(file, Options(output=file.with_suffix(".apkg"), now=now))


def guids(result: BuildResult) -> dict[str, str]:
    """Return the GUID of each note by what it is known by: the title of its step, or the question."""
    assert not [found for found in result.diagnostics if found.severity.value == "error"], result.diagnostics
    return {note.question.rpartition("(")[2].rstrip(")"): note.guid for note in result.notes}


def test_a_step_asks_for_itself_and_shows_those_before(deck: Path) -> None:
    """If this failed, a step's card would give its answer away, or ask for something nobody could know."""
    prepared, _ = prepare(deck)
    assert prepared is not None
    whole, first, second, third = (note.rendered.fields for note in prepared.notes)
    assert "db-steps" in whole["Steps"]
    assert "What comes first, and why?" in first["Question"]
    assert "What comes next, and why?" in second["Question"].replace("After “Write the quotient”: what", "What")
    assert "Context" not in first
    assert "By definition" in second["Context"]
    assert "Expand" not in second["Context"] + second["Question"]
    assert "The squares of" in second["Answer"]
    assert "The squares of" in third["Context"]
    assert "only the term without it" in third["Answer"]


def test_every_order_of_the_steps_keeps_every_note(deck: Path) -> None:
    """If this failed, an author who puts two steps the right way round would swap what learners know of them."""
    known = guids(built(deck))
    assert len(set(known.values())) == 4
    for order in permutations(STEPS.values()):
        assert guids(built(deck, source(*order))) == known


def test_a_step_put_in_between_is_the_only_new_note(deck: Path) -> None:
    """If this failed, inserting a step would shift every history by one card."""
    known = guids(built(deck))
    more = "**Name the difference.** Let $d$ stand for the difference of the two squares from here on."
    result = built(deck, source(STEPS["quotient"], more, STEPS["expand"], STEPS["limit"]))
    after = guids(result)
    assert {title: guid for title, guid in after.items() if title in known} == known
    assert [note.change for note in result.notes] == ["edited", "unchanged", "new", "edited", "edited"]


def test_a_reworded_step_is_the_same_note(deck: Path) -> None:
    """If this failed, a better title for a step would cost the history of its card."""
    known = guids(built(deck))
    after = guids(built(deck, source(*STEPS.values()).replace("**Expand.**", "**Multiply out and cancel.**")))
    assert after["Multiply out and cancel."] == known["Expand."]
    after = guids(built(deck, source(*STEPS.values()).replace("**Expand.**", "**Multiply out and cancel.**")))
    assert after["Multiply out and cancel."] == known["Expand."]


def test_an_id_holds_a_step_through_anything(deck: Path) -> None:
    """If this failed, an author could not say which step is which where the words no longer do."""
    named = source(*STEPS.values()).replace("only the term", "only the term <!-- step: {id: end} -->")
    known = guids(built(deck, named))
    other = "**Now let it vanish.** <!-- step: {id: end} --> Nothing else depends on it."
    after = guids(built(deck, source(STEPS["quotient"], other, STEPS["expand"])))
    assert after["Now let it vanish."] == known["Take the limit."]


def test_steps_follow_a_question_that_moves_and_is_renamed(deck: Path) -> None:
    """If this failed, giving the question an id, or its section another name, would make all its steps new."""
    known = guids(built(deck))
    text = (
        source(*STEPS.values()).replace("# Calculus", "# Analysis").replace("steps: cards", "steps: cards, id: square")
    )
    result = built(deck, text)
    after = guids(result)
    assert sorted(after.values()) == sorted(known.values())
    assert result.notes[0].key == "square"
    again = guids(built(deck, text.replace("Expand.", "Expand it.")))
    assert sorted(again.values()) == sorted(known.values())


def test_steps_without_cards_retire_and_come_back(deck: Path) -> None:
    """If this failed, trying the option out would burn the identities of all steps."""
    known = guids(built(deck))
    text = source(*STEPS.values())
    without = build(deck, Options(output=deck.with_suffix(".apkg"), retire=True))
    deck.write_text(text.replace(" <!-- card: {steps: cards} -->", ""), "utf-8")
    without = build(deck, Options(output=deck.with_suffix(".apkg"), retire=True))
    assert len(without.notes) == 1
    assert len(without.retired) == 3
    assert guids(built(deck, text)) == known


def test_equal_steps_are_an_error_with_a_way_out(deck: Path) -> None:
    """If this failed, two steps that nothing tells apart could exchange their histories."""
    result = built(deck, source(STEPS["quotient"], STEPS["expand"], STEPS["expand"]))
    found = next(one for one in result.diagnostics if one.code == "DB301")
    assert (found.span.line, "<!-- step: {id: " in found.help) == (9, True)
    assert result.apkg is None


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD + "    It follows at once.\n", "DB604", 3),
        (HEAD.replace("steps", "kind: concept, steps") + "    1. One.\n    2. Two.\n", "DB604", 3),
        (source(*STEPS.values()) + "    <!-- step: {id: late} -->\n", "DB208", 12),
        (source(*STEPS.values()).replace("steps: cards", "steps: card"), "DB206", 3),
        (source(*STEPS.values()).replace("divides out", "<!-- step: {ids: x} --> divides out"), "DB205", 8),
        ("# A\n\n<!-- step: {id: x} -->\n\n1) Why?\n\n    So.\n", "DB208", 3),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line(deck: Path, text: str, code: str, line: int) -> None:
    """If this failed, an author would wonder why no cards come of the steps."""
    result = built(deck, text)
    assert (code, line) in [(found.code, found.span.line) for found in result.diagnostics]


def test_a_comment_in_a_step_is_never_called_misplaced(deck: Path) -> None:
    """If this failed, a slip in a step's comment would send the author to move it, which mends nothing."""
    result = built(deck, source("**Open.** a <!-- step: {ID: x} -->", "**Close.** b"))
    assert [found.code for found in result.diagnostics] == ["DB205"]


def test_a_step_has_one_name(deck: Path) -> None:
    """If this failed, of two names the one that the author meant might be dropped without a word."""
    result = built(deck, source("**Open.** a <!-- step: {id: x} -->\n\n       <!-- step: {id: y} -->", "**Close.** b"))
    assert [(found.code, found.span.line) for found in result.diagnostics] == [("DB208", 9)]


def test_an_edited_step_reaches_a_learner_in_place(deck: Path) -> None:
    """If this failed, a release would give learners a second card of a step, or take the reviews of the first."""
    built(deck)
    with Learner() as learner:
        assert learner.import_package(deck.with_suffix(".apkg")) == ImportCounts(new=4)
        for guid in learner.guids():
            learner.answer(guid)
        before = learner.history()
        result = built(deck, source(*STEPS.values()).replace("only the term", "just the term"), now=1_700_100_000)
        assert [note.change for note in result.notes] == ["edited", "unchanged", "unchanged", "edited"]
        assert learner.import_package(deck.with_suffix(".apkg")) == ImportCounts(updated=2, duplicate=2)
        assert learner.history() == before
