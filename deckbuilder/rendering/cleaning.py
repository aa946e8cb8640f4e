"""Which HTML may reach a card, and what is said about the rest.

Cleaning goes twice over the author's HTML. `screen` reads each piece as it stands in the source, takes out what is
not allowed and says where; it also sees to it that every `<` left is that of a whole tag, so that nothing unfinished
swallows what follows. `clean` then lets nh3, a real HTML parser, have the last word on the whole, and balances it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    import nh3

MARK: Final = "\ufdd2"
"""A character that no source holds: it tells what the renderer made from what the author typed."""

LINK_SCHEMES: Final = frozenset({"http", "https", "mailto"})
PICTURE_SCHEMES: Final = frozenset({"http", "https"})
MAX_OPEN_TAGS: Final = 200
MAX_ATTRIBUTES: Final = 50
MAX_UNFINISHED: Final = 30

TAGS: Final = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
    "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "tt", "u", "ul", "var", "wbr",
})  # fmt: skip
VOID_TAGS: Final = frozenset({"br", "col", "hr", "img", "wbr"})
_LOST_WITH_CONTENT: Final = frozenset({
    "script", "style", "iframe", "svg", "math", "object", "applet", "template", "noscript", "noembed", "noframes",
    "xmp", "title", "textarea", "select", "audio", "video", "canvas",
})  # fmt: skip
_ENDS_BY_ITSELF = VOID_TAGS | {
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "colgroup", "rp", "rt",
}  # fmt: skip
_LISTS: Final = ("ul", "ol")
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "class", "dir", "lang", "title"},
    "a": {"href", "rel", "target"},
    "blockquote": {"cite"},
    "col": {"span", "valign", "width"},
    "colgroup": {"span", "valign", "width"},
    "details": {"open"},
    "hr": {"size", "width"},
    "img": {"alt", "height", "hspace", "src", "vspace", "width"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "table": {"border", "cellpadding", "cellspacing", "height", "width"},
    "td": {"abbr", "colspan", "headers", "height", "rowspan", "scope", "valign", "width"},
    "th": {"abbr", "colspan", "headers", "height", "rowspan", "scope", "valign", "width"},
    "time": {"datetime"},
    "tr": {"valign"},
    "ul": {"type"},
}

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:[\s/](?:[^\"'>]|\"[^\"]*\"|'[^']*')*)?)>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_NO_TAGS = (
    ("<!--", "-->", ""),
    ("<![CDATA[", "]]>", "a CDATA section"),
    ("<!", ">", "a declaration"),
    ("<?", ">", "a processing instruction"),
)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_IN_SCHEME = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\ufeff]+")
_RESERVED_CLASS = re.compile(r"(?:db-|card)", re.IGNORECASE)
_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")


class Removed(Struct, frozen=True):
    """Something that was taken out of the author's HTML: a sentence on it, and as it stands in the source."""

    what: str
    written: str


