"""Pygments' own lexing, with fewer of its rules tried: of a state's rules those that can begin with the next character.

A lexer of Python tries some forty patterns before it knows a name for one. What a pattern can begin with is read off
its parse, and where that does not say, it is tried; so the same tokens come out in a quarter of the time. Since this
leans on how Pygments keeps its rules, and Python its parses, it is done only with releases that it was tried with.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, TypeAlias

import pygments
from pygments.lexer import Lexer, RegexLexer
from pygments.token import Error, Whitespace, _TokenType

TRIED_PYGMENTS: Final = frozenset({"2.18.0", "2.19.0", "2.19.1", "2.19.2", "2.20.0", "2.21.0"})
TRIED_PYTHON: Final = frozenset({(3, 11), (3, 12), (3, 13)})
"""The releases with which the lexers of all languages gave the same tokens either way.

A test tries the ones at hand, whichever they are: one with which it passes may be added.
"""

_Rule: TypeAlias = tuple[Callable[[str, int], "re.Match[str] | None"], Any, Any]
_Token: TypeAlias = tuple[int, _TokenType, str]

_ASCII: Final = frozenset(range(128))
_DIGITS: Final = frozenset(map(ord, "0123456789"))
_LETTERS: Final = frozenset(code for code in _ASCII if chr(code).isalnum() or chr(code) == "_")
_BLANKS: Final = frozenset(map(ord, " \t\n\r\f\v"))
_SEPARATORS: Final = frozenset(range(0x1C, 0x20))
"""These are blanks to some patterns and to others not."""

_CATEGORIES: Final[Mapping[str, frozenset[int]]] = {
    "CATEGORY_DIGIT": _DIGITS,
    "CATEGORY_NOT_DIGIT": _ASCII - _DIGITS,
    "CATEGORY_WORD": _LETTERS,
    "CATEGORY_NOT_WORD": _ASCII - _LETTERS,
    "CATEGORY_SPACE": _BLANKS | _SEPARATORS,
    "CATEGORY_NOT_SPACE": _ASCII - _BLANKS,
}


def is_tried() -> bool:
    """Whether this has been tried with the releases at hand."""
    return pygments.__version__ in TRIED_PYGMENTS and sys.version_info[:2] in TRIED_PYTHON


def goes_by_rules(lexer: Lexer) -> bool:
    """Whether a lexer is one that goes by rules and by nothing else."""
    return type(lexer).get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed


def make_quicker(lexer: Lexer) -> None:
    """Have a lexer look its rules up by the next character from now on, if it goes by rules and by nothing else."""
    if isinstance(lexer, RegexLexer) and goes_by_rules(lexer):
        states = lexer._tokens  # type: ignore[attr-defined]
        lexer.get_tokens_unprocessed = partial(_tokens, lexer, {name: _State(rules) for name, rules in states.items()})  # type: ignore[method-assign]


class _State(dict[str, Sequence[_Rule]]):
    """For the next character (none at the end of the text), those of a state's rules that may apply, in their order."""

    def __init__(self, rules: Sequence[_Rule]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, character: str) -> Sequence[_Rule]:
        rules = self._rules
        if character and character.isascii():
            rules = [rule for rule in rules if _may_begin(rule, ord(character))]
        self[character] = rules
        return rules


def _may_begin(rule: _Rule, code: int) -> bool:
    pattern = getattr(rule[0], "__self__", None)  # of which it is the method `match`
    return not isinstance(pattern, re.Pattern) or code in _beginnings(pattern)


def _tokens(
    lexer: RegexLexer, states: Mapping[str, _State], text: str, stack: Iterable[str] = ("root",)
) -> Iterator[_Token]:
    """Yield what `RegexLexer.get_tokens_unprocessed` does, in the same way but for the rules that are tried."""
    position = 0
    opened = list(stack)
    state = states[opened[-1]]
    while True:
        for match, action, new_state in state[text[position : position + 1]]:
            found = match(text, position)
            if found is None:
                continue
            if type(action) is _TokenType:
                yield position, action, found.group()
            elif action is not None:
                yield from action(lexer, found)
            position = found.end()
            if new_state is not None:
                _enter(opened, new_state)
                state = states[opened[-1]]
            break
        else:
            if position >= len(text):
                return
            if text[position] == "\n":
                opened = ["root"]
                state = states["root"]
                yield position, Whitespace, "\n"
            else:
                yield position, Error, text[position]
            position += 1


