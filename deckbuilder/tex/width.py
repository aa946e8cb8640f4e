"""How wide a formula comes out in a line, estimated from its signs to about a sixth: all that a warning needs."""

from __future__ import annotations

import re
from typing import Final

from deckbuilder.tex.known import known

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\s+|[{}^_]|.", re.DOTALL)
_TEXT: Final = re.compile(r"\\(?:text\w*|mathrm|mathsf|mathop|operatorname\*?|mbox|mathbf)\s*\{([^{}\\]*)\}")
_LONG_NUMBER = re.compile(r"\d{5,}")
"""Hardly a number that somebody reads, rather one that holds the place of a drill's, which has some four digits."""

_SCRIPT = 0.71
_DEEPEST = 6
"""Fractions of fractions and scripts of scripts: what is deeper adds next to nothing."""

_MEASURED = 1.08
"""What the estimate falls short of what MathJax makes, in the middle of many formulas."""

_SPACES: Final = {
    r"\quad": 1.0, r"\qquad": 2.0, r"\,": 0.17, r"\thinspace": 0.17, r"\;": 0.28, r"\:": 0.22, r"\ ": 0.25, "~": 0.25,
    r"\!": -0.17,
}  # fmt: skip
_RELATIONS: Final = frozenset(
    "= < > \\le \\ge \\leq \\geq \\lt \\gt \\ne \\neq \\approx \\sim \\equiv \\in \\to \\mapsto \\propto \\subset "
    "\\Rightarrow \\rightarrow \\leftarrow \\implies \\iff \\mid \\ll \\gg \\gets \\coloneqq".split()
)
_BINARY: Final = frozenset("+ - * \\times \\cdot \\pm \\cup \\cap \\odot \\otimes \\oplus \\circ \\div".split())
_NAMED: Final = re.compile(
    r"\\(?:log|ln|exp|max|min|sin|cos|tan|lim|sup|inf|det|dim|ker|arg|deg|gcd|Pr|tanh|sinh|cosh|arctan|liminf|limsup)$"
)
_WIDE: Final = frozenset("mwMWABCDEFGHKNOPQRSTUVXYZ")
_NARROW: Final = frozenset("il!,.;:|'()[]tfjrsI1")
_FRACTION: Final = frozenset({r"\frac", r"\tfrac", r"\dfrac", r"\binom"})
_STACKED: Final = frozenset({r"\overset", r"\underset", r"\stackrel"})


BREAKS: Final = frozenset(
    "= < > \\approx \\equiv \\ge \\geq \\iff \\implies \\le \\leq \\longrightarrow \\mapsto \\ne \\neq \\propto \\sim "
    "\\to \\Rightarrow \\rightarrow".split()
)
"""The relations after which a card breaks a formula that stands in a line, where they are in no bracket."""

_OPENS: Final = frozenset({"(", "{", "[", r"\{", r"\left"})
_CLOSES: Final = frozenset({")", "}", "]", r"\}", r"\right"})


def unbroken_width(tex: str) -> float:
    """Return about how many em the widest piece is that a formula cannot be broken within."""
    pieces, depth = [""], 0
    for found in _TOKEN.finditer(tex):
        sign = found.group()
        breaks = depth == 0 and sign in BREAKS and pieces[-1].strip()
        pieces[-1] += sign
        depth += (sign in _OPENS) - (sign in _CLOSES)
        if breaks:
            pieces.append("")
    return max(map(width, pieces))


def width(tex: str) -> float:
    """Return about how many em a formula without environments is wide when it stands in a line."""
    tex = _TEXT.sub(_worded, _LONG_NUMBER.sub("nnnn", tex))
    return _MEASURED * _width([found.group() for found in _TOKEN.finditer(tex)], 1.0)


def _worded(found: re.Match[str]) -> str:
    """Return a stand-in as wide as the words of an argument that is set upright."""
    return "{" + "n" * round(len(found.group(1)) * 0.85) + "}"


def _width(signs: list[str], scale: float, depth: int = 0) -> float:
    if depth > _DEEPEST:
        return 0.0
    total, at = 0.0, 0
    while at < len(signs):
        sign = signs[at]
        at += 1
        if sign in ("^", "_"):
            script, at = _argument(signs, at)
            size = _width(script, scale * _SCRIPT, depth + 1)
            if at < len(signs) and signs[at] in ("^", "_"):  # both stand one above the other
                other, at = _argument(signs, at + 1)
                size = max(size, _width(other, scale * _SCRIPT, depth + 1))
            total += size
        elif sign in _FRACTION or sign in _STACKED:
            first, at = _argument(signs, at)
            second, at = _argument(signs, at)
            smaller = scale * (_SCRIPT if sign in _FRACTION and sign != r"\dfrac" else 1)
            total += max(_width(first, smaller, depth + 1), _width(second, smaller, depth + 1)) + 0.24 * scale
        else:
            total += _glyph(sign, scale)
    return total


def _argument(signs: list[str], at: int) -> tuple[list[str], int]:
    while at < len(signs) and signs[at].isspace():
        at += 1
    if at >= len(signs) or signs[at] != "{":
        return signs[at : at + 1], at + 1
    depth, start = 0, at
    while at < len(signs):
        depth += {"{": 1, "}": -1}.get(signs[at], 0)
        at += 1
        if depth == 0:
            break
    return signs[start + 1 : at - 1], at


def _glyph(sign: str, scale: float) -> float:
    spread = 0.0 if scale < 1 else 1.0  # no room is left around signs in scripts
    if sign in _SPACES:
        size = _SPACES[sign]
    elif sign in _RELATIONS:
        size = 0.8 + 0.56 * spread
    elif sign in _BINARY:
        size = 0.75 + 0.44 * spread
    elif _NAMED.match(sign):
        size = (len(sign) - 1) * 0.5 + 0.17 * spread
    elif sign[0] == "\\" and sign[1:].isalpha():
        size = _command(sign)
    elif sign.isspace() or sign in "{}&":
        size = 0.0
    else:
        size = 0.39 if sign in _NARROW else 0.75 if sign in _WIDE else 0.5
    return size * scale


def _command(sign: str) -> float:
    if known().macros.get(sign[1:], "m"):  # an accent or a font: what it holds counts
        return 0.3 if sign == r"\sqrt" else 0.0
    return 1.1 if sign in (r"\sum", r"\prod") else 0.6
