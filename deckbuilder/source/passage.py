"""A piece of Markdown that still knows, line by line, where in its file it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct

from deckbuilder.diagnostics import Span


class Line(Struct, frozen=True):
    """One line of a passage without its line ending: its text, its line in the file, the characters cut off before it.

    `number` counts from 1. `offset` may be negative where a tab was opened into more blanks than it had characters.
    A line that was put together from several, or from which escapes were read, has `bends`: from each column on, the
    number and the offset that count there.
    """

    text: str
    number: int
    offset: int = 0
    bends: tuple[tuple[int, int, int], ...] = ()

    def origin(self, column: int) -> tuple[int, int]:
        """Return the number of the file's line from which the character at `column` comes, and its column there."""
        number, offset = self.number, self.offset
        for begin, its_number, its_offset in self.bends:
            if begin <= column:
                number, offset = its_number, its_offset
        return number, offset + column

    def stretch(self, column: int, width: int) -> tuple[int, int, int]:
        """Return where `width` characters at `column` stand in the file: line, first column, and that behind the last.

        Of characters that come from several lines of the file it is those of the first that count.
        """
        number, first = self.origin(column)
        for begin, its_number, _ in self.bends:
            if begin > column and its_number != number:
                width = min(width, len(self.text[column:begin].rstrip()))
                break
        _, last = self.origin(column + max(1, width) - 1)
        return number, first, max(first, last) + 1

    def cut(self, left: int, right: int) -> Line:
        """Return the part of the line from one column to another (excluded)."""
        bends = tuple((begin - left, number, offset + left) for begin, number, offset in self.bends)
        return Line(self.text[left:right], self.number, self.offset + left, bends)

    def moved(self, lines: int) -> Line:
        """Return the line as it is so many lines further down in its file."""
        bends = tuple((begin, number + lines, offset) for begin, number, offset in self.bends)
        return Line(self.text, self.number + lines, self.offset, bends)

    def __reduce__(self) -> tuple[type[Line], tuple[str, int, int, tuple[tuple[int, int, int], ...]]]:
        """Pickle as a call, which is read back three times as fast."""
        return Line, (self.text, self.number, self.offset, self.bends)


class Passage(Struct, frozen=True):
    """Lines of one file, cut free of the list item or block they stood in, ready to be rendered by themselves.

    The lines need not follow one another in the file: what was a hint or a TODO is left out of them.
    """

    file: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The Markdown text, lines joined by a newline."""
        return "\n".join([line.text for line in self.lines])

    @property
    def is_blank(self) -> bool:
        """Whether the passage holds nothing but white space."""
        for line in self.lines:
            text = line.text
            if text and not text.isspace():
                return False
        return True

    def span(self, line: int = 0, column: int = 0, width: int = 1) -> Span:
        """Return the place in the file of `width` characters at `column` of the passage's line `line`, both from 0."""
        if not self.lines:
            return Span(self.file)
        at = self.lines[min(max(line, 0), len(self.lines) - 1)]
        number, first, end = at.stretch(column, width)
        start = max(1, first + 1)
        return Span(self.file, number, start, max(start, end) + 1)

    def span_at(self, index: int, width: int = 1) -> Span:
        """Return the place in the file of the character number `index` of `text`."""
        for number, line in enumerate(self.lines):
            if index <= len(line.text):
                return self.span(number, index, min(width, max(1, len(line.text) - index)))
            index -= len(line.text) + 1
        return self.span(len(self.lines) - 1, 0, width)

    def find(self, needle: str, from_line: int = 0, to_line: int | None = None) -> Span:
        """Return the place of the first `needle` in lines `from_line` to `to_line` (excluded), else of `from_line`."""
        for number, line in enumerate(self.lines[from_line:to_line], start=from_line):
            column = line.text.find(needle)
            if column >= 0:
                return self.span(number, column, len(needle))
        return self.span(from_line)

    def slice(self, start: int, end: int | None = None) -> Passage:
        """Return the passage made of the lines `start` to `end` (excluded)."""
        return Passage(self.file, self.lines[start:end])

    def stripped(self) -> Passage:
        """Return the passage with no blank lines at its ends."""
        filled = [number for number, line in enumerate(self.lines) if line.text.strip()]
        return self.slice(filled[0], filled[-1] + 1) if filled else Passage(self.file, ())

    def cut(self, start: int, end: int) -> Passage:
        """Return the passage of the characters `start` to `end` (excluded) of `text`."""
        return Passage(self.file, tuple(self._cut_lines(start, end)))

    def _cut_lines(self, start: int, end: int) -> Iterator[Line]:
        begin = 0
        for line in self.lines:
            stop = begin + len(line.text)
            if begin <= end and start <= stop:
                left, right = max(start - begin, 0), min(end - begin, len(line.text))
                yield line.cut(left, right)
            begin = stop + 1

    def without(self, ranges: Iterable[tuple[int, int]]) -> Passage:
        """Return the passage with each range of characters (end excluded) left out; a line emptied by it goes too.

        What follows a range on its line moves to the left, so its columns are those of the shortened line.
        """
        ordered = sorted(ranges)
        if not ordered:
            return self
        kept: list[Line] = []
        begin = 0
        for line in self.lines:
            stop = begin + len(line.text)
            text = line.text
            for left, right in reversed(ordered):
                if left <= stop and right > begin:
                    text = text[: max(left - begin, 0)] + text[max(right - begin, 0) :]
            if text.strip() or text == line.text:
                kept.append(Line(text if text == line.text else text.rstrip(), line.number, line.offset))
            begin = stop + 1
        return Passage(self.file, tuple(kept))

    def line_starts(self) -> list[int]:
        """Return for each line the index in `text` of its first character."""
        starts, begin = [], 0
        for line in self.lines:
            starts.append(begin)
            begin += len(line.text) + 1
        return starts

    def line_of(self, index: int) -> int:
        """Return the number, from 0, of the line that holds the character `index` of `text`."""
        return max(0, bisect_right(self.line_starts(), index) - 1)


def passage_of(text: str, file: str = "<text>", first_line: int = 1) -> Passage:
    """Return the passage of a whole text, its lines numbered from `first_line`."""
    return Passage(file, tuple(Line(line, first_line + number) for number, line in enumerate(text.split("\n"))))
