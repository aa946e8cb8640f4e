"""Files that are no files, that nobody may read, and that change while they are read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deckbuilder import files
from deckbuilder.files import NewFiles, TooLarge, held, is_there, read_ordinary, working_folder
from deckbuilder.pipeline import Options, build
from deckbuilder.source import files as source_files
from tests.faults.program import deck_in, files_in, obey_modes, ran

POSIX = os.name == "posix"


def built(deck: Path, **options: object) -> list[str]:
    """Build and return the errors, each with its place; where there are any, nothing may have changed."""
    before = files_in(deck.parent)
    result = build(deck, Options(output=deck.parent / "made.apkg", **options))  # type: ignore[arg-type]
    errors = [f"{found.span}: {found.code} {found.message}" for found in result.diagnostics if found.is_error]
    assert not errors or files_in(deck.parent) == before
    assert all(found.help or found.code for found in result.diagnostics)
    return errors


# ── while it is read ────────────────────────────────────────────────────────────────────────────────────────────────


def meanwhile(monkeypatch: pytest.MonkeyPatch, change: Callable[[], None], times: int) -> None:
    """Let something happen between opening a file and reading it, so many times."""
    opened, left = files._opened, iter(range(times))

    def opening(path: Path, *, follow: bool) -> int:
        number = opened(path, follow=follow)
        real = os.fstat

        def looked(asked: int) -> os.stat_result:
            found = real(asked)
            monkeypatch.setattr(os, "fstat", real)
            if next(left, None) is not None:
                change()
            return found

        monkeypatch.setattr(os, "fstat", looked)
        return number

    monkeypatch.setattr(files, "_opened", opening)


def test_a_file_that_is_saved_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the old text and half of the new would retire notes that are there, and give others new answers."""
    path = tmp_path / "notes.md"
    path.write_text("old " * 100, "utf-8")
    meanwhile(monkeypatch, lambda: path.write_text("new", "utf-8") and None, 1)
    assert read_ordinary(path, 1000) == b"new"


def test_a_file_that_never_stands_still_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build would go on for ever, or take whatever was there at some moment."""
    path = tmp_path / "notes.md"
    path.write_text("a", "utf-8")
    meanwhile(monkeypatch, lambda: path.write_text(path.read_text("utf-8") + "a", "utf-8") and None, 100)
    with pytest.raises(OSError, match="changes while it is read"):
        read_ordinary(path, 1000)


def test_a_file_that_grows_while_it_is_read_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is written into the deck's folder would fill the memory, its size at first being small."""
    path = tmp_path / "notes.md"
    path.write_text("small", "utf-8")
    meanwhile(monkeypatch, lambda: path.write_text("x" * 5000, "utf-8") and None, 1)
    with pytest.raises(TooLarge) as caught:
        read_ordinary(path, 1000)
    assert caught.value.size == 5000


