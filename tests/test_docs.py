"""What the documentation says is what happens."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from deckbuilder.pipeline import Options, build
from deckbuilder.project import SETTINGS
from deckbuilder.rules import catalogue

DOCS = Path(__file__).parents[1] / "docs"
AUTHORING = (DOCS / "authoring.md").read_text("utf-8")
EXAMPLES = re.findall(r"<!-- gives: (.*?) -->\n````markdown\n(.*?)````", AUTHORING, re.DOTALL)


@pytest.mark.parametrize(("gives", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(gives: str, example: str, tmp_path: Path) -> None:
    """If this failed, an author who copies an example would get something else."""
    (tmp_path / "x.md").write_text(example, "utf-8")
    result = build(tmp_path / "x.md", Options(output=tmp_path / "x.apkg"))
    assert not result.diagnostics
    assert result.apkg
    kinds = Counter(note.kind for note in result.notes)
    assert kinds == {kind: int(count) for count, kind in (part.split() for part in gives.split(", "))}


def test_every_example_is_run() -> None:
    """If this failed, an example would stand there that nobody has tried."""
    assert len(EXAMPLES) == AUTHORING.count("````markdown") > 3


def test_every_setting_is_explained_and_the_example_is_accepted(tmp_path: Path) -> None:
    """If this failed, an author would not find an option, or copy one that is refused."""
    table = re.findall(r"^\| `(\w+)` \|", AUTHORING.split("## deck.yml")[1], re.MULTILINE)
    assert tuple(table) == SETTINGS
    example = AUTHORING.split("```yaml\n")[1].split("```")[0]
    assert re.findall(r"^(\w+):", example, re.MULTILINE) == list(SETTINGS)
    (tmp_path / "deck.yml").write_text(example, "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) What is it?\n\n    A thing.\n", "utf-8")
    result = build(tmp_path, Options(output=tmp_path / "x.apkg"))
    assert not result.diagnostics
    assert result.deck == "Transformers"


def test_the_list_of_checks_is_complete(rewrite_fixtures: bool) -> None:
    """If this failed, an author would look for a code in vain."""
    lines = ["# Checks", "", "`deckbuilder explain CODE` says more about each.", ""]
    lines += ["| code | name | severity | finding | mend |", "|---|---|---|---|---|"]
    for rule in catalogue().values():
        cells = (rule.code, rule.name, rule.severity, rule.message, rule.mend)
        lines.append(
            "| " + " | ".join(cell.replace("|", "\\|").replace("{{", "{").replace("}}", "}") for cell in cells) + " |"
        )
    text = "\n".join(lines) + "\n"
    if rewrite_fixtures:
        (DOCS / "checks.md").write_text(text, "utf-8")
    assert (DOCS / "checks.md").read_text("utf-8") == text
