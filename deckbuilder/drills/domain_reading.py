"""Parameters and the example: which values a parameter may take, and one value for each."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.drills.domains import Domain, Grid, Pool
from deckbuilder.drills.limits import MAX_ENTRIES, MAX_POOL
from deckbuilder.drills.literals import NotAValue, read_value, read_whole
from deckbuilder.drills.names import problem_of
from deckbuilder.drills.quantities import Shape, Value, exact_text, shape_of
from deckbuilder.drills.sheet import Sheet
from deckbuilder.yaml_text import YamlValue, suggestion

PARAM_KEYS = ("range", "step", "choices", "exclude", "vector", "matrix")
_EXPECTED = "a mapping of names to values, as in `{w: {range: [-1, 1], step: 0.1}}`"


class _Wrong(Exception):
    """Why a parameter has no values, at which part of it, and what to write."""

    def __init__(self, problem: str, value: YamlValue, help_: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.value = value
        self.help = help_


def read_params(value: YamlValue | None, sheet: Sheet) -> dict[str, Domain | None]:
    """Return each parameter's domain, None for one that could not be read."""
    found: dict[str, Domain | None] = {}
    for name, entry in sheet.mapping(value, "params", _EXPECTED).items():
        if problem := problem_of(name):
            sheet.note(rules.DRILL_NAMING, entry.key_span or entry.span, name=name, problem=problem)
        found[name] = _domain(name, entry, sheet)
    return found


def _domain(name: str, value: YamlValue, sheet: Sheet) -> Domain | None:
    try:
        if not isinstance(value.data, dict):
            raise _Wrong("this is not a mapping" if value.text or value.data else "they are missing", value)
        sheet.unknown_keys(value.data, PARAM_KEYS, f"`{name}`")
        shape = _shape(value.data)
        pool = _pool(value)
        if shape and shape_of(pool[0]):
            raise _Wrong("`choices` that are vectors cannot be entries of one", value.data["choices"])
        return Domain(_without(pool, value.data.get("exclude"), name, sheet), shape)
    except NotAValue as wrong:
        sheet.note(rules.DRILL_DOMAIN, wrong.value.span, name=name, problem=wrong.problem)
    except _Wrong as wrong:
        sheet.note(rules.DRILL_DOMAIN, wrong.value.span, help_=wrong.help, name=name, problem=wrong.problem)
    return None


