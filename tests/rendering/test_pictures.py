"""Pictures come from inside the deck's folder only, and never collide."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.cache import Shelf
from deckbuilder.diagnostics import Span
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.pictures import PictureUse, load_pictures
from deckbuilder.rendering.renderer import render
from deckbuilder.source.passage import passage_of
from tests.support.pictures import png

PNG = png()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    folder = tmp_path / "deck"
    for name, content in {"a/x.png": PNG, "b/x.png": PNG + b"1", "b/same.png": PNG, "good.svg": SVG}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (tmp_path / "secret.png").write_bytes(PNG)
    return folder


def use(src: str) -> PictureUse:
    return PictureUse(src, Span("deck/x.md", 3, 5))


def test_equal_names_do_not_collide_and_equal_bytes_are_stored_once(deck: Path) -> None:
    """If this failed, one picture would stand on the card of another."""
    found, problems = load_pictures(
        [use("a/x.png"), use("b/x.png"), use("b/same.png"), use("good.svg")], deck, "deck", Shelf()
    )
    names = [picture.name for picture in found.values()]
    assert not problems
    assert len(set(names)) == 3
    assert found["deck/x.md", "a/x.png"].name == found["deck/x.md", "b/same.png"].name


@pytest.mark.parametrize(
    ("src", "code"),
    [
        ("a/y.png", "DB403"),
        ("../secret.png", "DB404"),
        ("a/../../secret.png", "DB404"),
        ("/etc/passwd", "DB404"),
        ("C:\\x.png", "DB404"),
        ("link.png", "DB404"),
        ("folder.png", "DB406"),
        ("notes.txt", "DB406"),
        ("bad.svg", "DB406"),
    ],
)
def test_nothing_else_is_packed(deck: Path, src: str, code: str) -> None:
    """If this failed, building a stranger's deck could carry off one's files, or show a broken picture."""
    (deck / "link.png").symlink_to(deck.parent / "secret.png")
    (deck / "folder.png").mkdir()
    (deck / "notes.txt").write_text("x", "utf-8")
    (deck / "bad.svg").write_bytes(SVG.replace(b"<path", b"<script>alert(1)</script><path"))
    found, problems = load_pictures([use(src)], deck, "deck", Shelf())
    assert not found
    assert [(problem.code, str(problem.span)) for problem in problems] == [(code, "deck/x.md:3:5")]


def test_a_remote_picture_stays_a_link_with_a_warning() -> None:
    """If this failed, a picture would vanish, or be missing offline without its author knowing why."""
    rendered = render(passage_of("a\n\n![b](https://example.org/c.png)", "x.md"), RenderOptions())
    assert 'src="https://example.org/c.png"' in rendered.html
    assert [(found.code, found.span.line) for found in rendered.diagnostics] == [("DB405", 3)]
