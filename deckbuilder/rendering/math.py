r"""TeX becomes what Anki typesets: `\(…\)` in a line, `\[…\]` on lines of its own.

Nothing inside is touched but for what HTML needs (`<`, `>`, `&`) and what would end the formula too early or never:
MathJax ends it at the first closing delimiter outside braces, and never while a brace is open.
"""

from __future__ import annotations

import re

_BRACE_OR_ESCAPED = re.compile(r"\\[\\{}()\[\]]|[{}]")
_BLANK_LINES = re.compile(r"\n[ \t]*(?=\n)")


def inline_math(tex: str, mark: str = "") -> str:
    """Return a formula that stands in a line. `mark` goes into the delimiters, to tell ours from the author's."""
    body, balanced = _body(tex, ")")
    typeset = f"\\{mark}({body}\\{mark})"
    return typeset if balanced else f"<span>{typeset}</span>"


def displayed_math(tex: str, element: str, mark: str = "") -> str:
    """Return a formula on lines of its own, wrapped in an `element` (div or span) of class db-math that can scroll."""
    body, _ = _body(tex, "]")
    return f'<{element} class="{mark}db-math">\\{mark}[{body}\\{mark}]</{element}>'


def _body(tex: str, closing: str) -> tuple[str, bool]:
    """Return the TeX fit to stand between delimiters, and whether its braces balance."""
    tex = tex.strip()
    if "\n" in tex:
        tex = _BLANK_LINES.sub("", tex)
    depth = 0
    pieces: list[str] = []
    done = 0
    if "{" in tex or "\\" + closing in tex:
        for found in _BRACE_OR_ESCAPED.finditer(tex):
            sign = found.group()
            if sign == "{":
                depth += 1
            elif sign == "}":
                depth = max(0, depth - 1)
            elif depth == 0 and sign[1] == closing:
                pieces += [tex[done : found.start()], "{", sign, "}"]
                done = found.end()
    if pieces:
        tex = "".join([*pieces, tex[done:]])
    if (len(tex) - len(tex.rstrip("\\"))) % 2:
        tex += " "
    return escape_text(tex), depth == 0


def escape_text(text: str) -> str:
    """Return text with `&`, `<` and `>` written as HTML needs them."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text
