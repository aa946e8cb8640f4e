"""The print by which a learner's own edits are known from the author's text."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.kinds import fields
from deckbuilder.packaging.delivery import print_of, read_print
from deckbuilder.pipeline import Options, build
from tests.support.learner import Learner

REVIEW = Path(__file__).parents[1] / "fixtures" / "review" / "review.md"


def test_a_print_knows_what_was_delivered_and_nothing_else() -> None:
    """If this failed, a push would overwrite what a learner wrote, or never update a note again."""
    found = read_print(print_of({"Question": "Why?", "Answer": "So."}, ("a::b", "c")))
    assert found is not None
    assert found.brought_text("Question", "Why?")
    assert found.brought_text("Hints", "")
    assert not found.brought_text("Answer", "So!")
    assert not found.brought_text("Hints", "Mine.")
    assert found.brought_tag("A::B")
    assert not found.brought_tag("a")


def test_the_same_text_in_another_form_of_unicode_is_the_same() -> None:
    """If this failed, an accent written on a Mac would count as the learner's edit, because Anki composes letters."""
    found = read_print(print_of({"Answer": "Poincare\u0301"}, ()))
    assert found is not None
    assert found.brought_text("Answer", "Poincar\u00e9")


@pytest.mark.parametrize("text", ["", "my own remark", "2 - ...", "1 - a.b", "1 -"])
def test_what_is_no_print_says_nothing(text: str) -> None:
    """If this failed, a learner's remark in that field would stop every push with a crash."""
    assert read_print(text) is None


def test_every_text_of_a_real_review_arrives_as_its_print_says(tmp_path: Path) -> None:
    """If this failed, notes that nobody touched would count as edited by the learner, and never be updated."""
    review = tmp_path / "review.md"
    review.write_bytes(REVIEW.read_bytes())
    result = build(review, Options(output=tmp_path / "x.apkg"))
    assert result.apkg
    with Learner() as learner:
        learner.import_package(result.apkg)
        for note in result.notes:
            texts = learner.fields(note.guid)
            found = read_print(texts[fields.DELIVERED])
            assert found is not None
            assert [name for name, text in texts.items() if not found.brought_text(name, text)] == []
            assert [tag for tag in learner.tags(note.guid) if not found.brought_tag(tag)] == []
