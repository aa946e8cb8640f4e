"""Files on disk become texts: UTF-8, without byte order mark, every refusal a diagnostic."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span

MAX_MEGABYTES = 64
_LEFT_OUT = {"node_modules", "__pycache__"}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Markdown file: its name as the user would type it, its name inside the deck, where it is, its text."""

    name: str
    inside: str
    path: Path
    text: str


def read_text(path: Path, name: str, limit: int = MAX_MEGABYTES) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of the file at `path`, of up to `limit` MB, or None and why it cannot be read."""
    place = Span(name)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, [rules.FILE_UNREADABLE.at(place, path=name, problem="it is not an ordinary file")]
        if status.st_size > limit << 20:
            size = status.st_size >> 20
            return None, [rules.FILE_TOO_LARGE.at(place, path=name, size=size, limit=limit)]
        raw = path.read_bytes()
    except OSError as error:
        return None, [rules.FILE_UNREADABLE.at(place, path=name, problem=error.strerror or str(error))]
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> tuple[str | None, list[Diagnostic]]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _end_of(_as_lines(raw[: error.start].decode("utf-8")), name)
        return None, [rules.NOT_UTF8.at(place, byte=f"0x{raw[error.start]:02x}", offset=error.start)]
    text = _as_lines(text)
    if "\x00" in text:
        return None, [rules.NUL_CHARACTER.at(_end_of(text[: text.index("\x00")], name))]
    return text, []


def _as_lines(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _end_of(text: str, name: str) -> Span:
    """Return the place behind a text with which a file begins."""
    return Span(name, text.count("\n") + 1, len(text) - text.rfind("\n"))


def markdown_files(folder: Path) -> Iterator[Path]:
    """Yield the Markdown files below `folder` in a fixed order; hidden folders and links to folders are passed over."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        for name in sorted(files):
            if name.lower().endswith((".md", ".markdown")) and not name.startswith("."):
                yield Path(here) / name


def read_files(folder: Path, paths: list[Path], root: str) -> tuple[list[SourceFile], list[Diagnostic]]:
    """Read each Markdown file; `root` is how the user names `folder`, put before each file's name in diagnostics."""
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
