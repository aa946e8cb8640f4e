"""New GUIDs and deck ids: random, so that nothing that is built apart ever meets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path

import pytest

from deckbuilder.identity.guids import random_id
from deckbuilder.identity.lock import Lock, read_lock
from deckbuilder.identity.resolve import Register
from deckbuilder.packaging.reading import read_package
from deckbuilder.pipeline import Options, build
from tests.support.learner import ImportCounts, Learner

ARROWS = """\
# Basics

1) What is a vector?

    An arrow: it has a length and a direction.

2) What is a matrix?

    Numbers in rows and columns.
"""

MOSQUITOES = """\
# Basics

1) What is a vector?

    An animal that carries a disease from one host to the next.

2) What is a cell?

    The smallest unit of life.
"""


def deck(folder: Path, text: str, file: str = "notes.md") -> Path:
    """Write a deck as an author does who chooses no name and no id."""
    source = folder / "content"
    source.mkdir(parents=True)
    (source / file).write_text(text)
    return source


def built(source: Path, **options: object) -> Path:
    output = source.parent / "deck.apkg"
    result = build(source, Options(output=output, **options))  # type: ignore[arg-type]
    assert not result.failed, [str(found) for found in result.diagnostics]
    return output


def lock_of(source: Path) -> Lock:
    lock, problems = read_lock((source / "deck.lock").read_text("utf-8"), "deck.lock")
    assert lock is not None, problems
    return lock


def test_a_random_id_has_eighty_bits() -> None:
    """If this failed, ids of two decks could meet after all."""
    ids = [random_id() for _ in range(2_000)]
    assert len(set(ids)) == 2_000
    assert {len(one) for one in ids} == {16}
    assert len(set("".join(ids))) == 32
    assert all(len({one[place] for one in ids}) == 32 for place in range(16))


def test_a_guid_that_a_note_has_or_had_is_never_given_again(tmp_path: Path) -> None:
    """If this failed, a new note would overwrite another one in every collection."""
    source = deck(tmp_path, ARROWS)
    built(source)
    lock = lock_of(source)
    (first, second) = (note.guid for note in lock.notes.values())
    given = chain([first, second, first, "new-one", "new-one"], repeat("new-two"))
    register = Register(lock, "deck.lock", lambda: next(given))
    assert [register.new_guid(), register.new_guid()] == ["new-one", "new-two"]


def test_the_same_sources_with_the_same_lock_give_the_same_bytes(tmp_path: Path) -> None:
    """If this failed, nobody could prove that a published package came from its sources."""
    source = deck(tmp_path, ARROWS)
    first = built(source).read_bytes()
    assert built(source).read_bytes() == first
    (source / "deck.lock").unlink()
    (source.parent / "deck.apkg").unlink()
    assert built(source).read_bytes() != first, "a lock from scratch is another deck"


@pytest.mark.parametrize(
    "name",
    [lambda source: source, lambda source: source / "notes.md"],
    ids=["folder", "file"],
)  # fmt: skip
def test_two_people_s_decks_of_default_names_share_nothing(tmp_path: Path, name: Callable[[Path], Path]) -> None:
    """If this failed, a learner of two decks would lose one author's notes to the other's."""
    packages = [built(name(deck(tmp_path / who, text))) for who, text in (("a", ARROWS), ("b", MOSQUITOES))]
    plans = [read_package(path)[0] for path in packages]
    assert plans[0] is not None
    assert plans[1] is not None
    first, second = (
        {note.guid for note in plan.notes} | {str(one.id) for one in (*plan.note_types, *plan.decks)}
        for plan in plans
        if plan
    )
    assert first.isdisjoint(second)
    with Learner() as learner:
        assert learner.import_package(packages[0]) == ImportCounts(new=2)
        guids = [note.guid for note in plans[0].notes]
        for guid in guids:
            learner.answer(guid)
        before, texts = learner.history(), [learner.fields(guid) for guid in guids]
        assert learner.import_package(packages[1]) == ImportCounts(new=2)
        assert {guid: learner.history()[guid] for guid in guids} == {guid: before[guid] for guid in guids}
        assert [learner.fields(guid) for guid in guids] == texts
        assert "animal" in learner.fields(plans[1].notes[0].guid)["Answer"]


def test_an_id_in_deck_yml_is_the_deck_s(tmp_path: Path) -> None:
    """If this failed, a deck that lost its lock would have other note types too, which Anki never updates."""
    source = deck(tmp_path, ARROWS)
    (source / "deck.yml").write_text("name: Basics\nid: jane-basics\n")
    built(source)
    assert lock_of(source).id == "jane-basics"


def test_a_deck_keeps_the_id_that_its_lock_has(tmp_path: Path) -> None:
    """If this failed, decks from before ids were random would get new note types, with all cards new."""
    source = deck(tmp_path, ARROWS)
    built(source)
    text = (source / "deck.lock").read_text()
    (source / "deck.lock").write_text(text.replace(lock_of(source).id, "content"))
    built(source)
    assert lock_of(source).id == "content"
