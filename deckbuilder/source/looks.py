"""What a reader sees of a question besides its words: pictures, code, displayed formulas, raised and lowered signs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from markdown_it.token import Token

from deckbuilder.source.blocks import Block, read_structure
from deckbuilder.source.gfm import parser
from deckbuilder.source.passage import Passage

_WORDS_ONLY: Final = re.compile(r"[^<`!\n]*\Z")
_SHOWN_BY_WORDS: Final = frozenset(("paragraph", "heading", "table", "rule"))
_DEEPER: Final = re.compile(r"```|~~~|\$\$")
_FENCE_MARK: Final = re.compile(r"\A[ \t]*(?:`{3,}|~{3,})[^\n]*|\n[ \t]*(?:`{3,}|~{3,})[ \t]*\Z")
_RAISED: Final = re.compile(r"<(/?su[bp])\b", re.IGNORECASE)
_PICTURE: Final = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_TEX_SPACE: Final = re.compile(r"\\(?:[,;:!> ]|q?quad(?![A-Za-z]))")


def look_of(*passages: Passage) -> str:
    """Return what the passages of a question show that its words do not say, "" where words are all there is.

    Pictures count by their names, without folder and extension; code and formulas as they are written, white space
    folded.
    """
    if all(_WORDS_ONLY.match(passage.text) for passage in passages):
        return ""
    return "\n".join(" ".join(piece.split()) for passage in passages for piece in _pieces(passage.text))


def _pieces(text: str) -> Iterator[str]:
    structure, lines = read_structure(text), text.split("\n")
    for block in structure.blocks:
        shown = "\n".join(lines[block.start : block.end])
        if block.type not in _SHOWN_BY_WORDS and (not _is_nested(block) or _DEEPER.search(shown)):
            yield _FENCE_MARK.sub("", shown) if block.type == "fence" else shown
    for leaf in structure.leaves:
        if not _WORDS_ONLY.match(leaf.content):
            for token in parser().parseInline(leaf.content, {}):
                yield from _signs(token.children or ())


def _is_nested(block: Block) -> bool:
    return block.type in ("ordered_list", "bullet_list", "quote")


def _signs(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield pictures, the marks of raised and lowered text with what is in it, and code that words do not tell."""
    raised = False
    for token in tokens:
        if token.type == "image":
            yield _name(str(token.attrs.get("src", "")))
        elif token.type == "html_inline" and (mark := _RAISED.match(token.content)):
            raised = not mark[1].startswith("/")
            yield mark[1].lower()
        elif token.type == "html_inline" and (picture := _PICTURE.match(token.content)):
            yield _name(picture[1])
        elif raised or (token.type == "code_inline" and _TEX_SPACE.search(token.content)):
            yield token.content


def _name(path: str) -> str:
    return f"picture {PurePosixPath(unquote(path)).stem}"
