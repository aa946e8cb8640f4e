"""A resolved note becomes fields of HTML and tags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from urllib.parse import quote

from deckbuilder import rules
from deckbuilder.cache import Shelf
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity.resolve import Identity
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Kind, Note, Part, Slots
from deckbuilder.limits import limits
from deckbuilder.project import Settings, slug
from deckbuilder.rendering.finish import neutral, unformatted
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.pictures import PictureUse, with_pictures
from deckbuilder.rendering.remembered import Renderer, remembered
from deckbuilder.rendering.renderer import Rendered, RenderMemory, render, render_inline
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question


@dataclass(frozen=True, slots=True)
class ResolvedNote:
    """A note that knows who it is.

    `part` is None for a question's own note; `of` is the key of the note that a part belongs to. `slots` is what the
    lock is to keep for the note. `answer` is the fingerprint of its answer's words.
    """

    note: Note
    kind: Kind
    identity: Identity
    answer: str
    part: Part | None = None
    of: str = ""
    slots: Slots = ()

    @property
    def question(self) -> Question:
        """The question that the note comes from."""
        return self.note.question

    @property
    def text(self) -> str:
        """The words that the note is known by."""
        return self.part.text if self.part else self.question.text

    @property
    def span(self) -> Span:
        """Where the note stands in the sources."""
        return self.part.span if self.part else self.question.span


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """A resolved note with its fields as HTML, its tags, and the local pictures that its fields show."""

    resolved: ResolvedNote
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    pictures: tuple[PictureUse, ...] = ()

    @property
    def question(self) -> Question:
        """The question that the note comes from."""
        return self.resolved.question

    @property
    def identity(self) -> Identity:
        """Who the note is."""
        return self.resolved.identity

    @property
    def kind(self) -> str:
        """The name of the kind that the note is now."""
        return self.resolved.kind.name

    def fingerprints(self) -> tuple[str, str]:
        """Return fingerprints (16 hex digits each) of the note's body, and of all that makes it count as changed."""
        filled = {name: text for name, text in self.fields.items() if text and name not in fields.UNCOUNTED}
        body = {name: text for name, text in filled.items() if name != fields.TOPIC}
        return _digest(body), _digest([filled, self.tags])


_BACK = (
    fields.ANSWER, fields.KEY_POINTS, fields.STEPS, fields.CODE, fields.COMPLEXITY, fields.PITFALLS, fields.REMARKS,
    fields.VARIANTS,
)  # fmt: skip
_TAG = re.compile(r"<(?!img\b|input\b|hr\b)[^<>]*>|&nbsp;|\s")


def empty_sides(note: RenderedNote) -> list[Diagnostic]:
    """Return a finding for each side of a note's card that would show nothing."""
    sides = {"front": (fields.QUESTION,), "back": _BACK}
    return [
        rules.EMPTY_SIDE.at(note.resolved.span, side=side)
        for side, names in sides.items()
        if not any(_TAG.sub("", note.fields.get(name, "")) for name in names)
    ]


def too_long_fields(note: RenderedNote) -> list[Diagnostic]:
    """Return a finding for each field that no device could be asked to show."""
    most = limits()["field"]
    return [
        rules.TOO_MUCH.at(
            note.resolved.span,
            what=f"the field {name} of this note has {len(text):,} characters, more than the {most:,} that are taken",
            limit="field",
        )
        for name, text in note.fields.items()
        if len(text) > most
    ]


class _Collecting:
    """Html for a kind to fill its fields with; keeps what rendering found out on the way."""

    def __init__(
        self,
        options: RenderOptions,
        references: Mapping[str, object],
        memory: RenderMemory | None,
        shelf: Shelf | None,
    ) -> None:
        self.options = options
        self.memory = memory
        self.references = references
        self.shelf = shelf
        self.pictures: list[PictureUse] = []
        self.diagnostics: list[Diagnostic] = []

    def blocks(self, passage: Passage) -> str:
        return "" if passage.is_blank else self._kept(self._rendered(render, passage))

    def inline(self, passage: Passage) -> str:
        return "" if passage.is_blank else self._kept(self._rendered(render_inline, passage))

    def _rendered(self, how: Renderer, passage: Passage) -> Rendered:
        if self.shelf is None:
            return how(passage, self.options, self.references, self.memory)
        return remembered(how, passage, self.options, self.references, self.memory, self.shelf)

    def _kept(self, rendered: Rendered) -> str:
        self.pictures += rendered.pictures
        self.diagnostics += rendered.diagnostics
        return rendered.html


def render_note(
    resolved: ResolvedNote,
    options: RenderOptions,
    settings: Settings,
    deck: str,
    memory: RenderMemory | None = None,
    shelf: Shelf | None = None,
) -> tuple[RenderedNote, list[Diagnostic]]:
    """Render a note's fields; a pure function of its text, the options and the settings.

    `deck` is the deck's name; `memory` is of this process, `shelf` of earlier ones, where anything is to be remembered.
    """
    question = resolved.question
    html = _Collecting(options, question.references, memory, shelf)
    filled = dict(resolved.kind.fill(resolved.note, html))
    filled[fields.KEY] = resolved.identity.key
    filled[fields.KIND] = resolved.kind.name
    filled[fields.TOPIC] = unformatted(" › ".join(question.section))
    filled[fields.SOURCE] = source_link(question, resolved.span, settings.source_url)
    filled[fields.VERSION] = unformatted(settings.version)
    tags = tags_of(question, settings, deck)
    return RenderedNote(resolved, filled, tags, tuple(html.pictures)), html.diagnostics


def source_link(question: Question, span: Span, url: str) -> str:
    """Return where a note stands: a link, if the project gives an address for its sources."""
    place = f"{question.inside}:{span.line}"
    if not url:
        return unformatted(place)
    address = url.replace("{path}", quote(question.inside, errors="replace")).replace("{line}", str(span.line))
    return f'<a href="{neutral(escape(address))}">{unformatted(place)}</a>'


def tags_of(question: Question, settings: Settings, deck: str) -> tuple[str, ...]:
    """Return a note's tags, sorted: its section path below the prefix, the deck's own, and the question's."""
    prefix = slug(deck) if settings.tag_prefix is None else settings.tag_prefix
    path = "::".join(part for part in (prefix, *(slug(title) for title in question.section)) if part)
    return tuple(sorted({tag for tag in (path, *settings.tags, *question.metadata.tags) if tag}))


def with_packed_pictures(note: RenderedNote, pictures: Mapping[tuple[str, str], MediaFile]) -> RenderedNote:
    """Return the note with its pictures' packed names in place of their paths. `pictures` is by file and path."""
    if not note.pictures:
        return note
    names = {
        use.src: pictures[use.span.file, use.src].name for use in note.pictures if (use.span.file, use.src) in pictures
    }
    filled = {name: with_pictures(text, names) for name, text in note.fields.items()}
    return RenderedNote(note.resolved, filled, note.tags, note.pictures)


def _digest(value: object) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()
