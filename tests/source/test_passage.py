"""A passage knows where in its file it stands, in lines that were put together from several too."""

from __future__ import annotations

import pytest

from deckbuilder.source.passage import Line, Passage

FOLDED = Passage("x.md", (Line("abc $x  y$ d''e f", 5, 4, ((6, 5, 4), (7, 6, -3), (14, 6, -2))),))
"""Line 5 of a file ends behind `x`, and line 6 goes on; both from column 5 on. In line 6 a quote is written double."""


@pytest.mark.parametrize(
    ("column", "width", "place"),
    [
        (0, 1, "5:5-6"),
        (4, 6, "5:9-11"),  # the formula goes on in line 6
        (0, 99, "5:5-11"),
        (7, 3, "6:5-8"),
        (11, 6, "6:9-16"),  # what is on one line is marked to its end, escapes and all
        (14, 1, "6:13-14"),
    ],
)
def test_a_place_ends_on_the_line_on_which_it_begins(column: int, width: int, place: str) -> None:
    """If this failed, an editor would underline what is not meant, or nothing, for want of such a place."""
    span = FOLDED.span(0, column, width)
    assert f"{span.line}:{span.column}-{span.end}" == place
