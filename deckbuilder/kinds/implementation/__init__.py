"""Implementation: a question that asks for code; task, signature and assertions in front, reference code behind."""

from __future__ import annotations

import re

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Html, Kind, Note, common_fields
from deckbuilder.source.blocks import Block, read_blocks
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.questions import Question

_ASKED = re.compile(
    r"(?:^|[.?!:;]\s+|,\s*|\band\s+|\bthen\s+)"
    r"(?:implement\b|(?:write|code)\b[^.?!]*\b(?:function|class|method|program|code|script|module|query)\b)",
    re.IGNORECASE,
)
_COMPLEXITY = re.compile(r"\s*(?:\*\*|__)\s*complexity\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:?)[ \t]*", re.IGNORECASE)
_PITFALLS = re.compile(r"\s*(?:\*\*|__)\s*pitfalls?\s*:?\s*(?:\*\*|__)\s*:?\s*", re.IGNORECASE)
_IN_FRONT = {"signature": "signature", "test": "assertions", "tests": "assertions", "assert": "assertions"}


class ImplementationNote(Note, frozen=True):
    """A coding task: its signature and assertions (in front), reference code, complexity, pitfalls, other prose."""

    signature: Passage
    assertions: Passage
    answer: Passage
    code: Passage
    complexity: Passage
    pitfalls: Passage
    remarks: Passage


def _recognises(question: Question) -> bool:
    return _ASKED.search(question.text) is not None


def _read(question: Question) -> tuple[ImplementationNote, list[Diagnostic]]:
    answer = question.answer
    parts: dict[str, list[Line]] = {}
    blocks = read_blocks(answer.text)
    pitfalls_follow = False
    for number, block in enumerate(blocks):
        end = blocks[number + 1].start if number + 1 < len(blocks) else len(answer.lines)
        passage = answer.slice(block.start, end)
        part, cut = ("pitfalls", 0) if pitfalls_follow else _part(block, passage, started="code" in parts)
        pitfalls_follow = part == "pitfalls" and not pitfalls_follow
        if not (part == "pitfalls" and pitfalls_follow):
            parts.setdefault(part, []).extend(passage.cut(cut, len(passage.text)).lines)
    names = ("signature", "assertions", "answer", "code", "complexity", "pitfalls", "remarks")
    passages = {name: Passage(answer.file, tuple(parts.get(name, ()))).stripped() for name in names}
    return ImplementationNote(question, **passages), []


def _part(block: Block, passage: Passage, *, started: bool) -> tuple[str, int]:
    """Return which part a block belongs to, and how many characters of it only say so."""
    if block.type == "fence":
        marks = [_IN_FRONT[word] for word in block.info.split()[1:] if word in _IN_FRONT]
        return (marks[0] if marks else "code"), 0
    if block.type == "paragraph":
        if _PITFALLS.fullmatch(block.content):
            return "pitfalls", 0
        if match := _COMPLEXITY.match(passage.text):
            return "complexity", match.end()
    return ("remarks" if started else "answer"), 0


def _fill(note: ImplementationNote, html: Html) -> dict[str, str]:
    common = common_fields(note.question, html)
    front = [common[fields.CONTEXT], html.blocks(note.signature), html.blocks(note.assertions)]
    return common | {
        fields.CONTEXT: "\n".join(part for part in front if part),
        fields.ANSWER: html.blocks(note.answer),
        fields.CODE: html.blocks(note.code),
        fields.COMPLEXITY: html.blocks(note.complexity),
        fields.PITFALLS: html.blocks(note.pitfalls),
        fields.REMARKS: html.blocks(note.remarks),
    }


IMPLEMENTATION = Kind("implementation", _recognises, _read, _fill)