class Screen(Struct):
    """Goes through the pieces of raw HTML of one passage in order; knows which of the author's elements are open.

    A closing tag of the author's closes only what the author opened, never what Markdown made; nor does an item of a
    list end the item that it stands in, which may be ours.
    """

    removed: list[Removed] = field(default_factory=list)
    pictures: list[tuple[str, str, str]] = field(default_factory=list)
    _open: dict[str, int] = field(default_factory=dict)
    _depth: int = 0

    def screen(self, html: str, closed_later: Callable[[str], bool] = lambda name: False) -> str:
        """Return a piece of raw HTML with what is not allowed left out, every `<` in it that of a whole tag.

        `removed` and `pictures` (source, as written, alt) tell afterwards what was in this piece. A tag that loses its
        content does so only if it is closed, in this piece or, as `closed_later` says of its name, in a later one.
        """
        self.removed = []
        self.pictures = []
        return "".join(self._pieces(html, closed_later))

    def _pieces(self, html: str, closed_later: Callable[[str], bool]) -> Iterator[str]:
        position = 0
        unclosed: set[str] = set()
        while (start := html.find("<", position)) >= 0:
            yield html[position:start]
            tag = _TAG.match(html, start) if len(unclosed) < MAX_UNFINISHED else None
            if tag is None:
                position, kept = self._no_tag(html, start, unclosed)
            elif tag.group(2).lower() in TAGS:
                position, kept = tag.end(), self._tag(tag, tag.group(2).lower())
            else:
                position, kept = self._forbidden(html, tag, unclosed, closed_later)
            yield kept
        yield html[position:]

    def _no_tag(self, html: str, start: int, unclosed: set[str]) -> tuple[int, str]:
        """Return where what opens at `start` and is no tag ends, and what is kept of it: comments go silently."""
        if html.startswith(("<!-->", "<!--->"), start):
            return html.index(">", start) + 1, ""
        for opening, closing, what in _NO_TAGS:
            if html.startswith(opening, start):
                end = html.find(closing, start + len(opening))
                if what or end < 0:
                    self._remove(f"{what or 'a comment that is never closed'} was taken out", html[start:])
                return (len(html) if end < 0 else end + len(closing)), ""
        if html[start + 1 : start + 2].isalpha() or html.startswith("</", start):
            self._remove("this is no whole tag, so it is shown as text", html[start:])
            # After a number of these, none is looked for any more: each look may go through the whole piece.
            unclosed.add(f"<{start}")
        return start + 1, "&lt;"

    def _tag(self, tag: re.Match[str], name: str) -> str:
        """Return an allowed tag if it may stay, and say what is wrong with its attributes."""
        if tag.group(1):
            return self._closing_tag(tag.group(), name)
        attributes = _ATTRIBUTE.findall(tag.group(3))
        if len(attributes) > MAX_ATTRIBUTES:
            self._remove(f"`<{name}>` with its {len(attributes)} attributes was taken out", tag.group())
            return ""
        if name == "li" and not any(map(self._open.get, _LISTS)):
            self._remove("`<li>` was taken out: it stands in no list", tag.group())
            return ""
        if name not in _ENDS_BY_ITSELF:
            if self._depth >= MAX_OPEN_TAGS:
                self._remove(f"`<{name}>` was taken out: it is nested deeper than {MAX_OPEN_TAGS} tags", tag.group())
                return ""
            self._depth += 1
        if name not in VOID_TAGS:
            self._open[name] = self._open.get(name, 0) + 1
        for attribute, quoted in attributes:
            value = unescape(quoted.strip("\"'"))
            problem = _problem(name, attribute.lower(), value)
            if problem:
                self._remove(f"{problem} was taken out", attribute)
            elif name == "img" and attribute.lower() == "src":
                self.pictures.append((value, quoted.strip("\"'"), _value_of("alt", attributes)))
        return tag.group()

    def _closing_tag(self, tag: str, name: str) -> str:
        if name in VOID_TAGS:
            return ""
        if not self._open.get(name):
            self._remove(f"`</{name}>` was taken out: it closes nothing", tag)
            return ""
        self._open[name] -= 1
        if name not in _ENDS_BY_ITSELF:
            self._depth -= 1
        return tag

    def _forbidden(
        self, html: str, tag: re.Match[str], unclosed: set[str], closed_later: Callable[[str], bool]
    ) -> tuple[int, str]:
        """Take out a tag that is not allowed; its content too where that is no text for people, if it ever ends."""
        name = tag.group(2).lower()
        if name not in _LOST_WITH_CONTENT:
            if not tag.group(1):
                self._remove(f"`<{name}>` was taken out", tag.group())
            return tag.end(), ""
        if tag.group(1):
            return tag.end(), tag.group()
        end = None if name in unclosed else re.compile(rf"</{name}\s*>", re.IGNORECASE).search(html, tag.end())
        if end is None:
            unclosed.add(name)
        closed = end is not None or closed_later(name)
        self._remove(f"`<{name}>` was taken out" + (" with its content" if closed else ""), tag.group())
        if end is not None:
            return end.end(), ""
        return tag.end(), f"<{name}>" if closed else ""

    def _remove(self, what: str, written: str) -> None:
        self.removed.append(Removed(what, written))


def _value_of(wanted: str, attributes: Iterable[tuple[str, str]]) -> str:
    return next((quoted.strip("\"'") for name, quoted in attributes if name.lower() == wanted), "")


def _problem(name: str, attribute: str, value: str) -> str:
    """Return in words what is wrong with an attribute of an allowed tag, or ""."""
    if attribute not in _ATTRIBUTES["*"] and attribute not in _ATTRIBUTES.get(name, ()):
        return f"the attribute `{attribute}` of `<{name}>`"
    if attribute == "class":
        reserved = [word for word in value.split() if _RESERVED_CLASS.match(word)]
        return f"the class `{reserved[0]}`, kept for deckbuilder itself," if reserved else ""
    if attribute in ("href", "src", "cite"):
        scheme = scheme_of(value)
        if scheme and scheme not in (PICTURE_SCHEMES if attribute == "src" else LINK_SCHEMES):
            return f"the address `{scheme}:…` of `<{name}>`"
    return ""


def scheme_of(url: str) -> str:
    """Return the scheme of a URL as a browser reads it, in lower case, or ""."""
    found = _SCHEME.match(_IN_SCHEME.sub("", url))
    return found.group(1).lower() if found else ""


def is_relative(url: str) -> bool:
    """Whether a URL leads somewhere only from the place where its page stands."""
    return not scheme_of(url) and not url.startswith("//")


def _harmless_number(found: re.Match[str]) -> str:
    """Keep a numbered character as it is, unless it stands for a control character or for one of the renderer's own."""
    digits, base = (found.group(1), 16) if found.group(1) else (found.group(2), 10)
    code = int(digits, base) if len(digits) < 12 else 0
    allowed = code in (9, 10, 13) or (code >= 32 and not 0x7F <= code < 0xA0 and not 0xFDD0 <= code <= 0xFDEF)
    return found.group() if allowed else "\ufffd"


def clean(html: str) -> str:
    """Return HTML with only the allowed tags, attributes and addresses, every element closed."""
    return _cleaner().clean(_NUMBERED.sub(_harmless_number, html) if "&#" in html else html)


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    import nh3

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(_LOST_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes=set(LINK_SCHEMES),
        link_rel=None,
        strip_comments=True,
    )


def _filtered(name: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value as it may stay, or None to drop the attribute."""
    if attribute == "class":
        return _own_classes(value)
    if attribute in ("href", "cite"):
        if value.startswith("//"):
            return "https:" + value
        return value if scheme_of(value) in LINK_SCHEMES else None
    return value


def _own_classes(value: str) -> str | None:
    if value.startswith(MARK):
        return value[1:]
    return " ".join(word for word in value.split() if not _RESERVED_CLASS.match(word)) or None
