"""The files that the page is made of, as they lie in the folder `page`, and what stands in them for a site."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from deckbuilder.preview.clients import CLIENTS
from deckbuilder.preview.deck import PreviewDeck, index_of, sides_of

FOLDER: Final = Path(__file__).parent / "page"
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
}
"""What a file is by its ending; any other is sent as bytes of no kind."""

PAGE, FRAME = "index.html", "frame.html"
PARTS: Final = ("page.css", "page.js", "frame.js")


def read(name: str) -> str:
    """Return one of the page's files."""
    return (FOLDER / name).read_text(encoding="utf-8")


def index(deck: PreviewDeck) -> dict[str, object]:
    """Return the list of cards and all else that the page is drawn from, the clients included."""
    return {**index_of(deck), "clients": [asdict(client) for client in CLIENTS]}


def embedded(deck: PreviewDeck) -> str:
    """Return a script that holds a whole deck, for a page that has no server to ask."""
    sides = {card.print: sides_of(card) for card in deck.cards}
    return f"window.deckbuilderPreview = {json.dumps({'index': index(deck), 'sides': sides}, ensure_ascii=False)};\n"
