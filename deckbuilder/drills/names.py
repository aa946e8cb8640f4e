"""Which names the expressions of a drill may use, and on which of those under `let` each of them depends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.expressions import KEYWORDS, Expression
from deckbuilder.drills.functions import FUNCTIONS
from deckbuilder.drills.limits import MAX_NAME, NAME
from deckbuilder.drills.templates import Placeholder, Template
from deckbuilder.yaml_text import suggestion


def problem_of(name: str) -> str:
    """Return why a word cannot be a name, empty where it can."""
    if name in KEYWORDS:
        return "it is a word of the expressions themselves"
    if name in FUNCTIONS:
        return "it is the name of a function"
    if not NAME.fullmatch(name):
        return "a name is made of letters, digits and `_`, and begins with a letter"
    return f"it is longer than {MAX_NAME} characters" if len(name) > MAX_NAME else ""


class Names:
    """The names of a drill, and what those under `let` follow from.

    `lets` are the ones that can be worked out, in the author's order; what is wrong with the rest is in `diagnostics`.
    """

    def __init__(self, params: Iterable[str], lets: Mapping[str, Expression | None]) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._params = frozenset(params)
        self._written = lets
        self._followed: dict[str, Expression | None] = {}
        self._on_the_way: list[str] = []
        found = {name: self._follow(name) for name in lets}
        self.lets: Mapping[str, Expression] = {name: let for name, let in found.items() if let}

    def resolve(self, expression: Expression) -> tuple[Expression | None, list[Diagnostic]]:
        """Return the expression with what it needs; None where a name is unknown or could not be read itself."""
        needs: dict[str, None] = {}
        diagnostics: list[Diagnostic] = []
        sound = True
        for name, start, end in expression.uses:
            if name in self._params:
                continue
            if name not in self._written:
                span = expression.span(start, end)
                diagnostics.append(rules.DRILL_NAME.at(span, name=name, suggestion=self._suggestion(name)))
                sound = False
            elif name in self._on_the_way:
                diagnostics.append(self._cycle(name, expression.span(start, end)))
                sound = False
            elif let := self._follow(name):
                needs |= dict.fromkeys((*let.needs, name))
            else:
                sound = False
        if needs:
            expression = replace(expression, needs=tuple(needs))
        return (expression if sound else None), diagnostics

    def resolve_places(self, template: Template) -> tuple[Template, list[Diagnostic]]:
        """Return the text with what its placeholders need; those that cannot be filled are left out."""
        places: list[Placeholder] = []
        diagnostics: list[Diagnostic] = []
        for place in template.places:
            expression, problems = self.resolve(place.expression)
            diagnostics += problems
            if expression:
                places.append(replace(place, expression=expression) if expression.needs else place)
        return replace(template, places=tuple(places)), diagnostics

    def _follow(self, name: str) -> Expression | None:
        if name in self._followed:
            return self._followed[name]
        self._followed[name] = None
        let = self._written[name]
        if let is not None and name not in self._params:
            self._on_the_way.append(name)
            self._followed[name], problems = self.resolve(let)
            self.diagnostics += problems
            self._on_the_way.pop()
        return self._followed[name]

    def _cycle(self, name: str, span: Span) -> Diagnostic:
        way = [*self._on_the_way[self._on_the_way.index(name) :], name]
        return rules.DRILL_CYCLE.at(span, name=name, cycle=" → ".join(f"`{each}`" for each in way))

    def _suggestion(self, name: str) -> str:
        known = sorted({*self._params, *self._written})
        listed = "known are: " + ", ".join(f"`{each}`" for each in known)
        if name in FUNCTIONS:
            return f"`{name}` is a function: write `{name}(…)`"
        near = suggestion(name, known)
        return near if near == listed else f"{near} {listed}"
