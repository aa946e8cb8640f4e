"""What only deckbuilder changed: told at a release, stamped on request, and no edit of anybody's to whoever looks."""

from __future__ import annotations

import re

import pytest

from deckbuilder.anki.verify import summary as proof_summary
from deckbuilder.anki.verify import verify
from deckbuilder.diff.asking import diff_packages, diff_sources
from deckbuilder.diff.compare import DeckDiff
from deckbuilder.kinds import fields
from deckbuilder.pipeline import Options, build
from deckbuilder.publishing.release import release
from deckbuilder.publishing.texts import summary
from tests.anki.test_push import Desk
from tests.publishing.test_release import DOT, RANK, SQUARE, UNIT, codes
from tests.support.apkg import opened
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner
from tests.support.rerendering import NEW, render_otherwise

ALL = {DOT, UNIT, RANK, SQUARE}
OLD, EDITED = "One of length one.", "One whose length is one."


def of_old(author: Author) -> None:
    """Make the lock what a deckbuilder wrote that knew nothing of sources."""
    path = author.deck / "deck.lock"
    text = re.sub(r'"source": "[^"]*", ', "", path.read_text("utf-8"))
    path.write_text(re.sub(r'("released": \["[^"]*", "[^"]*"), "[^"]*"\]', r"\1]", text), "utf-8")
    author.commit()


def times(author: Author) -> dict[str, int]:
    return {key: note.modified for key, note in author.lock().notes.items()}


def rows(author: Author) -> dict[str, dict[str, str]]:
    """The packed fields by key."""
    packed = opened(author.apkg.read_bytes()).notes().values()
    texts = [dict(zip(fields.FIELDS, row["flds"].split("\x1f"), strict=True)) for row in packed]
    return {text[fields.KEY]: text for text in texts}


@pytest.mark.parametrize("lock", ["of old", "of today"])
def test_without_refresh_it_is_told_and_not_stamped(author: Author, monkeypatch: pytest.MonkeyPatch, lock: str) -> None:
    """If this failed, a new deckbuilder would overwrite what learners wrote on notes that no author touched."""
    author.published("1.0", FIRST)
    if lock == "of old":
        of_old(author)
    render_otherwise(monkeypatch)
    author.edit(OLD, EDITED)
    result = author.published("1.1", FIRST + DAY)
    assert times(author) == {DOT: FIRST, UNIT: FIRST + DAY, RANK: FIRST, SQUARE: FIRST}
    assert [note.key for note in result.changes.corrected] == [UNIT]
    assert {note.key for note in result.changes.rebuilt} == ALL - {UNIT}
    (told,) = [found for found in result.built.diagnostics if found.code == "DB837"]
    assert told.message.startswith("3 notes were changed by deckbuilder, or only in formatting or formulas")
    assert "release 1.1 --refresh" in told.help
    assert "deckbuilder" not in author.releases().partition("## 1.0")[0].partition("## 1.1")[2]
    assert all(NEW in text[fields.ANSWER] for text in rows(author).values())
    versions = {key: text[fields.VERSION] for key, text in rows(author).items()}
    assert versions == {DOT: "1.0", UNIT: "1.1", RANK: "1.0", SQUARE: "1.0"}


@pytest.mark.parametrize("lock", ["of old", "of today"])
def test_with_refresh_it_is_stamped_and_listed(author: Author, monkeypatch: pytest.MonkeyPatch, lock: str) -> None:
    """If this failed, an author could not bring a better rendering to those who have the deck."""
    author.published("1.0", FIRST)
    if lock == "of old":
        of_old(author)
    render_otherwise(monkeypatch)
    build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
    author.commit()
    result = release(author.deck, "1.1", Options(output=author.apkg, now=FIRST + 2 * DAY), refresh=True)
    assert codes(result) == []
    assert set(times(author).values()) == {FIRST + 2 * DAY}
    assert "What changed: 4 changed by deckbuilder." in author.releases()
    assert "### Changed by deckbuilder (4)" in author.releases()
    assert '"refreshed": [\n      "dot-product-measure"' in summary(result, tagged=False, form="json")
    author.commit()
    assert author.published("1.2", FIRST + 3 * DAY).changes.nothing


