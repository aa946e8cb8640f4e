"""Questions that differ in a word that does not matter: found in time that grows with their number, not its square."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Related
from deckbuilder.identity.evidence import close_wording
from deckbuilder.identity.keys import content_words
from deckbuilder.rendering.notes import ResolvedNote

_FEWEST = 3
"""Questions of fewer words that carry meaning are alike too easily."""


def near_duplicates(notes: Iterable[ResolvedNote]) -> Iterator[Diagnostic]:
    """Yield a finding for each question that adds one word to an earlier one, or takes one away.

    Each set of words is known by a sum of its words' hashes, and is looked up with each of its words left out; a word
    exchanged for another makes another question, so such pairs are never compared.
    """
    known: dict[int, ResolvedNote] = {}
    shorter: dict[int, ResolvedNote] = {}
    for note in notes:
        hashes = [hash(word) for word in dict.fromkeys(content_words(note.question.text))]
        if len(hashes) < _FEWEST:
            continue
        total = sum(hashes)
        without = [total - one for one in hashes] if len(hashes) > _FEWEST else []
        other = known.get(total) or shorter.get(total) or next((known[one] for one in without if one in known), None)
        if other and close_wording(other.question.text, note.question.text):
            place = Related(other.question.span, "the other one")
            yield rules.NEAR_DUPLICATE.at(note.question.span, related=(place,))
        known.setdefault(total, note)
        for one in without:
            shorter.setdefault(one, note)
