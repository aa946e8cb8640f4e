"""Drafts: they stand where their question stands, wherever that was when they were made."""

from __future__ import annotations

import pickle
from pathlib import Path

from deckbuilder.drafting import at_line, draft_file, settle
from deckbuilder.rendering.drafts import FAR, DraftedQuestion, FileTask, Settling, lines_of, moved
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.source.files import SourceFile

TEXT = """\
# A

1) What is seen?

   <!-- card: {tags: [seen]} --> <!-- lint: {DB703: it is one} -->
   ![a curve](curve.png), $ x^2$ and [there](other.md)

2) Prove it.

   <!-- card: {steps: cards} -->
   1. **Begin.** $ a$
   2. **End.** with ![](curve.png)

3) How much?

   ```drill
   variants: 2
   example: {a: 1}
   params: {a: {range: [1, 9], step: 1}}
   ask: What is @{a} and $ x^2$?
   answer: a + 1
   levels:
     hard: {params: {a: {range: [11, 19], step: 1}}, example: {a: 12}}
   ```
"""


def drafted(text: str, known: tuple[DraftedQuestion, ...] = ()) -> tuple[DraftedQuestion, ...]:
    """Return the drafts of a file's questions."""
    return draft_file(
        FileTask(SourceFile("x.md", "x.md", Path("x.md"), text), b"", "list", RenderOptions(), known)
    ).questions


def test_what_moved_is_as_if_it_had_been_made_there() -> None:
    """If this failed, a line inserted at the top would leave every finding and every picture's place below behind."""
    further = "\n\n\n" + TEXT
    afresh = drafted(further)
    assert [found for question in afresh for found in lines_of(question)], "nothing has a place"
    assert drafted(further, drafted(TEXT)) == afresh
    assert tuple(moved(question, 3) for question in drafted(TEXT)) == afresh
    assert moved(afresh, -3) == drafted(TEXT)


def test_what_is_pickled_is_the_same_again() -> None:
    """If this failed, what a worker or the cache gives would not be what was made."""
    questions = drafted(TEXT)
    assert pickle.loads(pickle.dumps(questions)) == questions


def test_a_drill_that_was_settled_far_away_is_as_if_settled_in_its_place() -> None:
    """If this failed, the findings of a drill would point beside what they mean as soon as it moves."""
    question = drafted(TEXT)[2]
    assert question.draft
    assert question.draft.recipe
    away = Settling(question.draft.recipe, "how-much", "", RenderOptions())
    far, near = settle(away), settle(at_line(away, question.span.line))
    assert far.fields == near.fields
    assert far.diagnostics
    assert moved(far.diagnostics, question.span.line - FAR) == near.diagnostics
    level = far.parts[0]
    assert level.recipe
    assert moved(level.span, question.span.line - FAR) == near.parts[0].span
    assert "12" in settle(Settling(level.recipe, "how-much.hard", "", RenderOptions())).fields["Context"]
