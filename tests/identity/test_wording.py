"""How like two wordings are: what decides whether an author is asked about a pair at all."""

from __future__ import annotations

from deckbuilder.identity.evidence import likeness, traits_of


def test_a_word_is_known_by_both_its_ends() -> None:
    """If this failed, a slip in a word would make its question unlike, or two words that begin alike were asked."""
    assert traits_of("softmax gradients") == {"sof-", "-max", "gra-", "-nts"}
    assert likeness(traits_of("converge"), traits_of("contact")) == 0.5, "three letters at the beginning are alike"
    assert likeness(traits_of("converge"), traits_of("coalesce")) == 0.0, "two are not"
