"""New ids: random, so that two decks, two branches or a deck whose lock was lost never give one id to two things."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count
from typing import Final

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0 and 1, which a person could mix up
_LENGTH: Final = 16


def random_id() -> str:
    """Return a new GUID or deck id: 16 letters and digits, 80 random bits."""
    number = int.from_bytes(secrets.token_bytes(_LENGTH * 5 // 8))
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH))


def numbered_ids() -> Callable[[], str]:
    """Return what gives `new-1`, `new-2`, …: for a deck that is only looked at, so that each look shows the same."""
    numbers = count(1)
    return lambda: f"new-{next(numbers)}"
