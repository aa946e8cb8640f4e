"""The whole build: what it writes, what it refuses, and that nothing is ever half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deckbuilder import pipeline
from deckbuilder.pipeline import BuildResult, Options, build, check
from tests.support.learner import ImportCounts, Learner

NOW = 1_700_000_000
DECK = """\
# Physics

1) What is mass?

    What resists being pushed, measured in kilograms.

2) What is force?

    What changes motion: mass times acceleration.

3) What is work?

    Force along a way, summed up.

4) What is power?

    Work done per time.
"""


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("content")
    folder.mkdir()
    (folder / "deck.yml").write_text("name: Physics\n", "utf-8")
    (folder / "physics.md").write_text(DECK, "utf-8")
    return folder


def codes(result: BuildResult) -> list[str]:
    return [found.code for found in result.diagnostics]


@pytest.mark.parametrize("levels", [10, 11, 30])
def test_a_deck_is_built_only_if_anki_lets_it_lie_so_deep(deck: Path, tmp_path: Path, levels: int) -> None:
    """If this failed, a build would succeed and Anki would refuse to import what came of it."""
    (deck / "deck.yml").write_text(f"name: {'::'.join(['A'] * levels)}\nsubdecks: 1\n", "utf-8")
    result = build(deck, Options(now=NOW))
    if levels + 1 > pipeline.DECK_LEVELS:
        assert codes(result) == ["DB611"]
        return
    assert result.apkg
    with Learner() as learner:
        assert learner.import_package(result.apkg) == ImportCounts(new=4)


def edit(deck: Path, before: str, after: str) -> None:
    path = deck / "physics.md"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def test_a_build_writes_the_package_and_the_lock(deck: Path) -> None:
    """If this failed, `deckbuilder build` would not do the one thing that it is for."""
    result = build(deck)
    assert result.apkg == Path("build/physics.apkg")
    assert result.apkg.stat().st_size > 0
    assert (deck / "deck.lock").exists()
    assert [note.key for note in result.notes] == ["mass", "force", "work", "power"]


def test_a_lone_file_is_a_deck(deck: Path) -> None:
    """If this failed, nobody could try deckbuilder on a file that they have."""
    Path("notes.md").write_text(DECK, "utf-8")
    result = build(Path("notes.md"))
    assert result.apkg == Path("build/notes.apkg")
    assert Path("notes.deck.lock").exists()
    assert result.deck == "notes"


def test_an_unchanged_source_leaves_the_lock_alone(deck: Path) -> None:
    """If this failed, every build would make a change to commit, and every release would touch every card."""
    first = build(deck, Options(now=NOW))
    lock, apkg = (deck / "deck.lock").read_bytes(), first.apkg.read_bytes()  # type: ignore[union-attr]
    stamp = (deck / "deck.lock").stat().st_mtime_ns
    again = build(deck, Options(now=NOW + 86_400))
    assert (deck / "deck.lock").read_bytes() == lock
    assert (deck / "deck.lock").stat().st_mtime_ns == stamp
    assert again.apkg.read_bytes() == apkg  # type: ignore[union-attr]
    assert {note.change for note in again.notes} == {pipeline.Change.UNCHANGED}


def test_the_same_source_gives_the_same_bytes_anywhere(deck: Path, tmp_path: Path) -> None:
    """If this failed, a checksum would prove nothing, and CI would build another deck than the author."""
    build(deck, Options(now=NOW))
    packages = []
    for folder, zone, seed in (("one", "UTC", "1"), ("an other/deep", "Asia/Kathmandu", "2")):
        here = tmp_path / folder
        (here / "content").mkdir(parents=True)
        for name in ("deck.yml", "deck.lock", "physics.md"):
            (here / "content" / name).write_bytes((deck / name).read_bytes())
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[1])}
        command = [sys.executable, "-m", "deckbuilder", "build", "--locked"]
        subprocess.run(command, cwd=here, env=environment, check=True, capture_output=True)
        packages.append((here / "build" / "physics.apkg").read_bytes())
    assert packages[0] == packages[1]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("physics.md", b"# A\n\n1) Broken \xff here?\n\n    Yes.\n"),
        ("physics.md", b"# A\n\n1) Nul \x00 here?\n\n    Yes.\n"),
        ("physics.md", b"# A\n\n1) Picture?\n\n    ![x](nowhere.png)\n"),
        ("physics.md", b"# A\n\n1) Same?\n\n    Yes.\n\n2) Same?\n\n    No.\n"),
        ("physics.md", b"# A\n\n1) Key? <!-- card: {idd: x} -->\n\n    Yes.\n"),
        ("physics.md", b"# A\n\n1) Comment?\n\n    <!-- only this -->\n\n    <script>alert(1)</script>\n"),
        ("deck.yml", b"nmae: Physics\n"),
        ("deck.yml", b"name: [\n"),
        ("deck.lock", b"<<<<<<< ours\n"),
        ("deck.lock", b""),
    ],
)
def test_with_any_error_nothing_is_written(deck: Path, name: str, content: bytes) -> None:
    """If this failed, a broken source would reach learners, or a broken build would overwrite identities."""
    build(deck, Options(now=NOW))
    lock, apkg = (deck / "deck.lock").read_bytes(), Path("build/physics.apkg").read_bytes()
    (deck / name).write_bytes(content)
    left = (deck / "deck.lock").read_bytes()
    result = build(deck, Options(now=NOW + 100, retire=True))
    errors = [found for found in result.diagnostics if found.is_error]
    assert errors
    assert all(found.span.file == f"content/{name}" for found in errors)
    assert result.apkg is None
    assert Path("build/physics.apkg").read_bytes() == apkg
    assert (deck / "deck.lock").read_bytes() == left
    assert name == "deck.lock" or left == lock
    assert [path.name for path in Path("build").iterdir()] == ["physics.apkg"]


def test_all_errors_are_told_at_once(deck: Path) -> None:
    """If this failed, an author would mend one mistake per run."""
    (deck / "deck.yml").write_text("name: Physics\nsubdeck: 1\nflavour: gitlab\n", "utf-8")
    (deck / "other.md").write_text("# A\n\n1) One? <!-- card: {kid: x} -->\n\n    ![a](b.png)\n", "utf-8")
    places = [(str(found.span), found.code) for found in check(deck).diagnostics]
    assert places == [
        ("content/deck.yml:2:1", "DB114"),
        ("content/deck.yml:3:10", "DB115"),
        ("content/other.md:3:21", "DB205"),
        ("content/other.md:5:10", "DB403"),
    ]


def test_check_writes_nothing(deck: Path) -> None:
    """If this failed, looking for mistakes would change identities."""
    result = check(deck)
    assert not result.failed
    assert sorted(path.name for path in deck.iterdir()) == ["deck.yml", "physics.md"]
    assert not Path("build").exists()


def test_locked_builds_without_touching_the_lock(deck: Path) -> None:
    """If this failed, CI could not build what the author committed."""
    build(deck, Options(now=NOW))
    lock = (deck / "deck.lock").read_bytes()
    Path("build/physics.apkg").unlink()
    result = build(deck, Options(locked=True))
    assert result.apkg == Path("build/physics.apkg")
    assert (deck / "deck.lock").read_bytes() == lock


@pytest.mark.parametrize(("change", "code"), [("edit", "DB310"), ("no lock", "DB322")])
def test_locked_refuses_a_lock_that_would_change(deck: Path, change: str, code: str) -> None:
    """If this failed, a release could carry identities that nobody ever committed."""
    build(deck, Options(now=NOW))
    Path("build/physics.apkg").unlink()
    if change == "edit":
        edit(deck, "per time", "per unit of time")
    else:
        (deck / "deck.lock").unlink()
    result = build(deck, Options(locked=True))
    assert codes(result) == [code]
    assert not Path("build/physics.apkg").exists()


def test_strict_turns_warnings_into_errors(deck: Path) -> None:
    """If this failed, a maintainer could not hold a deck to having no warnings."""
    edit(deck, "# Physics\n", "# Physics\n\nTODO more\n")
    assert not check(deck).failed
    assert check(deck, Options(strict=True)).failed


def test_a_great_loss_stops_the_build_unless_it_is_meant(deck: Path) -> None:
    """If this failed, a wrong path would retire a deck without a word."""
    build(deck, Options(now=NOW))
    edit(deck, DECK[DECK.index("3) ") :], "")
    assert "DB306" in codes(build(deck, Options(now=NOW + 1)))
    meant = build(deck, Options(now=NOW + 1, retire=True))
    assert [note.key for note in meant.retired] == ["power", "work"]


def test_change_times_go_strictly_forward(deck: Path) -> None:
    """If this failed, Anki would drop the second of two corrections without a word."""
    with Learner() as learner:
        for number, answer in enumerate(("per time", "per second", "per hour", "per year")):
            if number:
                edit(deck, "Work done per", f"Work done {answer} or per")
            result = build(deck, Options(now=NOW))  # all in the same second
            expected = ImportCounts(updated=1, duplicate=3) if number else ImportCounts(new=4)
            assert learner.import_package(result.apkg) == expected  # type: ignore[arg-type]


def test_change_times_are_never_in_the_future(deck: Path) -> None:
    """If this failed, older Ankis would refuse the whole package."""
    build(deck)
    edit(deck, "per time", "per second")
    build(deck)
    edit(deck, "per second", "per minute")
    build(deck)
    newest = max(json.loads(line).get("mod", 0) for line in (deck / "deck.lock").read_text().split("\n") if line)
    assert newest <= time.time()


def test_a_clock_behind_the_lock_is_told(deck: Path) -> None:
    """If this failed, a machine with a wrong clock would stamp changes that Anki drops."""
    build(deck, Options(now=NOW))
    lock = deck / "deck.lock"
    lock.write_text(lock.read_text().replace(f'"mod": {NOW}', f'"mod": {int(time.time()) + 9999}'))
    assert "DB311" in codes(build(deck))


def test_source_date_epoch_is_honoured(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a packager could not rebuild a deck as it was."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    build(deck)
    assert '"mod": 1600000000' in (deck / "deck.lock").read_text()


def test_new_cards_come_in_reading_order(deck: Path) -> None:
    """If this failed, a learner would meet the end of a chapter before its beginning."""
    result = build(deck, Options(now=NOW))
    with Learner() as learner:
        learner.import_package(result.apkg)  # type: ignore[arg-type]
        assert learner.new_cards() == [note.guid for note in result.notes]


def test_a_changed_kind_keeps_the_note_type_and_shows_the_new_parts(deck: Path) -> None:
    """If this failed, a question that became a derivation would stay as it was in every collection, for ever."""
    build(deck, Options(now=NOW))
    edit(deck, "What is force?", "What is force? <!-- card: {kind: derivation} -->")
    edit(
        deck,
        "    What changes motion: mass times acceleration.",
        "    The product.\n\n    1. **First step.** Push.\n    2. **Second step.** Pull.",
    )
    result = build(deck, Options(now=NOW + 1))
    assert "DB601" in codes(result)
    with Learner() as learner:
        learner.import_package(result.apkg)  # type: ignore[arg-type]
        guid = next(note.guid for note in result.notes if note.key == "force")
        assert learner.note_type_of(guid) == "Concept (Physics)"
        assert "Second step" in learner.back(guid)


def test_every_note_type_passes_ankis_own_checks(deck: Path) -> None:
    """If this failed, Anki would show an error in place of every card of a kind."""
    from deckbuilder.identity.lock import Lock, LockedType
    from deckbuilder.kinds.registry import KINDS
    from deckbuilder.kinds.templates import load_templates
    from deckbuilder.kinds.titles import KIND_NAMES
    from deckbuilder.packaging.assemble import note_type_plan

    lock = Lock("Physics", "physics", NOW, {name: LockedType(name, NOW, "x") for name in KIND_NAMES})
    with Learner() as learner:
        for kind in KINDS:
            assert learner.refusal_of(note_type_plan(kind.name, kind.title, lock, load_templates(KIND_NAMES))) == ""


def test_a_lock_that_changes_during_the_build_stops_it(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, of two builds at once one would undo what the other recorded."""
    build(deck, Options(now=NOW))
    edit(deck, "per time", "per second")
    lock = deck / "deck.lock"
    changed = lock.read_text().replace("Physics", "Physik", 1)
    loaded: Callable[..., object] = pipeline.load_templates

    def meanwhile(names: tuple[str, ...]) -> object:
        lock.write_text(changed)
        return loaded(names)

    monkeypatch.setattr(pipeline, "load_templates", meanwhile)
    before = Path("build/physics.apkg").read_bytes()
    assert codes(build(deck, Options(now=NOW + 9))) == ["DB313"]
    assert lock.read_text() == changed
    assert Path("build/physics.apkg").read_bytes() == before


