"""A file that a deck carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file to pack: the name that it has in Anki, and its bytes."""

    name: str
    content: bytes
