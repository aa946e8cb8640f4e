"""What the real Anki does with a package: the ground that identity and change times stand on.

If one of these fails after an update of `anki`, the design is to be thought over, not the test to be mended: each says
what deckbuilder relies on. Times are seconds since 1970: RELEASED is the first release, LATER a day after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import genanki
import pytest
from msgspec.structs import replace

from deckbuilder.packaging import collection
from deckbuilder.packaging.plan import DeckPlan
from tests.support.learner import ImportCounts, Learner, Update
from tests.support.plans import CONCEPT, DAY, RELEASED, VECTORS, edited, note, note_type, package

LATER = RELEASED + DAY
DOT, COSINE, NORM = (note(key, position=place) for place, key in enumerate(("dot", "cosine", "norm"), start=1))
FIRST = package(DOT, COSINE, NORM)


@pytest.fixture
def learner() -> Iterator[Learner]:
    """A learner who imported the first release and answered every card."""
    with Learner() as somebody:
        assert somebody.import_plan(FIRST) == ImportCounts(new=3)
        for times, guid in enumerate(("guid-dot", "guid-cosine", "guid-norm"), start=1):
            somebody.answer(guid, times=times)
        somebody.sync()
        yield somebody


# 1. When a note is updated


def test_a_newer_note_is_updated_and_keeps_its_history(learner: Learner) -> None:
    """A learner would have to choose between the new text and the old reviews."""
    before = learner.history()
    counts = learner.import_plan(package(edited(DOT, LATER, answer="A better answer."), COSINE, NORM))
    assert counts == ImportCounts(updated=1, duplicate=2)
    assert learner.fields("guid-dot")["Answer"] == "A better answer."
    assert learner.history() == before
    assert [learner.reviews(guid) for guid in ("guid-dot", "guid-cosine", "guid-norm")] == [1, 2, 3]


@pytest.mark.parametrize("stamp", [RELEASED, RELEASED - 1])
def test_a_note_that_is_not_newer_is_dropped_without_a_word(learner: Learner, stamp: int) -> None:
    """An edit whose stamp did not move never reaches a learner, and nobody is told."""
    assert learner.import_plan(package(edited(DOT, stamp, answer="A better answer."))) == ImportCounts(duplicate=1)
    assert learner.fields("guid-dot")["Answer"] == "An answer."


@pytest.mark.parametrize(("update", "arrives"), [("always", False), ("if newer", False), ("never", False)])
def test_an_equal_stamp_is_dropped_under_every_option(learner: Learner, update: Update, arrives: bool) -> None:
    """No advice to learners could make up for a stamp that did not move."""
    learner.import_plan(package(edited(DOT, RELEASED, answer="A better answer.")), update=update)
    assert (learner.fields("guid-dot")["Answer"] == "A better answer.") is arrives


def test_an_unchanged_package_is_all_duplicates(learner: Learner) -> None:
    """A learner who imports a release twice would be told of changes where there are none."""
    before = learner.history()
    assert learner.import_plan(FIRST) == ImportCounts(duplicate=3)
    assert (learner.history(), learner.note_types(), learner.needs_full_sync()) == (before, ["Concept"], False)


# 2. The learner's own edits


def test_genankis_one_stamp_for_all_notes_overwrites_what_the_learner_edited(tmp_path: Path) -> None:
    """This is why change times are kept note by note: here is what happens without."""
    model = genanki.Model(CONCEPT.id, "Concept", [{"name": "Question"}, {"name": "Answer"}], [
        {"name": "Card", "qfmt": "{{Question}}", "afmt": "{{Answer}}"},
    ])  # fmt: skip
    with Learner() as learner:
        for stamp, answer in ((RELEASED, "An answer."), (LATER, "A better answer.")):
            deck = genanki.Deck(VECTORS.id, VECTORS.name)
            deck.add_note(genanki.Note(model, ["What is dot?", answer], guid="dot"))
            deck.add_note(genanki.Note(model, ["What is norm?", "Untouched."], guid="norm"))
            genanki.Package(deck).write_to_file(tmp_path / "x.apkg", timestamp=stamp)
            learner.import_package(tmp_path / "x.apkg")
            if stamp == RELEASED:
                learner.edit("norm", "Answer", "My own words.", at=RELEASED + 60)
                learner.tag("norm", "mine", at=RELEASED + 60)
        assert learner.fields("norm")["Answer"] == "Untouched."
        assert learner.tags("norm") == []


def test_with_a_stamp_for_each_note_the_learners_edits_survive(learner: Learner) -> None:
    """Learners would lose their own words and tags with every release."""
    learner.edit("guid-norm", "Answer", "My own words.", at=RELEASED + 60)
    learner.tag("guid-norm", "mine", at=RELEASED + 60)
    counts = learner.import_plan(package(edited(DOT, LATER, answer="A better answer."), COSINE, NORM))
    assert counts == ImportCounts(updated=1, duplicate=2)
    assert learner.fields("guid-norm")["Answer"] == "My own words."
    assert learner.tags("guid-norm") == ["mine", "review"]


# 3. Tags


def test_an_updated_notes_tags_are_replaced(learner: Learner) -> None:
    """A learner's own tag goes with each update of that very note, so a note must not be stamped without need."""
    learner.tag("guid-dot", "mine", at=RELEASED + 60)
    learner.import_plan(package(replace(DOT, tags=("review", "vectors"), modified=LATER)))
    assert learner.tags("guid-dot") == ["review", "vectors"]


