"""Where `$…$` is a formula and where it is money: the one judge, for every flavour of Markdown.

GitHub typesets `$x$` where the opening dollar follows no letter or digit and is followed by no blank, and the closing
one follows no blank and is followed by no letter or digit. Formulas that only just miss these rules are typeset all
the same and named, so that they can be reported.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from msgspec import Struct

BLANK_INSIDE: Final = "a blank stands just inside the dollars"
LETTER_AFTER: Final = "a letter follows the closing dollar"

_TO_DOLLAR = re.compile(r"[^\\$]*(?:\\.[^\\$]*)*", re.DOTALL)
_TO_DOLLARS = re.compile(r"[^\\$]*(?:(?:\\.|\$(?!\$))[^\\$]*)*", re.DOTALL)
_TO_BACKTICK_DOLLAR = re.compile(r"\$`([^`]+)`\$")
_COMMAND = re.compile(r"\\[A-Za-z,;!|{}\\]")
_SIGN = re.compile(r"[\^_={}<>+|]")
_WORD = re.compile(r"[^\W\d_]{3}")
_CURRENCY = re.compile("[€£¥₹]")
_AFTER_BLANK_LINE = re.compile(r"#{1,6}\s|>|```|~~~|[-*+]\s|\d+[.)]\s|<")


class Formula(Struct, frozen=True):
    """A formula in a text: from `start` to `end` (excluded) with its dollars, its TeX, and whether it is displayed.

    `doubt` says why GitHub would not typeset it, and is empty where GitHub does.
    """

    start: int
    end: int
    tex: str
    markup: str
    doubt: str = ""

    @property
    def display(self) -> bool:
        """Whether the formula stands on a line of its own when typeset."""
        return self.markup == "$$"


def looks_like_tex(text: str) -> bool:
    """Whether a text between dollars can only be meant as a formula: a TeX command, or signs and no words."""
    if _COMMAND.search(text):
        return True
    return bool(_SIGN.search(text)) and not _WORD.search(text) and not _CURRENCY.search(text)


def formula_at(text: str, start: int, limit: int | None = None) -> Formula | None:
    """Return the formula that opens with the dollar at `start` and closes before `limit`, or None if it is no formula.

    The caller has seen to it that the dollar is neither escaped nor inside code.
    """
    limit = len(text) if limit is None else limit
    run = dollars_at(text, start)
    if run == 1:
        if text.startswith("`", start + 1):
            return _backtick_formula(text, start, limit)
        return _inline_formula(text, start, limit)
    return _displayed_formula(text, start, limit) if run == 2 else None


def dollars_at(text: str, start: int) -> int:
    """Return how many dollars stand in a row at `start`."""
    end = start
    while text.startswith("$", end):
        end += 1
    return end - start


def _backtick_formula(text: str, start: int, limit: int) -> Formula | None:
    found = _TO_BACKTICK_DOLLAR.match(text, start, limit)
    if not found or _alphanumeric(text, start - 1):
        return None
    return Formula(start, found.end(), found.group(1), "$`")


def _inline_formula(text: str, start: int, limit: int) -> Formula | None:
    found = _TO_DOLLAR.match(text, start + 1, limit)
    end = found.end() if found else limit
    if end >= limit or text[end] != "$" or _alphanumeric(text, start - 1) or _holds_code(text, start, end):
        return None
    tex, after = text[start + 1 : end], text[end + 1 : end + 2]
    doubt = _doubt(tex, after)
    if not tex.strip() or after.isdigit():
        return None
    if doubt == BLANK_INSIDE and (after.isalpha() or not looks_like_tex(tex) or _amount_before(text, start)):
        return None
    if doubt == LETTER_AFTER and len(tex) > 1 and not looks_like_tex(tex):
        return None
    return Formula(start, end + 1, tex, "$", doubt)


def _doubt(tex: str, after: str) -> str:
    if tex[:1].isspace() or tex[-1:].isspace():
        return BLANK_INSIDE
    return LETTER_AFTER if after.isalpha() else ""


def _displayed_formula(text: str, start: int, limit: int) -> Formula | None:
    found = _TO_DOLLARS.match(text, start + 2, limit)
    end = found.end() if found else limit
    if end + 2 > limit or dollars_at(text, end) != 2:
        return None
    tex = text[start + 2 : end]
    if not tex.strip() or _holds_code(text, start, end):
        return None
    if tex[0].isspace() and _WORD.search(tex) and not looks_like_tex(tex):
        return None
    return Formula(start, end + 2, tex, "$$")


def _alphanumeric(text: str, index: int) -> bool:
    return index >= 0 and text[index].isalnum()


def _amount_before(text: str, start: int) -> bool:
    """Whether the dollar follows a number, as in `5 $ = 4 $`."""
    return start >= 2 and text[start - 2].isdigit()


def _holds_code(text: str, start: int, end: int) -> bool:
    """Whether inline code opens between the dollars: code binds tighter than they do."""
    opening = text.find("`", start, end)
    return opening >= 0 and text.find("`", opening + 1) >= 0


def formula_block(lines: list[str]) -> tuple[int, str] | None:
    """Return how many of the `lines` the display formula takes that opens the first, and its TeX, or None.

    The formula opens a line with `$$` and ends one with `$$`. Where both stand on lines of their own, blank lines
    inside are no end, unless what follows them is clearly Markdown: an unclosed `$$` must not swallow the file.
    """
    opening = lines[0].strip()
    if not opening.startswith("$$") or opening.startswith("$$$"):
        return None
    body = [opening[2:], *(line.strip() for line in lines[1:])]
    closing = next((number for number, line in enumerate(body) if "$$" in line), None)
    if closing is None or body[closing].index("$$") != len(body[closing]) - 2:
        return None
    inside = [*body[:closing], body[closing][:-2]]
    tex = "\n".join(filter(None, inside))
    return (closing + 1, tex) if tex.strip() and not _broken_off(inside) else None


def _broken_off(inside: list[str]) -> bool:
    """Whether a blank line ended the formula before its closing dollars came."""
    if "" not in inside[1:-1]:
        return False
    return bool(inside[0]) or any(not before and _AFTER_BLANK_LINE.match(line) for before, line in pairwise(inside[1:]))
