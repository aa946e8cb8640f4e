"""A drill's variants as deck.lock keeps them: numbered slots, with each value and each answer as exact text."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec import Struct

from deckbuilder.drills.limits import MAX_NAMES, NAME

_DECIMAL: Final = re.compile(r"(?<![^\[ ])~-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?(?![^\],])", re.ASCII)
_LONGEST_ANSWER_NAME: Final = 200
_LAST: Final = 1_000_000  # no drill was ever given so many variants


class Slot(Struct, frozen=True):
    """A place for a variant, numbered from 1 for ever: each parameter's value and each answer as `exact_text`."""

    number: int
    values: Mapping[str, str]
    answers: Mapping[str, str]
    retired: bool = False


Slots: TypeAlias = tuple[Slot, ...]
"""What the lock keeps for a note besides its identity: a drill's variants by value."""


def slot_record(slot: Slot) -> dict[str, Any]:
    """Return a slot as the JSON object that deck.lock keeps; the order of parameters leaves no trace in it."""
    record: dict[str, Any] = {"slot": slot.number, "values": dict(sorted(slot.values.items()))}
    record["answers"] = dict(sorted(slot.answers.items()))
    return record | ({"retired": True} if slot.retired else {})


def read_slot(record: Mapping[str, Any]) -> Slot:
    """Return the slot that `slot_record` wrote; raises ValueError for anything that it would not write."""
    number = record.get("slot")
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= _LAST:
        raise ValueError(f"`slot` is not a number from 1 to {_LAST}")
    unknown = set(record) - {"slot", "values", "answers", "retired"}
    if unknown:
        raise ValueError(f"slot {number} has `{min(unknown)}`, which is not known")
    if record.get("retired", True) is not True:
        raise ValueError(f"`retired` of slot {number} is not true")
    values = _texts(record, "values", number)
    for name, text in values.items():
        if not NAME.fullmatch(name) or not _is_exact(text):
            raise ValueError(f"`{name}` of slot {number} is not a value")
    answers = _texts(record, "answers", number)
    for name, text in answers.items():
        if len(name) > _LONGEST_ANSWER_NAME or not _is_answer(text):
            raise ValueError(f"the answer `{name}` of slot {number} is not a value")
    return Slot(number, values, answers, "retired" in record)


def read_slots(records: Sequence[Mapping[str, Any]]) -> tuple[Slot, ...]:
    """Return the slots of one drill; raises ValueError where one makes no sense or two have the same number."""
    slots = tuple(read_slot(record) for record in records)
    number, times = Counter(slot.number for slot in slots).most_common(1)[0] if slots else (0, 1)
    if times > 1:
        raise ValueError(f"slot {number} stands twice")
    return slots


def slots_text(slots: Slots) -> str:
    """Return slots as one text; equal slots give equal text."""
    return json.dumps([slot_record(slot) for slot in slots]) if slots else ""


def slots_of_text(text: str) -> Slots:
    """Return the slots that `slots_text` wrote."""
    return read_slots(json.loads(text)) if text else ()


def _texts(record: Mapping[str, Any], key: str, number: int) -> dict[str, str]:
    found = record.get(key)
    if not isinstance(found, dict) or len(found) > MAX_NAMES:
        raise ValueError(f"`{key}` of slot {number} is not a mapping")
    if not all(isinstance(name, str) and isinstance(text, str) for name, text in found.items()):
        raise ValueError(f"`{key}` of slot {number} holds something that is no text")
    return dict(found)


@lru_cache(maxsize=65_536)  # a drill's numbers are few and come again and again
def _is_exact(text: str) -> bool:
    from deckbuilder.drills.quantities import read_exact  # brings in what a deck without drills never needs

    try:
        read_exact(text)
    except ValueError:
        return False
    return True


def _is_answer(text: str) -> bool:
    """Whether a text is a value some of whose numbers may be decimals that came from exp, log or a root."""
    return _is_exact(re.sub(_DECIMAL, "0", text))
