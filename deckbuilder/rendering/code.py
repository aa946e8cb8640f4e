"""Code becomes HTML with Pygments' short classes, in a wrapper that scrolls and never runs from right to left."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from deckbuilder.rendering.math import escape_text

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

MAX_HIGHLIGHTED: Final = 20_000
"""Characters of a block beyond which it stays plain: no card has so much code, and lexers are not linear in time."""

_UNSTYLED: Final = frozenset({"", "n", "p", "w"})


def code_block(code: str, language: str, mark: str = "") -> str:
    """Return a block of code, highlighted where Pygments knows the language; `mark` goes into the wrapper's class."""
    return code_frame(highlighted(code, language.strip().lower()), mark)


def code_frame(html: str, mark: str = "") -> str:
    """Return code that is HTML already in the wrapper of all blocks of code."""
    return f'<div class="{mark}db-code" dir="ltr"><pre><code>{html}</code></pre></div>'


def highlighted(code: str, language: str) -> str:
    """Return code as HTML: runs of tokens in spans of Pygments' classes, everything escaped."""
    lexer = _lexer(language) if language and len(code) <= MAX_HIGHLIGHTED else None
    if lexer is None:
        return escape_text(code)
    pieces: list[str] = []
    open_class = ""
    for kind, text in lexer.get_tokens(code):
        name = _css_class(kind)
        if name != open_class:
            if open_class:
                pieces.append("</span>")
            if name:
                pieces.append(f'<span class="{name}">')
            open_class = name
        pieces.append(escape_text(text))
    if open_class:
        pieces.append("</span>")
    html = "".join(pieces)
    if code.endswith("\n"):
        return html
    # The lexer ends every text with a line break, which was not the author's.
    head, _, tail = html.rpartition("\n")
    return head + tail


@lru_cache(maxsize=256)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _css_class(kind: _TokenType) -> str:
    from pygments.token import STANDARD_TYPES

    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "")
    return "" if name in _UNSTYLED else name
