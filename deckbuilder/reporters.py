"""Findings and results as text: for a terminal, for programs, for code scanning. Nothing here prints."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from deckbuilder import __version__
from deckbuilder.diagnostics import Diagnostic, Severity, Span
from deckbuilder.identity.changes import Change
from deckbuilder.pipeline import BuildResult
from deckbuilder.rules import Rule, catalogue

Style = Callable[[str, str], str]
"""Gives a text a colour by name; the identity where no colour is wanted."""

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TAB = 4
_WIDEST = 160
_BEFORE = 40
"""Characters that a long line shows before those that it is about."""

_KEPT = "\t\u200c\u200d"
"""Not printable by themselves, but what joins and parts letters and emoji stays."""


def no_style(text: str, colour: str) -> str:
    """Return the text as it is."""
    return text


def text_report(diagnostics: Sequence[Diagnostic], style: Style = no_style) -> str:
    """Return the findings for a reader: place, message, the line with a caret under it, and how to mend it."""
    return "\n\n".join("\n".join(_paragraph(found, style)) for found in diagnostics)


def excerpt(found: Diagnostic) -> str:
    """Return the line that a finding is on with a caret under it; "" if the line is not known."""
    return "\n".join(_excerpt(found.span, found.line, len(str(found.span.line)), "^", "", no_style))


def _paragraph(found: Diagnostic, style: Style) -> Iterator[str]:
    colour = _COLOURS[found.severity]
    margin = max(len(str(span.line)) for span in (found.span, *(related.span for related in found.related)))
    place, message = _opened(str(found.span)), _opened(found.message)
    yield f"{style(place, 'bold')}: {style(f'{found.severity}[{found.code}]', colour)} {message}"
    yield from _excerpt(found.span, found.line, margin, "^", colour, style)
    for related in found.related:
        yield f"  {style('-->', 'blue')} {_opened(f'{related.span}: {related.message}')}"
        if related.span.end:  # a whole line, such as one of deck.lock, would say nothing
            yield from _excerpt(related.span, related.line, margin, "-", "blue", style)
    if found.help:
        yield f"  {style('help:', 'green')} {_opened(found.help)}"


def _excerpt(span: Span, line: str, margin: int, mark: str, colour: str, style: Style) -> Iterator[str]:
    if not line.strip():
        return
    start = min(span.column - 1, len(line))
    shown, lead, width = _window(line, start, min(start + span.width, len(line)))
    gutter = " " * margin + style(" |", "blue")
    yield gutter
    yield f"{style(f'{span.line:>{margin}} |', 'blue')} {shown}"
    yield f"{gutter} {' ' * lead}{style(mark * width, colour)}"


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return what is shown of a line, the column where its characters `start` to `end` begin, and their width.

    Columns are a terminal's: wide characters take two, combining ones none. Of a very long line the part is shown that
    holds those characters.
    """
    passed = max(0, start - 2 * _WIDEST)  # of a long line only the part is looked at: it may have thousands of findings
    line, start, end = line[passed : start + 2 * _WIDEST], start - passed, end - passed
    before, marked, after = _opened(line[:start]), _opened(line[:end]), _opened(line)
    cut = max(0, min(len(before) - _BEFORE, len(after) - _WIDEST))
    shown, opening = after[cut : cut + _WIDEST], "…" if cut or passed else ""
    lead = _columns(opening + before[cut:])
    width = _columns(opening + marked[cut : cut + _WIDEST]) - lead
    return opening + shown + ("…" if cut + _WIDEST < len(after) else ""), lead, max(1, width)


def _opened(text: str) -> str:
    """Return the text with tabs opened, and with what would move or hide a terminal's cursor made visible."""
    safe = [character if character in _KEPT or character.isprintable() else "\ufffd" for character in text]
    return "".join(safe).expandtabs(_TAB)


def _columns(text: str) -> int:
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth  # brings in tables of Unicode, which few excerpts need

    return max(0, wcswidth(text))


