"""How many steps a regular expression takes on a text: Python's own matching, done slowly and counted.

Python's `re` cannot be asked, and time says something of the machine. This matcher goes the same way, alternative by
alternative and repetition by repetition, over the tree that `re` itself makes of a pattern.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the names that all of 3.11 to 3.13 have
    import sre_constants as sre
    import sre_parse

Groups = dict[int, tuple[int, int]]
Node = tuple[Any, Any]

_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda sign: not sign.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda sign: not sign.isspace(),
    sre.CATEGORY_WORD: lambda sign: sign.isalnum() or sign == "_",
    sre.CATEGORY_NOT_WORD: lambda sign: not (sign.isalnum() or sign == "_"),
}


class TooManySteps(Exception):
    """The bound on steps is reached."""


class Counted:
    """A pattern that counts its steps; raises TooManySteps beyond `most`."""

    def __init__(self, pattern: re.Pattern[str], most: int = 400_000) -> None:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
        self.tree = list(sre_parse.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
        self.flags = pattern.flags
        self.most = most
        self.steps = 0

    def search_all(self, text: str) -> list[tuple[int, int]]:
        """Return what `finditer` finds, empty matches too."""
        found, at = [], 0
        while at <= len(text):
            end = self.match(text, at)
            if end is None:
                at += 1
            else:
                found.append((at, end))
                at = end if end > at else at + 1
        return found

    def match(self, text: str, at: int = 0, *, whole: bool = False) -> int | None:
        """Return where a match that begins at `at` ends."""
        for end, _ in self._nodes(self.tree, 0, text, at, {}):
            if not whole or end == len(text):
                return end
        return None

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise TooManySteps

    def _nodes(self, nodes: list[Node], index: int, text: str, at: int, groups: Groups) -> Iterator[tuple[int, Groups]]:
        if index == len(nodes):
            yield at, groups
            return
        for end, inner in self._node(nodes[index], text, at, groups):
            yield from self._nodes(nodes, index + 1, text, end, inner)

    def _node(self, node: Node, text: str, at: int, groups: Groups) -> Iterator[tuple[int, Groups]]:
        self._step()
        kind, value = node
        if kind in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            if at < len(text) and self._fits(node, text[at]):
                yield at + 1, groups
        elif kind is sre.BRANCH:
            for choice in value[1]:
                yield from self._nodes(list(choice), 0, text, at, groups)
        elif kind is sre.SUBPATTERN:
            number, _, _, inner = value
            for end, found in self._nodes(list(inner), 0, text, at, groups):
                yield end, {**found, number: (at, end)} if number else found
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, body = value
            yield from self._repeat(list(body), least, most, kind is sre.MIN_REPEAT, text, at, groups, 0, -1)
        elif kind is sre.POSSESSIVE_REPEAT:
            least, most, body = value
            yield from self._first(self._repeat(list(body), least, most, False, text, at, groups, 0, -1))
        elif kind is sre.ATOMIC_GROUP:
            yield from self._first(self._nodes(list(value), 0, text, at, groups))
        elif kind in (sre.ASSERT, sre.ASSERT_NOT):
            found = self._look(value, text, at, groups)
            if (found is not None) is (kind is sre.ASSERT):
                yield at, found or groups
        elif kind is sre.AT:
            if self._stands(value, text, at):
                yield at, groups
        elif kind is sre.GROUPREF:
            start, end = groups.get(value, (0, -1))
            if end >= start and text.startswith(text[start:end], at):
                yield at + end - start, groups
        else:
            raise NotImplementedError(kind)

    def _repeat(
        self,
        body: list[Node],
        least: int,
        most: Any,
        lazy: bool,
        text: str,
        at: int,
        groups: Groups,
        done: int,
        last: int,
    ) -> Iterator[tuple[int, Groups]]:  # one call a repetition, as deep as the text is long
        self._step()
        if lazy and done >= least:
            yield at, groups
        if (most is sre.MAXREPEAT or done < most) and at != last:
            for end, found in self._nodes(body, 0, text, at, groups):
                yield from self._repeat(body, least, most, lazy, text, end, found, done + 1, at)
        if not lazy and done >= least:
            yield at, groups

    @staticmethod
    def _first(found: Iterator[tuple[int, Groups]]) -> Iterator[tuple[int, Groups]]:
        for one in found:
            yield one
            return

    def _look(self, value: tuple[int, Any], text: str, at: int, groups: Groups) -> Groups | None:
        direction, inner = value
        if direction < 0:
            at -= inner.getwidth()[0]
            if at < 0:
                return None
        return next((found for _, found in self._nodes(list(inner), 0, text, at, groups)), None)

    def _stands(self, where: Any, text: str, at: int) -> bool:
        lines = bool(self.flags & re.MULTILINE)
        if where is sre.AT_BEGINNING:
            return at == 0 or (lines and text[at - 1] == "\n")
        if where is sre.AT_BEGINNING_STRING:
            return at == 0
        if where is sre.AT_END:
            return at == len(text) or text[at:] == "\n" or (lines and text[at] == "\n")
        if where is sre.AT_END_STRING:
            return at == len(text)
        word = _CATEGORIES[sre.CATEGORY_WORD]
        boundary = (at > 0 and word(text[at - 1])) != (at < len(text) and word(text[at]))
        return boundary is (where is sre.AT_BOUNDARY)

    def _fits(self, node: Node, sign: str) -> bool:
        kind, value = node
        if kind is sre.ANY:
            return bool(self.flags & re.DOTALL) or sign != "\n"
        if kind in (sre.LITERAL, sre.NOT_LITERAL):
            return self._same(value, sign) is (kind is sre.LITERAL)
        negated = value[0][0] is sre.NEGATE
        return any(self._in(one, sign) for one in value[negated:]) is not negated

    def _in(self, one: Node, sign: str) -> bool:
        kind, value = one
        if kind is sre.LITERAL:
            return self._same(value, sign)
        if kind is sre.CATEGORY:
            return _CATEGORIES[value](sign)
        low, high = value
        return any(low <= ord(form) <= high for form in self._forms(sign))

    def _same(self, code: int, sign: str) -> bool:
        return any(ord(form) == code for form in self._forms(sign))

    def _forms(self, sign: str) -> set[str]:
        if not self.flags & re.IGNORECASE:
            return {sign}
        return {form for form in (sign, sign.lower(), sign.upper()) if len(form) == 1}


def literals(pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield what is written out in a pattern, in runs as long as they go."""
    yield from _runs(sre_parse.parse(pattern.pattern, pattern.flags & ~re.DEBUG))


def _runs(tree: Any) -> Iterator[str]:
    run = ""
    for kind, value in tree:
        if kind is sre.LITERAL:
            run += chr(value)
            continue
        if run:
            yield run
            run = ""
        if kind is sre.IN:
            continue
        for part in value if isinstance(value, tuple | list) else [value]:
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, sre_parse.SubPattern):
                    yield from _runs(one)
    if run:
        yield run
