"""A drill's block, YAML, becomes a DrillSpec: every key of the format, every mistake at its own place, all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.drills.answer_reading import (
    read_answers,
    read_cards,
    read_mistakes,
    read_strata,
    read_tolerance,
    read_variants,
)
from deckbuilder.drills.domain_reading import read_example, read_params
from deckbuilder.drills.domains import Domain
from deckbuilder.drills.expressions import Expression, evaluate
from deckbuilder.drills.limits import (
    MAX_BLOCK,
    MAX_EXPRESSIONS,
    MAX_LEVELS,
    MAX_POINT_STEPS,
    MAX_STEPS,
    NoValue,
    Work,
)
from deckbuilder.drills.names import Names, problem_of
from deckbuilder.drills.quantities import Value
from deckbuilder.drills.scalars import Block
from deckbuilder.drills.sheet import Sheet
from deckbuilder.drills.specs import DrillSpec
from deckbuilder.drills.templates import Template
from deckbuilder.drills.yaml_help import IN_QUOTES, in_block, read_block
from deckbuilder.yaml_text import LINE_ENDS, Place, YamlValue

KEYS: Final = (
    "variants",
    "params",
    "example",
    "let",
    "where",
    "check",
    "ask",
    "steps",
    "answer",
    "tolerance",
    "mistakes",
    "levels",
    "strata",
    "cards",
)
NEEDED: Final = ("params", "example", "ask", "answer")
_BY_ENTRY: Final = ("params", "example", "let")
_LEVEL: Final = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_SLOT: Final = re.compile(r"v[0-9]+", re.ASCII)

Entries = Mapping[str, YamlValue]


def read_drill(text: str, place: Place) -> tuple[DrillSpec | None, list[Diagnostic]]:
    """Read the block of a drill; `place` turns its lines and columns into the file's.

    None where it has no question or no answer to speak of. A spec that comes with an error lacks the parts that are
    wrong: it says which question this is, and no variants can be drawn from it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(LINE_ENDS)
    if len(text) > MAX_BLOCK:
        return None, [rules.DRILL_TOO_LARGE.at(place(0, 0, 1), limit=f"{MAX_BLOCK:,}", what="characters in a drill")]
    sheet = Sheet(Block(text, place))
    root, problems, mended = read_block(text)
    sheet.add(*[replace(problem, span=sheet.place(problem.span)) for problem in problems])
    sheet.pass_over(mended)
    if root is None or not isinstance(root.data, dict):
        if not problems:
            span = root.span if root else in_block(0, 0, 1)
            sheet.note(rules.DRILL_VALUE, span, key="drill", expected="a mapping that begins with `params:`")
        return None, sheet.notes
    sheet.unknown_keys(root.data, KEYS, "the drill")
    spec = _spec(root.data, root.span, sheet)
    if sheet.is_too_large:
        sheet.note(rules.DRILL_TOO_LARGE, root.span, limit=f"{MAX_EXPRESSIONS:,}", what="expressions in a drill")
        return spec, sheet.notes
    levels = _levels(root.data, sheet)
    share = MAX_STEPS // (1 + len(levels))
    levels = tuple(replace(level, share=share) for level in levels)
    return (replace(spec, levels=levels, share=share) if spec else None), sheet.notes


# Levels


def _levels(entries: Entries, sheet: Sheet) -> tuple[DrillSpec, ...]:
    """Return a whole spec for each level: the drill's own keys, what the level says in their place."""
    named = sheet.mapping(entries.get("levels"), "levels", "a mapping of levels' names to what is different there")
    found: list[DrillSpec] = []
    for name, level in named.items():
        key_span = level.key_span or level.span
        if len(found) == MAX_LEVELS:
            sheet.note(rules.DRILL_TOO_LARGE, key_span, limit=MAX_LEVELS, what="levels")
            break
        if sheet.is_too_large:
            sheet.note(rules.DRILL_TOO_LARGE, key_span, limit=f"{MAX_EXPRESSIONS:,}", what="expressions in a drill")
            break
        if problem := _problem_of_level(name):
            sheet.note(rules.DRILL_NAMING, key_span, help_="choose another name", name=name, problem=problem)
        overrides = sheet.mapping(level, name, "a mapping of what is different at this level")
        sheet.unknown_keys(overrides, tuple(key for key in KEYS if key != "levels"), f"the level `{name}`")
        with sheet.at_level(name, key_span):
            spec = _spec(_overridden(entries, overrides), key_span, sheet, name)
        found += [spec] if spec else []
    return tuple(found)


def _problem_of_level(name: str) -> str:
    """Return why a level cannot be called so, or ""."""
    if not _LEVEL.fullmatch(name):
        return "a level's name is made of up to 40 letters, digits, `-` and `_`"
    return "with `cards: per-variant` a variant's own note is called so" if _SLOT.fullmatch(name) else ""


def _overridden(entries: Entries, overrides: Entries) -> dict[str, YamlValue]:
    """Return a level's entries: parameters, example and `let` name by name, any other key as a whole; empty drops."""
    found = dict(entries)
    for key, value in overrides.items():
        base = found.get(key)
        if key in _BY_ENTRY and base and isinstance(base.data, dict) and isinstance(value.data, dict):
            merged = {**base.data, **value.data}
            kept = {name: entry for name, entry in merged.items() if not _is_empty(entry)}
            found[key] = YamlValue(kept, value.span, value.key_span)
        elif _is_empty(value):
            found.pop(key, None)
        else:
            found[key] = value
    return found


