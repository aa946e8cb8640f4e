r"""What a formula may not say: MathJax has macros that write attributes of HTML, and so reach beyond the formula.

`\href` takes `javascript:`, `\style` and `\bbox` take any CSS, fixed positions and pictures from elsewhere included;
the cleaning of HTML sees none of it, since MathJax makes it of text, on the learner's device. A macro can only be
called, renamed or put into another by writing its name, so it is enough to look at every place where the name stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)

_SIGN: Final = r"(?:[\w., !-]|#(?!\d))"  # a number after # would be what a macro is called with
_COLOUR: Final = rf"\{{{_SIGN}{{0,60}}\}}"
_ALLOWED: Final[Mapping[str, re.Pattern[str] | None]] = MappingProxyType({
    "class": None,
    "cssId": None,
    "mmlToken": None,
    "style": None,
    "href": re.compile(r"\s{0,9}\{\s{0,9}(?:https?://|mailto:)[^{}\\]{0,2000}\}"),
    "bbox": re.compile(rf"\s{{0,9}}(?:\[(?:border:|{_SIGN}){{0,100}}\]\s{{0,9}})?\{{"),
    "unicode": re.compile(r"\s{0,9}(?:\[[\w., -]{0,100}\]\s{0,9}){0,2}\{"),
    "fcolorbox": re.compile(rf"\s{{0,9}}(?:\[\w{{1,9}}\])?{_COLOUR}\s{{0,9}}{_COLOUR}"),
    "definecolor": re.compile(rf"\s{{0,9}}{_COLOUR}\s{{0,9}}{_COLOUR}\s{{0,9}}{_COLOUR}"),
    "require": re.compile(r"\s{0,9}\{(?!setoptions\})[a-z]{1,20}\}"),
})  # fmt: skip
"""The macros that write what they are given into the page, with what may follow them there; None: nothing may."""

_ANY_OF_THEM = re.compile(rf"\\(?:{'|'.join(_ALLOWED)})")


def reaching_out(tex: str) -> Iterator[tuple[int, str]]:
    """Yield where in a formula a macro stands that could reach beyond it, and the macro's name."""
    if not _ANY_OF_THEM.search(tex):
        return
    for found in _COMMAND.finditer(tex):
        name = found.group()[1:]
        if name in _ALLOWED:
            allowed = _ALLOWED[name]
            if allowed is None or not allowed.match(tex, found.end()):
                yield found.start(), name
