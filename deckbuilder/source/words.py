"""Words of a text in any script: letters and digits with the marks that belong to them."""

from __future__ import annotations

import re
import unicodedata

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")


def words_in(text: str) -> list[str]:
    """Return the words of a text in order, as they are written.

    Combining marks stay with their letters: in Devanagari, Arabic or Thai they are vowels, and without them two words
    would be one.
    """
    if text.isascii():
        return _ASCII_WORD.findall(text)
    kept = "".join(character if _belongs_to_a_word(character) else " " for character in text)
    return [word for word in kept.split() if word[0].isalnum()]  # a mark alone is no word


def is_word(text: str) -> bool:
    """Whether a text is letters, digits and their marks only."""
    return all(map(_belongs_to_a_word, text))


def _belongs_to_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