def _is_empty(value: YamlValue) -> bool:
    return value.data is None and not value.style


# One drill or level


def _spec(entries: Entries, span: Span, sheet: Sheet, level: str = "") -> DrillSpec | None:
    for key in NEEDED:
        if key not in entries:
            sheet.note(rules.DRILL_MISSING, span, key=key)
    params = read_params(entries.get("params"), sheet)
    if not params and "params" in entries and isinstance(entries["params"].data, dict):
        sheet.note(rules.DRILL_VALUE, entries["params"].span, key="params", expected="one parameter or more")
    example = read_example(entries.get("example"), params, sheet)
    names = _names(params, entries.get("let"), sheet)
    ask = _template(entries.get("ask"), "ask", names, sheet)
    answers = read_answers(entries.get("answer"), names, sheet)
    strata = read_strata(entries.get("strata"), names, sheet)
    where = _conditions(entries.get("where"), "where", names, sheet)
    if example.keys() >= params.keys():
        _check_example(where, example, names, sheet)
    if ask and len(ask.places) == ask.scalar.text.count("@{"):
        _check_shown(ask, params, names, entries["ask"].key_span or span, sheet)
    steps = _steps(entries.get("steps"), names, sheet)
    checks = _conditions(entries.get("check"), "check", names, sheet)
    mistakes = read_mistakes(entries.get("mistakes"), entries.get("answer"), names, sheet)
    tolerance = read_tolerance(entries.get("tolerance"), sheet)
    variants = read_variants(entries.get("variants"), strata, sheet)
    per_variant = read_cards(entries.get("cards"), sheet)
    if not ask or not answers:
        return None
    return DrillSpec(
        span=sheet.place(span),
        params={name: domain for name, domain in params.items() if domain},
        example=example,
        lets=names.lets,
        where=where,
        checks=checks,
        ask=ask,
        steps=steps,
        answers=answers,
        tolerance=tolerance,
        mistakes=mistakes,
        variants=variants,
        strata=strata,
        per_variant=per_variant,
        level=level,
    )


def _names(params: Mapping[str, Domain | None], value: YamlValue | None, sheet: Sheet) -> Names:
    entries = sheet.mapping(value, "let", "a mapping of names to expressions, as in `{v1: beta*v + g}`")
    lets: dict[str, Expression | None] = {}
    for name, entry in entries.items():
        problem = "it is a parameter already" if name in params else problem_of(name)
        split = problem and _is_empty(entry)  # at a comma inside of `{…}`: it never was a name
        if problem:
            help_ = IN_QUOTES if split else ""
            sheet.note(rules.DRILL_NAMING, entry.key_span or entry.span, help_=help_, name=name, problem=problem)
        lets[name] = None if split else sheet.expression(entry, name)
    names = Names(params, lets)
    sheet.add(*names.diagnostics)
    return names


def _conditions(value: YamlValue | None, key: str, names: Names, sheet: Sheet) -> tuple[Expression, ...]:
    found = [sheet.resolved(expression, names) for expression in sheet.expressions_of(value, key)]
    return tuple(expression for expression in found if expression)


def _template(value: YamlValue | None, key: str, names: Names, sheet: Sheet) -> Template | None:
    template = sheet.template(value, key) if value else None
    if template is None:
        return None
    found, problems = names.resolve_places(template)
    sheet.add(*problems)
    return found


def _steps(value: YamlValue | None, names: Names, sheet: Sheet) -> tuple[Template, ...]:
    if value is None:
        return ()
    if not isinstance(value.data, list):
        sheet.note(rules.DRILL_VALUE, value.span, key="steps", expected="a list of texts, each after `- `")
        return ()
    found = [_template(entry, "steps", names, sheet) for entry in value.data]
    return tuple(step for step in found if step)


def _check_example(where: tuple[Expression, ...], example: Mapping[str, Value], names: Names, sheet: Sheet) -> None:
    """Note each condition that the example does not fulfil."""
    work = Work(MAX_POINT_STEPS)
    values = dict(example)
    for condition in where:
        try:
            for name in condition.needs:
                if name not in values:
                    values[name] = evaluate(names.lets[name], values.__getitem__, work)
            held = evaluate(condition, values.__getitem__, work)
        except NoValue as error:
            place = error.span or condition.span()
            sheet.add(rules.DRILL_EXAMPLE_WHERE.at(place, problem=f"has no value: {error.problem}"))
            continue
        if not isinstance(held, bool):
            problem = "is a number; compare it with something"
            sheet.add(rules.DRILL_EXAMPLE_WHERE.at(condition.span(), problem=problem))
        elif not held:
            sheet.add(rules.DRILL_EXAMPLE_WHERE.at(condition.span(), problem="does not hold"))


def _check_shown(ask: Template, params: Mapping[str, Domain | None], names: Names, span: Span, sheet: Sheet) -> None:
    """Note each parameter that the question shows neither by itself nor through a name that follows from it."""
    shown: set[str] = set()
    for place in ask.places:
        for expression in (place.expression, *(names.lets[name] for name in place.expression.needs)):
            shown |= {name for name, _, _ in expression.uses}
    for name in params:
        if name not in shown:
            sheet.note(rules.DRILL_UNSHOWN, span, name=name)
