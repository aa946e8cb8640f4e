"""A file becomes a document: headings make sections, and ordered lists under them (or headings) hold the questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.limits import limits
from deckbuilder.source.blocks import Block, Item, Structure, item_content, remember_item, structure_of_file
from deckbuilder.source.files import SourceFile
from deckbuilder.source.gfm import MAX_NESTING, plain_text
from deckbuilder.source.habits import asking_headings, habit_of, heading_item
from deckbuilder.source.metadata import Metadata, read_comments
from deckbuilder.source.passage import Passage, passage_of
from deckbuilder.source.questions import Question, is_closed_fence, read_question
from deckbuilder.source.todos import has_todo, without_todos
from deckbuilder.source.vocabulary import HEADINGS, LIST
from deckbuilder.waivers import Waiver


class Document(Struct, frozen=True):
    """A Markdown file with all its questions, in order, answered or not.

    `waivers` let findings in its sections stand.
    """

    file: SourceFile
    questions: tuple[Question, ...]
    waivers: tuple[Waiver, ...] = ()


class _Section(Struct):
    """The heading path at one place of a file, and the metadata defaults that hold for each heading of it."""

    titles: list[tuple[int, str]] = field(default_factory=list)
    defaults: list[Metadata] = field(default_factory=lambda: [Metadata()])
    waivers: list[tuple[int, Waiver]] = field(default_factory=list)
    ended: list[Waiver] = field(default_factory=list)

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.titles)

    def enter(self, level: int, title: str, line: int) -> None:
        self.leave(level, line)
        self.titles.append((level, title))
        self.defaults.append(self.defaults[-1])

    def leave(self, level: int, line: int) -> None:
        """Leave all sections as deep as `level`, or deeper; the heading that ends them stands on `line`."""
        self.end_waivers(level, line - 1)
        while self.titles and self.titles[-1][0] >= level:
            self.titles.pop()
            self.defaults.pop()

    def set_defaults(self, metadata: Metadata) -> None:
        self.defaults[-1] = metadata.over(self.defaults[-1])

    def waive(self, waiver: Waiver) -> None:
        level = self.titles[-1][0] if self.titles else 0
        self.waivers.append((level, replace(waiver, files=waiver.span.file, first=waiver.span.line)))

    def end_waivers(self, level: int, line: int) -> None:
        """Let the waivers of sections as deep as `level`, or deeper, reach to `line`."""
        self.ended += [replace(waiver, last=line) for depth, waiver in self.waivers if depth >= level]
        self.waivers = [(depth, waiver) for depth, waiver in self.waivers if depth < level]


def read_document(file: SourceFile, habit: str = LIST) -> tuple[Document, list[Diagnostic]]:
    """Read the structure of a Markdown file: sections, questions, and what is wrong with either.

    `habit` is the deck's; a file's front matter may name its own.
    """
    whole = passage_of(file.text, file.name)
    structure, items = structure_of_file(file.text)
    diagnostics: list[Diagnostic] = []
    if structure.too_deep is not None:
        diagnostics.append(rules.TOO_MANY_NESTED.at(whole.span(structure.too_deep), limit=MAX_NESTING // 2))
    habit, found = habit_of(structure.blocks, file.name, habit)
    diagnostics += found
    asking = asking_headings(structure.blocks) if habit == HEADINGS else {}
    questions: list[Question] = []
    section = _Section()
    open_question: Question | None = None
    done = 0
    for number, block in enumerate(structure.blocks):
        if number < done:
            continue
        if number in asking:
            done = asking[number]
            section.leave(block.level, whole.lines[block.start].number)
            question, found = _heading_question(whole, structure, number, done, section, file)
            questions += [question] if question else []
            diagnostics += found
            continue
        if block.type == "heading":
            section.enter(block.level, _title(block.content), whole.lines[block.start].number)
            open_question = None
        elif block.type == "ordered_list" and habit == HEADINGS:
            continue
        elif block.type == "ordered_list" and section.titles:
            asked, found = _list_questions(whole, block, items, structure.references, section, file)
            questions += asked
            diagnostics += found
            open_question = asked[-1] if asked and not asked[-1].is_answered else None
            continue
        diagnostics += _outside(whole, block, section, open_question)
        if block.type not in ("html", "rule"):
            open_question = None
    section.end_waivers(0, whole.lines[-1].number)
    return Document(file, tuple(questions), tuple(section.ended)), diagnostics


def _list_questions(
    whole: Passage,
    block: Block,
    items: Mapping[tuple[int, int], Item],
    references: Mapping[str, object],
    section: _Section,
    file: SourceFile,
) -> tuple[list[Question], list[Diagnostic]]:
    questions: list[Question] = []
    diagnostics: list[Diagnostic] = []
    for start, end in block.items:
        item = item_content(whole, start, end)
        if known := items.get((start, end)):
            remember_item(item.text, known)
        question, found = read_question(item, section.path, section.defaults[-1], references, file.inside)
        diagnostics += found
        if question:
            questions.append(question)
    return questions, diagnostics


def _heading_question(
    whole: Passage, structure: Structure, number: int, end: int, section: _Section, file: SourceFile
) -> tuple[Question | None, list[Diagnostic]]:
    item, last = heading_item(whole, structure.blocks, number, end)
    question, diagnostics = read_question(
        item, section.path, section.defaults[-1], structure.references, file.inside, asks_to=last
    )
    for block in structure.blocks[number + 1 : end]:
        diagnostics += _unclosed_comment(whole, block)
    return question, diagnostics


def _title(heading: str) -> str:
    """Return a heading's text as it stands on cards: without formatting, comments and TODOs."""
    if len(heading) > limits()["heading"]:
        return heading  # not even tried: an error will say that it is too long
    bare, _ = without_todos(read_comments(passage_of(heading))[0])
    return plain_text(bare.text) or plain_text(heading)


def _outside(whole: Passage, block: Block, section: _Section, open_question: Question | None) -> Iterator[Diagnostic]:
    """Yield what is to be said of a block that holds no questions; take up the section defaults that it sets."""
    passage = whole.slice(block.start, block.end)
    if block.type == "html":
        yield from _section_comments(passage, section)
        yield from _unclosed_comment(whole, block)
    elif block.type == "fence" and not is_closed_fence(whole, block):
        yield rules.UNCLOSED_FENCE.at(passage.span(0, 0, 3))
    elif block.type == "ordered_list":
        yield rules.LIST_BEFORE_HEADING.at(passage.span(0, 0, 2))
    elif block.type in ("paragraph", "heading", "bullet_list", "quote") and has_todo(passage.text):
        yield from without_todos(passage)[1]
    elif open_question and block.type in ("paragraph", "bullet_list", "math", "fence"):
        yield rules.ANSWER_OUTSIDE.at(passage.span(0, 0, len(passage.lines[0].text)))


def _unclosed_comment(whole: Passage, block: Block) -> list[Diagnostic]:
    if block.type == "html" and block.content.lstrip().startswith("<!--") and "-->" not in block.content:
        return [rules.UNCLOSED_COMMENT.at(whole.span(block.start, 0, 4))]
    return []


def _section_comments(passage: Passage, section: _Section) -> Iterator[Diagnostic]:
    _, comments, diagnostics = read_comments(passage)
    yield from diagnostics
    for comment in comments:
        for waiver in comment.waivers:
            section.waive(waiver)
        if comment.name not in ("deck", "lint"):
            where = "inside the question that it is about (indented as its text is)"
            yield rules.METADATA_MISPLACED.at(comment.span, comment=comment.name, where=where)
        elif comment.name == "deck":
            section.set_defaults(comment.metadata)
