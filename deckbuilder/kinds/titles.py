"""The kinds by name, with their note types' names in Anki: all that a build needs of a kind whose notes it knows."""

from __future__ import annotations

from typing import Final

TITLES: Final = {
    "drill": "Drill",
    "implementation": "Implementation",
    "derivation": "Derivation",
    "concept": "Concept",
}
"""In the order in which a question is tried on them."""
KIND_NAMES: Final = tuple(sorted(TITLES))
