"""Texts with places for numbers: `@{x}`, `@{x:3}`, or an expression as in `@{W[0][1]:p}`.

Only so much is known of what surrounds a place as decides how a person would write the number there: whether it stands
in a formula, amid words or in code; whether a sign before it calls for brackets; whether an exponent follows.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.drills.expressions import Expression, parse_expression
from deckbuilder.drills.limits import MAX_EXPRESSIONS, NoValue
from deckbuilder.drills.quantities import Value
from deckbuilder.drills.scalars import Scalar
from deckbuilder.drills.writing import Format, Script, parse_format, write
from deckbuilder.source.dollar_math import formula_at

_PLACE: Final = re.compile(r"@\{([^{}\n]*)(\}?)")
_MARK: Final = re.compile(r"\\.|`+|~~~+|\$+", re.DOTALL)
_FENCE: Final = re.compile(r"`+|~~~+")
_OPERATOR_BEFORE: Final = re.compile(r"(?:[-+*/−·×]|\\(?:cdot|times|div|pm|mp|ast|star))[ \n]*\Z")
_EMPHASIS_BEFORE: Final = re.compile(r"(?:\A|[^\w*)\]])\*{1,3}\Z")  # stars that touch what follows and nothing before
_FACTOR_BEFORE: Final = re.compile(r"(?:[0-9)\]]|(?<![\\A-Za-z])[A-Za-z])[ \n]*\Z", re.ASCII)
_NUMBER_BEFORE: Final = re.compile(r"(?<![A-Za-z_^0-9.])[0-9][0-9.]*[ \n]*\Z", re.ASCII)
_IN_INDEX: Final = re.compile(r"_\{[^{}]*\Z")  # where numbers stand side by side, as in the entry 12 of a matrix
_TAKES_ONE: Final = re.compile(r"(?:[\^_]|\\sqrt)[ \n]*\Z")  # a single sign or what is in braces
_LOOKING_BACK: Final = 40  # characters: more than any operator and its blanks take


class Placeholder(Struct, frozen=True):
    """A place for a number: the characters `start` to `end` (excluded) of its text, what to put there and how."""

    start: int
    end: int
    expression: Expression
    format: Format
    script: Script
    powered: bool
    grouped: bool = False  # in braces: what stands before takes a single sign
    follows: bool = False  # a number, written out or in the place before, with no sign between


class Template(Struct, frozen=True):
    """A text with its places in order."""

    scalar: Scalar
    places: tuple[Placeholder, ...]

    def numbers(self, value_of: Callable[[Expression], Value]) -> tuple[str, ...]:
        """Return what stands in each place; raises what `value_of` raises, and NoValue for what cannot be shown."""
        texts: list[str] = []
        for number, place in enumerate(self.places):
            text = self._written(place, value_of(place.expression))
            if place.follows and text[0].isdigit() and self._ends_in_digit(number, texts):
                problem = rf"`{text}` would be read as more digits of the number before it; write `\cdot` between them"
                raise NoValue(problem, self.scalar.span(place.start, place.end))
            texts.append(text)
        return tuple(texts)

    def _ends_in_digit(self, number: int, texts: Sequence[str]) -> bool:
        """Whether what stands before a place, blanks aside, ends in a digit."""
        begin = self.places[number - 1].end if number else 0
        between = self.scalar.text[begin : self.places[number].start].rstrip()
        before = between or (texts[-1] if texts else "")
        return before[-1:].isdigit()

    def _written(self, place: Placeholder, value: Value) -> str:
        try:
            text = write(value, place.format, place.script, powered=place.powered)
        except NoValue as error:
            error.span = error.span or self.scalar.span(place.start, place.end)
            raise
        return f"{{{text}}}" if place.grouped and len(text) > 1 else text

    def filled(self, texts: Sequence[str]) -> str:
        """Return the text with `texts` in its places, one for each."""
        text, filled, end = self.scalar.text, "", 0
        for place, given in zip(self.places, texts, strict=True):
            filled += text[end : place.start] + given
            end = place.end
        return filled + text[end:]


def parse_template(scalar: Scalar) -> tuple[Template, list[Diagnostic]]:
    """Read a text's placeholders; every mistake at its own column."""
    text = scalar.text
    numbered = _PLACE.sub(lambda match: "0" * len(match.group()), text)
    scripts = list(_stretches(numbered))
    places: list[Placeholder] = []
    diagnostics: list[Diagnostic] = []
    for match in islice(_PLACE.finditer(text), MAX_EXPRESSIONS + 1):  # one more is enough to refuse the drill
        script = _script_at(scripts, match.start())
        if not match.group(2):
            place = scalar.span(match.start(), match.end())
            diagnostics.append(rules.DRILL_PLACEHOLDER.at(place, problem="`@{` is not closed on its line"))
            continue
        written, colon, format_text = match.group(1).rpartition(":")
        if not colon:
            written, format_text = match.group(1), ""
        expression, found = parse_expression(scalar, match.start(1), match.start(1) + len(written))
        how = parse_format(format_text) if bool(format_text) == bool(colon) else None
        if how is None:
            problem = f"`{format_text}` is no format; known are `3`, `3g`, `frac`, `mat`, `p`, `+` and `,`"
            place = scalar.span(match.start(1) + len(written), match.end(1))
            found.append(rules.DRILL_PLACEHOLDER.at(place, problem=problem))
        elif how.matrix and script is not Script.LATEX:
            problem = "`:mat` makes a LaTeX matrix, so it must stand between dollars"
            found.append(rules.DRILL_PLACEHOLDER.at(scalar.span(match.start(), match.end()), problem=problem))
        diagnostics += found
        if expression and how and not found:
            how = replace(how, brackets=how.brackets or _calls_for_brackets(numbered, match.start(), script))
            powers = "^" if script is Script.PROSE else ("^", "**")  # amid words, two stars end what is bold
            powered = text[match.end() : match.end() + 2].lstrip().startswith(powers)
            before = numbered[max(0, match.start() - _LOOKING_BACK) : match.start()]
            grouped = script is Script.LATEX and _TAKES_ONE.search(before) is not None
            follows = script is Script.LATEX and _follows_number(before)
            places.append(Placeholder(match.start(), match.end(), expression, how, script, powered, grouped, follows))
    return Template(scalar, tuple(places)), diagnostics


