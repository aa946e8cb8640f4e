"""Decisions on their way through a package: to `verify`, past `push`, and to the learner."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder import pipeline
from deckbuilder.anki.verify import verify
from deckbuilder.deciding import Desk, Place
from deckbuilder.identity.lock import write_lock
from deckbuilder.kinds import fields
from deckbuilder.packaging.plan import PackagePlan
from deckbuilder.packaging.writer import package_bytes
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner

KEY = "unit-vector"
OLD = "2) What is a unit vector?\n\n    One of length one.\n"
NEW = "2) Which planet is the largest of all?\n\n    Jupiter, by mass and by its diameter.\n"
ELSE = "2) Who wrote the Elements?\n\n    Euclid, in Alexandria, long before Christ.\n"


def built(author: Author, at: int) -> Path:
    """Build, and return a copy of the package."""
    result = pipeline.build(author.deck, pipeline.Options(output=author.apkg, now=at, retire=True))
    assert not result.failed, [str(found) for found in result.diagnostics]
    return Path(shutil.copy(author.apkg, author.root / f"{at}.apkg"))


def decide(author: Author, text: str) -> None:
    """Write another question in the place of a note's, and say that it is the same note."""
    author.write((author.deck / "notes.md").read_text("utf-8").replace(OLD, text).replace(NEW, text))
    prepared, _ = pipeline.prepare(author.deck, pipeline.Options(write=False))
    assert prepared
    desk = Desk(prepared)
    assert desk.write([desk.same(KEY, Place("notes.md", 9))]) == []


def codes(new: Path, old: Path) -> list[str]:
    return [found.code for found in verify(new, old).diagnostics if found.is_error]


def test_a_decision_satisfies_verify_and_the_edit_reaches_the_learner(author: Author) -> None:
    """If this failed, an author would have decided, and still could not publish, or learners keep the old words."""
    old = built(author, FIRST)
    decide(author, NEW)
    new = built(author, FIRST + DAY)
    assert codes(new, old) == []
    with Learner() as learner:
        learner.import_package(old)
        guid = author.lock().notes[KEY].guid
        learner.answer(guid, times=3)
        assert learner.import_package(new) == ImportCounts(updated=1, duplicate=3)
        assert "planet" in learner.fields(guid)[fields.QUESTION]
        assert learner.reviews(guid) == 3


def test_a_decision_holds_for_releases_between_which_builds_were_made(author: Author) -> None:
    """If this failed, an author who builds on every save would have to decide again for the release."""
    old = author.published("1.0", FIRST).built.apkg
    assert old
    released = Path(shutil.copy(old, author.root / "released.apkg"))
    decide(author, NEW)
    between = built(author, FIRST + DAY)
    decide(author, ELSE)
    last = built(author, FIRST + 2 * DAY)
    assert codes(last, released) == []
    assert codes(last, between) == []


def test_a_decision_is_about_one_wording_only(author: Author) -> None:
    """If this failed, whoever decided once could shift that note's history for ever, unseen."""
    old = built(author, FIRST)
    decide(author, NEW)
    new = built(author, FIRST + DAY)
    lock = author.lock()
    forged = replace(lock, notes=lock.notes | {KEY: replace(lock.notes[KEY], text="Who wrote the Elements?")})
    (author.deck / "deck.lock").write_text(write_lock(forged), "utf-8")
    author.edit(NEW, ELSE)
    shifted = built(author, FIRST + 2 * DAY)
    assert codes(shifted, new) == ["DB835"]
    assert codes(shifted, old) == []


def test_an_edit_is_delivered_though_the_lock_is_of_an_earlier_format(author: Author) -> None:
    """If this failed, words that a decision put into an old lock would pass for a change of the program."""
    built(author, FIRST)
    lock = author.lock()
    old = replace(lock, notes={key: replace(note, source="") for key, note in lock.notes.items()})
    (author.deck / "deck.lock").write_text(write_lock(old), "utf-8")
    decide(author, NEW)
    built(author, FIRST + DAY)
    assert author.lock().notes[KEY].modified == FIRST + DAY


def plan_with(author: Author, decisions: str) -> PackagePlan:
    """Return the deck's plan as a package with this in every note's field for decisions."""
    prepared, _ = pipeline.prepare(author.deck, pipeline.Options(now=FIRST, write=False))
    assert prepared
    place, plan = fields.FIELDS.index(fields.DECISIONS), prepared.plan()
    notes = [replace(one, fields=(*one.fields[:place], decisions, *one.fields[place + 1 :])) for one in plan.notes]
    return replace(plan, notes=tuple(notes))


@pytest.mark.parametrize("late", [False, True])
def test_what_was_decided_is_no_change_of_a_note(author: Author, tmp_path: Path, late: bool) -> None:
    """If this failed, a package with decisions would overwrite what learners wrote, or be no update."""
    built(author, FIRST)
    paths = []
    for number, said in enumerate(("", "id 0123456789abcdef")):
        paths.append(tmp_path / f"{number}.apkg")
        paths[-1].write_bytes(package_bytes(plan_with(author, said)))
    old, new = reversed(paths) if late else paths
    assert codes(new, old) == []
    lock = author.lock()
    author.edit("2) What is a unit vector?", "2) What is a unit vector? <!-- card: {id: unit-vector} -->")
    built(author, FIRST + DAY)
    assert author.lock() == lock


@pytest.mark.parametrize("by", ["resolve", "id"])
def test_what_changed_as_a_whole_over_several_builds_can_be_vouched_for(author: Author, by: str) -> None:
    """If this failed, a note that was improved step by step could never be published again."""
    result = author.published("1.0", FIRST)
    assert result.built.apkg
    old = Path(shutil.copy(result.built.apkg, author.root / "released.apkg"))
    long = "One that was divided by its own length, so that only its direction is left."
    author.edit("One of length one.", long)
    built(author, FIRST + DAY)
    author.edit("What is a unit vector?", "How do you keep nothing but where an arrow points?")
    author.edit("## Matrices", "## Matrices of numbers")
    assert codes(built(author, FIRST + 2 * DAY), old) == ["DB835"]
    if by == "id":
        author.edit("arrow points?", f"arrow points? <!-- card: {{id: {KEY}}} -->")
    else:
        prepared, _ = pipeline.prepare(author.deck, pipeline.Options(write=False))
        assert prepared
        desk = Desk(prepared)
        assert desk.write([desk.same(KEY, Place("notes.md", 9))]) == []
    assert codes(built(author, FIRST + 3 * DAY), old) == []
    assert author.lock().notes[KEY].modified == FIRST + 2 * DAY
