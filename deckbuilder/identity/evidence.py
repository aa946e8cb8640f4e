"""What speaks for a question being a known note with other words: its answer, and how much of its wording is left."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, islice
from typing import Final, NamedTuple
from zlib import crc32

from deckbuilder.identity.keys import FILLER, content_words, same_look, words_of
from deckbuilder.source.words import words_in

MIN_ANSWER_WORDS: Final = 5
"""A shorter answer ("Yes", "See below") proves nothing alone."""

MOST_SENTENCES: Final = 16
"""Sentences that a fingerprint has one by one; the lock has to stay readable."""

MOST_READ: Final = 2_000
"""Entries of the index that are read for one question: all, unless hundreds of missing notes share its words."""

_BUCKETS: Final = 16

# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_BLOCK: Final = re.compile(r"\n[ \t]*\n|\n[ \t]*(?=(?:[-*+]|[0-9]{1,9}[.)]|#{1,6})[ \t])")
_LINE_MARK: Final = re.compile(r"\A(?:[-*+]|[0-9]{1,9}[.)]|#{1,6}|>) ")
_LOOK: Final = re.compile(
    r"""
      [`$]                                 # code and formulas look alike whatever encloses them
    | (?<![\w*])\*{1,3}(?=[\w"'(])         # emphasis opens
    | (?<=[\w.!?,;:)"'])\*{1,3}(?![\w*(])  # and closes
    | (?<=\S)[.,;:。，；：](?=\s|\Z)          # marks between and after words
    | (?<=[^\W\d_][^\W\d_])[!?](?=\s|\Z)   # after a word, where it is no factorial
    """,
    re.VERBOSE,
)
_VERBATIM: Final = re.compile(
    r"(?<![`\\])(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?<![$\\])(?P<dollars>\$\$?)(?![\s$])(?P<formula>[^$]*[^\s$])(?P=dollars)(?![\d$])"
)
_KEPT: Final = "\ufffc"  # stands for code or a formula while the marks around it are taken out
_SENTENCE_END: Final = re.compile(r"(?<=[.!?]) |(?<=[。！？])(?=.)")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_OLD_WORD: Final = re.compile(r"[^\W_]+")


class Fingerprint(NamedTuple):
    """An answer's fingerprint, taken apart.

    `words` stands for its words in order, folded, without any sign; `sketch` for which words they are; both are empty
    for a very short answer. `exact` stands for all that a reader sees. `sentences` are one by one, none for a short
    answer. `look` stands for what the question shows besides its words, "" for nothing. Locks of earlier versions have
    `words` and `sketch` only.
    """

    words: str
    sketch: frozenset[str]
    exact: str
    sentences: tuple[str, ...]
    look: str = ""


@lru_cache(maxsize=8192)  # asked for twice a build, and again by each preparation of the same deck
def answer_print(answer: str, look: str = "") -> str:
    """Return an answer's fingerprint as the lock keeps it; empty where there is no answer.

    It has up to four parts, with a full stop between. The first is what earlier versions wrote: 16 hex digits of the
    words in order, and a sketch of which words they are, for answers of at least five. The second is 16 hex digits of
    all that a reader sees: of signs, digits and their order, too. The third, for answers that are no shorter than five
    words, is 8 hex digits for each sentence. The fourth, if the question has a `look`, is 8 hex digits of that: of what
    it shows besides its words.
    """
    sentences = _sentences(answer)
    if not sentences:
        return ""
    parts = [_old_print(answer), _digest(" ".join(sentences), 8)]
    if _length(sentences) >= MIN_ANSWER_WORDS:
        listed = sentences if len(sentences) <= MOST_SENTENCES else [" ".join(sentences)]
        parts.append("".join(_digest(sentence, 4) for sentence in listed))
    if look:
        parts += [""] * (3 - len(parts)) + [_digest(unicodedata.normalize("NFC", look), 4)]
    return ".".join(parts)


def fingerprint_of(text: str) -> Fingerprint:
    """Take a fingerprint of the lock, of whichever version, apart."""
    old, _, new = text.partition(".")
    exact, _, new = new.partition(".")
    sentences, _, look = new.partition(".")
    sketch = frozenset(f"{at}{old[at : at + 2]}" for at in range(16, len(old), 2) if old[at] != "-")
    return Fingerprint(old[:16], sketch, exact, tuple(_cut(sentences, 8)), look)


def look_in(text: str) -> str:
    """Return the part of a lock's fingerprint that stands for what a question shows besides its words."""
    return text.split(".", 3)[3] if text.count(".") == 3 else ""


def _cut(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def _sentences(answer: str) -> list[str]:
    """Return what a reader sees of an answer, sentence by sentence, without formatting and marks between words."""
    found: list[str] = []
    for block in _BLOCK.split(unicodedata.normalize("NFC", answer)):
        text = _LINE_MARK.sub("", " ".join(same_look(block).split()))
        found += [" ".join(_without_looks(sentence).split()) for sentence in _SENTENCE_END.split(text)]
    return [sentence for sentence in found if sentence]


def _without_looks(sentence: str) -> str:
    """Return a sentence without formatting and the marks between its words; in code and formulas every sign counts."""
    if "`" not in sentence and "$" not in sentence:
        return _LOOK.sub("", sentence)
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found["code"] or found["formula"])
        return _KEPT

    plain = _LOOK.sub("", _VERBATIM.sub(keep, sentence.replace(_KEPT, " ")))
    inside = iter(kept)
    return "".join(next(inside) if one == _KEPT else one for one in plain)


