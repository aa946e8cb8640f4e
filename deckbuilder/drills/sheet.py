"""A drill's block while it is read: YAML values become texts and expressions, and mistakes are noted at their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Related, Span
from deckbuilder.drills.expressions import Expression, parse_expression
from deckbuilder.drills.limits import MAX_EXPRESSIONS, MAX_NAMES
from deckbuilder.drills.names import Names
from deckbuilder.drills.scalars import Block, Scalar
from deckbuilder.drills.templates import Template, parse_template
from deckbuilder.drills.yaml_help import IN_QUOTES, as_text
from deckbuilder.yaml_text import YamlValue, suggestion


class Sheet:
    """One block, its YAML read, and the notes of what is wrong in it.

    Each value is read once however many levels share it. What a level alone makes wrong is noted with the level's place
    beside it.
    """

    def __init__(self, block: Block) -> None:
        self._level: Related | None = None
        self.expressions = 0
        self._block = block
        self._passed_over: set[int] = set()
        self._notes: dict[tuple[str, Span, str], Diagnostic] = {}
        self._expressions: dict[Span, Expression | None] = {}
        self._templates: dict[Span, Template] = {}

    @property
    def notes(self) -> list[Diagnostic]:
        """Everything that was found wrong, in the order of its places."""
        return sorted(self._notes.values(), key=lambda note: (note.span, note.code))

    @property
    def is_too_large(self) -> bool:
        """Whether more was read than a drill may have; the rest is not looked at."""
        return self.expressions > MAX_EXPRESSIONS

    @contextmanager
    def at_level(self, name: str, span: Span) -> Iterator[None]:
        """Name the level beside all that is noted meanwhile."""
        self._level = Related(self._block.in_file(span), f"at the level `{name}`")
        yield
        self._level = None

    def pass_over(self, lines: frozenset[int]) -> None:
        """Note nothing more on these lines of the block: they are not read as they stand."""
        self._passed_over = {self._block.in_file(Span("", line, 1)).line for line in lines}

    def place(self, span: Span) -> Span:
        """Return the place in the file of a place in the block."""
        return self._block.in_file(span)

    def add(self, *found: Diagnostic) -> None:
        """Note what was found, once."""
        for note in found:
            if note.span.line in self._passed_over:
                continue
            if self._level and not note.related:
                note = replace(note, related=(self._level,))  # noqa: PLW2901
            self._notes.setdefault((note.code, note.span, note.message), note)

    def note(self, rule: rules.Rule, span: Span, *, help_: str = "", **words: object) -> None:
        """Note a finding at a place of the block, with the rule's own help unless there is better."""
        found = rule.at(self._block.in_file(span), related=(), **words)
        self.add(replace(found, help=help_ or found.help))

    def mapping(self, value: YamlValue | None, key: str, expected: str) -> Mapping[str, YamlValue]:
        """Return a mapping's entries; of anything else none, and it is noted what was expected."""
        if value is None:
            return {}
        if not isinstance(value.data, dict):
            self.note(rules.DRILL_VALUE, value.span, key=key, expected=expected)
            return {}
        if len(value.data) > MAX_NAMES:
            self.note(rules.DRILL_TOO_LARGE, value.span, limit=MAX_NAMES, what=f"entries in `{key}`")
            return dict(islice(value.data.items(), MAX_NAMES))
        return value.data

    def unknown_keys(self, entries: Mapping[str, YamlValue], known: tuple[str, ...], where: str) -> None:
        """Note every key that is not known."""
        for key, value in entries.items():
            if key not in known:
                span = value.key_span or value.span
                self.note(rules.DRILL_KEY, span, key=key, where=where, suggestion=suggestion(key, known))

    def scalar(self, value: YamlValue, key: str, expected: str, help_: str = "") -> Scalar | None:
        """Return a text with its places; None for a list, a mapping or nothing, which is noted."""
        if isinstance(value.data, list | dict) or not value.text.strip():
            self.note(rules.DRILL_VALUE, value.span, help_=help_, key=key, expected=expected)
            return None
        return self._block.scalar(value)

    def expression(self, value: YamlValue, key: str) -> Expression | None:
        """Return an expression; a YAML list on one line is the vector or matrix that it looks like."""
        if self.is_too_large:
            return None
        if value.span not in self._expressions:
            self.expressions += 1
            self._expressions[value.span] = self._expression(value, key)
        return self._expressions[value.span]

    def _expression(self, value: YamlValue, key: str) -> Expression | None:
        help_ = IN_QUOTES if isinstance(value.data, list | dict) else ""
        scalar = self._block.flow_list(value) or self.scalar(value, key, "an expression", help_)
        if scalar is None:
            return None
        expression, found = parse_expression(scalar)
        if found and self._block.is_cut(value):
            found = [replace(found[0], help=IN_QUOTES)]
        self.add(*found)
        return expression

    def expressions_of(self, value: YamlValue | None, key: str) -> list[Expression]:
        """Return the expressions of a list, or the one that stands there without a list."""
        if value is None:
            return []
        entries = value.data if isinstance(value.data, list) else [value]
        found = [self.expression(entry, key) for entry in entries if isinstance(entry, YamlValue)]
        return [expression for expression in found if expression]

    def resolved(self, expression: Expression | None, names: Names) -> Expression | None:
        """Return an expression with what it needs; None, which is noted, where a name in it means nothing."""
        if expression is None:
            return None
        found, problems = names.resolve(expression)
        self.add(*problems)
        return found

    def template(self, value: YamlValue, key: str) -> Template | None:
        """Return a text with placeholders."""
        if value.span in self._templates:
            return self._templates[value.span]
        scalar = None if self.is_too_large else self.scalar(value, key, "a text", as_text(value))
        if scalar is None:
            return None
        template, found = parse_template(scalar)
        self.add(*found)
        self.expressions += len(template.places) + len(found)
        self._templates[value.span] = template
        return template
