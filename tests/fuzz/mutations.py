"""Nearly valid input: a text of our own, changed in a few places as slips, merges and attackers change texts.

All choices are made by a `Random` that is given, so that hypothesis as well as a fuzzer can make them, and make fewer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random

_PIECE = re.compile(r"\w+|[ \t]+|\n|.", re.DOTALL)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LONGEST = 20_000

ODD_CHARACTERS = (
    "\x00", "\x01", "\x07", "\x0b", "\x0c", "\x1b", "\x1f", "\x7f", "\x85", "\xa0", "\xad", "\u0301", "\u200b",
    "\u200d", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff", "\ufffd", "\uffff", "\U0001f600", "\U0010ffff",
    "\t", "\r", "\r\n", "\\", '"', "'", "`", "$", "{", "}", "[", "]", "<", ">", "&", "!", "|", "%", "@", "~", "^",
    "_", "*", "#", ":", "-",
)  # fmt: skip
ODD_NUMBERS = (
    "0", "-1", "00", "007", "1e400", "-1e-400", "1e5000", "9" * 20, "9" * 400, "9" * 5000, "1_0", "0x10", "0b_",
    "0o17", ".5", "5.", "1/3", "1/0", ".inf", ".nan", "NaN", "Infinity", "1:30:00", "2024-02-30",
    "2024-01-01T00:00:00+99:99", "9223372036854775808", "4294967296", "2147483648", "1700000000",
)  # fmt: skip
WRAPPERS = ("> ", "- ", "1. ", "    ", "\t", "   ", "## ", "  ", "<!-- ", "| ", "")


@cache
def words() -> tuple[str, ...]:
    """Return the words of the fuzzer's dictionary."""
    lines = Path(__file__).with_name("words.txt").read_text("utf-8").split("\n")
    return tuple(line.replace("␤", "\n") for line in lines if line and not line.startswith("#"))


def mutated(text: str, others: Sequence[str], random: Random, *, most: int = 5) -> str:
    """Return the text with one to so many changes; `others` are texts of its kind that it may take parts of."""
    for _ in range(random.randint(1, most)):
        change = random.choice(_CHANGES)
        text = change(text, others, random)
    return text[:_LONGEST]


def _without_piece(text: str, others: Sequence[str], random: Random) -> str:
    pieces = _PIECE.findall(text)
    start, end = _range(len(pieces), random, most=4)
    return "".join(pieces[:start] + pieces[end:])


def _other_piece(text: str, others: Sequence[str], random: Random) -> str:
    pieces = _PIECE.findall(text)
    start, end = _range(len(pieces), random, most=1)
    return "".join((*pieces[:start], random.choice(words()), *pieces[end:]))


def _word_added(text: str, others: Sequence[str], random: Random) -> str:
    pieces = _PIECE.findall(text)
    at = random.randint(0, len(pieces))
    return "".join((*pieces[:at], random.choice(words()), *pieces[at:]))


def _odd_character(text: str, others: Sequence[str], random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(ODD_CHARACTERS) + text[at + random.randint(0, 1) :]


def _odd_number(text: str, others: Sequence[str], random: Random) -> str:
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return text
    chosen = random.choice(numbers)
    return text[: chosen.start()] + random.choice(ODD_NUMBERS) + text[chosen.end() :]


def _cut_short(text: str, others: Sequence[str], random: Random) -> str:
    return text[: random.randint(0, len(text))]


def _repeated(text: str, others: Sequence[str], random: Random) -> str:
    pieces = _PIECE.findall(text)
    start, end = _range(len(pieces), random, most=3)
    times = random.choice((2, 3, 50, 300))
    return "".join(pieces[:start] + pieces[start:end] * times + pieces[end:])


def _lines_dropped(text: str, others: Sequence[str], random: Random) -> str:
    lines = text.split("\n")
    start, end = _range(len(lines), random, most=3)
    return "\n".join(lines[:start] + lines[end:])


def _lines_doubled(text: str, others: Sequence[str], random: Random) -> str:
    lines = text.split("\n")
    start, end = _range(len(lines), random, most=6)
    at = random.randint(0, len(lines))
    return "\n".join(lines[:at] + lines[start:end] + lines[at:])


def _lines_of_another(text: str, others: Sequence[str], random: Random) -> str:
    lines, strange = text.split("\n"), random.choice(others).split("\n")
    start, end = _range(len(strange), random, most=8)
    first, last = _range(len(lines), random, most=3)
    return "\n".join(lines[:first] + strange[start:end] + lines[last:])


def _lines_wrapped(text: str, others: Sequence[str], random: Random) -> str:
    lines = text.split("\n")
    start, end = _range(len(lines), random, most=6)
    wrapper = random.choice(WRAPPERS)
    changed = [wrapper * random.choice((1, 1, 1, 2, 12)) + line.lstrip() for line in lines[start:end]]
    return "\n".join(lines[:start] + changed + lines[end:])


def _lines_joined(text: str, others: Sequence[str], random: Random) -> str:
    lines = text.split("\n")
    start, end = _range(len(lines), random, most=4)
    return "\n".join([*lines[:start], random.choice((" ", "", ", ")).join(lines[start:end]), *lines[end:]])


def _piece_moved(text: str, others: Sequence[str], random: Random) -> str:
    pieces = _PIECE.findall(text)
    start, end = _range(len(pieces), random, most=6)
    moved = pieces[start:end]
    left = pieces[:start] + pieces[end:]
    at = random.randint(0, len(left))
    return "".join(left[:at] + moved + left[at:])


def _range(length: int, random: Random, *, most: int) -> tuple[int, int]:
    start = random.randint(0, length)
    return start, min(length, start + random.randint(0, most))


_CHANGES: tuple[Callable[[str, Sequence[str], Random], str], ...] = (
    _without_piece, _other_piece, _word_added, _odd_character, _odd_number, _cut_short, _repeated, _lines_dropped,
    _lines_doubled, _lines_of_another, _lines_wrapped, _lines_joined, _piece_moved,
)  # fmt: skip
