"""What makes a question unclear: several in one, nothing asked for, yes or no, something that is not on the card.

All of it reads English; of another language's words it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds._shared.notes import Kind
from deckbuilder.source.passage import Passage
from deckbuilder.source.questions import Question

_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”|\([^()]*\)|`[^`]*`|\$[^$]*\$")
_QUESTION_END = re.compile(r"\?(?=\s|$)")
_TOLD = re.compile(
    r"(?:^|[?.!;]\s+)(?:(?:also|then|and)\s*,?\s+)?"
    r"(?:derive|prove|explain|describe|show|compute|calculate|give|list|name|state|sketch|define|discuss|compare)\b"
    r"[^?.!;]*(?=[.!;]|$)",
    re.IGNORECASE,
)
"""A sentence that tells to do something."""

# "Was" is left out: in German it asks for a thing.
_YES_NO = re.compile(
    r"(?:is|are|were|does|do|did|can|could|will|would|has|have|had|should|must|may|might)\b(?P<rest>[^?]*)\?",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\b(?:or|how|why|what|which|when|where|who|whether)\b", re.IGNORECASE)
_NO_ANGLE = re.compile(
    r"(?P<verb>explain|describe|discuss|define|outline|summari[sz]e|talk about|tell me about)\s+"
    r"(?P<what>[^.?!:;,]{1,80})[.!]?",
    re.IGNORECASE,
)
_ANGLE = re.compile(
    r"\b(?:how|why|what|when|where|which|whether|with|without|using|from|in terms|by|for|between|versus|vs|against|as|"
    r"difference|role|effect|interpretation|meaning|intuition|reason|cost|trade-?offs?|steps?|each)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"""
      \b(?:as|like|see|mentioned|discussed|defined|shown|described|explained|derived)\s+(?:above|before|earlier)\b
        (?!\s+(?:that|this|these|those|the|a|an|and|any|each|every|it|its|\w+ing)\b)
    | \b(?:the|a|this|that)\s+(?:previous|preceding|last|earlier|next|following)\s+
        (?:question|card|exercise|problem|answer|section|chapter|note)s?\b
    | \b(?:remember|recall)\s+(?:when|how)\s+we\b
    | \bas\s+we\s+(?:saw|have\s+seen|discussed|mentioned|showed)\b
    | \b(?:question|exercise|problem|card)\s+(?:\#\s*)?\d+\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = (
    "above", "before", "earl", "quest", "card", "exerc", "problem", "answer", "sect", "chapter", "note", "remember",
    "recall", "saw", "seen", "cussed", "oned", "showed",
)  # fmt: skip
"""Each way to point elsewhere has one of these, whatever its case: most texts have none, which is soon seen.

There is no `i` in them, of which patterns know more forms than folding does.
"""


_THAT_SAME = re.compile(r"\b(?:that|this)\s+same\s+[^\W\d_]+", re.IGNORECASE)
"""In a question it points to another card; in an answer to what was just said."""


def about_question(question: Question, kind: Kind) -> Iterator[Diagnostic]:
    """Yield what is to be said of the wording of a note's question."""
    prompt = _QUOTED.sub(" x ", question.prompt.text)
    asked = len(_QUESTION_END.findall(prompt))
    told = len(_TOLD.findall(prompt))
    if asked + told > 1:
        yield rules.SEVERAL_QUESTIONS.at(question.span, count=asked + told)
    elif asked == 1 and (found := _YES_NO.fullmatch(question.text)) and not _CHOICE.search(found.group("rest")):
        yield rules.YES_NO.at(question.span)
    elif not asked and (angle := _NO_ANGLE.fullmatch(question.text)) and not _ANGLE.search(angle.group("what")):
        yield rules.NO_ANGLE.at(question.span, verb=angle.group("verb"))


def about_surroundings(question: Question, kind: Kind) -> Iterator[Diagnostic]:
    """Yield what points away from the card, in any of its texts."""
    for passage in (question.prompt, question.data, question.answer, *question.hints, *question.key_points):
        yield from _pointing(passage, _ELSEWHERE, _SIGNS)
    yield from _pointing(question.prompt, _THAT_SAME, ("same",))


def _pointing(passage: Passage, words: re.Pattern[str], signs: Sequence[str]) -> Iterator[Diagnostic]:
    folded = passage.text.casefold()
    if not any(sign in folded for sign in signs):
        return
    for found in words.finditer(passage.text):
        phrase = " ".join(found.group().split())
        yield rules.NOT_ALONE.at(passage.span_at(found.start(), len(found.group())), phrase=phrase)
