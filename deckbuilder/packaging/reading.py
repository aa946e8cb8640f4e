"""One of our own .apkg files becomes a package plan again: the reverse of `writer`, and never trusting the file.

Its database is opened read-only, with what SQL hidden in it could do held down and its work counted, so that a package
from a stranger's pull request can be looked at.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import working_folder
from deckbuilder.kinds import fields
from deckbuilder.limits import MEGABYTE, limits
from deckbuilder.packaging.plan import LOCK_ENTRY, DeckPlan, NotePlan, NoteTypePlan, PackagePlan, refuse_nonsense

MAX_COLLECTION = 2 << 30
"""Bytes of a database that are read: ten times what a hundred thousand notes take up."""

_COLLECTION = "collection.anki2"
_OF_ANKI = ("collection.anki21b", "collection.anki21")
_STEPS_AT_ONCE = 1_000_000
_STEPS = 4_000
"""A database may take so many times a million steps of SQLite's machine: minutes of work, never hours."""

_TABLES = ("col", "notes", "cards")
_NOTES = """
    SELECT n.guid, n.mid, n.mod, n.tags, n.flds, c.did, c.due, c.mod, n.id FROM notes n JOIN cards c ON c.nid = n.id
"""

_MAX_JSON = 64_000_000
"""Characters of the note types and decks together: fifty thousand decks and more."""

_END = 22 + 0xFFFF  # bytes at the end of a zip file among which its last record is, with its comment
_ENTRY = 46 + 1024  # bytes of an entry in the list, with a long name


class _Damaged(Exception):
    """The package cannot be read; says why."""


class _Foreign(Exception):
    """The package was not written by deckbuilder; says how that is seen."""


def read_package(path: Path) -> tuple[PackagePlan | None, list[Diagnostic]]:
    """Return the plan of the package at `path`, its notes in reading order, or None and why it cannot be read.

    The media are left out: a picture's name is made from its content, so the names in the fields say what changed.
    """
    place = Span(path.as_posix())
    try:
        with working_folder() as folder:
            collection = folder / _COLLECTION
            _unpack(path, collection)
            return _read_collection(collection), []
    except _Damaged as damage:
        return None, [rules.PACKAGE_UNREADABLE.at(place, path=place.file, problem=str(damage))]
    except _Foreign as sign:
        return None, [rules.PACKAGE_FOREIGN.at(place, path=place.file, reason=str(sign))]
    except OSError as error:
        return None, [rules.PACKAGE_UNREADABLE.at(place, path=place.file, problem=error.strerror or str(error))]


def read_packed_lock(path: Path) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of the deck.lock that the package at `path` carries; None if it has none or it cannot be read.

    A stranger may have written it, so it is not longer than a lock may be, and nothing is unpacked.
    """
    place = Span(path.as_posix())
    most = limits()["lock-mb"]
    try:
        with _opened(path) as package:
            if LOCK_ENTRY not in package.namelist():
                return None, []
            if package.namelist().count(LOCK_ENTRY) > 1:
                raise _Damaged("it holds two locks")
            entry = package.getinfo(LOCK_ENTRY)
            if entry.compress_type != zipfile.ZIP_STORED:
                raise _Foreign("its lock is compressed")
            if entry.file_size > most * MEGABYTE:
                raise _Damaged(f"its lock has more than {most} MB")
            with package.open(entry) as source:
                content = source.read(most * MEGABYTE + 1)
        return _decoded(content), []
    except _Damaged as damage:
        return None, [rules.PACKAGE_UNREADABLE.at(place, path=place.file, problem=str(damage))]
    except _Foreign as sign:
        return None, [rules.PACKAGE_FOREIGN.at(place, path=place.file, reason=str(sign))]
    except OSError as error:
        return None, [rules.PACKAGE_UNREADABLE.at(place, path=place.file, problem=error.strerror or str(error))]


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Damaged("its lock is not UTF-8") from error


def deck_of_package(path: Path, *, whole: bool) -> set[str]:
    """Return the name and id of the deck that a package is of, nothing if it is none of ours.

    One that carries no lock is read only if `whole` says so, which takes time, and gives the name alone.
    """
    text, found = read_packed_lock(path)
    if text is not None:
        try:
            header = json.loads(text.partition("\n")[0])
            return {name for name in (header["deck"], header["id"]) if isinstance(name, str)}
        except (ValueError, TypeError, KeyError, RecursionError):
            return set()
    plan = read_package(path)[0] if whole and not found else None
    return {deck_name(plan)} if plan else set()


def deck_name(plan: PackagePlan) -> str:
    """Return the name of the deck that a package is of: `Transformers`, if its note types are `… (Transformers)`."""
    for kind in plan.note_types:
        match = _TYPE_NAME.fullmatch(kind.name)
        return match["deck"] if match else kind.name
    return ""


_TYPE_NAME = re.compile(r"[^()]+ \((?P<deck>.+)\)", re.DOTALL)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a package that may be anything. Raises _Damaged, and OSError."""
    if not path.is_file():
        raise _Damaged("there is no such file" if not path.exists() else "it is not an ordinary file")
    most = limits()["package-entries"]
    try:
        with path.open("rb") as file:
            entries, listed = listed_in(file, path.stat().st_size)
            if entries > most or listed > most * _ENTRY:  # it would be read whole
                raise _Damaged(f"it lists {entries:,} files in {listed:,} bytes, more than package-entries={most}")
            with zipfile.ZipFile(file) as package:
                yield package
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _Damaged("it is no zip file, or was cut short") from error


