"""`release`: what it refuses, what it stamps, what it writes."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from deckbuilder import pipeline
from deckbuilder.cli import main
from deckbuilder.kinds import fields
from deckbuilder.kinds.templates import load_templates
from deckbuilder.pipeline import Options, build
from deckbuilder.publishing.release import ReleaseResult, release
from tests.support.apkg import opened
from tests.support.author import DAY, FIRST, Author
from tests.support.learner import ImportCounts, Learner

DOT, UNIT, RANK, SQUARE = (
    "dot-product-measure",
    "unit-vector",
    "rank-matrix",
    "matrix-square",
)


def codes(result: ReleaseResult) -> list[str]:
    return [found.code for found in result.built.diagnostics]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


# What is refused


def test_a_dirty_tree_is_refused_and_nothing_is_written(author: Author) -> None:
    """If this failed, a release could not be built again from its tag."""
    before = author.git("rev-parse", "HEAD")
    author.edit("One of length one.", "One whose length is one.")
    (author.root / "new.txt").write_text("x", "utf-8")
    result = author.release("1.0", FIRST)
    assert codes(result) == ["DB802"]
    assert "content/notes.md, new.txt" in result.built.diagnostics[0].message
    assert result.written == ()
    assert not (author.deck / "deck.lock").exists()
    assert not author.apkg.exists()
    assert author.git("rev-parse", "HEAD") == before


def test_packages_of_earlier_builds_are_no_dirt(author: Author) -> None:
    """If this failed, nobody who does not ignore build/ in git could release twice."""
    (author.root / ".gitignore").unlink()
    author.commit()
    author.published("1.0", FIRST)
    author.git("reset", "--quiet", "--hard")
    author.edit("One of length one.", "One whose length is one.")
    author.commit()
    assert (author.root / "build" / "deck.apkg").exists()
    assert not author.release("1.1", FIRST + DAY).failed


def test_a_package_beside_the_sources_hides_no_dirt(author: Author) -> None:
    """If this failed, `-o deck.apkg` would let a release be made of what was never committed."""
    author.edit("One of length one.", "One whose length is one.")
    author.apkg = author.root / "deck.apkg"
    assert codes(author.release("1.0", FIRST)) == ["DB802"]


def test_a_deck_with_errors_is_refused(author: Author) -> None:
    """If this failed, learners would get cards that the author was told are broken."""
    author.edit("unit vector?", "unit vector? <!-- card: {idd: x} -->")
    author.commit()
    result = author.release("1.0", FIRST)
    assert codes(result) == ["DB205"]
    assert not (author.deck / "deck.lock").exists()


def test_a_deck_outside_of_git_is_refused(tmp_path: Path) -> None:
    """If this failed, a release would be made that nobody can find again."""
    (tmp_path / "notes.md").write_text("# A\n\n1) What?\n\n    That.\n", "utf-8")
    result = run("release", "1.0", str(tmp_path / "notes.md"))
    assert result.exit_code == 1
    assert "DB801" in result.stderr
    assert not (tmp_path / "notes.deck.lock").exists()


@pytest.mark.parametrize("version", ["1.0", "0.9", "1", "1.0.0", "1.0-rc1"])
def test_a_version_that_is_not_later_is_refused(author: Author, version: str) -> None:
    """If this failed, two packages would go by the same version, or the newer one by the older."""
    author.published("1.0", FIRST)
    assert "DB803" in codes(author.release(version, FIRST + DAY))


@pytest.mark.parametrize("version", ["1.0.1", "1.1", "1.10", "2", "1.1-rc1"])
def test_a_later_version_is_taken(author: Author, version: str) -> None:
    """If this failed, 1.10 after 1.9 or a candidate before its release would be refused."""
    author.published("1.0", FIRST)
    assert "DB803" not in codes(author.release(version, FIRST + DAY))


def test_a_tag_that_exists_is_refused(author: Author) -> None:
    """If this failed, the maintainer would learn of it only when git refuses, with the lock written."""
    author.git("tag", "v1.0")
    assert codes(author.release("1.0", FIRST)) == ["DB804"]


def test_a_clock_that_is_behind_the_last_release_is_refused(author: Author) -> None:
    """If this failed, a stamp in the future would make Anki refuse the package."""
    author.published("1.0", FIRST)
    lock = (author.deck / "deck.lock").read_text("utf-8")
    (author.deck / "deck.lock").write_text(lock.replace(f'"mod": {FIRST}', '"mod": 4000000000', 1), "utf-8")
    author.commit()
    assert "DB311" in codes(author.release("1.1", FIRST + DAY))


@pytest.mark.parametrize("version", ["", "1.2.", "v", "1.2;rm", "../1", "1.2 3", "1.2$(x)", "1.2-", "-1", "1.2.3.4.5"])
def test_what_is_no_version_is_a_usage_error(author: Author, version: str) -> None:
    """If this failed, a version could break a tag's name, a file's name or a search of the browser."""
    assert run("release", str(author.deck), "--", version).exit_code == 2


# What is stamped


def test_what_changed_is_stamped_with_the_release_whatever_builds_came_between(author: Author) -> None:
    """If this failed, learners on Anki 2.1.66 to 24.11 would never get an edit that was built before their import."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
    assert author.lock().notes[UNIT].modified == FIRST + DAY
    author.edit("2) What", "2) What is the norm?\n\n    The length.\n\n3) What")
    author.published("1.1", FIRST + 2 * DAY)
    times = {key: note.modified for key, note in author.lock().notes.items()}
    assert times == {
        DOT: FIRST, UNIT: FIRST + 2 * DAY, "norm": FIRST + 2 * DAY, RANK: FIRST, SQUARE: FIRST,
    }  # fmt: skip


