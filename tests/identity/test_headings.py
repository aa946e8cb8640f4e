"""A renamed heading keeps its deck, if most of its questions came from there."""

from __future__ import annotations

import pytest

from deckbuilder.identity.changes import deck_names
from deckbuilder.identity.lock import Lock

OLD, NEW, OTHER = ("Old",), ("New",), ("Other",)


@pytest.mark.parametrize(
    ("came_from", "present", "name"),
    [
        ([OLD], [NEW], "D::Old"),
        ([OLD, OLD, OTHER], [NEW, OTHER], "D::Old"),
        ([OLD, OTHER], [NEW, OTHER], "D::New"),  # no more than half
        ([OLD, OLD], [NEW, OLD], "D::New"),  # it is still there
        ([], [NEW], "D::New"),
    ],
)
def test_a_renamed_heading_keeps_its_deck(
    came_from: list[tuple[str, ...]], present: list[tuple[str, ...]], name: str
) -> None:
    """If this failed, learners' cards would stay behind in a deck that gets nothing new, or two decks be mixed."""
    lock = Lock("D", "d", 1, decks={OLD: "D::Old", OTHER: "D::Other"})
    names = deck_names("D", present, lock, [(old, NEW) for old in came_from])
    assert names[NEW] == name