# 4. Note types


def test_a_newer_style_and_template_arrive_without_a_full_sync(learner: Learner) -> None:
    """A new look would cost every learner a one-way sync, or not come at all."""
    before = learner.history()
    newer = replace(CONCEPT, css=".card { color: navy }", back="{{Answer}}!", modified=LATER)
    assert learner.import_plan(package(DOT, COSINE, NORM, note_types=(newer,))) == ImportCounts(duplicate=3)
    assert learner.css("Concept") == ".card { color: navy }"
    assert learner.back("guid-dot") == "An answer.!"
    assert (learner.history(), learner.note_types(), learner.needs_full_sync()) == (before, ["Concept"], False)


def test_a_style_that_is_not_newer_does_not_arrive(learner: Learner) -> None:
    """A release with a new look whose stamp did not move would look the same as the last."""
    learner.import_plan(package(DOT, note_types=(replace(CONCEPT, css="new"),)))
    assert learner.css("Concept") == CONCEPT.css


def test_a_learners_own_style_stays_until_a_later_one_comes(learner: Learner) -> None:
    """A learner's own look would be undone by every release, or could never be updated again."""
    learner.restyle("Concept", "their own", at=RELEASED + 60)
    learner.import_plan(package(edited(DOT, LATER, answer="A better answer.")))
    assert learner.css("Concept") == "their own"
    learner.import_plan(package(DOT, note_types=(replace(CONCEPT, css="release", modified=LATER),)))
    assert learner.css("Concept") == "release"


# 5. Fields and templates are frozen


@pytest.mark.parametrize(
    "fields",
    [
        ("Key", "Question", "Hints", "Answer", "Remarks", "Spare 1", "Added"),
        ("Key", "Question", "Hints", "Answer", "Renamed", "Spare 1"),
    ],
)
def test_a_changed_field_list_stops_every_update(learner: Learner, fields: tuple[str, ...]) -> None:
    """One field more, and no learner ever gets an edit again: the list is frozen and has spares."""
    changed = note_type(fields=fields, modified=LATER)
    dot = note("dot", answer="A better answer.", note_type=changed, modified=LATER)
    assert learner.import_plan(package(dot, note_types=(changed,))) == ImportCounts(conflicting=1)
    assert learner.fields("guid-dot")["Answer"] == "An answer."
    assert learner.note_types() == ["Concept", "Concept+"]


def test_merging_note_types_forces_a_full_sync_and_drops_the_content(learner: Learner) -> None:
    """The option that mends the conflict is no way out: the same import's edits are lost to it."""
    changed = note_type(fields=(*(name for name, _ in CONCEPT.fields), "Added"), modified=LATER)
    dot = note("dot", answer="A better answer.", note_type=changed, modified=LATER)
    counts = learner.import_plan(package(dot, note_types=(changed,)), merge=True)
    assert counts == ImportCounts(duplicate=1)
    assert learner.fields("guid-dot")["Answer"] == "An answer."
    assert learner.needs_full_sync()


# 6. The note type of a note is for ever


def test_a_note_whose_note_type_changes_is_never_updated(learner: Learner) -> None:
    """A question that becomes a derivation keeps the note type it was born with, or it would be stuck for ever."""
    derivation = note_type("Derivation")
    dot = note("dot", answer="A better answer.", note_type=derivation, modified=LATER)
    second = package(dot, COSINE, NORM, note_types=(CONCEPT, derivation))
    for _ in range(2):
        assert learner.import_plan(second) == ImportCounts(duplicate=2, conflicting=1)
    assert learner.import_plan(second, update="always") == ImportCounts(duplicate=2, conflicting=1)
    assert learner.note_type_of("guid-dot") == "Concept"
    assert learner.fields("guid-dot")["Answer"] == "An answer."


