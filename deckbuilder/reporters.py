"""Findings and results as text: for a terminal, for programs, for GitHub. Nothing here prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from wcwidth import wcswidth

from deckbuilder.diagnostics import Diagnostic, Severity, Span
from deckbuilder.identity.changes import Change
from deckbuilder.pipeline import BuildResult

Style = Callable[[str, str], str]
"""Gives a text a colour by name; the identity where no colour is wanted."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TAB = 4
_WIDEST = 160


def no_style(text: str, colour: str) -> str:
    """Return the text as it is."""
    return text


def text_report(diagnostics: Sequence[Diagnostic], style: Style = no_style) -> str:
    """Return the findings for a reader: place, message, the line with a caret under it, and how to mend it."""
    return "\n\n".join("\n".join(_paragraph(found, style)) for found in diagnostics)


def _paragraph(found: Diagnostic, style: Style) -> Iterator[str]:
    colour = _COLOURS[found.severity]
    yield f"{style(str(found.span), 'bold')}: {style(f'{found.severity}[{found.code}]', colour)} {found.message}"
    yield from _excerpt(found.span, style, colour)
    for related in found.related:
        yield f"  {style('-->', 'blue')} {related.span}: {related.message}"
    if found.help:
        yield f"  {style('help:', 'green')} {found.help}"


def excerpt(span: Span) -> str:
    """Return the line that `span` stands on with a caret under it; nothing where there is no such line."""
    return "\n".join(_excerpt(span, no_style, ""))


def _excerpt(span: Span, style: Style, colour: str) -> Iterator[str]:
    line = _line(span)
    if line is None or not line.strip():
        return
    number = str(span.line)
    gutter = " " * len(number) + style(" |", "blue")
    before, marked = line[: span.column - 1], line[span.column - 1 : span.column - 1 + span.width]
    lead = _columns(before)
    width = max(1, _columns(marked, lead))
    shown, lead, width = _window(_opened(line), lead, width)
    yield gutter
    yield f"{style(number + ' |', 'blue')} {shown}"
    yield f"{gutter} {' ' * lead}{style('^' * width, colour)}"


def _line(span: Span) -> str | None:
    lines = _lines(span.file)
    return lines[span.line - 1] if 0 < span.line <= len(lines) else None


def _lines(file: str) -> list[str]:
    try:
        status = Path(file).stat()
    except OSError:
        return []
    return _lines_of(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _lines_of(file: str, modified: int, size: int) -> list[str]:
    """Return the lines of a file as it was then, `modified` and `size` telling one state of it from another."""
    try:
        text = Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    return text.split("\n")


def _opened(text: str) -> str:
    """Return the text with tabs opened and what would move the cursor of a terminal made visible."""
    safe = "".join(character if character == "\t" or character.isprintable() else "\ufffd" for character in text)
    return safe.expandtabs(_TAB)


def _columns(text: str, start: int = 0) -> int:
    """Return the width on a terminal of a text that begins at column `start`: wide characters take two columns."""
    width = start
    for character in text:
        width += _TAB - width % _TAB if character == "\t" else max(0, wcswidth(character))
    return width - start


def _window(line: str, lead: int, width: int) -> tuple[str, int, int]:
    """Return the part of a very long line that holds the marked columns, and where they are in it."""
    if len(line) <= _WIDEST:
        return line, lead, width
    start = max(0, min(lead - 40, len(line) - _WIDEST))
    shown = ("…" if start else "") + line[start : start + _WIDEST] + ("…" if start + _WIDEST < len(line) else "")
    return shown, lead - start + (1 if start else 0), min(width, _WIDEST)


def summary(result: BuildResult, *, checked: bool = False) -> str:
    """Return in a few lines what a build or check came to."""
    findings = counted_findings(result.diagnostics)
    if result.failed:
        return f"{findings}. Nothing was written."
    kinds = Counter(note.kind for note in result.notes)
    notes = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    lines = [
        f"{result.deck}: {len(result.notes)} notes of {result.questions} questions" + (f" ({notes})" if notes else "")
    ]
    changes = Counter(note.change for note in result.notes)
    said = [f"{changes[change]} {change}" for change in Change if changes[change]]
    said += [f"{len(result.retired)} retired"] if result.retired else []
    said += [f"{result.unanswered} unanswered"] if result.unanswered else []
    if said:
        lines.append(", ".join(said))
    if result.diagnostics:
        lines.append(findings)
    if not checked:
        lines.append(f"wrote {result.apkg.as_posix() if result.apkg else 'nothing'}")
    return "\n".join(lines)


def counted_findings(diagnostics: Sequence[Diagnostic]) -> str:
    """Return how many findings there are of each severity, in words."""
    counts = Counter(found.severity for found in diagnostics)
    said = [
        f"{counts[severity]} {severity}{'s' if counts[severity] > 1 else ''}"
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(said)


def json_report(result: BuildResult) -> str:
    """Return the result as one JSON object, whose form is a contract with other programs."""
    changes = Counter(note.change for note in result.notes)
    counts = {
        "questions": result.questions,
        "notes": len(result.notes),
        "cards": len(result.notes),
        "unanswered": result.unanswered,
        **{change.value: changes[change] for change in Change},
        "retired": len(result.retired),
    }
    notes = [
        {
            "key": note.key,
            "guid": note.guid,
            "kind": note.kind,
            "deck": note.deck,
            "tags": list(note.tags),
            "file": note.span.file,
            "line": note.span.line,
            "change": note.change.value,
            "question": note.question,
        }
        for note in result.notes
    ]
    report = {
        "apkg": result.apkg.as_posix() if result.apkg else None,
        "deck": result.deck,
        "counts": counts,
        "notes": notes,
        "retired": [{"key": note.key, "guid": note.guid} for note in result.retired],
        "diagnostics": [json_diagnostic(found) for found in result.diagnostics],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def json_diagnostic(found: Diagnostic) -> dict[str, object]:
    """Return a finding as the JSON reports of all commands give it."""
    return {
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "file": found.span.file,
        "line": found.span.line,
        "column": found.span.column,
        "help": found.help,
    }


_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_report(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the findings as workflow commands, which GitHub shows at their lines of a pull request."""
    return "\n".join(_github_line(found) for found in diagnostics)


def _github_line(found: Diagnostic) -> str:
    place = {
        "file": found.span.file,
        "line": str(found.span.line),
        "col": str(found.span.column),
        "title": f"{found.code}",
    }
    properties = ",".join(f"{name}={_escaped(value, inside=True)}" for name, value in place.items())
    text = found.message + (f"\nhelp: {found.help}" if found.help else "")
    return f"::{_GITHUB[found.severity]} {properties}::{_escaped(text)}"


def _escaped(text: str, *, inside: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if inside else text
