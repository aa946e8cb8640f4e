"""What docs/preview.md says is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from deckbuilder.cli import main
from deckbuilder.preview.page_files import read

DOCUMENT = (Path(__file__).parents[2] / "docs" / "preview.md").read_text("utf-8")


def table(title: str) -> list[str]:
    """Return the rows of the first table below a heading."""
    below = DOCUMENT.split(f"## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| (`.*) \|$", below, re.MULTILINE)


def test_every_option_is_explained() -> None:
    """An author would not find an option, or look for one in vain."""
    said = CliRunner().invoke(main, ["preview", "--help"]).output
    assert {row.split("`")[1] for row in table("What is shown")} == set(re.findall(r"--[a-z-]+", said)) - {"--help"}


def test_the_keys_are_those_of_the_page() -> None:
    """The page, its help and the document would each name other keys."""
    code = read("page.js").split("const KEYS = {")[1].split("\n};")[0]
    keys = {key or quoted for key, quoted in re.findall(r"^  (?:(\w)|'(.)'):", code, re.MULTILINE)}
    rows = [row.split(" | ") for row in table("Keys")]
    documented = {key for row in rows for key in re.findall(r"`(\w+|.)`", row[0])}
    assert documented == {"space" if key == " " else key for key in keys}
    page = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", read("index.html"))
    plain = [(re.sub(r"</?kbd>", "`", keys), re.sub(r"</?kbd>", "`", does)) for keys, does in page]
    assert plain == [tuple(row) for row in rows]
