"""An item becomes a question: what is asked, its hints, its answer, its key points, its metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.limits import limits
from deckbuilder.source.blocks import Block, item_content, read_blocks, read_structure, remember_halves
from deckbuilder.source.details import unwrap_details
from deckbuilder.source.gfm import plain_text
from deckbuilder.source.hints import hint_paragraph, split_hints
from deckbuilder.source.metadata import Comment, Metadata, read_comments
from deckbuilder.source.passage import Passage
from deckbuilder.source.todos import without_todos
from deckbuilder.waivers import Waiver

_KEY_POINTS = re.compile(r"\s*(?:\*\*|__)\s*key\s+points?\s*:?\s*(?:\*\*|__)\s*:?\s*", re.IGNORECASE)

MAX_BRACKETS: Final = 10_000
"""Signs `[` in a question with its answer: at each markdown-it looks a hundred links deep (1 s for 10,000)."""


class Question(Struct, frozen=True):
    """A question of the sources, answered or not.

    `text` is all its words without formatting, which is what it is known by; `prompt` its first paragraph; `data` the
    blocks that belong to the question; `answer` is blank as long as there is none. `step_comments` stand in steps of
    the answer; `waivers` let findings in the item stand. `last_line` is the item's last in its file. `references` are
    the link definitions of that file.
    """

    span: Span
    section: tuple[str, ...]
    text: str
    prompt: Passage
    data: Passage
    answer: Passage
    hints: tuple[Passage, ...] = ()
    key_points: tuple[Passage, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    step_comments: tuple[Comment, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    last_line: int = 0
    inside: str = ""
    references: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_answered(self) -> bool:
        """Whether there is anything for the back of a card."""
        return not self.answer.is_blank or bool(self.key_points)


def read_question(
    item: Passage,
    section: tuple[str, ...],
    defaults: Metadata,
    references: Mapping[str, object],
    inside: str,
    asks_to: int | None = None,
) -> tuple[Question | None, list[Diagnostic]]:
    """Read one item's content; an item without a question is None, with the reason among the diagnostics.

    A list's item asks in its first blocks, a heading's in its lines up to line `asks_to` of the file.
    """
    length, most = sum(len(line.text) + 1 for line in item.lines), limits()["question"]
    if length > most:  # not even tried: a long text takes a parser much longer than many short ones
        what = f"a question that has, with its answer, {length:,} characters, more than the {most:,} that are taken"
        return None, [rules.TOO_MUCH.at(item.span(), what=what, limit="question")]
    if (brackets := sum(line.text.count("[") for line in item.lines)) > MAX_BRACKETS:
        return None, [rules.TOO_MUCH_MARKUP.at(item.span(), signs=brackets, length=length)]
    diagnostics: list[Diagnostic] = []
    bare, comments, found = read_comments(item)
    diagnostics += found
    waivers = [waiver for comment in comments for waiver in comment.waivers]
    metadata, found = _one_card_comment([comment for comment in comments if comment.name in ("card", "deck")])
    diagnostics += found
    question, answer = _halves(bare) if asks_to is None else _heading_and_body(bare, asks_to)
    if question is None:
        return None, [*diagnostics, rules.EMPTY_QUESTION.at(item.span())]

    question, found = without_todos(question)
    diagnostics += found
    question, hints = split_hints(question)
    answer, details_hints, found = unwrap_details(answer)
    diagnostics += found
    answer, found = without_todos(answer)
    diagnostics += found
    diagnostics += _unclosed_fences(answer)
    answer, paragraph_hints, key_points = _hints_and_key_points(answer)

    structure = read_structure(question.text)
    prompt_end = structure.blocks[0].end if structure.blocks else 0
    return Question(
        span=item.span(0, 0, len(item.lines[0].text)),
        section=section,
        text=" ".join(" ".join(plain_text(leaf.content) for leaf in structure.leaves).split()),
        prompt=question.slice(0, prompt_end).stripped(),
        data=question.slice(prompt_end).stripped(),
        answer=answer.stripped(),
        hints=(*hints, *details_hints, *paragraph_hints),
        key_points=key_points,
        metadata=metadata.over(defaults),
        step_comments=tuple(comment for comment in comments if comment.name == "step"),
        waivers=tuple(_for_lines(waiver, item) for waiver in waivers),
        last_line=item.lines[-1].number,
        inside=inside,
        references=references,
    ), diagnostics


def _for_lines(waiver: Waiver, item: Passage) -> Waiver:
    return replace(waiver, files=item.file, first=item.lines[0].number, last=item.lines[-1].number)


def _one_card_comment(comments: list[Comment]) -> tuple[Metadata, list[Diagnostic]]:
    metadata = Metadata()
    diagnostics: list[Diagnostic] = []
    seen = False
    for comment in comments:
        if comment.name == "deck":
            where = "directly under a heading, outside of any question"
            diagnostics.append(rules.METADATA_MISPLACED.at(comment.span, comment="deck", where=where))
        elif seen:
            diagnostics.append(rules.METADATA_TWICE.at(comment.span))
        else:
            metadata, seen = comment.metadata, True
    return metadata, diagnostics


def _halves(item: Passage) -> tuple[Passage | None, Passage]:
    """Return the question (its paragraph and what follows without a blank line) and the rest, the answer."""
    blocks = read_blocks(item.text)
    if not blocks or blocks[0].type != "paragraph":
        return None, item
    end = blocks[0].end
    for block in blocks[1:]:
        if block.start > end or _is_answer_like(block):
            break
        end = block.end
    question, answer = item.slice(0, end), item.slice(end)
    remember_halves(item, question, answer)
    return question, answer


def _heading_and_body(item: Passage, last: int) -> tuple[Passage | None, Passage]:
    """Return what stands on the lines of the heading, up to line `last` of the file, and the rest."""
    count = sum(line.number <= last and bool(line.text.strip()) for line in item.lines)
    heading, body = item.slice(0, count), item.slice(count)
    blocks = read_blocks(heading.text)
    return (heading if blocks and blocks[0].type == "paragraph" else None), body


def _is_answer_like(block: Block) -> bool:
    return is_drill(block) or (block.type == "html" and block.content.lstrip().lower().startswith("<details"))


def is_drill(block: Block) -> bool:
    """Whether a block is a fence that holds a numeric drill."""
    return block.type == "fence" and block.info.split()[:1] == ["drill"]


def _unclosed_fences(answer: Passage) -> list[Diagnostic]:
    blocks = read_blocks(answer.text)
    return [
        rules.UNCLOSED_FENCE.at(answer.span(block.start, 0, 3))
        for block in blocks
        if block.type == "fence" and not is_closed_fence(answer, block)
    ]


def is_closed_fence(passage: Passage, block: Block) -> bool:
    """Whether a fence ends with a line of its own marks (and is not cut off by the end of its item)."""
    opening = passage.lines[block.start].text.strip()
    mark = opening[: len(opening) - len(opening.lstrip(opening[0]))] if opening else "```"
    closing = passage.lines[block.end - 1].text.strip()
    return block.end - block.start > 1 and closing.startswith(mark) and not closing.strip(mark[0])


def _hints_and_key_points(answer: Passage) -> tuple[Passage, tuple[Passage, ...], tuple[Passage, ...]]:
    """Return the answer without its hint paragraphs and its key points, the hints, the key points."""
    blocks = read_blocks(answer.text)
    hints: list[Passage] = []
    points: list[Passage] = []
    gone: set[int] = set()
    for number, block in enumerate(blocks):
        hint = hint_paragraph(answer, block)
        following = blocks[number + 1] if number + 1 < len(blocks) else None
        if hint is not None:
            hints.append(hint)
            gone.update(range(block.start, block.end))
        elif block.type == "paragraph" and _KEY_POINTS.fullmatch(block.content) and following and following.items:
            points += [item_content(answer, start, end).stripped() for start, end in following.items]
            gone.update(range(block.start, following.end))
    if not gone:
        return answer, (), ()
    lines = tuple(line for number, line in enumerate(answer.lines) if number not in gone)
    return Passage(answer.file, lines), tuple(hints), tuple(points)
