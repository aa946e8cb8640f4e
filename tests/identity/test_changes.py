"""Where an earlier build put a card: what a push goes by when it moves it on."""

from __future__ import annotations

from msgspec.structs import replace

from deckbuilder.identity.changes import decks_left
from deckbuilder.identity.lock import Lock, LockedNote

NOTE = LockedNote(
    key="k",
    guid="g",
    kind="concept",
    born=1,
    modified=1,
    fingerprint="f.f",
    answer="a",
    section=("A", "B"),
    text="What?",
)
LOCK = Lock("D", "d", 1, decks={("A", "B"): "D::A::B", ("A",): "D::A", ("C",): "D::C"})


def test_a_note_that_moves_remembers_the_deck_that_it_leaves() -> None:
    """If this failed, its card would stay for ever in the deck of a section that it has left."""
    assert decks_left(NOTE, "D::C", LOCK, 2) == ("D::A::B",)
    again = replace(NOTE, section=("C",), left=("D::A::B",))
    assert decks_left(again, "D::E", LOCK, 2) == ("D::A::B", "D::C")


def test_a_note_that_comes_back_does_not_leave_its_own_deck() -> None:
    """If this failed, a push would take a card out of the very deck that it belongs to."""
    away = replace(NOTE, section=("C",), left=("D::A::B",))
    assert decks_left(away, "D::A::B", LOCK, 2) == ("D::C",)


def test_a_note_that_stays_leaves_nothing() -> None:
    """If this failed, each build would change the lock."""
    assert decks_left(NOTE, "D::A::B", LOCK, 2) == ()
    assert decks_left(None, "D::A::B", LOCK, 2) == ()


def test_with_another_depth_of_subdecks_any_deck_above_may_be_the_one() -> None:
    """If this failed, cards would stay where they were when an author chooses fewer or more levels."""
    shallow = replace(LOCK, decks={(): "D", ("A",): "D::A"})
    assert decks_left(NOTE, "D::A::B", shallow, 2) == ("D", "D::A")
