"""What is shown of a deck, good and broken: without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.cache import Cache
from deckbuilder.identity.guids import numbered_ids
from deckbuilder.kinds import fields
from deckbuilder.pipeline import Options, prepare
from deckbuilder.preview.deck import PreviewCard, PreviewDeck, constant_side, preview_deck
from tests.preview.conftest import Deck


def options() -> Options:
    """Return what one look at a deck is asked for."""
    return Options(now=1_700_000_000, new_id=numbered_ids())


@pytest.fixture
def own(tmp_path: Path) -> Deck:
    """A deck for one test alone."""
    return Deck(tmp_path / "deck")


def shown(deck: Deck, last: PreviewDeck | None = None) -> PreviewDeck:
    """Return what is shown of the deck as it now is."""
    return preview_deck(*prepare(deck.folder, options()), last or PreviewDeck())


def card(deck: PreviewDeck, key: str) -> PreviewCard:
    """Return the card of that key."""
    (found,) = [one for one in deck.cards if one.key == key]
    return found


def test_a_card_is_what_the_package_carries(own: Deck) -> None:
    """The preview would promise what no learner gets."""
    prepared, _ = prepare(own.folder, options())
    assert prepared
    plan = prepared.plan()
    deck = shown(own)
    assert [one.note for one in deck.cards] == list(plan.notes)
    assert {one.note_type for one in deck.cards} == set(plan.note_types)
    assert deck.media == {file.name: file.content for file in plan.media}


def test_a_side_is_its_own_part_and_the_common_one(own: Deck) -> None:
    """A card would lose its script, or be sent with the script of all cards each time."""
    for one in shown(own).cards:
        for side in ("front", "back"):
            assert one.side(side) == one.changing_side(side) + constant_side(one.note_type, side)
            assert "<script" not in one.changing_side(side)
            assert "{{" not in one.side(side)
        assert dict(zip(fields.FIELDS, one.note.fields, strict=True))[fields.QUESTION] in one.side("front")


def test_findings_stand_at_their_cards(own: Deck) -> None:
    """An author would look for a mistake at another card."""
    own.edit("1-vectors.md", "The first words.", "The first words.\n\n    TODO: more")
    deck = shown(own)
    todo, unanswered = "DB202", "DB201"
    assert todo in [one.code for one in card(deck, "long-answer").diagnostics]
    assert todo not in [one.code for key in ("dot-product", "show") for one in card(deck, key).diagnostics]
    assert unanswered in [one.code for one in deck.loose]
    assert {todo, unanswered} <= {one.code for one in deck.diagnostics}


def test_a_print_moves_with_what_is_shown_and_with_nothing_else(own: Deck) -> None:
    """A change would not be seen, or every card be drawn again at every save."""
    before = shown(own)
    own.edit("2-drills.md", "return 2 * x", "return x + x")
    after = shown(own, before)
    moved = [one.key for one, was in zip(after.cards, before.cards, strict=True) if one.imprint != was.imprint]
    assert moved == ["implement-double"]
    assert after.version == before.version + 1


def test_a_hurt_card_is_kept_as_it_was(own: Deck) -> None:
    """A half-written block would take its card out of view."""
    before = shown(own)
    own.edit("2-drills.md", "answer: a + b", "answer: a + c")
    broken = shown(own, before)
    hurt = card(broken, "sum")
    assert hurt.is_old
    assert hurt.note == card(before, "sum").note
    assert [one.is_error for one in hurt.diagnostics] == [True]
    assert broken.has_errors
    own.edit("2-drills.md", "answer: a + c", "answer: a + b")
    mended = shown(own, broken)
    assert [one.imprint for one in mended.cards] == [one.imprint for one in before.cards]
    assert not any(one.is_old for one in mended.cards)


def test_other_cards_go_on_while_one_is_broken(own: Deck) -> None:
    """One mistake would freeze the whole page."""
    before = shown(own)
    own.edit("2-drills.md", "answer: a + b", "answer: a + c")
    own.edit("1-vectors.md", "The first words.", "Quite other words.")
    broken = shown(own, before)
    assert "Quite other words." in card(broken, "long-answer").side("back")
    assert not card(broken, "long-answer").is_old


def test_a_deleted_card_goes_though_another_is_broken(own: Deck) -> None:
    """Cards long deleted or renamed would pile up for as long as a mistake is somewhere else."""
    before = shown(own)
    own.edit("2-drills.md", "answer: a + b", "answer: a + c")
    own.edit("1-vectors.md", "What is a long answer?", "Which reply takes paragraphs?")
    keys = [one.key for one in shown(own, before).cards]
    assert "long-answer" not in keys
    assert len(keys) == 5


def test_a_question_twice_keeps_both_cards_in_view(own: Deck) -> None:
    """An identity that is not clear has no card: the author would not see what the two questions were."""
    before = shown(own)
    own.edit("1-vectors.md", "What is a long answer?", "What is a dot product of $a$ and $b$?")
    broken = shown(own, before)
    assert [one.key for one in broken.cards] == [one.key for one in before.cards]
    assert card(broken, "long-answer").is_old
    assert any(
        one.is_error for one in card(broken, "long-answer").diagnostics + card(broken, "dot-product").diagnostics
    )


@pytest.mark.parametrize("name", ["deck.lock", "1-vectors.md", "deck.yml"])
def test_what_cannot_be_read_loses_no_card(own: Deck, name: str) -> None:
    """A merge left half done, or a file in another encoding, would empty the page."""
    before = shown(own)
    (own.folder / name).write_bytes(b"\xe9\n")
    broken = shown(own, before)
    assert [one.key for one in broken.cards] == [one.key for one in before.cards]
    assert any(one.span.file.endswith(name) for one in broken.diagnostics if one.is_error)


def test_a_missing_folder_says_so_and_keeps_the_cards(own: Deck) -> None:
    """A branch changed in git while the page is open would end the preview."""
    before = shown(own)
    own.folder.rename(own.folder.with_name("elsewhere"))
    gone = shown(own, before)
    assert [one.key for one in gone.cards] == [one.key for one in before.cards]
    assert all(one.is_old for one in gone.cards)
    assert gone.has_errors


def test_what_is_kept_changes_nothing_of_what_comes_out(own: Deck) -> None:
    """The page would show an old text, or a finding at an old line, until the preview is started again."""
    kept = Cache()
    edits = {"The first": "The very first", "# Vectors": "\n\n# Vectors\n\n[more]: https://a.example", "a_i b_i": "a_i"}
    for old, new in edits.items():
        own.edit("1-vectors.md", old, new)
        again, found = prepare(own.folder, options(), kept)
        afresh, expected = prepare(own.folder, options())
        assert found == expected
        assert again
        assert afresh
        assert again.plan() == afresh.plan()
        assert again.lock == afresh.lock


def test_a_finding_at_the_very_end_of_a_section_stands_at_its_card(own: Deck) -> None:
    """What is left out of the last answer leaves no line of its own behind."""
    own.edit("1-vectors.md", "No square is negative.\n", "No square is negative.\n\n    TODO: say more.\n\n# Next\n")
    assert "DB202" in [one.code for one in card(shown(own), "show").diagnostics]
