"""Every edit an author makes, brought to a learner through the real Anki: each history stays on its own card."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deckbuilder.pipeline import BuildResult, Options, build
from tests.support.learner import ImportCounts, Learner

FIRST, SECOND = 1_700_000_000, 1_700_100_000

VECTORS = """\
# Mathematics

## Vectors

1) What does the dot product of two vectors measure?

    It measures how far one vector reaches along the other, times that other's length.

2) What is a unit vector and how is one made?

    A vector of length one, made by dividing a vector by its own length.

3) Derive the cosine of the angle between two vectors.

    The cosine is the dot product divided by both lengths.

    1. **Write the dot product.** $a \\cdot b = \\lVert a\\rVert \\lVert b\\rVert \\cos\\theta$
    2. **Divide.** Both lengths are positive, so they may be divided by.

## Matrices

1) What is the rank of a matrix?

    The number of its rows that no other rows can be combined to.

2) When can two matrices be multiplied?

    When the first has as many columns as the second has rows.
"""

TRAINING = """\
# Learning

## Training

1) Why is a learning rate warmed up at the start?

    Early steps are taken on badly known gradient statistics, so they are kept small.

2) What does gradient clipping prevent?

    A single huge gradient from throwing the weights far away from where they were.

3) Implement a function that clips a gradient by its norm.

    ```python
    def clip(g, most):
        size = (g @ g) ** 0.5
        return g if size <= most else g * (most / size)
    ```

4) What is the epoch of a training run?

    One pass over the whole training set.