def _calls_for_brackets(text: str, index: int, script: Script) -> bool:
    """Whether a minus sign at `index` of a text would run into an operator or a factor before it."""
    before = text[max(0, index - _LOOKING_BACK) : index]
    operator = _OPERATOR_BEFORE.search(before)
    if script is Script.LATEX:
        return bool(operator or _FACTOR_BEFORE.search(before))
    if script is Script.PROSE and _EMPHASIS_BEFORE.search(before):
        return False
    line = text[text.rfind("\n", 0, index) + 1 : index]
    return bool(operator and line[: operator.start() - len(before)].strip(" >"))  # else a bullet opens the line


def _follows_number(before: str) -> bool:
    return _NUMBER_BEFORE.search(before) is not None and not _IN_INDEX.search(before)


def _stretches(text: str) -> Iterator[tuple[int, int, Script]]:
    """Yield where a text, its placeholders already numbers, is a formula or code: start, end (excluded) and which."""
    fences: dict[str, list[int]] = {}
    for match in _FENCE.finditer(text):
        fences.setdefault(match.group(), []).append(match.start())
    position = 0
    while mark := _MARK.search(text, position):
        start, position = mark.span()
        if text[start] == "$":
            formula = formula_at(text, start)
            if formula:
                yield start, formula.end, Script.LATEX
                position = formula.end
        elif text[start] != "\\":
            alike = fences.get(mark.group(), [])
            closing = bisect_left(alike, position)
            if closing < len(alike):
                yield start, alike[closing], Script.CODE
                position = alike[closing] + len(mark.group())


def _script_at(scripts: list[tuple[int, int, Script]], index: int) -> Script:
    before = bisect_right(scripts, index, key=lambda stretch: stretch[0]) - 1
    return scripts[before][2] if before >= 0 and index < scripts[before][1] else Script.PROSE
