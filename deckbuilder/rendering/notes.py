"""A drafted note that knows who it is becomes the fields and tags of a note in Anki."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from html import escape
from json.encoder import encode_basestring_ascii as _quoted
from types import MappingProxyType
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import astuple

from deckbuilder import rules
from deckbuilder.cache import Shelf
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.slots import Slots
from deckbuilder.identity.resolve import Identity
from deckbuilder.kinds import fields
from deckbuilder.project import Settings, slug
from deckbuilder.rendering.drafts import Draft, DraftedQuestion, Settling
from deckbuilder.rendering.finish import neutral, unformatted
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.pictures import PictureUse, with_pictures


class ResolvedNote(Struct, frozen=True):
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


class Prints(Struct, frozen=True):
    """What tells whether a note has changed.

    `fingerprint` is one of its body and one of all that counts, of 16 hex digits each, with a full stop between;
    `source` is the same of what the author wrote, with nothing in it that this program made.
    `texts` are the prints that a delivery is known by: of each field in the frozen order, joined by full stops,
    nothing of those that are not counted.
    """

    fingerprint: str
    texts: str
    source: str


class RenderedNote(Struct, frozen=True):
    """A resolved note with all that it shows. `names` are the packed names of its pictures, by their paths."""

    resolved: ResolvedNote
    topic: str
    source: str
    version: str
    names: Mapping[str, str]
    tags: tuple[str, ...]
    prints: Prints

    @property
    def fields(self) -> dict[str, str]:
        """The fields as HTML; one that is empty may be missing. They are put together anew each time, to be held once.

        A deck of 100,000 notes has a million of them.
        """
        filled = dict(self.resolved.draft.fields)
        if self.pictures:
            filled = {name: with_pictures(text, self.names) for name, text in filled.items()}
        filled[fields.KEY] = self.resolved.identity.key
        filled[fields.KIND] = self.kind
        filled[fields.TOPIC] = self.topic
        filled[fields.SOURCE] = self.source
        filled[fields.VERSION] = self.version
        return filled

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

    @property
    def pictures(self) -> tuple[PictureUse, ...]:
        """The local pictures that the fields show."""
        return self.resolved.draft.pictures


_NOT_YET = Prints("", "", "")
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def rendered(
    resolved: ResolvedNote,
    settings: Settings,
    prefix: str,
    pictures: Mapping[tuple[str, str], MediaFile],
    shelf: Shelf,
) -> RenderedNote:
    """Return a note with all its fields and tags, and its pictures under their packed names.

    `prefix` is what its section's tag begins with; `pictures` is by file and path; `shelf` is where its prints may be
    known.
    """
    question, draft = resolved.question, resolved.draft
    topic = _topic(question.section)
    source = source_link(question.inside, draft.span, settings.source_url)
    version = _version(settings.version)
    names = _names(draft.pictures, pictures) if draft.pictures else _NO_NAMES
    tags = tags_of(question.section, question.tags, settings.tags, prefix)
    written_around = _around(question.section, question.tags, settings.tags, settings.tag_prefix)
    follows_from = (resolved.identity.key, topic, tags, tuple(sorted(names.items())) if names else (), written_around)
    place = draft.digest + _PRINTS
    known = shelf.get(place)
    if isinstance(known, tuple) and known[0] == follows_from:
        prints = Prints(*known[1:])
    else:
        prints = _prints(RenderedNote(resolved, topic, source, version, names, tags, _NOT_YET), written_around)
        shelf.put(place, (follows_from, *astuple(prints)))
    return RenderedNote(resolved, topic, source, version, names, tags, prints)


_PRINTS = b"prints"
"""Behind a draft's digest, where its prints lie on the shelf, with all else that they follow from."""


def too_long_fields(note: RenderedNote, most: int) -> list[Diagnostic]:
    """Return a finding for each field of more than `most` characters, which no device could be asked to show."""
    if sum(map(len, note.resolved.draft.fields.values())) <= most:  # as of nearly all notes
        return []
    return [
        rules.TOO_MUCH.at(
            note.resolved.span,
            what=f"the field {name} of this note has {len(text):,} characters, more than the {most:,} that are taken",
            limit="field",
        )
        for name, text in note.resolved.draft.fields.items()
        if len(text) > most
    ]


def _names(uses: Iterable[PictureUse], pictures: Mapping[tuple[str, str], MediaFile]) -> Mapping[str, str]:
    found = ((use.src, pictures.get((use.span.file, use.src))) for use in uses)
    return {src: picture.name for src, picture in found if picture}


