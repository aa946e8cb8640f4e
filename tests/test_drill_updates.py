"""Every edit of a drill, brought to a learner through the real Anki: its history stays, in place, with no new note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

import pytest

from deckbuilder.identity.lock import read_lock
from deckbuilder.pipeline import BuildResult, Options, build
from tests.support.drills import STEP
from tests.support.learner import ImportCounts, Learner

FIRST, SECOND = 1_700_000_000, 1_700_100_000

BLOCK = indent(STEP.replace("variants: 5", "variants: 6"), "   ")

DRILL = f"""\
# Training

## Steps

1) One step of gradient descent.

   ```drill
{BLOCK}   ```

2) What is a gradient?

    The vector of all partial derivatives of a function at a point.

## Later

1) What is an epoch?

    One pass over the whole training set.
"""
EACH = DRILL.replace("   variants: 6\n", "   cards: per-variant\n   variants: 6\n")

Text = Callable[[str], str]


def replaced(*pairs: tuple[str, str]) -> Text:
    def apply(text: str) -> str:
        for before, after in pairs:
            assert before in text, before
            text = text.replace(before, after)
        return text

    return apply


def moved(text: str) -> str:
    start, end = text.index("1) One step"), text.index("2) What is a gradient")
    return text[:start] + text[end:].replace("## Later\n\n", "## Later\n\n" + text[start:end])


@dataclass(frozen=True)
class Edit:
    """An edit, what the import reports of it, and which slots get other numbers."""

    name: str
    apply: Text
    counts: ImportCounts
    codes: tuple[str, ...] = field(default=())


G = "     g: {range: [-0.5, 0.5], step: 0.1, exclude: [0]}\n"
WRONG = "     wrong sign: w + lr*g\n"

EDITED = ImportCounts(updated=1, duplicate=2)
SAME = ImportCounts(duplicate=3)
EDITS = [
    Edit("nothing", lambda text: text, SAME),
    Edit("reword what is asked", replaced(("Find $w'$", "Find the new weight $w'$")), EDITED),
    Edit(
        "reword the question", replaced(("One step of gradient descent.", "Take one step of gradient descent.")), EDITED
    ),
    Edit("give it an id", replaced(("descent.\n\n   ```", "descent. <!-- card: {id: descent} -->\n\n   ```")), EDITED),
    Edit("reword a step", replaced(("- $w' =", "- Go against the gradient, $w' =")), EDITED),
    Edit("mend the answer", replaced(("w1: w - lr*g", "w1: w - 2*lr*g")), EDITED, ("DB53",)),
    Edit("widen the tolerance", replaced(("tolerance: 0.001", "tolerance: 0.002")), EDITED),
    Edit("name another mistake", replaced(("wrong sign:", "no step at all: w\n     wrong sign:")), EDITED),
    Edit(
        "add a parameter",
        replaced(("   example: {", "     b: {choices: [1, 2]}\n   example: {b: 1, "), ("lr*g}", "lr*g*b}")),
        EDITED,
    ),
    Edit(
        "rename a parameter",
        replaced(("     lr:", "     rate:"), ("lr: 0.1", "rate: 0.1"), ("lr*g", "rate*g"), ("@{lr}", "@{rate}")),
        SAME,
    ),
    Edit("reorder the parameters", replaced((G, ""), ("   example:", f"{G}   example:")), SAME),
    Edit("widen a domain", replaced(("[-1, 1]", "[-5, 5]")), SAME),
    Edit("narrow a domain", replaced(("[-1, 1]", "[-0.5, 0.7]")), EDITED, ("DB53",)),
    Edit("reject some", replaced(("   ask:", '   where: ["w > -0.4"]\n   ask:')), EDITED, ("DB53",)),
    Edit("more variants", replaced(("variants: 6", "variants: 9")), EDITED),
    Edit("fewer variants", replaced(("variants: 6", "variants: 3")), EDITED),
    Edit("move it", moved, EDITED),
    Edit("rename its section", replaced(("## Steps", "## One step")), ImportCounts(updated=2, duplicate=1)),
    Edit(
        "add a level",
        replaced((WRONG, WRONG + "   levels: {large: {params: {lr: {choices: [5, 7]}}, example: {lr: 5}}}\n")),
        ImportCounts(new=1, duplicate=3),
    ),
]


def built(folder: Path, text: str, now: int) -> BuildResult:
    (folder / "x.md").write_text(text, "utf-8")
    result = build(folder / "x.md", Options(output=folder / "x.apkg", now=now, retire=True))
    assert not result.failed, result.diagnostics
    return result


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_an_edit_of_a_drill_keeps_its_history_in_place(edit: Edit, tmp_path: Path) -> None:
    """If this failed, a release would start a learner's drill afresh, or leave the mistake that it mends."""
    first = built(tmp_path, DRILL, FIRST)
    with Learner() as learner:
        assert learner.import_package(tmp_path / "x.apkg") == ImportCounts(new=3)
        for note in first.notes:
            learner.answer(note.guid, times=2)
        before, decks = learner.history(), {note.guid: learner.deck_of(note.guid) for note in first.notes}
        second = built(tmp_path, edit.apply(DRILL), SECOND)
        assert learner.import_package(tmp_path / "x.apkg") == edit.counts
        drill = first.notes[0].guid
        after = learner.history()
        assert {guid: after[guid] for guid in before} == before
        assert {guid: learner.deck_of(guid) for guid in before} == decks
        assert not learner.needs_full_sync()
        variants = learner.fields(drill)["Variants"]
        assert variants.count('class="db-variant"') == {"more variants": 10, "fewer variants": 4}.get(edit.name, 7)
        assert (drill, "drill") in [(note.guid, note.kind) for note in second.notes]
        codes = [found.code for found in second.diagnostics]
        assert all(any(code.startswith(wanted) for code in codes) for wanted in edit.codes), codes


