"""Every call by which a process touches its files, counted, and trouble in the place of any one of them.

Python's own calls are wrapped where the product looks them up, files are wrapped when they are opened, and SQLite's
statements by a connection of our own. What touches nothing below the watched folder, such as an import, is no point.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class Kind(StrEnum):
    """What a call does to the disk, and so what may befall it."""

    READ = "read"
    WRITE = "write"
    MOVE = "move"


@dataclass(frozen=True)
class Point:
    """One call: its place in the row of all calls, its name, what it does, what it does it to, how that was named."""

    number: int
    name: str
    kind: Kind
    path: str
    given: str | None = None

    def error(self, number: int) -> OSError:
        """Return the error that the system would raise."""
        return OSError(number, os.strerror(number), self.given)


Trouble = Callable[[Point], None]

ERRORS = {Kind.READ: (errno.EIO, errno.EACCES, errno.ENOENT), Kind.WRITE: (errno.ENOSPC,), Kind.MOVE: (errno.EACCES,)}
"""The errors that each kind of call may meet: of a failing disk, a forbidden or vanished file, a full disk, in use."""

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CALLS = {
    "stat": Kind.READ, "lstat": Kind.READ, "fstat": Kind.READ, "scandir": Kind.READ, "listdir": Kind.READ,
    "readlink": Kind.READ, "mkdir": Kind.WRITE, "link": Kind.WRITE, "symlink": Kind.WRITE, "fsync": Kind.WRITE,
    "sendfile": Kind.WRITE, "rename": Kind.MOVE, "replace": Kind.MOVE, "unlink": Kind.MOVE, "remove": Kind.MOVE,
    "rmdir": Kind.MOVE, "chmod": Kind.MOVE, "utime": Kind.MOVE,
}  # fmt: skip
_OF_FILES = {
    "read": Kind.READ, "readinto": Kind.READ, "readline": Kind.READ, "readall": Kind.READ,
    "write": Kind.WRITE, "flush": Kind.WRITE, "truncate": Kind.WRITE,
}  # fmt: skip
_OF_DATABASES = ("execute", "executemany", "executescript", "commit", "backup")


def failing(number: int, error: int) -> Trouble:
    """Return what lets call `number` fail with an error."""

    def trouble(point: Point) -> None:
        if point.number == number:
            raise point.error(error)

    return trouble


def full_from(number: int) -> Trouble:
    """Return what lets the disk be full from call `number` on: nothing can be written, what is there can be removed."""

    def trouble(point: Point) -> None:
        if point.number >= number and point.kind is Kind.WRITE:
            raise point.error(errno.ENOSPC)

    return trouble


def signalled(number: int, wanted: signal.Signals) -> Trouble:
    """Return what sends the process a signal just before call `number`."""

    def trouble(point: Point) -> None:
        if point.number == number:
            os.kill(os.getpid(), wanted)

    return trouble


class Watch:
    """Counts the calls of this process that touch `root` from now on, and lets `trouble` come to each of them first."""

    def __init__(self, root: Path, trouble: Trouble) -> None:
        self.points: list[Point] = []
        self._root = f"{root.resolve()}{os.sep}"
        self._trouble = trouble
        self._pid = os.getpid()

    def reach(self, name: str, kind: Kind, path: object) -> None:
        """Count a call, and let trouble come to it."""
        where = self._below(path)
        if where is None or os.getpid() != self._pid:
            return
        given = None if isinstance(path, int) or name in _OF_FILES else os.fspath(path)  # type: ignore[call-overload]
        point = Point(len(self.points) + 1, name, kind, where, given)
        self.points.append(point)
        self._trouble(point)

    def _below(self, path: object) -> str | None:
        """Return the path, or that of an open file, if it lies in the watched folder."""
        if isinstance(path, int):
            try:
                path = _readlink(f"/proc/self/fd/{path}")
            except OSError:
                return ""  # where this cannot be asked every open file is watched
            if not path.startswith("/"):  # a pipe to another process
                return None
        try:
            name = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]  # noqa: PTH100
        except (TypeError, ValueError):
            return None
        return name if f"{name}{os.sep}".startswith(self._root) else None

    def install(self) -> None:
        """Take the place of the calls, for the rest of this process's life."""
        for name, kind in _CALLS.items():
            if hasattr(os, name):
                self._wrap_call(name, kind)
        self._wrap_opening()
        self._wrap_sqlite()
        self._wrap_processes()

    def _wrap_call(self, name: str, kind: Kind) -> None:
        real = getattr(os, name)

        def call(*args: Any, **named: Any) -> Any:
            self.reach(name, kind, args[1] if name == "link" else args[0] if args else ".")
            return real(*args, **named)

        _replace(os, name, call)

    def _wrap_opening(self) -> None:
        real_open, real_io = os.open, io.open

        def os_open(path: Any, flags: int, *args: Any, **named: Any) -> int:
            self.reach("open", Kind.WRITE if flags & _WRITING_FLAGS else Kind.READ, path)
            return real_open(path, flags, *args, **named)

        def io_open(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
            kind = Kind.READ if set("wax+").isdisjoint(mode) else Kind.WRITE
            if not isinstance(file, int):
                self.reach("open", kind, file)
            where = self._below(file)
            opened = real_io(file, mode, *args, **named)
            return opened if where is None else _File(opened, self, where)

        _replace(os, "open", os_open)
        for owner in (io, builtins):
            owner.open = io_open  # type: ignore[assignment]
        os.fdopen = io_open  # type: ignore[assignment]

    def _wrap_sqlite(self) -> None:
        real, watch = sqlite3.connect, self

        def connect(database: Any, *args: Any, **named: Any) -> sqlite3.Connection:
            path = str(database).removeprefix("file://").partition("?")[0]
            if path == ":memory:" or watch._below(path) is None:
                return real(database, *args, **named)  # type: ignore[no-any-return]
            with _sqlite_errors(sqlite3.SQLITE_CANTOPEN, "unable to open database file"):
                watch.reach("connect", Kind.WRITE, path)
            connection = real(database, *args, factory=_Database, **named)
            connection.watch, connection.path = watch, path
            return connection  # type: ignore[no-any-return]

        sqlite3.connect = connect  # type: ignore[assignment]

    def _wrap_processes(self) -> None:
        real, watch = subprocess.Popen, self

        class Process(real):  # type: ignore[misc, valid-type]
            def __init__(self, command: Any, *args: Any, **named: Any) -> None:
                watch.reach(f"run {command[0]}", Kind.READ, watch._root)
                super().__init__(command, *args, **named)

        subprocess.Popen = Process  # type: ignore[misc]


class _File:
    """An open file whose every use is a point."""

    def __init__(self, file: Any, watch: Watch, path: str) -> None:
        self._file, self._watch, self._path = file, watch, path

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._file, name)
        if name not in _OF_FILES:
            return value

        def use(*args: Any) -> Any:
            self._watch.reach(name, _OF_FILES[name], self._path)
            return value(*args)

        return use

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def close(self) -> None:
        try:
            if not self._file.closed and self._file.writable():
                self._watch.reach("close", Kind.WRITE, self._path)
        except OSError:  # as the system does: what was not written yet is lost, and the file is closed all the same
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self._file.fileno())
            os.close(nothing)
            with contextlib.suppress(OSError):
                self._file.close()
            raise
        self._file.close()


class _Database(sqlite3.Connection):
    """A database whose every statement is a point."""

    watch: Watch
    path: str

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name not in _OF_DATABASES:
            return value

        def use(*args: Any, **named: Any) -> Any:
            with _sqlite_errors(sqlite3.SQLITE_FULL, "database or disk is full"):
                self.watch.reach(f"sqlite {name}", Kind.WRITE, self.path)
            return value(*args, **named)

        return use


class _sqlite_errors:
    """Turns the trouble that comes to a statement into SQLite's own error."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):
            found = sqlite3.OperationalError(self.text)
            found.sqlite_errorcode = self.code
            raise found from error


_readlink = os.readlink


def _replace(owner: Any, name: str, call: Any) -> None:
    """Put a call in the place of another, in the lists of what it supports too."""
    real = getattr(owner, name)
    setattr(owner, name, call)
    for supports in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if real in supports:
            supports.add(call)
