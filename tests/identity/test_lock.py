"""deck.lock: what it says, how it merges, what becomes of it when it is damaged."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder.identity.lock import Delivered, Lock, LockedNote, LockedType, Release, read_lock, write_lock

NAME = "content/deck.lock"
FORMAT_1 = Path(__file__).with_name("format_1.lock")
"""A lock as the last version wrote it that had the first format: every sort of line, every part of a note."""


def note(key: str, **changed: object) -> LockedNote:
    known = {
        "key": key, "guid": f"guid-{key}", "kind": "concept", "born": 1, "modified": 2, "fingerprint": "f.f",
        "answer": "a", "section": ("A", "B"), "text": f"What is {key}?",
    }  # fmt: skip
    return LockedNote(**{**known, **changed})  # type: ignore[arg-type]


def lock_of(*notes: LockedNote) -> Lock:
    types = {"concept": LockedType("concept", 5, "abc")}
    return Lock("Deck", "deck", 1, types, {("A",): "Deck::A"}, {one.key: one for one in notes})


LOCK = lock_of(*(note(f"k{number}") for number in range(1, 7)))


def test_a_lock_is_readable_sorted_and_has_one_line_a_note() -> None:
    """If this failed, nobody could review in a pull request which identities it changes."""
    text = write_lock(lock_of(note("b"), note("a", retired=True, aliases=("old",))))
    assert text.split("\n\n") == [
        '{"deckbuilder-lock": 2, "deck": "Deck", "id": "deck", "born": 1}',
        '{"type": "concept", "mod": 5, "hash": "abc"}',
        '{"section": ["A"], "deck": "Deck::A"}',
        '{"key": "a", "guid": "guid-a", "kind": "concept", "born": 1, "mod": 2, "hash": "f.f", "answer": "a", '
        '"retired": true, "was": ["old"], "section": ["A", "B"], "text": "What is a?"}',
        '{"key": "b", "guid": "guid-b", "kind": "concept", "born": 1, "mod": 2, "hash": "f.f", "answer": "a", '
        '"section": ["A", "B"], "text": "What is b?"}\n',
    ]


def test_a_release_is_remembered_note_by_note() -> None:
    """If this failed, a release could not tell what learners have, and would stamp notes that they may have edited."""
    lock = replace(
        lock_of(note("a", delivered=Delivered("1.0", "f.f"), left=("Deck::Old",))),
        types={"concept": LockedType("concept", 5, "abc", Delivered("0.9", "aaa"))},
        release=Release("1.0", 7),
    )
    header, of_type, _, of_note = write_lock(lock).split("\n\n")
    assert header.endswith('"born": 1, "release": {"version": "1.0", "at": 7}}')
    assert of_type == '{"type": "concept", "mod": 5, "hash": "abc", "released": ["0.9", "aaa"]}'
    assert '"left": ["Deck::Old"], "released": ["1.0", "f.f"], "section"' in of_note
    assert read_lock(write_lock(lock), NAME) == (lock, [])


def test_everything_that_a_note_may_have_is_read_again() -> None:
    """If this failed, a decision of the author's, or what the last release had of a source, would be forgotten."""
    delivered = Delivered("1.0", "f.f", "s.s")
    full = note("a", source="s.t", decided=("0123456789abcdef",), delivered=delivered)
    lock = lock_of(full, note("b", fingerprint=""))
    text = write_lock(lock)
    assert '"hash": "f.f", "source": "s.t", "answer": "a"' in text
    assert '"released": ["1.0", "f.f", "s.s"], "decided": ["0123456789abcdef"], "section"' in text
    assert '"hash": "", "answer"' in text
    assert read_lock(text, NAME) == (lock, [])


def test_a_lock_of_the_first_format_is_read_for_ever() -> None:
    """If this failed, a deck that nobody built for years would lose every learner's history at the next build."""
    text = FORMAT_1.read_text("utf-8")
    lock, problems = read_lock(text, NAME)
    assert not problems
    assert lock is not None
    assert len(lock.notes) == sum(line.startswith('{"key"') for line in text.splitlines())
    assert any(one.retired for one in lock.notes.values())
    assert any(one.slots for one in lock.notes.values())
    again = write_lock(lock)
    assert again == text.replace('"deckbuilder-lock": 1', '"deckbuilder-lock": 2')
    assert read_lock(again, NAME) == (lock, [])


