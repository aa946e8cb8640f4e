"""GitHub's flavour: the parser's tokens become HTML.

A passage without raw HTML is written straight out: all of it is then made here, and escaped here. With raw HTML in it,
the same is written with marks on what is ours, cleaned as a whole, and the marks become what they stand for.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from deckbuilder import rules
from deckbuilder.rendering.cleaning import MARK, Screen, clean
from deckbuilder.rendering.code import code_block
from deckbuilder.rendering.findings import Findings
from deckbuilder.rendering.finish import CHECKED, UNCHECKED, checkbox, finished, fit, image, plain
from deckbuilder.rendering.math import displayed_math, escape_text, inline_math
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.rendering.places import Places
from deckbuilder.source.blocks import tokens_of
from deckbuilder.source.gfm import MAX_NESTING, parser, too_deep

if TYPE_CHECKING:
    from markdown_it.token import Token

    from deckbuilder.source.passage import Passage

_BLANKS = re.compile(r"[ \t]{2,}")
_INLINE_TAGS: Final = {
    "em_open": "<em>", "em_close": "</em>", "strong_open": "<strong>", "strong_close": "</strong>",
    "s_open": "<del>", "s_close": "</del>", "softbreak": " ", "hardbreak": "<br>\n",
}  # fmt: skip
_BLOCK_TAGS: Final = {
    "bullet_list_open": "<ul>\n", "bullet_list_close": "</ul>\n", "ordered_list_close": "</ol>\n",
    "blockquote_open": "<blockquote>\n", "blockquote_close": "</blockquote>\n", "hr": "<hr>\n",
    "list_item_close": "</li>\n", "table_open": "<table>\n", "table_close": "</table>\n",
    "thead_open": "<thead>\n", "thead_close": "</thead>\n", "tbody_open": "<tbody>\n", "tbody_close": "</tbody>\n",
    "tr_open": "<tr>\n", "tr_close": "</tr>\n", "alert_close": "</div>\n", "alert_title_close": "</p>\n",
}  # fmt: skip
_ENDS_A_LINE: Final = frozenset({"list_item_close", "alert_title_close"})


def render_github(passage: Passage, references: Mapping[str, Any], *, inline: bool) -> tuple[str, Findings]:
    """Return a passage's HTML and what was found on the way; `inline` leaves the `<p>` of a single paragraph out."""
    text = fit(passage.text)
    tokens = tokens_of(text, {"references": ChainMap({}, references)} if references else {})  # type: ignore[arg-type]
    findings = Findings(Places(passage))
    deep = too_deep(tokens)
    if deep:
        findings.places.within(deep.map)
        findings.diagnostics.append(rules.NESTED_TOO_DEEP.at(findings.places.find(), depth=MAX_NESTING))
    if inline and [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]:
        tokens = tokens[1:2]
    marked = "<" in text and _screen(tokens, findings)
    writer = _Writer(findings, MARK if marked else "")
    writer.write(tokens)
    html = "".join(writer.out)
    if marked:
        html = _cleaned(html, findings)
    return html.strip("\n"), findings


def screen_html(passage: Passage, findings: Findings) -> None:
    """Report what is not allowed in the raw HTML of a passage."""
    text = fit(passage.text)
    if "<" in text:
        _screen(parser().parse(text), findings)


def _screen(tokens: Sequence[Token], findings: Findings) -> bool:
    """Screen all raw HTML, in place; return whether any is left."""
    screen = Screen()
    left = False
    for token in tokens:
        if token.type == "html_block":
            findings.places.within(token.map)
            token.content = _screened(screen, token, findings)
            left = left or bool(token.content.strip())
        elif token.type == "inline" and token.children and "<" in token.content:
            findings.places.within(token.map)
            last_closing = _last_closing_tags(token.children)
            for index, child in enumerate(token.children):
                if child.type == "html_inline":
                    later = _closed_after(last_closing, index)
                    child.content = _screened(screen, child, findings, later)
                    left = left or bool(child.content.strip())
    return left


