"""deck.lock as a stranger, a merge or a dying disk may leave it: findings with their place, never more than that."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.identity.lock import Lock, read_lock, write_lock
from deckbuilder.limits import DEFAULTS, MEGABYTE
from deckbuilder.pipeline import Options, build
from deckbuilder.source.files import read_text

NAME = "content/deck.lock"
REAL = (Path(__file__).parents[2] / "content" / "deck.lock").read_text("utf-8")
HEADER = '{"deckbuilder-lock": 1, "deck": "Deck", "id": "deck", "born": 1}'
NOTE = (
    '{"key": "vector", "guid": "g1", "kind": "concept", "born": 1, "mod": 2, "hash": "f.f", "answer": "a", '
    '"section": ["A"], "text": "What is a vector?"}'
)


def told(text: str) -> list[Diagnostic]:
    """Read a lock that must be refused; return its findings, each with a place in it and words that can be read."""
    lock, found = read_lock(text, NAME)
    assert lock is None
    assert found
    _are_sound(text, found)
    return found


def _are_sound(text: str, found: list[Diagnostic]) -> None:
    lines = text.split("\n")
    assert len(found) <= 101, "a file that is no lock at all must not fill the screen"
    for one in found:
        assert one.is_error
        assert one.span.file == NAME
        assert 1 <= one.span.line <= len(lines)
        assert 1 <= one.span.column <= len(lines[one.span.line - 1]) + 1
        assert len(one.message) < 400
        assert one.message.isprintable()


def with_note(good: str, bad: str) -> str:
    assert good in NOTE
    return f"{HEADER}\n\n{NOTE.replace(good, bad)}\n"


def slot_of(value: str) -> str:
    return f'"slots": [{{"slot": 1, "values": {{"v": "{value}"}}, "answers": {{}}}}]'


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ('"mod": 2', '"mod": 1e999', "`mod`"),
        ('"mod": 2', '"mod": NaN', "`mod`"),
        ('"mod": 2', '"mod": -1', "`mod`"),
        ('"mod": 2', '"mod": true', "`mod`"),
        ('"mod": 2', '"mod": 2.0', "`mod`"),
        ('"mod": 2', f'"mod": {10**400}', "`mod`"),
        ('"mod": 2', f'"mod": {"9" * 100_000}', "not a line of a lock"),
        ('"mod": 2', '"mod": 02', "not a line of a lock"),
        ('"mod": 2', '"mod": ٢', "not a line of a lock"),
        ('"section": ["A"]', '"section": [["A"]]', "`section`"),
        ('"section": ["A"]', '"section": "A"', "`section`"),
        ('"section": ["A"]', f'"section": {"[" * 100_000}', "not a line of a lock"),
        ('"section": ["A"]', '"section": {"a": ' * 5_000, "not a line of a lock"),
        ('"key": "vector"', '"key": ""', "`key`"),
        ('"key": "vector"', '"key": null', "`key`"),
        ('"key": "vector"', '"key": "vec\\u0000tor"', "`key`"),
        ('"key": "vector"', '"key": "vec\\ntor"', "`key`"),
        ('"key": "vector"', '"key": "\u202erotcev"', "`key`"),
        ('"key": "vector"', '"key": "\\u202erotcev"', "`key`"),
        ('"key": "vector"', '"key": "vec\u200btor"', "`key`"),
        ('"key": "vector"', '"key": "vec\x1btor"', "not a line of a lock"),
        ('"guid": "g1"', '"guid": "\u2066g1"', "`guid`"),
        ('"guid": "g1"', '"guid": "g1", "guid": "g2"', "`guid` stands twice"),
        ('"kind": "concept"', '"kind": "theorem"', "`theorem` is no kind of note"),
        ('"answer": "a"', '"answer": "a", "retired": "no"', "`retired`"),
        ('"answer": "a"', '"answer": "a", "retried": true', "`retried` is not known"),
        ('"answer": "a"', f'"answer": "a", "{"z" * 100_000}": 1', "is not known"),
        ('"answer": "a"', '"answer": "a", "slots": [{"slot": 1e999}]', "`slot`"),
        ('"answer": "a"', f'"answer": "a", "slots": [{{"slot": {10**400}}}]', "`slot`"),
        ('"answer": "a"', f'"answer": "a", {slot_of("[" * 1_000)}', "`v` of slot 1 is not a value"),
        ('"answer": "a"', f'"answer": "a", {slot_of("[" * 1_000 + "]" * 1_000)}', "`v` of slot 1 is not a value"),
        ('"answer": "a"', f'"answer": "a", {slot_of("[[" + "-" * 9_000)}', "`v` of slot 1 is not a value"),
        ('"answer": "a"', '"answer": "a", "slots": [{"slot": 1, "\x7f\u202e": 2}]', "is not known"),
        ('"text": "What', '"text": "\\ud800What', "half a character"),
        ('"text": "What', '"text": "\\xWhat', "not a line of a lock"),
        ('"text": "What is a vector?"}', '"text": "What is a vector?"', "not a line of a lock"),
    ],
)  # fmt: skip
def test_nonsense_in_a_note_is_told_at_its_line(good: str, bad: str, words: str) -> None:
    """If this failed, a lock from a stranger would end a build in a traceback, or slip something into a deck."""
    (found,) = told(with_note(good, bad))
    assert (found.code, found.span.line) == ("DB307", 3)
    assert words in found.message


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("[1]", "not a line of a lock"),
        ("null", "not a line of a lock"),
        ("{}", "header is missing"),
        (HEADER.replace("1,", "true,", 1), "header is missing"),
        (HEADER.replace('"born": 1', f'"born": {10**400}'), "`born`"),
        (HEADER.replace('"born": 1', '"born": 1, "born": 2'), "`born` stands twice"),
        (HEADER.replace('"born": 1', '"born": 1, "release": {"version": "1", "at": 1e999}'), "`at`"),
        (HEADER.replace('"deck": "Deck"', '"deck": "\\udc00"'), "half a character"),
        (HEADER.replace("1,", f"{10**4000},", 1), "format 1000"),
    ],
)
def test_nonsense_in_the_header_is_told_too(header: str, words: str) -> None:
    """If this failed, a broken first line would hide behind a traceback."""
    (found,) = told(f"{header}\n\n{NOTE}\n")
    assert found.span.line == 1
    assert words in found.message


def test_a_refused_lock_stops_the_build_and_stays_as_it_is(tmp_path: Path) -> None:
    """If this failed, a lock of another kind of note or time would fail deep inside the build, or be written over."""
    (tmp_path / "deck.yml").write_text("name: Deck\n")
    (tmp_path / "a.md").write_text("# A\n\n1) What is a vector?\n\n    An arrow with a length and a direction.\n")
    for bad in ('"kind": "theorem"', '"kind": "concept", "retired": 1', '"kind": "con\\udc00cept"'):
        text = with_note('"kind": "concept"', bad)
        (tmp_path / "deck.lock").write_text(text)
        result = build(tmp_path, Options(output=tmp_path / "x.apkg"))
        assert [one.code for one in result.diagnostics if one.is_error] == ["DB307"]
        assert (tmp_path / "deck.lock").read_text() == text
        assert not (tmp_path / "x.apkg").exists()


def test_many_broken_lines_are_told_briefly() -> None:
    """If this failed, a file that is no lock at all would fill the memory with findings."""
    for line, code in (("x\n", "DB307"), (NOTE.replace("g1", "<") + "\n", "DB307"), ("=======\n", "DB308")):
        found = told(f"{HEADER}\n" + line * 100_000)
        assert {one.code for one in found} == {code}


def test_refusing_takes_no_more_memory_than_reading() -> None:
    """If this failed, a hostile lock could take the memory that the checks before it were meant to save."""
    for bad in ("[" * 5_000_000, '"' + "\\u0041" * 1_000_000, '{"key": "' + "k" * 5_000_000 + '"}', "9" * 5_000_000):
        text = f"{HEADER}\n\n{bad}\n"
        tracemalloc.start()
        told(text)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 12 * len(text)


def test_a_lock_may_be_larger_than_a_file_of_notes(tmp_path: Path) -> None:
    """If this failed, a deck of a million notes could be built once, and its own lock refused from then on."""
    path = tmp_path / "deck.lock"
    with path.open("wb") as file:
        file.truncate(DEFAULTS["lock-mb"][0] * MEGABYTE + 1)  # a hole, which takes no room on the disk
    text, (found,) = read_text(path, NAME, path.parent, "lock-mb")
    assert text is None
    assert (found.code, f"{DEFAULTS['lock-mb'][0]} MB" in found.message) == ("DB106", True)


def spelt_otherwise(text: str) -> str:
    """Return a lock that says the same in other bytes, none of whose lines is as deckbuilder writes it."""
    return "\n".join(json.dumps(json.loads(line), separators=(" ,", ":")) if line else "" for line in text.split("\n"))


def test_a_line_that_another_tool_wrote_is_read_as_one_of_ours() -> None:
    """If this failed, the quick way of reading a line would make another note of it than the thorough one."""
    lock, found = read_lock(REAL, NAME)
    assert not found
    assert lock is not None
    assert read_lock(spelt_otherwise(REAL), NAME) == (lock, [])
    assert write_lock(lock) == REAL


PIECES = st.sampled_from(
    ['"', "\\", "\\u0000", "\\ud800", "\x00", "\u202e", "\u2028", "{", "}", "[", "]", ",", ":", "\n", "\r", "null",
     "-0", "1e999", "1" * 5_000, "[" * 3_000, '{"a":' * 3_000, '"key": "x", ', '"guid": 1, ', '"was": ["a"], ',
     "<<<<<<<", '"retired": true, ', '"slots": [{}], ', '"released": ["1", "f"], ', " ", "\t", "é", "\ufeff", "0"]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_no_damage_to_a_real_lock_ends_in_anything_but_findings(data: st.DataObject) -> None:
    """If this failed, some accident to deck.lock would end in a traceback, or be read as what nobody wrote."""
    text = _SMALL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 2, 10, 300])))
        text = text[:start] + data.draw(st.one_of(PIECES, st.just(text[start:end] * 2), st.just(""))) + text[end:]
    lock, found = read_lock(text, NAME)
    if lock is None:
        assert found
        _are_sound(text, found)
    else:
        assert not found
        assert read_lock(write_lock(lock), NAME) == (lock, []), "what was let in must last"
        write_lock(lock).encode()


def _with_everything(lock: Lock) -> Lock:
    """Return a small lock with a note of every shape that there is in it."""
    kept: dict[tuple[bool, ...], str] = {}
    for key, note in lock.notes.items():
        kept.setdefault((bool(note.of), bool(note.slots), note.retired, bool(note.delivered), "\\" in note.text), key)
    notes = {key: lock.notes[key] for key in kept.values()}
    return Lock(lock.deck, lock.id, lock.born, lock.types, dict(list(lock.decks.items())[:2]), notes, lock.release)


_SMALL = write_lock(_with_everything(read_lock(REAL, NAME)[0] or Lock("", "", 0)))