# 7. Decks


def test_a_changed_deck_moves_no_card_that_is_there(learner: Learner) -> None:
    """A learner's own layout of decks would be undone by a release."""
    learner.move("guid-norm", "Mine")
    matrices = DeckPlan(99, "Review::Matrices")
    moved = [replace(one, deck=99, modified=LATER) for one in (DOT, COSINE, NORM)]
    counts = learner.import_plan(package(*moved, note("rank", deck=matrices), decks=(VECTORS, matrices)))
    assert counts == ImportCounts(new=1, updated=3)
    assert [learner.deck_of(guid) for guid in ("guid-dot", "guid-norm", "guid-rank")] == [
        "Review::Vectors",
        "Mine",
        "Review::Matrices",
    ]


@pytest.mark.parametrize("deck_id", [VECTORS.id, 99])
def test_a_renamed_deck_becomes_a_second_one_for_new_cards(learner: Learner, deck_id: int) -> None:
    """Renaming a heading would split the learner's deck in two: its name is pinned, and the same id does not help."""
    renamed = DeckPlan(deck_id, "Review::Vectors and norms")
    old = [replace(one, deck=deck_id) for one in (DOT, COSINE, NORM)]
    learner.import_plan(package(*old, note("rank", deck=renamed), decks=(renamed,)))
    assert learner.deck_of("guid-dot") == "Review::Vectors"
    assert learner.deck_of("guid-rank") == "Review::Vectors and norms"


def test_a_deck_of_the_same_name_is_the_same_deck_whatever_its_id(learner: Learner) -> None:
    """New questions would go into a deck of their own."""
    same = replace(VECTORS, id=99)
    learner.import_plan(package(note("rank", deck=same), decks=(same,)))
    assert learner.deck_of("guid-rank") == "Review::Vectors"
    assert learner.decks() == ["Review", "Review::Vectors"]


def test_tags_follow_where_decks_do_not(learner: Learner) -> None:
    """A note that moved to another section could no longer be found by its section."""
    learner.import_plan(package(replace(DOT, tags=("matrices",), modified=LATER)))
    assert learner.tags("guid-dot") == ["matrices"]


# 8. Nothing is deleted


def test_notes_that_the_package_no_longer_has_stay(learner: Learner) -> None:
    """A question that the author deletes would take the learner's history with it."""
    before = learner.history()
    assert learner.import_plan(package(DOT)) == ImportCounts(duplicate=1)
    assert learner.history() == before


def test_a_note_that_the_learner_deleted_comes_back_with_its_own_reviews(learner: Learner) -> None:
    """Anki keeps reviews under the card's id: a card must have one id from release to release, and no other's."""
    learner.delete("guid-dot")
    assert learner.import_plan(package(DOT, COSINE, note("added"))) == ImportCounts(new=2, duplicate=1)
    assert learner.history()["guid-dot"].repetitions == 0
    assert [learner.reviews(guid) for guid in ("guid-dot", "guid-added")] == [1, 0]


# 9. The order of new cards


def test_new_cards_come_in_the_order_of_their_positions() -> None:
    """Learners would meet the questions in no order at all: without positions all of them are 0."""
    with Learner() as learner:
        learner.import_plan(package(*(note(f"n{place}", position=place) for place in (3, 1, 2))))
        assert learner.new_cards() == ["guid-n1", "guid-n2", "guid-n3"]
        assert [learner.position(guid) for guid in learner.new_cards()] == [1, 2, 3]


def test_a_new_position_moves_no_card_that_is_there() -> None:
    """The order that a learner gave to the new cards would be undone."""
    with Learner() as learner:
        learner.import_plan(package(note("a", position=1), note("b", position=2)))
        swapped = [note("a", position=2, modified=LATER), note("b", position=1, modified=LATER)]
        assert learner.import_plan(package(*swapped)) == ImportCounts(updated=2)
        assert learner.new_cards() == ["guid-a", "guid-b"]


# 10. and 11. Which stamps


def test_a_stamp_ahead_of_time_drops_the_honest_ones_after_it(learner: Learner) -> None:
    """One build on a machine whose clock is wrong, and edits of that note would not arrive until that day has come."""
    learner.import_plan(package(edited(DOT, LATER + 1000 * DAY, answer="Stamped ahead of time.")))
    assert learner.import_plan(package(edited(DOT, LATER, answer="Honest."))) == ImportCounts(duplicate=1)
    assert learner.fields("guid-dot")["Answer"] == "Stamped ahead of time."


