"""Take the picture of `docs/preview.md`: a drill with both its sides, and what was found in its source.

make pictures
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from shutil import copy

from playwright.sync_api import expect

from deckbuilder.kinds.templates import FOLDER
from deckbuilder.kinds.titles import KIND_NAMES
from tests.cards.browser import find_browser, open_browser
from tests.preview.conftest import Reader, start, stop

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def deck(folder: Path) -> None:
    """Write the examples of all kinds, and something to be mended into one of them."""
    for kind in KIND_NAMES:
        copy(FOLDER / kind / "example.md", folder / f"{kind}.md")
    drill = folder / "drill.md"
    text = drill.read_text("utf-8")
    assert text.endswith("```\n")
    drill.write_text(f"{text}\n   TODO: say when momentum overshoots.\n", "utf-8")


def main() -> None:
    """Take the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--output", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    path = find_browser()
    if path is None:
        parser.error("no Chromium or Chrome: install one, or name it in the variable CHROMIUM")
    with tempfile.TemporaryDirectory() as place, open_browser(path) as browser:
        folder = Path(place) / "review"
        folder.mkdir()
        deck(folder)
        process, address = start("review", folder=Path(place))
        reader = Reader(browser, viewport={"width": 1360, "height": 860}, device_scale_factor=1.5).open(address)
        reader.page.locator("#cards .drill").click()
        reader.press("b")
        reader.shows("", "back", pane="back")
        expect(reader.page.locator("#findings .finding").first).to_be_visible()
        target = arguments.output / "preview.png"
        reader.page.screenshot(path=target, animations="disabled")
        print(target)
        reader.context.close()
        stop(process)


if __name__ == "__main__":
    main()
