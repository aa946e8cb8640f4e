"""`push`: what it does to a collection beyond an import, what it leaves alone, what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder import pipeline
from deckbuilder.anki.push import delivery_of, rehearsed
from deckbuilder.anki.update import PushPlan
from deckbuilder.cli import main
from deckbuilder.diagnostics import CannotGoOn
from deckbuilder.kinds.fields import DELIVERED
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner, restore

DOT, UNIT, RANK, SQUARE = "dot-product-measure", "unit-vector", "rank-matrix", "matrix-square"


class Desk:
    """A learner's computer with one profile, and an author's deck beside it."""

    def __init__(self, folder: Path, author: Author) -> None:
        self.profile = folder / "Anki2" / "Me"
        self.profile.mkdir(parents=True, exist_ok=True)
        self.collection = self.profile / "collection.anki2"
        self.author = author
        if not self.collection.exists():
            self.learner().close()  # an empty collection, as Anki makes it

    def learner(self) -> Learner:
        return Learner(self.profile)

    def push(self, at: int = FIRST, *, overwrite: bool = False) -> PushPlan:
        """Build and push, as the command does when it is told yes."""
        prepared, built = pipeline.prepare(self.author.deck, pipeline.Options(now=at, retire=True))
        assert prepared is not None
        assert not built.failed, [str(found) for found in built.diagnostics]
        with rehearsed(self.collection, delivery_of(prepared), overwrite=overwrite) as attempt:
            assert pipeline.write(prepared, self.author.apkg) == []
            attempt.back_up()
            attempt.take_over()
            return attempt.plan

    def bytes(self) -> dict[str, bytes]:
        """Return every file of the profile; databases of the media have times in them and are left out."""
        return {
            path.relative_to(self.profile).as_posix(): path.read_bytes()
            for path in sorted(self.profile.rglob("*"))
            if path.is_file() and ".media.db" not in path.name
        }

    def schema(self) -> int:
        with closing(sqlite3.connect(self.collection)) as database:
            return int(database.execute("SELECT scm FROM col").fetchone()[0])

    def guid(self, key: str) -> str:
        return self.author.lock().notes[key].guid


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a desk where the first build was pushed and every card was answered."""
    folder = tmp_path_factory.mktemp("studied")
    desk = Desk(folder, Author(folder / "repository"))
    assert sorted(desk.push().new) == [DOT, SQUARE, RANK, UNIT]
    with desk.learner() as learner:
        for times, key in enumerate((DOT, UNIT, RANK, SQUARE), start=1):
            learner.answer(desk.guid(key), times=times)
    return folder


@pytest.fixture
def desk(studied: Path, tmp_path: Path) -> Desk:
    """A desk of the test's own where the first build was pushed and every card was answered."""
    shutil.copytree(studied, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, Author(tmp_path / "repository"))


# Like an import


def test_the_first_push_is_like_an_import(desk: Desk, tmp_path: Path) -> None:
    """If this failed, a collection that was pushed to could not be updated by an import later, or the reverse."""
    (tmp_path / "other").mkdir()
    with Learner(tmp_path / "other") as other, desk.learner() as learner:
        assert other.import_package(desk.author.apkg) == ImportCounts(new=4)
        assert learner.import_package(desk.author.apkg) == ImportCounts(duplicate=4)
        for guid in other.guids():
            assert learner.fields(guid) == other.fields(guid)
            assert (learner.tags(guid), learner.deck_of(guid), learner.modified(guid)) == (
                other.tags(guid),
                other.deck_of(guid),
                other.modified(guid),
            )
        assert set(other.note_types()) <= {found.name for found in learner.col.models.all_names_and_ids()}


def test_a_second_push_of_the_same_changes_nothing(desk: Desk) -> None:
    """If this failed, every push would fill the folder of backups and be synced for nothing."""
    plan = desk.push(FIRST + DAY)
    assert plan.nothing
    assert plan == PushPlan()


