"""Releases after git took notes and lock back: learners get what the notes say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.pipeline import Options, build
from tests.publishing.test_release import DOT, RANK, SQUARE, UNIT, codes, run
from tests.support.apkg import opened
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner

OLD, NEW, NEWEST = "One of length one.", "One whose length is one.", "A vector divided by its own length."


def edited(author: Author, old: str, new: str, at: int) -> str:
    """Edit, build, commit notes and lock together, and return the commit."""
    author.edit(old, new)
    result = build(author.deck, Options(output=author.apkg, now=at))
    assert not result.failed, result.diagnostics
    author.commit()
    return author.git("rev-parse", "HEAD").strip()


def revert(author: Author, *commits: str) -> None:
    author.git("revert", "--no-edit", *commits)


def times(author: Author) -> dict[str, int]:
    return {key: note.modified for key, note in author.lock().notes.items()}


def released_edit(author: Author) -> str:
    """Release 1.0, then an edit as 1.1, in one commit of its own."""
    author.published("1.0", FIRST)
    author.edit(OLD, NEW)
    author.git("add", "--all")
    author.git("commit", "--quiet", "--message", "Edit")
    before = author.git("rev-parse", "HEAD").strip()
    author.published("1.1", FIRST + DAY)
    author.git("reset", "--quiet", "--soft", f"{before}~1")
    author.git("commit", "--quiet", "--message", "Edit and release 1.1")
    author.git("tag", "--force", "v1.1")
    return author.git("rev-parse", "HEAD").strip()


def test_learners_get_the_old_text_back(author: Author) -> None:
    """If this failed, learners would keep the wrong text that the author took back."""
    commit = released_edit(author)
    package = author.apkg.read_bytes()
    revert(author, commit)
    assert times(author)[UNIT] == FIRST  # the lock is as it was, which is the trouble
    (author.root / "build" / "1.1.apkg").write_bytes(package)
    result = author.published("1.2", FIRST + 2 * DAY)
    assert [note.key for note in result.changes.corrected] == [UNIT]
    assert times(author) == {DOT: FIRST, UNIT: FIRST + 2 * DAY, RANK: FIRST, SQUARE: FIRST}
    with Learner() as learner:
        learner.import_package(author.root / "build" / "1.1.apkg")
        assert learner.import_package(author.apkg) == ImportCounts(updated=1, duplicate=3)
        assert OLD in learner.fields(author.lock().notes[UNIT].guid)["Answer"]
    assert "### Corrected (1)" in author.releases().partition("## 1.0")[0]


def test_a_revert_across_two_releases(author: Author) -> None:
    """If this failed, only the last of two wrong texts would be taken back."""
    author.published("1.0", FIRST)
    start = author.git("rev-parse", "HEAD").strip()
    author.edit(OLD, NEW)
    author.published("1.1", FIRST + DAY)
    author.edit(NEW, NEWEST)
    author.published("1.2", FIRST + 2 * DAY)
    revert(author, f"{start}..HEAD")
    assert author.lock().release.version == "1.0"
    assert "DB803" in codes(author.release("1.1.5", FIRST + 3 * DAY))  # the lock forgot 1.2, learners did not
    result = author.published("1.3", FIRST + 3 * DAY)
    assert [note.key for note in result.changes.corrected] == [UNIT]
    assert times(author) == {DOT: FIRST, UNIT: FIRST + 3 * DAY, RANK: FIRST, SQUARE: FIRST}


def test_a_revert_of_the_first_release_stamps_nothing(author: Author) -> None:
    """If this failed, every note would be stamped as new, and every learner's edits be overwritten."""
    build(author.deck, Options(output=author.apkg, now=FIRST))
    author.commit()
    author.published("1.0", FIRST)
    revert(author, "HEAD")
    assert author.lock().release is None
    author.published("1.1", FIRST + DAY)
    assert set(times(author).values()) == {FIRST}


