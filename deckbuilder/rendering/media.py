"""A file that a deck carries."""

from __future__ import annotations

from msgspec import Struct


class MediaFile(Struct, frozen=True):
    """A file to pack: the name that it has in Anki, and its bytes."""

    name: str
    content: bytes
