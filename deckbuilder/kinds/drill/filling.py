"""The fields of a drill's note: the example's question, result and solution, and all variants for the script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape

from msgspec import Struct
from msgspec.structs import replace

from deckbuilder.diagnostics import Span
from deckbuilder.drills.points import Point
from deckbuilder.drills.quantities import Value, entries_of, exact_text, shortest_decimal, steady
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.writing import Script, write
from deckbuilder.kinds import fields
from deckbuilder.kinds._shared import fragments
from deckbuilder.kinds._shared.notes import Html, common_fields
from deckbuilder.kinds.drill.numbered import Numbered, numbered
from deckbuilder.source.passage import Line, Passage
from deckbuilder.source.questions import Question

_LONGEST_BOUND = 20  # characters of an end of what counts as right; longer ones are cut to what a float holds
_FLOAT_DIGITS = 17


class _Shown(Struct, frozen=True):
    """The texts of a drill as HTML, into which each variant's numbers go: all that is rendered once for all of them."""

    ask: Numbered
    steps: tuple[Numbered, ...]
    names: Mapping[str, str]
    mistakes: Mapping[str, str]
    rule: str


def fill_drill(
    question: Question, spec: DrillSpec, points: Sequence[Point], remarks: Passage, label: str, html: Html
) -> dict[str, str]:
    """Return the fields of a note that shows the first of `points` and holds them all; `label` tells levels apart."""
    shown = _Shown(
        ask=numbered(spec.ask, html.blocks),
        steps=tuple(numbered(step, html.inline) for step in spec.steps),
        names={name: html.inline(_words(name, answer.span())) for name, answer in spec.answers.items() if name},
        mistakes={mistake.name: html.inline(_words(mistake.name, mistake.span)) for mistake in spec.mistakes},
        rule=spec.tolerance.rule(),
    )
    example = points[0]
    common = common_fields(question, html)
    return common | {
        fields.QUESTION: fragments.labelled(common[fields.QUESTION], escape(label)),
        fields.CONTEXT: common[fields.CONTEXT] + _division("ask", _ask(shown, example)),
        fields.ANSWER: _division("result", _result(shown, example)),
        fields.STEPS: fragments.worked(_steps(shown, example)),
        fields.REMARKS: html.blocks(remarks),
        fields.VARIANTS: "".join(_variant(shown, point) for point in points),
    }


def _words(text: str, span: Span) -> Passage:
    """Return a name that the author gave, which is Markdown too, as a passage on the line of `span`."""
    return Passage(span.file, (Line(text, span.line, span.column - 1),))


def _variant(shown: _Shown, point: Point) -> str:
    return fragments.drill(
        "variant",
        ask=_division("ask", _ask(shown, point)),
        result=_division("result", _result(shown, point)),
        worked=fragments.worked(_steps(shown, point)),
        checks="".join(_check(shown, point, name) for name in point.answers),
    )


def _division(part: str, content: str) -> str:
    return fragments.drill("division", part=part, content=content)


def _ask(shown: _Shown, point: Point) -> str:
    rule = fragments.drill("rule", rule=shown.rule) if shown.rule else ""
    return shown.ask.html(point) + rule


def _steps(shown: _Shown, point: Point) -> list[str]:
    return [step.html(point) for step in shown.steps]


def _result(shown: _Shown, point: Point) -> str:
    tolerance = point.spec.tolerance
    return "".join(
        fragments.drill(
            "result",
            name=fragments.drill("result_name", name=shown.names[name]) if name else "",
            value=escape(write(value, replace(tolerance.format(value), thousands=True), Script.LATEX)),
            rule=shown.rule,
        )
        for name, value in point.answers.items()
    )


def _check(shown: _Shown, point: Point, name: str) -> str:
    low, high = _bounds(point, point.answers[name])
    mistakes = []
    for mistake, given in point.mistakes.items():
        if name in given:
            least, most = _bounds(point, given[name])
            mistakes.append(fragments.drill("mistake", low=least, high=most, words=shown.mistakes[mistake]))
    return fragments.drill(
        "check",
        low=low,
        high=high,
        name=fragments.drill("check_name", name=shown.names[name]) if name else "",
        mistakes=fragments.drill("mistakes", items="".join(mistakes)) if mistakes else "",
    )


def _bounds(point: Point, value: Value) -> tuple[str, str]:
    """Return the ends, both included, of what counts as `value`: of each entry, one blank between any two."""
    ends = [(steady(entry), point.spec.tolerance.band(entry)) for entry in entries_of(value)]
    return " ".join(_bound(near - band) for near, band in ends), " ".join(_bound(near + band) for near, band in ends)


def _bound(number: Fraction) -> str:
    exact = exact_text(number)
    return exact if len(exact) <= _LONGEST_BOUND else shortest_decimal(number, _FLOAT_DIGITS)
