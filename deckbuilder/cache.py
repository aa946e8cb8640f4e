"""What earlier builds found out about a deck's files, kept in the user's own cache folder to be found out but once.

Everything is kept by a digest of all that it follows from, and of the program and the libraries that found it. So what
is found again is what would be found now, and a cache that is lost, damaged or unwritable costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import io
import marshal
import os
import pickle
import re
import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    import sqlite3

LIBRARIES: Final = ("genanki", "Markdown", "markdown-it-py", "mdit-py-plugins", "nh3", "Pygments", "PyYAML")
"""The distributions that decide, beside deckbuilder's own code, what is read and rendered."""

EXTENSIONS: Final = "pymdown-extensions"
"""Decides too where it is installed: the only extensions of Python-Markdown that are loaded beside its own."""

KEPT_DAYS: Final = 60
KEPT_BYTES: Final = 500_000_000
_DAY: Final = 86_400
_WAIT: Final = 2.0  # seconds for another build to be done with the cache
_SUFFIX: Final = ".cache"
_TABLE: Final = "CREATE TABLE IF NOT EXISTS shelf (name TEXT PRIMARY KEY, digest BLOB, body BLOB)"


class Shelf(Struct):
    """What is known about one file, by digest or name. What a build does not ask for is not kept for the next one."""

    known: dict[bytes, object] = field(default_factory=dict)
    used: dict[bytes, object] = field(default_factory=dict)
    has_new: bool = False

    def get(self, key: bytes) -> object:
        """Return what is known under a key, or None."""
        found = self.used.get(key)
        if found is None:
            found = self.known.get(key)
            if found is not None:
                self.used[key] = found
        return found

    def put(self, key: bytes, value: object) -> None:
        """Keep a value, which is never None and holds nothing but plain values and the deck's own types."""
        self.used[key] = value
        self.has_new = True

    @property
    def is_changed(self) -> bool:
        """Whether a build has put anything here, or left anything out."""
        return self.has_new or len(self.used) != len(self.known)

    def turn(self) -> None:
        """Begin the next build, which knows what this one used."""
        self.known, self.used, self.has_new = self.used, {}, False


class Cache:
    """The shelves of one deck, one for each of its files."""

    def __init__(self, path: Path | None = None, types: Collection[type] = ()) -> None:
        """Use the file at `path`, or none; `types` are all that may stand on a shelf beside plain values."""
        self._path = path
        self._types = _by_name(types)
        self._shelves: dict[str, Shelf] = {}
        self._database: sqlite3.Connection | None = None
        self._names: set[str] = set()  # of the shelves that the file has
        self._is_damaged = False

    def shelf(self, name: str) -> Shelf:
        """Return the shelf of a file, empty where nothing is known."""
        if name not in self._shelves:
            self._shelves[name] = Shelf(self._read(name))
        return self._shelves[name]

    def _read(self, name: str) -> dict[bytes, object]:
        if self._database is None or name not in self._names:
            return {}
        try:
            digest, body = self._database.execute("SELECT digest, body FROM shelf WHERE name = ?", (name,)).fetchone()
            if _seal(body) == digest:
                found = _Unpickler(body, self._types).load()
                if isinstance(found, dict):
                    return found
        except Exception:  # noqa: S110  # whatever is wrong with what was kept, it is found out anew
            pass
        self._is_damaged = True  # or another program's; where one shelf is, the others cannot be relied upon
        return {}

    @contextmanager
    def again(self) -> Iterator[Cache]:
        """Give the cache to one build after another of this process, to be kept in memory alone."""
        yield self
        used = {name: shelf for name, shelf in self._shelves.items() if shelf.used}
        for shelf in used.values():
            shelf.turn()
        self._shelves = used

    def open(self) -> None:
        """Open the file, made anew if it is no database."""
        if self._path is not None:
            self._open(self._path)

    def _open(self, path: Path) -> None:
        import sqlite3

        for _ in range(2):
            try:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not path.exists():
                    _inherit(path)
                self._database = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
                self._database.execute("PRAGMA synchronous = OFF")  # at worst this cache is lost
                self._database.execute("PRAGMA page_size = 16384")  # of a new file: long values are read faster from it
                self._database.execute(_TABLE)
                self._names = {row[0] for row in self._database.execute("SELECT name FROM shelf")}
            except (sqlite3.Error, OSError) as error:
                self.forget()
                if not _is_damage(error):
                    break
                _remove(path)
            else:
                break

    def close(self) -> None:
        """Keep what is new for the next build, and let go of what belongs to files that are no more."""
        if self._database is None or self._path is None:
            return
        if self._is_damaged:
            self.forget()
            _remove(self._path)
            self._open(self._path)
        try:
            self._write()
            os.utime(self._path)
        except Exception as error:  # the next build finds out for itself
            self.forget()
            if _is_damage(error):
                _remove(self._path)
        self.forget()
        _tidy(self._path.parent, self._path)

    def _write(self) -> None:
        new = {name: shelf.used for name, shelf in self._shelves.items() if shelf.is_changed or self._is_damaged}
        gone = self._names - self._shelves.keys()
        database = self._database
        if database is None or (not new and not gone):
            return
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", map(_row, new.items()))
        database.executemany("DELETE FROM shelf WHERE name = ?", [(name,) for name in gone])
        database.execute("COMMIT")

    def forget(self) -> None:
        """Close the file and leave it as it is."""
        if self._database is not None:
            with contextlib.suppress(Exception):
                self._database.close()
        self._database = None


