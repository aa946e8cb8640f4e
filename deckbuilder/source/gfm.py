"""GitHub's Markdown: the one configured parser, whose tokens give both the structure and the HTML.

It equals cmark-gfm on the corpus in `tests/fixtures/gfm`, and adds front matter and math. Block tokens keep their
`map`: the first line and the line after the last, from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final
from unicodedata import category
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore, inline, normalize, text_join
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin

from deckbuilder.source.dollar_math import dollars_at, formula_at, formula_block

MAX_NESTING: Final = 100
"""Depth of blocks inside blocks (a list counts two) up to which content is read; `too_deep` finds what lies below."""

_STOPS = re.compile(r"[\n$&*<\\\[\]_`~]|!(?=\[)|:(?=//)|w(?=ww\.)")
_NO_MARKUP = re.compile(r"[^$&*<\\\[_`~]*\Z")
_SCHEME = re.compile(r"(?<![A-Za-z])(?:https?|ftp)\Z", re.IGNORECASE)
_TO_SPACE = re.compile(r"[^ \t\n\v\f\r<]*")
_ENTITY_END = re.compile(r"&[A-Za-z]+;\Z")
_EMAIL_DOMAIN = re.compile(r"@[A-Za-z0-9_-]*(?:\.(?=[A-Za-z0-9])[A-Za-z0-9_-]*)+")
_LOCAL_PART = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-_"
_URL_SAFE = "-_.+!*(),%#@?=;:/&$~'"
_TRAILING = frozenset("?!.,:*_~'\"")


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Return the parser of a passage: blocks and what is inside them, with math and without front matter."""
    markdown = _configured()
    # Only characters that start something may stop the run of plain text: it is the parser's innermost loop.
    markdown.inline.terminator_re = _STOPS
    markdown.inline.ruler.before("escape", "math_inline", _dollar_rule)
    markdown.inline.ruler.push("gfm_url", _url_rule)
    markdown.inline.ruler.push("gfm_www", _www_rule)
    markdown.core.ruler.push("gfm_email", _email_rule)
    return markdown


@lru_cache(maxsize=1)
def blocks() -> MarkdownIt:
    """Return the parser of a whole file's structure: the same blocks, front matter too, and no inline parsing."""
    markdown = _configured()
    markdown.use(front_matter_plugin)
    markdown.core.ruler.disable(["inline", "text_join"])
    return markdown


