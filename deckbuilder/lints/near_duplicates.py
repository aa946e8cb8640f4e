"""Questions that differ in a word that does not matter: found in time that grows with their number, not its square."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Related
from deckbuilder.identity.evidence import close_wording
from deckbuilder.identity.keys import FILLER
from deckbuilder.rendering.drafts import DraftedQuestion

_FEWEST = 3
"""Questions of fewer words that carry meaning are alike too easily."""


def near_duplicates(questions: Sequence[DraftedQuestion]) -> Iterator[Diagnostic]:
    """Yield a finding for each question that adds one word to an earlier one, or takes one away.

    Each set of words is known by the sum of its words' numbers, and is looked up with each of its words left out; a
    word exchanged for another makes another question, so such pairs are never compared.
    """
    worded = [
        (number, words, sum(words))
        for number, question in enumerate(questions)
        if len(words := memoryview(question.words).cast("Q")) >= _FEWEST
    ]
    first: dict[int, int] = {}  # the first question with a sum
    for number, _, total in worded:
        first.setdefault(total, number)
    longer: dict[int, int] = {}  # the first so far that has a sum when one of its words is left out
    for number, words, total in worded:
        without = [one for word in words if (one := total - word) in first] if len(words) > _FEWEST else []
        if not without and total not in longer and first[total] == number:  # as of nearly all
            continue
        question = questions[number]
        earlier = [first[total], longer.get(total, number), *(first[one] for one in without)]
        other = next((questions[one] for one in earlier if one < number), None)
        if other and close_wording(other.text, question.text, besides=FILLER):
            place = Related(other.span, "the other one")
            yield rules.NEAR_DUPLICATE.at(question.span, related=(place,))
        for one in without:
            longer.setdefault(one, number)
