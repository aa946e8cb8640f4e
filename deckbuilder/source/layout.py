"""Markdown without what is layout alone: the same for two texts only if a card shows both the same.

A change time follows from what an author wrote. Where lines are wrapped and how many blanks stand between two words
is no part of that. Where this reader is not sure, it keeps the text as it is: at worst a note is stamped that need not
be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FENCE: Final = re.compile(r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t]|\[[ xX]\])*+(`{3,}|~{3,})")
_CODE: Final = 4
"""Blanks that make code of a line."""

_MARKER: Final = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?:[ \t]+|$)")
_BEGIN_MARKERS: Final = frozenset("-+*>0123456789")
_RUNS: Final = re.compile(r"`[^`]*+`|[ \t]++")
_DELICATE: Final = re.compile(r"``|\[[ \t]*\]|(?:[-+*>]|\d[.)])(?: {5}| *\t)|(?:[-+*>]|\d[.)]) *\[(?:[ xX]|$)")
"""What makes the blanks of a line count: code that holds backticks, the box of a task, code right in an item."""

_OPENS: Final = re.compile(
    r"[]#>|<:{=]|[-+*](?:[ \t]|$)|\d{1,9}[.)]|[-*_][-*_ \t]+$|`{3}|~{3}|\$\$|!!!|\?\?\?|\*?\[[^\]]*\]:"
)
"""What may open a block of its own: such a line is never taken for the rest of the line above it."""

_MARKERS: Final = re.compile(r"(?:(?:[-+*]|\d{1,9}[.)])[ \t]+|>[ \t]*)+")
_ENDS_WITH: Final = re.compile(r"[|%]|\$\$|[][\\]$")
"""What is in a line that the next one does not go on with: a table, a comment of TeX, a formula, a box, a break."""

_ENDS: Final = re.compile(r"$|[#<{=]|(?:[-+*]|\d{1,9}[.)])$|[-*_][-*_ \t]+$|\*?\[[^\]]*\]:|!!!|\?\?\?")
"""What begins a line that the next one does not go on with."""


def without_layout(text: str, *, wraps: bool = True) -> str:
    """Return Markdown with runs of blanks as one and, where `wraps` says so, each paragraph as one line.

    Code, in fences or indented, is left as it is.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\n" not in text and "  " not in text and "\t" not in text and text == text.strip(" "):
        return text  # as most questions are
    if "<pre" in text.lower():
        return text
    lines = text.split("\n")
    indent = _indent_of(lines)
    reader = _Reader(wraps, indent)
    for line in lines:
        reader.take(line[indent:])
    return reader.text()


def _indent_of(lines: list[str]) -> int:
    """Return how many blanks all lines begin with, as long as they are too few to make code of them."""
    if any("\t" in line for line in lines):
        return 0
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), default=0)
    return indent if indent < _CODE else 0


class _Reader:
    """Takes one line after the other and knows whether it is in code, in a formula, or in which list item."""

    def __init__(self, wraps: bool, indent: int) -> None:
        self.lines: list[str] = []
        self._wraps = wraps
        self._indent = indent  # that the lines had and have no more
        self._fence = ""
        self._in_formula = False
        self._after_blank = True
        self._in_code = False
        self._offsets: list[int] = []  # columns at which the contents of the open list items begin
        self._joins = False  # whether the last line may go on
        self._breaks = False  # whether it ends with a break
        self._in_span = False  # whether code in running text goes on
        self._is_item_empty = False  # whether the last line opened an item and said nothing in it

    def text(self) -> str:
        """Return what was taken in."""
        self._end_paragraph()
        return "\n".join(self.lines)

    def take(self, line: str) -> None:
        """Take in the next line."""
        if self._fence:
            self._take_fenced(line)
        elif not line.strip(" \t"):
            self._take_blank(line)
        elif ("```" in line or "~~~" in line) and (found := _FENCE.match(line)):
            self._fence = found[1]
            self._keep(line)
        else:
            self._take_text(line)

    def _take_fenced(self, line: str) -> None:
        mark = line.strip("> \t")
        if mark.startswith(self._fence) and not mark.strip(self._fence[0]):
            self._fence = ""
        self._keep(line)

    def _take_blank(self, line: str) -> None:
        self._end_paragraph()
        if self._is_item_empty:  # an item cannot begin with a blank line
            self._offsets.pop()
            self._is_item_empty = False
        if self._in_code:
            self.lines.append(line)
        elif not self._after_blank:
            self.lines.append("")
        self._after_blank, self._joins, self._in_span = True, False, False

    def _end_paragraph(self) -> None:
        if self._breaks:  # a break breaks nothing where nothing follows
            self.lines[-1] = self.lines[-1].rstrip(" ")
            self._breaks = False

    def _take_text(self, line: str) -> None:
        self._is_item_empty = False
        content = line.lstrip(" \t")
        indent = len(line[: len(line) - len(content)].expandtabs(4))
        if not self._joins:  # what is indented is code, unless a paragraph goes on
            while self._offsets and indent < self._offsets[-1]:
                self._offsets.pop()
            base = self._offsets[-1] if self._offsets else -self._indent
            self._in_code = indent >= base + _CODE
            if self._in_code:
                self._keep(f"\0{line}")  # which no other line begins with
                return
        text = content.rstrip(" \t")
        opens_code = text.count("`") % 2 == 1
        if self._in_span or opens_code or _DELICATE.search(line) or (text.endswith("\\") and text != content):
            self._in_span ^= opens_code
            self._keep(line)
            self._enter_items(content, indent)
            return
        if "  " in text or "\t" in text:
            start = found.end() if (found := _MARKERS.match(text)) else 0
            text = text[:start] + _RUNS.sub(_one_blank, text[start:])
        if self._joins and "|" not in text and not _OPENS.match(content):
            self.lines[-1] += f" {text}"
        else:
            is_bare = not self._offsets and text[0] not in _BEGIN_MARKERS
            self.lines.append(text if is_bare else line[: len(line) - len(content)] + text)
            if text[0] in _BEGIN_MARKERS:
                self._enter_items(content, indent)
                content = _bare(text)
            self._joins = self._wraps and not _ENDS.match(content)
        if text.count("$$") % 2:
            self._in_formula = not self._in_formula
        ends = self._in_formula or _ENDS_WITH.search(text)
        self._breaks = line.endswith("  ")
        if self._breaks:
            self.lines[-1] += "  "
        self._joins = self._joins and not (ends or self._breaks)
        self._after_blank = False

    def _enter_items(self, content: str, indent: int) -> None:
        """Note where the contents of the list items begin that this line opens."""
        while found := _MARKER.match(content):
            while self._offsets and indent < self._offsets[-1]:
                self._offsets.pop()
            mark = found[0].rstrip(" \t")
            blanks = len(found[0]) - len(mark)
            indent += len(mark) + (blanks if 0 < blanks <= _CODE else 1)
            self._offsets.append(indent)
            content = content[found.end() :]
            self._is_item_empty = not content

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        self._joins = self._after_blank = self._breaks = self._is_item_empty = False


def _one_blank(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("`") else " "  # in code each blank counts


def _bare(content: str) -> str:
    """Return a line without the markers of quotes and list items that it begins with."""
    while found := _MARKER.match(content) or re.match(r">[ \t]*", content):
        content = content[found.end() :]
    return content
