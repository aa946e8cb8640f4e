"""What docs/drills.md says is what happens: every block is built or read, every table is compared."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from deckbuilder.drills import limits
from deckbuilder.drills.domain_reading import PARAM_KEYS
from deckbuilder.drills.functions import FUNCTIONS
from deckbuilder.drills.quantities import read_exact
from deckbuilder.drills.reading import KEYS, NEEDED
from deckbuilder.drills.specs import DEFAULT_VARIANTS
from deckbuilder.drills.variants import choose_variants
from deckbuilder.pipeline import Options, build
from tests.drills.test_expressions import value_of
from tests.drills.test_reading import sound
from tests.drills.test_writing import filled

TEXT = (Path(__file__).parents[2] / "docs" / "drills.md").read_text("utf-8")
EXAMPLES = re.findall(r"<!-- gives: (\d+) drill -->\n````markdown\n(.*?)````", TEXT, re.DOTALL)
REFUSED = re.findall(r"<!-- refused: (\w+) -->\n````markdown\n(.*?)````", TEXT, re.DOTALL)
BLOCKS = re.findall(r"^```drill\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its head."""
    rows = [line for line in TEXT.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def unquoted(cell: str) -> str:
    return cell.strip().removeprefix("`").removesuffix("`")


@pytest.mark.parametrize(("count", "example"), EXAMPLES)
def test_an_example_builds(count: str, example: str, tmp_path: Path) -> None:
    """If this failed, an author who copies an example would get something else."""
    (tmp_path / "x.md").write_text(example, "utf-8")
    result = build(tmp_path / "x.md", Options(output=tmp_path / "x.apkg"))
    assert not result.diagnostics
    assert Counter(note.kind for note in result.notes) == {"drill": int(count)}


@pytest.mark.parametrize(("code", "example"), REFUSED)
def test_what_is_said_to_be_refused_is(code: str, example: str, tmp_path: Path) -> None:
    """If this failed, the page would warn of what is no mistake."""
    (tmp_path / "x.md").write_text(example, "utf-8")
    result = build(tmp_path / "x.md", Options(output=tmp_path / "x.apkg"))
    assert [found.code for found in result.diagnostics] == [code]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_read_and_has_its_variants(block: str) -> None:
    """If this failed, what the page says of quotes would be wrong, or who copies the block could not build it."""
    spec = sound(block)
    assert spec.variants == DEFAULT_VARIANTS
    chosen, found = choose_variants(spec, "key", ())
    assert (chosen is not None, found) == (True, [])


def test_every_block_is_tested() -> None:
    """If this failed, an example would stand there that nobody has tried."""
    assert len(EXAMPLES) + len(REFUSED) == TEXT.count("````markdown") > 3
    assert len(EXAMPLES) + len(REFUSED) + len(BLOCKS) == TEXT.count("```drill")


def test_the_keys_are_all_there() -> None:
    """If this failed, an author would not find a key, or one that there is not."""
    keys = table("Keys")
    assert tuple(unquoted(row[0]) for row in keys) == KEYS
    assert tuple(unquoted(row[0]) for row in keys if row[2].startswith("needed")) == NEEDED
    assert tuple(unquoted(row[0]) for row in table("Values of a parameter")) == PARAM_KEYS


def test_the_functions_give_what_is_said() -> None:
    """If this failed, an author would expect another number."""
    rows = table("Expressions")
    assert [unquoted(row[0]) for row in rows] == list(FUNCTIONS)
    for name, _, example in rows:
        call, result = (unquoted(part) for part in example.split(" is "))
        assert unquoted(name) + "(" in call
        assert value_of(call) == value_of(result)


@pytest.mark.parametrize("row", table("Placeholders"), ids=lambda row: row[0])
def test_a_placeholder_is_written_as_is_said(row: list[str]) -> None:
    """If this failed, an author would look at every card to see how numbers come out."""
    written, value, formula, words = (unquoted(cell) for cell in row)
    x = read_exact(value) if "e" not in value else Fraction(value)
    assert filled(f"${written}$", x=x) == f"${formula}$"
    if words:
        assert filled(written, x=x) == words


def test_the_bounds_are_those_that_hold() -> None:
    """If this failed, an author would be refused what the page allows."""
    bounds = [int(row[0].replace(",", "")) for row in table("Bounds")]
    assert bounds == [
        limits.MAX_VARIANTS, limits.MAX_LEVELS, limits.MAX_NAMES, limits.MAX_TEXT, limits.MAX_DEPTH, limits.MAX_ENTRIES,
        limits.MAX_DIGITS, limits.MAX_EXPONENT, limits.MAX_EXPRESSIONS, limits.MAX_POINT_STEPS,
        limits.MAX_STEPS,
    ]  # fmt: skip
