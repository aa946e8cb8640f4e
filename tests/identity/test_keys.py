"""Keys that can be read, and never come twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.identity.keys import MAX_KEY, Keys, key_for, known_text


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("What is the dot product and what does it represent geometrically?", "dot-product-represent-geometrically"),
        ("Why do we multiply by W^T instead of W?", "multiply-wt-instead"),
        (r"Derive \frac{1}{N}\sum_i x_i.", "derive-1n-xi"),
        ("Was ist ein Gefälle?", "ist-ein-gefalle"),
        ("什么是向量?", "什么是向量"),
        ("Why?", "why"),
        ("???", "question"),
        ("safe\u202eevil", "safeevil"),
    ],
)
def test_a_key_is_made_of_the_words_that_matter(question: str, key: str) -> None:
    """If this failed, an author could not tell from a key which question is meant."""
    assert key_for(question, Keys()) == key


@given(st.text(max_size=300), st.sets(st.text(max_size=5)))
def test_a_key_is_plain_free_and_short(question: str, taken: set[str]) -> None:
    """If this failed, a key could break the lock, a file name or a search in Anki."""
    key = key_for(question, Keys(taken))
    assert key not in taken
    assert 0 < len(key) <= MAX_KEY + 8
    assert all(character.isalnum() or character == "-" for character in key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is “x”?", 'What is "x"'),
        ("The  dash – here.", "the dash - here"),
        ("Ünïcode?", "U\u0308ni\u0308code"),
        ("Eg. this:", "eg. this"),
    ],
)
def test_typography_makes_no_other_question(one: str, other: str) -> None:
    """If this failed, a smart editor's quotes would make every question a new one."""
    assert known_text(one) == known_text(other)


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_plain_text_is_known_by_the_same_rules_as_any_other(text: str) -> None:
    """If this failed, one accent added elsewhere in a question would change how its other words are recognised."""
    assert known_text(text) == known_text(f"é {text}").removeprefix("é").lstrip(" .?!:;")


@given(st.sets(st.sampled_from(["a", *(f"a-{number}" for number in range(2, 9))])), st.integers(1, 9))
def test_the_first_free_key_is_found_however_often_one_is_asked_for(taken: set[str], times: int) -> None:
    """If this failed, a lock that was lost could not be made again with the same keys."""
    keys = Keys(taken)
    for _ in range(times):
        free = next(key for key in ("a", *(f"a-{number}" for number in range(2, 99))) if key not in taken)
        assert keys.free("a") == keys.free("a") == free
        keys.add(free)
        taken.add(free)
