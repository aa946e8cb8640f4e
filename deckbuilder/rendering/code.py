"""Code becomes HTML with Pygments' short classes, in a wrapper that scrolls and never runs from right to left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from deckbuilder.cache import digest_of
from deckbuilder.rendering.math import escape_text

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

MAX_HIGHLIGHTED: Final = 4_000
"""Characters of a block beyond which it stays plain: no card has so much code, and lexers are not linear in time."""

SLOW: Final = frozenset({"autoit", "fan", "x++", "xpp"})
"""Languages whose code stays plain: their lexers take seconds for a page, by the square or the cube of its length."""

_ENOUGH: Final = 20
"""Blocks of one language from which on it pays to find out what each rule of its lexer can begin with."""

_UNSTYLED: Final = frozenset({"", "n", "p", "w"})


def code_block(code: str, language: str, mark: str = "") -> str:
    """Return a block of code, highlighted where Pygments knows the language; `mark` goes into the wrapper's class."""
    return code_frame(highlighted(code, language.strip().lower()), mark)


def code_frame(html: str, mark: str = "") -> str:
    """Return code that is HTML already in the wrapper of all blocks of code."""
    return f'<div class="{mark}db-code" dir="ltr"><pre><code>{html}</code></pre></div>'


@contextmanager
def remembering(known: Mapping[bytes, str]) -> Iterator[Mapping[bytes, str]]:
    """Take what is `known` of highlighted code as it is; give all that was asked for within the block, to be known.

    Both are by a digest of the language and the code. To load a lexer takes as long as to read a hundred questions.
    """
    asked: dict[bytes, str] = {}
    before = _MEMORY.set((known, asked))
    try:
        yield asked
    finally:
        _MEMORY.reset(before)


_MEMORY: Final[ContextVar[tuple[Mapping[bytes, str], dict[bytes, str]] | None]] = ContextVar("memory", default=None)


def highlighted(code: str, language: str) -> str:
    """Return code as HTML: runs of tokens in spans of Pygments' classes, everything escaped."""
    memory = _MEMORY.get()
    if memory is None or not language:
        return _highlighted(code, language)
    known, asked = memory
    digest = digest_of(language, code)
    html = asked[digest] = known.get(digest) or _highlighted(code, language)
    return html


def _highlighted(code: str, language: str) -> str:
    lexer = _lexer(language) if language and language not in SLOW and len(code) <= MAX_HIGHLIGHTED else None
    if lexer is None:
        return escape_text(code)
    pieces: list[str] = []
    for name, run in groupby(lexer.tokens(code), _class_of):
        text = escape_text("".join([text for _, text in run]))
        pieces.append(f'<span class="{name}">{text}</span>' if name else text)
    html = "".join(pieces)
    if code.endswith("\n"):
        return html
    # The lexer ends every text with a line break, which was not the author's.
    head, _, tail = html.rpartition("\n")
    return head + tail


class _Lexer:
    """The lexer of a language, which is made quicker once it has enough to do."""

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._blocks = 0

    def tokens(self, code: str) -> Iterable[tuple[_TokenType, str]]:
        """Return the tokens of a block of code."""
        self._blocks += 1
        if self._blocks == _ENOUGH:
            from deckbuilder.rendering.lexing import is_tried, make_quicker

            if is_tried():
                make_quicker(self._lexer)
        return self._lexer.get_tokens(code)


@lru_cache(maxsize=256)
def _lexer(language: str) -> _Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return _Lexer(get_lexer_by_name(language, stripnl=False, ensurenl=True))
    except ClassNotFound:
        return None


def _class_of(token: tuple[_TokenType, str]) -> str:
    return _css_class(token[0])


@lru_cache(maxsize=512)
def _css_class(kind: _TokenType) -> str:
    from pygments.token import STANDARD_TYPES

    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "")
    return "" if name in _UNSTYLED else name
