"""Other processes: builds at the same moment, and what is at the places that a build writes to."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from deckbuilder import files, pipeline
from deckbuilder.cli.main import main
from deckbuilder.identity.lock import Lock
from deckbuilder.pipeline import Options, build
from tests.faults.program import COMMAND, NOTES, deck_in, files_in, lock_of

ROUNDS = 2


def times_in(package: Path) -> dict[str, int]:
    """Return the change time of each note of a package that is whole, by its GUID."""
    with ZipFile(package) as opened:
        assert opened.testzip() is None
        (package.with_suffix(".anki2")).write_bytes(opened.read("collection.anki2"))
    with closing(sqlite3.connect(package.with_suffix(".anki2"))) as database:
        return dict(database.execute("SELECT guid, mod FROM notes"))


def times_of(lock: Lock) -> dict[str, int]:
    return {note.guid: note.modified for note in lock.notes.values() if not note.retired}


def started(*arguments: str, at: Path, now: int) -> subprocess.Popen[str]:
    """Begin a command that takes its present moment from the environment, as two builds never have the same."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(now)}
    return subprocess.Popen(
        [*COMMAND, *arguments], cwd=at, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_a_lock_that_changes_at_the_last_moment_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two builds, the one that is done first would be undone by the other, with new notes' GUIDs and all."""
    deck = deck_in(tmp_path)
    output = tmp_path / "made.apkg"
    assert not build(deck, Options(output=output)).failed
    (deck / "notes.md").write_text(NOTES.replace("A length.", "How long it is."), "utf-8")
    real, changed = pipeline.write_lock, []

    def then_another(lock: Lock) -> str:
        if not changed:
            changed.append(lock)
            (deck / "notes.md").write_text(NOTES.replace("A length.", "Its length."), "utf-8")
            assert not build(deck, Options(output=output)).failed
        return real(lock)

    monkeypatch.setattr(pipeline, "write_lock", then_another)
    result = build(deck, Options(output=output))
    assert [found.code for found in result.diagnostics] == ["DB313"]
    assert times_in(output) == times_of(lock_of(deck))


@pytest.mark.parametrize("change", ["damaged", "gone", "folder"])
def test_a_lock_that_is_spoilt_meanwhile_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A checkout of another branch in the middle of a build would end in a traceback, or be undone."""
    deck = deck_in(tmp_path)
    assert not build(deck, Options(output=tmp_path / "made.apkg")).failed
    (deck / "notes.md").write_text(NOTES.replace("A length.", "How long it is."), "utf-8")
    package, lock, real = (tmp_path / "made.apkg").read_bytes(), deck / "deck.lock", pipeline.write_lock

    def spoilt(asked: Lock) -> str:
        lock.unlink()
        if change == "damaged":
            lock.write_bytes(b"\xff\x00")
        elif change == "folder":
            lock.mkdir()
        return real(asked)

    monkeypatch.setattr(pipeline, "write_lock", spoilt)
    result = build(deck, Options(output=tmp_path / "made.apkg"))
    assert [found.code for found in result.diagnostics if found.is_error] in (["DB313"], ["DB610"])
    assert (tmp_path / "made.apkg").read_bytes() == package
    assert lock.exists() == (change != "gone")


@pytest.mark.parametrize("marked", [b"\xef\xbb\xbf", b""])
def test_a_lock_that_an_editor_saved_its_own_way_is_the_same(tmp_path: Path, marked: bytes) -> None:
    """A mark at its beginning, or the line ends of Windows, would look like another build in every build."""
    deck = deck_in(tmp_path)
    assert not build(deck, Options(output=tmp_path / "made.apkg")).failed
    lock = deck / "deck.lock"
    lock.write_bytes(marked + lock.read_bytes().replace(b"\n", b"\r\n"))
    (deck / "notes.md").write_text(NOTES.replace("A length.", "How long it is."), "utf-8")
    assert [found.code for found in build(deck, Options(output=tmp_path / "made.apkg")).diagnostics] == []
    assert len(lock_of(deck).notes) == 5


# ── where it is written ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["deck.lock", "deck.yml", "notes.md", "more/../more/other.md"])
@pytest.mark.parametrize("first", [True, False])
def test_no_file_of_the_deck_is_written_over(tmp_path: Path, name: str, first: bool) -> None:
    """A slip in -o would cost an author their notes."""
    deck = deck_in(tmp_path)
    if not first:
        assert not build(deck, Options(output=tmp_path / "made.apkg")).failed
    before = files_in(tmp_path)
    result = build(deck, Options(output=deck / name))
    assert [found.code for found in result.diagnostics] == ["DB610"]
    assert "the deck's own files" in result.diagnostics[0].message
    assert files_in(tmp_path) == before


def test_a_package_may_lie_in_the_deck_s_own_folder(tmp_path: Path) -> None:
    """Who keeps everything in one folder could build but once."""
    deck = deck_in(tmp_path)
    for _ in range(2):
        assert not build(deck, Options(output=deck / "made.apkg")).failed
    assert times_in(deck / "made.apkg") == times_of(lock_of(deck))


if os.name == "posix":  # Windows has no such devices, asks for a right to make links, and cannot hold a folder
    IN_THE_WAY: dict[str, Callable[[Path], object]] = {
        "a folder": lambda path: (path.mkdir(), (path / "kept").write_text("kept")),
        "a pipe": os.mkfifo,
        "a link to a device": lambda path: path.symlink_to("/dev/null"),
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a link to a folder": lambda path: (path.with_name("kept").mkdir(), path.symlink_to("kept")),
    }

    @pytest.mark.parametrize("thing", IN_THE_WAY)
    @pytest.mark.parametrize("name", ["made.apkg", "content/deck.lock"])
    def test_what_is_no_file_is_never_replaced(tmp_path: Path, name: str, thing: str) -> None:
        """A build run by an administrator would turn a device into a file, or empty a folder."""
        deck = deck_in(tmp_path)
        IN_THE_WAY[thing](tmp_path / name)
        before = files_in(tmp_path)
        result = build(deck, Options(output=tmp_path / "made.apkg"))
        assert [found.code for found in result.diagnostics if found.is_error] in (["DB610"], ["DB102"])
        assert files_in(tmp_path) == before
        assert (tmp_path / name).is_symlink() == thing.startswith("a link")

    # ── at once ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def test_builds_at_once_leave_the_package_that_the_lock_tells_of(tmp_path: Path) -> None:
        """A lock of one build beside the package of the other would stamp notes earlier than learners have them."""
        deck = deck_in(tmp_path)
        for number in range(ROUNDS):
            (deck / "notes.md").write_text(NOTES.replace("A length.", f"A length, {number}."), "utf-8")
            running = [
                started("build", "content", at=tmp_path, now=1_700_000_000 + 10 * number + way) for way in range(3)
            ]
            endings = [(process.communicate()[1], process.returncode) for process in running]
            assert 0 in [code for _, code in endings]
            assert all(code == 0 or (code == 1 and "error[DB313]" in said) for said, code in endings), endings
            assert times_in(tmp_path / "build" / "faults.apkg") == times_of(lock_of(deck))
            assert not list(deck.rglob(".deckbuilder-*"))

    def test_nobody_comes_between_the_moves_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The other one's package would lie beside this one's lock, which tells of other change times."""
        monkeypatch.setattr(files, "_PATIENCE", 0.05)
        deck, output = deck_in(tmp_path), tmp_path / "made.apkg"
        real, others = Path.replace, []

        def moved(self: Path, target: Path) -> Path:
            found = real(self, target)
            if target == output and not others:
                others.append("begins")
                (deck / "notes.md").write_text(NOTES.replace("A length.", "How long it is."), "utf-8")
                other = build(deck, Options(output=output, now=1_700_000_100))
                others.extend(problem.message for problem in other.diagnostics)
            return found

        monkeypatch.setattr(Path, "replace", moved)
        assert not build(deck, Options(output=output, now=1_700_000_000)).failed
        assert "another deckbuilder is writing there" in others[1]
        assert times_in(output) == times_of(lock_of(deck))

    def test_two_decks_with_one_output(tmp_path: Path) -> None:
        """Whoever copies a line for a second deck and forgets its output would get a package that is half of each."""
        one, two = deck_in(tmp_path / "one"), deck_in(tmp_path / "two")
        (two / "deck.yml").write_text("name: Other\n", "utf-8")
        for _ in range(ROUNDS):
            running = [
                started("build", f"{name}/content", "-o", "it.apkg", at=tmp_path, now=10**9) for name in ("one", "two")
            ]
            assert [(process.communicate()[1], process.returncode) for process in running] == [("", 0)] * 2
            assert times_in(tmp_path / "it.apkg") in (times_of(lock_of(one)), times_of(lock_of(two)))

    # ── the cache ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _of_another_program(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE shelf (number INTEGER)")
            database.execute("CREATE VIEW of_mine AS SELECT 1")

    AT_THE_CACHE: dict[str, Callable[[Path], object]] = {
        "a folder": lambda path: (path.mkdir(), (path / "kept").write_text("kept")),
        "a pipe": os.mkfifo,
        "a link to itself": lambda path: path.symlink_to(path.name),
        "a link to nothing": lambda path: path.symlink_to("nothing/there"),
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to a text": lambda path: (path.with_name("kept").write_text("kept"), path.symlink_to("kept")),
        "an empty file": lambda path: path.write_bytes(b""),
        "an unreadable file": lambda path: (path.write_bytes(b"x"), path.chmod(0)),
        "a database of another form": _of_another_program,
    }

    @pytest.mark.parametrize("thing", AT_THE_CACHE)
    def test_whatever_is_at_the_cache_s_place_a_build_is_the_same(tmp_path: Path, thing: str) -> None:
        """What is only there to save time would stop a build, let it hang, or cost a file that a link leads to."""
        deck = deck_in(tmp_path)
        kept = tmp_path / "kept"
        moment = Options(output=tmp_path / "made.apkg", now=1_700_000_000, cache=kept)
        assert not build(deck, moment).failed
        package = (tmp_path / "made.apkg").read_bytes()
        (cache,) = kept.glob("*.cache")
        cache.unlink()
        AT_THE_CACHE[thing](cache)
        for _ in range(2):
            assert build(deck, moment).diagnostics == ()
            assert (tmp_path / "made.apkg").read_bytes() == package
        left = [path.read_text() for path in (kept / "kept", cache / "kept") if path.is_file()]
        assert left == (["kept"] if thing in {"a folder", "a link to a text"} else [])

    @pytest.mark.parametrize("thing", ["a folder", "a pipe", "a link to itself", "a link to nothing"])
    def test_whatever_is_at_the_place_of_all_caches(tmp_path: Path, thing: str) -> None:
        """A home without a folder for caches, or with something else of that name, would stop every build."""
        deck = deck_in(tmp_path)
        AT_THE_CACHE[thing](tmp_path / "kept")
        result = build(deck, Options(output=tmp_path / "made.apkg", cache=tmp_path / "kept"))
        assert result.diagnostics == ()


def test_every_command_that_writes_is_tried() -> None:
    """A command that is added would be the one that leaves half a file."""
    from tests.faults.scenes import SCENES

    # Prints; killed in tests/test_killed.py; works on copies; writes in a temporary folder only.
    tried_otherwise = {"explain", "push", "verify", "code"}
    assert {scene.arguments[0] for scene in SCENES.values()} == set(main.commands) - tried_otherwise
