"""What to type into the search of Anki's browser."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r'([\\*_"])')
_SPECIAL_IN_PATTERNS = re.compile(r"([^\w-])")


def search_for(keys: Sequence[str], deck: str) -> str:
    """Return the search that finds the cards of just these notes of a deck, whatever deck a learner put them in.

    Keys are compared letter by letter: Anki's `Key:a` would find the key `A` too.
    """
    if not keys:
        return ""
    note_types = _SPECIAL.sub(r"\\\1", deck)
    either = "|".join(_SPECIAL_IN_PATTERNS.sub(r"\\\1", key) for key in sorted(keys))
    return f'"note:* ({note_types})" "Key:re:(?-i)^({either})$"'