def test_an_edit_arrives_with_its_history_and_no_full_sync(desk: Desk) -> None:
    """If this failed, a push would be worse than an import."""
    schema = desk.schema()
    with desk.learner() as learner:
        before = learner.history()
    desk.author.edit("One of length one.", "One whose length is one.")
    desk.author.edit("2) What", "2) What is the norm?\n\n    The length.\n\n3) What")
    plan = desk.push(FIRST + DAY)
    assert (plan.new, plan.updated) == (["norm"], [UNIT])
    with desk.learner() as learner:
        assert "One whose length" in learner.fields(desk.guid(UNIT))["Answer"]
        assert learner.modified(desk.guid(UNIT)) == FIRST + DAY
        assert {guid: earned for guid, earned in learner.history().items() if guid in before} == before
        assert learner.database_problems() == ""
        assert learner.import_package(desk.author.apkg) == ImportCounts(duplicate=5)
    assert desk.schema() == schema


def test_a_later_release_still_arrives_by_an_import(desk: Desk) -> None:
    """If this failed, whoever pushed once could never go back to importing releases."""
    desk.author.edit("One of length one.", "One whose length is one.")
    desk.push(FIRST + DAY)
    desk.author.edit("One whose length is one.", "One whose length is exactly one.")
    pipeline.build(desk.author.deck, pipeline.Options(output=desk.author.apkg, now=FIRST + 2 * DAY))
    with desk.learner() as learner:
        assert learner.import_package(desk.author.apkg) == ImportCounts(updated=1, duplicate=3)


