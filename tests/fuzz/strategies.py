"""Inputs for hypothesis: what people wrote with a few slips in it, and what nobody would write, made of our words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from deckbuilder.drills.reading import KEYS as DRILL_KEYS
from deckbuilder.project import SETTINGS
from deckbuilder.source.metadata import COMMENTS
from tests.fuzz.mutations import ODD_CHARACTERS, ODD_NUMBERS, WRAPPERS, mutated, words
from tests.fuzz.targets import DRILL, Target

_WORDS = st.sampled_from(words())
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), _WORDS, st.sampled_from(ODD_NUMBERS)
)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Return inputs of a kind: slips in real ones, heaps of words, and values of any type where one is expected."""
    ways = [_slips(target.seeds()), _heaps()]
    if target.name in _TREES:
        ways.append(_TREES[target.name](target.seeds()))
    return st.one_of(ways).map(lambda text: text.encode("utf-8", errors="surrogatepass"))


@st.composite
def _slips(draw: st.DrawFn, seeds: Sequence[str]) -> str:
    random = draw(st.randoms(use_true_random=False))
    return mutated(random.choice(seeds), seeds, random)


def _heaps() -> st.SearchStrategy[str]:
    """Return lines of our own words, indented or quoted in any way."""
    parts = st.lists(_WORDS | st.sampled_from(ODD_CHARACTERS), max_size=3).map("".join)
    lines = st.tuples(st.sampled_from(WRAPPERS), parts).map("".join)
    return st.lists(lines, max_size=12).map("\n".join)


def _values(keys: Sequence[str]) -> st.SearchStrategy[object]:
    """Return values of any type and depth, whose mappings have keys that mean something."""
    return st.recursive(
        _SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys), inner, max_size=3),
        max_leaves=8,
    )


def _comments(_seeds: Sequence[str]) -> st.SearchStrategy[str]:
    keys = sorted({key for known in COMMENTS.values() for key in known})
    said = st.dictionaries(st.sampled_from(keys), _values(keys), max_size=3)
    return st.tuples(st.sampled_from([*COMMENTS, "lint"]), said).map(lambda pair: f" {pair[0]}: {json.dumps(pair[1])} ")


def _settings(_seeds: Sequence[str]) -> st.SearchStrategy[str]:
    said = st.dictionaries(st.sampled_from(SETTINGS), _values(SETTINGS), max_size=4)
    return said.map(lambda settings: "".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()))


def _drills(_seeds: Sequence[str]) -> st.SearchStrategy[str]:
    """Return a sound drill, some of whose keys say something else."""
    names = (*DRILL_KEYS, "range", "step", "choices", "exclude", "vector", "matrix", "a", "b", "hard")
    return st.dictionaries(st.sampled_from(DRILL_KEYS), _values(names), max_size=2).map(
        lambda changed: json.dumps(DRILL | changed)
    )


@st.composite
def _locks(draw: st.DrawFn, seeds: Sequence[str]) -> str:
    """Return a lock one of whose lines says something else under some of its keys."""
    lines = draw(st.sampled_from(seeds)).split("\n")
    at = draw(st.sampled_from([number for number, line in enumerate(lines) if line]))
    record = json.loads(lines[at])
    keys = (*record, "slots", "released", "release", "left", "of", "was", "retired")
    record |= draw(st.dictionaries(st.sampled_from(keys), _values(keys), max_size=2))
    lines[at] = json.dumps(record, ensure_ascii=draw(st.booleans()))
    return "\n".join(lines)


_TREES: dict[str, Callable[[Sequence[str]], st.SearchStrategy[str]]] = {
    "metadata": _comments,
    "settings": _settings,
    "drill": _drills,
    "lock": _locks,
}