@pytest.mark.parametrize("order", [sorted, lambda parts: sorted(parts, reverse=True)])
def test_the_order_of_what_a_line_says_means_nothing(order: Callable[[object], list[tuple[str, object]]]) -> None:
    """If this failed, a later version could not put a new part of a line where it reads best."""
    header, *lines = write_lock(lock_of(note("a", source="s.t", of="k1"), note("b"))).split("\n\n")
    turned = [json.dumps(dict(order(json.loads(line).items()))) for line in lines]
    assert read_lock("\n\n".join([header, *turned]) + "\n", NAME) == read_lock("\n\n".join([header, *lines]), NAME)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"release": {"version": "1.0", "at": 7}', '"release": "1.0"'),
        ('"release": {"version": "1.0", "at": 7}', '"release": {"version": "1.0"}'),
        ('"released": ["1.0", "f.f"]', '"released": ["1.0"]'),
        ('"released": ["1.0", "f.f"]', '"released": "1.0"'),
        ('"released": ["1.0", "f.f"]', '"released": ["", "f.f"]'),
    ],
)
def test_damage_to_what_was_released_is_an_error(good: str, bad: str) -> None:
    """If this failed, a slip in a merge would make a release stamp everything, over every learner's own edits."""
    lock = replace(lock_of(note("a", delivered=Delivered("1.0", "f.f"))), release=Release("1.0", 7))
    text = write_lock(lock)
    assert good in text
    damaged, problems = read_lock(text.replace(good, bad), NAME)
    assert damaged is None
    assert [found.code for found in problems] == ["DB307"]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.from_regex(r"[\w.-]{1,40}", fullmatch=True)
"""What an author may give as an id; keys that are made of a question's words are of the same letters."""


@given(st.dictionaries(NAMES, st.tuples(TEXTS, st.lists(TEXTS, max_size=3), st.booleans()), max_size=6))
def test_what_is_written_is_read_again(notes: dict[str, tuple[str, list[str], bool]]) -> None:
    """If this failed, some question's odd characters would lose its identity."""
    lock = lock_of(
        *(note(key, text=text, section=tuple(section), retired=gone) for key, (text, section, gone) in notes.items())
    )
    again, problems = read_lock(write_lock(lock), NAME)
    assert again == lock
    assert not problems


@pytest.mark.parametrize(
    ("damage", "line", "code"),
    [
        (lambda text: "", 1, "DB307"),
        (lambda text: text[:-1], 17, "DB307"),
        (lambda text: text[:-20] + "\n", 17, "DB307"),
        (lambda text: text.replace('"key": "k2"', '"key" "k2"'), 9, "DB307"),
        (lambda text: text.replace('"guid": "guid-k2"', '"guid": 7'), 9, "DB307"),
        (lambda text: text.replace('"mod": 2', '"mod": "2"', 1), 7, "DB307"),
        (lambda text: text.replace('"mod": 2', '"mod": 99999999999999999999', 1), 7, "DB307"),
        (lambda text: text.replace('"mod": 2', f'"mod": {"9" * 5000}', 1), 7, "DB307"),
        (lambda text: text.replace('"born": 1', '"born": 999999999999', 1), 1, "DB307"),
        (lambda text: text.replace('"kind": "concept"', '"kind": "poem"', 1), 7, "DB307"),
        (lambda text: text.replace('"text": "What', r'"text": "\ud800What', 1), 7, "DB307"),
        (lambda text: text.replace('"answer": "a"', '"answer": "a", "source": ""', 1), 7, "DB307"),
        (lambda text: text.replace('"answer": "a"', '"answer": "a", "decided": ["x"]', 1), 7, "DB307"),
        (lambda text: text.replace('"answer": "a"', f'"answer": "a", "decided": {["0" * 16] * 9}', 1), 7, "DB307"),
        (lambda text: text.split("\n", 1)[1], 2, "DB307"),
        (lambda text: text.replace('"deckbuilder-lock": 2', '"deckbuilder-lock": 99'), 1, "DB309"),
        (lambda text: text.replace("\n\n", "\n\n[1]\n\n", 1), 3, "DB307"),
        (lambda text: text.replace("\n\n", "\n\n" + "[" * 100_000 + "\n\n", 1), 3, "DB307"),
        (lambda text: text.replace("\n\n", "\n<<<<<<< HEAD\n", 1), 2, "DB308"),
        (lambda text: text.replace("\n\n", "\n=======\n", 1), 2, "DB308"),
        (lambda text: text.replace("\n\n", "\n>>>>>>> other\n", 1), 2, "DB308"),
    ],
)
def test_damage_is_told_at_its_line_and_nothing_is_guessed(damage: object, line: int, code: str) -> None:
    """If this failed, a damaged lock would be read as a smaller one, and what is missing made anew for learners."""
    lock, problems = read_lock(damage(write_lock(LOCK)), NAME)  # type: ignore[operator]
    assert lock is None
    assert (problems[0].code, problems[0].span.line, problems[0].span.file) == (code, line, NAME)


