"""Progress: on a terminal, for long work, on stderr, and nowhere else."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from deckbuilder.cli import progress as module
from deckbuilder.cli.progress import progress
from deckbuilder.pipeline import Options, check


class Stream(io.StringIO):
    """A stream that is, or is not, a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool = True, seconds: float = 2.0, notes: int = 1000) -> str:
    """Return what is written while `notes` notes take `seconds` seconds in all, by a clock of our own."""
    stream, clock = Stream(terminal), [0.0]
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    with progress() as watch:
        for number in range(notes):
            clock[0] += seconds / notes
            if watch:
                watch(number + 1, notes)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, an author would not know whether a build of a large deck hangs."""
    text = shown(monkeypatch)
    assert "Rendering" in text
    assert "1000/1000" in text
    assert text.count("\r") < 200  # not a line for each note


def test_short_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, each build of a small deck would flicker."""
    assert shown(monkeypatch, seconds=0.9) == ""


def test_nothing_is_shown_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, logs of CI would be full of bars."""
    assert shown(monkeypatch, terminal=False) == ""
    monkeypatch.setenv("CI", "true")
    assert shown(monkeypatch) == ""
    monkeypatch.delenv("CI")
    monkeypatch.setenv("TERM", "dumb")
    assert shown(monkeypatch) == ""


def test_the_pipeline_tells_of_every_note(tmp_path: Path) -> None:
    """If this failed, the bar would stand still, or run past its end."""
    path = tmp_path / "x.md"
    path.write_text("# A\n\n" + "".join(f"1) What is {n}?\n\n    It is {n}.\n\n" for n in range(5)), "utf-8")
    told: list[tuple[int, int]] = []
    check(path, Options(watch=lambda done, of: told.append((done, of))))
    lines = path.read_text("utf-8").count("\n") + 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({done for done, _ in told}) >= 5
    assert {of for _, of in told} == {lines}
    assert told[-1] == (lines, lines)
