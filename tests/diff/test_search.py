"""The search for retired cards, in the real Anki."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.diff.asking import diff_packages
from deckbuilder.diff.search import search_for
from deckbuilder.pipeline import Options, build
from tests.support.learner import Learner
from tests.support.plans import note, note_type, package

KEYS = ["a-b.c", "a-bxc", "A-B.C", "under_score", "underXscore", "größe", "GRÖSSE", "zzz", "zzz-2", "1.5"]
DECKS = ["Plain", "a_b*c: d", "axbyc: d", r"back\slash", "Ünï (x) AND or", "it's <b> & €", "with -minus"]


@pytest.fixture(scope="module")
def learner() -> Iterator[Learner]:
    """A learner of seven decks, each with a note of every key."""
    with Learner() as somebody:
        for deck in DECKS:
            kind = note_type(f"Concept ({deck})")
            notes = [replace(note(key, note_type=kind), guid=f"{deck} {key}") for key in KEYS]
            somebody.import_plan(package(*notes, note_types=(kind,)))
        yield somebody


@pytest.mark.parametrize("wanted", [["a-b.c"], ["under_score", "größe"], ["zzz"], ["1.5", "A-B.C"], KEYS], ids=str)
@pytest.mark.parametrize("deck", DECKS)
def test_it_finds_these_notes_of_this_deck_and_no_others(learner: Learner, deck: str, wanted: list[str]) -> None:
    """If this failed, a learner would delete cards that were never withdrawn, or not find those that were."""
    found = learner.col.find_notes(search_for(wanted, deck))
    assert sorted(learner.col.get_note(number).guid for number in found) == sorted(f"{deck} {key}" for key in wanted)


def test_it_finds_what_a_release_retires_after_learners_moved_the_cards(tmp_path: Path) -> None:
    """If this failed, the search in the release notes would find nothing in a real collection."""
    source, old, new = tmp_path / "deck.md", tmp_path / "old.apkg", tmp_path / "new.apkg"
    kept = "# A\n\n" + "".join(f"1) What is number {n}?\n\n    It is {n}.\n\n" for n in ("one", "two", "three", "four"))
    source.write_text(kept + "1) Derive it.\n\n    So it is.\n", "utf-8")
    build(source, Options(output=old, now=1_700_000_000))
    source.write_text(kept, "utf-8")
    build(source, Options(output=new, now=1_700_100_000))
    diff, _ = diff_packages(old, new)
    assert diff is not None
    (retired,) = diff.retired
    with Learner() as learner:
        learner.import_package(old)
        learner.move(retired.guid, "Mine::Own")
        learner.import_package(new)
        assert [learner.col.get_note(number).guid for number in learner.col.find_notes(diff.search)] == [retired.guid]
