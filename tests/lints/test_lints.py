"""What is said of a deck: files of tests/fixtures/lints hold `title / . / Markdown / . / what check prints / .`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deckbuilder.diagnostics import Severity
from deckbuilder.lints import wording
from deckbuilder.pipeline import Options, check
from deckbuilder.reporters import text_report
from deckbuilder.rules import Rule, catalogue
from tests.support.fixtures import Case, cases, rewritten

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lints"
WITH_EXAMPLE = [rule for rule in catalogue().values() if rule.example]
STYLE = [rule for code, rule in catalogue().items() if code.startswith(("DB42", "DB43", "DB7"))]


def findings(markdown: str, folder: Path) -> str:
    (folder / "x.md").write_text(markdown, "utf-8")
    return text_report(check(Path("x.md")).diagnostics)


def codes(answer: str, folder: Path) -> set[str]:
    """Return the codes of what is found in an answer, or in the questions of a section."""
    if not answer.startswith("1)"):
        answer = "1) What is it?\n\n" + "\n".join(f"    {line}".rstrip() for line in answer.split("\n"))
    (folder / "x.md").write_text(f"# Section\n\n{answer}\n", "utf-8")
    return {found.code for found in check(folder / "x.md").diagnostics}


@pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
def test_what_check_prints(
    case: Case, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, an author would not be told, be told at the wrong place, or be told off for nothing."""
    monkeypatch.chdir(tmp_path)
    found = findings(case.given, tmp_path) or "nothing"
    if not rewritten(request, case, found):
        assert found == case.expected


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_an_example_is_found_and_its_mend_is_not(rule: Rule, tmp_path: Path) -> None:
    """If this failed, `explain` would show an author a mend that mends nothing."""
    assert rule.example
    assert rule.code in codes(rule.example.bad, tmp_path)
    assert rule.code not in codes(rule.example.good, tmp_path)


def test_every_lint_has_an_example() -> None:
    """If this failed, `explain` would leave an author to guess what is meant."""
    of_the_command_line = {"DB793", "DB794"}  # what they mean is an option, and nothing in a text
    assert [rule.code for rule in STYLE if not rule.example and rule.code not in of_the_command_line] == []


def test_style_is_never_an_error() -> None:
    """If this failed, a matter of taste would keep a deck from being built."""
    style = [rule for rule in STYLE if "DB701" <= rule.code <= "DB789"]
    assert style
    assert {rule.severity for rule in style} == {Severity.WARNING}


def test_every_rule_can_be_explained() -> None:
    """If this failed, `explain` would end in a traceback, or show braces that no reader understands."""
    for rule in catalogue().values():
        for text in (rule.explanation(), rule.explanation_in_markdown()):
            assert rule.code in text
            assert "{{" not in text


def test_what_is_about_github_is_not_said_to_authors_who_publish_elsewhere(tmp_path: Path) -> None:
    """If this failed, notes of an MkDocs site would be full of warnings about a site that nobody reads them on."""
    (tmp_path / "x.md").write_text("# A\n\n1) Why?\n\n    $\\operatorname{f} \\in \\{0, 1\\}$ and $\\bm x$\n", "utf-8")
    assert [found.code for found in check(tmp_path).diagnostics] == ["DB432", "DB433", "DB420"]
    (tmp_path / "deck.yml").write_text("flavour: python-markdown\n", "utf-8")
    (found,) = check(tmp_path).diagnostics
    assert (found.code, found.span.line, found.span.column) == ("DB420", 5, 42)


@pytest.mark.parametrize(
    ("setting", "code", "place"),
    [
        ("ignore: DB703", "DB115", (1, 9)),
        ("ignore: {DB703: }", "DB792", (1, 10)),
        ("ignore: {DB703: {x.md: }}", "DB792", (1, 18)),
        ("ignore: {DB303: never}", "DB791", (1, 10)),
        ("ignore: {DB703: nothing is listed}", "DB790", (1, 10)),
    ],
)
def test_a_waiver_in_the_settings_is_checked_too(
    setting: str, code: str, place: tuple[int, int], tmp_path: Path
) -> None:
    """If this failed, a slip in deck.yml would silence nothing, or what must never be silent."""
    (tmp_path / "deck.yml").write_text(setting + "\n", "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) Why?\n\n    Because.\n", "utf-8")
    (found,) = check(tmp_path).diagnostics
    assert (found.code, (found.span.line, found.span.column)) == (code, place)


def test_a_waiver_never_hides_an_error(tmp_path: Path) -> None:
    """If this failed, a strict check could be made clean by looking away."""
    waived = "- a\n    - b\n    - c\n    - d\n\n    <!-- lint: {DB703: so be it} -->"
    (tmp_path / "x.md").write_text(f"# A\n\n1) Why $\\bm x$?\n\n    {waived}\n", "utf-8")
    assert [found.code for found in check(tmp_path, Options(strict=True)).diagnostics] == ["DB420"]


@given(st.from_regex(wording._ELSEWHERE))
@example("As we have ſeen")
@example("the LAST QUEſTİON")
@example("as ABOVE")
def test_what_points_elsewhere_is_looked_at(text: str) -> None:
    """Otherwise a card that cannot be answered by itself would pass, because it was thought to have no such words."""
    assert any(sign in text.casefold() for sign in wording._SIGNS)
