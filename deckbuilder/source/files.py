"""Files on disk become texts: UTF-8, without byte order mark, every refusal a diagnostic."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.limits import MEGABYTE, limits

_LEFT_OUT = {"node_modules", "__pycache__"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Markdown file: its name as the user would type it, its name inside the deck, where it is, its text."""

    name: str
    inside: str
    path: Path
    text: str


def read_text(path: Path, name: str, most: int = 0) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of the file at `path`, of up to `most` MB (0: the limit for files), or None and why not."""
    place, most = Span(name), most or limits()["file-mb"]
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, [rules.FILE_UNREADABLE.at(place, path=name, problem="it is not an ordinary file")]
        if status.st_size > most * MEGABYTE:
            return None, [rules.FILE_TOO_LARGE.at(place, path=name, limit=most)]
        with path.open("rb") as file:
            raw = file.read(status.st_size + 1)  # no more than was allowed, should it grow meanwhile
    except OSError as error:
        return None, [rules.FILE_UNREADABLE.at(place, path=name, problem=error.strerror or str(error))]
    if len(raw) > status.st_size:
        return None, [rules.FILE_UNREADABLE.at(place, path=name, problem="it grew while it was read")]
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> tuple[str | None, list[Diagnostic]]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = len(raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        byte = f"0x{raw[error.start]:02x}"
        return None, [rules.NOT_UTF8.at(Span(name, line, column), byte=byte, offset=error.start)]
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        index = text.index("\x00")
        line = text.count("\n", 0, index) + 1
        return None, [rules.NUL_CHARACTER.at(Span(name, line, index - text.rfind("\n", 0, index)))]
    return text, []


def markdown_files(folder: Path) -> Iterator[Path]:
    """Yield the Markdown files below `folder` in a fixed order; hidden folders and links to folders are passed over."""
    waiting = [folder]
    while waiting:  # no recursion: folders may be nested deeper than Python calls
        here = waiting.pop()
        entries = [entry for entry in _entries(here) if not entry.name.startswith(".")]
        for entry in entries:
            if entry.name.lower().endswith((".md", ".markdown")) and not entry.is_dir():
                yield here / entry.name
        waiting += [
            here / entry.name
            for entry in reversed(entries)
            if entry.is_dir(follow_symlinks=False) and entry.name not in _LEFT_OUT
        ]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder by name; nothing where it cannot be looked into."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _too_much(paths: list[Path], root: str) -> Diagnostic | None:
    most = limits()
    if len(paths) > most["files"]:
        what = f"the deck has {len(paths):,} Markdown files, more than the {most['files']:,} that are read"
        return rules.TOO_MUCH.at(Span(root or "."), what=what, limit="files")
    size = sum(map(_size, paths))
    if size > most["text-mb"] * MEGABYTE:
        megabytes, allowed = size // MEGABYTE, most["text-mb"]
        what = f"the deck's Markdown files have {megabytes:,} MB, more than the {allowed:,} MB that are read"
        return rules.TOO_MUCH.at(Span(root or "."), what=what, limit="text-mb")
    return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_files(folder: Path, paths: list[Path], root: str) -> tuple[list[SourceFile], list[Diagnostic]]:
    """Read each Markdown file; `root` is how the user names `folder`, put before each file's name in diagnostics.

    Where there are too many, or too much is in them, none is read.
    """
    if too_much := _too_much(paths, root):
        return [], [too_much]
    found: list[SourceFile] = []
    diagnostics: list[Diagnostic] = []
    home = folder.resolve()
    for path in paths:
        inside = path.relative_to(folder).as_posix()
        name = f"{root}/{inside}" if root else inside
        if not path.resolve().is_relative_to(home):
            problem = "it is a link that leads out of the deck's folder"
            diagnostics.append(rules.FILE_UNREADABLE.at(Span(name), path=name, problem=problem))
            continue
        text, problems = read_text(path, name)
        diagnostics += problems
        if text is not None:
            found.append(SourceFile(name, inside, path, text))
    return found, diagnostics
