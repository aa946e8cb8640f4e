"""A drafted note that knows who it is becomes the fields and tags of a note in Anki."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from html import escape

from deckbuilder.cache import Shelf, digest_of
from deckbuilder.diagnostics import Span
from deckbuilder.drills.slots import Slots
from deckbuilder.identity.resolve import Identity
from deckbuilder.kinds import fields
from deckbuilder.project import Settings, slug
from deckbuilder.rendering.drafts import Draft, DraftedQuestion, Settling
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.pictures import PictureUse, with_pictures


@dataclass(frozen=True, slots=True)
class ResolvedNote:
    """A draft that knows which note it is.

    `of` is the key of the note that a part belongs to, "" for a question's own note. `slots` is what the lock is to
    keep for the note; `settling` is what a drill's note was settled by.
    """

    question: DraftedQuestion
    draft: Draft
    identity: Identity
    of: str = ""
    slots: Slots = ()
    settling: Settling | None = None

    @property
    def is_part(self) -> bool:
        """Whether the note is not the question's own, but a part of it."""
        return bool(self.of)

    @property
    def text(self) -> str:
        """The words that the note is known by."""
        return self.draft.text

    @property
    def answer(self) -> str:
        """The fingerprint of its answer's words."""
        return self.draft.answer

    @property
    def span(self) -> Span:
        """Where the note stands in the sources."""
        return self.draft.span


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """A resolved note with its fields as HTML, its tags, and the local pictures that its fields show.

    `shelf` is where its fingerprints may be known.
    """

    resolved: ResolvedNote
    fields: Mapping[str, str]
    tags: tuple[str, ...]
    pictures: tuple[PictureUse, ...]
    shelf: Shelf

    @property
    def question(self) -> DraftedQuestion:
        """The question that the note comes from."""
        return self.resolved.question

    @property
    def identity(self) -> Identity:
        """Who the note is."""
        return self.resolved.identity

    @property
    def kind(self) -> str:
        """The name of the kind that the note is now."""
        return self.resolved.draft.kind

    def fingerprints(self) -> tuple[str, str]:
        """Return fingerprints (16 hex digits each) of the note's body, and of all that makes it count as changed."""
        filled = self.fields
        pictures = [filled[name] for name in _SHOWING if name in filled] if self.pictures else None
        key = digest_of(self.resolved.draft.digest, filled[fields.KEY], filled[fields.TOPIC], self.tags, pictures)
        found = self.shelf.get(key)
        if not isinstance(found, tuple):
            found = self._fingerprints()
            self.shelf.put(key, found)
        body, whole = found
        return body, whole

    def _fingerprints(self) -> tuple[str, str]:
        filled = {name: text for name, text in self.fields.items() if text and name not in fields.UNCOUNTED}
        body = {name: text for name, text in filled.items() if name != fields.TOPIC}
        return _digest(body), _digest([filled, self.tags])


_SHOWING = tuple(name for name in fields.FIELDS if name not in fields.UNCOUNTED)


def rendered(resolved: ResolvedNote, settings: Settings, deck: str, shelf: Shelf) -> RenderedNote:
    """Return a note with all its fields and tags. `deck` is the deck's name."""
    question, draft = resolved.question, resolved.draft
    filled = dict(draft.fields)
    filled[fields.KEY] = resolved.identity.key
    filled[fields.KIND] = draft.kind
    filled[fields.TOPIC] = _topic(question.section)
    filled[fields.SOURCE] = source_link(question.inside, draft.span, settings.source_url)
    filled[fields.VERSION] = escape(settings.version)
    prefix = slug(deck) if settings.tag_prefix is None else settings.tag_prefix
    tags = tags_of(question.section, question.tags, settings.tags, prefix)
    return RenderedNote(resolved, filled, tags, draft.pictures, shelf)


@lru_cache(maxsize=1024)
def _topic(section: tuple[str, ...]) -> str:
    return escape(" › ".join(section))


def source_link(inside: str, span: Span, url: str) -> str:
    """Return where a note stands: a link, if the project gives an address for its sources."""
    place = f"{inside}:{span.line}"
    if not url:
        return escape(place)
    address = url.replace("{path}", inside).replace("{line}", str(span.line))
    return f'<a href="{escape(address)}">{escape(place)}</a>'


@lru_cache(maxsize=1024)
def tags_of(section: tuple[str, ...], own: tuple[str, ...], common: tuple[str, ...], prefix: str) -> tuple[str, ...]:
    """Return a note's tags, sorted: its section path below the prefix, the deck's own, and the question's."""
    path = "::".join(part for part in (prefix, *(slug(title) for title in section)) if part)
    return tuple(sorted({tag for tag in (path, *common, *own) if tag}))


def with_packed_pictures(note: RenderedNote, pictures: Mapping[tuple[str, str], MediaFile]) -> RenderedNote:
    """Return the note with its pictures' packed names in place of their paths. `pictures` is by file and path."""
    if not note.pictures:
        return note
    names = {
        use.src: pictures[use.span.file, use.src].name for use in note.pictures if (use.span.file, use.src) in pictures
    }
    filled = {name: with_pictures(text, names) for name, text in note.fields.items()}
    return RenderedNote(note.resolved, filled, note.tags, note.pictures, note.shelf)


def _digest(value: object) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()
