"""Atomic writing: nobody finds half of a file, or what is left of a failed attempt."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deckbuilder import files
from deckbuilder.files import atomic_writer

POSIX = os.name == "posix"


def write_atomically(path: Path, content: bytes) -> None:
    with atomic_writer(path) as file:
        file.write(content)


def test_the_content_arrives_and_nothing_else_stays(tmp_path: Path) -> None:
    """A build's output would be missing, or the author's folder would fill with temporary files."""
    write_atomically(tmp_path / "deck.lock", b"first")
    write_atomically(tmp_path / "deck.lock", b"second")
    assert (tmp_path / "deck.lock").read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["deck.lock"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError, ValueError])
def test_an_interrupted_writing_leaves_the_old_content(tmp_path: Path, interruption: type[BaseException]) -> None:
    """Ctrl-C or a full disk in the middle of a build would cost the lock file, and with it every learner's history."""
    target = tmp_path / "deck.lock"
    target.write_bytes(b"old")
    with pytest.raises(interruption), atomic_writer(target) as file:
        file.write(b"half of the new")
        raise interruption
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["deck.lock"]


@pytest.mark.parametrize(("owner", "step"), [(os, "fsync"), (Path, "replace")])
def test_a_disk_that_fails_late_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, step: str
) -> None:
    """A disk that is full only when the content is flushed, or a file held open on Windows, would leave a torn file."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owner, step, refuse)
    target = tmp_path / "deck.lock"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="No space left"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["deck.lock"]


def test_a_folder_that_is_missing_is_an_oserror(tmp_path: Path) -> None:
    """The command line tells the user about an OSError; anything else would show as a crash."""
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "deck.apkg", b"x")


def test_a_folder_in_the_place_of_the_file_is_an_oserror(tmp_path: Path) -> None:
    """`-o build` with a folder called build would show as a crash, or replace the folder."""
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_name_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    """A deck with a long name could not be built, because its temporary file had a longer one."""
    target = tmp_path / ("x" * 250 + ".apkg")
    write_atomically(target, b"content")
    assert target.read_bytes() == b"content"


def test_what_a_killed_build_left_long_ago_is_cleared_away(tmp_path: Path) -> None:
    """A folder of sources would fill with hidden files that nobody dares to delete."""
    old, young, other = (tmp_path / name for name in (".deckbuilder-1.tmp", ".deckbuilder-2.tmp", "notes.tmp"))
    for path in (old, young, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (0, 0))
    write_atomically(tmp_path / "deck.lock", b"lock")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".deckbuilder-2.tmp", "deck.lock", "notes.tmp"]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_file_being_written_has_no_name_where_that_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    """A build that is killed would leave half a file; and on systems that have named files only, builds must work."""
    if not nameless:
        monkeypatch.setattr(files, "_NAMELESS", 0)
    with atomic_writer(tmp_path / "deck.lock") as file:
        file.write(b"half")
        seen = len(list(tmp_path.iterdir()))
    assert seen == (0 if nameless and files._NAMELESS else 1)
    assert (tmp_path / "deck.lock").read_bytes() == b"half"


if POSIX:  # Windows has neither modes nor devices of this kind, and asks for a right to make symbolic links

    def test_the_mode_of_a_file_that_is_replaced_stays(tmp_path: Path) -> None:
        """A lock file that a team can write, or that only the author can read, would change hands at each build."""
        target = tmp_path / "deck.lock"
        target.write_bytes(b"old")
        for mode in (0o600, 0o664, 0o640):
            target.chmod(mode)
            write_atomically(target, b"new")
            assert stat.S_IMODE(target.stat().st_mode) == mode

    def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
        """A release built on a server could be read by nobody but who built it."""
        before = os.umask(0o027)
        try:
            write_atomically(tmp_path / "deck.apkg", b"content")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "deck.apkg").stat().st_mode) == 0o640

    def test_a_symbolic_link_is_replaced_not_followed(tmp_path: Path) -> None:
        """A stranger's repository with a link called deck.lock could overwrite any file of the maintainer's."""
        private = tmp_path / "private"
        private.write_bytes(b"precious")
        link = tmp_path / "deck.lock"
        link.symlink_to(private)
        write_atomically(link, b"lock")
        assert private.read_bytes() == b"precious"
        assert not link.is_symlink()
        assert link.read_bytes() == b"lock"

    def test_a_device_is_never_replaced(tmp_path: Path) -> None:
        """`-o /dev/null`, run by an administrator, would turn the device into a file."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(OSError, match="ordinary"):
            write_atomically(pipe, b"x")
        assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    """If this failed, a build that was killed at the wrong moment would leave a file that blocks the next release."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".deckbuilder-{gone.pid}-abc.tmp").write_bytes(b"whole")
    alive = tmp_path / f".deckbuilder-{os.getpid()}-abc.tmp"
    alive.write_bytes(b"in work")
    write_atomically(tmp_path / "deck.lock", b"new")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"deck.lock", alive.name} or (os.name != "posix" and len(left) == 3)
