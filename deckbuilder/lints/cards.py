"""What makes an answer hard to recall: its length, its lists, its code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity.keys import content_words, words_of
from deckbuilder.kinds._shared.notes import Kind
from deckbuilder.kinds.concept import CONCEPT
from deckbuilder.kinds.derivation import DERIVATION
from deckbuilder.lints.outline import outline
from deckbuilder.source.gfm import plain_text
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question

MOST_WORDS = 120
MOST_ORDERED, MOST_UNORDERED = 5, 3
MOST_CODE = 15
_SHORT_ANSWER = 15
_PLACEHOLDERS = frozenset({
    "answer", "answer here", "asdf", "bar", "coming soon", "foo", "foobar", "lorem ipsum", "placeholder", "see above",
    "see below", "some text", "test", "text", "the answer", "to be written", "to do", "wip", "work in progress",
    "write me", "xxx", "your answer here",
})  # fmt: skip
_ONLY_SIGNS = re.compile(r"[\s.…\-–—_*?!]+")


def about_answer(question: Question, kind: Kind) -> Iterator[Diagnostic]:
    """Yield what is to be said of a note's answer."""
    answer = question.answer
    if answer.is_blank:
        return
    found = outline(answer)
    if kind is CONCEPT and not question.key_points:
        if found.words > MOST_WORDS:
            yield rules.LONG_ANSWER.at(_line(answer, 0), words=found.words)
        for listing in found.listings:
            most = MOST_ORDERED if listing.ordered else MOST_UNORDERED
            if listing.items > most:
                place = _line(answer, listing.line)
                said = "numbered items" if listing.ordered else "items in no order"
                yield rules.LONG_LIST.at(place, count=listing.items, kind=said)
    if kind in (CONCEPT, DERIVATION):
        for code in found.code:
            if code.lines > MOST_CODE:
                yield rules.LONG_CODE.at(_line(answer, code.line), lines=code.lines)
    if len(answer.lines) == 1 and not question.key_points:
        yield from _about_short_answer(question, kind)


def _about_short_answer(question: Question, kind: Kind) -> Iterator[Diagnostic]:
    answer = question.answer
    text = answer.text.strip()
    place = _line(answer, 0)
    if _ONLY_SIGNS.fullmatch(text) or " ".join(words_of(text)) in _PLACEHOLDERS:
        yield rules.PLACEHOLDER.at(place, answer=text[:40])
    elif kind is CONCEPT:
        said = content_words(plain_text(text))
        asked = set(content_words(question.text))
        if 2 <= len(said) <= _SHORT_ANSWER and asked.issuperset(said) and "$" not in text:
            yield rules.GIVEN_AWAY.at(place)


def _line(answer: Passage, number: int) -> Span:
    """Return the place of what stands on a line."""
    text = answer.lines[number].text
    return answer.span(number, len(text) - len(text.lstrip()), len(text.strip()))
