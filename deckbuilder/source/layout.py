"""Markdown without what is layout alone: the same for two texts only if a card shows both the same.

A change time follows from what an author wrote. Where lines are wrapped and how many blanks stand between two words
is no part of that. Where this reader is not sure, it keeps the text as it is: at worst a note is stamped that need not
be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_FENCE: Final = re.compile(r"(?:[ \t>]|[-+*][ \t]|\d{1,9}[.)][ \t])*+(`{3,}|~{3,})")
_MARKER: Final = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?=[ \t])[ \t]*")
_BEGIN_MARKERS: Final = frozenset("-+*>0123456789")
_RUNS: Final = re.compile(r"(`++)(?:(?!\1).)++\1(?!`)|[ \t]++")
_OPENS: Final = re.compile(
    r"[#>|<:{=]|[-+*](?:[ \t]|$)|\d{1,9}[.)]|[-*_][-*_ \t]+$|`{3}|~{3}|\$\$|!!!|\?\?\?|\*?\[[^\]]*\]:"
)
"""What may open a block of its own: such a line is never taken for the rest of the line above it."""

_ENDS: Final = re.compile(r"[#<{=]|[-*_][-*_ \t]+$|\*?\[[^\]]*\]:|!!!|\?\?\?")
"""What begins a line that the next one does not go on with."""


def without_layout(text: str, *, wraps: bool = True) -> str:
    """Return Markdown with runs of blanks as one and, where `wraps` says so, each paragraph as one line.

    Code, in fences or indented, is left as it is.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\n" not in text and "  " not in text and "\t" not in text:
        return text.strip(" ")  # as most questions are
    if "<pre" in text.lower():
        return text
    reader = _Reader(wraps)
    for line in text.split("\n"):
        reader.take(line)
    return "\n".join(reader.lines)


class _Reader:
    """Takes one line after the other and knows whether it is in code, in a formula, or in which list item."""

    def __init__(self, wraps: bool) -> None:
        self.lines: list[str] = []
        self._wraps = wraps
        self._fence = ""
        self._in_formula = False
        self._after_blank = True
        self._in_code = False
        self._offsets: list[int] = []  # columns at which the contents of the open list items begin
        self._joins = False  # whether the last line may go on

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
        if self._in_code:
            self.lines.append(line)
        elif not self._after_blank:
            self.lines.append("")
        self._after_blank, self._joins = True, False

    def _take_text(self, line: str) -> None:
        content = line.lstrip(" \t")
        indent = len(line[: len(line) - len(content)].expandtabs(4))
        if self._after_blank or self._in_code:
            while self._offsets and indent < self._offsets[-1]:
                self._offsets.pop()
            base = self._offsets[-1] if self._offsets else 0
            self._in_code = indent >= base + 4
            if self._in_code:
                self._keep(line)
                self._after_blank = False
                return
        text = content.rstrip(" \t")
        if "  " in text or "\t" in text:
            text = _RUNS.sub(_one_blank, text)
        if self._joins and not _OPENS.match(content):
            self.lines[-1] += f" {text}"
        else:
            self.lines.append(line[: len(line) - len(content)] + text)
            if content[0] in _BEGIN_MARKERS:
                self._enter_items(content, indent)
                content = _bare(content)
            self._joins = self._wraps and not _ENDS.match(content)
        if text.count("$$") % 2:
            self._in_formula = not self._in_formula
        ends = self._in_formula or "|" in text or "%" in text or "$$" in text or text.endswith("\\")
        if line.endswith("  "):
            self.lines[-1] += "  "  # a break, if the paragraph goes on
            ends = True
        self._joins = self._joins and not ends
        self._after_blank = False

    def _enter_items(self, content: str, indent: int) -> None:
        """Note where the contents of the list items begin that this line opens."""
        while found := _MARKER.match(content):
            while self._offsets and indent < self._offsets[-1]:
                self._offsets.pop()
            indent += len(found[0]) if len(found[0].lstrip("-+*0123456789.)")) <= 4 else 2
            self._offsets.append(indent)
            content = content[found.end() :]

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        self._joins = self._after_blank = False


def _one_blank(found: re.Match[str]) -> str:
    return found[0] if found[1] else " "  # of code in a line nothing is touched


def _bare(content: str) -> str:
    """Return a line without the markers of quotes and list items that it begins with."""
    while found := _MARKER.match(content) or re.match(r">[ \t]*", content):
        content = content[found.end() :]
    return content
