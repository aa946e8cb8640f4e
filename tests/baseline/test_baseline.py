"""A new deckbuilder on unchanged sources: it asks nothing, retires nothing, and moves no change time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from deckbuilder.identity.changes import Change
from deckbuilder.identity.lock import Lock, read_lock, write_lock
from deckbuilder.pipeline import Options, Prepared, prepare
from tests.baseline.generated import DAY, FIRST
from tests.baseline.record import DeckRecord, deck_of, lay_out, lock_of, notes_of, rows, source_of

CHUNKS = 16
LATER = FIRST + 2000 * DAY


@cache
def recorded() -> dict[str, Any]:
    return rows()


def chunk_of(number: int) -> Iterator[tuple[str, DeckRecord]]:
    """Every sixteenth deck, so that processes can share them."""
    for name in list(recorded())[number::CHUNKS]:
        yield name, deck_of(name, recorded()[name])


def rebuilt(folder: Path, deck: DeckRecord) -> Prepared:
    """Lay the deck out with the lock of then, and return what the program of today makes of it."""
    lay_out(folder, deck.files)
    lock_of(folder).write_text(deck.lock, "utf-8")
    return prepared(folder)


def prepared(folder: Path, at: int = LATER) -> Prepared:
    found, result = prepare(source_of(folder), Options(now=at, write=False))
    assert found is not None, [str(one) for one in result.diagnostics]
    assert [str(one) for one in result.diagnostics if one.is_error] == []
    assert found.retired == ()
    return found


def lock_from(text: str) -> Lock:
    lock, problems = read_lock(text, "deck.lock")
    assert lock is not None, problems
    return lock


def remembered(lock: Lock) -> dict[str, tuple[object, ...]]:
    """What of a lock must never move by itself."""
    return {
        note.guid: (note.key, note.kind, note.born, note.modified, note.retired, note.aliases, note.of, note.slots)
        for note in lock.notes.values()
    }


@pytest.mark.parametrize("number", range(CHUNKS))
def test_a_new_deckbuilder_leaves_unchanged_sources_alone(number: int, tmp_path: Path) -> None:
    """If this failed, an update of deckbuilder would cost learners their edits, their tags, or whole histories."""
    for name, deck in chunk_of(number):
        folder = tmp_path / name
        found = rebuilt(folder, deck)
        assert {note.change for note in found.notes} <= {Change.UNCHANGED}, name
        for note, was in zip(notes_of(found), deck.notes, strict=True):
            assert note._replace(tags=[], prints="") == was._replace(tags=[], prints=""), (name, note)
        before, after = lock_from(deck.lock), lock_from(write_lock(found.lock))
        assert remembered(after) == remembered(before), name
        assert (after.deck, after.id, after.born, after.release) == (
            before.deck,
            before.id,
            before.born,
            before.release,
        )
        assert after.decks.items() >= before.decks.items(), name


def test_the_baseline_is_of_every_kind() -> None:
    """If this failed, the promise would not hold for some decks, and nobody would notice."""
    locks = [lock_from(row[1]) for row in recorded().values()]
    notes = [note for lock in locks for note in lock.notes.values()]
    assert len(locks) >= 1000
    assert {note.kind for note in notes} == {"concept", "derivation", "drill", "implementation"}
    for has in ("retired", "aliases", "of", "slots", "delivered", "left"):
        assert sum(bool(getattr(note, has)) for note in notes) > 30, has
