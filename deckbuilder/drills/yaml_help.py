"""What to write where YAML takes an author's text for something else: a reserved sign, a colon, a comma, a list."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.yaml_text import YamlValue, read_yaml

IN_QUOTES: Final = "put the expression in quotes: inside `{…}` and `[…]` YAML takes commas and brackets for its own"
_TEXT: Final = re.compile(r"(?P<head>\s*(?:- +|[^\s:'\"-][^:'\"]*: +))(?P<text>\S.*)")
_RESERVED: Final = tuple("@`%{[*&!|>?\"'")
_CLOSED: Final = {"{": "}", "[": "]", "'": "'", '"': '"'}
_TOO_LONG: Final = 60
_MOST_MENDS: Final = 20


def read_block(text: str) -> tuple[YamlValue | None, list[Diagnostic], frozenset[int]]:
    """Read a block's YAML; a text that YAML takes for its own is read as if in quotes, so that reading goes on.

    Returns the value, what is wrong, and the lines that were read so; all places count lines and columns of the block.
    """
    written = text.split("\n")
    lines = written.copy()
    mended: set[int] = set()
    problems: list[Diagnostic] = []
    while True:
        value, found = read_yaml("\n".join(lines), in_block)
        index = found[0].span.line - 1 if found else 0
        parts = _unquoted(lines[index]) if found and value is None else None
        problems += [_helped(replace(each, span=_within(each.span, written)), lines) for each in found]
        if parts is None or index + 1 in mended or len(mended) == _MOST_MENDS:
            return value, problems, frozenset(mended)
        mended.add(index + 1)
        lines[index] = parts[0] + _quoted(parts[1])


def in_block(line: int, column: int, width: int) -> Span:
    """Return a place of a block, counted in the block itself."""
    return Span("", line + 1, column + 1, column + 1 + width)


def _within(span: Span, lines: list[str]) -> Span:
    """Return a place that does not point beyond its line, as quotes that were put in would make it."""
    column = min(span.column, len(lines[span.line - 1]) + 1)
    return replace(span, column=column, end=column + span.width)


def as_text(value: YamlValue) -> str:
    """Return how to write what was meant as a text and became a list or a mapping; empty for anything else."""
    if isinstance(value.data, dict) and len(value.data) == 1:
        key, entry = next(iter(value.data.items()))
        if entry.text:
            return _advice("-", f"{key}: {entry.text}")
    if isinstance(value.data, list | dict):
        return "put the text in quotes, or on the next line after `|`"
    return ""


def _helped(problem: Diagnostic, lines: list[str]) -> Diagnostic:
    """Return what YAML found wrong, with a help that fits its line."""
    line = lines[problem.span.line - 1]
    help_ = problem.help
    if "end of stream" in problem.message or "document start" in problem.message:
        help_ = "close the quotation, bracket or brace that was opened here or above"
    elif "\t" in line[: _indent(line)]:
        help_ = "indent with blanks: YAML takes no tabs"
    elif parts := _unquoted(line):
        help_ = _advice(parts[0].strip(), parts[1])
    elif "did not find expected" in problem.message and ("{" in line or "[" in line):
        help_ = IN_QUOTES
    elif "mapping values are not allowed" in problem.message and _is_deeper(lines, problem.span.line - 1):
        help_ = "indent this line as far as the one above it"
    return replace(problem, help=help_)


def _is_deeper(lines: list[str], index: int) -> bool:
    """Whether a line is indented further than the last one before it that is not blank."""
    before = next((line for line in reversed(lines[:index]) if line.strip()), "")
    return _indent(lines[index]) > _indent(before)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unquoted(line: str) -> tuple[str, str] | None:
    """Return a line's beginning and its text where the text needs quotes and has none."""
    match = _TEXT.fullmatch(line.rstrip())
    if not match:
        return None
    head, text = match.group("head", "text")
    if len(text) > 1 and text[-1] == _CLOSED.get(text[0]):
        return None
    return (head, text) if text.startswith(_RESERVED) or ": " in text or text.endswith(":") else None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _advice(head: str, text: str) -> str:
    quoted = _quoted(text)
    shown = f"`{head} {quoted}`" if len(quoted) <= _TOO_LONG else "it in single quotes, or on the next line after `|`"
    return f"write {shown}: without quotes a text must not begin with a sign such as `@`, nor hold `: `"
