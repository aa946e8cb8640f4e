"""What speaks for a question being a known note with other words: its answer, its section, its wording."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from deckbuilder.identity.keys import content_words, words_of

MIN_ANSWER_WORDS = 5
"""Shorter answers ("Test", "See below") are no evidence of anything."""

_BUCKETS = 16
PLAUSIBLE_HERE = 0.5
PLAUSIBLE_ELSEWHERE = 0.75
PLAUSIBLE_ANSWER = 0.5
_CLOSE = 0.6
_TYPO = 0.7


@lru_cache(maxsize=8192)  # asked for twice a build, and again by each preparation of the same deck
def answer_print(answer: str) -> str:
    """Return an answer's fingerprint: 16 hex digits of its words in order, then a sketch of which words they are.

    Formatting, case and punctuation do not count. The sketch (one byte in each of 16 buckets, after Broder's
    min-wise hashing, 1997) lets two answers be compared when only their fingerprints are left. A very short answer
    has none.
    """
    words = words_of(answer)
    if len(words) < MIN_ANSWER_WORDS:
        return ""
    exact = blake2b(" ".join(words).encode(), digest_size=8).hexdigest()
    least = [0xFFFFFFFF] * _BUCKETS
    for word in set(content_words(answer)):
        number = crc32(word.encode())
        bucket = number % _BUCKETS
        least[bucket] = min(least[bucket], number)
    return exact + "".join(f"{number >> 24 & 0xFF:02x}" if number != 0xFFFFFFFF else "--" for number in least)


def same_answer(one: str, other: str) -> bool:
    """Whether two fingerprints are of the same words in the same order."""
    return bool(one) and one[:16] == other[:16]


def answer_likeness(one: str, other: str) -> float:
    """Return the estimated share (0 to 1) of words that the answers of two fingerprints have in common."""
    if not one or not other:
        return 0.0
    pairs = [(one[at : at + 2], other[at : at + 2]) for at in range(16, 16 + 2 * _BUCKETS, 2)]
    filled = [(left, right) for left, right in pairs if left != "--" or right != "--"]
    if len(filled) < _BUCKETS // 2:  # too few words to tell likeness from chance
        return 0.0
    return sum(left == right for left, right in filled) / len(filled)


class Suspects:
    """An index of missing notes that finds, without comparing all with all, those that anything speaks for."""

    def __init__(self, notes: Iterable[tuple[str, str, str]]) -> None:
        """Index notes given as key, known text and answer fingerprint."""
        self._by_word: dict[str, list[str]] = defaultdict(list)
        self._by_bucket: dict[tuple[int, str], list[str]] = defaultdict(list)
        self._by_answer: dict[str, list[str]] = defaultdict(list)
        for key, text, answer in notes:
            for word in set(content_words(text)):
                self._by_word[word[:4]].append(key)
            for bucket in _buckets(answer):
                self._by_bucket[bucket].append(key)
            if answer:
                self._by_answer[answer[:16]].append(key)

    def near(self, text: str, answer: str) -> list[str]:
        """Return the keys of the notes with the same answer, a like one, or some like words in their question."""
        words = {word[:4] for word in content_words(text)}
        shared = Counter(key for word in words for key in set(self._by_word.get(word, ())))
        alike = Counter(key for bucket in _buckets(answer) for key in self._by_bucket.get(bucket, ()))
        found = set(self._by_answer.get(answer[:16], ())) if answer else set()
        found |= {key for key, count in shared.items() if 3 * count >= len(words)}
        found |= {key for key, count in alike.items() if count >= PLAUSIBLE_ANSWER * _BUCKETS // 2}
        return sorted(found)


def _buckets(answer: str) -> list[tuple[int, str]]:
    return [(at, answer[at : at + 2]) for at in range(16, len(answer), 2) if answer[at] != "-"]


def wording_likeness(one: str, other: str) -> float:
    """Return how much (0 to 1) of their meaning-carrying words two questions share (Dice's coefficient)."""
    left, right = content_words(one), content_words(other)
    if not left or not right:
        return 0.0
    return (
        2
        * sum(match.size for match in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks())
        / (len(left) + len(right))
    )


def close_wording(one: str, other: str) -> bool:
    """Whether two questions differ as one question does from its own correction.

    Words may be added or taken away, and misspelt ones mended; but a word replaced by quite another one (L1 by L2,
    forward by backward) makes another question, however alike the rest is.
    """
    left, right = words_of(one), words_of(other)
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    replaced = [
        (left[start:end], right[begin:stop])
        for how, start, end, begin, stop in matcher.get_opcodes()
        if how == "replace"
    ]
    if not all(_mended(before, after) for before, after in replaced):
        return False
    return matcher.ratio() >= _CLOSE or _letters_alike(left, right)


def _mended(before: list[str], after: list[str]) -> bool:
    """Whether some words were only respelt, or filler was exchanged for filler."""
    carried_before, carried_after = content_words(" ".join(before)), content_words(" ".join(after))
    if not carried_before or not carried_after:
        return True
    return _letters_alike(carried_before, carried_after)


def _letters_alike(before: list[str], after: list[str]) -> bool:
    one, other = "".join(before), "".join(after)
    if any(character.isdigit() for character in one + other) and _digits(one) != _digits(other):
        return False
    return min(len(one), len(other)) >= 4 and SequenceMatcher(None, one, other, autojunk=False).ratio() >= _TYPO


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
