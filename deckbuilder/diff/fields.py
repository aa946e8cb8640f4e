"""How a changed field is told: most by their words, a field of data by what in it counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from deckbuilder.diff.words import Fate, Piece, word_diff
from deckbuilder.kinds import fields

_VARIANT = re.compile(r'<div class="db-variant">')


class FieldChange(Struct, frozen=True):
    """A field that changed: its words, or where words would say nothing a `summary` instead."""

    field: str
    words: tuple[Piece, ...] = ()
    summary: str = ""


def field_change(name: str, old: str, new: str) -> FieldChange:
    """Return how a field went from one HTML to another, different one."""
    told = _OWN_WAYS.get(name, _by_words)
    return told(name, old, new)


def _by_words(name: str, old: str, new: str) -> FieldChange:
    words = word_diff(old, new)
    before, after = (
        "".join(piece.text for piece in words if piece.fate is not left) for left in (Fate.COME, Fate.GONE)
    )
    if before.strip() == after.strip():
        return FieldChange(name, summary="only formatting, links or colours")
    return FieldChange(name, words)


def _variants(name: str, old: str, new: str) -> FieldChange:
    before, after = _VARIANT.split(old)[1:], _VARIANT.split(new)[1:]
    changed = sum(one.strip() != other.strip() for one, other in zip(before, after, strict=False))
    said = [f"{changed} of {len(after)} variants changed"] if changed else []
    if len(after) != len(before):
        said.append(f"{len(before)} variants became {len(after)}")
    return FieldChange(name, summary=", ".join(said) or "only formatting")


_OWN_WAYS: Final[Mapping[str, Callable[[str, str, str], FieldChange]]] = {fields.VARIANTS: _variants}