def test_it_is_told_at_each_release_until_it_is_stamped(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a maintainer who passed over it once would never hear of it again."""
    author.published("1.0", FIRST)
    render_otherwise(monkeypatch)
    author.published("1.1", FIRST + DAY)
    assert codes(author.published("1.2", FIRST + 2 * DAY)) == ["DB806", "DB837"]
    result = release(author.deck, "1.3", Options(output=author.apkg, now=FIRST + 3 * DAY), refresh=True)
    assert {note.key for note in result.changes.refreshed} == ALL


@pytest.mark.parametrize("first", ["layout", "program"])
def test_layout_and_a_new_program_together_are_no_edit(
    author: Author, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """If this failed, whoever tidied up the sources would overwrite learners' edits at the next update."""
    author.edit("How far one vector reaches", "How  far one vector <b>reaches</b>")
    author.published("1.0", FIRST)
    if first == "program":
        render_otherwise(monkeypatch)
        build(author.deck, Options(output=author.apkg, now=FIRST + 1))
    author.edit("<b>reaches</b>", "<b >reaches</b>")  # other words of the source for the very same HTML
    build(author.deck, Options(output=author.apkg, now=FIRST + 2))
    if first == "layout":
        render_otherwise(monkeypatch)
    result = author.published("1.1", FIRST + DAY)
    assert {note.key for note in result.changes.rebuilt} == ALL
    assert set(times(author).values()) == {FIRST}


def test_the_first_release_refreshes_nothing(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, `--refresh` at a first release would overwrite the edits of all who have a build."""
    build(author.deck, Options(output=author.apkg, now=FIRST))
    author.commit()
    render_otherwise(monkeypatch)
    result = release(author.deck, "1.0", Options(output=author.apkg, now=FIRST + DAY), refresh=True)
    assert not result.failed
    assert set(times(author).values()) == {FIRST}


def test_an_edit_made_with_an_old_lock_is_still_a_correction(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a correction that was built before the update of deckbuilder would be taken for ours."""
    author.published("1.0", FIRST)
    author.edit(OLD, EDITED)
    build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
    of_old(author)
    render_otherwise(monkeypatch)
    result = author.published("1.1", FIRST + 2 * DAY)
    assert [note.key for note in result.changes.corrected] == [UNIT]
    assert times(author)[UNIT] == FIRST + 2 * DAY


def test_learners_keep_what_they_wrote(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the promise would hold in deck.lock and not in Anki."""
    author.published("1.0", FIRST)
    with Learner() as learner:
        learner.import_package(author.apkg)
        guid = author.lock().notes[DOT].guid
        learner.edit(guid, fields.ANSWER, "Mine.", at=FIRST + 5)
        learner.tag(guid, "mine", at=FIRST + 6)
        render_otherwise(monkeypatch)
        author.edit(OLD, EDITED)
        author.published("1.1", FIRST + DAY)
        assert learner.import_package(author.apkg) == ImportCounts(updated=1, duplicate=3)
        assert learner.fields(guid)[fields.ANSWER] == "Mine."
        assert "mine" in learner.tags(guid)


def test_a_proof_takes_it_for_no_loss(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, `verify` would cry wolf after each update of deckbuilder, and nobody would heed it."""
    author.published("1.0", FIRST)
    last = author.apkg.rename(author.root / "build" / "last.apkg")
    render_otherwise(monkeypatch)
    author.edit(OLD, EDITED)
    author.published("1.1", FIRST + DAY)
    proved = verify(author.apkg, last)
    assert [found.code for found in proved.diagnostics] == []
    assert "changed by deckbuilder and not stamped: 3 stay as they are" in proof_summary(proved)
    release(author.deck, "1.2", Options(output=author.apkg, now=FIRST + 2 * DAY), refresh=True)
    proved = verify(author.apkg, last)
    # A learner who skips 1.1 and edits its note before 1.2 keeps the edit, which ids decide, and that is told.
    assert {found.code for found in proved.diagnostics} <= {"DB829"}
    assert proved.report is not None
    assert (proved.report.rebuilt, proved.report.updated) == ([], 4)


def compared(found: tuple[DeckDiff | None, object]) -> DeckDiff:
    diff, _ = found
    assert diff is not None
    return diff


def test_a_difference_tells_it_apart(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a reviewer would look for one edit among all the notes of the deck."""
    monkeypatch.chdir(author.root)
    author.apkg = author.root / "build" / "algebra.apkg"
    author.published("1.0", FIRST)
    last = author.apkg.with_name("last.apkg")
    last.write_bytes(author.apkg.read_bytes())
    render_otherwise(monkeypatch)
    author.edit(OLD, EDITED)
    for diff in (compared(diff_sources(author.deck)), compared(diff_sources(author.deck, last))):
        assert [change.note.key for change in diff.changed] == [UNIT]
        assert {note.key for note in diff.rebuilt} == ALL - {UNIT}
        assert (diff.unchanged, diff.refreshed) == (0, ())
    author.published("1.1", FIRST + DAY)
    assert compared(diff_sources(author.deck)).is_empty
    diff = compared(diff_packages(last, author.apkg))
    assert {note.key for note in diff.rebuilt} == ALL - {UNIT}
    release(author.deck, "1.2", Options(output=author.apkg, now=FIRST + 2 * DAY), refresh=True)
    diff = compared(diff_packages(last, author.apkg))
    assert ({note.key for note in diff.refreshed}, diff.rebuilt) == (ALL - {UNIT}, ())


def test_a_push_brings_it_and_keeps_the_learners_words(
    author: Author, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a push would take our own old HTML for an edit of the learner's, or overwrite a real one."""
    desk = Desk(tmp_path_factory.mktemp("desk"), author)
    desk.push(FIRST)
    with desk.learner() as learner:
        learner.edit(desk.guid(DOT), fields.ANSWER, "Mine.")
    render_otherwise(monkeypatch)
    plan = desk.push(FIRST + DAY)
    assert plan.kept == {DOT: [fields.ANSWER]}
    assert set(plan.updated) == ALL
    with desk.learner() as learner:
        assert learner.fields(desk.guid(DOT))[fields.ANSWER] == "Mine."
        assert NEW in learner.fields(desk.guid(UNIT))[fields.ANSWER]
    again = desk.push(FIRST + 2 * DAY)
    assert (again.updated, again.kept) == ([], {DOT: [fields.ANSWER]})


def test_an_import_that_anki_passed_over_leaves_no_false_edit(
    author: Author, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a learner who imports and later pushes would be told of edits that they never made."""
    desk = Desk(tmp_path_factory.mktemp("desk"), author)
    build(author.deck, Options(output=author.apkg, now=FIRST))
    with desk.learner() as learner:
        learner.import_package(author.apkg)
    with monkeypatch.context() as patch:
        render_otherwise(patch)
        build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
        with desk.learner() as learner:
            assert learner.import_package(author.apkg) == ImportCounts(duplicate=4)
        author.edit(OLD, EDITED)
        plan = desk.push(FIRST + 2 * DAY)
    assert plan.kept == {}
    assert set(plan.updated) == ALL
