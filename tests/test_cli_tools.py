"""The command line in other tools: completion in shells, hooks of pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deckbuilder.cli import main
from tests.test_cli import GOOD

ROOT = Path(__file__).parents[1]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}


def asked(how: str, *words: str) -> str:
    """Return what the program answers a shell: its script (`…_source`), or what could stand for the last word."""
    line, last = shlex.join(("deckbuilder", *words[:-1])) + " " + "".join(words[-1:]), "".join(words[-1:])
    place = last if how.startswith("fish") else str(len(words))
    asking = {"_DECKBUILDER_COMPLETE": how, "COMP_WORDS": line, "COMP_CWORD": place}
    program = "from deckbuilder.cli import main; main(prog_name='deckbuilder')"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env={**os.environ, **asking}, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_options_and_codes_are_completed(shell: str) -> None:
    """If this failed, the completion that the documents describe would complete nothing."""
    assert "_deckbuilder_completion" in asked(f"{shell}_source")
    for words, offered in (
        (("",), set(main.commands)),
        (("bu",), {"build"}),
        (("diff", "--ag"), {"--against"}),
        (("diff", "--format", "m"), {"markdown"}),
        (("explain", "db30"), {"DB301", "DB309"}),
    ):
        told = set(re.findall(r"(?:^|,)([\w-]+)(?:\t.*)?$", asked(f"{shell}_complete", *words), re.MULTILINE))
        assert offered <= told, (words, told)
        assert words == ("",) or "check" not in told


def test_the_documented_lines_are_those_that_work() -> None:
    """If this failed, whoever copies the line into their shell's settings would get an error at every login."""
    text = (ROOT / "docs" / "start.md").read_text("utf-8")
    lines = re.findall(r"_DECKBUILDER_COMPLETE=(\w+) deckbuilder", text)
    assert lines == ["bash_source", "zsh_source", "fish_source"]


# ── pre-commit ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deck in `content`, built once."""
    monkeypatch.chdir(tmp_path)
    Path("content").mkdir()
    path = Path("content/a.md")
    path.write_text(GOOD.replace("2) What else?\n", ""), "utf-8")
    assert CliRunner().invoke(main, ["build"]).exit_code == 0
    return path


def hooked(name: str) -> int:
    """Run a hook's entry as pre-commit does, and return its exit code."""
    program, *words = shlex.split(HOOKS[name]["entry"])
    assert program == "deckbuilder"
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    code = CliRunner().invoke(main, words).exit_code
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return code


def test_the_hook_that_checks_stops_a_commit_with_mistakes(deck: Path) -> None:
    """If this failed, a hook would pass everything, or write files of its own."""
    assert hooked("deckbuilder-check") == 0
    deck.write_text(GOOD, "utf-8")  # one question without an answer
    assert hooked("deckbuilder-check") == 1


def test_the_hook_for_the_lock_stops_a_commit_without_its_lock(deck: Path) -> None:
    """If this failed, a commit could leave identities to whoever builds next."""
    assert hooked("deckbuilder-locked") == 0
    deck.write_text(deck.read_text("utf-8").replace("A thing.", "Any thing."), "utf-8")
    assert hooked("deckbuilder-locked") == 1


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_runs_when_anything_of_a_deck_changes(name: str) -> None:
    """If this failed, a commit that takes a picture away would pass."""
    for changed in ("content/a.md", "content/deck.yml", "content/deck.lock", "content/media/x.svg", "a.markdown"):
        assert re.search(HOOKS[name]["files"], changed)
    assert not re.search(HOOKS[name]["files"], "setup.py")
    assert (HOOKS[name]["language"], HOOKS[name]["pass_filenames"]) == ("python", False)
