"""From Markdown to questions: files of tests/fixtures/source hold `title / . / Markdown / . / outcome / .`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.source.documents import read_document
from deckbuilder.source.files import SourceFile
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question
from tests.support.fixtures import Case, cases, rewritten

FIXTURES = Path(__file__).parents[1] / "fixtures" / "source"


def outcome(markdown: str) -> str:
    """Return what was read, in a form that a person can read."""
    document, diagnostics = read_document(SourceFile("x.md", "x.md", Path("x.md"), markdown))
    lines = [line for question in document.questions for line in described(question)]
    lines += [f"! {found.span.line}:{found.span.column} {found.code} {found.message}" for found in diagnostics]
    return "\n".join(lines)


def described(question: Question) -> list[str]:
    lines = [f"Q {question.span.line}:{question.span.column} {' > '.join(question.section)} | {question.text}"]
    for name in ("prompt", "data", "answer"):
        passage = getattr(question, name)
        lines += _passage(name, passage)
    for name in ("hints", "key_points"):
        for passage in getattr(question, name):
            lines += _passage(name[:-1], passage)
    metadata = question.metadata
    said = {"id": metadata.id, "kind": metadata.kind, "tags": metadata.tags}
    lines += [f"  {name}: {value}" for name, value in said.items() if value]
    return lines


def _passage(name: str, passage: Passage) -> list[str]:
    return [f"  {name} {line.number}:{line.offset + 1} {line.text}" for line in passage.lines]


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_a_review_is_read_as_its_author_meant_it(case: Case, request: pytest.FixtureRequest) -> None:
    """If this failed, an answer would land on another card, or a place in a message would be wrong."""
    found = outcome(case.given)
    if rewritten(request, case, found):
        return
    assert found == case.expected


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("12)#.-* \n\t`~$<>!-/(Hint:TODO)detailsummrycb{}[]|_\\é汉")), max_size=300)
)
def test_no_text_makes_the_reader_fail(markdown: str) -> None:
    """If this failed, one odd line would stop an author's build with a traceback."""
    document, diagnostics = read_document(SourceFile("x.md", "x.md", Path("x.md"), markdown))
    last = markdown.count("\n") + 1
    for found in diagnostics:
        assert 1 <= found.span.line <= last
        assert found.span.column >= 1
    for question in document.questions:
        assert 1 <= question.span.line <= last


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "plain words",
                "  - a\n  - b",
                "$$x$$",
                "```\ncode\n\nmore\n```",
                "> quoted",
                "| a | b |\n|---|---|\n| 1 | 2 |",
            ]
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_line_of_an_answer_is_kept_at_its_place(blocks: list[str]) -> None:
    """If this failed, part of an answer would be missing from the card, or be reported at a wrong line."""
    body = "\n\n".join(blocks)
    indented = "\n".join(f"    {line}".rstrip() for line in body.split("\n"))
    source = f"# S\n\n1) A question?\n\n{indented}\n"
    document, _ = read_document(SourceFile("x.md", "x.md", Path("x.md"), source))
    (question,) = document.questions
    lines = source.split("\n")
    assert "".join(line.text.strip() for line in question.answer.lines) == "".join(body.split("\n")).replace(
        "  - ", "- "
    )
    for line in question.answer.lines:
        assert lines[line.number - 1][line.offset :] == line.text
