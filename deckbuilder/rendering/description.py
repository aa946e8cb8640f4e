"""The deck's description, which Anki's desktop puts into a page of its own as HTML, as it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deckbuilder import rules
from deckbuilder.rendering.cleaning import Screen, clean
from deckbuilder.rendering.finish import finished, fit

if TYPE_CHECKING:
    from deckbuilder.diagnostics import Diagnostic, Span

_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)


def render_description(text: str, place: Span) -> tuple[str, list[Diagnostic]]:
    """Return a description as HTML that is let through, and what was taken out: all findings stand at `place`.

    It has no pictures: those of the deck belong to its cards, and others would be fetched whenever the deck is opened.
    """
    if "<" not in text and "&" not in text:
        return fit(text), []
    screen = Screen()
    screened = screen.screen(fit(text))
    taken = [piece.what for piece in screen.removed]
    if _IMAGE.search(screened):
        taken.append("`<img>` in a deck's description was taken out")
        screened = _IMAGE.sub("", screened)
    html, _ = finished(clean(screened))
    return html, [rules.HTML_REMOVED.at(place, what=what) for what in dict.fromkeys(taken)]
