"""What GitHub shows is what the card shows: a corpus against cmark-gfm, the renderer of GitHub's own pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rendering.normalised import by_cmark, by_us, normalised
from tests.support.fixtures import Case, cases, rewritten

CASES = cases(Path(__file__).parents[1] / "fixtures" / "gfm")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_card_shows_what_github_shows(case: Case, request: pytest.FixtureRequest) -> None:
    """If this failed, an author who looks at GitHub would not see that a list, table or link is broken on the card."""
    theirs = by_cmark(case.given).rstrip("\n")
    if rewritten(request, case, theirs):
        return
    assert case.expected == theirs, "the fixture no longer says what cmark-gfm gives"
    assert normalised(by_us(case.given)) == normalised(theirs)


def test_the_corpus_is_there() -> None:
    """If this failed, the test above would compare nothing."""
    assert len(CASES) >= 80
