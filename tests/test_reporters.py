"""Findings as people and programs get them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from wcwidth import wcswidth

from deckbuilder import reporters, rules
from deckbuilder.diagnostics import Diagnostic, Related, Severity, Span, with_lines
from deckbuilder.pipeline import check
from deckbuilder.reporters import github_report, sarif_report, text_report

WIDE = "𝒙漢字🙂e\u0301\u200d\u00ad\u202e\u0007\t ab$\\"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(found: Diagnostic, files: dict[str, str]) -> Diagnostic:
    """Return a finding as a command gives it that has read these files."""
    (found,) = with_lines([found], files)
    return found


def finding(line: str, column: int, width: int = 1) -> Diagnostic:
    """Return a finding in the third line of x.md, which is `line`."""
    text = "\n".join(["# A", "", line, "", "end"])
    return read(rules.YES_NO.at(Span("x.md", 3, column, column + width)), {"x.md": text})


def shown(found: Diagnostic) -> tuple[str, str]:
    """Return the line that is shown and the carets under it, without their margin."""
    lines = text_report([found]).split("\n")
    return lines[2].partition("| ")[2], lines[3].partition("| ")[2]


@pytest.mark.parametrize(
    ("line", "column", "width", "line_shown", "carets"),
    [
        ("1) Is it?", 4, 6, "1) Is it?", "   ^^^^^^"),
        ("1)\tIs it?", 4, 6, "1)  Is it?", "    ^^^^^^"),
        ("漢字 x", 4, 1, "漢字 x", "     ^"),
        ("x 漢字", 3, 2, "x 漢字", "  ^^^^"),
        ("e\u0301e\u0301 x", 6, 1, "e\u0301e\u0301 x", "   ^"),
        ("漢\tx", 3, 1, "漢   x", "     ^"),
        ("a\u202eb\u0007c", 5, 1, "a\ufffdb\ufffdc", "    ^"),
        ("short", 40, 9, "short", "     ^"),
    ],
)
def test_carets_stand_under_what_is_meant(line: str, column: int, width: int, line_shown: str, carets: str) -> None:
    """If this failed, an author would look at the wrong place of a line."""
    assert shown(finding(line, column, width)) == (line_shown, carets)


@pytest.mark.parametrize(
    "file", [b"\xef\xbb\xbf# A\n\n1) Is $x?\n", b"# A\r\n\r\n1) Is $x?\r\n", b"# A\r\r1) Is $x?\r"]
)
def test_neither_a_byte_order_mark_nor_line_ends_move_a_line(file: bytes) -> None:
    """If this failed, every excerpt from a file that Windows wrote would be of another line."""
    Path("x.md").write_bytes(file)
    report = text_report(check(Path("x.md")).diagnostics)
    assert "\n3 | 1) Is $x?\n" in report


@given(st.text(WIDE, max_size=300), st.integers(1, 320), st.integers(1, 90))
def test_carets_never_leave_the_line_that_is_shown(line: str, column: int, width: int) -> None:
    """If this failed, carets would point into nothing, or a control character would garble the terminal."""
    if not line.strip():
        return
    line_shown, carets = shown(finding(line.replace("\r", ""), column, width))
    assert set(carets) <= {" ", "^"}
    assert "^" in carets
    assert "\u202e" not in line_shown
    assert wcswidth(line_shown) >= 0
    assert len(carets) <= wcswidth(line_shown) + 1


def test_of_a_long_line_the_part_is_shown_that_is_meant() -> None:
    """If this failed, a paragraph on one line would push the caret off the screen."""
    line_shown, carets = shown(finding("x" * 500 + "HERE" + "y" * 500, 501, 4))
    assert (line_shown[0], line_shown[-1]) == ("…", "…")
    assert line_shown[carets.index("^") :].startswith("HERE")
    assert carets.strip() == "^^^^"


def test_of_a_long_line_only_that_part_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a file of one long line with a mistake in each word would keep a report busy for minutes."""
    looked_at: list[int] = []
    opened = reporters._opened
    monkeypatch.setattr(reporters, "_opened", lambda text: looked_at.append(len(text)) or opened(text))
    found = finding("@{x " * 25_000, 1)
    mistakes = [replace(found, span=Span("x.md", 3, column, column + 2)) for column in range(1, 100_000, 400)]
    assert text_report(mistakes).count("^^") == len(mistakes)
    assert max(looked_at) <= 1000


