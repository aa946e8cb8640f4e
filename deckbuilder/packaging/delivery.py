"""What a note was delivered with, written into the note itself: so a learner's own edits are known from the author's.

A print is one line: a number for its form, the prints of the tags, the prints of the fields in their frozen order,
of an empty field nothing. It holds no text, and so nothing that Anki could alter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from deckbuilder.kinds import fields

_FORM: Final = "1"
_PRINTED: Final = tuple(name for name in fields.FIELDS if name != fields.DELIVERED)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The prints of what a note was last delivered with."""

    tags: frozenset[str]
    texts: Mapping[str, str]

    def brought_tag(self, tag: str) -> bool:
        """Whether the note was delivered with the tag; Anki takes upper and lower case for the same."""
        return _print(tag.casefold()) in self.tags

    def brought_text(self, field: str, text: str) -> bool:
        """Whether the note was delivered with this text in the field."""
        return field == fields.DELIVERED or self.texts.get(field, "") == _print(text)


def print_of(filled: Mapping[str, str], tags: Iterable[str]) -> str:
    """Return the print of a note with these texts by field name and these tags."""
    of_tags = ".".join(sorted(_print(tag.casefold()) for tag in tags)) or "-"
    of_texts = [_print(text) if (text := filled.get(name)) else "" for name in _PRINTED]
    return f"{_FORM} {of_tags} {'.'.join(of_texts)}"


def read_print(text: str) -> Delivery | None:
    """Return what a print says, None where it is not one of ours: nothing is then known of the note."""
    parts = text.split(" ")
    if len(parts) != 3 or parts[0] != _FORM:
        return None
    texts = parts[2].split(".")
    if len(texts) != len(_PRINTED):
        return None
    return Delivery(frozenset(parts[1].split(".")), dict(zip(_PRINTED, texts, strict=True)))


def _print(text: str) -> str:
    """Return 8 hex digits; Anki keeps texts in the form NFC, so they are read in it."""
    if not text:
        return ""
    normal = text if text.isascii() else unicodedata.normalize("NFC", text)
    return blake2b(normal.encode(), digest_size=4).hexdigest()