def _enter(opened: list[str], new: tuple[str, ...] | int | str) -> None:
    """Change the open states as a rule says: by names to open, `#push`, `#pop`, or how many to close (below nought)."""
    if isinstance(new, int):
        del opened[1 if abs(new) >= len(opened) else new :]
        return
    for state in (new,) if isinstance(new, str) else new:
        if state == "#pop":
            del opened[max(1, len(opened) - 1) :]
        else:
            opened.append(opened[-1] if state == "#push" else state)


# ── what a pattern can begin with ───────────────────────────────────────────────────────────────────────────────────


@cache
def _beginnings(pattern: re.Pattern[str]) -> frozenset[int]:
    """Return the ASCII characters that a match can begin with, perhaps with some more; all where it can be empty."""
    from re import _parser  # type: ignore[attr-defined]  # brought in only with a Python that is known to have it

    found, empty = _of_sequence(_parser.parse(pattern.pattern, pattern.flags), bool(pattern.flags & re.IGNORECASE))
    return _ASCII if empty else found


def _of_sequence(parts: Iterable[tuple[Any, Any]], folded: bool) -> tuple[frozenset[int], bool]:
    """Return what a match of several parts can begin with, and whether it can be empty."""
    found: frozenset[int] = frozenset()
    for operation, value in parts:
        begins, empty = _of_part(str(operation), value, folded)
        found |= begins
        if not empty:
            return found, False
    return found, True


def _of_part(operation: str, value: Any, folded: bool) -> tuple[frozenset[int], bool]:  # noqa: ANN401
    begins, empty = _ASCII, True
    match operation:
        case "LITERAL":
            begins, empty = _of_literal(value, folded), False
        case "IN":
            begins, empty = _of_set(value, folded), False
        case "ANY" | "NOT_LITERAL":
            empty = False
        case "AT" | "ASSERT" | "ASSERT_NOT":  # they take no character, and what they ask of the next may be left out
            begins = frozenset()
        case "BRANCH":
            ways = [_of_sequence(parts, folded) for parts in value[1]]
            begins = frozenset().union(*[found for found, _ in ways])
            empty = any(nothing for _, nothing in ways)
        case "SUBPATTERN":
            _, added, removed, parts = value
            begins, empty = _of_sequence(parts, bool((folded or added & re.IGNORECASE) and not removed & re.IGNORECASE))
        case "ATOMIC_GROUP":
            begins, empty = _of_sequence(value, folded)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, _, parts = value
            begins, empty = _of_sequence(parts, folded)
            empty = empty or not least
    return begins, empty


def _of_set(members: Iterable[tuple[Any, Any]], folded: bool) -> frozenset[int]:
    (opening, _), *rest = members = list(members)
    if str(opening) == "NEGATE":
        if folded or any(str(operation) == "CATEGORY" for operation, _ in rest):
            return _ASCII
        return _ASCII - _of_set(rest, folded) if rest else _ASCII
    found: frozenset[int] = frozenset()
    for operation, value in members:
        match str(operation):
            case "LITERAL":
                found |= _of_literal(value, folded)
            case "RANGE":
                first, last = value
                if folded and last >= len(_ASCII):
                    return _ASCII  # among so many there may be a form of a letter
                found = found.union(*[_of_literal(code, folded) for code in range(first, min(last + 1, len(_ASCII)))])
            case "CATEGORY":
                found |= _CATEGORIES.get(str(value), _ASCII)
            case _:
                return _ASCII
    return found


def _of_literal(code: int, folded: bool) -> frozenset[int]:
    if not folded:
        return _ASCII & {code}
    return frozenset(map(ord, chr(code).lower() + chr(code).upper())) if code in _ASCII else _ASCII
