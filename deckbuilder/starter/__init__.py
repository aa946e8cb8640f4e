"""A small deck to begin with: real files, which lie beside this module, and what git should know of a deck."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import NewFiles, TooLarge, is_there, read_ordinary
from deckbuilder.identity.guids import random_id
from deckbuilder.limits import MEGABYTE

FILES: Final = ("deck.yml", "start.md")
GIT_LINES: Final = {
    ".gitattributes": "deck.lock merge=union",  # two branches' new notes both stay
    ".gitignore": "build/",
}


def write_starter(folder: Path, home: Path, name: str) -> tuple[list[Path], list[Diagnostic]]:
    """Write a deck called `name` into `folder`, and git's lines into `home`; return what was written, and what failed.

    All is written or nothing, and nothing is ever written over: a file of git's gets its line added at the end, and
    only if it is not there.
    """
    words = {"$name": name, "$id": random_id()}
    contents = {folder / file: _starter(file, words) for file in FILES}
    taken = [path for path in (*contents, folder / "deck.lock") if is_there(path)]
    if taken:
        return [], [rules.STARTER_OCCUPIED.at(Span(path.as_posix()), path=path.as_posix()) for path in taken]
    new = NewFiles()
    try:
        for file, line in GIT_LINES.items():
            new.at = home / file
            content = _with_line(home / file, line.encode())
            contents |= {home / file: content} if content is not None else {}
        with new:
            for path, content in contents.items():
                new.folder(path.parent)
                new.write(path, content)
    except OSError as error:
        problem = error.strerror or str(error)
        return [], [rules.OUTPUT_UNWRITABLE.at(Span(new.at.as_posix()), path=new.at.as_posix(), problem=problem)]
    return list(contents), []


def _starter(file: str, words: Mapping[str, str]) -> bytes:
    text = (files(__package__) / "deck" / file).read_text("utf-8")
    for mark, word in words.items():
        text = text.replace(mark, json.dumps(word, ensure_ascii=False))  # JSON's strings are YAML's too
    return text.encode()


def _with_line(path: Path, line: bytes) -> bytes | None:
    """Return the content of a file with the line added, None if it has it already."""
    try:
        content = read_ordinary(path, MEGABYTE, follow=False) if is_there(path) else b""
    except TooLarge as large:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path)) from large
    if line in (known.strip().lstrip(b"/") for known in content.splitlines()):
        return None
    return content + (b"\n" if content and not content.endswith(b"\n") else b"") + line + b"\n"
