"""A difference as Markdown, for a pull request and for release notes.

Every word that comes from the deck stands in code, between backticks or in a fence: there GitHub follows no mention,
no reference to an issue, no "closes", no link, no HTML and no formula, whatever a stranger wrote into a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain

from deckbuilder.diff.advice import advice
from deckbuilder.diff.compare import DeckDiff, NoteChange, NoteRef
from deckbuilder.diff.telling import REBUILT, REFRESHED, STOPPED, headline, place_changes, told_together
from deckbuilder.diff.words import Fate, Piece

_WIDEST = 400
_AROUND = 60
_TICKS = re.compile(r"`+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def markdown_diff(diff: DeckDiff, *, stopped: bool = False) -> str:
    """Return the difference as Markdown, its headings from the second level on.

    `stopped` says that errors would stop the build whose outcome this is.
    """
    parts: list[str] = [f"## {code(diff.deck)}: {headline(diff)}"]
    warnings = [f"> - Anki would not bring this over: {code(problem)}" for problem in diff.refusals]
    warnings += [f"> - {STOPPED}"] if stopped else []
    if warnings:
        parts += ["", "> [!CAUTION]", *warnings]
    single, together = told_together(diff)
    for title, lines in (
        ("At risk", _notes(diff.at_risk)),
        ("New", _notes(diff.new)),
        ("Changed", chain.from_iterable(_change(change) for change in single)),
        ("Moved", chain.from_iterable(_moved(changes) for changes in together)),
        ("Retired", _notes(diff.retired)),
        ("Back again", _notes(diff.revived)),
        ("In another order", _notes(diff.reordered)),
        (REBUILT.capitalize(), _notes(diff.rebuilt)),
        (REFRESHED.capitalize(), _notes(diff.refreshed)),
    ):
        body = list(lines)
        if body:
            parts += ["", f"### {title}", "", *body]
    parts += ["", "### For learners", "", *(f"- {sentence}" for sentence in advice(diff))]
    if diff.search:
        parts += ["- Search for what was withdrawn, in Anki's browser:", "", *_fenced([diff.search], "", "  ")]
    return "\n".join(parts)


def code(text: str) -> str:
    """Return a text of one line as code: between more backticks than stand in it in a row."""
    line = " ".join(_CONTROL.sub(" ", text).split()) or "–"
    marks = "`" * (max((len(run) for run in _TICKS.findall(line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{pad}{line}{pad}{marks}"


def _notes(notes: Sequence[NoteRef]) -> Iterator[str]:
    yield from (f"- {code(note.question)}" + (f" in {code(note.topic)}" if note.topic else "") for note in notes)


def _change(change: NoteChange) -> Iterator[str]:
    yield f"- {code(change.note.question)}"
    yield from (f"  - {line}" for line in _place(change))
    if change.edited and not change.fields:
        yield "  - edited"
    for field in change.fields:
        if field.summary:
            yield f"  - {code(field.field)}: {field.summary}"
            continue
        yield f"  - {code(field.field)}:"
        yield ""
        yield from _fenced(list(_changed_lines(field.words)), "diff", "    ")


def _moved(changes: Sequence[NoteChange]) -> Iterator[str]:
    """Yield the way that notes moved, and below it the notes."""
    yield f"- {'; '.join(_place(changes[0]))}"
    yield from (f"  - {code(change.note.question)}" for change in changes)


def _place(change: NoteChange) -> Iterator[str]:
    for what, old, new in place_changes(change):
        yield f"{what}: {code(old)} → {code(new)}"
    if change.tags_gone or change.tags_come:
        tags = [f"−{code(tag)}" for tag in change.tags_gone] + [f"+{code(tag)}" for tag in change.tags_come]
        yield f"tags: {', '.join(tags)}"


def _fenced(lines: Sequence[str], language: str, indent: str) -> Iterator[str]:
    shown = [_CONTROL.sub(" ", line) for line in lines]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    marks = "`" * max(3, longest + 1)
    yield f"{indent}{marks}{language}"
    yield from (indent + line for line in shown)
    yield f"{indent}{marks}"
    yield ""


def _changed_lines(words: Sequence[Piece]) -> Iterator[str]:
    """Yield the lines that went and came, in the manner of a patch."""
    old = "".join(piece.text for piece in words if piece.fate is not Fate.COME).strip("\n").split("\n")
    new = "".join(piece.text for piece in words if piece.fate is not Fate.GONE).strip("\n").split("\n")
    for tag, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = old[start:end], new[begin:stop]
        if len(gone) == len(come):
            pairs = [_trimmed(one, other) for one, other in zip(gone, come, strict=True)]
            gone, come = [one for one, _ in pairs], [other for _, other in pairs]
        yield from (f"- {line}" for line in gone if line.strip())
        yield from (f"+ {line}" for line in come if line.strip())


def _trimmed(old: str, new: str) -> tuple[str, str]:
    """Return two long lines without what is far from their difference."""
    if max(len(old), len(new)) <= _WIDEST:
        return old, new
    shortest = min(len(old), len(new))
    head = next((index for index in range(shortest) if old[index] != new[index]), shortest)
    tail = next((index for index in range(shortest - head) if old[-1 - index] != new[-1 - index]), shortest - head)
    cut, spare = max(0, head - _AROUND), max(0, tail - _AROUND)
    return tuple(  # type: ignore[return-value]
        ("…" if cut else "") + line[cut : len(line) - spare] + ("…" if spare else "") for line in (old, new)
    )
