"""Files on disk become texts: UTF-8, without byte order mark, Markdown in NFC; every refusal is a diagnostic."""

from __future__ import annotations

import errno
import os
import unicodedata
from pathlib import Path

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import TooLarge, read_ordinary
from deckbuilder.limits import MEGABYTE, limits

_LEFT_OUT = {"node_modules", "__pycache__"}
LEADS_OUT = "it is a link that leads out of the deck's folder"


class SourceFile(Struct, frozen=True):
    """A Markdown file: its name as the user would type it, its name inside the deck, where it is, its text."""

    name: str
    inside: str
    path: Path
    text: str


def read_text(path: Path, name: str, home: Path, limit: str = "file-mb") -> tuple[str | None, list[Diagnostic]]:
    """Return the text of the file at `path`, no larger than the named limit, or None and why it cannot be read.

    The file must be an ordinary one inside the folder `home`, whatever links lead to it: a stranger's link may lead to
    this machine's secrets, and a pipe or a device to no end at all.
    """
    most = limits()[limit]
    try:
        name.encode()
        raw = read_inside(path, home, most * MEGABYTE)
    except UnicodeEncodeError:  # the system's bytes are not UTF-8, and neither SQLite nor JSON could hold them
        shown = name.encode(errors="backslashreplace").decode()
        return None, [rules.FILE_UNREADABLE.at(Span(shown), path=shown, problem="its name is not UTF-8")]
    except TooLarge:
        return None, [rules.FILE_TOO_LARGE.at(Span(name), path=name, most=most, limit=limit)]
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself
        return None, [_unreadable(name, error)]
    return _decoded(raw, name)


def read_inside(path: Path, home: Path, limit: int) -> bytes:
    """Return the content of an ordinary file inside the folder `home`, wherever links lead. Raises as `read_ordinary`.

    RuntimeError, which a link to itself raises in Python 3.11 and 3.12, is raised too.
    """
    real = path.resolve(strict=True)
    if not real.is_relative_to(home.resolve()):
        raise OSError(errno.EXDEV, LEADS_OUT, str(path))
    return read_ordinary(real, limit, follow=False)  # no link put there since the path was looked at


def _unreadable(name: str, error: OSError | RuntimeError) -> Diagnostic:
    problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return rules.FILE_UNREADABLE.at(Span(name), path=name, problem=problem)


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
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _end_of(text: str, name: str) -> Span:
    """Return the place behind a text with which a file begins."""
    return Span(name, text.count("\n") + 1, len(text) - text.rfind("\n"))


def markdown_files(folder: Path) -> tuple[list[Path], list[OSError]]:
    """Return the Markdown files below `folder` in a fixed order, and which folders could not be looked into.

    Hidden folders and links to folders are passed over. Each error carries its path as `filename`.
    """
    found: list[Path] = []
    problems: list[OSError] = []
    waiting = [folder]
    while waiting:  # no recursion: folders may be nested deeper than Python calls
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                shown = sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
        except OSError as error:
            problems.append(error)
            continue
        found += [here / one.name for one in shown if _is_markdown(one.name) and not _is_folder(one)]
        waiting += [
            here / one.name
            for one in reversed(shown)
            if one.is_dir(follow_symlinks=False) and one.name not in _LEFT_OUT
        ]
    return found, problems


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or leads to one; a link to itself is none, and reading it will say what it is."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_markdown(name: str) -> bool:
    return name.lower().endswith((".md", ".markdown"))


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
        text, problems = _read_markdown(path, name, home)
        diagnostics += problems
        if text is not None:
            found.append(SourceFile(name, inside, path, text))
    return found, diagnostics


def _read_markdown(path: Path, name: str, home: Path) -> tuple[str | None, list[Diagnostic]]:
    """Read a Markdown file of the deck in the folder `home`; too many lines are an error too.

    Editors and systems write `é` as one character or as two. In NFC it is always one.
    """
    text, problems = read_text(path, name, home)
    return (None, problems) if text is None else _as_markdown(text, name)


def markdown_of(raw: bytes, name: str) -> tuple[str | None, list[Diagnostic]]:
    """Return the text of a Markdown file with this content, which may be from anywhere, as `read_files` does."""
    most = limits()["file-mb"]
    if len(raw) > most * MEGABYTE:
        return None, [rules.FILE_TOO_LARGE.at(Span(name), path=name, most=most, limit="file-mb")]
    text, problems = _decoded(raw, name)
    return (None, problems) if text is None else _as_markdown(text, name)


def _as_markdown(text: str, name: str) -> tuple[str | None, list[Diagnostic]]:
    most, lines = limits()["lines"], text.count("\n")
    if lines > most:  # a million headings are no more than four megabytes
        what = f"the file has {lines:,} lines, more than the {most:,} that are read"
        return None, [rules.TOO_MUCH.at(Span(name, most + 1), what=what, limit="lines")]
    if markers := _conflict_markers(text):
        return None, [
            rules.MERGE_CONFLICT.at(Span(name, line, 1, 1 + _MARKER), marker=shown) for line, shown in markers
        ]
    return unicodedata.normalize("NFC", text), []


_MARKER = 7  # characters of a marker, which stands at the very beginning of its line
_CONFLICTS = 20  # of a file that are told


def _conflict_markers(text: str) -> list[tuple[int, str]]:
    """Return the lines that git left of conflicts, with their markers.

    Only what follows a `<<<<<<<` can be one: `=======` alone underlines a heading, and `>>>>>>>` quotes. A fence that
    begins its line shows markers as an example.
    """
    if "<<<<<<<" not in text:  # as in nearly all files
        return []
    found: list[tuple[int, str]] = []
    fence, inside = "", False
    for number, line in enumerate(text.split("\n"), start=1):
        marker = line[:_MARKER]
        is_marker = line[_MARKER:].startswith((" ", "\t")) or len(line) == _MARKER
        if inside and is_marker and marker in {"|||||||", "=======", ">>>>>>>"}:
            found.append((number, marker))
            inside = marker != ">>>>>>>"
        elif is_marker and marker == "<<<<<<<" and not fence:
            found.append((number, marker))
            inside = True
        elif not inside:
            fence = _fence_after(line, fence)
        if len(found) >= _CONFLICTS:
            break
    return found


def _fence_after(line: str, fence: str) -> str:
    """Return the fence that is open after a line: its characters, "" if none is."""
    run = line[: len(line) - len(line.lstrip(line[:1]))] if line[:1] in {"`", "~"} else ""
    if fence:
        return "" if run.startswith(fence) and not line[len(run) :].strip() else fence
    return run if len(run) >= _SHORTEST_FENCE and not (run[0] == "`" and "`" in line[len(run) :]) else ""


_SHORTEST_FENCE = 3
