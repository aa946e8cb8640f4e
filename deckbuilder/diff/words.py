r"""What a field shows as text, and which words of it differ from another's.

Formulas become `$…$` and `$$…$$` and code stays between backticks, each a single word: half a formula is not readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final

from msgspec import Struct

MAX_WORK: Final = 4_000_000
"""Pairs of words that are compared at most; what is longer on both sides counts as replaced as a whole."""

_BLOCKS = frozenset(
    "p div li ul ol pre table tr blockquote h1 h2 h3 h4 h5 h6 details summary dl dt dd br hr figure".split()
)
_MATH = re.compile(r"\\\(((?:(?!\\[()]).)*+)\\\)|\\\[((?:(?!\\[\[\]]).)*+)\\\]", re.DOTALL)
_WORD = re.compile(r"\s+|\w+(?:[-'’]\w+)*|[^\w\s]")
_DECLARATION = re.compile(r"<!(?!--)")
_TYPED_BACKSLASH = re.compile(r"\\<span></span>")
_NO_MATH = "\ufdd0"  # no character, so in no text: keeps a typed `\(` from being taken for a formula
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that move a terminal's cursor, or turn the direction in which what follows is read."""


class Fate(StrEnum):
    """What became of a stretch of text."""

    SAME = "same"
    GONE = "gone"
    COME = "come"


class Piece(Struct, frozen=True):
    """A stretch of text that stayed, went or came."""

    fate: Fate
    text: str


def visible_text(html: str) -> str:
    """Return what a field shows, as lines of text; nothing in it moves the cursor of a terminal or hides."""
    return "".join(_tokens(html)).strip("\n")


def one_line(text: str) -> str:
    """Return plain text as one line that is safe to show."""
    return _UNSEEN.sub("\ufffd", " ".join(text.split()))


def word_diff(old: str, new: str) -> tuple[Piece, ...]:
    """Return what stayed, went and came between the visible texts of two fields of HTML, in order."""
    before, after = _tokens(old), _tokens(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    runs: list[_Run] = [(Fate.SAME, before[:head])]
    runs += _middle(before[head : len(before) - tail], after[head : len(after) - tail])
    runs.append((Fate.SAME, before[len(before) - tail :]))
    return tuple(_pieces(runs))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


_Run = tuple[Fate, Sequence[str]]


def _middle(before: Sequence[str], after: Sequence[str]) -> list[_Run]:
    if len(before) * len(after) > MAX_WORK:
        return [(Fate.GONE, before), (Fate.COME, after)]
    runs: list[_Run] = []
    for tag, start, end, begin, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal" and runs and _is_filler(before[start:end]):  # "a b" for "c d" is one change and not two
            runs += [(Fate.GONE, before[start:end]), (Fate.COME, after[begin:stop])]
        elif tag == "equal":
            runs.append((Fate.SAME, before[start:end]))
        else:
            runs += [(Fate.GONE, before[start:end]), (Fate.COME, after[begin:stop])]
    return runs


def _is_filler(tokens: Sequence[str]) -> bool:
    return not any(re.search(r"\w|\n", token) for token in tokens)


def _pieces(runs: Sequence[_Run]) -> Iterator[Piece]:
    """Yield the runs with neighbours put together: between two stretches that stay, first what went, then what came."""
    changed: dict[Fate, str] = {Fate.GONE: "", Fate.COME: ""}
    same = ""
    for fate, tokens in [*runs, (Fate.SAME, ["\0"])]:
        text = "".join(tokens)
        if not text:
            continue
        if fate is not Fate.SAME:
            if same:
                yield Piece(Fate.SAME, same)
                same = ""
            changed[fate] += text
            continue
        yield from (Piece(kind, words) for kind, words in changed.items() if words)
        changed = {Fate.GONE: "", Fate.COME: ""}
        same += text
    if same.removesuffix("\0"):
        yield Piece(Fate.SAME, same.removesuffix("\0"))


# ── HTML to words ───────────────────────────────────────────────────────────────────────────────────────────────────


def _tokens(html: str) -> list[str]:
    """Return the words, blanks, formulas, pieces of code and line ends that a field shows."""
    reader = _Reader()
    # Python's reader raises AssertionError at some declarations, such as `<![`; on a card they are text or nothing.
    text = _DECLARATION.sub("&lt;!", html)
    reader.feed(_TYPED_BACKSLASH.sub(lambda _: "\\" + _NO_MATH, text))
    reader.close()
    reader.flush()
    return [_UNSEEN.sub("\ufffd", token) for token in reader.tokens]


class _Reader(HTMLParser):
    """Gathers tokens. Text is held back until a block or a piece of code ends it, as a formula may lie across tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[str] = []
        self._text = ""
        self._code = ""
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a piece of code, or name a picture."""
        told = dict(attrs)
        if tag in _BLOCKS and not (tag in ("br", "hr") and self._inside):
            self._line()
        if tag in ("code", "pre"):
            self.flush()
            self._inside.append(tag)
        elif tag == "li":
            self._text += "- "
        elif tag in ("td", "th"):
            self._text += "| "
        elif tag == "img":
            self._text += f"![{told.get('alt') or ''}]({told.get('src') or ''}) "
        elif tag == "input":
            self._text += "[x] " if "checked" in told else "[ ] "
        elif tag == "hr":
            self._text += "---"
            self._line()

    def handle_endtag(self, tag: str) -> None:
        """End a line or a piece of code."""
        if tag in ("code", "pre") and tag in self._inside:
            self._inside.remove(tag)
            if not self._inside:
                self._code_ends(block=tag == "pre")
        if tag in ("td", "th"):
            self._text += " "
        if tag in _BLOCKS:
            self._line()

    def handle_data(self, data: str) -> None:
        """Keep text, or code as it stands."""
        if self._inside:
            self._code += data
        else:
            self._text += data

    def _code_ends(self, *, block: bool) -> None:
        if block:
            for line in self._code.strip("\n").split("\n"):
                self.tokens += [*re.findall(r"\s+|\w+|[^\w\s]", line), "\n"]
        elif self._code:
            self.tokens.append(f"`{self._code}`")
        self._code = ""

    def _line(self) -> None:
        if self._inside:
            return
        self._text = self._text.rstrip()
        self.flush()
        if self.tokens and self.tokens[-1] != "\n":
            self.tokens.append("\n")

    def flush(self) -> None:
        """Turn the text that was held back, and code that never ended, into tokens."""
        at = 0
        for formula in _MATH.finditer(self._text):
            self._words(self._text[at : formula.start()])
            mark = "$" if formula[1] is not None else "$$"
            self.tokens.append(f"{mark}{' '.join((formula[1] or formula[2] or '').split())}{mark}")
            at = formula.end()
        self._words(self._text[at:])
        self._text = ""
        if self._code:
            self._code_ends(block=False)

    def _words(self, text: str) -> None:
        for word in _WORD.findall(text.replace(_NO_MATH, "")):
            if not word.isspace():
                self.tokens.append(word)
            elif self.tokens and not self.tokens[-1][-1:].isspace():
                self.tokens.append(" ")
