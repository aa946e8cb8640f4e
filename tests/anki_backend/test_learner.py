"""The harness itself: a learner who does not really answer, edit or move would make every other test here worthless."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.learner import ImportCounts, Learner
from tests.support.plans import RELEASED, note, package


@pytest.fixture
def learner() -> Iterator[Learner]:
    with Learner() as somebody:
        plan = package(note("a", question="A &amp; B?", hints="Think."), note("b", position=2))
        assert somebody.import_plan(plan) == ImportCounts(new=2)
        yield somebody


def test_answers_go_through_the_scheduler(learner: Learner) -> None:
    """Histories would be compared that never existed."""
    learner.answer("guid-b", ease=3, times=3)
    learner.answer("guid-b", ease=1)
    history = learner.history()
    assert learner.reviews("guid-b") == len(history["guid-b"].reviews) == 4
    assert [ease for _, ease, _ in history["guid-b"].reviews] == [3, 3, 3, 1]
    assert (history["guid-b"].repetitions, history["guid-b"].lapses) == (4, 1)
    assert (history["guid-a"].reviews, history["guid-a"].repetitions) == ((), 0)


def test_an_edit_counts_as_done_now_or_when_it_is_said_to_be(learner: Learner) -> None:
    """A test could not tell an author's change before the learner's edit from one after it."""
    imported = learner.modified("guid-a")
    learner.edit("guid-a", "Answer", "Mine.")
    assert learner.modified("guid-a") > imported
    learner.edit("guid-b", "Answer", "Mine.", at=RELEASED + 60)
    learner.tag("guid-b", "mine", at=RELEASED + 61)
    assert learner.modified("guid-b") == RELEASED + 61
    assert (learner.fields("guid-b")["Answer"], learner.tags("guid-b")) == ("Mine.", ["mine", "review"])


def test_a_style_of_the_learners_own_is_seen_on_the_note_type(learner: Learner) -> None:
    """A release's style would seem to arrive where the learner's was never set."""
    learner.restyle("Concept", "body {}", at=RELEASED + 60)
    assert (learner.css("Concept"), learner.note_type_dict("Concept")["mod"]) == ("body {}", RELEASED + 60)


def test_moving_deleting_and_counting(learner: Learner) -> None:
    """The learner's own layout of decks would seem to stay where it was never changed."""
    assert learner.deck_of("guid-a") == "Review::Vectors"
    learner.move("guid-a", "Mine::Own")
    assert learner.deck_of("guid-a") == "Mine::Own"
    assert learner.decks() == ["Mine", "Mine::Own", "Review", "Review::Vectors"]
    learner.delete("guid-b")
    assert (learner.guids(), learner.card_count()) == (["guid-a"], 1)


def test_both_sides_are_rendered_by_the_backend(learner: Learner) -> None:
    """A template's mistakes would not be seen."""
    assert learner.front("guid-a") == "A &amp; B?<p>Think.</p>"
    assert learner.back("guid-a") == "A &amp; B?<p>Think.</p><hr id=answer>An answer."
    assert learner.front("guid-b") == "What is b?"


def test_a_change_of_the_schema_is_seen_until_the_next_sync(learner: Learner) -> None:
    """A release that forces every learner into a one-way sync would pass."""
    learner.sync()
    assert not learner.needs_full_sync()
    note_type = learner.note_type_dict("Concept")
    learner.col.models.add_field(note_type, learner.col.models.new_field("Added"))
    learner.col.models.update_dict(note_type)
    assert learner.needs_full_sync()
    learner.sync()
    assert not learner.needs_full_sync()


def test_a_damaged_collection_is_seen(learner: Learner) -> None:
    """An import that leaves cards without notes would pass."""
    assert learner.database_problems() == ""
    learner.col.db.execute("DELETE FROM notes WHERE guid = 'guid-a'")
    assert learner.database_problems() != ""
