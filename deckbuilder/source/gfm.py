"""GitHub's Markdown: the one configured parser, whose tokens give both the structure and the HTML.

It equals cmark-gfm on the corpus in `tests/fixtures/gfm`, and adds front matter and math. Block tokens keep their
`map`: the first line and the line after the last, from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from deckbuilder.source.gfm_blocks import BlockReader
from deckbuilder.source.gfm_inline import InlineReader, any_link, link_emails, normalised_link

MAX_NESTING: Final = 100
"""Depth of blocks inside blocks (a list counts two) up to which content is read; `too_deep` finds what lies below."""

_NO_MARKUP = re.compile(r"[^$&*<\\\[_`~]*\Z")


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Return the parser of a passage: blocks and what is inside them, with math and without front matter."""
    markdown = _configured(BlockReader())
    markdown.core.ruler.push("gfm_email", link_emails)
    return markdown


@lru_cache(maxsize=1)
def blocks() -> MarkdownIt:
    """Return the parser of a whole file's structure: the same blocks, front matter too, and no inline parsing."""
    markdown = _configured(BlockReader(front_matter=True))
    markdown.core.ruler.disable(["inline", "text_join"])
    return markdown


def _configured(reader: BlockReader) -> MarkdownIt:
    markdown = MarkdownIt("gfm-like2", {"maxNesting": MAX_NESTING, "linkify": False})
    markdown.block, markdown.inline = reader, InlineReader()
    markdown.core.ruler.disable("linkify")
    # Links are kept as cmark keeps them; what a card may link to is the business of the cleaning.
    markdown.normalizeLink = normalised_link  # type: ignore[method-assign]
    markdown.normalizeLinkText = str  # type: ignore[method-assign,assignment]
    markdown.validateLink = any_link  # type: ignore[method-assign]
    return markdown


def too_deep(tokens: Sequence[Token]) -> Token | None:
    """Return the first block nested so deeply that what it holds was not read, or None."""
    return next((token for token in tokens if token.nesting == 1 and token.level >= MAX_NESTING - 1), None)


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
