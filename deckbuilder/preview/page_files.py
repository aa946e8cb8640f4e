"""The files that the page is made of, as they lie in the folder `page`, and what stands in them for a site."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec.structs import asdict

from deckbuilder.preview.clients import CLIENTS
from deckbuilder.preview.deck import PreviewDeck, index_of, sides_of
from deckbuilder.preview.mathjax import ENTRY, fonts_script, mathjax_folder

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
DECK_PLACE: Final = "<!-- deck -->"
"""Where a site's page takes its deck from; a live page asks the server."""


def read(name: str) -> str:
    """Return one of the page's files."""
    return (FOLDER / name).read_text(encoding="utf-8")


def index(deck: PreviewDeck) -> dict[str, object]:
    """Return the list of cards and all else that the page is drawn from, the clients included."""
    return {**index_of(deck), "clients": [asdict(client) for client in CLIENTS]}


def embedded(deck: PreviewDeck) -> str:
    """Return a script that holds a whole deck, for a page that has no server to ask."""
    whole = {
        "index": index(deck),
        "sides": {card.imprint: sides_of(card) for card in deck.cards},
        "media": {name: _as_data(name, content) for name, content in sorted(deck.media.items())},
    }
    return f"window.deckbuilderPreview = {json.dumps(whole, ensure_ascii=False)};\n"


def _as_data(name: str, content: bytes) -> str:
    kind = TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
    return f"data:{kind};base64,{b64encode(content).decode()}"


def embedded_frame() -> str:
    """Return a script that holds the page of a card with all that it loads, for the same reason."""
    scripts = {
        "mathjax-fonts.js": fonts_script(),
        "frame.js": read("frame.js"),
        f"mathjax/{ENTRY}": (mathjax_folder() / ENTRY).read_text(encoding="utf-8"),
    }

    def inline(found: re.Match[str]) -> str:
        # What would end the element, or begin a comment in it, stands in strings and patterns only.
        text = scripts[found[1]].replace("</script", "<\\/script").replace("<!--", "<\\!--")
        return f"<script>{text}</script>"

    page = re.sub(r'<script src="([^"]+)"(?: defer)?></script>', inline, read(FRAME))
    return f"window.deckbuilderFrame = {json.dumps(page, ensure_ascii=False)};\n"
