"""What rendering has to say about a passage, and the local pictures that it uses, each at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct, field

from deckbuilder import rules
from deckbuilder.rendering.cleaning import LINK_SCHEMES, PICTURE_SCHEMES, Removed, is_relative, scheme_of
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.source.dollar_math import LETTER_AFTER
from deckbuilder.tex.checker import Problem, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.rendering.places import Places

_ENVIRONMENT = re.compile(r"\\begin\{([a-zA-Z]+\*?)\}")
_STRAY = re.compile(
    r"\$(?=[^\s$\d])[^\s$]{0,80}?(?:\\[A-Za-z]|\^|_\{)[^\s$]{0,80}|(?<![^\s$])(?=[^\s$]{0,80}(?:\\[A-Za-z]|\^|_\{))[^\s$]{1,160}+\$"
)

SHOWN = 60
"""Characters of a formula or an address that a message shows."""


class Findings(Struct):
    """Gathers diagnostics and pictures while one passage is rendered.

    `github` says that the author reads the passage on GitHub too; `defined` are the macros that its formulas define.
    """

    places: Places
    github: bool = True
    defined: frozenset[str] = frozenset()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    pictures: list[PictureUse] = field(default_factory=list)

    def formula(self, tex: str, markup: str, doubt: str) -> None:
        """Report what Anki or GitHub would not typeset of a formula, or not as it was meant."""
        found = check(tex, in_line=markup in ("$", "$`"), on_github=self._on_github(markup), defined=self.defined)
        self.defined = found.defines or self.defined
        if doubt:
            short = " ".join(tex.split())[:SHOWN]
            instead = f"$`{short}`$" if doubt == LETTER_AFTER else f"${short}$"
            place = self.places.find(markup + tex, tex)
            self.diagnostics.append(rules.MATH_BLANKS.at(place, reason=doubt, instead=instead))
        if found.problems:
            self._problems(tex, markup, found.problems)

    def _on_github(self, markup: str) -> str:
        if not self.github:
            return ""
        return "escapes" if markup == "$" else "macros"

    def _problems(self, tex: str, markup: str, problems: Iterable[Problem]) -> None:
        inside = self.places.inside(tex, markup)
        for problem in problems:
            self.diagnostics.append(problem.at(inside(problem.start, problem.width)))

    def text(self, text: str) -> None:
        """Report what looks like TeX in running text, where it is not typeset."""
        if environment := _ENVIRONMENT.search(text):
            place = self.places.find(environment.group())
            self.diagnostics.append(rules.BARE_ENVIRONMENT.at(place, name=environment.group(1)))
        elif stray := _STRAY.search(text):
            self.diagnostics.append(rules.STRAY_DOLLAR.at(self.places.find(stray.group(), "$")))

    def removed(self, removed: Iterable[Removed]) -> None:
        """Report what was taken out of a piece of raw HTML."""
        for piece in removed:
            self.diagnostics.append(rules.HTML_REMOVED.at(self.places.find(piece.written), what=piece.what))

    def picture(self, src: str, *written: str, alt: str) -> bool:
        """Note the use of a picture, local or remote; return whether it may be shown at all."""
        scheme = scheme_of(src)
        if scheme and scheme not in PICTURE_SCHEMES:
            what = f"the address `{scheme}:…` of a picture was taken out"
            self.diagnostics.append(rules.HTML_REMOVED.at(self.places.find(*written, src), what=what))
            return False
        place = self.places.find(*written, src, unquote(src), "![", "<img")
        if not alt.strip():
            self.diagnostics.append(rules.PICTURE_WITHOUT_ALT.at(place, path=_shown(src)))
        if is_relative(src):
            self.pictures.append(PictureUse(src, place))
        else:
            self.diagnostics.append(rules.PICTURE_REMOTE.at(place, url=_shown(src)))
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
            self.diagnostics.append(rules.LINK_LOCAL.at(place, url=_shown(unquote(href))))
        return ""


def _shown(address: str) -> str:
    """Return an address as findings name it: all of it, or its beginning with a sign that there is more."""
    return address if len(address) <= SHOWN else address[: SHOWN - 1] + "…"
