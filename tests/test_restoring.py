"""A deck.lock that is gone: the build stops, and the package gives it back."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.cli import main
from deckbuilder.identity.lock import Lock, read_lock
from deckbuilder.packaging import reading
from deckbuilder.packaging.reading import read_packed_lock
from deckbuilder.pipeline import Options, build, check
from deckbuilder.restoring import Restored, restore
from tests.support.author import DAY, FIRST, Author

NEVER = "deck.lock is missing"


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    """An author in the repository of a deck, which was built and not yet committed."""
    somebody = Author(tmp_path / "repository")
    monkeypatch.chdir(somebody.root)
    assert not build(Path("content"), Options(output=Path("build/algebra.apkg"), now=FIRST)).failed
    return somebody


def ran(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(arguments))
    return done.exit_code, done.output


def lost(author: Author) -> bytes:
    """Delete the lock and the packages in build/, and return what the lock was."""
    lock = author.deck / "deck.lock"
    content = lock.read_bytes()
    lock.unlink()
    return content


def without_lock(package: Path, path: Path) -> Path:
    """Write a package as it was before packages carried their lock."""
    with ZipFile(package) as old, ZipFile(path, "w", ZIP_STORED) as new:
        for entry in old.infolist():
            if entry.filename != "deck.lock":
                new.writestr(entry, old.read(entry))
    return path


# ── the build stops ─────────────────────────────────────────────────────────────────────────────────────────────────


def follow(said: str) -> None:
    """Run the command that a message tells to run."""
    (command,) = re.findall(r"help: run `([^`]+)`", said)
    program, *arguments = command.split()
    if program == "git":
        Author(Path.cwd()).git(*arguments)
    else:
        assert ran(*arguments)[0] == 0


@pytest.mark.parametrize("how", ["not committed", "added", "committed", "deleted", "deleted in a commit", "long gone"])
def test_a_lock_that_was_there_once_comes_back_by_the_command_that_is_told(author: Author, how: str) -> None:
    """If this failed, a lock made from scratch would be committed, and every learner get all cards a second time."""
    if how == "added":
        author.git("add", "content/deck.lock")
    elif how != "not committed":
        author.commit()
    content = lost(author)
    if how != "not committed":
        Path("build/algebra.apkg").unlink()
    if how == "deleted":
        author.git("rm", "--quiet", "--cached", "content/deck.lock")
    elif how in {"deleted in a commit", "long gone"}:
        author.commit()
    if how == "long gone":
        author.edit("a matrix square", "a matrix called square")
        author.commit()
        author.edit("a matrix called square", "a matrix square")
    files = sorted(Path("build").iterdir())
    for command in ("build", "check"):
        code, said = ran(command)
        assert (code, NEVER in said, "--new-deck" in said) == (1, True, True)
    assert not (author.deck / "deck.lock").exists()
    assert sorted(Path("build").iterdir()) == files
    follow(said)
    assert (author.deck / "deck.lock").read_bytes() == content
    assert "4 unchanged" in ran("build")[1]


def test_the_command_works_from_another_folder_too(
    author: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, the advice would be an error of git's for whoever builds from elsewhere."""
    author.commit()
    content = lost(author)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for source in ("../repository/content", str(author.deck)):
        (author.deck / "deck.lock").unlink(missing_ok=True)
        (way,) = re.findall(r"help: run `git -C (\S+) ([^`]+)`", ran("check", source)[1])
        Author(author.root).git("-C", str(Path(way[0]).resolve()), *way[1].split())
        assert (author.deck / "deck.lock").read_bytes() == content


