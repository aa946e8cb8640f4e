"""How much a build takes in: a stranger's deck must not fill the machine that builds it, nor a learner's phone.

Whoever builds may raise a limit in the environment, `DECKBUILDER_LIMITS="files=200000 picture-mb=60"`; a deck cannot
raise its own. What bounds the work for one piece of text (nesting, attributes, steps of a drill) is not here and cannot
be raised: what a card shows must not depend on who builds it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from msgspec import Struct

VARIABLE: Final = "DECKBUILDER_LIMITS"
MEGABYTE: Final = 1_000_000

DEFAULTS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType({
    "files": (100_000, "Markdown files in a deck"),
    "file-mb": (64, "megabytes of one text file"),
    "lines": (200_000, "lines of one Markdown file"),
    "lock-mb": (512, "megabytes of deck.lock, in a deck or in a package; that of a million notes has some 400"),
    "text-mb": (1_000, "megabytes of all Markdown files together"),
    "questions": (1_000_000, "questions in a deck"),
    "heading": (500, "characters of a heading, which becomes a tag and a deck"),
    "question": (100_000, "characters of a question with its answer"),
    "field": (1_000_000, "characters of one field of a note, as HTML"),
    "picture-mb": (30, "megabytes of one picture"),
    "pictures-mb": (1_000, "megabytes of all pictures together"),
    "megapixels": (64, "millions of pixels of one picture"),
    "package-mb": (2_000, "megabytes of a package that `verify` imports, packed and unpacked"),
    "package-entries": (60_000, "files in such a package, and in one that `diff` or `lock restore` reads"),
    "package-notes": (250_000, "notes in such a package"),
    "verify-seconds": (3_600, "seconds that `verify` may take"),
})  # fmt: skip
"""Each limit's name, with how much it is and of what."""


class Limits(Struct, frozen=True):
    """The limits that hold, by name, and what the environment says that is none."""

    values: Mapping[str, int]
    wrong: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> int:
        return self.values[name]


def limits() -> Limits:
    """Return the limits that hold now: the defaults, or what the environment says instead."""
    return _read(os.environ.get(VARIABLE, ""))


@cache
def _read(text: str) -> Limits:
    values = {name: value for name, (value, _) in DEFAULTS.items()}
    wrong = []
    for word in text.replace(",", " ").split():
        name, _, number = word.partition("=")
        if name in values and number.isascii() and number.isdigit() and len(number) <= 12 and int(number):
            values[name] = int(number)
        else:
            wrong.append(word)
    return Limits(MappingProxyType(values), tuple(wrong))
