"""A new deckbuilder on unchanged sources: it asks nothing, retires nothing, and moves no change time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from deckbuilder import pipeline
from deckbuilder.identity.changes import Change
from deckbuilder.identity.lock import Lock, read_lock, write_lock
from deckbuilder.pipeline import Options, Prepared, prepare
from deckbuilder.rendering import notes
from deckbuilder.source.files import read_files
from tests.baseline.generated import DAY, FIRST
from tests.baseline.record import DeckRecord, deck_of, lay_out, lock_of, notes_of, rows, source_of
from tests.support.rerendering import NEW, render_otherwise

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


# A new program that renders otherwise


SOME = (0, 8)


@pytest.mark.parametrize("number", SOME)
@pytest.mark.parametrize("lock", ["of old", "of today"])
def test_another_rendering_moves_no_change_time(
    number: int, lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, the first import after an update would overwrite every learner's edits and tags."""
    for name, deck in chunk_of(number):
        folder = tmp_path / name
        found = rebuilt(folder, deck)
        if lock == "of today":
            lock_of(folder).write_text(write_lock(found.lock), "utf-8")
        with monkeypatch.context() as patch:
            render_otherwise(patch)
            after = prepared(folder)
        assert [note.change for note in after.notes] == [Change.UNCHANGED] * len(after.notes), name
        assert remembered(after.lock) == remembered(found.lock), name
        packed = [note.fields for note in after.plan().notes]
        assert all(any(NEW in text for text in texts) for texts in packed), name
        assert [note.fingerprint for note in after.lock.notes.values() if not note.retired] != [
            note.fingerprint for note in found.lock.notes.values() if not note.retired
        ]


@pytest.mark.parametrize("number", [4])
def test_composed_letters_and_marks_in_tags_move_no_change_time(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a program that reads sources in the form NFC, or keeps marks in tags, would re-stamp decks."""

    def composed(*words: Any) -> Any:
        files, found = read_files(*words)
        return [replace(file, text=unicodedata.normalize("NFC", file.text)) for file in files], found

    def marked(text: str) -> str:
        return "-".join(re.findall(r"(?:[^\W_]|[\u0300-\u036f\u0900-\u0dff])+", text.casefold())) or "deck"

    monkeypatch.setattr(pipeline, "read_files", composed)
    monkeypatch.setattr(pipeline, "slug", marked)
    monkeypatch.setattr(notes, "slug", marked)
    for name, deck in chunk_of(number):
        found = rebuilt(tmp_path / name, deck)
        assert [note.change for note in found.notes] == [Change.UNCHANGED] * len(found.notes), name
        assert {note.guid: note.modified for note in found.lock.notes.values()} == {
            note.guid: note.modified for note in lock_from(deck.lock).notes.values()
        }, name


@pytest.mark.parametrize("number", SOME)
def test_an_edit_is_stamped_whatever_the_program_changed_with_it(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a correction that is built with a new program would reach nobody."""
    for name, deck in list(chunk_of(number))[::4]:
        folder = tmp_path / name
        found = rebuilt(folder, deck)
        lock_of(folder).write_text(write_lock(found.lock), "utf-8")
        edited = found.notes[-1].rendered.question
        path = folder / edited.inside
        lines = path.read_text("utf-8").split("\n")
        at = max(number for number, line in enumerate(lines[: edited.last_line]) if line.strip())
        indent = re.match(r"\s*", lines[at])[0]
        lines[at] += f"\n\n{indent}One thing more is to be said."
        path.write_text("\n".join(lines), "utf-8")
        with monkeypatch.context() as patch:
            render_otherwise(patch)
            after = prepared(folder)
        changed = {note.locked.key for note in after.notes if note.change is not Change.UNCHANGED}
        of_question = {note.locked.key for note in found.notes if note.rendered.question.span == edited.span}
        assert changed, name
        assert changed <= of_question, name
