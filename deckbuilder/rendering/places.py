"""Finds what a renderer speaks of in the source again, since inline tokens do not know their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from deckbuilder.diagnostics import Span
from deckbuilder.source.passage import Passage


class Places(Struct):
    """Searches a passage forwards, within a window of lines, so that the second of two equal tags is found second."""

    passage: Passage
    start: int = 0
    end: int = 0
    line: int = 0
    column: int = 0

    def within(self, lines: Sequence[int] | None) -> None:
        """Search from now on in the lines from the first to before the second number; None is the whole passage."""
        start, end = lines if lines else (0, len(self.passage.lines))
        if (start, end) != (self.start, self.end):
            self.start, self.end = start, end
            self.line, self.column = max((self.line, self.column), (start, 0))
            if self.line >= end:
                self.line, self.column = start, 0

    def find(self, *needles: str) -> Span:
        """Return the place of the next needle (of its first line) that is there, else the window's first line."""
        for needle in needles:
            wanted = needle.strip().partition("\n")[0]
            found = wanted and (self._next(wanted, self.line, self.column) or self._next(wanted, self.start, 0))
            if found:
                return found
        return self.passage.span(self.start)

    def inside(self, text: str, opening: str = "") -> Callable[[int, int], Span]:
        """Find a text of one or more lines, and return what gives the place of some of its characters.

        The text's lines may stand in the source indented, and with blank lines between them. `opening` stands right
        before the text where it begins in the middle of a line.
        """
        lines = text.split("\n")
        first = lines[0]
        whole = self.find(opening + first, first) if first.strip() else self.passage.span(self.start)
        line, end = self.line, self.column
        begin = end - len(first.rstrip())

        def place(start: int, width: int) -> Span:
            before = text.count("\n", 0, start)
            column = start - (text.rfind("\n", 0, start) + 1)
            if not before:
                return self.passage.span(line, begin + column, min(width, len(first) - column) or 1)
            wanted = lines[before].strip()
            column -= len(lines[before]) - len(lines[before].lstrip())
            for number in range(line + before, min(self.end, len(self.passage.lines))):
                found = self.passage.lines[number].text.find(wanted)
                if found >= 0:
                    return self.passage.span(number, found + column, max(1, min(width, len(wanted) - column)))
            return whole

        return place

    def _next(self, wanted: str, line: int, column: int) -> Span | None:
        for number in range(line, min(self.end, len(self.passage.lines))):
            found = self.passage.lines[number].text.find(wanted, column if number == line else 0)
            if found >= 0:
                self.line, self.column = number, found + len(wanted)
                return self.passage.span(number, found, len(wanted))
        return None
