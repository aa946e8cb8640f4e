"""How a deck's Markdown is to be rendered, as a value that a cache can be keyed by."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

GITHUB: Final = "github"
PYTHON_MARKDOWN: Final = "python-markdown"
FLAVOURS: Final = (GITHUB, PYTHON_MARKDOWN)


class RenderOptions(Struct, frozen=True):
    """The flavour of Markdown, and for Python-Markdown its extensions: pairs of a name and options as JSON."""

    flavour: str = GITHUB
    markdown_extensions: tuple[tuple[str, str], ...] = ()
