"""What is said of a deck: files of tests/fixtures/lints hold `title / . / Markdown / . / what check prints / .`."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.diagnostics import Severity
from deckbuilder.pipeline import check
from deckbuilder.reporters import text_report
from deckbuilder.rules import Rule, catalogue
from tests.support.fixtures import Case, cases, rewritten

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lints"
WITH_EXAMPLE = [rule for rule in catalogue().values() if rule.example]
WITHOUT_EXAMPLE = {"DB701": "it would take 121 words", "DB708": "it would take 16 lines of code"}
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
    assert {rule.code for rule in STYLE if not rule.example} == WITHOUT_EXAMPLE.keys()


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
