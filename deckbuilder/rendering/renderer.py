"""A passage of Markdown becomes clean HTML: a pure function of its text, its places and the options."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.rendering.finish import framed
from deckbuilder.rendering.github import render_github
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.pictures import PictureUse, with_pictures
from deckbuilder.source.passage import Passage

__all__ = ["PictureUse", "RenderMemory", "Rendered", "render", "render_inline", "with_pictures"]

_NO_REFERENCES: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendered:
    """A passage as HTML, with the local pictures that it shows (see `with_pictures`) and what was found on the way."""

    html: str
    pictures: tuple[PictureUse, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class RenderMemory:
    """What was rendered before, for whoever prepares a deck again and again: only what is new is rendered then.

    It remembers passages with no picture and no finding, which look the same wherever they stand, and forgets what a
    whole turn did not ask for.
    """

    def __init__(self) -> None:
        self._now: dict[Hashable, Rendered] = {}
        self._before: dict[Hashable, Rendered] = {}

    def turn(self) -> None:
        """Begin the next preparation."""
        self._before, self._now = self._now, {}

    def recall(self, key: Hashable, make: Callable[[], Rendered]) -> Rendered:
        """Return what `make` once gave for `key`, or gives now."""
        rendered = self._now.get(key) or self._before.get(key) or make()
        if not rendered.pictures and not rendered.diagnostics:
            self._now[key] = rendered
        return rendered


def render(
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any] = _NO_REFERENCES,
    memory: RenderMemory | None = None,
) -> Rendered:
    """Render a passage of blocks. `references` are the link definitions of its whole file."""
    return _recalled(passage, options, references, memory, inline=False)


def render_inline(
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any] = _NO_REFERENCES,
    memory: RenderMemory | None = None,
) -> Rendered:
    """Render a passage and, if it is a single paragraph, leave out the `<p>` around it."""
    return _recalled(passage, options, references, memory, inline=True)


def _recalled(
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any],
    memory: RenderMemory | None,
    *,
    inline: bool,
) -> Rendered:
    if memory is None:
        return _rendered(passage, options, references, inline=inline)
    text = passage.text
    linked = repr(references) if references and "[" in text else ""
    return memory.recall(
        (text, inline, options, linked), lambda: _rendered(passage, options, references, inline=inline)
    )


def _rendered(passage: Passage, options: RenderOptions, references: Mapping[str, Any], *, inline: bool) -> Rendered:
    if options.flavour == PYTHON_MARKDOWN:
        from deckbuilder.rendering.python_markdown import render_python_markdown

        html, findings = render_python_markdown(passage, options, references, inline=inline)
    else:
        html, findings = render_github(passage, references, inline=inline)
    return Rendered(framed(html), tuple(findings.pictures), tuple(findings.diagnostics))
