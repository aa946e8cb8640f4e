"""`<details>` in an item: an Answer is unwrapped, a Hint becomes a hint, any other stays where it is."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.source.blocks import read_blocks
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.prose import prose_of

_TAG = re.compile(r"<(?P<close>/)?details\b[^<>]*>", re.IGNORECASE)
_SUMMARY = re.compile(r"\s*<summary\b[^<>]*>(?P<title>.*?)</summary>", re.IGNORECASE | re.DOTALL)
_ANSWER = re.compile(r"\W*(?:show\s+)?(?:the\s+)?(?:answer|solution|reveal)\W*", re.IGNORECASE)
_HINT = re.compile(r"\W*(?:show\s+)?hint\s*\d*\W*", re.IGNORECASE)


class Details(Struct, frozen=True):
    """A `<details>` element: the characters that it takes up in its passage, its summary's text, what it holds."""

    start: int
    end: int
    title: str
    inner: Passage

    @property
    def is_answer(self) -> bool:
        """Whether it wraps an answer."""
        return _ANSWER.fullmatch(self.title) is not None

    @property
    def is_hint(self) -> bool:
        """Whether it holds a hint."""
        return _HINT.fullmatch(self.title) is not None


def unwrap_details(passage: Passage) -> tuple[Passage, tuple[Passage, ...], list[Diagnostic]]:
    """Return the passage with answers unwrapped and hints taken out, those hints, and what is not closed."""
    if "<details" not in passage.text.lower():
        return passage, (), []
    found, diagnostics = read_details(passage)
    hints = tuple(details.inner for details in found if details.is_hint)
    lines: list[Line] = []
    position = 0
    for details in found:
        if not (details.is_answer or details.is_hint):
            continue
        lines += passage.cut(position, details.start).lines
        if details.is_answer:
            blank = Line("", details.inner.lines[0].number) if details.inner.lines else None
            lines += [blank, *details.inner.lines, blank] if blank else []
        position = details.end
    lines += passage.cut(position, len(passage.text)).lines
    return Passage(passage.file, tuple(lines)), hints, diagnostics


def read_details(passage: Passage) -> tuple[list[Details], list[Diagnostic]]:
    """Return the outermost `<details>` elements of a passage, and one diagnostic for each that is not closed."""
    blocks = read_blocks(passage.text)
    prose = prose_of(passage, blocks)
    found: list[Details] = []
    diagnostics: list[Diagnostic] = []
    for opening, closing in _outermost(prose):
        if closing is None:
            diagnostics.append(rules.UNCLOSED_DETAILS.at(passage.span_at(opening.start(), len(opening.group()))))
        else:
            found.append(_details(passage, prose, opening, closing))
    return found, diagnostics


def _outermost(prose: str) -> Iterator[tuple[re.Match[str], re.Match[str] | None]]:
    depth = 0
    opening: re.Match[str] | None = None
    for match in _TAG.finditer(prose):
        if match.group("close"):
            depth = max(0, depth - 1)
            if depth == 0 and opening:
                yield opening, match
                opening = None
        else:
            opening = opening or match
            depth += 1
    if opening:
        yield opening, None


def _details(passage: Passage, prose: str, opening: re.Match[str], closing: re.Match[str]) -> Details:
    start = opening.end()
    summary = _SUMMARY.match(prose, start, closing.start())
    title = ""
    if summary:
        start = summary.end()
        title = re.sub(r"<[^<>]*>", "", passage.text[summary.start("title") : summary.end("title")])
    inner = _dedented(passage.cut(start, closing.start()))
    return Details(opening.start(), closing.end(), " ".join(title.split()), inner)


def _dedented(passage: Passage) -> Passage:
    """Return the passage with its common indent taken off; its first line stood behind a tag and counts for nothing."""
    first, *rest = passage.lines
    common = len(textwrap.dedent("\n".join(f"{line.text}|" for line in rest if line.text.strip())))
    whole = len("\n".join(f"{line.text}|" for line in rest if line.text.strip()))
    filled = sum(1 for line in rest if line.text.strip())
    indent = (whole - common) // filled if filled else 0
    opened = first.text.lstrip()
    lines = [Line(opened, first.number, first.offset + len(first.text) - len(opened))]
    lines += [Line(line.text[indent:], line.number, line.offset + min(indent, len(line.text))) for line in rest]
    return Passage(passage.file, tuple(lines)).stripped()