def test_a_new_look_arrives(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, cards would keep an old look for ever."""
    from msgspec.structs import replace

    from deckbuilder.kinds.templates import load_templates

    schema = desk.schema()

    def restyled(names: tuple[str, ...]) -> object:
        templates = load_templates(names)
        return replace(templates, css=templates.css + "\n.db-card { color: teal; }\n")

    monkeypatch.setattr(pipeline, "load_templates", restyled)
    assert desk.push(FIRST + DAY).restyled == ["Concept (Algebra)"]
    with desk.learner() as learner:
        assert "color: teal" in learner.css("Concept (Algebra)")
    assert desk.schema() == schema


def test_pictures_arrive_and_a_learners_own_file_stays(desk: Desk) -> None:
    """If this failed, cards would show empty frames, or a learner's own picture would be replaced."""
    (desk.author.deck / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    desk.author.edit("One of length one.", "One of length one.\n\n    ![A dot](dot.svg)")
    (name,) = desk.push(FIRST + DAY).media
    assert (desk.profile / "collection.media" / name).read_bytes().startswith(b"<svg")
    (desk.profile / "collection.media" / name).write_bytes(b"mine")
    desk.author.edit("One of length one.", "One of the length one.")
    assert desk.push(FIRST + 2 * DAY).media == []
    assert (desk.profile / "collection.media" / name).read_bytes() == b"mine"


# What an import cannot do


def test_the_learners_own_tags_stay_on_a_note_that_changed(desk: Desk) -> None:
    """If this failed, a learner's tags would go with each correction, as at an import."""
    with desk.learner() as learner:
        learner.tag(desk.guid(UNIT), "exam")
        learner.tag(desk.guid(UNIT), "leech")
        ours = [tag for tag in learner.tags(desk.guid(UNIT)) if tag not in {"exam", "leech"}]
    desk.author.edit("unit vector?", "unit vector? <!-- card: {tags: [norms]} -->")
    assert desk.push(FIRST + DAY).kept_tags == {UNIT: ["exam", "leech"]}
    desk.author.edit(" <!-- card: {tags: [norms]} -->", "")
    with desk.learner() as learner:
        assert learner.tags(desk.guid(UNIT)) == sorted(["exam", "leech", "norms", *ours])
    desk.push(FIRST + 2 * DAY)
    with desk.learner() as learner:
        assert learner.tags(desk.guid(UNIT)) == sorted(["exam", "leech", *ours]), "our own tag that was withdrawn goes"


def test_a_field_that_the_learner_edited_stays_and_the_others_are_updated(desk: Desk) -> None:
    """If this failed, a learner's own words would be lost to a correction of quite another field."""
    with desk.learner() as learner:
        learner.edit(desk.guid(UNIT), "Answer", "My own words.")
    desk.author.edit("unit vector?", "unit vector? (Hint: think of one.)")
    desk.author.edit("One of length one.", "One whose length is one.")
    plan = desk.push(FIRST + DAY)
    assert (plan.updated, plan.kept, plan.overwritten) == ([UNIT], {UNIT: ["Answer"]}, {})
    with desk.learner() as learner:
        texts = learner.fields(desk.guid(UNIT))
        assert texts["Answer"] == "My own words."
        assert "think of one" in texts["Hints"]
    assert desk.push(FIRST + 2 * DAY).kept == {UNIT: ["Answer"]}, "it is still known for the learner's own"


def test_an_edit_is_overwritten_only_on_request(desk: Desk) -> None:
    """If this failed, a learner could not get the author's text back, or would lose their own without asking."""
    with desk.learner() as learner:
        learner.edit(desk.guid(UNIT), "Answer", "My own words.")
        learner.tag(desk.guid(UNIT), "exam")
    assert desk.push(FIRST + DAY).nothing
    plan = desk.push(FIRST + DAY, overwrite=True)
    assert (plan.updated, plan.overwritten) == ([UNIT], {UNIT: ["Answer"]})
    with desk.learner() as learner:
        assert learner.fields(desk.guid(UNIT))["Answer"] == "<p>One of length one.</p>"
        assert "exam" in learner.tags(desk.guid(UNIT))


def test_an_edit_is_known_although_the_note_came_by_an_import(tmp_path: Path, author: Author) -> None:
    """If this failed, only those who never imported anything could push without losing what they wrote."""
    desk = Desk(tmp_path, author)
    pipeline.build(author.deck, pipeline.Options(output=author.apkg, now=FIRST))
    with desk.learner() as learner:
        learner.import_package(author.apkg)
        learner.edit(desk.guid(UNIT), "Answer", "My own words.")
    author.edit("One of length one.", "One whose length is one.")
    author.edit("The number of its independent rows.", "How many of its rows are independent.")
    plan = desk.push(FIRST + DAY)
    assert (plan.updated, plan.kept) == ([RANK], {UNIT: ["Answer"]})


def test_a_note_without_its_print_is_updated_as_an_import_would(desk: Desk) -> None:
    """If this failed, a learner who emptied that field would lose an edit, or never get a correction again."""
    with desk.learner() as learner:
        learner.edit(desk.guid(UNIT), DELIVERED, "")
        learner.edit(desk.guid(RANK), DELIVERED, "", at=FIRST)
        learner.tag(desk.guid(RANK), "exam", at=FIRST)
    desk.author.edit("One of length one.", "One whose length is one.")
    desk.author.edit("The number of its independent rows.", "How many of its rows are independent.")
    assert desk.push(FIRST + DAY).updated == [RANK]
    with desk.learner() as learner:
        assert "exam" in learner.tags(desk.guid(RANK))


def move_to_vectors(author: Author) -> None:
    item = "3) What is the rank of a matrix?\n\n    The number of its independent rows.\n\n"
    author.edit(item, "")
    author.edit("## Matrices\n", item + "## Matrices\n")


def test_cards_of_a_moved_question_move_if_they_lie_where_we_put_them(desk: Desk) -> None:
    """If this failed, cards would stay for ever in the deck of a section that they have left."""
    move_to_vectors(desk.author)
    plan = desk.push(FIRST + DAY)
    assert plan.moved == {RANK: "Algebra::Algebra::Vectors"}
    with desk.learner() as learner:
        assert learner.deck_of(desk.guid(RANK)) == "Algebra::Algebra::Vectors"
        assert learner.reviews(desk.guid(RANK)) == 3
    assert desk.push(FIRST + 2 * DAY).nothing


def test_a_card_that_an_import_left_behind_is_moved_by_a_later_push(desk: Desk) -> None:
    """If this failed, whoever imported the release in between would keep the card in the wrong deck."""
    move_to_vectors(desk.author)
    pipeline.build(desk.author.deck, pipeline.Options(output=desk.author.apkg, now=FIRST + DAY))
    with desk.learner() as learner:
        assert learner.import_package(desk.author.apkg) == ImportCounts(updated=1, duplicate=3)
        assert learner.deck_of(desk.guid(RANK)) == "Algebra::Algebra::Matrices"
    assert desk.push(FIRST + 2 * DAY).moved == {RANK: "Algebra::Algebra::Vectors"}


def test_a_card_that_the_learner_put_elsewhere_stays(desk: Desk) -> None:
    """If this failed, a push would undo a learner's own layout of decks."""
    with desk.learner() as learner:
        learner.move(desk.guid(RANK), "Mine")
    move_to_vectors(desk.author)
    plan = desk.push(FIRST + DAY)
    assert (plan.moved, plan.stayed) == ({}, {RANK: "Mine"})
    with desk.learner() as learner:
        assert learner.deck_of(desk.guid(RANK)) == "Mine"


def test_a_card_in_a_filtered_deck_waits(desk: Desk) -> None:
    """If this failed, a push in the middle of a custom study would take cards out of it."""
    with desk.learner() as learner:
        deck = learner.col.decks.new_filtered("Cram")
        found = learner.col.decks.get(deck)
        assert found is not None
        found["terms"] = [["Key:rank-matrix or Key:matrix-square", 10, 0]]
        learner.col.decks.save(found)
        learner.col.sched.rebuild_filtered_deck(deck)
        assert learner.deck_of(desk.guid(RANK)) == "Cram"
        cram = deck
    move_to_vectors(desk.author)
    desk.author.edit("4) When is a matrix square?\n\n    When it has as many rows as columns.\n", "")
    plan = desk.push(FIRST + DAY)
    assert (plan.moved, plan.retired) == ({}, [])
    with desk.learner() as learner:
        assert learner.deck_of(desk.guid(RANK)) == "Cram"
        learner.col.sched.empty_filtered_deck(cram)
    plan = desk.push(FIRST + 2 * DAY)
    assert (list(plan.moved), plan.retired) == ([RANK], [SQUARE])


def test_a_retired_note_is_suspended_and_tagged_once_and_comes_back(desk: Desk) -> None:
    """If this failed, withdrawn questions would come up for ever, or a learner's choice to go on would be undone."""
    square = "4) When is a matrix square?\n\n    When it has as many rows as columns.\n"
    desk.author.edit(square, "")
    assert desk.push(FIRST + DAY).retired == [SQUARE]
    with desk.learner() as learner:
        guid = desk.guid(SQUARE)
        assert learner.reviews(guid) == 4
        assert learner.col.find_cards("is:suspended") == learner.col.find_cards("tag:algebra::retired")
        assert len(learner.col.find_cards("is:suspended")) == 1
        learner.col.sched.unsuspend_cards(learner.col.find_cards("is:suspended"))
    assert desk.push(FIRST + 2 * DAY).nothing, "who goes on with it may"
    with desk.learner() as learner:
        learner.col.sched.suspend_cards(learner.col.find_cards("tag:algebra::retired"))
    desk.author.edit("independent rows.\n", f"independent rows.\n\n{square}")
    assert desk.push(FIRST + 3 * DAY).revived == [SQUARE]
    with desk.learner() as learner:
        assert learner.reviews(guid) == 4
        assert learner.col.find_cards("is:suspended or tag:algebra::retired") == []


def test_a_card_that_rested_before_its_note_was_retired_rests_when_it_comes_back(desk: Desk) -> None:
    """If this failed, a question that is brought back would bring back a card that its learner has put away."""
    square = "4) When is a matrix square?\n\n    When it has as many rows as columns.\n"
    with desk.learner() as learner:
        learner.col.sched.suspend_cards(learner.col.find_cards(f"Key:{SQUARE}"))
    desk.author.edit(square, "")
    assert desk.push(FIRST + DAY).retired == [SQUARE]
    assert desk.push(FIRST + 2 * DAY).nothing
    with desk.learner() as learner:
        assert len(learner.col.find_cards("is:suspended tag:algebra::retired")) == 1, "found with all that are retired"
    desk.author.edit("independent rows.\n", f"independent rows.\n\n{square}")
    assert desk.push(FIRST + 3 * DAY).revived == [SQUARE]
    with desk.learner() as learner:
        assert len(learner.col.find_cards("is:suspended")) == 1
        assert learner.col.find_cards("tag:algebra::retired") == []


def test_a_card_that_the_learner_suspended_stays_so(desk: Desk) -> None:
    """If this failed, a correction would bring back a card that its learner has put away."""
    with desk.learner() as learner:
        learner.col.sched.suspend_cards(learner.col.find_cards("Key:unit-vector"))
    desk.author.edit("One of length one.", "One whose length is one.")
    desk.push(FIRST + DAY)
    with desk.learner() as learner:
        assert len(learner.col.find_cards("is:suspended")) == 1


# What it is told apart by is not enough


def test_a_note_of_another_note_type_is_left_and_named(desk: Desk) -> None:
    """If this failed, texts would go into wrong fields, or the learner would never know why a note stays old."""
    with desk.learner() as learner:
        basic = learner.col.models.by_name("Basic")
        concept = learner.note_type_dict("Concept (Algebra)")
        assert basic
        request = learner.col.models.change_notetype_info(old_notetype_id=concept["id"], new_notetype_id=basic["id"])
        request.input.note_ids.extend(learner.col.find_notes("Key:unit-vector"))
        learner.col.models.change_notetype_of_notes(request.input)
    desk.author.edit("One of length one.", "One whose length is one.")
    plan = desk.push(FIRST + DAY)
    assert (plan.conflicting, plan.updated) == ([UNIT], [])


def test_a_note_type_that_was_rebuilt_by_hand_stops_the_push(desk: Desk) -> None:
    """If this failed, a second note type would appear, and every new card would be of it."""
    with desk.learner() as learner:
        found = learner.note_type_dict("Concept (Algebra)")
        learner.col.models.add_field(found, learner.col.models.new_field("Mine"))
        learner.col.models.update_dict(found)
    before = desk.bytes()
    desk.author.edit("2) What", "2) What is the norm?\n\n    The length.\n\n3) What")
    with pytest.raises(CannotGoOn) as stop:
        desk.push(FIRST + DAY)
    assert [found.code for found in stop.value.diagnostics] == ["DB827"]
    assert "Concept (Algebra)" in stop.value.diagnostics[0].message
    assert desk.bytes() == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM revlog WHERE id = (SELECT max(id) FROM revlog)", "reviews"),
        ("UPDATE cards SET ivl = ivl + 1", "card"),
        ("UPDATE cards SET did = 1", "card"),
        ("DELETE FROM cards WHERE id = (SELECT max(id) FROM cards)", "card"),
        ("UPDATE notes SET flds = flds || 'x'", "note"),
        ("INSERT INTO graves VALUES (5, 0, -1)", "deleted"),
        ("UPDATE col SET scm = scm + 1", "full"),
        ("UPDATE deck_config SET mtime_secs = mtime_secs + 1", "deck options"),
    ],
)
def test_a_push_that_would_cost_the_learner_anything_is_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, damage: str, said: str
) -> None:
    """If this failed, a fault of ours or of Anki's would reach the only copy of years of reviews."""
    from deckbuilder.anki import push

    whole = push.update

    def faulty(col: object, *rest: object) -> object:
        plan = whole(col, *rest)  # type: ignore[arg-type]
        col.db.execute(damage)  # type: ignore[attr-defined]
        return plan

    monkeypatch.setattr(push, "update", faulty)
    before = desk.bytes()
    with pytest.raises(CannotGoOn) as stop:
        desk.push(FIRST + DAY)
    assert said in stop.value.diagnostics[0].message
    assert desk.bytes() == before


