"""A desktop and a phone that sync with the real server: releases and pushes reach both, and no sync is a full one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deckbuilder import pipeline
from deckbuilder.anki.push import delivery_of, rehearsed
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner, restore
from tests.support.syncing import Device, sync_server

DOT, UNIT, RANK, SQUARE = "dot-product-measure", "unit-vector", "rank-matrix", "matrix-square"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle r="4"/></svg>'


@pytest.fixture
def devices(author: Author, tmp_path: Path) -> Iterator[tuple[Device, Device]]:
    """A desktop that imported the first release, and a phone, both synced."""
    (author.deck / "dot.svg").write_text(PICTURE, "utf-8")
    author.edit("One of length one.", "One of length one.\n\n    ![A dot](dot.svg)")
    author.published("1.0", FIRST)
    with ExitStack() as left:
        server = left.enter_context(sync_server(tmp_path / "server"))
        desktop, phone = Device(tmp_path / "desktop", server), Device(tmp_path / "phone", server)
        left.callback(desktop.close)
        left.callback(phone.close)
        assert desktop.learner.import_package(author.apkg) == ImportCounts(new=4)
        desktop.first_sync(upload=True)
        desktop.sync()
        phone.first_sync(upload=False)
        phone.sync()
        yield desktop, phone


def guid(author: Author, key: str) -> str:
    return author.lock().notes[key].guid


def test_a_release_reaches_the_phone_with_text_history_and_pictures(
    author: Author, devices: tuple[Device, Device]
) -> None:
    """If this failed, whoever learns on a phone would lose reviews, lack pictures, or have to choose a side to keep."""
    desktop, phone = devices
    for times, key in enumerate((DOT, UNIT, RANK, SQUARE), start=1):
        phone.learner.answer(guid(author, key), times=times)
    phone.sync()
    (author.deck / "ring.svg").write_text(PICTURE.replace("circle", "circle fill='none'"), "utf-8")
    author.edit("The number of its independent rows.", "How many rows are independent.\n\n    ![A ring](ring.svg)")
    author.edit("4) When", "4) What is the trace?\n\n    The sum of the diagonal.\n\n5) When")
    author.published("1.1", FIRST + DAY)
    assert desktop.learner.import_package(author.apkg) == ImportCounts(new=1, updated=1, duplicate=3)
    desktop.sync()
    phone.sync()
    desktop.sync()
    here, there = desktop.learner, phone.learner
    assert here.history() == there.history()
    assert [there.reviews(guid(author, key)) for key in (DOT, UNIT, RANK, SQUARE, "trace")] == [1, 2, 3, 4, 0]
    assert "How many rows" in there.fields(guid(author, RANK))["Answer"]
    assert {name: there.fields(name) for name in there.guids()} == {name: here.fields(name) for name in here.guids()}
    assert len(there.media()) == 2
    assert there.media() == here.media()
    assert there.css("Concept (Algebra)") == here.css("Concept (Algebra)")
    assert there.database_problems() == here.database_problems() == ""


def test_what_the_phone_edited_stays_through_a_release(author: Author, devices: tuple[Device, Device]) -> None:
    """If this failed, a remark that was written on the train would be gone in the evening."""
    desktop, phone = devices
    phone.learner.edit(guid(author, DOT), "Answer", "My own words.")
    phone.learner.tag(guid(author, DOT), "exam")
    phone.sync()
    desktop.sync()
    author.edit("The number of its independent rows.", "How many of its rows are independent.")
    author.published("1.1", FIRST + DAY)
    desktop.learner.import_package(author.apkg)
    desktop.sync()
    phone.sync()
    assert phone.learner.fields(guid(author, DOT))["Answer"] == "My own words."
    assert "exam" in phone.learner.tags(guid(author, DOT))
    assert "How many" in phone.learner.fields(guid(author, RANK))["Answer"]


def test_a_push_is_an_ordinary_sync_and_keeps_what_the_phone_wrote(
    author: Author, devices: tuple[Device, Device], tmp_path: Path
) -> None:
    """If this failed, a push would cost the reviews or the edits of other devices."""
    desktop, phone = devices
    phone.learner.edit(guid(author, UNIT), "Hints", "My own hint.")
    phone.learner.tag(guid(author, UNIT), "exam")
    phone.learner.answer(guid(author, UNIT), times=2)
    phone.sync()
    desktop.sync()
    author.edit("One of length one.", "One whose length is one.")
    author.edit("4) When is a matrix square?\n\n    When it has as many rows as columns.\n", "")
    rank = "3) What is the rank of a matrix?\n\n    The number of its independent rows.\n"
    dot = "1) What does the dot product measure?\n\n    How far one vector reaches along the other.\n\n"
    trace = "9) What is the trace?\n\n    The sum of the diagonal.\n"
    author.edit(rank, f"{dot}{trace}")
    author.edit(f"## Vectors\n\n{dot}", f"## Vectors\n\n{rank}\n")
    phone.learner.answer(guid(author, RANK), times=3)  # while the push is done on the desktop

    desktop.close()
    prepared, built = pipeline.prepare(author.deck, pipeline.Options(now=FIRST + DAY))
    assert prepared is not None
    assert not built.failed
    with rehearsed(tmp_path / "desktop" / "collection.anki2", delivery_of(prepared), overwrite=False) as attempt:
        assert pipeline.write(prepared, author.apkg) == []
        assert attempt.plan.kept == {UNIT: ["Hints"]}
        assert attempt.plan.kept_tags == {UNIT: ["exam"]}
        attempt.take_over()
    desktop.learner = Learner(tmp_path / "desktop")

    desktop.sync()
    phone.sync()
    desktop.sync()
    for learner in (desktop.learner, phone.learner):
        assert learner.fields(guid(author, UNIT))["Hints"] == "My own hint."
        assert "One whose length" in learner.fields(guid(author, UNIT))["Answer"]
        assert "exam" in learner.tags(guid(author, UNIT))
        assert learner.deck_of(guid(author, RANK)) == "Algebra::Algebra::Matrices", (
            "an answer is worth more than a move"
        )
        assert learner.deck_of(guid(author, DOT)) == "Algebra::Algebra::Matrices"
        assert [learner.history()[guid(author, key)].repetitions for key in (UNIT, RANK)] == [2, 3]
        assert [learner.reviews(guid(author, key)) for key in (UNIT, RANK)] == [2, 3]
        assert len(learner.col.find_cards("is:suspended tag:algebra::retired")) == 1
        assert len(learner.guids()) == 5
    assert desktop.learner.history() == phone.learner.history()


def test_after_an_undo_anki_asks_once_which_side_to_keep(
    author: Author, devices: tuple[Device, Device], tmp_path: Path
) -> None:
    """If this failed, the guide would be wrong about the one case in which a full sync is needed."""
    desktop, _ = devices
    author.edit("One of length one.", "One whose length is one.")
    desktop.close()
    collection = tmp_path / "desktop" / "collection.anki2"
    prepared, _ = pipeline.prepare(author.deck, pipeline.Options(now=FIRST + DAY))
    assert prepared is not None
    with rehearsed(collection, delivery_of(prepared), overwrite=False) as attempt:
        backup = attempt.back_up()
        attempt.take_over()
    restore(collection, backup)
    desktop.learner = Learner(tmp_path / "desktop")
    desktop.first_sync(upload=True)
    desktop.sync()
    assert "One of length one." in desktop.learner.fields(guid(author, UNIT))["Answer"]
