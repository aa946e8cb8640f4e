"""YAML that keeps the place of every key and value, refuses bombs, and reports mistakes instead of raising them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, TypeAlias

import yaml
from msgspec import Struct
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span

MAX_DEPTH = 40
MAX_NODES = 20_000

LINE_ENDS: Final = {0x85: " ", 0x2028: " ", 0x2029: " "}
"""Line ends to YAML that are none to an editor: as blanks they leave every line its number."""

Place: TypeAlias = Callable[[int, int, int], Span]
"""Turns a line and a column of the YAML text, both from 0, and a width into the place in the file."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlValue(Struct, frozen=True):
    """A value with its place. `data` is a scalar, or a list of YamlValue, or a dict of str to YamlValue.

    `key_span` is where the key of a mapping's entry stands; `plain` strips the places again. For a scalar, `text` is
    the scalar as the author wrote it (without quotes) and `style` its YAML style ("" where plain).
    """

    data: object
    span: Span
    key_span: Span | None = None
    text: str = ""
    style: str = ""

    def plain(self) -> object:
        """Return the value as ordinary lists, dicts and scalars."""
        if isinstance(self.data, dict):
            return {key: value.plain() for key, value in self.data.items()}
        if isinstance(self.data, list):
            return [value.plain() for value in self.data]
        return self.data


def place_in_file(file: str, first_line: int = 1, offset: int = 0) -> Place:
    """Return the `Place` of YAML that starts at `first_line` of a file, each line `offset` characters in."""
    return lambda line, column, width: Span(file, first_line + line, offset + column + 1, offset + column + 1 + width)


def read_yaml(text: str, place: Place) -> tuple[YamlValue | None, list[Diagnostic]]:
    """Read one YAML document; an empty one is None. Every mistake in it comes back as a diagnostic at its place."""
    text = text.translate(LINE_ENDS)
    place = _within(text, place)
    try:
        found = list(_bombs(text, place))
        if found:
            return None, found
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        span = place(mark.line, mark.column, 1) if mark else place(0, 0, 1)
        what = (error.problem or str(error)).strip()
        return None, [rules.YAML_INVALID.at(span, problem=what)]
    except yaml.YAMLError as error:
        return None, [rules.YAML_INVALID.at(_refused(text, place), problem=str(error).splitlines()[0])]
    if node is None:
        return None, []
    reader = _Reader(place)
    try:
        return reader.value(node), reader.diagnostics
    finally:
        reader.close()


def _within(text: str, place: Place) -> Place:
    """Return a `Place` that never points behind the text, where YAML has looked for more."""
    lines = text.split("\n")

    def place_within(line: int, column: int, width: int) -> Span:
        if line >= len(lines):
            line, column = len(lines) - 1, len(lines[-1])
        column = min(column, len(lines[line]))
        return place(line, column, max(1, min(width, len(lines[line]) - column)))

    return place_within


def _refused(text: str, place: Place) -> Span:
    """Return where the first character stands that YAML does not allow; its own message counts bytes."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    index = found.start() if found else 0
    return place(text.count("\n", 0, index), index - text.rfind("\n", 0, index) - 1, 1)


def _bombs(text: str, place: Place) -> Iterator[Diagnostic]:
    """Yield what makes YAML dangerous before a tree is built of it: aliases, great depth, great numbers of nodes."""
    depth = 0
    for nodes, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if isinstance(event, yaml.AliasEvent):
            yield rules.YAML_ALIAS.at(_start(event, place))
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            yield rules.YAML_TOO_LARGE.at(_start(event, place), depth=MAX_DEPTH, nodes=MAX_NODES)
            return


def _start(event: yaml.Event, place: Place) -> Span:
    mark = event.start_mark
    return place(mark.line, mark.column, 1) if mark else place(0, 0, 1)


class _Reader:
    """Turns nodes into values; its one loader knows what `true`, `1e3` and `2020-01-01` are to YAML."""

    def __init__(self, place: Place) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._place = place
        self._loader = _LOADER("")

    def close(self) -> None:
        self._loader.dispose()

    def value(self, node: yaml.Node) -> YamlValue:
        span = _span(node, self._place)
        if isinstance(node, yaml.MappingNode):
            return YamlValue(self._mapping(node), span)
        if isinstance(node, yaml.SequenceNode):
            return YamlValue([self.value(child) for child in node.value], span)
        return YamlValue(self._scalar(node, span), span, text=str(node.value), style=getattr(node, "style", "") or "")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, YamlValue]:
        values: dict[str, YamlValue] = {}
        for key_node, value_node in node.value:
            key_span = _span(key_node, self._place)
            if not isinstance(key_node, yaml.ScalarNode):
                self.diagnostics.append(rules.YAML_INVALID.at(key_span, problem="a key must be a plain word"))
                continue
            key = str(key_node.value)
            if key in values:
                self.diagnostics.append(rules.YAML_DUPLICATE_KEY.at(key_span, key=key))
                continue
            values[key] = replace(self.value(value_node), key_span=key_span)
        return values

    def _scalar(self, node: yaml.Node, span: Span) -> object:
        try:
            return self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            self.diagnostics.append(rules.YAML_INVALID.at(span, problem=_problem_of_scalar(error)))
            return None


def _problem_of_scalar(error: Exception) -> str:
    """Return why a scalar has no value; where its tag says what its text is not, PyYAML stumbles in several ways."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem:
        return str(error.problem)
    if "set_int_max_str_digits" in str(error):
        return "a number of too many digits"
    return str(error) if isinstance(error, ValueError) else "this is not what its tag says"


def _span(node: yaml.Node, place: Place) -> Span:
    start, end = node.start_mark, node.end_mark
    width = end.column - start.column if end.line == start.line else 1
    return place(start.line, start.column, max(1, width))


def suggestion(word: str, known: Mapping[str, object] | list[str] | tuple[str, ...]) -> str:
    """Return "did you mean …?" for the known word nearest to `word`, else the list of the known words."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else "known are: " + ", ".join(f"`{name}`" for name in known)
