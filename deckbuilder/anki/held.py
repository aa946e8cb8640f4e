"""A collection that is held: locked from the first look to the last write, and written to in one transaction.

The real backend never opens it; that works on a copy. So a collection that must be refused is not touched, and a push
that is killed leaves the old collection or the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from deckbuilder import rules
from deckbuilder.diagnostics import CannotGoOn, Diagnostic, Span

_MAGIC: Final = b"SQLite format 3\0"
_IN_USE: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED: Final = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT}


class Held:
    """A collection that nobody else can open while it is held."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @property
    def media(self) -> Path:
        """The folder of the collection's pictures."""
        return self.path.with_suffix(".media")

    def form(self) -> int:
        """Return the number of the collection's form, which Anki raises when it changes its tables."""
        with _refusals(self.path):
            return int(self._connection.execute("SELECT ver FROM col").fetchone()[0])

    def damage(self) -> str:
        """Return what SQLite finds damaged, an empty string if nothing."""
        with _refusals(self.path):
            found = [row[0] for row in self._connection.execute("PRAGMA quick_check(3)")]
        return "" if found == ["ok"] else "; ".join(" ".join(line.split()) for line in found)

    def copy_to(self, target: Path) -> None:
        """Copy the collection to a new file."""
        with _refusals(self.path), closing(sqlite3.connect(target)) as copy:
            self._connection.backup(copy)

    def replace_with(self, source: Path) -> None:
        """Take over all that is in the file `source`: wholly, or not at all."""
        with _refusals(self.path), closing(sqlite3.connect(source)) as changed:
            changed.backup(self._connection)


@contextmanager
def hold(path: Path) -> Iterator[Held]:
    """Hold the collection at `path`. Raises CannotGoOn if it is open elsewhere, damaged, or may not be written."""
    with _refusals(path), path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:  # SQLite would make a database of an empty file
            raise CannotGoOn(rules.COLLECTION_DAMAGED.at(Span(path.as_posix()), problem="it is no database"))
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with ExitStack() as stack:
        with _refusals(path):
            opened = closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None))
            connection = stack.enter_context(opened)
            connection.create_collation("unicase", _compare)  # Anki's own, which its tables name
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # a lock once taken stays until the end
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        yield Held(path, connection)


def _compare(one: str, other: str) -> int:
    return (one.casefold() > other.casefold()) - (one.casefold() < other.casefold())


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system refuses into what the user can do about it."""
    try:
        yield
    except sqlite3.Error as error:
        raise CannotGoOn(_refusal(error, path)) from error
    except OSError as error:
        problem = error.strerror or str(error)
        raise CannotGoOn(rules.COLLECTION_UNWRITABLE.at(Span(path.as_posix()), problem=problem)) from error


def _refusal(error: sqlite3.Error, path: Path) -> Diagnostic:
    place, code = Span(path.as_posix()), getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _IN_USE:
        return rules.COLLECTION_IN_USE.at(place)
    if code in _DAMAGED or "no such table" in str(error):
        return rules.COLLECTION_DAMAGED.at(place, problem=error)
    return rules.COLLECTION_UNWRITABLE.at(place, problem=error)
