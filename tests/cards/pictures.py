"""Take the pictures of `docs/images/`: the answered example of each kind, as a phone shows it, by day and by night.

    make pictures
    make pictures FONT=Inter FONTS=folder/with/its/files

The letters are those of the machine's own interface, or of the typeface that is named, from a folder if it is not
installed. The names of the pictures are those of the README.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy

from msgspec.structs import replace
from playwright.sync_api import Browser, Page

from deckbuilder.kinds.fields import FIELDS
from deckbuilder.kinds.templates import FOLDER, OWN_STYLE_ENDS, Templates, load_templates
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.pipeline import Options, build
from tests.cards.browser import Reviewer, find_browser, open_browser
from tests.cards.client import ANDROID
from tests.cards.samples import Note
from tests.support.apkg import opened

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH = 390
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir></fontconfig>
"""


def example(kind: str) -> Note:
    """Return the fields of a kind's example, built by the whole pipeline."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(copy(FOLDER / kind / "example.md", folder))
        result = build(source, Options(output=Path(folder) / "example.apkg", new_deck=True))
        assert result.apkg, result.diagnostics
        (row,) = opened(result.apkg.read_bytes()).notes().values()
    filled = dict(zip(FIELDS, row["flds"].split("\x1f"), strict=True))
    return {**filled, "Source": f"content/{kind}.md:5", "Version": "1.0", "Tags": row["tags"].strip()}


def ticked(page: Page) -> None:
    """Tick the first of the key points."""
    page.locator(".db-tick").first.click()


def two_steps_open(page: Page) -> None:
    """Open the first two steps."""
    page.keyboard.press("n")
    page.keyboard.press("n")


def as_it_is(page: Page) -> None:
    """Leave the card as it comes."""


DOING: dict[str, Callable[[Page], None]] = {
    "concept": ticked,
    "derivation": two_steps_open,
    "drill": as_it_is,
    "implementation": as_it_is,
}
"""What the learner has done on the back of each kind by the time that the picture is taken."""

TYPED = "0.48"  # plain SGD, no momentum: a known mistake in the drill's example


def take(browser: Browser, kind: str, note: Note, templates: Templates, *, night: bool, target: Path) -> None:
    """Take the picture of one back, the whole of it."""
    reviewer = Reviewer(
        browser, ANDROID, night=night, width=WIDTH, height=1200, templates=templates, device_scale_factor=1.5,
        before="window.deckbuilder = {variant: 0};",
    )  # fmt: skip
    if kind == "drill":
        reviewer.show(note, "front").locator(".db-input").fill(TYPED)
    page = reviewer.show(note, "back")
    page.add_style_tag(content=".db-shortcut { display: none !important; }")  # a phone has no keys
    DOING[kind](page)
    page.evaluate("() => { document.activeElement.blur(); return document.fonts.ready; }")
    page.mouse.move(0, 0)
    page.locator(".db-card").screenshot(path=target, animations="disabled")
    assert reviewer.faults() == []
    reviewer.close()


@contextmanager
def fonts_of(folder: Path | None) -> Iterator[None]:
    """Let the browser find the typefaces of a folder."""
    with tempfile.TemporaryDirectory() as place:
        if folder:
            settings = Path(place) / "fonts.conf"
            settings.write_text(FONTS.format(folder=folder.resolve()), "utf-8")
            os.environ["FONTCONFIG_FILE"] = str(settings)
        yield


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--font", help="the typeface of the text; the machine's own otherwise")
    parser.add_argument("--fonts", type=Path, help="a folder with typefaces that are not installed")
    parser.add_argument("--output", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    path = find_browser()
    if path is None:
        parser.error("no Chromium or Chrome: install one, or name it in the variable CHROMIUM")
    templates = load_templates(KIND_NAMES)
    if arguments.font:
        own = f'.card {{ --db-font: "{arguments.font}", sans-serif; }}\n'
        templates = replace(templates, css=templates.css.replace(OWN_STYLE_ENDS, own + OWN_STYLE_ENDS))
    with fonts_of(arguments.fonts), open_browser(path) as browser:
        for kind in KIND_NAMES:
            note = example(kind)
            for night in (False, True):
                target = arguments.output / f"{kind}-{'dark' if night else 'light'}.png"
                take(browser, kind, note, templates, night=night, target=target)
                print(target)


if __name__ == "__main__":
    main()
