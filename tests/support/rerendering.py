"""A later deckbuilder that makes other HTML of the same sources."""

from __future__ import annotations

from typing import Any, Final

import pytest
from msgspec.structs import replace

from deckbuilder import drafting
from deckbuilder.rendering.renderer import Rendered

NEW: Final = "of-a-new-program"
"""A class that is in all its HTML, and in nothing of today's."""


def render_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put all that is rendered from now on into an element of the class NEW."""
    for name in ("render", "render_inline"):
        render = getattr(drafting, name)

        def anew(*words: Any, render: Any = render) -> Rendered:
            made: Rendered = render(*words)
            return replace(made, html=f'<span class="{NEW}">{made.html}</span>')

        monkeypatch.setattr(drafting, name, anew)
