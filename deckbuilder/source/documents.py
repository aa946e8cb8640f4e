"""A file becomes a document: its headings make sections, and the ordered lists under them hold the questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.source.blocks import Block, item_content, read_structure
from deckbuilder.source.files import SourceFile
from deckbuilder.source.gfm import MAX_NESTING, plain_text
from deckbuilder.source.metadata import Metadata, read_comments
from deckbuilder.source.passage import Passage, passage_of
from deckbuilder.source.questions import Question, is_closed_fence, read_question
from deckbuilder.source.todos import has_todo, without_todos


@dataclass(frozen=True, slots=True)
class Document:
    """A Markdown file with all its questions, in order, answered or not."""

    file: SourceFile
    questions: tuple[Question, ...]


@dataclass(slots=True)
class _Section:
    """The heading path at one place of a file, and the metadata defaults that hold for each heading of it."""

    titles: list[tuple[int, str]] = field(default_factory=list)
    defaults: list[Metadata] = field(default_factory=lambda: [Metadata()])

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(title for _, title in self.titles)

    def enter(self, level: int, title: str) -> None:
        while self.titles and self.titles[-1][0] >= level:
            self.titles.pop()
            self.defaults.pop()
        self.titles.append((level, title))
        self.defaults.append(self.defaults[-1])

    def set_defaults(self, metadata: Metadata) -> None:
        self.defaults[-1] = metadata.over(self.defaults[-1])


def read_document(file: SourceFile) -> tuple[Document, list[Diagnostic]]:
    """Read the structure of a Markdown file: sections, questions, and what is wrong with either."""
    whole = passage_of(file.text, file.name)
    structure = read_structure(file.text)
    diagnostics: list[Diagnostic] = []
    if structure.too_deep is not None:
        diagnostics.append(rules.TOO_MANY_NESTED.at(whole.span(structure.too_deep), limit=MAX_NESTING // 2))
    questions: list[Question] = []
    section = _Section()
    open_question: Question | None = None
    for block in structure.blocks:
        if block.type == "heading":
            section.enter(block.level, _title(block.content))
            open_question = None
        elif block.type == "ordered_list" and section.titles:
            asked, found = _list_questions(whole, block, section, structure.references, file)
            questions += asked
            diagnostics += found
            open_question = asked[-1] if asked and not asked[-1].is_answered else None
            continue
        diagnostics += _outside(whole, block, section, open_question)
        if block.type not in ("html", "rule"):
            open_question = None
    return Document(file, tuple(questions)), diagnostics


def _list_questions(
    whole: Passage, block: Block, section: _Section, references: Mapping[str, object], file: SourceFile
) -> tuple[list[Question], list[Diagnostic]]:
    questions: list[Question] = []
    diagnostics: list[Diagnostic] = []
    for start, end in block.items:
        item = item_content(whole, start, end)
        question, found = read_question(item, section.path, section.defaults[-1], references, file.inside)
        diagnostics += found
        if question:
            questions.append(question)
    return questions, diagnostics


def _title(heading: str) -> str:
    """Return a heading's text as it stands on cards: without formatting, comments and TODOs."""
    bare, _ = without_todos(read_comments(passage_of(heading))[0])
    return plain_text(bare.text) or plain_text(heading)


def _outside(whole: Passage, block: Block, section: _Section, open_question: Question | None) -> Iterator[Diagnostic]:
    """Yield what is to be said of a block that holds no questions; take up the section defaults that it sets."""
    passage = whole.slice(block.start, block.end)
    if block.type == "html":
        yield from _section_comments(passage, section)
        if block.content.lstrip().startswith("<!--") and "-->" not in block.content:
            yield rules.UNCLOSED_COMMENT.at(passage.span(0, 0, 4))
    elif block.type == "fence" and not is_closed_fence(whole, block):
        yield rules.UNCLOSED_FENCE.at(passage.span(0, 0, 3))
    elif block.type == "ordered_list":
        yield rules.LIST_BEFORE_HEADING.at(passage.span(0, 0, 2))
    elif block.type in ("paragraph", "heading", "bullet_list", "quote") and has_todo(passage.text):
        yield from without_todos(passage)[1]
    elif open_question and block.type in ("paragraph", "bullet_list", "math", "fence"):
        yield rules.ANSWER_OUTSIDE.at(passage.span(0, 0, len(passage.lines[0].text)))


def _section_comments(passage: Passage, section: _Section) -> Iterator[Diagnostic]:
    _, comments, diagnostics = read_comments(passage)
    yield from diagnostics
    for comment in comments:
        if comment.name != "deck":
            where = "inside the question that it is about (indented as its text is)"
            yield rules.METADATA_MISPLACED.at(comment.span, comment=comment.name, where=where)
        else:
            section.set_defaults(comment.metadata)