def test_a_deck_that_is_new_says_so_once(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a deck that was begun again on purpose could not be built."""
    author.commit()
    lost(author)
    assert ran("build", "--new-deck")[0] == 0
    assert ran("build")[0] == 0


@pytest.mark.parametrize("arguments", [("build",), ("check",), ("release", "1.0")])
@pytest.mark.parametrize(("value", "stops"), [("true", True), ("1", True), ("false", False), ("0", False), ("", False)])
def test_in_ci_a_lock_is_never_made_by_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], value: str, stops: bool
) -> None:
    """If this failed, a deck whose lock was never committed would give learners new cards at each release."""
    monkeypatch.setenv("CI", value)
    author = Author(tmp_path / "fresh")
    monkeypatch.chdir(author.root)
    code, said = ran(*arguments)
    assert (code, NEVER in said) == ((1, True) if stops else (0, False))
    assert (author.deck / "deck.lock").exists() is (not stops and arguments[0] != "check")
    if stops:
        assert "own machine" in said
        assert ran(*arguments, "--new-deck")[0] == 0


def test_locked_never_makes_a_lock_nor_advises_to_commit_one_made_from_scratch(author: Author) -> None:
    """If this failed, CI would publish a deck whose GUIDs are thrown away."""
    lost(author)
    Path("build/algebra.apkg").unlink()
    for more in ((), ("--new-deck",)):
        code, said = ran("build", "--locked", *more)
        assert (code, NEVER in said, "lock restore" in said) == (1, True, True)
    assert not list(Path("build").iterdir())


def test_another_deck_s_package_is_no_sign(author: Author) -> None:
    """If this failed, nobody could build two decks into one folder."""
    lost(author)
    (author.deck / "deck.yml").write_text("name: Geometry\n")
    assert ran("build")[0] == 0
    assert sorted(path.name for path in Path("build").iterdir()) == ["algebra.apkg", "geometry.apkg"]


def test_a_package_without_a_lock_is_a_sign_too(author: Author) -> None:
    """If this failed, the first build with a new version would start decks of older ones anew."""
    lost(author)
    package = Path("build/algebra.apkg")
    without_lock(package, Path("old.apkg")).replace(package)
    code, said = ran("build")
    assert (code, NEVER in said) == (1, True)


def test_a_lone_file_s_lock_is_told_of_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the advice would name a file that no deck has."""
    monkeypatch.chdir(tmp_path)
    Path("my notes.md").write_text("# A\n\n1) What is a vector?\n\n    An arrow.\n")
    assert ran("build", "my notes.md")[0] == 0
    content = Path("my notes.deck.lock").read_bytes()
    Path("my notes.deck.lock").unlink()
    code, said = ran("build", "my notes.md")
    assert (code, "lock restore build/my-notes.apkg 'my notes.md'" in said) == (1, True)
    assert ran("lock", "restore", "build/my-notes.apkg", "my notes.md")[0] == 0
    assert Path("my notes.deck.lock").read_bytes() == content


@pytest.mark.parametrize("text", ["# A\n\nNothing is asked.\n", "# A\n\n1) What is a vector?\n\n1) What is a norm?\n"])
def test_a_deck_without_notes_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """If this failed, an empty folder would fix a deck's name for ever, and learners import nothing."""
    monkeypatch.chdir(tmp_path)
    Path("content").mkdir()
    Path("content/a.md").write_text(text)
    for command in ("build", "check"):
        code, said = ran(command)
        assert code == 1
        assert "error[DB105]" in said or "error[DB323]" in said
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.md"]


# ── and the package gives it back ───────────────────────────────────────────────────────────────────────────────────


def test_from_unchanged_sources_the_next_build_gives_identical_bytes(author: Author) -> None:
    """If this failed, a lock that was lost would stay lost, and with it every learner's history."""
    author.published("1.0", FIRST + DAY)
    author.edit("One of length one.", "One whose length is one.")
    assert not build(author.deck, Options(output=author.apkg, now=FIRST + 2 * DAY)).failed
    content, package = lost(author), author.apkg.read_bytes()
    code, said = ran("lock", "restore", "build/deck.apkg")
    assert code == 0, said
    assert "wrote content/deck.lock: 4 notes\nthe next build: 4 unchanged" in said
    assert (author.deck / "deck.lock").read_bytes() == content
    assert not build(author.deck, Options(output=author.apkg, now=FIRST + 3 * DAY)).failed
    assert author.apkg.read_bytes() == package


def test_from_an_earlier_package_what_is_newer_is_told(author: Author) -> None:
    """If this failed, an author would publish notes with new GUIDs that a later package had given others."""
    author.edit("4) When", "4) What is a trace?\n\n    The sum of the diagonal.\n\n5) When")
    lost(author)
    assert ran("lock", "restore", "build/algebra.apkg")[1].endswith("the next build: 1 new, 4 unchanged\n")


def test_a_lock_that_is_there_is_not_replaced_by_accident(author: Author) -> None:
    """If this failed, an old package would take the GUIDs of all later notes away."""
    lock = author.deck / "deck.lock"
    content = lock.read_bytes()
    lock.write_bytes(b"damaged\n")
    code, said = ran("lock", "restore", "build/algebra.apkg")
    assert (code, "DB324" in said, "--force" in said) == (1, True, True)
    assert lock.read_bytes() == b"damaged\n"
    assert ran("lock", "restore", "build/algebra.apkg", "--force")[0] == 0
    assert lock.read_bytes() == content
    assert ran("lock", "restore", "build/algebra.apkg")[0] == 0, "it is the same lock"


def test_a_deck_that_was_released_needs_its_lock(author: Author) -> None:
    """If this failed, whoever clones a deck without its lock would give learners all cards a second time."""
    lost(author)
    Path("build/algebra.apkg").unlink()
    (author.deck / "RELEASES.md").write_text("# Algebra 1.0\n")
    code, said = ran("build")
    assert (code, NEVER in said, "RELEASES.md" in said) == (1, True, True)


def test_a_deck_of_another_name_is_known_by_its_id(author: Author) -> None:
    """If this failed, an author who once renamed the deck could not have its lock back."""
    (author.deck / "deck.yml").write_text("name: Algebra\nid: jane-algebra\n")
    lost(author)
    assert ran("build", "--new-deck", "-o", "build/old.apkg")[0] == 0
    content = lost(author)
    Path("build/algebra.apkg").unlink()
    (author.deck / "deck.yml").write_text("name: Linear algebra\nid: jane-algebra\n")
    assert NEVER in ran("build")[1]
    assert ran("lock", "restore", "build/old.apkg")[0] == 0
    assert (author.deck / "deck.lock").read_bytes() == content


@pytest.mark.parametrize("settings", ["name: Geometry\n", "name: Algebra\nid: somebody-else-s\n"])
@pytest.mark.parametrize("old", [False, True])
def test_another_deck_s_lock_is_refused(author: Author, settings: str, old: bool) -> None:
    """If this failed, learners of two decks would get each other's notes."""
    lost(author)
    (author.deck / "deck.yml").write_text(settings)
    package = Path("build/algebra.apkg")
    if old:
        without_lock(package, Path("old.apkg")).replace(package)
    code, said = ran("lock", "restore", "build/algebra.apkg")
    assert (code, "DB325" in said or "DB326" in said) == (1, True)
    assert not (author.deck / "deck.lock").exists()


# ── from a package that carries none ────────────────────────────────────────────────────────────────────────────────

STEPS = """\
# Calculus

1) Derive the product rule. <!-- card: {steps: cards} -->

    It follows from the limit.

    1. **Expand.** Write the difference quotient.
    2. **Split.** Add and subtract the mixed term.

2) What is a limit?

    What the values come arbitrarily close to.

3) What is an example? <!-- card: {id: example-of-a-limit} -->

    The limit of one over n is zero.
"""


DRILLS = """\
# Sums

1) What is the sum?

    ```drill
    variants: 2
    cards: per-variant
    example: {a: 2, b: 1}
    params:
      a: {range: [1, 9], step: 1}
      b: {choices: [1, 4]}
    ask: What is @{a} + @{b}?
    answer: a + b
    levels:
      hard: {params: {a: {range: [11, 19], step: 1}}, example: {a: 12, b: 4}}
    ```
"""


def old_deck(folder: Path, text: str = STEPS) -> tuple[Path, Path]:
    """Build a deck as the versions before did, and return it and its package."""
    deck = folder / "content"
    deck.mkdir(parents=True)
    (deck / "deck.yml").write_text("name: Calculus\nid: calculus\n")
    (deck / "notes.md").write_text(text)
    (deck / "drills.md").write_text(DRILLS)
    assert not build(deck, Options(output=folder / "new.apkg", now=FIRST)).failed
    return deck, without_lock(folder / "new.apkg", folder / "old.apkg")


def lock_of(deck: Path) -> Lock:
    lock, problems = read_lock((deck / "deck.lock").read_text("utf-8"), "deck.lock")
    assert lock is not None, problems
    return lock


def restored(package: Path, deck: Path) -> Restored:
    (deck / "deck.lock").unlink()
    found = restore(package, deck)
    assert found.path == deck / "deck.lock", found.diagnostics
    return found


def test_an_older_package_gives_keys_guids_and_change_times(tmp_path: Path) -> None:
    """If this failed, the decks of earlier versions could not be saved."""
    deck, package = old_deck(tmp_path)
    text = (deck / "deck.lock").read_text()
    found = restored(package, deck)
    assert [one.code for one in found.diagnostics] == ["DB327"]
    assert "retired" in found.diagnostics[0].message
    assert (deck / "deck.lock").read_text() == text
    assert not build(deck, Options(output=tmp_path / "again.apkg", now=FIRST + DAY)).failed
    assert (tmp_path / "again.apkg").read_bytes() == (tmp_path / "new.apkg").read_bytes()


EDITS: tuple[tuple[str, str, str], ...] = (
    ("an answer", "What the values come arbitrarily close to.", "What the values come as close to as one likes."),
    ("a question", "What is a limit?", "What is meant by a limit?"),
    ("a heading", "# Calculus", "# Analysis"),
    ("an id", "What is an example?", "Which example is there?"),
)


@pytest.mark.parametrize(("what", "old", "new"), EDITS, ids=[what for what, *_ in EDITS])
def test_what_was_edited_since_keeps_its_history_or_is_asked_about(
    tmp_path: Path, what: str, old: str, new: str
) -> None:
    """If this failed, a lost lock would cost the histories of all notes that were edited since the last package."""
    deck, package = old_deck(tmp_path)
    before = {note.guid: note for note in lock_of(deck).notes.values()}
    (deck / "notes.md").write_text((deck / "notes.md").read_text().replace(old, new))
    restored(package, deck)
    again = {note.guid: (note.key, note.modified, note.of) for note in lock_of(deck).notes.values()}
    assert again == {guid: (note.key, note.modified, note.of) for guid, note in before.items()}
    result = check(deck)
    assert {note.guid for note in result.notes} <= before.keys()
    assert not result.retired or result.failed


def test_a_deck_whose_id_is_not_known_is_refused(tmp_path: Path) -> None:
    """If this failed, its note types would get other ids, and Anki never update a note again."""
    deck, package = old_deck(tmp_path)
    (deck / "deck.lock").unlink()
    (deck / "deck.yml").write_text("name: Calculus\nid: other\n")
    (found,) = restore(package, deck).diagnostics
    assert found.code in {"DB325", "DB326"}
    assert not (deck / "deck.lock").exists()


# ── a stranger's package ────────────────────────────────────────────────────────────────────────────────────────────


def zipped(lock: bytes, compression: int = ZIP_STORED, times: int = 1) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", compression) as package:
        for _ in range(times):
            package.writestr("deck.lock", lock)
    return file.getvalue()


HEADER = b'{"deckbuilder-lock": 2, "deck": "Algebra", "id": "x", "born": 1}\n'

HOSTILE: dict[str, Callable[[], bytes]] = {
    "no zip": lambda: b"PK",
    "damaged": lambda: zipped(HEADER + b"{\n"),
    "of a later format": lambda: zipped(HEADER.replace(b"2", b"99")),
    "no text": lambda: zipped(b"\xff\xfe"),
    "a bomb": lambda: zipped(bytes(10_000_000), ZIP_DEFLATED),
    "two of them": lambda: zipped(HEADER, times=2),
    "too long": lambda: zipped(HEADER * 20_000),
    "a key that turns its line around": lambda: zipped(
        HEADER
        + '{"key": "\u202ea", "guid": "g", "kind": "concept", "born": 1, "mod": 1, "hash": "", "answer": "", '
        '"section": [], "text": ""}\n'.encode()
    ),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_stranger_s_lock_is_refused(author: Author, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """If this failed, a package from a pull request could fill the memory, or slip something into a lock."""
    monkeypatch.setenv("DECKBUILDER_LIMITS", "lock-mb=1")
    Path("bad.apkg").write_bytes(HOSTILE[what]())
    lost(author)
    found = restore(Path("bad.apkg"), Path("content"))
    assert found.path is None
    assert [one.code for one in found.diagnostics] in (["DB117"], ["DB118"])
    assert not (author.deck / "deck.lock").exists()


@given(st.integers(0, 3_000), st.binary(max_size=8))
def test_no_damage_to_a_packed_lock_ends_in_a_traceback(place: int, bytes_: bytes) -> None:
    """If this failed, a package that was cut short on its way would end a build in a traceback."""
    content = bytearray(zipped(HEADER))
    content[place : place + len(bytes_)] = bytes_
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.apkg"
        path.write_bytes(content)
        text, found = read_packed_lock(path)
        assert text is None or not found
        reading.deck_of_package(path, whole=True)
