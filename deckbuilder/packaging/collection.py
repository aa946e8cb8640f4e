"""A plan becomes `collection.anki2`, Anki's SQLite database, with the same bytes whatever SQLite writes it.

Three things make the bytes hang on the plan alone. Rows go in in the order of their ids and indexes come after them,
so that pages are only ever appended to. The file starts as a database whose header is fixed here, because page size,
reserved bytes and encoding otherwise depend on how the machine's SQLite was built. And what SQLite leaves of itself is
wiped: its version, how often it wrote, and remains of older content in the free space of pages.

The layout of the file is that of https://sqlite.org/fileformat.html.
"""

from __future__ import annotations

import errno
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha1
from operator import attrgetter
from pathlib import Path

from deckbuilder.packaging.plain import checksum, plain_text
from deckbuilder.packaging.plan import Frame, NotePlan, NoteTypePlan, PackagePlan

_PAGE = 4096  # bytes
_CELL_POINTERS = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}  # by kind of b-tree page: where its list of cells begins
_CELLS = struct.Struct(">2H")  # how many cells, and where in the page their content begins
_READ_AT_ONCE = 256 * _PAGE
_DAY = 86_400_000  # milliseconds
_SEPARATOR = "\x1f"  # between the fields of a note


def write_collection(plan: PackagePlan, path: Path) -> None:
    """Write the plan's decks, note types, notes and cards to a new database at `path`. Raises OSError.

    It is as SQLite left it; `pages_of` gives it without SQLite's traces.
    """
    frame = plan.frame or _new_frame(plan)
    settings = {**frame.settings, **_times(plan)}
    note_types = {note_type.id: note_type for note_type in plan.note_types}
    notes = notes_by_id(plan.notes)
    path.write_bytes(_empty_database())
    with _sqlite_errors_as_oserror(path), _connection(path) as connection:
        connection.execute("BEGIN")
        for statement in frame.tables:
            connection.execute(statement)
        connection.execute(_insert("col", len(settings)), tuple(settings.values()))
        connection.executemany(_insert("notes", 11), (_note_row(*pair, note_types) for pair in notes))
        connection.executemany(_insert("cards", 18), (_card_row(*pair) for pair in notes))
        for statement in frame.indexes:
            connection.execute(statement)
        connection.execute("COMMIT")


def _new_frame(plan: PackagePlan) -> Frame:
    from deckbuilder.packaging.frame import frame_of  # brings in genanki

    return frame_of(plan.decks, plan.note_types)


def _times(plan: PackagePlan) -> dict[str, int]:
    """Return the collection's own times: never those of the build, so that equal plans give equal bytes."""
    latest = max([plan.created, *(note.modified for note in plan.notes), *(kind.modified for kind in plan.note_types)])
    return {"crt": plan.created, "mod": latest * 1000, "scm": plan.created * 1000}


def notes_by_id(notes: tuple[NotePlan, ...]) -> list[tuple[int, NotePlan]]:
    """Return the notes with their ids in Anki, in order: milliseconds, within the day before the note appeared.

    An import goes by the GUID, whatever the id. But Anki keeps the reviews of a deleted card under the card's id, so an
    id must not pass from one note to another when notes come and go: it hangs on the note's own GUID, and only where
    two fall on the same millisecond does the second one move on.
    """
    found: dict[int, NotePlan] = {}
    for note in sorted(notes, key=attrgetter("created", "guid")):
        identity = max(0, note.created * 1000 - _DAY) + 1 + _fixed_number(note.guid) % _DAY
        while identity in found:
            identity += 1
        found[identity] = note
    return sorted(found.items())


def _fixed_number(guid: str) -> int:
    return int.from_bytes(sha1(guid.encode(), usedforsecurity=False).digest()[:8], "big")


def _note_row(identity: int, note: NotePlan, note_types: dict[int, NoteTypePlan]) -> tuple[int | str, ...]:
    fields = _SEPARATOR.join(note.fields)
    if fields.count(_SEPARATOR) >= len(note.fields):  # one inside a field would shift the fields after it
        fields = _SEPARATOR.join(field.replace(_SEPARATOR, " ") for field in note.fields)
    return (
        identity,
        note.guid,
        note.note_type,
        note.modified,
        -1,  # usn: not yet synced
        _spaced(note.tags),
        fields,
        plain_text(note.fields[note_types[note.note_type].sort_field]),
        checksum(plain_text(note.fields[0])),
        0,  # flags
        "",  # data
    )


