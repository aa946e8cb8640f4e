"""The one list of fields that every note type has. It is frozen: learners' collections are built on it.

Adding, renaming or reordering a field makes Anki refuse the update of every existing note of the type, so what a later
release needs goes into a spare. Each field's `id` lets Anki recognise the field whatever the learner renames it to.
"""

from __future__ import annotations

import unicodedata
from hashlib import blake2b
from typing import Final

KEY: Final = "Key"  # the note's key in deck.lock; first, so that Anki's duplicate check works on it
QUESTION: Final = "Question"  # the sort field
CONTEXT: Final = "Context"  # what is shown in front below the question: signature, assertions, givens
HINTS: Final = "Hints"
ANSWER: Final = "Answer"
KEY_POINTS: Final = "Key Points"
STEPS: Final = "Steps"  # of a derivation, or the worked solution of a drill
CODE: Final = "Code"
COMPLEXITY: Final = "Complexity"
PITFALLS: Final = "Pitfalls"
REMARKS: Final = "Remarks"  # what is to be said after the steps or the code
VARIANTS: Final = "Variants"  # of a drill, as data for its script
TOPIC: Final = "Topic"  # breadcrumb of the section path
SOURCE: Final = "Source"  # where the question stands; not part of what makes a note count as changed
VERSION: Final = "Version"  # of the deck when this note last changed; not counted either
KIND: Final = "Kind"  # what the note is now: a note keeps the note type that it was born with
DECISIONS: Final = "Spare 7"  # what the author said about which note this is; read by `verify`, not counted either
DELIVERED: Final = "Spare 8"  # prints of the other fields and the tags, by which a learner's own edits are told apart
SPARES: Final = tuple(f"Spare {number}" for number in range(1, 9))

FIELDS: Final = (
    KEY, QUESTION, CONTEXT, HINTS, ANSWER, KEY_POINTS, STEPS, CODE, COMPLEXITY, PITFALLS, REMARKS, VARIANTS,
    TOPIC, SOURCE, VERSION, KIND, *SPARES,
)  # fmt: skip

PRINTED: Final = tuple(name for name in FIELDS if name != DELIVERED)
"""The fields of which `DELIVERED` holds a print, in this order."""

SORT_FIELD: Final = FIELDS.index(QUESTION)
UNCOUNTED: Final = frozenset({SOURCE, VERSION, DECISIONS, DELIVERED})
"""Fields that may differ without the note counting as changed, so that a line inserted above touches no learner."""


BY_ID: Final = "id"
"""What `DECISIONS` says of a note whose question has an explicit id; digests of earlier wordings follow it."""


def text_print(text: str) -> str:
    """Return what `DELIVERED` holds of a text: 8 hex digits; Anki keeps texts in the form NFC, so they are read in it.

    Of an empty text nothing is held.
    """
    if not text:
        return ""
    normal = text if text.isascii() else unicodedata.normalize("NFC", text)
    return blake2b(normal.encode(), digest_size=4).hexdigest()


def field_id(kind: str, name: str) -> int:
    """Return the fixed 63-bit id of a field, the same in every deck and release."""
    return stable_id("field", kind, name)


def stable_id(*parts: str) -> int:
    """Return a positive 53-bit number made from `parts`, the same on every machine and for ever."""
    from hashlib import sha256

    digest = sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") >> 3 | 1