def _length(sentences: Iterable[str]) -> int:
    """Return the number of words; where a script has no blanks between words, two characters count as one."""
    text = " ".join(sentences)
    return len(words_in(_UNSPACED.sub(" ", text))) + len(_UNSPACED.findall(text)) // 2


def _old_print(answer: str) -> str:
    words = [word.casefold() for word in _OLD_WORD.findall(answer)]
    if len(words) < MIN_ANSWER_WORDS:
        return ""
    least = [0xFFFFFFFF] * _BUCKETS  # one byte for the least number in each bucket, after Broder's min-wise hashing
    for word in set(words) - FILLER:
        number = crc32(word.encode())
        bucket = number % _BUCKETS
        least[bucket] = min(least[bucket], number)
    sketch = "".join(f"{number >> 24 & 0xFF:02x}" if number != 0xFFFFFFFF else "--" for number in least)
    return _digest(" ".join(words), 8) + sketch


def _digest(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()


def is_telling(answer: Fingerprint) -> bool:
    """Whether an answer is long enough to prove something."""
    return bool(answer.sentences or (answer.words and not answer.exact))


def same_answer(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether two fingerprints are of the same answer, however short, as far as both of them know."""
    if one.exact and other.exact:
        return one.exact == other.exact
    return bool(one.words) and one.words == other.words


def may_be_same(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether nothing says that the answers differ: earlier versions knew nothing of short ones."""
    if one.exact and other.exact:
        return one.exact == other.exact
    return one.words == other.words


def is_revised(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether one answer is clearly a revision of the other: whole sentences were added, or whole sentences taken out.

    What is left of both must be the larger part. A sentence that changed may now say the contrary.
    """
    short, long = sorted((one, other), key=lambda answer: len(answer.sentences))
    return len(short.sentences) < len(long.sentences) <= 2 * len(short.sentences) and _is_within(
        short.sentences, long.sentences
    )


def is_part(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether all sentences of one answer, which is no short one, are in the other."""
    short, long = sorted((one.sentences, other.sentences), key=len)
    return bool(short) and _is_within(short, long)


def _is_within(few: Sequence[str], many: Sequence[str]) -> bool:
    """Whether the few are among the many, in the same order."""
    rest = iter(many)
    return all(one in rest for one in few)


class Answers:
    """Notes or questions by their answers."""

    def __init__(self, prints: Iterable[Fingerprint]) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._words: dict[str, list[int]] = defaultdict(list)
        self._only_words: dict[str, list[int]] = defaultdict(list)
        for number, answer in enumerate(prints):
            if answer.exact:
                self._exact[answer.exact].append(number)
            if answer.words:
                self._words[answer.words].append(number)
                if not answer.exact:
                    self._only_words[answer.words].append(number)

    def same(self, answer: Fingerprint) -> list[int]:
        """Return the numbers of all that have the same answer as far as is known."""
        if not answer.exact:
            return self._words.get(answer.words, [])
        return self._exact.get(answer.exact, []) + self._only_words.get(answer.words, [])


# ── wording ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_TOKEN: Final = re.compile(r"[\w]+|[^\w\s]")


def close_wording(one: str, other: str, *, besides: Collection[str] = ()) -> bool:
    """Whether two questions differ, besides some words, only by words that one of them has more.

    Any other difference, be it one letter, a sign or the order, may make another question.
    """
    tokens = [[token for token in _TOKEN.findall(text.casefold()) if token not in besides] for text in (one, other)]
    short, long = sorted(tokens, key=len)
    return _is_within(short, long) and all(word.isalpha() for word in (Counter(long) - Counter(short)))


@lru_cache(maxsize=8192)
def traits_of(text: str) -> frozenset[str]:
    """Return how the words that carry a question's meaning begin and end.

    Most slips and most forms of a word leave one end as it is. Accents and vowel signs are left out, since a slip may
    well be one of them. Scripts without blanks are taken apart in pairs.
    """
    if not text.isascii():
        bare = [one for one in unicodedata.normalize("NFD", text) if not unicodedata.category(one).startswith("M")]
        text = unicodedata.normalize("NFC", "".join(bare))
    traits = set()
    for word in content_words(text) or words_of(text):
        if _UNSPACED.match(word) and len(word) > 1:
            traits |= {word[at : at + 2] for at in range(len(word) - 1)}
        else:
            traits |= {f"{word[:3]}-", f"-{word[-3:]}"}
    return frozenset(traits)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much (0 to 1) two sets have in common (Dice's coefficient)."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)


class Near(NamedTuple):
    """What an index has that is like something: numbers with their likeness; `all_seen` if there can be no others."""

    found: Mapping[int, float]
    all_seen: bool


class Likes:
    """An index of numbered sets that finds those like another one without comparing all with all."""

    def __init__(self, sets: Iterable[tuple[int, Collection[str]]]) -> None:
        self._sizes: dict[int, int] = {}
        self._having: dict[str, list[int]] = defaultdict(list)
        for number, traits in sets:
            self._sizes[number] = len(traits)
            for trait in traits:
                self._having[trait].append(number)

    def near(self, traits: Collection[str]) -> Near:
        """Return all that have traits in common. The rarest traits are looked up first, and of very many not all."""
        lists = sorted((self._having.get(trait, ()) for trait in sorted(traits)), key=len)
        shared = Counter(islice(chain.from_iterable(lists), MOST_READ))
        found = {number: 2 * count / (len(traits) + self._sizes[number]) for number, count in shared.items()}
        return Near(found, sum(map(len, lists)) <= MOST_READ)