@pytest.mark.parametrize("at", ["a folder", "below a file"])
def test_an_output_that_cannot_be_written_is_told(deck: Path, at: str) -> None:
    """If this failed, a typing mistake in -o would end in a traceback, or in a lock without a package."""
    Path("taken").mkdir()
    output = Path("taken") if at == "a folder" else deck / "physics.md" / "x.apkg"
    result = build(deck, Options(output=output))
    assert codes(result) == ["DB610"]
    assert not (deck / "deck.lock").exists()


def test_a_source_that_is_not_there_is_told(deck: Path) -> None:
    """If this failed, a wrong path would look like an empty deck."""
    result = build(Path("contnet"))
    assert codes(result) == ["DB101"]


def test_odd_files_do_no_harm(deck: Path) -> None:
    """If this failed, a folder called x.md or a link out of the deck would crash the build or leak a file."""
    (deck / "folder.md").mkdir()
    (deck / "folder.md" / "inner.md").write_text("# B\n\n1) Inner?\n\n    Yes.\n", "utf-8")
    (deck / "bom.md").write_bytes(b"\xef\xbb\xbf# C\r\n\r\n1) Windows?\r\n\r\n    Yes.\r\n")
    outside = deck.parent / "secret.md"
    outside.write_text("# S\n\n1) Secret?\n\n    Yes.\n", "utf-8")
    assert not check(deck).failed
    assert len(check(deck).notes) == 6
    (deck / "link.md").symlink_to(outside.resolve())
    assert codes(check(deck)) == ["DB102"]


