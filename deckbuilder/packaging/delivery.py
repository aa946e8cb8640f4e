"""What a note was delivered with, written into the note itself: so a learner's own edits are known from the author's.

A print is one line: a number for its form, the prints of the tags, the prints of the fields in their frozen order (of
an empty field nothing), and the fingerprint of what its author wrote. It holds no text, and so nothing that Anki could
alter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from deckbuilder.kinds import fields

_FORM: Final = "1"
_UNCOUNTED: Final = tuple((place, name) for place, name in enumerate(fields.PRINTED) if name in fields.UNCOUNTED)


class Delivery(Struct, frozen=True):
    """The prints of what a note was last delivered with; `source` is "" where an earlier program made them."""

    tags: frozenset[str]
    texts: Mapping[str, str]
    source: str = ""

    def brought_tag(self, tag: str) -> bool:
        """Whether the note was delivered with the tag; Anki takes upper and lower case for the same."""
        return fields.text_print(tag.casefold()) in self.tags

    def brought_text(self, field: str, text: str) -> bool:
        """Whether the note was delivered with this text in the field."""
        return field == fields.DELIVERED or self.texts.get(field, "") == fields.text_print(text)


def print_of(filled: Mapping[str, str], tags: Iterable[str], known: str = "", source: str = "") -> str:
    """Return the print of a note with these texts by field name and these tags, whose source has this fingerprint.

    `known` are the prints of its texts, joined, without those that do not count for a note's change.
    """
    if known:
        of_texts = known.split(".")
        for place, name in _UNCOUNTED:
            of_texts[place] = fields.text_print(filled.get(name, ""))
    else:
        of_texts = [fields.text_print(filled.get(name, "")) for name in fields.PRINTED]
    return f"{_FORM} {_print_of_tags(tuple(tags))} {'.'.join(of_texts)} {source}".rstrip()


@lru_cache(maxsize=1024)  # notes of one section have the same
def _print_of_tags(tags: tuple[str, ...]) -> str:
    return ".".join(sorted(fields.text_print(tag.casefold()) for tag in tags)) or "-"


def read_print(text: str) -> Delivery | None:
    """Return what a print says, None where it is not one of ours: nothing is then known of the note."""
    parts = text.split(" ")
    if len(parts) not in (3, 4) or parts[0] != _FORM:
        return None
    texts = parts[2].split(".")
    if len(texts) != len(fields.PRINTED):
        return None
    return Delivery(frozenset(parts[1].split(".")), dict(zip(fields.PRINTED, texts, strict=True)), "".join(parts[3:]))
