"""The last touch to HTML: local pictures get placeholders, and nothing in text is left that Anki would act upon."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Final

from deckbuilder.rendering.cleaning import MARK, is_relative
from deckbuilder.rendering.pictures import PLACEHOLDER

UNCHECKED: Final = "\ufdd3"
CHECKED: Final = "\ufdd4"
"""Stand for a task's check box while the HTML is cleaned, which lets no author make input elements."""

UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef]")
"""Characters that Anki's database, HTML or this renderer would take for something else than text."""

_HARMLESS = re.compile("[^&<>\"'\\\\[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef]*+")
_PIECE = re.compile(r'(<(?:[^">]|"[^"]*")*>)')
_MATH_OPENING = re.compile(r"\\(?=[(\[])")
_ANKI_TAG = re.compile(r"\[(?=(?i:sound:|anki:|\[type:|/?latex\]|/?\$\$?\]))")
_ALT = re.compile(r' alt="([^"]*)"')
_SRC = re.compile(r' src="([^"]*)"')
_OWN = re.compile(f"[{MARK}{UNCHECKED}{CHECKED}]")
_TASK = re.compile(f"<li>(\\s*(?:<p>)?)(?=[{UNCHECKED}{CHECKED}])")


def checkbox(checked: bool) -> str:
    """Return the box of a task, done or not; it is shown, not used."""
    return f'<input type="checkbox" disabled{" checked" if checked else ""}>'


def fit(text: str) -> str:
    """Return text of the same length with unfit characters replaced, so that columns stay true."""
    return UNFIT.sub("\ufffd", text) if UNFIT.search(text) else text


def plain(text: str) -> str:
    r"""Return escaped text in which a typed `\(` or `\[` opens no formula."""
    return _MATH_OPENING.sub(r"\\<span></span>", text) if "\\" in text else text


def unformatted(text: str) -> str:
    """Return text of no formatting as HTML, in an element or an attribute, in which Anki acts upon nothing."""
    if _HARMLESS.fullmatch(text):  # as nearly all is, and there are several for each note
        return text
    return neutral(plain(escape(fit(text))))


def image(src: str, attributes: str) -> str:
    """Return an img element: an address of a local picture becomes a placeholder; attributes begin with a blank."""
    if src.startswith("//"):
        src = "https:" + src
    elif is_relative(src):
        src = PLACEHOLDER + src
    return f'<img src="{escape(src)}"{attributes}>'


def finished(cleaned: str) -> tuple[str, list[str]]:
    """Return cleaned HTML ready for a card, and the addresses of its local pictures.

    The renderer's own marks become what they stand for, but only in text: where the author's HTML swallowed them into
    an attribute, they are dropped.
    """
    pictures: list[str] = []
    pieces = _PIECE.split(_TASK.sub(r'<li class="db-task">\1', cleaned))
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            text = plain(piece)
            if piece.endswith("\\") and number + 1 < len(pieces) and pieces[number + 1].startswith("<wbr"):
                text += "<span></span>"  # MathJax reads on across this one element
            if _OWN.search(text):
                text = text.replace(UNCHECKED, checkbox(False) + " ").replace(CHECKED, checkbox(True) + " ")
                text = text.replace(MARK, "")
            pieces[number] = text
        elif piece.startswith("<img"):
            pieces[number] = _finished_image(_OWN.sub("", piece), pictures)
        else:
            pieces[number] = _OWN.sub("", piece)
    return UNFIT.sub("", "".join(pieces)), pictures


def framed(html: str) -> str:
    """Return HTML with each table in a wrapper that can scroll, and with nothing in it that Anki would act upon."""
    if "<table" in html:
        html = html.replace("<table", '<div class="db-table"><table').replace("</table>", "</table></div>")
    return neutral(html)


def neutral(html: str) -> str:
    """Return HTML without what Anki reads in any text of a card: sounds, speech, LaTeX, a box to type the answer in."""
    return _ANKI_TAG.sub("&#91;", html) if "[" in html else html


def _finished_image(tag: str, pictures: list[str]) -> str:
    """Return an image as `image` makes it; one that has lost its address is the text that stands for it."""
    found = _SRC.search(tag)
    if not found:
        alternative = _ALT.search(tag)
        return plain(alternative.group(1)) if alternative else ""
    src = unescape(found.group(1))
    if is_relative(src):
        pictures.append(src)
    return image(src, (tag[: found.start()] + tag[found.end() :])[4:-1])