def test_what_anki_refuses_stops_the_push(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a user would meet a traceback of Anki's, and not know whether anything was written."""
    from anki.errors import DBError

    from deckbuilder.anki import push

    def refusing(*_: object) -> object:
        raise DBError("no such luck", None, None, None)

    monkeypatch.setattr(push, "update", refusing)
    assert refused(desk) == "DB827"


def test_a_disk_that_is_full_stops_the_push(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a user would meet a traceback."""
    from deckbuilder.anki import push

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(push, "write_package", full)
    assert refused(desk) == "DB826"


# What is refused and not touched

OPEN = """
import sys
from anki.collection import Collection
col = Collection(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def refused(desk: Desk) -> str:
    """Push, and return the code of the refusal; nothing of the profile may have changed."""
    before = desk.bytes()
    desk.author.edit("One of length one.", "One whose length is one.")
    with pytest.raises(CannotGoOn) as stop:
        desk.push(FIRST + DAY)
    assert desk.bytes() == before
    (found,) = stop.value.diagnostics
    return found.code


def test_a_collection_that_is_open_is_refused(desk: Desk) -> None:
    """If this failed, two programs would write into one collection, which destroys it."""
    command = [sys.executable, "-c", OPEN, str(desk.collection)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        try:
            assert refused(desk) == "DB822"
        finally:
            other.communicate("")


def test_a_collection_that_another_program_writes_to_is_refused(desk: Desk) -> None:
    """If this failed, a backup program or an add-on that is at work would be written over."""
    with closing(sqlite3.connect(desk.collection, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(desk) == "DB822"


def test_a_collection_of_a_newer_anki_is_refused(desk: Desk) -> None:
    """If this failed, tables that are not known would be written to."""
    with closing(sqlite3.connect(desk.collection)) as database:
        database.execute("UPDATE col SET ver = 99")
        database.commit()
    assert refused(desk) == "DB823"


def test_a_collection_of_an_older_anki_is_refused(desk: Desk) -> None:
    """If this failed, the Anki that the collection belongs to could not open it any more."""
    with desk.learner() as learner:
        learner.col.close(downgrade=True)
    assert refused(desk) == "DB825"


@pytest.mark.parametrize("kind", ["no database", "torn", "page", "no tables", "empty"])
def test_a_damaged_collection_is_refused(desk: Desk, kind: str) -> None:
    """If this failed, what a repair could still save would be lost."""
    whole = desk.collection.read_bytes()
    if kind == "no tables":
        desk.collection.unlink()
        with closing(sqlite3.connect(desk.collection)) as database:
            database.execute("CREATE TABLE other (x)")
    else:
        damaged = {
            "no database": b"not a database at all" * 500,
            "torn": whole[: len(whole) // 2],
            "page": whole[:4096] + b"\xff" * 4096 + whole[8192:],
            "empty": b"",
        }[kind]
        desk.collection.write_bytes(damaged)
    assert refused(desk) == "DB824"


def test_a_leftover_journal_of_a_killed_anki_is_no_reason_to_refuse(desk: Desk) -> None:
    """If this failed, whoever's Anki crashed could not push, or would lose what was not yet in the main file."""
    with desk.learner() as learner:
        learner.tag(desk.guid(DOT), "exam")
    crashing = OPEN.replace("print(", "col.tags.rename('exam', 'test'); print(")
    command = [sys.executable, "-c", crashing, str(desk.collection)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        other.kill()
    assert list(desk.profile.glob("*-wal")), "Anki keeps its last changes in a journal of its own"
    desk.author.edit("One of length one.", "One whose length is one.")
    assert desk.push(FIRST + DAY).updated == [UNIT]
    with desk.learner() as learner:
        assert "test" in learner.tags(desk.guid(DOT))
        assert learner.database_problems() == ""


# Undo


def test_the_backup_brings_everything_back(desk: Desk) -> None:
    """If this failed, a push could not be undone."""
    with desk.learner() as learner:
        learner.edit(desk.guid(UNIT), "Answer", "My own words.")
        before = {guid: (learner.fields(guid), learner.tags(guid), learner.history()[guid]) for guid in learner.guids()}
    desk.author.edit("4) When is a matrix square?\n\n    When it has as many rows as columns.\n", "")
    desk.author.edit("1) What", "1) What is the norm?\n\n    The length.\n\n2) What")
    desk.push(FIRST + DAY, overwrite=True)
    backup = max((desk.profile / "backups").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    with desk.learner() as learner:
        assert len(learner.guids()) == 5
    restore(desk.collection, backup)
    with desk.learner() as learner:
        assert {
            guid: (learner.fields(guid), learner.tags(guid), learner.history()[guid]) for guid in learner.guids()
        } == before
        assert learner.database_problems() == ""


# The command


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(desk.author.root)
    monkeypatch.setenv("ANKI_BASE", str(desk.profile.parent))

    def command(*words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(main, ["push", *words], input=answer)

    return command


def test_the_command_shows_the_plan_asks_and_says_where_the_backup_is(desk: Desk, run: object) -> None:
    """If this failed, a learner would not know what is about to happen, or how to undo it."""
    desk.author.edit("One of length one.", "One whose length is one.")
    before = desk.bytes()
    assert callable(run)
    declined = run(answer="n\n")
    assert declined.exit_code == 1
    assert "updated: 1\n    unit-vector\n" in declined.stdout
    assert desk.bytes() == before
    agreed = run(answer="y\n")
    assert agreed.exit_code == 0, agreed.output
    assert len(list((desk.profile / "backups").glob("before-push-*.colpkg"))) > 0
    assert "to undo it, open" in agreed.stdout
    assert run().stdout.endswith("Nothing to do: the collection is as the build would have it.\n")


def test_where_only_the_learners_own_differs_there_is_nothing_to_do(desk: Desk, run: object) -> None:
    """If this failed, a learner would read a list of their own edits and not know whether anything was done."""
    with desk.learner() as learner:
        learner.edit(desk.guid(UNIT), "Answer", "My own words.")
    assert callable(run)
    said = run().stdout
    assert "Nothing to do" in said
    assert "have it, your own edits, tags and decks aside.\n" in said
    assert "your edits kept: 1\n    unit-vector (Answer)\n" in said


def test_a_dry_run_writes_nothing_anywhere(desk: Desk, run: object) -> None:
    """If this failed, looking would already change a collection or the lock."""
    desk.author.edit("One of length one.", "One whose length is one.")
    before, lock = desk.bytes(), (desk.author.deck / "deck.lock").read_bytes()
    shutil.rmtree(desk.author.root / "build")
    assert callable(run)
    report = json.loads(run("--dry-run", "--format", "json").stdout)
    assert (report["done"], report["backup"], report["plan"]["updated"]) == (False, None, [UNIT])
    assert desk.bytes() == before
    assert (desk.author.deck / "deck.lock").read_bytes() == lock
    assert not (desk.author.root / "build").exists()


def test_a_deck_with_errors_is_not_pushed(desk: Desk, run: object) -> None:
    """If this failed, broken cards would reach a collection."""
    desk.author.edit("unit vector?", "unit vector? <!-- card: {idd: x} -->")
    before = desk.bytes()
    assert callable(run)
    result = run("-y")
    assert result.exit_code == 1
    assert "DB205" in result.stderr
    assert desk.bytes() == before


def test_the_command_names_what_stands_in_the_way(desk: Desk, run: object) -> None:
    """If this failed, a user would meet a traceback of SQLite's."""
    desk.collection.write_bytes(b"nonsense" * 1000)
    assert callable(run)
    result = run("-y")
    assert result.exit_code == 1
    assert "DB824" in result.stderr
    assert json.loads(run("-y", "--format", "json").stdout)["diagnostics"][0]["code"] == "DB824"
    assert run("--profile", "Nobody").exit_code == 1
    assert run("--profile", "Me", "--collection", str(desk.collection)).exit_code == 2


if os.name == "posix" and os.geteuid() != 0:  # an administrator may write everywhere

    def test_a_collection_that_may_not_be_written_is_refused(desk: Desk) -> None:
        """If this failed, a user would meet a traceback."""
        desk.collection.chmod(0o400)
        assert refused(desk) == "DB826"


def test_what_an_author_decided_is_no_edit_of_the_learners(desk: Desk) -> None:
    """If this failed, an id that is added to a question would make a push write, or find edits that nobody made."""
    desk.author.edit("2) What is a unit vector?", f"2) What is a unit vector? <!-- card: {{id: {UNIT}}} -->")
    plan = desk.push(FIRST + DAY)
    assert plan.nothing
    assert (plan.kept, plan.updated) == ({}, [])
    desk.author.edit("One of length one.", "One whose length is one.")
    plan = desk.push(FIRST + 2 * DAY)
    assert (plan.kept, plan.updated) == ({}, [UNIT])
    with desk.learner() as learner:
        assert learner.fields(desk.guid(UNIT))["Spare 7"] == "id"
