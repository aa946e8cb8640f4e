"""Every place where an author's text comes onto a card, tried with the same few attacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.pipeline import Options, build
from tests.attacks.harmless import Judge, sides_of
from tests.attacks.test_corpus import EXTENSIONS, codes

PLACES = (Path(__file__).parent / "places.md").read_text("utf-8")

HARMLESS_OR_REFUSED = [
    "<script>alert(1)</script>",
    '<img src="https://pictures.example/a.png" alt="a" onerror="alert(1)">',
    '<p style="position:fixed">x</p>',
    "</div></details></li></ol></span>",
    "<div><ul><li>x",
    "<table><tr><td>x",
    "<b><i><a href='https://example.org'>x",
    "<details><summary>x",
    "[x](javascript:alert(1))",
    "{{Answer}} {{#Hints}} {{FrontSide}}",
    "[sound:x.mp3] [[type:Answer]] [latex]x[/latex]",
    r"\\(\href{javascript:alert(1)}{x}\\)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;",
    '"><script>alert(1)</script>',
    "\u202eevil\u2066",
    "\ufdd2db-card\ufdd3",
    "<!-- x -->",
]


def tried(attack: str, folder: Path, settings: str) -> Path | None:
    """Build the deck with an attack in all places; return its package, None where it is refused."""
    (folder / "deck.yml").write_text(f"name: Places\n{settings}", "utf-8")
    (folder / "notes.md").write_text(PLACES.replace("ATTACK", attack), "utf-8")
    result = build(folder, Options(output=folder / "deck.apkg"))
    assert all(found.span.line > 0 for found in result.diagnostics)
    return result.apkg


@pytest.mark.parametrize("flavour", ["", f"flavour: python-markdown\nmarkdown_extensions: {EXTENSIONS}\n"])
@pytest.mark.parametrize("attack", HARMLESS_OR_REFUSED)
def test_no_place_lets_an_attack_through(attack: str, flavour: str, tmp_path: Path, cards: Judge) -> None:
    """If this failed, what is cleaned in answers would get through in a hint, a step, a drill or a heading."""
    apkg = tried(attack, tmp_path, flavour)
    if apkg:
        assert cards.faults(apkg) == []


def test_every_place_comes_onto_a_card(tmp_path: Path) -> None:
    """If this failed, the test above would say nothing of some place: its text would reach no card at all."""
    word = "zyxwvut"
    apkg = tried(word, tmp_path, "")
    assert apkg
    shown = "\n".join(side.html for side in sides_of(apkg))
    assert len({side.name for side in sides_of(apkg)}) == 8
    places = [line for line in PLACES.split("\n") if "ATTACK" in line]
    words = {"heading", "question", "hint", "given", "answer", "cell", "quote", "text", "link", "point", "another",
             "title", "step", "signature", "complexity", "pitfall", "asks", "name", "mistake", "remark"}  # fmt: skip
    assert len(places) > 20
    for place in words:
        assert place in PLACES
    found = shown.count(word)
    assert found >= len(places), found


def test_a_deck_of_everything_harmless_has_no_finding(tmp_path: Path) -> None:
    """If this failed, the tests above might be refused for the deck that they are tried in, and prove nothing."""
    (tmp_path / "deck.yml").write_text("name: Places\n", "utf-8")
    (tmp_path / "notes.md").write_text(PLACES.replace("ATTACK", "words"), "utf-8")
    assert codes(build(tmp_path, Options(output=tmp_path / "deck.apkg"))) == ["DB405"]