def test_an_edit_that_was_taken_back_is_no_correction(author: Author) -> None:
    """If this failed, learners would be told of a correction that is none."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
    author.edit("One whose length is one.", "One of length one.")
    author.published("1.1", FIRST + 3 * DAY)
    assert "## 1.1 (2023-11-17)\n\nNothing changed for learners.\n\n## 1.0" in author.releases()


def test_the_first_release_stamps_nothing(author: Author) -> None:
    """If this failed, the first release of a deck that is long in use would overwrite every learner's edits."""
    build(author.deck, Options(output=author.apkg, now=FIRST))
    author.published("1.0", FIRST + DAY)
    assert {note.modified for note in author.lock().notes.values()} == {FIRST}


def test_a_new_style_is_stamped_with_the_release_in_the_package_too(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, who imported after the build between would never get the style that the release brings."""
    author.published("1.0", FIRST)

    def restyled(names: tuple[str, ...]) -> object:
        templates = load_templates(names)
        return replace(templates, css=templates.css + "\n.db-card { color: teal; }\n")

    monkeypatch.setattr(pipeline, "load_templates", restyled)
    build(author.deck, Options(output=author.root / "other.apkg", now=FIRST + DAY))
    author.published("1.1", FIRST + 3 * DAY)
    kinds = {kind.modified for kind in author.lock().types.values()}
    models = opened(author.apkg.read_bytes()).settings("models").values()
    assert kinds == {FIRST + 3 * DAY}
    assert {model["mod"] for model in models} == kinds


def test_the_card_names_the_release_in_which_it_last_changed(author: Author) -> None:
    """If this failed, a learner who reports a mistake would name the wrong release."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    at = fields.FIELDS.index(fields.VERSION)
    rows = opened(author.apkg.read_bytes()).notes()
    notes = author.lock().notes
    versions = {key: rows[note.guid]["flds"].split("\x1f")[at] for key, note in notes.items()}
    assert versions == {DOT: "1.0", UNIT: "1.1", RANK: "1.0", SQUARE: "1.0"}


def test_a_learner_of_an_older_anki_gets_what_was_built_before_their_import(author: Author) -> None:
    """If this failed, a correction would be lost on who imported the last release late, on Anki before 25.9."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    build(author.deck, Options(output=author.root / "other.apkg", now=FIRST + DAY))
    with Learner() as learner:
        learner.import_package(author.apkg)
        unit = author.lock().notes[UNIT].guid
        learner.edit(unit, "Hints", "", at=FIRST + 2 * DAY)  # as an older Anki stamps a note that it updates
        author.published("1.1", FIRST + 3 * DAY)
        assert learner.import_package(author.apkg) == ImportCounts(updated=1, duplicate=3)


# What is written


def test_a_release_is_committed_and_tagged_on_request(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the maintainer's tag would name a commit without the release."""
    monkeypatch.chdir(author.root)
    result = run("release", "1.0", "--tag")
    assert result.exit_code == 0, result.output
    assert author.git("status", "--porcelain") == ""
    assert author.git("describe", "--exact-match") == "v1.0\n"
    assert author.git("show", "--name-only", "--format=%s", "HEAD").split("\n")[:1] == ["Release Algebra 1.0"]
    assert 'version: "1.0"' in author.git("show", "v1.0:content/deck.yml")
    assert result.stdout.rstrip().endswith("git push origin HEAD v1.0")


def test_without_the_option_the_git_commands_are_printed_and_work(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a maintainer who copies the printed commands would tag the wrong thing."""
    monkeypatch.chdir(author.root)
    result = author.release("1.0", FIRST)
    assert author.git("tag") == ""
    for command in result.commands[:-1]:
        author.git(*command)
    assert author.git("status", "--porcelain") == ""
    assert author.git("describe", "--exact-match") == "v1.0\n"


def test_git_that_refuses_is_reported(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the maintainer would believe in a tag that is not there."""
    monkeypatch.chdir(author.root)
    assert run("build").exit_code == 0
    author.commit()
    hook = author.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no commits today >&2\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    result = run("release", "1.0", "--tag")
    assert result.exit_code == 1
    assert "DB805" in result.stderr
    assert "no commits today" in result.stderr
    hook.unlink()
    for command in re.findall(r"^  git (.*)", result.stdout, re.MULTILINE)[:-1]:
        author.git(*shlex.split(command))
    assert author.git("describe", "--exact-match") == "v1.0\n"
    assert author.git("status", "--porcelain") == ""


def test_a_release_that_git_refused_is_taken_back_as_the_finding_says(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, what git had staged would stay in the way of every later release."""
    monkeypatch.chdir(author.root)
    assert run("build").exit_code == 0
    author.commit()
    hook = author.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    hook.chmod(0o755)
    run("release", "1.0", "--tag")
    hook.unlink()
    refused = run("release", "1.0", "--tag")
    assert "`git restore --staged --worktree` them" in refused.stderr
    author.git("restore", "--staged", "--worktree", "content")
    assert author.git("status", "--porcelain") == ""
    assert run("release", "1.0", "--tag").exit_code == 0


@pytest.mark.parametrize("locked", [False, True])
def test_a_list_of_releases_that_cannot_be_read_is_a_finding(author: Author, locked: bool) -> None:
    """If this failed, a stray byte in words that the maintainer may edit would end in a traceback."""
    author.published("1.0", FIRST)
    path = author.deck / "RELEASES.md"
    path.write_bytes(path.read_bytes() + b"caf\xe9\n")
    author.commit()
    result = author.release("1.0" if locked else "1.1", FIRST + DAY, locked=locked)
    (found,) = [one for one in result.built.diagnostics if one.is_error]
    assert (found.code, Path(found.span.file).name) == ("DB103", "RELEASES.md")


def test_the_line_ends_of_the_list_of_releases_stay(author: Author) -> None:
    """If this failed, each release made on Windows would show the whole list as changed."""
    author.published("1.0", FIRST)
    path = author.deck / "RELEASES.md"
    old = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(old)
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    text = path.read_bytes()
    assert text.endswith(old[old.index(b"## 1.0") :])
    assert text.count(b"\n") == text.count(b"\r\n")


def test_a_heading_without_words_in_the_list_of_releases_is_passed_over(author: Author) -> None:
    """If this failed, an empty heading would end CI's build of the tag in a traceback."""
    author.published("1.0", FIRST)
    path = author.deck / "RELEASES.md"
    path.write_text(path.read_text("utf-8").replace("## 1.0", "## \n\n## 1.0"), "utf-8")
    author.commit()
    assert not author.release("1.0", FIRST + DAY, locked=True).failed


def test_what_ci_builds_on_the_tag_is_what_the_author_released(author: Author) -> None:
    """If this failed, the package that learners download would not be the one that the author looked at."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    files = {path.name: path.read_bytes() for path in (author.root / "build").iterdir()}
    result = author.release("1.1", FIRST + 5 * DAY, locked=True)
    assert not result.failed
    assert {path.name: path.read_bytes() for path in (author.root / "build").iterdir()} == files
    assert author.git("status", "--porcelain") == ""
    build(author.deck, Options(output=author.root / "other.apkg", locked=True))
    assert (author.root / "other.apkg").read_bytes() == author.apkg.read_bytes()


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_ci_refuses_a_tag_that_is_not_the_locks_release(author: Author, version: str) -> None:
    """If this failed, a tag on the wrong commit would publish another deck under its version."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    author.published("1.1", FIRST + DAY)
    assert codes(author.release(version, FIRST + DAY, locked=True)) == ["DB807"]


def test_ci_refuses_sources_that_moved_on_after_the_release(author: Author) -> None:
    """If this failed, what the tag names could differ from what the list of releases tells."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    build(author.deck, Options(output=author.apkg, now=FIRST + DAY))
    author.commit()
    assert codes(author.release("1.0", FIRST + DAY, locked=True)) == ["DB807"]


def test_the_checksum_is_one_that_the_usual_tools_check(author: Author) -> None:
    """If this failed, a learner could not tell a damaged download from a whole one."""
    author.published("1.0", FIRST)
    line = (author.root / "build" / "deck.apkg.sha256").read_text("utf-8")
    assert line == f"{hashlib.sha256(author.apkg.read_bytes()).hexdigest()}  deck.apkg\n"


def test_the_list_of_releases_is_no_part_of_the_deck(author: Author) -> None:
    """If this failed, each release would make the next one dirty, or its lists would become cards."""
    author.published("1.0", FIRST)
    (author.deck / "RELEASES.md").write_text("# X\n\n1) A question?\n\n    An answer.\n", "utf-8")
    result = build(author.deck, Options(output=author.apkg, locked=True))
    assert (result.failed, len(result.notes)) == (False, 4)


def test_a_lone_file_is_released_too(author: Author) -> None:
    """If this failed, whoever has one review file would have to learn deck.yml first."""
    source = author.deck / "notes.md"
    (author.deck / "deck.yml").unlink()
    author.commit()
    result = run("release", "1.0", str(source), "-o", str(author.apkg))
    assert result.exit_code == 0, result.output
    names = {"notes.md", "notes.deck.lock", "notes.releases.md"}
    assert {path.name for path in author.deck.iterdir()} == names
    author.commit()
    assert run("release", "1.0", str(source), "-o", str(author.apkg), "--locked").exit_code == 0


def test_the_json_report_names_what_changed(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a script could not act on a release."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    author.commit()
    monkeypatch.chdir(author.root)
    report = json.loads(run("release", "1.1", "--format", "json").stdout)
    assert list(report) == ["version", "deck", "apkg", "written", "commands", "changes", "diagnostics"]
    changes = {"new": [], "corrected": [UNIT], "moved": [], "retired": [], "rebuilt": [], "refreshed": []}
    assert report["changes"] == changes
    assert report["apkg"] == "build/algebra.apkg"


def test_a_release_of_nothing_says_so(author: Author) -> None:
    """If this failed, learners would be sent to import a package that does nothing."""
    author.published("1.0", FIRST)
    result = author.release("1.1", FIRST + DAY)
    assert codes(result) == ["DB806"]
    assert not result.failed


def test_the_guide_names_every_file_that_a_release_writes(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a maintainer would not know what to commit and what to publish."""
    monkeypatch.chdir(author.root)
    guide = (Path(__file__).parents[2] / "docs" / "releases.md").read_text("utf-8")
    named = [line.split("`")[1] for line in guide.splitlines() if line.startswith(("| `content/", "| `build/"))]
    result = release(Path("content"), "1.0")
    written = {path.as_posix().replace("algebra", "NAME") for path in result.written}
    assert written == set(named)
