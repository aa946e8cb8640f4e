"""The two habits of writing questions give the same deck, and a deck may change from one to the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.identity.changes import Change
from deckbuilder.pipeline import Options, build, check
from deckbuilder.source.blocks import read_blocks
from deckbuilder.source.documents import read_document
from deckbuilder.source.files import SourceFile
from deckbuilder.source.vocabulary import HEADINGS

FIRST, SECOND = 1_700_000_000, 1_700_100_000

AS_LIST = """\
# Mathematics

## Vectors

1) What is a *unit* vector? (Hint: think of its length.)

    A vector of length one, $\\lVert v \\rVert = 1$.

    **Key points**

    - length one

2) Derive the cosine of the angle between two vectors. <!-- card: {tags: [exam]} -->

    It is the dot product over both lengths.

    1. **Write it.** $a \\cdot b$
    2. **Divide.** Both lengths are positive.

## Matrices

1) Implement the trace.

    ```python
    def trace(a):
        return sum(a[i][i] for i in range(len(a)))
    ```

2) Add two numbers.

    ```drill
    params:
      a: {range: [1, 9]}
      b: {range: [1, 9]}
    example: {a: 1, b: 2}
    ask: What is @{a} + @{b}?
    answer: a + b
    ```
"""


def as_headings(text: str) -> str:
    """Return the same deck with each question as a heading of the third level."""
    lines = []
    for line in text.split("\n"):
        asked = re.match(r"\d\) (.*)", line)
        lines.append(f"### {asked[1]}" if asked else line.removeprefix("    "))
    return "\n".join(lines)


@pytest.fixture(autouse=True)
def a_built_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deck of questions in lists, as it was built."""
    monkeypatch.chdir(tmp_path)
    Path("content").mkdir()
    Path("content/a.md").write_text(AS_LIST, "utf-8")
    assert build(Path("content"), Options(now=FIRST)).diagnostics == ()


@pytest.mark.parametrize("named_in", ["deck.yml", "front matter"])
def test_a_deck_that_changes_its_habit_keeps_every_note_as_it_is(named_in: str) -> None:
    """If this failed, rewriting lists as headings would cost every learner's history, or overwrite their edits."""
    text = as_headings(AS_LIST)
    if named_in == "deck.yml":
        Path("content/deck.yml").write_text("questions: headings\n", "utf-8")
    else:
        text = f"---\nquestions: headings\n---\n\n{text}"
    Path("content/a.md").write_text(text, "utf-8")
    result = build(Path("content"), Options(now=SECOND, locked=True))
    assert result.diagnostics == ()
    assert [(note.kind, note.change) for note in result.notes] == [
        ("concept", Change.UNCHANGED),
        ("derivation", Change.UNCHANGED),
        ("implementation", Change.UNCHANGED),
        ("drill", Change.UNCHANGED),
    ]


def test_files_of_both_habits_make_one_deck() -> None:
    """If this failed, an author could not go over to the other habit file by file."""
    Path("content/b.md").write_text("---\nquestions: headings\n---\n# B\n\n## What is B?\n\nA letter.\n", "utf-8")
    Path("content/deck.yml").write_text("questions: list\n", "utf-8")
    result = check(Path("content"))
    assert result.diagnostics == ()
    assert [note.question for note in result.notes][-1] == "What is B?"
    assert len(result.notes) == 5


def test_a_heading_without_an_answer_is_told_and_keeps_its_note() -> None:
    """If this failed, an answer taken out for a while would cost the history of its card."""
    Path("b.md").write_text(
        "---\nquestions: headings\n---\n# B\n\n## What is B?\n\nA letter.\n\n## C?\n\nYes.\n", "utf-8"
    )
    built = build(Path("b.md"), Options(now=FIRST))
    Path("b.md").write_text("---\nquestions: headings\n---\n# B\n\n## What is B?\n\n## C?\n\nYes.\n", "utf-8")
    result = build(Path("b.md"), Options(now=SECOND, retire=True))
    assert [(found.code, found.span.line) for found in result.diagnostics] == [("DB315", 7), ("DB201", 6)]
    Path("b.md").write_text(
        "---\nquestions: headings\n---\n# B\n\n## What is B?\n\nA letter.\n\n## C?\n\nYes.\n", "utf-8"
    )
    again = build(Path("b.md"), Options(now=SECOND + 1))
    assert [note.guid for note in again.notes] == [note.guid for note in built.notes]


def test_a_deck_without_any_heading_that_asks_is_told() -> None:
    """If this failed, a deck of no cards would be built without a word."""
    Path("content/a.md").write_text("Only text.\n", "utf-8")
    Path("content/deck.yml").write_text("questions: headings\n", "utf-8")
    codes = {found.code for found in check(Path("content"), Options(retire=True)).diagnostics}
    assert "DB105" in codes


WAIVED = """\
---
questions: headings
---
# A

## Is it so?

Yes, it is.<!-- lint: {DB705: it is asked so at exams} -->

## Is that so?

No.

## B
<!-- lint: {DB705: all of B is so} -->

### Is this so?

It is.

## Is it after B?

It is.
"""


def test_findings_are_waived_in_an_answer_or_a_section_and_nowhere_else() -> None:
    """If this failed, a reason given for one heading would silence its neighbours, or nothing."""
    Path("b.md").write_text(WAIVED, "utf-8")
    assert [(found.code, found.span.line) for found in check(Path("b.md")).diagnostics] == [
        ("DB705", 10),
        ("DB705", 21),
    ]


def test_an_unknown_habit_is_an_error_at_its_place() -> None:
    """If this failed, a misspelt word would turn every heading of a deck into nothing."""
    Path("content/deck.yml").write_text("name: X\nquestions: heading\n", "utf-8")
    (found,) = [found for found in check(Path("content")).diagnostics if found.is_error]
    assert (found.code, found.span.line, found.span.column) == ("DB115", 2, 12)


LINES = st.lists(
    st.sampled_from(
        ["# A", "## B ##", "### 1) C? ###", "####", "## - d", "E\n===", " ## f #", "Setext\nof two\n---", "text", "",
         "---", "```", "<!-- card: {id: x} -->", "<!-- open", "- item", "1) item", "    code", "$$", "<details>",
         "## C#", "> # q", "##\tTab\t##\t", "TODO", "| a |\n|---|", "<!-- deck: {tags: [t]} -->"]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@given(LINES)
def test_no_text_makes_the_reader_fail_and_places_are_in_the_file(text: str) -> None:
    """If this failed, one odd line would stop a build with a traceback, or a caret would stand nowhere."""
    document, diagnostics = read_document(SourceFile("x.md", "x.md", Path("x.md"), text), HEADINGS)
    lines = text.split("\n")
    for span in [found.span for found in diagnostics] + [question.span for question in document.questions]:
        assert 1 <= span.line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
    for question in document.questions:
        for line in question.answer.lines:
            assert lines[line.number - 1][line.offset :].endswith(line.text)


@given(st.text(alphabet=st.sampled_from(list("#abc \t-")), max_size=12))
def test_a_heading_asks_what_the_parser_says_it_says(words: str) -> None:
    """If this failed, marks would stand on cards, or letters of the question be missing."""
    text = f"## Q {words}"
    (block,) = read_blocks(text)
    document, _ = read_document(SourceFile("x.md", "x.md", Path("x.md"), f"{text}\n\nAn answer.\n"), HEADINGS)
    (question,) = document.questions
    assert question.prompt.text == block.content
