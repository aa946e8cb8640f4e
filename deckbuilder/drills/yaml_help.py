"""What to write where YAML takes an author's text for something else: a reserved sign, a colon, a list."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.yaml_text import Place, YamlValue

_TEXT: Final = re.compile(r"(?P<head>\s*(?:- +|[A-Za-z][\w ,-]*: +)+)(?P<text>\S.*?)\s*")
_TOO_LONG: Final = 60


def helped(problem: Diagnostic, text: str, place: Place) -> Diagnostic:
    """Return a finding about the block's YAML at its place in the file, with the line as it should be written."""
    lines = text.split("\n")
    line = min(problem.span.line, len(lines)) - 1
    found = replace(problem, span=place(line, problem.span.column - 1, problem.span.width))
    return replace(found, help=_quoted_line(lines[line]) or found.help)


def _quoted_line(line: str) -> str:
    match = _TEXT.fullmatch(line)
    if not match:
        return ""
    text = match.group("text")
    if text[0] in "@`%{[*&!|>?" or ": " in text or " #" in text:
        return _in_quotes(match.group("head").strip(), text)
    return ""


def as_text(value: YamlValue) -> str:
    """Return how to write what was meant as a text and became a list or a mapping; empty for anything else."""
    if isinstance(value.data, dict) and len(value.data) == 1:
        key, entry = next(iter(value.data.items()))
        if not isinstance(entry.data, list | dict):
            return _in_quotes("-", f"{key}: {entry.text}")
    if isinstance(value.data, list | dict):
        return "put the text in quotes, or on the next line after `|`"
    return ""


def _in_quotes(head: str, text: str) -> str:
    quoted = "'" + text.replace("'", "''") + "'"
    shown = f"`{head} {quoted}`" if len(quoted) <= _TOO_LONG else "it in single quotes, or on the next line after `|`"
    return f"write {shown}: YAML reads a text as its own where it begins with a sign such as `@` or holds `: `"
