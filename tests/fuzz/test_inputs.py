"""Whatever stands in a deck, a build keeps its promises: they are written down in `invariants.py`.

`make fuzz` does the same for as long as one likes, led by what an input reaches in the code; see README.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Span
from deckbuilder.pipeline import build
from tests.fuzz import invariants
from tests.fuzz.invariants import BrokenPromise, survives
from tests.fuzz.strategies import inputs
from tests.fuzz.targets import NOTES, TARGETS, Target


@pytest.mark.parametrize("target", TARGETS.values(), ids=str)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_every_promise_is_kept(target: Target, tmp_path: Path, data: st.DataObject) -> None:
    """If this failed, some slip of an author's would end in a traceback, in half of a deck, or in a lost lock."""
    target.lay(data.draw(inputs(target)), tmp_path / "deck")
    survives(tmp_path / "deck")


@pytest.mark.parametrize("target", TARGETS.values(), ids=str)
def test_inputs_to_begin_with_are_sound(target: Target, tmp_path: Path) -> None:
    """If this failed, fuzzing would begin with broken inputs and never get behind the first check."""
    seeds = target.seeds()
    assert len(seeds) >= 3
    clean = 0
    for seed in seeds[:4]:
        target.lay(seed.encode(), tmp_path / "deck")
        clean += not survives(tmp_path / "deck", thoroughly=False).failed
    assert clean >= 2


# The promises themselves: each is seen to be missed


def _with_place(span: Span) -> object:
    def built(deck: Path, options: object) -> object:
        result = build(deck, options)  # type: ignore[arg-type]
        return replace(result, diagnostics=(rules.NO_QUESTIONS.at(replace(span, file=(deck / span.file).as_posix())),))

    return built


def _raises(deck: Path, options: object) -> object:
    raise KeyError(deck)


def _writes_on_error(deck: Path, options: object) -> object:
    (deck / "deck.lock").write_text("{}\n", "utf-8")
    return replace(build(deck, options), diagnostics=(rules.FILE_MISSING.at(Span("x"), path="x"),))  # type: ignore[arg-type]


BREACHES = {
    "raises": _raises,
    "line": _with_place(Span("notes.md", 999)),
    "column": _with_place(Span("notes.md", 1, 99)),
    "width": _with_place(Span("notes.md", 1, 1, 99)),
    "writes on error": _writes_on_error,
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_seen(breach: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, hours of fuzzing would find nothing because nothing could be found."""
    TARGETS["markdown"].lay(NOTES.encode(), tmp_path / "deck")
    monkeypatch.setattr(invariants, "build", BREACHES[breach])
    with pytest.raises((BrokenPromise, KeyError)):
        survives(tmp_path / "deck")