def _row(shelf: tuple[str, dict[bytes, object]]) -> tuple[str, bytes, bytes]:
    name, used = shelf
    body = pickle.dumps(used, protocol=5)
    return name, _seal(body), body


def _is_damage(error: Exception) -> bool:
    """Whether an error says that the file is at fault, rather than that another build or the disk is in the way."""
    import sqlite3

    if not isinstance(error, sqlite3.Error):
        return False
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA)


def _remove(path: Path) -> None:
    for one in (path, path.with_name(f"{path.name}-journal")):
        with contextlib.suppress(OSError):
            one.unlink()


def _inherit(path: Path) -> None:
    """Begin a cache with what is known of the same deck elsewhere: in another checkout, or before its folder moved.

    A copy that another build wrote to meanwhile is damaged at worst, which its seals show.
    """
    with contextlib.suppress(OSError):
        name = path.name.partition("-")[0]
        others = [(other.stat().st_mtime, other) for other in path.parent.glob(f"{name}-*{_SUFFIX}")]
        if others:
            copy = path.with_name(f"{path.stem}-{os.getpid()}{_SUFFIX}")
            shutil.copyfile(max(others)[1], copy)
            copy.replace(path)


@contextmanager
def opened(folder: Path | None, name: str, deck: Path, types: Collection[type]) -> Iterator[Cache]:
    """Give the cache of the deck `name` at `deck` among those in `folder`; with None for a folder nothing is kept.

    What a build that did not end well has found is not kept.
    """
    cache = Cache(None if folder is None else folder / f"{_file_name(name, deck)}{_SUFFIX}", types)
    cache.open()
    try:
        yield cache
    except BaseException:
        cache.forget()
        raise
    cache.close()


def _file_name(name: str, deck: Path) -> str:
    place = os.fsencode(Path(os.path.realpath(deck.parent)) / deck.name)
    return f"{_digest(name.encode(errors='backslashreplace')).hex()}-{_digest(place).hex()}"


def digest_of(*parts: object) -> bytes:
    """Return the digest of plain values: equal values of equal types give equal digests, different ones never do."""
    return _digest(marshal.dumps(parts, 2))  # type: ignore[arg-type]  # the last version that writes values and not which of them are one object