"""

Sources = dict[str, str]
BASE: Sources = {"vectors.md": VECTORS, "training.md": TRAINING}
WITNESS = "What is the epoch of a training run?"


@dataclass(frozen=True)
class Edit:
    """An edit of the sources, and what must come of it.

    `renamed` maps a question's new words to those that it had; every other question keeps its own. `new` are questions
    that are not there before, `gone` those that are not there after.
    """

    name: str
    apply: Callable[[Sources], Sources]
    counts: ImportCounts
    renamed: dict[str, str] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    witness_kept: bool = True


def replaced(*pairs: tuple[str, str]) -> Callable[[Sources], Sources]:
    def apply(sources: Sources) -> Sources:
        changed = dict(sources)
        for before, after in pairs:
            assert any(before in text for text in changed.values()), before
            changed = {name: text.replace(before, after) for name, text in changed.items()}
        return changed

    return apply


def item(text: str, question: str) -> str:
    """Return the whole item of a question, from its number to the blank line before the next item or heading."""
    found = re.search(rf"^\d+\) {re.escape(question)}.*?(?=^\d+\) |^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found
    return found.group()


def without(question: str) -> Callable[[Sources], Sources]:
    return lambda sources: {
        name: text.replace(item(text, question), "") if question in text else text for name, text in sources.items()
    }


def moved(question: str, file: str, heading: str) -> Callable[[Sources], Sources]:
    def apply(sources: Sources) -> Sources:
        text = next(item(text, question) for text in sources.values() if question in text)
        left = without(question)(sources)
        return {**left, file: left[file].replace(f"{heading}\n\n", f"{heading}\n\n{text.rstrip()}\n\n", 1)}

    return apply


def split_file(sources: Sources) -> Sources:
    head, matrices = sources["vectors.md"].split("## Matrices")
    return {**sources, "vectors.md": head, "matrices.md": "# Mathematics\n\n## Matrices" + matrices}


def merge_files(sources: Sources) -> Sources:
    return {"all.md": sources["vectors.md"] + "\n" + sources["training.md"]}


def swap_places(sources: Sources) -> Sources:
    text = sources["vectors.md"]
    one, other = item(text, "What does the dot product"), item(text, "What is a unit vector")
    return {**sources, "vectors.md": text.replace(one + other, other + one)}


def swap_answers(sources: Sources) -> Sources:
    one, other = (
        "The number of its rows that no other rows can be combined to.",
        "When the first has as many columns as the second has rows.",
    )
    text = sources["vectors.md"].replace(one, "@@").replace(other, one).replace("@@", other)
    return {**sources, "vectors.md": text}


def reverse_training(sources: Sources) -> Sources:
    head, body = sources["training.md"].split("## Training\n\n")
    items = re.findall(r"^\d+\) .*?(?=^\d+\) |\Z)", body.rstrip() + "\n\n", re.MULTILINE | re.DOTALL)
    return {**sources, "training.md": head + "## Training\n\n" + "".join(reversed(items))}


def reformat(sources: Sources) -> Sources:
    """Other numbers, marks, indents, line breaks and emphasis: nothing that a reader of the card would see."""
    changed = {}
    for name, text in sources.items():
        other = re.sub(r"^(\d+)\) ", lambda number: f"{int(number[1]) + 6}. ", text, flags=re.MULTILINE)
        other = other.replace("What is the rank of a matrix?", "What is the\n   rank of a   matrix?")
        other = re.sub(r"\*\*([A-Z][a-z ]+\.)\*\*", r"__\1__", other)
        changed[name] = other.replace("\n\n", "\n\n\n")
    return changed


SAME = "What is the rank of a matrix?"
EDITS = [
    Edit("nothing", lambda sources: sources, ImportCounts(duplicate=9)),
    Edit(
        "edit an answer",
        replaced(("One pass", "Exactly one pass")),
        ImportCounts(updated=1, duplicate=8),
        witness_kept=False,
    ),
    Edit(
        "fix a typo in a question",
        replaced(("does gradient clipping prevent", "does gradient-cliping prevent")),
        ImportCounts(updated=1, duplicate=8),
        renamed={"What does gradient-cliping prevent?": "What does gradient clipping prevent?"},
    ),
    Edit(
        "reword a question wholly and keep its answer",
        replaced(
            ("What does gradient clipping prevent?", "Which harm do we avoid when steps are cut to a maximal length?")
        ),
        ImportCounts(updated=1, duplicate=8),
        renamed={
            "Which harm do we avoid when steps are cut to a maximal length?": "What does gradient clipping prevent?"
        },
    ),
    Edit("reorder", reverse_training, ImportCounts(duplicate=9)),
    Edit("renumber", replaced(("1) ", "5) "), ("2) ", "5) ")), ImportCounts(duplicate=9)),
    Edit(
        "insert in the middle",
        replaced(
            (
                "2) What is a unit vector",
                "2) What is the zero vector?\n\n    The one whose entries are all zero.\n\n3) What is a unit vector",
            )
        ),
        ImportCounts(new=1, duplicate=9),
        new=("What is the zero vector?",),
    ),
    Edit(
        "delete",
        without("What does gradient clipping"),
        ImportCounts(duplicate=8),
        gone=("What does gradient clipping prevent?",),
    ),
    Edit(
        "move to another section",
        moved("What is a unit vector", "vectors.md", "## Matrices"),
        ImportCounts(updated=1, duplicate=8),
    ),
    Edit(
        "move to another file",
        moved("What is a unit vector", "training.md", "## Training"),
        ImportCounts(updated=1, duplicate=8),
    ),
    Edit(
        "rename a heading",
        replaced(("## Matrices", "## Matrices and their products")),
        ImportCounts(updated=2, duplicate=7),
    ),
    Edit("rename the heading above", replaced(("# Mathematics", "# Maths")), ImportCounts(updated=5, duplicate=4)),
    Edit("split a file in two", split_file, ImportCounts(duplicate=9)),
    Edit("merge two files", merge_files, ImportCounts(duplicate=9)),
    Edit("swap two questions' places", swap_places, ImportCounts(duplicate=9)),
    Edit("swap two answers", swap_answers, ImportCounts(updated=2, duplicate=7)),
    Edit(
        "give two sections the same question",
        replaced(
            ("## Training\n\n", f"## Training\n\n1) {SAME}\n\n    Here it is a word for the order of results.\n\n")
        ),
        ImportCounts(new=1, duplicate=9),
        new=(f"{SAME} in Training",),
    ),
    Edit(
        "change a note's kind",
        replaced(("What is the rank of a matrix?", "What is the rank of a matrix? <!-- card: {kind: derivation} -->")),
        ImportCounts(updated=1, duplicate=8),
    ),
    Edit(
        "add a hint",
        replaced(("What is the rank of a matrix?", "What is the rank of a matrix? (Hint: count what is independent.)")),
        ImportCounts(updated=1, duplicate=8),
    ),
    Edit("reformat every line", reformat, ImportCounts(duplicate=9)),
]


class Author:
    """A folder of sources that is built from time to time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "deck"
        self.apkg = folder / "out.apkg"

    def write(self, sources: Sources) -> None:
        self.folder.mkdir(exist_ok=True)
        for old in self.folder.glob("*.md"):
            old.unlink()
        for name, text in sources.items():
            (self.folder / name).write_text(text, "utf-8")

    def build(self, sources: Sources, now: int, *, retire: bool = False) -> BuildResult:
        self.write(sources)
        result = build(self.folder, Options(output=self.apkg, now=now, retire=retire))
        assert not result.failed, [str(found) for found in result.diagnostics if found.is_error]
        return result


def guids(result: BuildResult) -> dict[str, str]:
    """Return each question's GUID by its words, and by its section too where two have the same words."""
    found: dict[str, str] = {}
    for note in result.notes:
        name = f"{SAME} in Training" if note.question == SAME and note.deck.endswith("Training") else note.question
        found[name] = note.guid
    return found


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path)