def _shape(entries: Mapping[str, YamlValue]) -> Shape:
    vector, matrix = entries.get("vector"), entries.get("matrix")
    if vector and matrix:
        raise _Wrong("it cannot be both a `vector` and a `matrix`", matrix)
    if vector:
        return (_size(vector, MAX_ENTRIES),)
    if not matrix:
        return ()
    if not isinstance(matrix.data, list) or len(matrix.data) != 2:
        raise _Wrong("`matrix` takes rows and columns", matrix, "write `matrix: [2, 3]` for 2 rows and 3 columns")
    rows = _size(matrix.data[0], MAX_ENTRIES)
    return rows, _size(matrix.data[1], MAX_ENTRIES // rows)


def _size(value: YamlValue, most: int) -> int:
    size = None if isinstance(value.data, list | dict) else read_whole(value.text)
    if size is None or size < 1:
        raise _Wrong("a size is a whole number from 1", value, "write `vector: 3`, or `matrix: [2, 3]`")
    if size > most:
        raise _Wrong(f"more than {MAX_ENTRIES} entries", value, "make it smaller")
    return size


def _pool(value: YamlValue) -> Pool:
    """Return the values before any is left out."""
    entries = value.data if isinstance(value.data, dict) else {}
    choices, limits, step = (entries.get(key) for key in ("choices", "range", "step"))
    if choices and limits:
        raise _Wrong("both `choices` and `range`", choices)
    if choices:
        if step:
            raise _Wrong("`step` belongs to `range`, not to `choices`", step)
        return _choices(choices)
    if limits:
        return _grid(limits, step)
    raise _Wrong("neither `range` nor `choices`", value)


def _choices(value: YamlValue) -> tuple[Value, ...]:
    entries = value.data if isinstance(value.data, list) else []
    if not entries:
        raise _Wrong("`choices` takes a list of numbers", value, "write `choices: [0.1, 0.01]`")
    found: dict[Value, None] = {}
    for entry in entries:
        choice = read_value(entry)
        if choice in found:
            raise _Wrong(f"{exact_text(choice)} stands twice and would be drawn twice as often", entry, "take one away")
        if found and shape_of(choice) != shape_of(next(iter(found))):
            raise _Wrong(
                "the choices must all be of one shape", entry, "make all numbers, or all vectors of one length"
            )
        found[choice] = None
    return tuple(found)


def _grid(limits: YamlValue, step: YamlValue | None) -> Grid:
    ends = [read_value(entry) for entry in limits.data] if isinstance(limits.data, list) else []
    if len(ends) != 2 or not all(isinstance(end, Fraction) for end in ends):
        raise _Wrong("`range` takes two numbers", limits, "write `range: [-1, 1]`")
    low, high = (end for end in ends if isinstance(end, Fraction))
    by = read_value(step) if step else Fraction(1)
    if step and (not isinstance(by, Fraction) or by <= 0):
        raise _Wrong("a step is a number above 0", step, "write `step: 0.1`")
    if high < low or not isinstance(by, Fraction):
        raise _Wrong(
            "the range ends before it begins", limits, f"write `range: [{exact_text(high)}, {exact_text(low)}]`"
        )
    steps = (high - low) / by
    if steps.denominator != 1:
        last = exact_text(low + steps.__floor__() * by)
        raise _Wrong(
            f"steps of {exact_text(by)} from {exact_text(low)} do not meet {exact_text(high)}, the last is {last}",
            limits,
            f"write `range: [{exact_text(low)}, {last}]`, or another `step`",
        )
    if steps >= MAX_POOL:
        raise _Wrong(f"more than {MAX_POOL:,} of them", step or limits, "take a larger step")
    return Grid(low, by, steps.numerator + 1)


def _without(pool: Pool, exclude: YamlValue | None, name: str, sheet: Sheet) -> Pool:
    """Return the values but those that are excluded; one to exclude that is not among them is noted."""
    if exclude is None:
        return pool
    left_out: dict[Value, None] = {}
    for entry in exclude.data if isinstance(exclude.data, list) else [exclude]:
        value = read_value(entry)
        if value in pool:
            left_out[value] = None
        else:
            sheet.note(rules.DRILL_EXCLUDE, entry.span, name=name, value=exact_text(value))
    if len(left_out) == len(pool):
        raise _Wrong("all are excluded", exclude, "exclude fewer")
    if isinstance(pool, Grid):
        numbers = [(value - pool.low) / pool.step for value in left_out if isinstance(value, Fraction)]
        return replace(pool, left_out=tuple(sorted(number.numerator for number in numbers)))
    return tuple(value for value in pool if value not in left_out)


def read_example(value: YamlValue | None, params: Mapping[str, Domain | None], sheet: Sheet) -> dict[str, Value]:
    """Return the example's value for each parameter; what is missing, unknown or outside of its domain is noted."""
    if value is None:
        return {}
    entries = sheet.mapping(value, "example", "a mapping of every parameter to a number, as in `{w: 0.5, g: 0.2}`")
    found: dict[str, Value] = {}
    for name, entry in entries.items():
        if name not in params:
            near = suggestion(name, tuple(params))
            problem = "is not a parameter"
            sheet.note(rules.DRILL_EXAMPLE, entry.key_span or entry.span, help_=near, name=name, problem=problem)
            continue
        try:
            found[name] = read_value(entry)
        except NotAValue as wrong:
            sheet.note(rules.DRILL_EXAMPLE, wrong.value.span, name=name, problem=f"is no value: {wrong.problem}")
            continue
        domain = params[name]
        if domain and found[name] not in domain:
            problem = f"is {exact_text(found[name])}, which is not one of its values"
            help_ = f"the values of `{name}` are {domain.in_words()}"
            sheet.note(rules.DRILL_EXAMPLE, entry.span, help_=help_, name=name, problem=problem)
    for name in params:
        if isinstance(value.data, dict) and name not in entries:
            sheet.note(rules.DRILL_EXAMPLE, value.key_span or value.span, name=name, problem="has no value")
    return found
