"""Keys that can be read, and never come twice."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.identity.keys import MAX_KEY, Keys, key_for, known_text
from deckbuilder.source.words import is_word


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("What is the dot product and what does it represent geometrically?", "dot-product-represent-geometrically"),
        ("Why do we multiply by W^T instead of W?", "multiply-wt-instead"),
        (r"Derive \frac{1}{N}\sum_i x_i.", "derive-1n-xi"),
        ("Was ist ein Gefälle?", "ist-ein-gefälle"),
        ("दान क्या है?", "दान-क्या-है"),
        ("Was ist schwül?", "ist-schwül"),
        ("คำนามคืออะไร?", "คำนามคืออะไร"),
        ("什么是向量?", "什么是向量"),
        ("Why?", "why"),
        ("???", "question"),
        ("safe\u202eevil", "safeevil"),
    ],
)
def test_a_key_is_made_of_the_words_that_matter(question: str, key: str) -> None:
    """If this failed, an author could not tell from a key which question is meant."""
    assert key_for(question, Keys()) == key


def test_a_key_has_at_most_fifty_letters_of_whole_words() -> None:
    """If this failed, keys would be cut within a word, or be too long to be read in a list."""
    assert key_for(f"{'a' * 24} {'b' * 25} c", Keys()) == f"{'a' * 24}-{'b' * 25}"
    assert key_for(f"{'a' * 24} {'b' * 26} cc", Keys()) == "a" * 24
    assert key_for("a" * 60, Keys()) == "a" * 50


@given(st.text(max_size=300), st.sets(st.text(max_size=5)))
def test_a_key_is_plain_free_and_short(question: str, taken: set[str]) -> None:
    """If this failed, a key could break the lock, a file name or a search in Anki."""
    key = key_for(question, Keys(taken))
    assert key not in taken
    assert 0 < len(key) <= MAX_KEY + 8
    assert is_word(key.replace("-", ""))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is “x”?", 'What is "x"'),
        ("The  dash – here.", "the dash - here"),
        ("Ünïcode now?", "U\u0308ni\u0308code now"),
        ("Say what this is:", "say what this is"),
        ("Say what it means!", "Say what it means."),
        ("什么是向量？", "什么是向量"),
        ("यह क्या है।", "यह क्या है"),
        ("Est-ce que x > 0 ?", "Est-ce que x > 0?"),
        (r"What is \int f\,dx?", r"What is \int f dx?"),
        (r"What is \int f\quad dx?", r"What is \int f dx?"),
        ("What is a co\u00adefficient?", "What is a coefficient?"),
        ("Is it −5?", "Is it -5?"),
    ],
)
def test_typography_makes_no_other_question(one: str, other: str) -> None:
    """If this failed, a smart editor's quotes would make every question a new one."""
    assert known_text(one) == known_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C?", "What is C++?"),
        ("What is $5!$?", "What is $5$?"),
        ("Compute n!", "Compute n."),
        ("Compute ab!", "Compute ab."),
        (r"Expand \alpha!", r"Expand \alpha."),
        ("What is 5?", "What is -5?"),
        ("What is P(A|B)?", "What is P(B|A)?"),
        ("What does x++ do?", "What does ++x do?"),
        ("Is x < y?", "Is x > y?"),
        (r"The charge of \mathrm{Na}^+?", r"The charge of \mathrm{Na}^-?"),
        ("Was ist schwül?", "Was ist schwul?"),
        ("दान क्या है?", "दिन क्या है?"),
        ("How much is 5 mW?", "How much is 5 MW?"),
        ("Mm to km?", "mm to km?"),
        ("Polish", "polish"),
        ("F(x) is what?", "f(x) is what?"),
        ("What is .NET?", "What is NET?"),
        (r"A line a \\, b", r"A line a , b"),
        (r"What is \quadratic?", r"What is ratic?"),
        ("What does `a??` match?", "What does `a` match?"),
    ],
)
def test_everything_that_a_reader_sees_counts(one: str, other: str) -> None:
    """If this failed, one question would take the history of another that looks almost the same."""
    assert known_text(one) != known_text(other)


def test_one_mark_at_the_end_is_left_out() -> None:
    """If this failed, a sign of a formula or of code at the end would be taken for the question's own mark."""
    assert known_text("What matches `a?`?") == "what matches `a?`"
    assert known_text("What is `a?`?") != known_text("What is `a`?")


@given(st.text(max_size=80))
def test_a_normalised_text_has_no_other_form(text: str) -> None:
    """If this failed, whether two questions are one would depend on the form in which one of them was composed."""
    for form in ("NFC", "NFD"):
        assert known_text(unicodedata.normalize(form, text)) == known_text(text)


@given(st.text(st.characters(codec="ascii"), max_size=60))
def test_plain_text_is_known_by_the_same_rules_as_any_other(text: str) -> None:
    """If this failed, one accent added elsewhere in a question would change how its other words are recognised."""
    assert known_text(f"x {text}").removeprefix("x") == known_text(f"é {text}").removeprefix("é")


@given(st.sets(st.sampled_from(["a", *(f"a-{number}" for number in range(2, 9))])), st.integers(1, 9))
def test_the_first_free_key_is_found_however_often_one_is_asked_for(taken: set[str], times: int) -> None:
    """If this failed, a lock that was lost could not be made again with the same keys."""
    keys = Keys(taken)
    for _ in range(times):
        free = next(key for key in ("a", *(f"a-{number}" for number in range(2, 99))) if key not in taken)
        assert keys.free("a") == keys.free("a") == free
        keys.add(free)
        taken.add(free)