def _screened(screen: Screen, token: Token, findings: Findings, later: Callable[[str], bool] | None = None) -> str:
    content = screen.screen(token.content, later) if later else screen.screen(token.content)
    findings.removed(screen.removed)
    for src, written, alt in screen.pictures:
        findings.picture(src, written, alt=alt)
    return content


def _last_closing_tags(tokens: Sequence[Token]) -> dict[str, int]:
    """Return where each name's last closing tag stands among the tokens."""
    return {
        token.content[2:].rstrip("> \t\n").lower(): index
        for index, token in enumerate(tokens)
        if token.type == "html_inline" and token.content.startswith("</")
    }


def _closed_after(last_closing: Mapping[str, int], index: int) -> Callable[[str], bool]:
    return lambda name: last_closing.get(name, -1) > index


def _cleaned(html: str, findings: Findings) -> str:
    cleaned, pictures = finished(clean(html))
    known = {use.src for use in findings.pictures}
    for src in pictures:
        # Nothing that survives the cleaning may go unloaded, however oddly it was written.
        if src not in known and not src.startswith(("http:", "https:")):
            findings.pictures.append(PictureUse(src, findings.places.passage.span()))
    return cleaned


class _Writer(Struct):
    """Writes tokens as HTML. `mark` is empty where the result is final, else what is put upon everything of ours."""

    findings: Findings
    mark: str
    out: list[str] = field(default_factory=list)
    links: list[bool] = field(default_factory=list)
    box: str = ""

    def write(self, tokens: Sequence[Token]) -> None:
        """Write block tokens."""
        out = self.out
        for token in tokens:
            kind = token.type
            if kind == "inline":
                self.findings.places.within(token.map)
                self._inline(token.children or [])
            elif kind == "paragraph_open":
                if token.hidden:
                    self._put_box()
                else:
                    self._new_line()
                    out.append("<p>")
                    self._put_box()
            elif kind == "paragraph_close":
                if not token.hidden:
                    out.append("</p>\n")
            else:
                self._put_box()
                tag = _BLOCK_TAGS.get(kind)
                if tag is not None:
                    if kind not in _ENDS_A_LINE:
                        self._new_line()
                    out.append(tag)
                else:
                    _BLOCKS[kind](self, token)

    def _new_line(self) -> None:
        if self.out and not self.out[-1].endswith("\n"):
            self.out.append("\n")

    def _put_box(self) -> None:
        if self.box:
            self.out.append(self.box)
            self.box = ""

    # ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _list_item(self, token: Token) -> None:
        self._new_line()
        if "checked" not in token.meta:
            self.out.append("<li>")
            return
        checked = bool(token.meta["checked"])
        if self.mark:
            self.out.append("<li>")
            self.box = CHECKED if checked else UNCHECKED
        else:
            self.out.append('<li class="db-task">')
            self.box = checkbox(checked) + " "

    def _ordered_list(self, token: Token) -> None:
        self._new_line()
        start = token.attrs.get("start", 1)
        self.out.append(f'<ol start="{start}">\n' if start != 1 else "<ol>\n")

    def _heading_open(self, token: Token) -> None:
        self._new_line()
        self.out.append(f"<{token.tag}>")

    def _heading_close(self, token: Token) -> None:
        self.out.append(f"</{token.tag}>\n")

    def _cell_open(self, token: Token) -> None:
        side = str(token.attrs.get("style", "")).removeprefix("text-align:")
        self.out.append(f'<{token.tag} align="{side}">' if side else f"<{token.tag}>")

    def _alert_open(self, token: Token) -> None:
        self._new_line()
        self.out.append(f'<div class="{self.mark}db-alert db-alert-{token.info.lower()}">\n')

    def _alert_title(self, token: Token) -> None:
        self.out.append(f'<p class="{self.mark}db-alert-title">')

    def _code_block(self, token: Token) -> None:
        self._new_line()
        self.out.append(code_block(token.content, "", self.mark) + "\n")

    def _fence(self, token: Token) -> None:
        self._new_line()
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        if language == "math":
            self._math_block(token)
        else:
            self.out.append(code_block(token.content, language, self.mark) + "\n")

    def _math_block(self, token: Token) -> None:
        self._new_line()
        self.findings.places.within(token.map)
        self.findings.formula(token.content, "", "")
        self.out.append(displayed_math(token.content, "div", self.mark) + "\n")

    def _html_block(self, token: Token) -> None:
        self._new_line()
        self.out.append(token.content)

    # ── inside a block ──────────────────────────────────────────────────────────────────────────────────────────

    def _inline(self, tokens: Sequence[Token]) -> None:
        out = self.out
        for token in tokens:
            kind = token.type
            if kind == "text":
                # Runs of blanks show as one, and written as one they let an author reformat without changing a note.
                out.append(plain(escape_text(_BLANKS.sub(" ", token.content))))
                if "$" in token.content or "\\begin{" in token.content:
                    self.findings.text(token.content)
            elif kind in _INLINE_TAGS:
                out.append(_INLINE_TAGS[kind])
            elif kind == "math_inline":
                self.findings.formula(token.content, token.markup, token.info)
                out.append(inline_math(token.content, self.mark))
            else:
                _INLINES[kind](self, token)

    def _displayed(self, token: Token) -> None:
        self.findings.formula(token.content, token.markup, token.info)
        self.out.append(displayed_math(token.content, "span", self.mark))

    def _code(self, token: Token) -> None:
        self.out.append(f"<code>{escape_text(token.content)}</code>")

    def _html(self, token: Token) -> None:
        self.out.append(token.content)

    def _link_open(self, token: Token) -> None:
        href = self.findings.link(str(token.attrs["href"]))
        self.links.append(bool(href))
        if href:
            title = token.attrs.get("title")
            named = f' title="{escape(str(title))}"' if title else ""
            self.out.append(f'<a href="{escape(href)}"{named}>')

    def _link_close(self, token: Token) -> None:
        if self.links.pop():
            self.out.append("</a>")

    def _image(self, token: Token) -> None:
        src, title = str(token.attrs["src"]), token.attrs.get("title")
        alt = escape(_alternative(token.children or []))
        if not src or not self.findings.picture(src, alt=alt):
            self.out.append(plain(alt))
            return
        attributes = f' alt="{alt}"' + (f' title="{escape(str(title))}"' if title else "")
        self.out.append(f'<img src="{escape(src)}"{attributes}>' if self.mark else image(src, attributes))


