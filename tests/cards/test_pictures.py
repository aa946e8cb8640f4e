"""The pictures of the README, and the script that takes them."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser

from deckbuilder.kinds.templates import load_templates
from deckbuilder.kinds.titles import KIND_NAMES
from tests.cards.pictures import DOING, IMAGES, example, take

NAMES = {f"{kind}-{theme}.png" for kind in KIND_NAMES for theme in ("light", "dark")}


def test_the_readme_shows_every_kind_by_day_and_by_night() -> None:
    """A kind that is not shown is one that nobody finds; a picture that is not shown only weighs."""
    readme = (IMAGES.parents[1] / "README.md").read_text("utf-8")
    shown = re.findall(r"!\[([^\]]+)\]\(docs/images/([^)]+)\)", readme)
    assert {name for _, name in shown} == NAMES
    pages = "".join(page.read_text("utf-8") for page in IMAGES.parent.glob("*.md"))
    assert NAMES | set(re.findall(r"\]\(images/([^)]+)\)", pages)) == {file.name for file in IMAGES.iterdir()}
    assert len({words for words, _ in shown}) == len(NAMES)  # each with words of its own for who cannot see it


def test_a_picture_is_taken_of_each_kind() -> None:
    """A new kind needs a word on what the learner has done by the time its picture is taken."""
    assert set(DOING) == set(KIND_NAMES)


def test_the_script_takes_a_picture(browser: Browser, tmp_path: Path) -> None:
    """Pictures that can no longer be taken again show cards of long ago."""
    target = tmp_path / "drill.png"
    take(browser, "drill", example("drill"), load_templates(KIND_NAMES), night=True, target=target)
    assert target.read_bytes().startswith(b"\x89PNG")
