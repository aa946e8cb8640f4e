"""A passage of Markdown becomes clean HTML: a pure function of its text, its places and the options."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.rendering.finish import framed
from deckbuilder.rendering.github import render_github
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.pictures import PictureUse, with_pictures
from deckbuilder.source.passage import Passage

__all__ = ["PictureUse", "Rendered", "render", "render_inline", "with_pictures"]

_NO_REFERENCES: Final[Mapping[str, Any]] = MappingProxyType({})


class Rendered(Struct, frozen=True):
    """A passage as HTML, with the local pictures that it shows (see `with_pictures`) and what was found on the way."""

    html: str
    pictures: tuple[PictureUse, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def render(
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any] = _NO_REFERENCES,
) -> Rendered:
    """Render a passage of blocks. `references` are the link definitions of its whole file."""
    return _rendered(passage, options, references, inline=False)


def render_inline(
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any] = _NO_REFERENCES,
) -> Rendered:
    """Render a passage and, if it is a single paragraph, leave out the `<p>` around it."""
    return _rendered(passage, options, references, inline=True)


def _rendered(passage: Passage, options: RenderOptions, references: Mapping[str, Any], *, inline: bool) -> Rendered:
    if options.flavour == PYTHON_MARKDOWN:
        from deckbuilder.rendering.python_markdown import render_python_markdown

        html, findings = render_python_markdown(passage, options, references, inline=inline)
    else:
        html, findings = render_github(passage, references, inline=inline)
    return Rendered(framed(html), tuple(findings.pictures), tuple(findings.diagnostics))