_BLOCKS: Final[dict[str, Callable[[_Writer, Token], None]]] = {
    "list_item_open": _Writer._list_item,
    "ordered_list_open": _Writer._ordered_list,
    "heading_open": _Writer._heading_open,
    "heading_close": _Writer._heading_close,
    "th_open": _Writer._cell_open,
    "td_open": _Writer._cell_open,
    "th_close": _Writer._heading_close,
    "td_close": _Writer._heading_close,
    "alert_open": _Writer._alert_open,
    "alert_title_open": _Writer._alert_title,
    "code_block": _Writer._code_block,
    "fence": _Writer._fence,
    "math_block": _Writer._math_block,
    "html_block": _Writer._html_block,
}
_INLINES: Final[dict[str, Callable[[_Writer, Token], None]]] = {
    "math_inline_double": _Writer._displayed,
    "code_inline": _Writer._code,
    "html_inline": _Writer._html,
    "link_open": _Writer._link_open,
    "link_close": _Writer._link_close,
    "image": _Writer._image,
}


def _alternative(tokens: Sequence[Token]) -> str:
    """Return what a picture's text says without its formatting."""
    return "".join(
        _alternative(token.children)
        if token.children
        else " "
        if token.type in ("softbreak", "hardbreak")
        else ""
        if token.type == "html_inline"
        else token.content
        for token in tokens
    )