def test_a_revert_of_a_release_alone_makes_nothing_news(author: Author) -> None:
    """If this failed, learners would be told of a correction a second time, and their edits be overwritten."""
    author.published("1.0", FIRST)
    edited(author, OLD, NEW, FIRST + DAY)
    author.published("1.1", FIRST + 2 * DAY)
    revert(author, "HEAD")
    result = author.published("1.2", FIRST + 3 * DAY)
    assert result.changes.nothing
    assert times(author)[UNIT] == FIRST + 2 * DAY


def test_an_edit_that_was_built_and_reverted_before_any_release(author: Author) -> None:
    """If this failed, who imported a build between would keep its text; nobody else may lose an edit for it."""
    author.published("1.0", FIRST)
    revert(author, edited(author, OLD, NEW, FIRST + DAY))
    author.published("1.1", FIRST + 2 * DAY)
    assert times(author) == {DOT: FIRST, UNIT: FIRST + 2 * DAY, RANK: FIRST, SQUARE: FIRST}


def test_a_revert_before_the_first_release(author: Author) -> None:
    """If this failed, who imported a build of the wrong text would keep it for ever."""
    build(author.deck, Options(output=author.apkg, now=FIRST))
    author.commit()
    revert(author, edited(author, OLD, NEW, FIRST + DAY))
    author.published("1.0", FIRST + 2 * DAY)
    assert times(author) == {DOT: FIRST, UNIT: FIRST + 2 * DAY, RANK: FIRST, SQUARE: FIRST}


def test_a_note_that_a_revert_took_out_is_retired(author: Author) -> None:
    """If this failed, its GUID would be lost: were the question to come back, learners would get it a second time."""
    author.published("1.0", FIRST)
    author.edit("2) What", "2) What is the norm of a vector?\n\n    The length.\n\n3) What")
    author.published("1.1", FIRST + DAY)
    guid = author.lock().notes["norm-vector"].guid
    revert(author, "HEAD", "HEAD~1")
    assert "norm-vector" not in author.lock().notes
    result = author.published("1.2", FIRST + 2 * DAY)
    assert [note.guid for note in result.changes.retired] == [guid]
    assert author.lock().notes["norm-vector"].retired
    assert author.published("1.3", FIRST + 3 * DAY).changes.nothing


def test_a_merge_of_branches_is_looked_through(author: Author) -> None:
    """If this failed, what was released from a branch that was merged and reverted would stay with learners."""
    author.published("1.0", FIRST)
    author.git("switch", "--quiet", "--create", "branch")
    edited(author, OLD, NEW, FIRST + DAY)
    author.git("switch", "--quiet", "main")
    edited(author, "The number of its independent rows.", "How many rows are independent.", FIRST + DAY + 5)
    author.git("merge", "--quiet", "--no-edit", "branch")
    author.published("1.1", FIRST + 2 * DAY)
    merge = author.git("log", "--merges", "--format=%H").strip()
    author.git("checkout", f"{merge}~1", "--", "content/deck.lock", "content/notes.md")
    author.commit()
    result = author.published("1.2", FIRST + 3 * DAY)
    assert [note.key for note in result.changes.corrected] == [UNIT]
    assert times(author)[UNIT] == FIRST + 3 * DAY


def test_a_branch_that_was_released_by_a_tag_counts(author: Author) -> None:
    """If this failed, learners of a hotfix would keep its text when the main line says otherwise."""
    author.published("1.0", FIRST)
    author.git("switch", "--quiet", "--create", "hotfix")
    author.edit(OLD, NEW)
    author.published("1.0.1", FIRST + DAY)
    author.git("switch", "--quiet", "main")
    author.git("branch", "--quiet", "-D", "hotfix")
    author.published("1.1", FIRST + 2 * DAY)
    assert times(author) == {DOT: FIRST, UNIT: FIRST + 2 * DAY, RANK: FIRST, SQUARE: FIRST}


