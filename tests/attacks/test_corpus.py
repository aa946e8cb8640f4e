"""The corpus of attacks, each built into a deck: refused where it is, or harmless on the card that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import yaml

from deckbuilder.pipeline import BuildResult, Options, build
from tests.attacks.harmless import Judge, sides_of

CORPUS = Path(__file__).parent / "corpus"
EXTENSIONS = (
    "[extra, codehilite, smarty, wikilinks, admonition, pymdownx.blocks.html, pymdownx.tilde, pymdownx.magiclink]"
)


@dataclass(frozen=True, slots=True)
class Attack:
    """One case of the corpus: an answer, the codes of what is found, and what the card shows of it if that is told."""

    name: str
    answer: str
    found: tuple[str, ...]
    shows: str | None

    def __str__(self) -> str:
        return self.name


def attacks(file: str) -> list[Attack]:
    """Return the cases of a file of the corpus."""
    cases: list[dict[str, Any]] = yaml.safe_load((CORPUS / file).read_text("utf-8"))
    stem = file.removesuffix(".yml")
    return [
        Attack(f"{stem}: {case['attack']}", str(case["answer"]), tuple(case["found"]), case.get("shows"))
        for case in cases
    ]


COMMON = [attack for file in ("html.yml", "addresses.yml", "math.yml", "anki.yml") for attack in attacks(file)]


def built(answer: str, folder: Path, settings: str = "") -> BuildResult:
    """Build a deck of one question."""
    (folder / "deck.yml").write_text(f"name: Attacked\n{settings}", "utf-8")
    text = f"# Attacks\n\n1) What comes of it?\n\n{indent(answer, '    ')}\n"
    (folder / "notes.md").write_text(text, "utf-8")
    result = build(folder, Options(output=folder / "deck.apkg"))
    assert (result.apkg is None) == result.failed
    assert (folder / "deck.apkg").exists() == (folder / "deck.lock").exists() == (not result.failed)
    return result


def codes(result: BuildResult) -> list[str]:
    """Return the codes of all findings but those of style and of texts for pictures."""
    return sorted({found.code for found in result.diagnostics if not found.code.startswith("DB7")} - {"DB411"})


@pytest.mark.parametrize("attack", COMMON, ids=str)
def test_an_attack_is_told_of_and_does_no_harm(attack: Attack, tmp_path: Path, cards: Judge) -> None:
    """If this failed, a pull request could bring code, foreign content or a spoilt card into every learner's Anki."""
    result = built(attack.answer, tmp_path)
    assert codes(result) == sorted(attack.found)
    for finding in result.diagnostics:
        assert finding.span.file == (tmp_path / "notes.md").as_posix()
        assert finding.span.line > 1
    if result.apkg:
        assert cards.faults(result.apkg) == []
        if attack.shows is not None:
            assert next(side.fields["Answer"] for side in sides_of(result.apkg)) == attack.shows


@pytest.mark.parametrize("attack", COMMON, ids=str)
def test_it_does_none_in_the_other_flavour(attack: Attack, tmp_path: Path, cards: Judge) -> None:
    """If this failed, decks of MkDocs sites would be open to what decks of GitHub are closed to."""
    result = built(attack.answer, tmp_path, f"flavour: python-markdown\nmarkdown_extensions: {EXTENSIONS}\n")
    if result.apkg:
        assert cards.faults(result.apkg) == []


@pytest.mark.parametrize("attack", attacks("python_markdown.yml"), ids=str)
def test_extensions_have_no_powers_here(
    attack: Attack, tmp_path: Path, cards: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a deck could reach through an extension of Python-Markdown what its text alone cannot."""
    monkeypatch.chdir(tmp_path)
    result = built(attack.answer, tmp_path, f"flavour: python-markdown\nmarkdown_extensions: {EXTENSIONS}\n")
    assert codes(result) == sorted(attack.found)
    assert {path.name for path in tmp_path.iterdir()} <= {"deck.yml", "notes.md", "deck.lock", "deck.apkg"}
    if result.apkg:
        assert cards.faults(result.apkg) == []
