"""Which implementation cards a deck has, and what of each is to be run."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from deckbuilder.diagnostics import Span
from deckbuilder.kinds.implementation import IMPLEMENTATION, ImplementationNote
from deckbuilder.kinds.registry import read_note
from deckbuilder.pipeline import Prepared
from deckbuilder.source.blocks import read_blocks
from deckbuilder.source.documents import read_document
from deckbuilder.source.files import read_files
from deckbuilder.source.passage import Passage

_PYTHON = {"python", "python3", "py", "py3"}


class CodeBlock(Struct, frozen=True):
    """A fenced block of a card: its language ("" if it names none), where its first line of code is, and the code."""

    language: str
    file: str
    line: int
    text: str

    @property
    def is_python(self) -> bool:
        """Whether the block says that it is Python."""
        return self.language in _PYTHON


class CodeCard(Struct, frozen=True):
    """An implementation card: its key, its place, the blocks of its reference code and those of its assertions."""

    key: str
    span: Span
    code: tuple[CodeBlock, ...]
    assertions: tuple[CodeBlock, ...]

    @property
    def reason_to_skip(self) -> str:
        """Why there is nothing to run; "" if there is."""
        if not self.code:
            return "it has no code"
        if not any(block.is_python for block in self.code):
            languages = sorted({block.language for block in self.code if block.language})
            return f"its language is {', '.join(languages)}, not Python" if languages else "its code names no language"
        if not any(block.is_python for block in self.assertions):
            return "it has no assertions in Python"
        return ""


class FilesChanged(Exception):
    """A file was edited between two readings of it, so that cards could go untested."""


def cards_of(prepared: Prepared) -> tuple[CodeCard, ...]:
    """Return the implementation cards of a deck in reading order. Raises FilesChanged."""
    notes = [stamped.rendered for stamped in prepared.notes if not stamped.rendered.resolved.is_part]
    wanted = {
        note.resolved.question.span: note.resolved.identity.key for note in notes if note.kind == IMPLEMENTATION.name
    }
    project = prepared.project
    files, _ = read_files(project.folder, list(project.files), project.root)
    found = []
    for file in files:
        document, _ = read_document(file, project.settings.questions)
        for question in document.questions:
            if question.span not in wanted:
                continue
            _, note, _ = read_note(question)
            if isinstance(note, ImplementationNote):
                code, assertions = (tuple(_blocks_of(part)) for part in (note.code, note.assertions))
                found.append(CodeCard(wanted[question.span], question.span, code, assertions))
    if len(found) != len(wanted):
        raise FilesChanged("a file was edited while it was read; run the command again")
    return tuple(found)


def _blocks_of(passage: Passage) -> Iterator[CodeBlock]:
    for block in read_blocks(passage.text):
        if block.type == "fence":
            language = (block.info.split() or [""])[0].lower()
            first = passage.span(block.start).line + 1
            yield CodeBlock(language, passage.file, first, block.content)
