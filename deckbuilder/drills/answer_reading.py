"""What a drill asks for: answers, tolerance, mistakes, and how many variants of which cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deckbuilder import rules
from deckbuilder.drills.expressions import Expression
from deckbuilder.drills.limits import MAX_VARIANTS
from deckbuilder.drills.literals import read_number, read_whole
from deckbuilder.drills.names import Names
from deckbuilder.drills.sheet import Sheet
from deckbuilder.drills.specs import DEFAULT_VARIANTS, Mistake, Stratum
from deckbuilder.drills.tolerances import MOST_DIGITS, Nearness, Tolerance
from deckbuilder.yaml_text import YamlValue, suggestion

STRATUM_KEYS: Final = ("when", "variants")
TOLERANCES: Final = tuple(nearness.value for nearness in Nearness if nearness is not Nearness.EXACT)
CARDS: Final = ("one", "per-variant")
_TOLERANCE: Final = "a number, or one of `{absolute: 0.01}`, `{relative: 1%}`, `{decimals: 3}`, `{significant: 3}`"


def read_answers(value: YamlValue | None, names: Names, sheet: Sheet) -> dict[str, Expression]:
    """Return the answers by name, the only one of an unnamed answer by ""."""
    if value is None:
        return {}
    if not isinstance(value.data, dict):
        answer = sheet.resolved(sheet.expression(value, "answer"), names)
        return {"": answer} if answer else {}
    if not value.data:
        sheet.note(rules.DRILL_VALUE, value.span, key="answer", expected="an expression, or a mapping of names to some")
    found: dict[str, Expression] = {}
    for name, entry in value.data.items():
        if not name.strip():
            sheet.note(rules.DRILL_NAMING, entry.key_span or entry.span, name=name, problem="it is empty")
        answer = sheet.resolved(sheet.expression(entry, name), names)
        found |= {name: answer} if answer else {}
    return found


def read_mistakes(value: YamlValue | None, answer: YamlValue | None, names: Names, sheet: Sheet) -> tuple[Mistake, ...]:
    """Return the mistakes, what each gives by the name of its answer."""
    expected = "a mapping of each mistake's words to what it gives, as in `{wrong sign: w + lr*g}`"
    named = answer.data if answer and isinstance(answer.data, dict) else {}
    answers = tuple(named) or ("",)
    found: list[Mistake] = []
    for name, entry in sheet.mapping(value, "mistakes", expected).items():
        gives = _gives(name, entry, answers, names, sheet)
        if gives:
            found.append(Mistake(name, gives, sheet.place(entry.key_span or entry.span)))
    return tuple(found)


def _gives(
    mistake: str, value: YamlValue, answers: tuple[str, ...], names: Names, sheet: Sheet
) -> Mapping[str, Expression]:
    if not isinstance(value.data, dict):
        if len(answers) > 1:
            expected = f"a mapping of answers to what the mistake gives, as in `{{{answers[0]}: …}}`"
            sheet.note(rules.DRILL_VALUE, value.span, key=mistake, expected=expected)
            return {}
        expression = sheet.resolved(sheet.expression(value, mistake), names)
        return {answers[0]: expression} if expression else {}
    found: dict[str, Expression] = {}
    for name, entry in value.data.items():
        if name not in answers or not name:
            span = entry.key_span or entry.span
            known = suggestion(name, answers) if answers[0] else "the answer has no name: write the expression alone"
            sheet.note(rules.DRILL_KEY, span, key=name, where=f"the mistake `{mistake}`", suggestion=known)
            continue
        expression = sheet.resolved(sheet.expression(entry, name), names)
        found |= {name: expression} if expression else {}
    return found


def read_tolerance(value: YamlValue | None, sheet: Sheet) -> Tolerance:
    """Return the tolerance: a number is absolute, a mapping of one key says what it is measured in."""
    if value is None:
        return Tolerance()
    if not isinstance(value.data, dict):
        return _amount(Nearness.ABSOLUTE, "tolerance", value, sheet)
    sheet.unknown_keys(value.data, TOLERANCES, "`tolerance`")
    known = [key for key in value.data if key in TOLERANCES]
    if len(value.data) != 1:
        sheet.note(rules.DRILL_VALUE, value.span, key="tolerance", expected=_TOLERANCE)
    return _amount(Nearness(known[0]), known[0], value.data[known[0]], sheet) if known else Tolerance()


def _amount(nearness: Nearness, key: str, value: YamlValue, sheet: Sheet) -> Tolerance:
    text = "" if isinstance(value.data, list | dict) else value.text
    is_share = nearness is Nearness.RELATIVE
    amount = read_number(text.removesuffix("%").rstrip() if is_share else text)
    if amount is not None and is_share and text.endswith("%"):
        amount /= 100
    if nearness in (Nearness.DECIMALS, Nearness.SIGNIFICANT):
        least = 0 if nearness is Nearness.DECIMALS else 1
        expected = f"a whole number from {least} to {MOST_DIGITS}"
        fits = amount is not None and amount.denominator == 1 and least <= amount <= MOST_DIGITS
    elif is_share:
        expected, fits = "a share from 0 to below 1, such as `1%` or `0.01`", amount is not None and 0 <= amount < 1
    else:
        expected = "a number from 0" if key == "absolute" else _TOLERANCE
        fits = amount is not None and amount >= 0
    if amount is None or not fits:
        help_ = f"write `tolerance: {{relative: {text}}}`" if text.endswith("%") and not is_share else ""
        sheet.note(rules.DRILL_VALUE, value.span, help_=help_, key=key, expected=expected)
        return Tolerance()
    return Tolerance(nearness, amount)


def read_strata(value: YamlValue | None, names: Names, sheet: Sheet) -> tuple[Stratum, ...]:
    """Return the cases that are to have a number of variants of their own."""
    expected = "a mapping of cases, as in `{rising: {when: x > 0, variants: 6}}`"
    found: list[Stratum] = []
    for name, entry in sheet.mapping(value, "strata", expected).items():
        parts = sheet.mapping(entry, name, "a mapping of `when` and `variants`")
        sheet.unknown_keys(parts, STRATUM_KEYS, f"the case `{name}`")
        for key in STRATUM_KEYS:
            if key not in parts and isinstance(entry.data, dict):
                sheet.note(rules.DRILL_MISSING, entry.key_span or entry.span, key=key)
        when = sheet.resolved(sheet.expression(parts["when"], "when"), names) if "when" in parts else None
        variants = _count(parts["variants"], sheet) if "variants" in parts else None
        if when and variants:
            found.append(Stratum(name, when, variants))
    return tuple(found)


def read_variants(value: YamlValue | None, strata: tuple[Stratum, ...], sheet: Sheet) -> int:
    """Return how many variants there are: at least those of the cases, which are all where nothing is said."""
    wanted = sum(stratum.variants for stratum in strata)
    if value is None:
        return min(wanted, MAX_VARIANTS) or DEFAULT_VARIANTS
    count = _count(value, sheet)
    if count is not None and count < wanted:
        expected = f"at least {wanted}, as many as the cases under `strata` have together"
        sheet.note(rules.DRILL_VALUE, value.span, key="variants", expected=expected)
    return count or DEFAULT_VARIANTS


def _count(value: YamlValue, sheet: Sheet) -> int | None:
    count = None if isinstance(value.data, list | dict) else read_whole(value.text)
    if count is None or not 1 <= count <= MAX_VARIANTS:
        expected = f"a whole number from 1 to {MAX_VARIANTS}"
        sheet.note(rules.DRILL_VALUE, value.span, key="variants", expected=expected)
        return None
    return count


def read_cards(value: YamlValue | None, sheet: Sheet) -> bool:
    """Return whether each variant makes a note of its own."""
    if value is not None and value.text not in CARDS:
        sheet.note(rules.DRILL_VALUE, value.span, key="cards", expected="`one` or `per-variant`")
    return value is not None and value.text == CARDS[1]
