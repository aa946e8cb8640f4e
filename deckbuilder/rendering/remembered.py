"""Rendering that remembers: a passage whose HTML is known is not rendered again, wherever in its file it now stands.

A passage's HTML, pictures and findings follow from its text, the place of each line in relation to the first, the link
definitions of its file and the options. Places are kept in relation to the first line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from deckbuilder.cache import Shelf, digest_of
from deckbuilder.diagnostics import Diagnostic, Severity, Span
from deckbuilder.rendering.options import GITHUB, RenderOptions
from deckbuilder.rendering.pictures import PictureUse
from deckbuilder.rendering.renderer import Rendered, RenderMemory
from deckbuilder.source.passage import Line, Passage

Renderer: TypeAlias = Callable[[Passage, RenderOptions, Mapping[str, Any], RenderMemory | None], Rendered]


def remembered(
    render: Renderer,
    passage: Passage,
    options: RenderOptions,
    references: Mapping[str, Any],
    memory: RenderMemory | None,
    shelf: Shelf,
) -> Rendered:
    """Return what `render` makes of a passage, from the shelf if it is there.

    Python-Markdown's extensions may be anybody's code and change without a new version, so nothing of theirs is kept.
    """
    if options.flavour != GITHUB:
        return render(passage, options, references, memory)
    first = passage.lines[0].number if passage.lines else 0
    lines = [_line(line, first) for line in passage.lines]
    key = digest_of(render.__name__, lines, _definitions(references))
    known = shelf.get(key)
    if isinstance(known, tuple):
        return _placed(known, passage.file, first)
    rendered = render(passage, options, references, memory)
    kept = _kept(rendered, passage.file, first)
    if kept is not None:
        shelf.put(key, kept)
    return rendered


def _line(line: Line, first: int) -> tuple[str, int, int, tuple[tuple[int, int, int], ...]]:
    """Return a line as plain values, with its places in relation to the line `first` of its file."""
    bends = tuple((begin, number - first, offset) for begin, number, offset in line.bends)
    return line.text, line.number - first, line.offset, bends


def _definitions(references: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return link definitions without their places."""
    return sorted((label, str(found.get("href")), str(found.get("title"))) for label, found in references.items())


def _kept(rendered: Rendered, file: str, first: int) -> tuple[Any, ...] | None:
    """Return a rendering as plain values with its places in relation to a line; None if it speaks of other places."""
    spans = [use.span for use in rendered.pictures] + [found.span for found in rendered.diagnostics]
    if any(span.file != file for span in spans) or any(found.related for found in rendered.diagnostics):
        return None
    return (
        rendered.html,
        [(use.src, *_relative(use.span, first)) for use in rendered.pictures],
        [
            (found.code, found.severity.value, found.message, found.help, *_relative(found.span, first))
            for found in rendered.diagnostics
        ],
    )


def _relative(span: Span, first: int) -> tuple[int, int, int]:
    return span.line - first, span.column, span.end


def _placed(known: tuple[Any, ...], file: str, first: int) -> Rendered:
    html, pictures, diagnostics = known
    if not pictures and not diagnostics:
        return Rendered(html)
    return Rendered(
        html,
        tuple(PictureUse(src, Span(file, first + line, column, end)) for src, line, column, end in pictures),
        tuple(
            Diagnostic(code, Severity(severity), message, Span(file, first + line, column, end), help_)
            for code, severity, message, help_, line, column, end in diagnostics
        ),
    )
