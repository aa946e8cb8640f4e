"""Every regular expression of ours takes a time that grows with the text and no faster, whatever the text."""

from __future__ import annotations

import ast
import importlib
import itertools
import math
import pkgutil
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deckbuilder
from tests.support.backtracking import Counted, TooManySteps, literals

PACKAGE = Path(deckbuilder.__file__).parent
SHORT, LONG = 10, 40
"""Repetitions of a piece of text: four times as many may take about four times as many steps."""

FEWEST, MOST_STEPS = 100, 30_000
"""Below the one, growth says nothing; above the other it is far beyond what is linear, and counting stops."""

MOST_GROWTH = 7.0
"""Between the four of what is linear and the sixteen of what is quadratic."""

BOUNDED: Mapping[str, str] = {
    "kinds.templates._COMMENT": "reads our own template files only",
    "rendering.finish._PIECE": "reads HTML that nh3 wrote: every < in it is that of a whole tag",
}
"""Expressions that take longer by themselves, with what bounds the text that they are given."""


@dataclass(frozen=True, slots=True)
class Named:
    """A compiled expression of a module, and whether it is only asked for what stands at one place."""

    name: str
    pattern: re.Pattern[str]
    anchored: bool

    def __str__(self) -> str:
        return self.name


def _modules() -> Iterator[str]:
    yield from (
        found.name for found in pkgutil.walk_packages([str(PACKAGE)], "deckbuilder.") if "__main__" not in found.name
    )


def _compiled(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _compiled(one)
    elif isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from _compiled(one)


def _methods(name: str, tree: ast.AST) -> set[str]:
    """Return the methods that a module calls on a name."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }


def _assigned(tree: ast.Module) -> set[str]:
    """Return the names that a module gives a value itself."""
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _of_modules() -> Iterator[Named]:
    for dotted in _modules():
        module = importlib.import_module(dotted)
        tree = ast.parse(Path(module.__file__ or "").read_text("utf-8"))
        for name in sorted(_assigned(tree)):
            for number, pattern in enumerate(_compiled(vars(module)[name])):
                methods = _methods(name, tree)
                anchored = bool(methods) and methods <= {"match", "fullmatch", "pattern"}
                yield Named(f"{dotted.removeprefix('deckbuilder.')}.{name}{number or ''}", pattern, anchored)


def _in_functions() -> Iterator[Named]:
    """Yield what functions compile on the way, where it is written out; the names of the rest are in WRITTEN."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr not in ("compile", "escape")
            ):
                first = node.args[0]
                place = f"{file.relative_to(PACKAGE).as_posix()}:{node.lineno}"
                if isinstance(first, ast.Constant):
                    flags = re.DOTALL if "DOTALL" in ast.unparse(node) else re.NOFLAG
                    yield Named(place, re.compile(first.value, flags), node.func.attr in ("match", "fullmatch"))


ALL = [*_of_modules(), *_in_functions()]
assert len(ALL) > 80, "the expressions are not found any more"


def _alphabet(pattern: re.Pattern[str]) -> list[str]:
    """Return some signs that the expression tells apart: those written in it, and one of each common class."""
    written = [sign for sign in dict.fromkeys(pattern.pattern) if sign.isprintable()]
    return list(dict.fromkeys([*written, "a", "A", "1", " ", "\n", "<", "`", "$", "\\"]))[:30]


def _texts(pattern: re.Pattern[str], count: int) -> Iterator[str]:
    """Yield texts that repeat a piece, between a beginning and an end that may let the whole fail."""
    chance = random.Random(ascii(pattern.pattern))
    signs = _alphabet(pattern)
    words = list(dict.fromkeys(literals(pattern)))[:10]
    pieces = [*signs, *words, *("".join(chance.choices(signs + words, k=2)) for _ in range(10))]
    pieces += ["".join(chance.choices(signs + words, k=3)) for _ in range(5)]
    for piece, beginning in itertools.product(pieces, ["", chance.choice(words or signs)]):
        yield beginning + piece * count + "\x00"


def _steps(named: Named, text: str) -> int:
    counted = Counted(named.pattern, MOST_STEPS)
    try:
        if named.anchored:
            counted.match(text, whole=True)
        else:
            counted.search_all(text)
    except TooManySteps:
        return counted.most
    return counted.steps


def _growth(named: Named) -> tuple[float, str]:
    """Return how many times the steps four times the text took at worst, and the beginning of that text."""
    growth, worst = 0.0, ""
    for short, long in zip(_texts(named.pattern, SHORT), _texts(named.pattern, LONG), strict=True):
        many = _steps(named, long)
        if many >= MOST_STEPS:
            return math.inf, long[:40]
        growth, worst = max((growth, worst), (many / max(_steps(named, short), FEWEST), long[:40]))
    return growth, worst


@pytest.mark.parametrize("named", ALL, ids=str)
def test_steps_grow_with_the_text(named: Named) -> None:
    """If this failed, a stranger's text of a few pages could keep a build busy for ever."""
    growth, worst = _growth(named)
    if named.name in BOUNDED:
        assert growth > MOST_GROWTH, "it is linear now, so nothing need be said of it"
    else:
        assert growth <= MOST_GROWTH, f"{growth:.0f} times the steps on four times {worst!r}…"


@given(st.sampled_from(ALL), st.text(st.sampled_from(list("ab1 \n<>/!-`$\\*_[]()#&;:{}|.")), max_size=24))
def test_the_counting_goes_the_way_of_re(named: Named, text: str) -> None:
    """If this failed, the steps that are counted would be those of another expression."""
    counted = Counted(named.pattern)
    assert counted.search_all(text)[:20] == [found.span() for found in named.pattern.finditer(text)][:20]


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"a*a*b", r"(a|a)*b", r"<!--.*?-->", r"\s*x", r"[ab]+c"])
def test_what_is_not_linear_is_seen(pattern: str) -> None:
    """If this failed, the test of all expressions could not fail."""
    assert _growth(Named("x", re.compile(pattern, re.DOTALL), anchored=False))[0] > MOST_GROWTH
