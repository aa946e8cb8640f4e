"""The command line: exit codes, streams, and the JSON that other programs rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder.cli import main
from deckbuilder.rules import catalogue

GOOD = "# A\n\n1) What is it?\n\n    A thing.\n\n2) What else?\n"
BAD = GOOD + "\n3) Broken? <!-- card: {idd: x} -->\n\n    Yes.\n"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.md").write_text(GOOD, "utf-8")
    Path("bad.md").write_text(BAD, "utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("build", "good.md"), 0),
        (("check", "good.md"), 0),
        (("check", "good.md", "--strict"), 1),
        (("build", "bad.md"), 1),
        (("check", "bad.md", "--format", "json"), 1),
        (("build", "nothing.md"), 1),
        (("build", "good.md", "--colour"), 2),
        (("bild",), 2),
        (("explain", "DB999"), 2),
        (("build", "good.md", "--format", "xml"), 2),
        (("--version",), 0),
        (("--help",), 0),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int) -> None:
    """If this failed, CI would pass what is broken or fail what is well."""
    assert run(*words).exit_code == code


def test_findings_go_to_stderr_and_the_summary_to_stdout() -> None:
    """If this failed, a script could not tell the result from the warnings."""
    result = run("build", "good.md")
    assert (
        result.stdout == "good: 1 notes of 2 questions (1 concept)\n1 new, 1 unanswered\n"
        "1 warning: 1 DB201 unanswered\nwrote build/good.apkg\n"
    )
    assert result.stderr.startswith("good.md:7:4: warning[DB201] no answer yet: What else?\n")


def test_a_finding_shows_its_line_with_a_caret_and_its_mend() -> None:
    """If this failed, an author would have to search for what is meant."""
    Path("wide.md").write_text("# A\n\n1)\tWas ist 漢字 <!-- card: {idd: x} -->?\n\n    Ja.\n", "utf-8")
    assert run("check", "wide.md").stderr.rstrip() == (
        "wide.md:3:27: error[DB205] unknown key `idd` in the card comment\n"
        "  |\n"
        "3 | 1)  Was ist 漢字 <!-- card: {idd: x} -->?\n"
        "  |                              ^^^\n"
        "  help: did you mean `id`?"
    )


def test_the_json_report_is_a_contract() -> None:
    """If this failed, every program that reads the report would break."""
    report = json.loads(run("build", "good.md", "--format", "json").stdout)
    assert list(report) == ["apkg", "deck", "counts", "notes", "retired", "diagnostics"]
    assert report["apkg"] == "build/good.apkg"
    assert report["counts"] == {
        "questions": 2, "notes": 1, "cards": 1, "unanswered": 1,
        "new": 1, "edited": 0, "moved": 0, "unchanged": 0, "retired": 0,
    }  # fmt: skip
    (note,) = report["notes"]
    assert list(note) == ["key", "guid", "kind", "deck", "tags", "file", "line", "change", "question"]
    assert (note["key"], note["kind"], note["deck"], note["file"], note["line"], note["change"]) == (
        "what-is-it", "concept", "good::A", "good.md", 3, "new",
    )  # fmt: skip
    (found,) = report["diagnostics"]
    assert list(found) == ["code", "severity", "message", "file", "line", "column", "help"]


def test_json_of_a_failed_build_names_no_package() -> None:
    """If this failed, a script would go on with a package that was never written."""
    report = json.loads(run("build", "bad.md", "--format", "json").stdout)
    assert report["apkg"] is None
    assert [found["severity"] for found in report["diagnostics"]] == ["warning", "error"]


def test_github_annotations_stand_at_their_lines() -> None:
    """If this failed, a pull request would show a finding at the wrong line or not at all."""
    Path("odd,name.md").write_text(BAD.replace("What else?", "100% sure?"), "utf-8")
    lines = run("check", "odd,name.md", "--format", "github").stdout.splitlines()
    assert lines[0].startswith(
        "::warning file=odd%2Cname.md,line=7,endLine=7,col=4,endColumn=14,title=DB201 unanswered"
        "::no answer yet: 100%25 sure?%0Ahelp: "
    )
    assert lines[1].startswith(
        "::error file=odd%2Cname.md,line=9,endLine=9,col=24,endColumn=27,title=DB205 unknown-metadata"
        "::unknown key `idd`"
    )


def test_no_two_findings_share_a_name() -> None:
    """If this failed, a summary that names findings would mean two things by one word."""
    names = [rule.name for rule in catalogue().values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("code", list(catalogue()))
def test_every_code_is_explained(code: str) -> None:
    """If this failed, an author would be left alone with a code."""
    text = run("explain", code.lower()).stdout
    assert text.startswith(f"{code} ")
    assert "Why: " in text
    assert "Mend: " in text
    assert run("explain", catalogue()[code].name).stdout == text


def test_no_colour_where_there_is_no_terminal() -> None:
    """If this failed, logs would be full of escape codes."""
    assert "\x1b" not in run("check", "bad.md").stderr


def test_the_module_runs_too() -> None:
    """If this failed, `python -m deckbuilder` would not work where scripts are not on the path."""
    command = [sys.executable, "-m", "deckbuilder", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout.startswith("deckbuilder ")