def _configured() -> MarkdownIt:
    markdown = MarkdownIt("gfm-like2", {"maxNesting": MAX_NESTING, "linkify": False})
    markdown.core.ruler.disable("linkify")
    markdown.core.ruler.at("normalize", _normalise)
    markdown.inline.ruler.disable("linkify")
    markdown.block.ruler.before(
        "fence", "math_block", _dollar_block_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    # Links are kept as cmark keeps them; what a card may link to is the business of the cleaning.
    markdown.normalizeLink = _normalised_link  # type: ignore[method-assign]
    markdown.normalizeLinkText = str  # type: ignore[method-assign,assignment]
    markdown.validateLink = _any_link  # type: ignore[method-assign]
    return markdown


def _normalise(state: StateCore) -> None:
    """Put the characters into a text that the parser needs; nearly every text has them, and need not be made anew."""
    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def _normalised_link(url: str) -> str:
    return quote(url, safe=_URL_SAFE, errors="replace")


def _any_link(url: str) -> bool:
    return True


def read_inside(tokens: list[Token], env: MutableMapping[str, Any]) -> list[Token]:
    """Return a passage's blocks with what is inside them read, as the parser of a passage would have given them."""
    state = StateCore("", parser(), env, tokens)
    for rule in (inline, text_join, _email_rule):
        rule(state)
    return state.tokens


def too_deep(tokens: Sequence[Token]) -> Token | None:
    """Return the first block nested so deeply that what it holds was not read, or None."""
    return next((token for token in tokens if token.nesting == 1 and token.level >= MAX_NESTING - 1), None)


# ── math ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _dollar_rule(state: StateInline, silent: bool) -> bool:
    """Read `$…$`, `$$…$$` or `` $`…`$ ``; dollars that open no formula are text, a run of three or more as a whole."""
    if state.src[state.pos] != "$":
        return False
    formula = formula_at(state.src, state.pos, state.posMax)
    if formula is None:
        run = min(dollars_at(state.src, state.pos), state.posMax - state.pos)
        if not silent:
            state.append_pending("$" * run)
        state.pos += run
        return True
    if not silent:
        token = state.push("math_inline_double" if formula.display else "math_inline", "math", 0)
        token.content = formula.tex
        token.markup = formula.markup
        token.info = formula.doubt
    state.pos = formula.end
    return True


def _dollar_block_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a display formula that stands on lines of its own; it may interrupt a paragraph."""
    position = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("$$", position) or state.is_code_block(start):
        return False
    found = formula_block(list(_lines_inside(state, start, end)))
    if found is None:
        return False
    if silent:
        return True
    count, tex = found
    state.line = start + count
    token = state.push("math_block", "math", 0)
    token.block = True
    token.content = tex
    token.markup = "$$"
    token.map = [start, state.line]
    return True


def _lines_inside(state: StateBlock, start: int, end: int) -> Iterator[str]:
    """Yield the lines from `start` that belong to the block's container, up to the one that holds the next `$$`."""
    for line in range(start, end):
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        if text and line > start and state.sCount[line] < state.blkIndent:
            return
        yield text
        if line > start and "$$" in text:
            return


# ── bare links ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _url_rule(state: StateInline, silent: bool) -> bool:
    """Read a bare `https://…` at its colon: the scheme already stands in the pending text."""
    source, colon = state.src, state.pos
    if source[colon] != ":" or state.linkLevel > 0 or not source.startswith("//", colon + 1):
        return False
    scheme = _SCHEME.search(source, max(0, colon - 6), colon)
    if not scheme or not _is_host_character(source[colon + 3 : colon + 4]):
        return False
    domain = _domain_end(source, colon + 3, state.posMax, dot_needed=False)
    if domain is None:
        return False
    end = _link_end(source, colon, domain, state.posMax)
    back = colon - scheme.start()
    if not silent:
        if not state.pending.endswith(scheme.group()):
            return False
        state.pending = state.pending[: len(state.pending) - back]
        _push_link(state, source[colon - back : end], source[colon - back : end])
    state.pos = end
    return True


def _www_rule(state: StateInline, silent: bool) -> bool:
    """Read a bare `www.…`, which needs a dot, and before it a blank or one of `*_~(`."""
    source, start = state.src, state.pos
    if not source.startswith("www.", start) or state.linkLevel > 0:
        return False
    if start > 0 and source[start - 1] not in " \t\n\v\f\r*_~(":
        return False
    domain = _domain_end(source, start, state.posMax, dot_needed=True)
    if domain is None:
        return False
    end = _link_end(source, start, domain, state.posMax)
    if end <= start:
        return False
    if not silent:
        _push_link(state, "http://" + source[start:end], source[start:end])
    state.pos = end
    return True


def _push_link(state: StateInline, url: str, text: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": _normalised_link(url)}
    opening.info = "auto"
    state.push("text", "", 0).content = text
    state.push("link_close", "a", -1).info = "auto"


def _is_host_character(character: str) -> bool:
    if not character or character.isspace():
        return False
    if character.isascii():
        return character.isalnum()
    return not category(character).startswith("P")


def _domain_end(source: str, start: int, limit: int, *, dot_needed: bool) -> int | None:
    """Return where the domain at `start` ends, or None where cmark-gfm sees none (underscores near its end, no dot)."""
    dots = before = last = 0
    position = start + 1
    while position < limit:
        character = source[position]
        if character == "\\" and position < limit - 2:
            position += 1
            character = source[position]
        if character == "_":
            last += 1
        elif character == ".":
            before, last, dots = last, 0, dots + 1
        elif character != "-" and not _is_host_character(character):
            break
        position += 1
    if (before or last) and dots <= 10:
        return None
    return None if dot_needed and not dots else position


def _link_end(source: str, start: int, domain_end: int, limit: int) -> int:
    """Return where a bare link ends: at white space or `<`, without the punctuation that closes the sentence."""
    found = _TO_SPACE.match(source, domain_end, limit)
    end = found.end() if found else domain_end
    excess = source.count(")", start, end) - source.count("(", start, end)
    while end > start:
        character = source[end - 1]
        if character in _TRAILING:
            end -= 1
        elif character == ")" and excess > 0:
            excess -= 1
            end -= 1
        elif character == ";":
            entity = _ENTITY_END.search(source, max(start, end - 40), end)
            end = entity.start() if entity else end - 1
        else:
            break
    return end


def _email_rule(state: StateCore) -> None:
    """Turn bare e-mail addresses in text into links, after all else is read, as cmark-gfm does."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "@" in block.content:
            block.children = list(_with_email_links(block.children))


def _with_email_links(tokens: list[Token]) -> Iterator[Token]:
    links = 0
    for token in tokens:
        if token.type == "link_open":
            links += 1
        elif token.type == "link_close":
            links -= 1
        if links or token.type != "text" or "@" not in token.content:
            yield token
            continue
        yield from _email_pieces(token)


def _email_pieces(token: Token) -> Iterator[Token]:
    """Yield the text token cut at its e-mail addresses, with links in their places."""
    text, done, seen = token.content, 0, 0
    while (at := text.find("@", seen)) >= 0:
        local = text[seen:at]
        start = seen + len(local.rstrip(_LOCAL_PART))
        found = _EMAIL_DOMAIN.match(text, at)
        if start == at or not found:
            seen = at + 1
            continue
        end = found.end()
        if text.startswith("@", end):
            seen = at + 1
            continue
        if not (text[end - 1].isascii() and text[end - 1].isalpha()):
            seen = end
            continue
        address = text[start:end]
        if text.endswith("mailto:", done, start):
            start -= len("mailto:")
        if start > done:
            yield _text(text[done:start], token.level)
        yield Token("link_open", "a", 1, attrs={"href": "mailto:" + _normalised_link(address)}, info="auto")
        yield _text(text[start:end], token.level + 1)
        yield Token("link_close", "a", -1, info="auto")
        done = seen = end
    if done < len(text):
        yield _text(text[done:], token.level)


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


# ── plain text ──────────────────────────────────────────────────────────────────────────────────────────────────────


def plain_text(markdown_inline: str, references: Mapping[str, Any] | None = None) -> str:
    """Return the text of one paragraph without its formatting, white space folded: what makes two wordings the same.

    Emphasis, code marks, dollars, link targets, HTML tags and comments are gone, entities are decoded; code and TeX
    are kept as written. `references` are the link definitions of the whole file.
    """
    if _NO_MARKUP.match(markdown_inline):
        return " ".join(markdown_inline.split())
    env: MutableMapping[str, Any] = {"references": dict(references)} if references else {}
    words = "".join(
        piece for token in parser().parseInline(markdown_inline, env) for piece in _plain(token.children or [])
    )
    return " ".join(words.split())


def _plain(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.type == "image":
            yield from _plain(token.children or [])
        elif token.type.startswith("math_inline"):
            yield token.content
