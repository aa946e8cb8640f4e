"""An answer's outline, read line by line: its words, its lists, its code. A parse would cost more than all lints."""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder.source.passage import Passage

_ITEM = re.compile(r"(?P<indent> {0,3})(?:(?P<number>\d{1,9})[.)]|[-*+])\s+\S")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_MATH = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`", re.DOTALL)
_TAG = re.compile(r"<[^<>\n]+>|!?\[([^\[\]\n]*)\]\([^()\n]*\)")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_DETAILS = re.compile(r"<(/?)details\b", re.IGNORECASE)


class Listing(Struct, frozen=True):
    """A list at the top level of an answer: its first line (from 0), if it is numbered, its items, their indent."""

    line: int
    ordered: bool
    items: int
    indent: int


class Code(Struct, frozen=True):
    """A block of code: its first line (from 0), that of its fence, and the number of lines between the fences."""

    line: int
    lines: int


class Outline(Struct):
    """What an answer holds. What stands in `<details>` is further reading and does not count.

    `words` counts running text; a formula or a piece of inline code counts as one word.
    """

    words: int = 0
    listings: list[Listing] = field(default_factory=list)
    code: list[Code] = field(default_factory=list)


def outline(answer: Passage) -> Outline:
    """Return the outline of an answer."""
    found = Outline()
    prose: list[str] = []
    fence = ""
    opened = depth = 0
    listing: Listing | None = None
    for number, line in enumerate(answer.lines):
        text = line.text
        mark = _FENCE.match(text)
        if fence:
            if mark and mark.group(1).startswith(fence) and not text.strip().strip(fence[0]):
                if not depth:
                    found.code.append(Code(opened, number - opened - 1))
                fence = ""
            continue
        if mark:
            fence, opened = mark.group(1), number
            continue
        if "<" in text:
            depth += sum(-1 if tag.group(1) else 1 for tag in _DETAILS.finditer(text))
        if depth > 0:
            continue
        prose.append(text)
        item = _ITEM.match(text)
        if item:
            ordered, indent = item.group("number") is not None, len(item.group("indent"))
            if listing is None or (listing.ordered != ordered and indent <= listing.indent):
                listing = Listing(number, ordered, 1, indent)
                found.listings.append(listing)
            elif indent <= listing.indent + 1:
                listing = replace(listing, items=listing.items + 1)
                found.listings[-1] = listing
        elif text.strip() and not text.startswith(" "):
            listing = None
    found.words = _words("\n".join(prose))
    return found


def _words(prose: str) -> int:
    if "$" in prose or "`" in prose:
        prose = _MATH.sub(" x ", prose)
    if "<" in prose or "](" in prose:
        prose = _TAG.sub(r" \1 ", prose)
    return len(_WORD.findall(prose))