@pytest.mark.parametrize("form", [text_report, github_report])
def test_what_is_quoted_of_a_file_cannot_speak_to_the_terminal(form: Callable[[list[Diagnostic]], str]) -> None:
    """If this failed, a stranger's file could clear the screen, write findings of its own or hide those that are."""
    hostile = "a\x1b[2Jb\r\n::error::c\u202ed\x9b2J\udcff"
    found = Diagnostic("DB110", Severity.ERROR, hostile, Span(hostile), hostile, (Related(Span("x"), hostile),))
    said = form([found])
    assert not any(sign in said for sign in "\x1b\r\u202e\x9b\udcff")
    assert [line for line in said.split("\n") if line.startswith("::")] == ([said] if form is github_report else [])


def test_related_places_are_shown_with_their_own_lines() -> None:
    """If this failed, an author would have to open the other file to see what is meant."""
    found = finding("1) Is it?", 4, 6)
    found = replace(found, related=(Related(Span("y.md", 100, 1, 6), "the other one"),))
    found = read(found, {"y.md": "\n" * 99 + "other\n"})
    assert text_report([found]).split("\n") == [
        "x.md:3:4: warning[DB705] a question that yes or no answers",
        "    |",
        "  3 | 1) Is it?",
        "    |    ^^^^^^",
        "  --> y.md:100:1: the other one",
        "    |",
        "100 | other",
        "    | -----",
        "  help: Ask why, when or how.",
    ]
    assert "y.md:100:1: the other one" in github_report([found])


def test_a_report_opens_no_file() -> None:
    """If this failed, a link among a stranger's files would put this machine's secrets into a public log."""
    Path("x.md").write_text("# A\n\n1) A secret\n", "utf-8")
    assert "secret" not in text_report([rules.YES_NO.at(Span("x.md", 3))])


def test_a_line_that_is_not_there_is_no_trouble() -> None:
    """If this failed, a finding behind the end of a file would end the report in a traceback."""
    found = read(rules.YES_NO.at(Span("x.md", 9)), {"x.md": "# A\n"})
    assert text_report([found]).count("\n") == 1


def test_colours_are_only_put_where_they_are_wanted() -> None:
    """If this failed, a log would be full of escape codes, or a terminal without any colour."""
    found = finding("1) Is it?", 4, 6)
    assert "<" not in text_report([found])
    coloured = text_report([found], lambda text, colour: f"<{colour}>{text}</>")
    assert "<yellow>warning[DB705]</>" in coloured
    assert "<yellow>^^^^^^</>" in coloured
    assert "<green>help:</>" in coloured


def test_sarif_has_what_code_scanning_asks_for() -> None:
    """If this failed, GitHub would refuse the upload, or show findings without their rules or at other places."""
    Path("a b").mkdir()
    found = [
        rules.TEX_UNDEFINED.at(Span("a b/x.md", 3, 4, 7), macro="bm", advice="write `\\boldsymbol`"),
        rules.NEAR_DUPLICATE.at(Span("x.md", 9, 4, 7), related=(Related(Span("x.md", 3), "the other one"),)),
        rules.RETIRED.at(Span("deck.lock", 5), key="k", question="Q?"),
    ]
    report = json.loads(sarif_report(found))
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == ["DB315", "DB420", "DB709"]
    for rule in described:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    results = run["results"]
    assert [described[result["ruleIndex"]]["id"] for result in results] == [result["ruleId"] for result in results]
    assert [result["level"] for result in results] == ["error", "warning", "note"]
    assert results[0]["message"]["text"] == "Anki's MathJax does not know `\\bm`\nhelp: write `\\boldsymbol`"
    assert results[0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b/x.md"},
                "region": {"startLine": 3, "startColumn": 4, "endLine": 3, "endColumn": 7},
            }
        }
    ]
    (related,) = results[1]["relatedLocations"]
    assert related["message"]["text"] == "the other one"
    assert json.loads(sarif_report([]))["runs"][0]["results"] == []