def user_folder() -> Path | None:
    """Return where this platform keeps a user's caches, for deckbuilder; None where nobody is at home."""
    named = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    if named and Path(named).is_absolute():
        return Path(named) / "deckbuilder"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if not home.is_absolute():
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "deckbuilder"


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def _seal(body: bytes) -> bytes:
    """Return what a shelf's bytes are known by: no other bytes have it, and no other program gives it."""
    return blake2b(body, digest_size=16, key=_program()).digest()


@cache
def _program() -> bytes:
    """Return a digest of all code and templates of deckbuilder, its libraries' versions, and Python's."""
    found = blake2b(repr((sys.version, _versions())).encode(), digest_size=32)
    home = os.fspath(Path(__file__).parent)
    if not os.path.isdir(home):  # noqa: PTH112  # run from an archive, whose code has no digest here: nothing is known
        return os.urandom(32)
    for path in sorted(_own_files(home)):
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # two hundred of them, twice as fast as by pathlib
            content = file.read()
        found.update(repr((path[len(home) :], len(content))).encode())
        found.update(content)
    return found.digest()


def _own_files(folder: str) -> Iterator[str]:
    """Yield the path of each file below the folder that is no bytecode."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                if not entry.name.endswith(".pyc"):
                    yield entry.path
            elif entry.name != "__pycache__":
                yield from _own_files(entry.path)


def _versions() -> list[str]:
    """Return the names of the libraries with their versions, as the folders that they were installed by are called.

    Asking the standard library costs as much as reading a cache of 500 notes; it is asked where a folder is missing.
    """
    found = _installed()
    if all(_plain(name) in found for name in LIBRARIES):
        return [found.get(_plain(name), "") for name in (*LIBRARIES, EXTENSIONS)]
    from importlib.metadata import distributions

    versions = {_plain(one.name): one.version for one in distributions() if one.name}  # what is half removed has none
    return [versions.get(_plain(name), "") for name in (*LIBRARIES, EXTENSIONS)]


def _installed() -> dict[str, str]:
    """Return the names of the folders that tell what is installed, by the names of the distributions."""
    found: dict[str, str] = {}
    for place in sys.path:
        with contextlib.suppress(OSError):
            for entry in os.listdir(place or "."):  # noqa: PTH208  # a string's name is all that is wanted
                if entry.endswith((".dist-info", ".egg-info")):
                    found.setdefault(_plain(entry.partition("-")[0]), entry)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _tidy(folder: Path, own: Path) -> None:
    """Remove caches that no build has used for long, and the oldest of those that are too much together."""
    with contextlib.suppress(OSError):
        found = sorted(
            ((entry.stat(), entry) for entry in folder.glob(f"*{_SUFFIX}")), key=lambda one: -one[0].st_mtime
        )
        total = 0
        for status, entry in found:
            total += status.st_size
            if entry != own and (total > KEPT_BYTES or status.st_mtime < time.time() - KEPT_DAYS * _DAY):
                _remove(entry)


class Forged(Exception):
    """What was kept holds bytes that no build of ours has kept, and nothing of it is to be used."""


def revived(body: bytes, types: Collection[type]) -> object:
    """Return what was pickled inside of something kept: plain values and these types. Raises Forged for all else."""
    try:
        return _Unpickler(body, _by_name(types)).load()
    except Exception as error:  # whatever bytes may do to the reader
        raise Forged from error


def _by_name(types: Collection[type]) -> dict[tuple[str, str], type]:
    return {(one.__module__, one.__qualname__): one for one in types}


class _Unpickler(pickle.Unpickler):
    """Makes plain values and the types that it was told of, and nothing else, whatever the bytes ask for."""

    def __init__(self, body: bytes, types: dict[tuple[str, str], type]) -> None:
        super().__init__(io.BytesIO(body))
        self._types = types

    def find_class(self, module: str, name: str) -> type:
        """Return one of the known types; raise UnpicklingError for any other name."""
        if (module, name) not in self._types:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a cache")
        return self._types[module, name]