def merged(tmp_path: Path, base: Lock, ours: Lock, theirs: Lock, attributes: str = "") -> tuple[int, str]:
    """Merge two branches of a lock with git; return its exit code and the text that comes of it."""
    if not shutil.which("git"):
        pytest.fail("this test needs git")

    def git(*words: str) -> int:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        return subprocess.run(["git", *identity, *words], cwd=tmp_path, capture_output=True, check=False).returncode

    def commit(lock: Lock) -> None:
        (tmp_path / "deck.lock").write_text(write_lock(lock), "utf-8")
        git("add", "-A")
        assert git("commit", "-m", "build") == 0

    git("init")
    (tmp_path / ".gitattributes").write_text(attributes)
    commit(base)
    git("checkout", "-b", "theirs")
    commit(theirs)
    git("checkout", "main")
    commit(ours)
    return git("merge", "theirs", "--no-edit"), (tmp_path / "deck.lock").read_text("utf-8")


def with_note(lock: Lock, one: LockedNote) -> Lock:
    return replace(lock, notes={**lock.notes, one.key: one})


@pytest.mark.parametrize(("ours", "theirs"), [("k2", "k3"), ("k1", "k6"), ("k5", "k6")])
def test_branches_that_change_different_notes_merge(tmp_path: Path, ours: str, theirs: str) -> None:
    """If this failed, two authors who edit neighbouring questions would have to mend deck.lock by hand."""
    left, right = with_note(LOCK, note(ours, modified=9)), with_note(LOCK, note(theirs, modified=8))
    code, text = merged(tmp_path, LOCK, left, right)
    lock, problems = read_lock(text, NAME)
    assert (code, problems) == (0, [])
    assert lock == with_note(left, right.notes[theirs])


def test_branches_that_add_at_the_same_place_merge_with_the_union_driver(tmp_path: Path) -> None:
    """If this failed, two new questions whose keys are neighbours would make a conflict, though both just stay."""
    left, right = with_note(LOCK, note("k3-a")), with_note(LOCK, note("k3-b"))
    code, text = merged(tmp_path, LOCK, left, right, "deck.lock merge=union\n")
    lock, problems = read_lock(text, NAME)
    assert (code, problems) == (0, [])
    assert lock == with_note(left, right.notes["k3-b"])


def test_of_two_releases_the_later_one_wins(tmp_path: Path) -> None:
    """If this failed, two branches that were both released could not be merged without editing deck.lock by hand."""
    left = replace(with_note(LOCK, note("k2", modified=5)), release=Release("1.1", 5))
    later = {"concept": LockedType("concept", 9, "new", Delivered("1.2", "new"))}
    right = replace(with_note(LOCK, note("k1", modified=9)), release=Release("1.2", 9), types=later)
    code, text = merged(tmp_path, LOCK, left, right, "deck.lock merge=union\n")
    lock, problems = read_lock(text, NAME)
    assert (code, problems) == (0, [])
    assert text.count("deckbuilder-lock") == 2
    assert lock == with_note(right, note("k2", modified=5))


def test_of_branches_that_change_the_same_note_the_later_change_wins(tmp_path: Path) -> None:
    """If this failed, two authors who edit the same question would have to edit deck.lock by hand."""
    left, right = with_note(LOCK, note("k2", modified=9)), with_note(LOCK, note("k2", modified=8))
    _, text = merged(tmp_path, LOCK, left, right, "deck.lock merge=union\n")
    assert text.count('"key": "k2"') == 2
    assert read_lock(text, NAME) == (left, [])
