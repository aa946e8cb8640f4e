"""HTML stripped of what no reader sees, so that two renderers can be compared."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from itertools import pairwise

import cmarkgfm
import nh3
from cmarkgfm.cmark import Options

from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.renderer import render, with_pictures
from deckbuilder.source.passage import passage_of

BLOCKS = frozenset(
    "address blockquote center dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table "
    "tbody td tfoot th thead tr ul".split()
)
CODE_ONLY = frozenset({"span"})
INLINE = frozenset(
    "a abbr b bdo br cite code del dfn em i img input ins kbd mark q s samp small span strike strong sub sup tt u "
    "var".split()
)
ATTRIBUTES = {
    "*": {"align", "title", "dir", "class", "lang"},
    "a": {"href"},
    "details": {"open"},
    "ol": {"start"},
    "li": {"value"},
    "img": {"src", "alt", "width", "height"},
    "input": {"checked"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan"},
}
PARSED_BY = nh3.Cleaner(
    tags=set(BLOCKS | INLINE), attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None
)
"""An HTML parser that balances what it reads, so that both sides are trees."""


def by_cmark(text: str) -> str:
    """Return what cmark-gfm, which renders GitHub's pages, makes of a text."""
    return cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)


def by_us(text: str) -> str:
    """Return what goes onto a card, pictures named as in the source."""
    return with_pictures(render(passage_of(text), RenderOptions()).html, {})


def normalised(html: str) -> str:
    """Return HTML one tag or text a line: balanced, without our wrappers, colours of code, relative links, comments."""
    reader = _Reader()
    reader.feed(PARSED_BY.clean(html).replace("<span></span>", ""))
    reader.close()
    return "\n".join(reader.result())


class _Reader(HTMLParser):
    """Collects tags and texts. White space counts in code only."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[tuple[str, str]] = []
        self.open: list[tuple[str, bool]] = []
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        shown = self._shown(tag, known)
        if tag == "pre":
            self.preformatted += 1
        if tag not in ("br", "hr", "img", "input"):
            self.open.append((tag, shown))
        if shown:
            self.parts.append(("block" if tag in BLOCKS else "tag", f"<{tag}{self._attributes(tag, known)}>"))

    def handle_endtag(self, tag: str) -> None:
        if not self.open:
            return
        name, shown = self.open.pop()
        assert name == tag, f"{tag} closes {name}"
        if tag == "pre":
            self.preformatted -= 1
        if shown:
            self.parts.append(("block" if tag in BLOCKS else "tag", f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        self.parts.append(("code" if self.preformatted else "text", data))

    def _shown(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag == "a":
            return attributes.get("href", "").startswith(("http:", "https:", "mailto:"))
        if tag == "div" and attributes.get("class", "").startswith("db-"):
            return False
        return not (self.preformatted and tag in CODE_ONLY)

    def _attributes(self, tag: str, attributes: dict[str, str]) -> str:
        if tag in ("pre", "code", "input"):
            attributes = {name: "" for name in attributes if name == "checked"}
        if tag == "li":
            attributes = {name: value for name, value in attributes.items() if value != "db-task"}
        return "".join(f' {name}="{escape(value)}"' for name, value in sorted(attributes.items()))

    def result(self) -> list[str]:
        """Return the lines: texts joined and folded, and stripped where they touch a block."""
        joined: list[tuple[str, str]] = []
        for kind, text in self.parts:
            if joined and kind in ("text", "code") and joined[-1][0] == kind:
                joined[-1] = (kind, joined[-1][1] + text)
            else:
                joined.append((kind, text))
        lines: list[str] = []
        for number, (kind, text) in enumerate(joined):
            if kind != "text":
                lines.append(text if kind != "code" else escape(text, quote=False).rstrip())
                continue
            if not text.strip(" \t\n") and (
                joined[number - 1][1].startswith("<")
                and number + 1 < len(joined)
                and joined[number + 1][1].startswith("</")
            ):
                continue
            folded = re.sub(r"[ \t\n]+", " ", text)
            if number == 0 or joined[number - 1][0] == "block" or joined[number - 1][1] == "<br>":
                folded = folded.lstrip(" ")
            if number + 1 == len(joined) or joined[number + 1][0] == "block" or joined[number + 1][1] == "<br>":
                folded = folded.rstrip(" ")
            if folded:
                lines.append(escape(folded, quote=False))
        return _with_boxes_inside(lines)


def _with_boxes_inside(lines: list[str]) -> list[str]:
    """Put each check box into the paragraph that cmark-gfm puts it before."""
    for number in range(len(lines) - 1):
        if lines[number].startswith("<input") and lines[number + 1] == "<p>":
            lines[number], lines[number + 1] = "<p>", lines[number]
    after_box = (
        re.sub("^ ", "", line) if before.startswith("<input") else line for before, line in pairwise(["", *lines])
    )
    return [line for line in after_box if line]
