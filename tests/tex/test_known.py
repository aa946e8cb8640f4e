"""The truth: real MathJax, as Anki configures it, beside what we say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deckbuilder.source.gfm import parser
from deckbuilder.tex.checker import Checked, check
from deckbuilder.tex.known import FILE
from deckbuilder.tex.width import width
from tests.support.fixtures import cases
from tests.tex.mathjax import MathJax, known
from tests.tex.test_checker import FIXTURES

ROOT = Path(__file__).parents[2]

NOT_LET_THROUGH = "DB436"
"""What MathJax does as it is told, and so reaches beyond the formula: an error of ours and none of its."""

SHOWN_WRONG_WITHOUT_ERROR = {"DB427": "a backslash in text is shown", "DB430": "HTML is shown as text"}
"""Findings that MathJax has nothing against: it typesets something else than was meant."""

OURS_ALONE = {r"\begin{array} a & b \end{array}": "MathJax takes the first cell for the columns, and it is gone"}

UNSEEN = (
    r"\root 3", r"\rule{1em}", r"\unicode{x}", r"\begin{aligned} a \tag{1} \end{aligned}", r"a \tag{1} \tag{2}",
    r"u\mathbf{x}\limits_a",
)  # fmt: skip
"""Formulas that MathJax refuses and the checker lets through: nobody was seen to write them."""


IN_LINE = re.compile(r"\$([^$\n]{12,})\$")


def deck_texts() -> list[str]:
    return [path.read_text("utf-8") for path in sorted((ROOT / "content").rglob("*.md"))]


def refused(found: Checked) -> list[str]:
    return [problem.rule.code for problem in found.problems if problem.rule.severity == "error"]


def formulas_of(markdown: str) -> list[str]:
    tokens = [token for block in parser().parse(markdown) for token in (block, *(block.children or ()))]
    return [token.content for token in tokens if token.type.startswith("math") or token.info.strip() == "math"]


def test_the_list_of_known_names_is_mathjax_s_own(jax: MathJax, rewrite_fixtures: bool) -> None:
    """If this failed, a macro that Anki lacks would pass, or one that it has would stop a build."""
    text = json.dumps(known(jax), ensure_ascii=False, indent=0, sort_keys=True) + "\n"
    if rewrite_fixtures:
        FILE.write_text(text, "utf-8")
    assert FILE.read_text("utf-8") == text


@pytest.mark.parametrize("display", [True, False])
def test_mathjax_and_we_agree_on_every_formula(jax: MathJax, display: bool) -> None:
    """If this failed, what `check` says of a formula would not be what a learner sees."""
    formulas = [case.given for case in cases(FIXTURES) if r"\require" not in case.given]
    differing = {}
    for tex, verdict in zip(formulas, jax.verdicts(formulas, display=display), strict=True):
        ours = [code for code in refused(check(tex, in_line=not display, on_github="")) if code != NOT_LET_THROUGH]
        if verdict.is_clean and set(ours) & SHOWN_WRONG_WITHOUT_ERROR.keys():
            assert re.search(r"\\[%_a-z ]|&lt;|&amp;|<mo>&gt;|merror", verdict.mml), tex
        elif bool(ours) == verdict.is_clean and tex not in OURS_ALONE:
            differing[tex] = (ours, verdict.errors, verdict.undefined)
    assert differing == {}


def test_what_is_not_seen_is_written_down(jax: MathJax) -> None:
    """If this failed, the list of what the checker misses would be out of date."""
    for tex, verdict in zip(UNSEEN, jax.verdicts(list(UNSEEN)), strict=True):
        assert verdict.errors
        assert not refused(check(tex, in_line=False, on_github=""))


def test_every_formula_of_the_deck_is_typeset(jax: MathJax) -> None:
    """If this failed, a card of the deck that is shipped would show raw TeX."""
    formulas = sorted(
        {tex for path in (ROOT / "content").rglob("*.md") for tex in formulas_of(path.read_text("utf-8"))}
    )
    assert len(formulas) > 500
    faults = {
        tex: verdict for tex, verdict in zip(formulas, jax.verdicts(formulas), strict=True) if not verdict.is_clean
    }
    assert faults == {}
    assert [tex for tex in formulas if refused(check(tex, in_line=False, on_github=""))] == []


def test_widths_are_near_the_real_ones(jax: MathJax) -> None:
    """If this failed, formulas that fit would be called wide, or wide ones pass."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "content").rglob("*.md")}
    formulas = sorted(
        {tex for text in texts.values() for tex in re.findall(r"\$([^$\n]{12,})\$", text) if "begin" not in tex}
    )
    real = jax.widths(formulas)
    ratios = sorted(width(tex) / em for tex, em in zip(formulas, real, strict=True) if em > 5)
    assert len(ratios) > 100
    low, high = ratios[len(ratios) // 20], ratios[-len(ratios) // 20]
    assert 0.83 < low < high < 1.2
