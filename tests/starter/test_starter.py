"""The deck that `init` writes."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder.cli import main
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.pipeline import Options, build
from tests.support.learner import ImportCounts, Learner


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    home = tmp_path / "my-notes"
    home.mkdir()
    monkeypatch.chdir(home)
    return home


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def files() -> set[str]:
    return {path.as_posix() for path in Path().rglob("*") if path.is_file()}


def test_it_builds_at_once_without_a_single_finding_and_shows_every_kind() -> None:
    """If this failed, the first thing that a newcomer sees would be a warning, or a kind would be shown nowhere."""
    made = run("init")
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.endswith("Now read content/start.md, then: deckbuilder build\n")
    assert files() == {"content/deck.yml", "content/start.md", ".gitattributes", ".gitignore"}
    result = build(Path("content"), Options(strict=True))
    assert result.diagnostics == ()
    assert {note.kind for note in result.notes} == set(KIND_NAMES)
    assert (result.deck, result.apkg) == ("my-notes", Path("build/my-notes.apkg"))
    with Learner() as learner:
        assert learner.import_package(Path("build/my-notes.apkg")) == ImportCounts(new=5)
        assert learner.database_problems() == ""


def test_its_code_does_what_it_says() -> None:
    """If this failed, the deck that teaches the format would teach a wrong program."""
    run("init")
    blocks = re.findall(r"```python( test)?\n(.*?)```", Path("content/start.md").read_text("utf-8"), re.DOTALL)
    tests = [text for mark, text in blocks if mark]
    code = [text for mark, text in blocks if not mark]
    assert len(tests) == len(code) == 1
    dedent = re.compile(r"^    ", re.MULTILINE)
    exec(dedent.sub("", code[0]) + dedent.sub("", tests[0]), {})


@pytest.mark.parametrize("taken", ["content/deck.yml", "content/start.md", "content/deck.lock"])
def test_nothing_is_written_over(taken: str) -> None:
    """If this failed, an author's notes, or the identities of a deck, would be gone."""
    Path("content").mkdir()
    Path(taken).write_text("mine", "utf-8")
    made = run("init")
    assert (made.exit_code, made.stdout) == (1, "")
    assert f"{taken}:1:1: error[DB123]" in made.stderr
    assert files() == {taken}
    assert Path(taken).read_text("utf-8") == "mine"


def test_a_link_that_leads_nowhere_is_in_the_way_too() -> None:
    """If this failed, a link in a stranger's repository could decide what is written where."""
    Path("content").mkdir()
    Path("content/start.md").symlink_to("elsewhere")
    assert run("init").exit_code == 1


def test_files_of_gits_get_their_line_once() -> None:
    """If this failed, the lock would conflict at every merge, or a file would grow at every call."""
    Path(".gitignore").write_text("/build/\n*.tmp", "utf-8")
    Path(".gitattributes").write_bytes(b"* text=auto # caf\xe9")
    run("init")
    assert Path(".gitignore").read_text("utf-8") == "/build/\n*.tmp"
    assert Path(".gitattributes").read_bytes() == b"* text=auto # caf\xe9\ndeck.lock merge=union\n"
    asked = ["git", "check-attr", "merge", "content/deck.lock"]
    subprocess.run(["git", "init", "-q"], check=True)
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip().endswith("merge: union")


def test_a_folder_elsewhere_gets_gits_files_itself(tmp_path: Path) -> None:
    """If this failed, a folder that has nothing to do with the deck would be written into."""
    assert run("init", str(tmp_path / "other deck")).exit_code == 0
    assert files() == set()
    assert (tmp_path / "other deck" / ".gitattributes").exists()


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("init", "a deck"), "a deck"),
        (("init", "--name", 'Say "hi": {x} # y'), "Say hi: {x} # y"),
        (("init", "--name", "Größe\n::x"), "Größe-x"),
        (("init", "."), "my-notes"),
    ],
)
def test_the_name_is_what_was_asked_for(words: tuple[str, ...], name: str) -> None:
    """If this failed, a deck would be called otherwise for ever, or its settings could not be read."""
    made = run(*words)
    assert made.exit_code == 0
    _, _, *source = shlex.split(made.stdout.rpartition("then: ")[2])
    result = build(Path(*source or ["content"]), Options(strict=True))
    assert (result.deck, result.diagnostics) == (name, ())


def test_a_folder_that_cannot_be_written_is_told() -> None:
    """If this failed, a newcomer would be met by a traceback."""
    Path("content").write_text("a file", "utf-8")
    assert run("init").exit_code == 2
    assert run("init", "content/inside").exit_code == 1
    assert "error[DB610]" in run("init", "content/inside").stderr