def test_a_renamed_deck_keeps_its_decks_and_identities(deck: Path) -> None:
    """If this failed, a new title would give learners a second deck and all cards anew."""
    before = build(deck, Options(now=NOW))
    (deck / "deck.yml").write_text("name: Natural science\n", "utf-8")
    after = build(deck, Options(now=NOW + 1))
    assert codes(after) == ["DB316"]
    assert [(note.guid, note.deck) for note in after.notes] == [(note.guid, note.deck) for note in before.notes]
    assert after.apkg == Path("build/physics.apkg")


@pytest.mark.parametrize("again", [b"\xef\xbb\xbf", b"\r\n"])
def test_a_lock_that_an_editor_saved_in_its_own_way_builds_and_is_put_right(deck: Path, again: bytes) -> None:
    """If this failed, a byte order mark or Windows' line ends would stop every build, as if another had just run."""
    build(deck, Options(now=NOW))
    lock = deck / "deck.lock"
    written = lock.read_bytes()
    lock.write_bytes(written.replace(b"\n", again) if again == b"\r\n" else again + written)
    assert not build(deck, Options(now=NOW)).failed
    edit(deck, "in kilograms", "in grams")
    result = build(deck, Options(now=NOW + 1))
    assert not result.failed
    assert all(note.guid.encode() in written for note in result.notes)
    assert lock.read_bytes().startswith(b'{"deckbuilder-lock"')
    assert b"\r" not in lock.read_bytes()


@pytest.mark.parametrize(
    ("name", "package"), [("Con", "con-deck.apkg"), ("COM1", "com1-deck.apkg"), ("Console", "console.apkg")]
)
def test_a_deck_that_windows_takes_for_a_device_gets_a_file(deck: Path, name: str, package: str) -> None:
    """If this failed, an author on Windows would send the cards to a device, and find no package."""
    (deck / "deck.yml").write_text(f"name: {name}\n", "utf-8")
    assert build(deck).apkg == Path("build") / package
