"""Questions in doubt and decisions as text for a terminal, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from textwrap import indent

from deckbuilder.deciding import Decision, Desk
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.diff.telling import shortened
from deckbuilder.diff.text import words_text
from deckbuilder.diff.words import one_line, visible_text, word_diff
from deckbuilder.earlier import Wording
from deckbuilder.identity.lock import LockedNote
from deckbuilder.identity.resolve import Doubt
from deckbuilder.reporters import Style, json_diagnostic


def doubt_text(desk: Desk, doubt: Doubt, candidates: Sequence[LockedNote], style: Style, *, coloured: bool) -> str:
    """Return a question in doubt beside each note that it may be, numbered from 1, with a word diff."""
    now = desk.wording(desk.target(doubt))
    lines = [f"{style(str(doubt.span), 'bold')}: {one_line(doubt.text)}", f"  {one_line(doubt.reason)}"]
    for number, note in enumerate(candidates, start=1):
        before = desk.earlier.wording(note)
        where = " › ".join(map(one_line, note.section)) + (", retired" if note.retired else "")
        lines += ["", f"  {number}) {style(one_line(note.key), 'bold')}  ({where}; was in {before.origin})"]
        lines += [indent(part, "     ") for part in _changes(before, now, style, coloured=coloured)]
    return "\n".join(lines)


def _changes(before: Wording, now: Wording, style: Style, *, coloured: bool) -> list[str]:
    sides = [("question", before.question, now.question)]
    if before.answer is None or now.answer is None:
        known = now.answer if before.answer is None else before.answer
        told = [f"answer: {visible_text(known)}"] if known else []
        told += ["the earlier answer is not at hand"] if before.answer is None else []
    else:
        sides.append(("answer", before.answer, now.answer))
        told = []
    lines = []
    for name, old, new in sides:
        if visible_text(old) == visible_text(new):
            lines.append(f"{name}: unchanged")
            continue
        text = words_text(shortened(word_diff(old, new)), style, coloured=coloured).strip("\n")
        lines.append(f"{name}: {text}" if "\n" not in text else f"{name}:\n{indent(text, '  ')}")
    return lines + told


def decisions_text(desk: Desk, decisions: Sequence[Decision], source: str) -> str:
    """Return what was written into the lock, and what to run next."""
    lines = [f"wrote {desk.prepared.project.lock_name}"]
    for one in decisions:
        what = "a new note" if one.is_new else "the same note"
        lines.append(f"  {one.target.span.file}:{one.target.span.line} is {what}, {one.note.key}")
    return "\n".join([*lines, f"next: deckbuilder build {source}"])


def decisions_json(
    desk: Desk | None, decisions: Sequence[Decision], diagnostics: Sequence[Diagnostic], *, written: bool
) -> str:
    """Return the outcome as one JSON object; `doubts` are what was asked before the decisions."""
    report = {
        "deck": desk.lock.deck if desk else None,
        "lock": desk.prepared.project.lock_name if desk and written else None,
        "decided": [_decision(one) for one in decisions] if written else [],
        "doubts": [_doubt(desk, one) for one in desk.doubts] if desk else [],
        "diagnostics": [json_diagnostic(one) for one in diagnostics],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _decision(one: Decision) -> dict[str, object]:
    return {
        "decision": "new" if one.is_new else "same",
        "key": one.note.key,
        "guid": one.note.guid,
        "file": one.target.span.file,
        "line": one.target.span.line,
        "question": one.target.text,
    }


def _doubt(desk: Desk, doubt: Doubt) -> dict[str, object]:
    now = desk.wording(desk.target(doubt))
    return {
        "file": doubt.span.file,
        "line": doubt.span.line,
        "column": doubt.span.column,
        "section": list(doubt.section),
        "reason": doubt.reason,
        **_shown(now),
        "candidates": [_candidate(note, desk.earlier.wording(note)) for note in doubt.candidates],
    }


def _candidate(note: LockedNote, before: Wording) -> dict[str, object]:
    return {
        "key": note.key,
        "guid": note.guid,
        "section": list(note.section),
        "retired": note.retired,
        **_shown(before),
        "origin": before.origin,
    }


def _shown(wording: Wording) -> dict[str, object]:
    answer = wording.answer
    return {"question": visible_text(wording.question), "answer": None if answer is None else visible_text(answer)}