def _card_row(identity: int, note: NotePlan) -> tuple[int | str, ...]:
    """Return the note's one card, new and never answered; it can have its note's id, being in a table of its own."""
    return (
        identity,
        identity,  # of the note
        note.deck,
        0,  # ord: the first template, and the only one
        note.created,
        -1,  # usn: not yet synced
        0,  # type: new
        0,  # queue: new
        note.position,
        0, 0, 0, 0, 0,  # ivl, factor, reps, lapses, left
        0, 0, 0,  # odue, odid, flags
        "",  # data
    )  # fmt: skip


@lru_cache(maxsize=1024)  # notes of one section have the same
def _spaced(tags: tuple[str, ...]) -> str:
    return f" {' '.join(sorted(set(tags)))} " if tags else ""


def _insert(table: str, columns: int) -> str:
    return f"INSERT INTO {table} VALUES({','.join('?' * columns)})"


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The file is nobody's until it is whole, so neither a journal nor a flush to the disk protects anything.
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA secure_delete=ON")  # wipe freed cells, as only some builds do unasked
        yield connection
    finally:
        connection.close()


@contextmanager
def _sqlite_errors_as_oserror(path: Path) -> Iterator[None]:
    """Report what the disk refused as the operating system would; any other error of SQLite's is a bug of ours."""
    refusals = {
        sqlite3.SQLITE_FULL: errno.ENOSPC,
        sqlite3.SQLITE_IOERR: errno.EIO,
        sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    }
    try:
        yield
    except sqlite3.OperationalError as error:
        number = refusals.get(error.sqlite_errorcode & 0xFF)
        if number is None:
            raise
        raise OSError(number, str(error), str(path)) from error


def _empty_database() -> bytes:
    """Return a database without tables: one page."""
    header = struct.pack(
        ">16s H 6B 12I 20x 2I",
        b"SQLite format 3\0",
        _PAGE,
        *(1, 1),  # a rollback journal
        0,  # bytes reserved on every page; some system builds keep twelve
        *(64, 32, 32),  # payload fractions, the only ones allowed
        *(0, 1, 0, 0),  # change counter, pages, no free pages
        *(0, 4, 0, 0),  # schema cookie, schema format, cache size, no auto-vacuum
        *(1, 0, 0, 0),  # UTF-8, user version, no incremental vacuum, application id
        *(0, 0),  # written by, for the change counter and the version of SQLite
    )
    leaf = struct.pack(">B 3H B", 0x0D, 0, 0, _PAGE, 0)  # a table leaf without cells
    return (header + leaf).ljust(_PAGE, b"\0")


def pages_of(path: Path) -> Iterator[bytearray]:
    """Yield the content of a database some pages at a time, with nothing in it that hangs on the SQLite that wrote it.

    Its version and how often it wrote become constants, the free space between a page's two ends becomes zeros.
    """
    with path.open("rb") as file:
        is_first = True
        while pages := bytearray(file.read(_READ_AT_ONCE)):
            if is_first:
                struct.pack_into(">I", pages, 24, 1)  # change counter
                struct.pack_into(
                    ">2I", pages, 92, 1, 3_040_000
                )  # the counter that the version is valid for, the version
            for page in range(0, len(pages), _PAGE):
                _wipe_page(pages, page, 100 if is_first and page == 0 else page)
            yield pages
            is_first = False


def _wipe_page(pages: bytearray, page: int, header: int) -> None:
    """Set a page's free space to zeros; it begins at `page`, what it says of itself at `header`."""
    pointers = _CELL_POINTERS.get(pages[header])
    if pointers is None:  # a page of overflow begins with the high byte of a page number: zero
        return
    cells, content = _CELLS.unpack_from(pages, header + 3)
    start, end = header + pointers + 2 * cells, page + content
    pages[start:end] = bytes(end - start)
