"""What a command prints: names and questions of a stranger's deck are never commands to the program that reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.cli.main import main
from deckbuilder.reporters import without_commands
from tests.support.author import Author

OWN = re.compile(r"::(error|warning|notice) file=[^:]*::")
HOSTILE = ["::add-mask::a", "  ::stop-commands::a", "a ##[add-path]/tmp", "##[set-env name=A;]b"]


def commands(output: str) -> list[str]:
    """Return the lines that GitHub's runner would obey, but for the annotations of `--format github`."""
    lines = re.split(r"[\r\n]", output)
    return [line for line in lines if (line.strip().startswith("::") and not OWN.match(line)) or "##[" in line]


def run(*words: str) -> str:
    """Run a command in this process and return all that it prints."""
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.output


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_decks_name_is_no_command(name: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a pull request could mask, stop or forge what a workflow of the maintainer's does."""
    monkeypatch.chdir(tmp_path)
    question = f"# {name}\n\n1) {name}\n\n    {name} $\\{name}$\n\n2) {name}\n"
    Path("content").mkdir()
    Path("content/deck.yml").write_text(f"name: {json.dumps(name)}\n", "utf-8")
    Path("content/notes.md").write_text(question, "utf-8")
    assert commands(run("check", "--format", form)) == []
    Path("content/notes.md").write_text(question.replace("$", ""), "utf-8")
    built = run("build", "--format", form)
    assert commands(built) == []
    if form == "json":
        assert json.loads(built)["deck"] == name.strip(), "an escape leaves the data as it is"
    Path("content/notes.md").write_text(question.replace("$", "").replace("    ", "    Well, "), "utf-8")
    if form != "sarif":
        assert commands(run("diff", "--format", "markdown" if form == "github" else form)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_nor_is_it_one_in_a_release(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, the workflow that publishes, which may write, would be the one that is spoken to."""
    author = Author(tmp_path)
    (author.deck / "deck.yml").write_text(f"name: {json.dumps(name)}\n", "utf-8")
    author.commit()
    monkeypatch.chdir(tmp_path)
    for form in ("text", "json"):
        assert commands(run("release", "1.0", "--format", form)) == []


@given(st.text(":# [\r\n\u2028a"))
def test_no_text_is_a_command(text: str) -> None:
    """If this failed, some spelling of a command would still be one."""
    assert commands(without_commands(text)) == []
    assert without_commands(text).replace("\u2060", "") == text
    data = json.dumps([text], ensure_ascii=False)
    assert commands(without_commands(data, is_json=True)) == []
    assert json.loads(without_commands(data, is_json=True)) == [text]