def test_the_packages_stamps_are_kept(learner: Learner) -> None:
    """If an import stamped notes with its own time, an edit made before it and released after it would be dropped."""
    learner.import_plan(package(edited(DOT, LATER, answer="A better answer."), note("rank")))
    assert learner.modified("guid-dot") == LATER
    assert learner.modified("guid-rank") == RELEASED
    assert learner.import_plan(package(edited(DOT, LATER + 1, answer="The best."))) == ImportCounts(updated=1)


# 12. Ids of fields and templates


def test_the_ids_of_fields_and_templates_arrive(learner: Learner) -> None:
    """Anki could not tell a renamed field from a new one."""
    found = learner.note_type_dict("Concept")
    assert tuple((field["name"], field["id"]) for field in found["flds"]) == CONCEPT.fields
    assert [template["id"] for template in found["tmpls"]] == [CONCEPT.template_id]
    assert (found["id"], found["mod"], found["sortf"]) == (CONCEPT.id, RELEASED, 1)


# 13. Faulty templates: the gate is in tests/packaging/test_note_types.py


def test_an_unknown_field_in_a_template_is_packed_without_a_word_and_shown_as_an_error() -> None:
    """This is why note types have a gate: neither genanki nor the import says anything."""
    faulty = replace(CONCEPT, back="{{Answer}}{{Nope}}")
    with Learner() as learner:
        assert learner.import_plan(package(DOT, note_types=(faulty,))) == ImportCounts(new=1)
        assert "Nope" in learner.back("guid-dot")
        assert "An answer." not in learner.back("guid-dot")


# 14. The same bytes: tests/packaging/test_same_bytes.py


# 15. Remarks of the learner's own


def test_a_field_for_remarks_is_wiped_by_each_update_of_its_note(learner: Learner) -> None:
    """No field can be promised to the learner: what they write there is lost with the next edit of that note."""
    learner.edit("guid-dot", "Remarks", "Remember this.", at=RELEASED + 60)
    learner.import_plan(package(edited(DOT, LATER, answer="A better answer.")))
    assert learner.fields("guid-dot")["Remarks"] == ""


# Beyond the list: what the way packages are written relies on


def test_an_import_goes_by_the_guid_whatever_the_ids(learner: Learner) -> None:
    """A lock that was mended by hand can give a note another creation time; its history would go with it."""
    before = learner.history()
    elsewhen = replace(edited(DOT, LATER, answer="A better answer."), created=RELEASED + 7 * DAY)
    assert learner.import_plan(package(elsewhen)) == ImportCounts(updated=1)
    assert learner.history() == before
    assert learner.database_problems() == ""


def test_two_decks_with_the_same_ids_live_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of two decks whose ids happen to be the same would overwrite each other."""
    monkeypatch.setattr(collection, "_DAY", 1)  # leaves nothing to tell the ids apart by
    others = [replace(one, guid=f"other-{one.guid}") for one in (DOT, COSINE, NORM)]
    with Learner() as learner:
        assert learner.import_plan(FIRST) == ImportCounts(new=3)
        learner.answer("guid-dot", times=2)
        before = learner.history()
        assert learner.import_plan(package(*others)) == ImportCounts(new=3)
        after = learner.history()
        assert {guid: after[guid] for guid in before} == before
        assert len({history.card for history in after.values()}) == 6
        assert learner.reviews("other-guid-dot") == 0
        assert learner.database_problems() == ""


def test_a_parent_deck_brings_its_description() -> None:
    """What the author says about the deck would be shown nowhere."""
    root = DeckPlan(77, "Review", "All of it.")
    with Learner() as learner:
        learner.import_plan(package(DOT, decks=(root, VECTORS)))
        assert learner.deck_description("Review") == "All of it."
        assert learner.decks() == ["Review", "Review::Vectors"]


def test_times_at_the_beginning_of_time_are_taken() -> None:
    """Reproducible builds set SOURCE_DATE_EPOCH to 0 or 1, and their packages must import too."""
    plan = package(note("a", created=0, modified=0), note("b", created=0, modified=0, position=2), created=0)
    with Learner() as learner:
        assert learner.import_plan(plan) == ImportCounts(new=2)
        assert learner.import_plan(plan) == ImportCounts(duplicate=2)
        learner.answer("guid-a")
        assert learner.import_plan(package(edited(note("a"), 1, answer="A better answer."))) == ImportCounts(updated=1)
        assert learner.reviews("guid-a") == 1
        assert learner.database_problems() == ""


def test_what_is_imported_leaves_a_sound_collection(learner: Learner) -> None:
    """Learners would find their collection damaged when they check it."""
    assert learner.database_problems() == ""
    assert learner.card_count() == 3