def _prints(note: RenderedNote, written_around: str) -> Prints:
    filled = note.fields
    counted = {name: text for name in fields.PRINTED if (text := filled.get(name)) and name not in fields.UNCOUNTED}
    texts = ".".join([fields.text_print(counted[name]) if name in counted else "" for name in fields.PRINTED])
    pictures = [f"{path}={name}" for path, name in sorted(note.names.items())]  # each is named by its bytes
    body = _digest("\x1f".join((note.resolved.draft.source, note.identity.key, *pictures)))
    return Prints(fingerprint(counted, note.tags), texts, f"{body}.{_digest(body + written_around)}")


@lru_cache(maxsize=1024)  # notes of one section have the same
def _around(section: tuple[str, ...], own: tuple[str, ...], common: tuple[str, ...], prefix: str | None) -> str:
    """Return the fingerprint of what the author wrote around a note's text: the headings above it, and its tags."""
    return _digest(json.dumps([section, own, common, prefix]))


def fingerprint(counted: Mapping[str, str], tags: Iterable[str]) -> str:
    """Return the fingerprint of a note with these tags and these texts in the fields that count.

    It is made of what `json.dumps` makes of the body, and of all fields in a list with the tags. It must never be made
    otherwise: every note of every deck would seem to have changed. Each text is written but once, for both parts.
    """
    written = {name: f'"{name}": {_quoted(text)}' for name, text in sorted(counted.items())}
    everything = "{" + ", ".join(written.values()) + "}"
    written.pop(fields.TOPIC, None)
    body = "{" + ", ".join(written.values()) + "}"
    listed = "[" + ", ".join(map(_quoted, tags)) + "]"
    return f"{_digest(body)}.{_digest(f'[{everything}, {listed}]')}"


def earlier_fingerprints(note: RenderedNote, settings: Settings, deck: str) -> tuple[str, ...]:
    """Return the fingerprints that earlier programs gave to a note whose source and HTML are as they were.

    They left letters and their marks apart where an author had written them so, and marks out of tags.
    """
    prefix = _earlier_slug(deck) if settings.tag_prefix is None else settings.tag_prefix
    counted = {name: text for name, text in note.fields.items() if text and name not in fields.UNCOUNTED}
    apart = {name: unicodedata.normalize("NFD", text) for name, text in counted.items()}
    topic, section = note.topic, note.question.section
    topics = (topic, unicodedata.normalize("NFD", topic)) if topic else (topic,)
    sections = (section, tuple(unicodedata.normalize("NFD", title) for title in section))
    tags = {note.tags, *(_tags(one, note.question.tags, settings.tags, prefix, _earlier_slug) for one in sections)}
    found = {
        fingerprint(filled | ({fields.TOPIC: one} if one else {}), some)
        for filled in (counted, apart)
        for one in topics
        for some in tags
    }
    return tuple(sorted(found))


def _earlier_slug(text: str) -> str:
    return "-".join(re.findall(r"[^\W_]+", text.casefold())) or "deck"


@lru_cache(maxsize=8)
def _version(version: str) -> str:
    return unformatted(version)


@lru_cache(maxsize=1024)
def _topic(section: tuple[str, ...]) -> str:
    return unformatted(" › ".join(section))


def source_link(inside: str, span: Span, url: str) -> str:
    """Return where a note stands: a link, if the project gives an address for its sources."""
    place = f"{inside}:{span.line}"
    if not url:
        return unformatted(place)
    address = url.replace("{path}", quote(inside, errors="replace")).replace("{line}", str(span.line))
    return f'<a href="{neutral(escape(address))}">{unformatted(place)}</a>'


@lru_cache(maxsize=1024)
def tags_of(section: tuple[str, ...], own: tuple[str, ...], common: tuple[str, ...], prefix: str) -> tuple[str, ...]:
    """Return a note's tags, sorted: its section path below the prefix, the deck's own, and the question's."""
    return _tags(section, own, common, prefix, slug)


def _tags(
    section: tuple[str, ...], own: tuple[str, ...], common: tuple[str, ...], prefix: str, named: Callable[[str], str]
) -> tuple[str, ...]:
    path = "::".join(part for part in (prefix, *(named(title) for title in section)) if part)
    return tuple(sorted({tag for tag in (path, *common, *own) if tag}))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