def without_commands(text: str, *, is_json: bool = False) -> str:
    """Return output in which no line is a command to GitHub's runner, whatever names and questions are quoted in it.

    The runner obeys a line that begins with `::`, after blanks, and a line with `##[` anywhere. A sign of no width
    breaks them; in JSON, whose lines never begin with a text, an escape does, which leaves the data as it is.
    """
    if is_json:
        return text.replace("##[", "##\\u005b")
    return _COMMAND.sub("\\1\\2:\u2060:", text).replace("##[", "##\u2060[")


_COMMAND = re.compile(r"(^|[\r\n])([^\S\r\n]*+)::")


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
    said = _changes(result)
    said += [f"{result.unanswered} unanswered"] if result.unanswered else []
    if said:
        lines.append(", ".join(said))
    if result.diagnostics:
        lines.append(findings)
    if not checked:
        lines.append(f"wrote {result.apkg.as_posix() if result.apkg else 'nothing'}")
    return "\n".join(lines)


def _changes(result: BuildResult) -> list[str]:
    changes = Counter(note.change for note in result.notes)
    said = [f"{changes[change]} {change}" for change in Change if changes[change]]
    return said + ([f"{len(result.retired)} retired"] if result.retired else [])


def restored_text(result: BuildResult) -> str:
    """Return what the next build makes of the sources, now that their lock is restored."""
    if result.failed:
        return f"the next build stops: {counted_findings(result.diagnostics)}. Run `deckbuilder check`."
    return f"the next build: {', '.join(_changes(result))}"


def counted_findings(diagnostics: Sequence[Diagnostic]) -> str:
    """Return how many findings there are of each severity, and of which rules, the commonest first."""
    return "; ".join(
        f"{len(found)} {severity}{'s' if len(found) > 1 else ''}: {_by_rule(found)}"
        for severity in Severity
        if (found := [diagnostic for diagnostic in diagnostics if diagnostic.severity is severity])
    )


def _by_rule(found: Sequence[Diagnostic]) -> str:
    names = catalogue()
    counts = Counter(diagnostic.code for diagnostic in found).most_common()
    return ", ".join(f"{count} {code} {names[code].name}" for code, count in counts)


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
    return _whole(json.dumps(report, ensure_ascii=False, indent=2))


def _whole(text: str) -> str:
    """Return text that can be written: a file's name may hold bytes that are no character."""
    return text.encode("utf-8", "replace").decode()


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
        "file": _opened(found.span.file),
        "line": str(found.span.line),
        "endLine": str(found.span.line),
        "col": str(found.span.column),
        "endColumn": str(found.span.column + found.span.width),
        "title": f"{found.code} {catalogue()[found.code].name}",
    }
    properties = ",".join(f"{name}={_escaped(value, inside=True)}" for name, value in place.items())
    lines = [found.message, *(f"{related.span}: {related.message}" for related in found.related)]
    text = "\n".join(map(_opened, [*lines, f"help: {found.help}"] if found.help else lines))
    return f"::{_GITHUB[found.severity]} {properties}::{_escaped(text)}"


def _escaped(text: str, *, inside: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "##\u2060[")
    return text.replace(":", "%3A").replace(",", "%2C") if inside else text


def sarif_report(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the findings as SARIF 2.1.0, which code scanning takes: one run, with the rules that found something."""
    rules = [catalogue()[code] for code in sorted({found.code for found in diagnostics})]
    numbers = {rule.code: number for number, rule in enumerate(rules)}
    driver = {
        "name": "deckbuilder",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_sarif_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(found, numbers[found.code]) for found in diagnostics],
    }
    return _whole(
        json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
    )


def _sarif_rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.code,
        "name": rule.name.title().replace("-", ""),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.explanation(), "markdown": rule.explanation_in_markdown()},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _sarif_result(found: Diagnostic, rule: int) -> dict[str, object]:
    text = found.message + (f"\nhelp: {found.help}" if found.help else "")
    result = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity.value,
        "message": {"text": text},
        "locations": [_sarif_location(found.span)],
    }
    if found.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": related.message}, **_sarif_location(related.span)}
            for number, related in enumerate(found.related)
        ]
    return result


def _sarif_location(span: Span) -> dict[str, object]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.line,
        "endColumn": span.column + span.width,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": quote(span.file, errors="replace")}, "region": region}}