def studied(learner: Learner, known: dict[str, str]) -> dict[str, int]:
    """Let the learner answer each card another number of times, so that a history tells whose it is."""
    times = {question: number for number, question in enumerate(known, start=1)}
    for question, number in times.items():
        learner.answer(known[question], times=number)
    return times


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_keeps_every_history_on_its_card(edit: Edit, author: Author) -> None:
    """If this failed, a learner would lose reviews, meet doubled cards, or find one card's history on another."""
    before = guids(author.build(BASE, FIRST))
    with Learner() as learner:
        assert learner.import_package(author.apkg) == ImportCounts(new=9)
        learner.sync()
        times = studied(learner, before)
        learner.edit(before[WITNESS], "Remarks", "my own remark", at=FIRST + 50)
        learner.tag(before[WITNESS], "mine", at=FIRST + 50)
        note_types, cards = learner.note_types(), learner.card_count()

        after = guids(author.build(edit.apply(BASE), SECOND))
        assert learner.import_package(author.apkg) == edit.counts

        expected = {
            question for question in before if question not in edit.gone and question not in edit.renamed.values()
        }
        assert set(after) == expected | set(edit.renamed) | set(edit.new)
        for question, guid in after.items():
            if question not in edit.new:
                assert learner.reviews(guid) == times[edit.renamed.get(question, question)], question
        for question in edit.gone:
            assert learner.reviews(before[question]) == times[question]
        assert learner.note_types() == note_types, "a clutter note type appeared"
        assert learner.card_count() == cards + len(edit.new)
        assert not learner.needs_full_sync()
        if edit.witness_kept:
            assert "mine" in learner.tags(before[WITNESS])
            assert learner.fields(before[WITNESS])["Remarks"] == "my own remark"


def test_a_question_that_comes_back_finds_its_history(author: Author) -> None:
    """If this failed, undoing a deletion would give the learner a new card beside the one that they know."""
    question = "What does gradient clipping prevent?"
    before = guids(author.build(BASE, FIRST))
    with Learner() as learner:
        learner.import_package(author.apkg)
        learner.answer(before[question], times=3)
        author.build(without(question)(BASE), SECOND)
        learner.import_package(author.apkg)
        after = guids(author.build(BASE, SECOND + 100))
        assert learner.import_package(author.apkg) == ImportCounts(duplicate=9)
        assert after == before
        assert learner.reviews(before[question]) == 3


def test_a_moved_card_stays_where_the_learner_put_it(author: Author) -> None:
    """If this failed, a learner's own layout of decks would be undone by the author's next release."""
    before = guids(author.build(BASE, FIRST))
    with Learner() as learner:
        learner.import_package(author.apkg)
        learner.move(before[WITNESS], "My own deck")
        author.build(moved("What is the epoch", "vectors.md", "## Matrices")(BASE), SECOND)
        learner.import_package(author.apkg)
        assert learner.deck_of(before[WITNESS]) == "My own deck"


def test_a_renamed_heading_makes_no_second_deck(author: Author) -> None:
    """If this failed, new cards of a renamed section would land in another deck than the old ones."""
    author.build(BASE, FIRST)
    renamed = replaced(
        ("## Matrices\n\n", "## Products\n\n3) What is a square matrix?\n\n    One with as many rows as columns.\n\n")
    )
    result = author.build(renamed(BASE), SECOND)
    decks = {note.question: note.deck for note in result.notes}
    assert decks["What is a square matrix?"] == decks["What is the rank of a matrix?"]
    assert decks["What is a square matrix?"].endswith("::Matrices")


def test_a_change_of_style_alone_reaches_the_learner_and_touches_no_note(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, better-looking cards would cost a full sync, or overwrite what the learner wrote."""
    from msgspec.structs import replace

    from deckbuilder import pipeline
    from deckbuilder.kinds.templates import load_templates

    before = guids(author.build(BASE, FIRST))
    with Learner() as learner:
        learner.import_package(author.apkg)
        learner.sync()
        learner.edit(before[WITNESS], "Remarks", "my own remark", at=FIRST + 50)

        def restyled(names: tuple[str, ...]) -> object:
            templates = load_templates(names)
            return replace(templates, css=templates.css + "\n.db-card { color: teal; }\n")

        monkeypatch.setattr(pipeline, "load_templates", restyled)
        author.build(BASE, SECOND)
        assert learner.import_package(author.apkg) == ImportCounts(duplicate=9)
        assert "color: teal" in learner.css("Concept (deck)")
        assert learner.fields(before[WITNESS])["Remarks"] == "my own remark"
        assert not learner.needs_full_sync()
        assert len(learner.note_types()) == len(set(learner.note_types()))
