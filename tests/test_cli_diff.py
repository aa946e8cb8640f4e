"""`deckbuilder diff` on the command line: exit codes, streams, forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder.cli import main

DECK = "# A\n\n1) What is it?\n\n    A thing that one can name.\n"


@pytest.fixture(autouse=True)
def a_built_deck_that_was_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("content").mkdir()
    Path("content/a.md").write_text(DECK, "utf-8")
    run("build")
    Path("old.apkg").write_bytes(Path("build/content.apkg").read_bytes())
    Path("content/a.md").write_text(DECK.replace("name", "see"), "utf-8")


def run(*words: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, words, env=env)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 0),
        (("content",), 0),
        (("--exit-code",), 1),
        (("old.apkg", "old.apkg", "--exit-code"), 0),
        (("--against", "old.apkg", "--exit-code"), 1),
        (("--against", "nothing.apkg"), 1),
        (("nothing",), 1),
        (("old.apkg", "nothing.apkg", "--format", "json"), 1),
        (("old.apkg",), 2),
        (("old.apkg", "old.apkg", "--against", "old.apkg"), 2),
        (("a", "b", "c"), 2),
        (("--format", "github"), 2),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int) -> None:
    """If this failed, a check on pull requests would pass what it should stop, or stop what is well."""
    assert run("diff", *words).exit_code == code


def test_the_difference_goes_to_stdout() -> None:
    """If this failed, it could not be put into a file or a pager."""
    result = run("diff")
    assert "Answer: A thing that one can [-name-]{+see+}." in result.stdout
    assert result.stderr == ""


def test_colour_only_where_it_is_wanted() -> None:
    """If this failed, a pull request's comment would be full of escape codes, or a terminal without colour."""
    assert "\x1b" not in run("diff").stdout
    assert "can \x1b[31mname\x1b[0m\x1b[32msee\x1b[0m." in run("diff", env={"FORCE_COLOR": "1"}).stdout
    plain = run("diff", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout
    assert "can [-name-]{+see+}." in plain
    assert "\x1b" not in plain


def test_findings_stay_out_of_json_but_for_its_own_list() -> None:
    """If this failed, a program could not read the report."""
    Path("build/content.apkg").unlink()
    result = run("diff", "--format", "json")
    report = json.loads(result.stdout)
    assert result.stderr == ""
    assert [found["code"] for found in report["diagnostics"]] == ["DB119"]
    assert (report["old"], report["new"], report["counts"]["edited"]) == ("the last build", "content", 1)


def test_a_missing_package_is_told_on_stderr() -> None:
    """If this failed, an author would wonder where the words are."""
    Path("build/content.apkg").unlink()
    result = run("diff", "--format", "markdown")
    assert result.stderr.startswith("build/content.apkg:1:1: note[DB119]")
    assert result.stdout.startswith("## `content`: 1 edited\n")


def test_a_deck_with_errors_is_compared_and_says_so() -> None:
    """If this failed, what could be read of a broken deck would pass for the whole."""
    Path("content/a.md").write_text(DECK + "\n2) Broken? <!-- card: {idd: x} -->\n\n    Yes.\n", "utf-8")
    result = run("diff")
    assert result.exit_code == 1
    assert "error[DB205]" in result.stderr
    assert "A build would stop at errors." in result.stdout


def test_nothing_is_written() -> None:
    """If this failed, looking at a change would change deck.lock."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    run("diff")
    run("diff", "--against", "old.apkg")
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
