"""What the tests of a deck's code came to, for people and as JSON. Nothing here prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from deckbuilder.code_tests.running import PASSED, SKIPPED, CardResult
from deckbuilder.diagnostics import Span


def card_text(result: CardResult) -> str:
    """Return one line for a card; of one that is not sound also the assertion, the reason, and what it printed."""
    span, key = result.card.span, result.card.key
    head = f"{_place(span)} {key}: {result.status}"
    if result.status == PASSED:
        return f"{head} ({_count(result.passed, 'assertion')})"
    if result.status == SKIPPED or result.at is None:
        head += f", {result.problem}"
        lines = [head]
    else:
        lines = [head, *_indented(f"{_place(result.at)} {result.shown}"), *_indented(result.problem)]
    if result.output and not result.is_sound:
        lines += ["    It printed:", *_indented(result.output, 6)]
    return "\n".join(map(_printable, lines))


def summary(results: Sequence[CardResult]) -> str:
    """Return in one line what came of all cards."""
    if not results:
        return "The deck has no implementation cards."
    counts = Counter(result.status for result in results)
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    return f"{_count(len(results), 'implementation card')}: {said}"


def json_report(results: Sequence[CardResult], python: str) -> str:
    """Return everything as one JSON object; `at` is the line of the file that the failure is on."""
    cards = [
        {
            "key": result.card.key, "file": result.card.span.file, "line": result.card.span.line,
            "status": result.status, "assertions": result.passed, "problem": result.problem,
            "at": result.at.line if result.at else None, "code": result.shown, "output": result.output,
        }
        for result in results
    ]  # fmt: skip
    counts = dict(Counter(result.status for result in results))
    return json.dumps({"python": python, "counts": counts, "cards": cards}, ensure_ascii=False, indent=2)


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _indented(text: str, by: int = 4) -> list[str]:
    return [" " * by + line for line in text.splitlines()]


def _printable(line: str) -> str:
    """Return a line with what would move or hide a terminal's cursor made visible."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line.expandtabs(4))
