"""A field's plain text: the same as Anki's own, and found in time that grows with its length."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from deckbuilder.packaging.plain import plain_text
from deckbuilder.packaging.plan import NotePlan
from deckbuilder.packaging.writer import package_bytes
from tests.support.apkg import opened
from tests.support.learner import Learner
from tests.support.plans import note, package

FIELDS = {
    "plain": "What is a dot product?",
    "formatted": "What is <em>the</em> <strong class='x'>dot</strong> product?<br>Why?",
    "entities": "Is a &lt; b &amp;&amp; c &gt; d, or&nbsp;not? &quot;Yes&quot; &#8594; &#x3b1;",
    "math": r"When is \(\lVert x \rVert_p &lt; 1\)?",
    "comment": "before <!-- <b>hidden</b> > --> after",
    "style": "before <style>.x { color: red }</style><SCRIPT>if (a < b) x()</SCRIPT> after",
    "picture": 'What does <img alt="x" src="projection-1.svg" width="3"> show?',
    "picture-single": "What does <img src='projection-1.svg'> show?",
    "picture-bare": "What does <img src=projection-1.svg> show?",
    "object": '<object data="clip.mp4" type="x"></object>',
    "linebreak": "one<div\nclass='x'>two</div>",
    "open": "a < b",
    "unclosed-comment": "a <!-- b <i>c</i>",
    "number": "42",
    "decimal": "3.140",
    "huge": "1e999",
    "astral": "𝔽 ∇ Ω é",
    "empty-tags": "<b></b>x",
}


@pytest.fixture(scope="module")
def learner() -> Iterator[Learner]:
    with Learner() as somebody:
        assert somebody.import_plan(package(*map(sample, FIELDS))).new == len(FIELDS)
        yield somebody


def sample(name: str) -> NotePlan:
    """Return a note that has the text of this name as its first field and as its sort field."""
    text = FIELDS[name]
    return replace(note(name), fields=(text, text, "", "", "", ""))


@pytest.mark.parametrize("name", FIELDS)
def test_the_sort_field_and_the_checksum_are_ankis_own(learner: Learner, name: str) -> None:
    """Tools that read the package would sort by tags, and would not find the note by its first field."""
    query = "SELECT typeof(sfld) AS type, cast(sfld AS text) AS sfld, csum FROM notes"
    (ours,) = opened(package_bytes(package(sample(name)))).rows(query)
    theirs = learner.col.db.first(f"{query} WHERE guid = ?", f"guid-{name}")
    assert list(ours.values()) == theirs


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<!-- >", "<style", "<script>x", "<img src=", "<img ", "&", "&lt", '<img src="']
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """A stranger's pull request with a megabyte of `<!--` would keep the maintainer's build busy for hours."""
    text = piece * (1_000_000 // len(piece))
    assert len(plain_text(text)) <= len(text)
