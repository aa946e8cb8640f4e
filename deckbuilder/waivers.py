"""Findings that somebody has looked at and lets stand, with the reason.

An author does so in deck.yml or at the finding's place; whoever runs the build does so on the command line or in a file
outside the deck.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Severity, Span
from deckbuilder.yaml_text import YamlValue, suggestion

_WHOLE_FILE = (1, 1 << 62)
_REASON_SHAPE = {"anyOf": [{"type": ["string", "number", "boolean"], "pattern": r"\S"}, {"type": "object"}]}


class Waiver(Struct, frozen=True):
    """Lets the findings of one code stand: in the lines `first` to `last` of each file whose name is like `files`.

    `span` is where the waiver itself is written.
    """

    code: str
    reason: str
    span: Span
    files: str = "*"
    first: int = _WHOLE_FILE[0]
    last: int = _WHOLE_FILE[1]

    def covers(self, found: Diagnostic) -> bool:
        """Whether the waiver is about this finding."""
        if found.code != self.code or not self.first <= found.span.line <= self.last:
            return False
        return found.span.file == self.files or fnmatchcase(found.span.file, self.files)


def read_waivers(
    values: Mapping[str, YamlValue], *, outside: bool = False
) -> tuple[tuple[Waiver, ...], list[Diagnostic]]:
    """Read `CODE: reason` pairs; instead of a reason there may be a mapping of file patterns to reasons.

    `outside` says that they come from outside the deck, where safety findings may be waived too.
    """
    waivers: list[Waiver] = []
    diagnostics: list[Diagnostic] = []
    for code, value in values.items():
        place = value.key_span or value.span
        refused = _refusal(code, outside=outside)
        if refused:
            diagnostics.append(rules.WAIVER_REFUSED.at(place, code=code, problem=refused))
            continue
        reasons = value.data if isinstance(value.data, dict) else {"*": value}
        for files, reason in reasons.items():
            at = reason.key_span or place
            if isinstance(reason.data, (dict, list)) or not reason.text.strip():
                diagnostics.append(rules.WAIVER_WITHOUT_REASON.at(at, code=code))
            else:
                waivers.append(Waiver(code, reason.text.strip(), at, files))
    return tuple(waivers), diagnostics


def waivers_shape() -> dict[str, object]:
    """Return what waivers look like, as a JSON schema that offers the codes that may be silenced."""
    codes = {code: rule for code, rule in rules.catalogue().items() if not _refusal(code)}
    shapes = {code: {**_REASON_SHAPE, "description": rule.name} for code, rule in codes.items()}
    return {"type": "object", "properties": shapes, "additionalProperties": False}


def _refusal(code: str, *, outside: bool = False) -> str:
    """Return why findings of a code may not be silenced, or "" if they may."""
    known = rules.catalogue()
    rule = known.get(code)
    if rule is None:
        return f"there is no such code; {suggestion(code, tuple(known))}"
    if rule.severity is Severity.ERROR:
        return "it is an error: a card would be broken, or a learner's history lost"
    if rule in rules.NEVER_SILENT and not (outside and rule in rules.SAFETY):
        return "it tells what becomes of learners' history, of unsafe HTML, or of waivers"
    return ""


def allowed(code: str) -> Waiver:
    """Return the waiver, by whoever runs the build, of all findings of a code. Raises ValueError that says why not."""
    if problem := _refusal(code, outside=True):
        raise ValueError(f"{code} cannot be allowed: {problem}")
    return Waiver(code, "allowed on the command line", Span(""))


def silenced(
    diagnostics: Sequence[Diagnostic],
    waivers: Sequence[Waiver],
    outside: Sequence[Waiver] = (),
    *,
    strict: bool = False,
) -> list[Diagnostic]:
    """Return the findings that no waiver is about, and a finding for each waiver that is about none.

    `waivers` are the deck's own: if `strict`, they do not count for safety findings. `outside` are those of whoever
    runs the build, which always count. With errors among the findings nothing is said of idle waivers: what follows an
    error was perhaps never looked at.
    """
    safety = {rule.code for rule in rules.SAFETY} if strict else set()
    used: set[int] = set()
    not_counted: set[int] = set()
    kept: list[Diagnostic] = []
    for found in diagnostics:
        about = {number for number, waiver in enumerate(waivers) if waiver.covers(found)}
        used |= about
        if not found.is_error and any(waiver.covers(found) for waiver in outside):
            continue
        if found.code in safety:
            not_counted |= about
        if not about or found.is_error or found.code in safety:
            kept.append(found)
    kept += [rules.WAIVER_NOT_COUNTED.at(waivers[one].span, code=waivers[one].code) for one in sorted(not_counted)]
    if not any(found.is_error for found in kept):
        kept += _idle(waiver for number, waiver in enumerate(waivers) if number not in used)
    return kept


def _idle(waivers: Iterable[Waiver]) -> Iterator[Diagnostic]:
    for waiver in waivers:
        yield rules.WAIVER_IDLE.at(waiver.span, code=waiver.code)
