"""A drill's text becomes HTML once, and its numbers are put into that for each variant.

Rendering Markdown takes longer than all else that a variant needs. So each place is first given a number that stands
nowhere else in the text, of the placeholder's own length, so that what is found in the text keeps its column. Where the
marks do not come through the rendering one and all, or come into a tag (as a list's first number, in an address),
each variant is rendered by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import accumulate

from msgspec import Struct

from deckbuilder.drills.points import Point
from deckbuilder.drills.scalars import Scalar
from deckbuilder.drills.templates import Template
from deckbuilder.source.passage import Line, Passage


class Numbered(Struct, frozen=True):
    """A text of a drill that can be had as HTML with the numbers of any variant.

    `pieces` are what stands between the numbers, `order` which number follows each but the last; None where that
    cannot be known.
    """

    template: Template
    render: Callable[[Passage], str]
    pieces: tuple[str, ...]
    order: tuple[int, ...] | None

    def html(self, point: Point) -> str:
        """Return the HTML with a variant's numbers."""
        numbers = point.numbers(self.template)
        if self.order is None:
            return self.render(passage_of_scalar(self.template.scalar, self.template.filled(numbers)))
        shown = [escape(text) for text in numbers]
        following = [*(shown[place] for place in self.order), ""]
        return "".join(piece + number for piece, number in zip(self.pieces, following, strict=True))


def numbered(template: Template, render: Callable[[Passage], str]) -> Numbered:
    """Render a template once; `render` makes HTML of Markdown."""
    marks = list(_marks(template))
    text = template.filled(marks)
    html = render(passage_of_scalar(template.scalar, text))
    places = {mark: place for place, mark in enumerate(marks)}
    if not marks:
        return Numbered(template, render, (html,), ())
    found = re.split("(" + "|".join(map(re.escape, marks)) + ")", html)
    order = [places[mark] for mark in found[1::2]]
    if sorted(order) != list(range(len(marks))) or any(map(_IN_TAG.search, accumulate(found[:-1:2]))):
        return Numbered(template, render, (), None)
    return Numbered(template, render, tuple(found[::2]), tuple(order))


def _marks(template: Template) -> Iterator[str]:
    """Yield for each place a number that stands nowhere in the text, nor across two that are next to each other."""
    rest = template.filled([""] * len(template.places))
    digits = "".join(character for character in rest if character.isdigit())
    candidate, given = 0, ""
    for place in template.places:
        width = place.end - place.start
        while True:
            candidate += 1
            mark = str(candidate).translate(_SHUFFLED).rjust(width, "7")
            if mark not in digits and mark not in given + mark[:-1] and not _begins_within(mark):
                break
        given += mark
        yield mark


def _begins_within(mark: str) -> bool:
    """Whether a mark's end may be its beginning: amid other digits it would be found a place too early."""
    return any(mark.endswith(mark[:size]) for size in range(1, len(mark)))


_IN_TAG = re.compile(r"<[^>]*\Z")
_SHUFFLED = str.maketrans("0123456789", "3958204617")
"""Keeps marks away from the numbers that people write."""


def passage_of_scalar(scalar: Scalar, text: str) -> Passage:
    """Return a scalar's text, its numbers filled in, as a passage whose lines know where they stand in the file."""
    lines, begin = [], 0
    originals = scalar.text.split("\n")
    for number, line in enumerate(text.split("\n")):
        if number >= len(originals):
            span = scalar.span(len(scalar.text))
            lines.append(Line(line, span.line, span.column - 1))
            continue
        end = begin + len(originals[number])
        span = scalar.span(begin)
        bends = tuple(
            (offset - begin, place.line, place.column - 1 - (offset - begin))
            for offset, place in scalar.runs
            if begin < offset < end
        )
        lines.append(Line(line, span.line, span.column - 1, bends))
        begin = end + 1
    return Passage(scalar.span().file, tuple(lines))
