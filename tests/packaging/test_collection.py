"""The database: sound, and of a layout that no machine's SQLite has a say in."""

from __future__ import annotations

import errno
import sqlite3
import struct
from pathlib import Path

import pytest

from deckbuilder.packaging import collection
from deckbuilder.packaging.collection import pages_of, write_collection
from tests.support.plans import note, package

MANY = package(*(note(f"n{number:04}", answer="word " * (number % 700), position=number) for number in range(800)))


def shipped(path: Path) -> None:
    """Make the database at `path` as it goes into a package."""
    write_collection(MANY, path)
    path.write_bytes(b"".join(pages_of(path)))


def test_sqlite_finds_the_database_sound(tmp_path: Path) -> None:
    """Anki would call the package damaged and refuse all of it."""
    shipped(tmp_path / "x.anki2")
    connection = sqlite3.connect(tmp_path / "x.anki2")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT count(*) FROM notes").fetchall() == [(800,)]
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index'").fetchone()[0] > 5
    connection.close()


def test_the_header_is_the_same_whatever_sqlite_wrote_it(tmp_path: Path) -> None:
    """Two machines with different versions of SQLite, or with differently built ones, would make different packages."""
    shipped(tmp_path / "x.anki2")
    header = (tmp_path / "x.anki2").read_bytes()[:100]
    page, _, _, reserved = struct.unpack_from(">H3B", header, 16)
    assert (page, reserved) == (4096, 0)
    assert struct.unpack_from(">I", header, 24) == (1,)  # change counter
    assert struct.unpack_from(">2I", header, 92) == (1, 3_040_000)  # and the version that it is valid for


def test_the_page_layout_is_that_of_rows_appended_in_order(tmp_path: Path) -> None:
    """Pages that were rewritten in between keep remains of what was there, which differ from machine to machine.

    `VACUUM` copies a database row by row into a fresh one, so what it makes is what appending alone makes.
    """
    shipped(tmp_path / "x.anki2")
    (tmp_path / "y.anki2").write_bytes((tmp_path / "x.anki2").read_bytes())
    connection = sqlite3.connect(tmp_path / "y.anki2")
    connection.execute("VACUUM")
    connection.close()
    written, vacuumed = (tmp_path / "x.anki2").read_bytes(), (tmp_path / "y.anki2").read_bytes()
    assert len(written) == len(vacuumed)


@pytest.mark.parametrize(("limit", "number"), [(20, errno.ENOSPC)])
def test_a_full_disk_is_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, number: int) -> None:
    """The author would see a traceback of SQLite's instead of being told that the disk is full."""
    connect = sqlite3.connect

    def small(*args: object, **options: object) -> sqlite3.Connection:
        connection = connect(*args, **options)  # type: ignore[call-overload]
        connection.execute(f"PRAGMA max_page_count = {limit}")
        return connection

    monkeypatch.setattr(collection.sqlite3, "connect", small)
    with pytest.raises(OSError, match="full") as caught:
        write_collection(MANY, tmp_path / "x.anki2")
    assert caught.value.errno == number