EACH_EDITS = [
    Edit("more variants", replaced(("variants: 6", "variants: 9")), ImportCounts(new=3, duplicate=9)),
    Edit("fewer variants", replaced(("variants: 6", "variants: 4")), ImportCounts(duplicate=7)),
    Edit("widen a domain", replaced(("[-1, 1]", "[-5, 5]")), ImportCounts(duplicate=9)),
    Edit("reword a step", replaced(("- $w' =", "- Go down, $w' =")), ImportCounts(updated=7, duplicate=2)),
    Edit("one card again", replaced(("   cards: per-variant\n", "")), ImportCounts(updated=1, duplicate=2)),
]


@pytest.mark.parametrize("edit", EACH_EDITS, ids=lambda edit: edit.name)
def test_a_card_a_variant_is_new_only_where_its_slot_is(edit: Edit, tmp_path: Path) -> None:
    """If this failed, changing how many variants there are would cost the history of those that stay."""
    first = built(tmp_path, EACH, FIRST)
    assert len(first.notes) == 9
    with Learner() as learner:
        assert learner.import_package(tmp_path / "x.apkg") == ImportCounts(new=9)
        for note in first.notes:
            learner.answer(note.guid)
        before = learner.history()
        second = built(tmp_path, edit.apply(EACH), SECOND)
        assert learner.import_package(tmp_path / "x.apkg") == edit.counts
        after = learner.history()
        assert {guid: after[guid] for guid in before} == before
        gone = {note.guid for note in first.notes} - {note.guid for note in second.notes}
        assert {note.guid for note in second.retired} == gone


def test_a_drill_is_never_in_doubt_about_its_variants_on_another_branch(tmp_path: Path) -> None:
    """If this failed, two authors who build the same drill would give learners other numbers."""
    kept = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        built(folder, DRILL, FIRST)
        lock, _ = read_lock((folder / "x.deck.lock").read_text("utf-8"), "x.deck.lock")
        assert lock is not None
        kept.append({key: note.slots for key, note in lock.notes.items()})
    assert kept[0] == kept[1]
    assert any(kept[0].values())


def test_a_card_for_each_variant_can_be_tried_and_taken_back(tmp_path: Path) -> None:
    """If this failed, an author who tried it out would cost learners the history of the drill, or of its variants."""
    first = built(tmp_path, DRILL, FIRST)
    with Learner() as learner:
        assert learner.import_package(tmp_path / "x.apkg") == ImportCounts(new=3)
        learner.answer(first.notes[0].guid, times=2)
        each = built(tmp_path, EACH, FIRST + 1000)
        assert learner.import_package(tmp_path / "x.apkg") == ImportCounts(new=6, updated=1, duplicate=2)
        for note in each.notes:
            learner.answer(note.guid)
        before = learner.history()
        back = built(tmp_path, DRILL, FIRST + 2000)
        assert learner.import_package(tmp_path / "x.apkg") == ImportCounts(updated=1, duplicate=2)
        assert len(back.retired) == 6
        again = built(tmp_path, EACH, FIRST + 3000)
        assert [note.guid for note in again.notes] == [note.guid for note in each.notes]
        assert learner.import_package(tmp_path / "x.apkg").new == 0
        assert learner.history() == before