def listed_in(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return how many entries the list of a zip file of this size says that it has, and in how many bytes.

    Looks at the record that Python's zipfile takes, and at those of the 64-bit form, which it believes more than that.
    """
    start = max(0, size - _END)
    file.seek(start)
    tail = file.read()
    last = tail[-22:]
    at = len(tail) - 22 if last[:4] == b"PK\x05\x06" and last[-2:] == b"\0\0" else tail.rfind(b"PK\x05\x06")
    if at < 0:
        return 0, 0
    said = [(int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(tail[at + 12 : at + 16], "little"))]
    locator = tail[max(0, at - 20) : at]
    if locator[:4] == b"PK\x06\x07":
        for place in (start + at - 20 - 56, int.from_bytes(locator[8:16], "little")):
            if 0 <= place <= size - 56:
                file.seek(place)
                record = file.read(56)
                said.append((int.from_bytes(record[32:40], "little"), int.from_bytes(record[40:48], "little")))
    return max(entries for entries, _ in said), max(listed for _, listed in said)


def _unpack(path: Path, collection: Path) -> None:
    """Copy the database out of the package. Nothing of ours is compressed, so nothing is ever blown up."""
    with _opened(path) as package:
        names = package.namelist()
        if any(name in names for name in _OF_ANKI):
            raise _Foreign("Anki exported it")
        if names.count(_COLLECTION) != 1:
            raise _Damaged("it holds no collection")
        entry = package.getinfo(_COLLECTION)
        if entry.compress_type != zipfile.ZIP_STORED:
            raise _Foreign("its collection is compressed")
        if entry.file_size > MAX_COLLECTION:
            raise _Damaged(f"its collection has {entry.file_size >> 20} MB")
        with package.open(entry) as source, collection.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)


def _read_collection(collection: Path) -> PackagePlan:
    try:
        with _connection(collection) as database:
            kinds = dict(database.execute("SELECT name, type FROM sqlite_master WHERE name IN ('col','notes','cards')"))
            if any(kinds.get(name) != "table" for name in _TABLES):
                raise _Damaged("its database has other tables than Anki's")
            created, models, decks = database.execute("SELECT crt, models, decks FROM col").fetchone()
            if len(models) + len(decks) > _MAX_JSON:
                raise _Damaged(f"its note types and decks have {(len(models) + len(decks)) >> 20} MB")
            rows = _rows(database, collection.stat().st_size)
        plan = _plan(created, json.loads(models), json.loads(decks), rows)
        refuse_nonsense(plan)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _Damaged(f"its database is damaged ({error})") from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise _Damaged("its database does not hold what Anki's does") from error
    return plan


def _rows(database: sqlite3.Connection, most: int) -> list[tuple[Any, ...]]:
    """Return each note with its card, in reading order. Raises _Damaged where they have more than `most` characters.

    A note that a thousand cards share, or a column that is computed, is larger in memory than in the file.
    """
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in database.execute(_NOTES):
        size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if size > most:
            raise _Damaged("its notes hold more than the file does")
        rows.append(row)
    rows.sort(key=lambda row: (int(row[6]), int(row[8])))
    return [row[:8] for row in rows]


@contextmanager
def _connection(collection: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{collection.as_uri()}?mode=ro&immutable=1", uri=True)
    left = iter(range(_STEPS))
    try:
        connection.set_progress_handler(lambda: next(left, None) is None, _STEPS_AT_ONCE)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1 << 28)
        yield connection
    finally:
        connection.close()


def _plan(created: int, models: dict[str, Any], decks: dict[str, Any], rows: list[tuple[Any, ...]]) -> PackagePlan:
    note_types = {number: _note_type(model) for number, model in models.items()}
    notes = tuple(_note(row, note_types) for row in rows)
    used_types, used_decks = {note.note_type for note in notes}, {note.deck for note in notes}
    return PackagePlan(
        decks=tuple(
            sorted(
                (DeckPlan(deck["id"], _text(deck["name"]), _text(deck["desc"])) for deck in decks.values()
                 if deck["id"] in used_decks), key=lambda deck: deck.name)
        ),
        note_types=tuple(kind for kind in note_types.values() if kind.id in used_types),
        notes=notes,
        media=(),
        created=int(created),
    )  # fmt: skip


def _note_type(model: Mapping[str, Any]) -> NoteTypePlan:
    parts = sorted(model["flds"], key=lambda part: part["ord"])
    names = [_text(part["name"]) for part in parts]
    if fields.KEY not in names or fields.QUESTION not in names or len(model["tmpls"]) != 1:
        raise _Foreign(f"its note type {str(model['name'])[:80]!r} is another's")
    (template,) = model["tmpls"]
    return NoteTypePlan(
        id=int(model["id"]),
        name=_text(model["name"]),
        fields=tuple(zip(names, (int(part["id"]) for part in parts), strict=True)),
        sort_field=int(model["sortf"]),
        template_name=_text(template["name"]),
        template_id=int(template["id"]),
        front=_text(template["qfmt"]),
        back=_text(template["afmt"]),
        css=_text(model["css"]),
        modified=int(model["mod"]),
    )


def _note(row: tuple[Any, ...], note_types: Mapping[str, NoteTypePlan]) -> NotePlan:
    guid, note_type, modified, tags, texts, deck, position, created = row
    filled = tuple(_text(texts).split("\x1f"))
    if len(filled) != len(note_types[str(note_type)].fields):
        raise _Damaged(f"the note {str(guid)[:80]!r} has {len(filled)} fields")
    return NotePlan(
        guid=_text(guid), note_type=int(note_type), deck=int(deck), fields=filled, tags=tuple(_text(tags).split()),
        created=int(created), modified=int(modified), position=int(position),
    )  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
