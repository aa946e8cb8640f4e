"""Where each character of a YAML scalar stands in the file, whatever its style: plain, quoted, literal or folded."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from deckbuilder.diagnostics import Span
from deckbuilder.yaml_text import Place, YamlValue

_LINE_END: Final = re.compile("\n")
_BLANKS: Final = frozenset(" \t\n")
_ESCAPE_LENGTHS: Final = {"x": 4, "u": 6, "U": 10}


class Scalar(Struct, frozen=True):
    """A text that knows where in the file its characters stand.

    `runs` are pairs of an offset in the text and the place of that character; up to the next offset, columns go up
    with characters.
    """

    text: str
    runs: tuple[tuple[int, Span], ...]

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """Return the place of the characters `start` to `end` (excluded), cut at the end of the first one's line."""
        line_end = self.text.find("\n", start)
        stop = min(len(self.text) if end is None else end, len(self.text) if line_end < 0 else line_end)
        index = max(0, bisect_right(self.runs, start, key=lambda run: run[0]) - 1)
        offset, place = self.runs[index]
        if index + 1 < len(self.runs):
            stop = min(stop, self.runs[index + 1][0])
        column = place.column + start - offset
        return Span(place.file, place.line, column, max(column + 1, column + stop - start))


class Block:
    """The YAML of a drill, from which values were read whose spans count lines and columns of the block itself."""

    def __init__(self, text: str, place: Place) -> None:
        self._text = text
        self._place = place
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text) + 1]

    def in_file(self, span: Span) -> Span:
        """Return the place in the file of a place in the block."""
        return self._place(span.line - 1, span.column - 1, span.width)

    def scalar(self, value: YamlValue) -> Scalar:
        """Return a scalar with the places of its characters."""
        return Scalar(value.text, tuple(self._runs(value)) or ((0, self.in_file(value.span)),))

    def flow_list(self, value: YamlValue) -> Scalar | None:
        """Return the text of a list that is written on one line in brackets; None for any other value."""
        begin = self._starts[value.span.line - 1] + value.span.column - 1
        text = self._text[begin : begin + value.span.width]
        if not isinstance(value.data, list) or not (text.startswith("[") and text.endswith("]")):
            return None
        return Scalar(text, ((0, self.in_file(value.span)),))

    def is_cut(self, value: YamlValue) -> bool:
        """Whether YAML ended an unquoted text at a comma or bracket while a bracket of its own was open."""
        end = self._starts[value.span.line - 1] + value.span.column - 1 + len(value.text)
        opened = value.text.count("(") + value.text.count("[") > value.text.count(")") + value.text.count("]")
        return not value.style and opened and self._text[end : end + 1] in (",", "]", "}")

    def _runs(self, value: YamlValue) -> Iterator[tuple[int, Span]]:
        begin = self._starts[value.span.line - 1] + value.span.column - 1
        if value.style == "|":
            yield from self._literal_runs(value)
            return
        opening = 1 if value.style in ("'", '"') else 0
        escaped = "\n" in value.text or (value.style == '"' and "\\" in value.text)
        if self._text.startswith(value.text, begin + opening) and not escaped:
            yield 0, self._place(value.span.line - 1, value.span.column - 1 + opening, 1)
            return
        line = before = -1
        for offset, index in enumerate(_indexes(value.text, value.style, self._text, begin)):
            if index == before + 1 and index < self._starts[line + 1] - 1:  # a line's end is no part of what it ends
                before = index
                continue
            line = min(bisect_right(self._starts, index) - 1, len(self._starts) - 2)
            before = index
            yield offset, self._place(line, index - self._starts[line], 1)

    def _literal_runs(self, value: YamlValue) -> Iterator[tuple[int, Span]]:
        """Yield where each line of a literal text begins: it is the block's own line without its indentation."""
        offset = 0
        for number, line in enumerate(value.text.split("\n"), start=value.span.line):
            if number + 1 < len(self._starts) and offset < len(value.text):
                width = self._starts[number + 1] - 1 - self._starts[number]
                yield offset, self._place(number, max(0, width - len(line)), 1)
            offset += len(line) + 1


def _indexes(text: str, style: str, raw: str, begin: int) -> Iterator[int]:
    """Yield for each character of a scalar's text its index in the YAML, of which the scalar starts at `begin`.

    Blanks may be folded, cut or added between the two, so only other characters are looked for.
    """
    at = begin
    if style in ("|", ">"):
        at = raw.find("\n", begin) + 1 or len(raw)
    elif style in ("'", '"'):
        at = begin + 1
    for character in text:
        while style == '"' and raw.startswith("\\\n", at):
            at += 2
        if character not in _BLANKS:
            at = _next_filled(raw, at, style)
        elif raw[at : at + 1] not in _BLANKS and not (style == '"' and raw.startswith("\\", at)):
            yield at  # a blank that stands for the end of the scalar
            continue
        yield at
        if style == '"' and raw.startswith("\\", at):
            at += _ESCAPE_LENGTHS.get(raw[at + 1 : at + 2], 2)
        else:
            at += 2 if style == "'" and character == "'" else 1


def _next_filled(raw: str, at: int, style: str) -> int:
    while at < len(raw) and (raw[at] in _BLANKS or (style == '"' and raw.startswith("\\\n", at))):
        at += 1 if raw[at] in _BLANKS else 2
    return at
