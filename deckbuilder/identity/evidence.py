"""What speaks for a question being a known note with other words: its answer, its section, its wording."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from hashlib import blake2b
from heapq import nlargest
from itertools import accumulate, chain
from typing import Final
from zlib import crc32

from msgspec import Struct

from deckbuilder.identity.keys import FILLER, content_words, words_of
from deckbuilder.identity.lock import LockedNote, Section

MIN_ANSWER_WORDS = 5
"""Shorter answers ("Test", "See below") are no evidence of anything."""

MOST_READ: Final = 1_000
"""Entries of the index that are read for one question: all of them while some hundred notes are missing."""

MOST_SUSPECTS: Final = 10
"""Missing notes that one question is compared with word by word."""

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
    for word in set(words) - FILLER:
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


class Near(Struct, frozen=True):
    """The missing notes that most speaks for, by key in order; `all_seen` if no other can be plausible."""

    keys: list[str]
    all_seen: bool


class Suspects:
    """An index of missing notes that finds, without comparing all with all, those that anything speaks for.

    However many notes are missing, what is looked at for one question is bounded: the notes with its rarest words and
    those of its section.
    """

    def __init__(self, notes: Iterable[LockedNote], texts: Mapping[str, str]) -> None:
        """Index notes, given with their known texts by key."""
        self._notes: list[LockedNote] = list(notes)
        self._words: list[set[str]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_bucket: dict[str, list[int]] = defaultdict(list)
        self._by_answer: dict[str, list[int]] = defaultdict(list)
        self._by_section: dict[Section, list[int]] = defaultdict(list)
        for place, note in enumerate(self._notes):
            words = _beginnings(texts[note.key])
            self._words.append(words)
            for word in words:
                self._by_word[word].append(place)
            for bucket in _buckets(note.answer):
                self._by_bucket[bucket].append(place)
            self._by_answer[note.answer[:16]].append(place)
            self._by_section[note.section].append(place)

    def near(self, text: str, answer: str, section: Section) -> Near:
        """Return the notes with the same answer, a like one, or some like words in their question."""
        words, buckets = _beginnings(text), _buckets(answer)
        shared, words_left = _counted([self._by_word.get(word, []) for word in words])
        alike, buckets_left = _counted([self._by_bucket.get(bucket, []) for bucket in buckets])
        enough = PLAUSIBLE_ANSWER * _BUCKETS / 2 * (1 - buckets_left / max(1, len(buckets)))
        found = {place for place, count in shared.items() if 3 * count >= len(words) - words_left}
        found |= {place for place, count in alike.items() if count >= enough}
        if words_left or buckets_left:
            found.update(self._by_section.get(section, [])[:MOST_READ])
        same = self._by_answer.get(answer[:16], [])[:MOST_SUSPECTS] if answer else []
        found.update(same)
        if len(found) > MOST_SUSPECTS:
            found = set(same) | self._strongest(found, words, alike, section)
        # What was not read has none of the words and buckets that were.
        all_seen = 3 * words_left < max(1, len(words)) and buckets_left < PLAUSIBLE_ANSWER * max(1, len(buckets))
        return Near(sorted(self._notes[place].key for place in found), all_seen)

    def _strongest(self, found: Iterable[int], words: set[str], alike: Mapping[int, int], section: Section) -> set[int]:
        """Return the notes that are most like in words, most of all in the section, or whose answers are."""

        def strength(place: int) -> float:
            others = self._words[place]
            here = PLAUSIBLE_ELSEWHERE - PLAUSIBLE_HERE if self._notes[place].section == section else 0.0
            return 2 * len(words & others) / (len(words) + len(others) or 1) + here + alike.get(place, 0) / _BUCKETS

        return set(nlargest(MOST_SUSPECTS, sorted(found), key=strength))


def _beginnings(text: str) -> set[str]:
    """Return how the words that carry a question's meaning begin: alike for forms of one word, and for most slips."""
    return {word[:4] for word in content_words(text)}


def _counted(lists: list[list[int]]) -> tuple[Counter[int], int]:
    """Count in how many lists each note is; and return how many lists, the longest, could not be read."""
    lists.sort(key=len)
    read = sum(end <= MOST_READ for end in accumulate(map(len, lists)))
    count = Counter(chain.from_iterable(lists[:read]))
    if not count and read < len(lists):
        count = Counter(lists[read][:MOST_READ])
    return count, len(lists) - read


def _buckets(answer: str) -> list[str]:
    return [f"{at}{answer[at : at + 2]}" for at in range(16, len(answer), 2) if answer[at] != "-"]


def wording_likeness(one: str, other: str) -> float:
    """Return how much (0 to 1) of their meaning-carrying words two questions share (Dice's coefficient)."""
    left, right = _carrying(one), _carrying(other)
    if not left or not right:
        return 0.0
    return (
        2
        * sum(match.size for match in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks())
        / (len(left) + len(right))
    )


@lru_cache(maxsize=8192)  # each is compared with several others
def _carrying(text: str) -> tuple[str, ...]:
    return tuple(content_words(text))


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
