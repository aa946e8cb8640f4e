"""Names that last: what a question is known by, and its readable key."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from deckbuilder.source.words import words_in

_SAME_LOOK = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "\u00a0": " "}
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")  # nobody sees these
)
_TEX_SPACE = re.compile(r"(?<!\\)\\(?:[,;:!> ]|q?quad(?![A-Za-z]))")
_END_MARKS = tuple(".?:;。？：；؟।")
_EXCLAIMED = re.compile(r"(?<![\\\w])[^\W\d_]{3,}!\Z")  # a word, and no factorial
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_JOINTS = re.compile(r"[_^{}]")
_FORBIDDEN = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FILLER = frozenset(
    (
        "a an and are as at be between by can could did do does exactly for from has have how if in into is "
        "it its of on or that the their them then there these they this those to versus vs was we were what "
        "when where which who why will with would you your "
    ).split()
)
MAX_KEY = 50


def known_text(text: str) -> str:
    """Return the normalised text of a question: two questions that a reader would see as one have the same.

    White space, TeX's spacing commands, kinds of quotation marks and dashes, one mark at the end and the capital of the
    first word do not count. Everything else does: signs, digits, the order of symbols, accents, case.
    """
    text = " ".join(same_look(text).split())
    if text.endswith(_END_MARKS) or (text.endswith("!") and _EXCLAIMED.search(text)):
        text = text[:-1].rstrip()
    first, *others = text.split(" ", 1)
    if others and len(first) >= 3 and first[:3].isalpha() and first[1:].islower():
        text = text[0].lower() + text[1:]
    return text


def same_look(text: str) -> str:
    """Return a text with one form for what a reader cannot tell apart: characters, quotation marks, dashes, spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_SAME_LOOK)
    return _TEX_SPACE.sub(" ", text) if "\\" in text else text


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, folded, without punctuation."""
    return [word.casefold() for word in words_in(text)]


def content_words(text: str) -> list[str]:
    """Return the words that carry a question's meaning, without those that every question has."""
    return [word for word in words_of(text) if word not in FILLER]


class Keys:
    """Keys that are taken, and never free again."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._taken = set(keys)
        self._next: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._taken

    def add(self, *keys: str) -> None:
        """Take these keys."""
        self._taken.update(keys)

    def free(self, key: str) -> str:
        """Return the key, or the first of `key-2`, `key-3`, … that is free, and do not take it yet."""
        if key not in self._taken:
            return key
        number = self._next.get(key, 2)  # those below were taken when they were last asked for
        while f"{key}-{number}" in self._taken:
            number += 1
        self._next[key] = number
        return f"{key}-{number}"


def key_for(text: str, taken: Keys, prefix: str = "") -> str:
    """Return a new readable key for a question's text, behind `prefix`, that is not among the keys `taken`.

    Two questions that share their first words get `…-2`, `…-3`; a key once given is never given again.
    """
    plain = _JOINTS.sub("", _COMMAND.sub(" ", _FORBIDDEN.sub("", text)))
    plain = unicodedata.normalize("NFC", plain)
    every = content_words(plain) or words_of(plain) or ["question"]
    words = [word for word in every if len(word) > 1] or every  # single letters are what formulas are made of
    key = ""
    for word in words:
        longer = f"{key}-{word}" if key else word[:MAX_KEY]
        if len(longer) > MAX_KEY:
            break
        key = longer
    return taken.free(prefix + key)