@pytest.mark.parametrize("what", ["gone", "folder", *(["a link to itself"] if POSIX else [])])
def test_a_file_that_changes_between_listing_and_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Its notes would look deleted, and be retired."""
    deck = deck_in(tmp_path)
    assert built(deck) == []
    listed = source_files.markdown_files

    def then_changed(folder: Path) -> tuple[list[Path], list[OSError]]:
        found = listed(folder)
        other = deck / "more" / "other.md"
        other.unlink()
        if what == "folder":
            other.mkdir()
        elif what != "gone":
            other.symlink_to(other)
        return found

    monkeypatch.setattr("deckbuilder.project.markdown_files", then_changed)
    before = (deck / "deck.lock").read_bytes()
    result = build(deck, Options(output=tmp_path / "made.apkg"))
    (error,) = [found for found in result.diagnostics if found.is_error]
    assert (error.code, error.span.file) == ("DB102", f"{deck.as_posix()}/more/other.md")
    assert (deck / "deck.lock").read_bytes() == before


def test_a_folder_of_sources_that_vanishes_while_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is taken away in the middle of a build would look like a chapter that the author deleted."""
    deck = deck_in(tmp_path)
    assert built(deck) == []
    real = os.scandir

    def scandir(path: str | Path = ".") -> object:
        if str(path).endswith("more"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return real(path)

    before = files_in(tmp_path)
    monkeypatch.setattr(os, "scandir", scandir)
    result = build(deck, Options(output=tmp_path / "made.apkg"))
    monkeypatch.undo()
    assert [(found.code, found.span.file) for found in result.diagnostics] == [("DB102", f"{deck.as_posix()}/more")]
    assert files_in(tmp_path) == before


# ── what is not a file ──────────────────────────────────────────────────────────────────────────────────────────────

if POSIX:  # Windows has no such things in folders, and asks for a right to make links
    THINGS: dict[str, Callable[[Path], object]] = {
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
        "link to a pipe": lambda path: (os.mkfifo(path.with_name("pipe")), path.symlink_to("pipe")),
        "link to nothing": lambda path: path.symlink_to("nothing"),
        "link to itself": lambda path: path.symlink_to(path.name),
        "link to a device": lambda path: path.symlink_to("/dev/zero"),
    }

    @pytest.mark.parametrize("thing", THINGS)
    @pytest.mark.parametrize("name", ["notes.md", "deck.yml", "deck.lock", "dot.svg", "more/other.md"])
    def test_what_is_no_file_is_refused_where_it_stands(tmp_path: Path, name: str, thing: str) -> None:
        """A build would wait for ever, start a new lock beside learners' history, or build another deck."""
        if thing == "folder" and name.endswith(".md"):
            thing = "pipe"  # a folder may have any name; what is in it counts
        deck = deck_in(tmp_path)
        assert built(deck) == []
        path = deck / name
        path.unlink()
        THINGS[thing](path)
        lock = files_in(deck).get("deck.lock")
        result = build(deck, Options(output=tmp_path / "made.apkg"))
        errors = [found for found in result.diagnostics if found.is_error]
        place = deck / ("notes.md" if name == "dot.svg" else name)
        assert [Path(found.span.file) for found in errors if found.code != "DB306"] == [place], errors
        assert files_in(deck).get("deck.lock") == lock
        assert path.is_symlink() or not path.is_file(), "it was replaced"

    @pytest.mark.parametrize("thing", [thing for thing in THINGS if thing != "folder"])
    def test_a_source_that_is_no_file(tmp_path: Path, thing: str) -> None:
        """`deckbuilder build PIPE` would wait for ever, and a link that leads nowhere show as a crash."""
        path = tmp_path / "review.md"
        THINGS[thing](path)
        result = build(path, Options(output=tmp_path / "made.apkg"))
        assert [found.code for found in result.diagnostics] == ["DB102"]

    # ── what nobody may read ────────────────────────────────────────────────────────────────────────────────────────

    @pytest.mark.parametrize("mode", [0o000, 0o100, 0o400])
    @pytest.mark.parametrize("name", ["", "more", "notes.md", "deck.yml", "deck.lock", "dot.svg"])
    def test_what_may_not_be_read_is_an_error_at_its_place(tmp_path: Path, name: str, mode: int) -> None:
        """Notes in a folder that cannot be read would look deleted, and a lock would be begun anew."""
        deck = deck_in(tmp_path)
        assert built(deck) == []
        before, path = files_in(tmp_path), deck / name
        if path.is_file():
            mode &= 0o377
        was = path.stat().st_mode
        path.chmod(mode)
        done = ran("check", "content", at=tmp_path, before=obey_modes)
        path.chmod(was)
        assert "Traceback" not in done.stderr
        assert done.returncode == 1, done.stdout
        place = "content/notes.md:5:" if name == "dot.svg" else f"content/{name}".removesuffix("/")
        assert f"{place}" in done.stderr.splitlines()[0], done.stderr
        assert "Permission denied" in done.stderr or "DB403" in done.stderr
        assert files_in(tmp_path) == before

    def test_a_folder_that_is_left_out_may_be_unreadable(tmp_path: Path) -> None:
        """Somebody's own folder in the deck, left out in deck.yml, would stop every build of the others."""
        deck = deck_in(tmp_path)
        (deck / "deck.yml").write_text("name: Faults\nexclude: [more/*]\n", "utf-8")
        (deck / "more").chmod(0)
        done = ran("check", "content", at=tmp_path, before=obey_modes)
        (deck / "more").chmod(0o755)
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
        """SQLite and JSON hold no such names: the build would end with a traceback, or the report with half a line."""
        deck = deck_in(tmp_path)
        try:
            shutil.copy(deck / "more" / "other.md", os.fsencode(deck) + b"/b\xff.md")
        except OSError:  # a disk that has no such names, as on macOS
            return
        for arguments in (("check", "content"), ("check", "content", "--format", "json")):
            done = ran(*arguments, at=tmp_path)
            assert done.returncode == 1
            assert "its name is not UTF-8" in done.stderr + done.stdout
            assert "Traceback" not in done.stderr


# ── the tools themselves ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_there_is_told_from_what_is_not(tmp_path: Path) -> None:
    """A lock that a link leads to nowhere for, or whose folder cannot be searched, would be taken for no lock."""
    (tmp_path / "file").write_text("x", "utf-8")
    assert is_there(tmp_path / "file")
    assert not is_there(tmp_path / "other")
    assert not is_there(tmp_path / "file" / "below")
    assert is_there(tmp_path / ("x" * 5000)) == POSIX  # nobody knows, but Windows


def test_files_are_new_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock held open by an editor would stop a build half way: the package new, the lock old."""
    for name in "ab":
        (tmp_path / name).write_bytes(b"old")
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target.name == "c":
            raise PermissionError(13, "The file is in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    new = NewFiles()
    with pytest.raises(PermissionError), new:
        new.folder(tmp_path / "made" / "now")
        for name in ("a", "made/now/d", "b", "c"):
            new.write(tmp_path / name, b"new")
    assert new.at == tmp_path / "c"
    assert files_in(tmp_path) == {"a": b"old", "b": b"old"}


def test_a_working_folder_that_was_left_is_removed_and_one_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies of collections that killed builds leave would fill the disk; or a build would lose its own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, others = tmp_path / "deckbuilder-working-left", tmp_path / "deckbuilder-mine"
    for folder in (left, others):
        folder.mkdir()
        (folder / "collection.anki2").write_bytes(b"x")
        os.utime(folder, (0, 0))
    with working_folder() as first:
        (first / "mine").write_bytes(b"x")
        os.utime(first, (0, 0))
        with working_folder() as second:
            assert first != second
            assert (first / "mine").exists() or not POSIX
        assert not second.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["deckbuilder-mine"]


if POSIX:

    def test_a_folder_that_another_holds_is_waited_for_and_not_for_ever(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A build that was stopped with Ctrl-Z would let every later one hang without a word."""
        monkeypatch.setattr(files, "_PATIENCE", 0.05)
        deck = deck_in(tmp_path)
        with held(deck):
            (error,) = built(deck)
        assert "another deckbuilder is writing there" in error
        assert built(deck) == []
