"""Finds what a renderer speaks of in the source again, since inline tokens do not know their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deckbuilder.diagnostics import Span
from deckbuilder.source.passage import Passage


@dataclass(slots=True)
class Places:
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

    def _next(self, wanted: str, line: int, column: int) -> Span | None:
        for number in range(line, min(self.end, len(self.passage.lines))):
            found = self.passage.lines[number].text.find(wanted, column if number == line else 0)
            if found >= 0:
                self.line, self.column = number, found + len(wanted)
                return self.passage.span(number, found, len(wanted))
        return None
