"""The preview as a folder of files, opened from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from deckbuilder.cli import main
from deckbuilder.preview.refusals import PreviewRefused
from deckbuilder.preview.static_site import write_site
from tests.preview.conftest import DRILLS, VECTORS, Deck, Open


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deck as a site."""
    folder = tmp_path_factory.mktemp("static")
    deck = Deck(folder / "deck")
    run = CliRunner().invoke(main, ["preview", str(deck.folder), "--static", str(folder / "site")])
    assert run.exit_code == 0, run.output
    assert "5 cards" in run.output
    return folder / "site"


def test_it_opens_from_the_disk_with_maths_and_pictures(reader: Open, site: Path) -> None:
    """A published preview, or one sent to a colleague, would be an empty page."""
    one = reader(address=(site / "index.html").as_uri())
    one.press(" ")
    one.shows("dot-product", "back")
    card = one.card()
    expect(card.locator(".db-answer mjx-container")).to_have_count(1)
    assert card.locator("img").evaluate("async image => { await image.decode(); return image.naturalWidth; }") == 40
    assert card.locator("body").evaluate("() => [...document.fonts].every(one => one.status !== 'error')")
    assert card.locator("body").evaluate("() => [...document.fonts].some(one => one.status === 'loaded')")
    one.choose("the sum")
    one.press("v")
    expect(one.page.locator("#variant")).to_have_value("1")
    one.press("s", "j")
    one.shows("implement-double", "front")
    assert [url for url in one.requests if not url.startswith(("file:", "data:", "about:"))] == []
    one.complaints = [said for said in one.complaints if not said.startswith("Blocked script execution")]


def test_the_same_deck_makes_the_same_site(site: Path, tmp_path: Path) -> None:
    """Every publication would differ from the last with nothing changed."""
    write_site(site.parent / "deck", tmp_path / "again")
    names = {path.relative_to(site) for path in site.rglob("*") if path.is_file()}
    assert names == {path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()}
    assert [name for name in names if (site / name).read_bytes() != (tmp_path / "again" / name).read_bytes()] == []


def test_an_earlier_site_is_replaced_whole(tmp_path: Path) -> None:
    """Pictures and cards of long ago would stay published."""
    deck = Deck(tmp_path / "deck")
    write_site(deck.folder, tmp_path / "site")
    (tmp_path / "site" / "old").mkdir()
    (tmp_path / "site" / "old" / "old.js").write_bytes(b"old")
    write_site(deck.folder, tmp_path / "site")
    assert not (tmp_path / "site" / "old").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """A mistyped folder would lose everything in it."""
    deck = Deck(tmp_path / "deck")
    with pytest.raises(PreviewRefused, match="no preview"):
        write_site(deck.folder, deck.folder)
    assert (deck.folder / "1-vectors.md").read_text("utf-8") == VECTORS
    (tmp_path / "link").symlink_to(tmp_path / "deck")
    (tmp_path / "file").write_text("x", "utf-8")
    for name in ("link", "file"):
        with pytest.raises(PreviewRefused, match="no folder"):
            write_site(deck.folder, tmp_path / name)
    assert (deck.folder / "2-drills.md").read_text("utf-8") == DRILLS


def test_a_card_cannot_end_the_script_that_holds_it(reader: Open, tmp_path: Path) -> None:
    """A card about HTML would break the page, and a stranger's could run a script in it."""
    (tmp_path / "x.md").write_text(
        "# HTML\n\n1) What does `</script><script>alert(1)</script>` do?\n\n    It ends.\n", "utf-8"
    )
    write_site(tmp_path / "x.md", tmp_path / "site")
    one = reader(address=(tmp_path / "site" / "index.html").as_uri())
    expect(one.page.locator("#cards a")).to_have_count(1)
    expect(one.card().locator(".db-question code")).to_have_text("</script><script>alert(1)</script>")