def test_a_shallow_clone_is_refused(author: Author, tmp_path: Path) -> None:
    """If this failed, a release from a clone without history would leave learners with the reverted text."""
    author.published("1.0", FIRST)
    clone = tmp_path / "clone"
    author.git("clone", "--quiet", "--depth", "1", author.root.as_uri(), str(clone))
    (clone / "content" / "notes.md").write_text((author.deck / "notes.md").read_text("utf-8") + "\n", "utf-8")
    result = run("release", "1.1", str(clone / "content"), "-o", str(tmp_path / "x.apkg"))
    assert result.exit_code == 1
    assert "DB836" in result.stderr
    assert "git fetch --unshallow" in result.stderr
    author.git("-C", str(clone), "checkout", "--quiet", "--", ".")
    author.git("-C", str(clone), "fetch", "--quiet", "--unshallow")
    assert run("release", "1.1", str(clone / "content"), "-o", str(tmp_path / "x.apkg")).exit_code == 0
    # CI builds a tag again from whatever it has checked out: that stamps nothing.
    author.git("clone", "--quiet", "--depth", "1", author.root.as_uri(), str(tmp_path / "ci"))
    assert (
        run("release", "1.0", str(tmp_path / "ci" / "content"), "--locked", "-o", str(tmp_path / "ci.apkg")).exit_code
        == 0
    )


def test_a_folder_that_was_renamed(author: Author) -> None:
    """If this failed, renaming a deck's folder would hide what was released before."""
    commit = released_edit(author)
    author.git("mv", "content", "deck")
    author.git("commit", "--quiet", "--message", "Rename")
    author.deck = author.root / "deck"
    revert(author, commit)
    author.published("1.2", FIRST + 2 * DAY)
    assert times(author)[UNIT] == FIRST + 2 * DAY


def test_a_lone_file_has_a_history_too(author: Author) -> None:
    """If this failed, the lock beside a single file would be looked for under another name."""
    source = author.deck / "notes.md"
    (author.deck / "deck.yml").unlink()
    author.commit()

    def publish(version: str) -> None:
        result = run("release", version, str(source), "-o", str(author.apkg))
        assert result.exit_code == 0, result.output
        author.commit()

    publish("1.0")
    author.edit(OLD, NEW)
    author.commit()
    publish("1.1")
    late = opened(author.apkg.read_bytes()).notes()
    revert(author, "HEAD", "HEAD~1")
    publish("1.2")
    notes = opened(author.apkg.read_bytes()).notes()
    changed = [guid for guid, note in notes.items() if note["mod"] > late[guid]["mod"]]
    assert len(changed) == 1
    assert OLD in notes[changed[0]]["flds"]


@pytest.mark.parametrize("attributes", ["content/deck.lock -diff", "content/deck.lock binary"])
def test_a_lock_that_git_does_not_diff(author: Author, attributes: str) -> None:
    """If this failed, a line in .gitattributes that hides generated files would hide the history as well."""
    (author.root / ".gitattributes").write_text(attributes + "\n", "utf-8")
    author.git("config", "color.ui", "always")
    author.git("config", "diff.noprefix", "true")
    author.git("config", "log.showSignature", "true")
    commit = released_edit(author)
    revert(author, commit)
    author.published("1.2", FIRST + 2 * DAY)
    assert times(author)[UNIT] == FIRST + 2 * DAY


def test_a_time_of_a_clock_that_went_wrong_is_passed_over(author: Author) -> None:
    """If this failed, one bad clock would keep every later release from being made."""
    author.published("1.0", FIRST)
    path = author.deck / "deck.lock"
    good = path.read_text("utf-8")
    path.write_text(good.replace(f'"mod": {FIRST}', '"mod": 4000000000'), "utf-8")
    author.commit()
    path.write_text(good, "utf-8")
    author.commit()
    author.edit(OLD, NEW)
    author.published("1.1", FIRST + DAY)
    assert times(author)[UNIT] == FIRST + DAY


def test_a_build_reads_no_history(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a build would depend on more than its sources and its lock."""
    author.published("1.0", FIRST)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("git was called")

    monkeypatch.setattr("subprocess.run", refuse)
    monkeypatch.setattr("subprocess.Popen", refuse)
    assert not build(author.deck, Options(output=author.apkg, now=FIRST + DAY)).failed
