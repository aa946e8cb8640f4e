"""What docs/identity.md says of questions and notes is what builds do."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from deckbuilder.identity import resolve
from deckbuilder.pipeline import Options, build
from deckbuilder.rules import catalogue

PAGE = (Path(__file__).parents[2] / "docs" / "identity.md").read_text("utf-8")
RULES = re.findall(
    r"^### (\d)\. .*?<!-- before -->\n````markdown\n(.*?)````\n\n<!-- after: (.*?) -->\n````markdown\n(.*?)````",
    PAGE,
    re.DOTALL | re.MULTILINE,
)
DAY = 86_400


@pytest.mark.parametrize(("number", "before", "said", "after"), RULES)
def test_each_rule_does_what_its_example_says(number: str, before: str, said: str, after: str, tmp_path: Path) -> None:
    """If this failed, an author would trust a rule that does something else with learners' histories."""
    source, first = tmp_path / "x.md", 1_700_000_000
    results = []
    for text, at in ((before, first), (after, first + DAY)):
        source.write_text(text, "utf-8")
        results.append(build(source, Options(output=tmp_path / "x.apkg", now=at, retire=True)))
    old, new = results
    assert not old.diagnostics
    assert {found.code for found in new.diagnostics} == set(re.findall(r"DB\d+", said))
    if new.failed:
        assert new.apkg is None
        return
    counts = Counter(str(note.change) for note in new.notes) + Counter(retired=len(new.retired))
    assert counts == {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", said)}
    same = {note.guid for note in old.notes} == {note.guid for note in new.notes}
    assert same is ("new" not in said)


def test_every_rule_has_an_example_that_is_run() -> None:
    """If this failed, a rule would be promised that nobody has tried, or one be left out."""
    told = re.findall(r"^(\d)\. ", resolve.__doc__ or "", re.MULTILINE)
    assert [number for number, *_ in RULES] == told == list("123456")
    assert PAGE.count("````markdown") == 2 * len(RULES)


def test_the_codes_that_are_named_are_codes() -> None:
    """If this failed, a reader would look for a finding that does not exist."""
    assert set(re.findall(r"DB\d{3}", PAGE)) <= set(catalogue())
