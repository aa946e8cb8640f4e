"""What rendering has to say about a passage, and the local pictures that it uses, each at its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from deckbuilder import rules
from deckbuilder.rendering.cleaning import LINK_SCHEMES, PICTURE_SCHEMES, Removed, is_relative, scheme_of
from deckbuilder.rendering.math import is_balanced
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.source.dollar_math import LETTER_AFTER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.rendering.places import Places

SHOWN = 60
"""Characters of a formula or an address that a message shows."""


@dataclass(slots=True)
class Findings:
    """Gathers diagnostics and pictures while one passage is rendered."""

    places: Places
    diagnostics: list[Diagnostic] = field(default_factory=list)
    pictures: list[PictureUse] = field(default_factory=list)

    def formula(self, tex: str, markup: str, doubt: str) -> None:
        """Report a formula that GitHub does not typeset, or that nobody can."""
        if not doubt and (("{" not in tex and "}" not in tex) or is_balanced(tex)):
            return
        place = self.places.find(markup + tex, tex)
        if doubt:
            short = " ".join(tex.split())[:SHOWN]
            instead = f"$`{short}`$" if doubt == LETTER_AFTER else f"${short}$"
            self.diagnostics.append(rules.MATH_BLANKS.at(place, reason=doubt, instead=instead))
        if not is_balanced(tex):
            self.diagnostics.append(rules.MATH_UNBALANCED.at(place))

    def removed(self, removed: Iterable[Removed]) -> None:
        """Report what was taken out of a piece of raw HTML."""
        for piece in removed:
            self.diagnostics.append(rules.HTML_REMOVED.at(self.places.find(piece.written), what=piece.what))

    def picture(self, src: str, *written: str) -> bool:
        """Note the use of a picture, local or remote; return whether it may be shown at all."""
        scheme = scheme_of(src)
        if scheme and scheme not in PICTURE_SCHEMES:
            what = f"the address `{scheme}:…` of a picture was taken out"
            self.diagnostics.append(rules.HTML_REMOVED.at(self.places.find(*written, src), what=what))
            return False
        place = self.places.find(*written, src, unquote(src), "![", "<img")
        if is_relative(src):
            self.pictures.append(PictureUse(src, place))
        else:
            self.diagnostics.append(rules.PICTURE_REMOTE.at(place, url=src[:SHOWN]))
        return True

    def link(self, href: str) -> str:
        """Return the address that a link may lead to from a card, or "" and say why not."""
        if href.startswith("//"):
            return "https:" + href
        scheme = scheme_of(href)
        if scheme in LINK_SCHEMES:
            return href
        place = self.places.find(href, unquote(href), "](", "[")
        if scheme:
            what = f"the address `{scheme}:…` of a link was taken out"
            self.diagnostics.append(rules.HTML_REMOVED.at(place, what=what))
        else:
            self.diagnostics.append(rules.LINK_LOCAL.at(place, url=unquote(href)[:SHOWN]))
        return ""
