"""Trouble at any call by which a command touches its files: an error, a full disk, a signal, the end.

Here a share of all points is tried; `make faults` tries every one of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.points import Kind, Point
from tests.faults.scenes import SCENES, TROUBLES, Ending, Scene, is_temporary, problems_of, thinned

ROOT = Path(__file__).parents[2]
SHARE = 29
"""One in so many points is tried; a prime, so that no loop of calls is met always at the same step."""

OLD = {"work/deck.lock": "1", "work/build/deck.apkg": "2"}
NEW = {"work/deck.lock": "3", "work/build/deck.apkg": "4"}


class Staged:
    """A scene that was played."""

    old, new, scene = OLD, NEW, Scene((), lambda _: None)


def found(what: str, ending: Ending, path: str = "/now/work/deck.lock", name: str = "write") -> list[str]:
    """Return what is found wrong with an ending."""
    return list(problems_of(Staged(), ending, what, Point(1, name, Kind.WRITE, path)))  # type: ignore[arg-type]


SAID = "deck.lock:1:1: error[DB610] `deck.lock` cannot be written"


@pytest.mark.parametrize(
    ("what", "ending", "problem"),
    [
        ("fail", Ending(1, SAID, [], OLD), ""),
        ("fail", Ending(0, "", [], NEW), ""),
        ("kill", Ending(-9, "", [], {**OLD, "work/build/deck.apkg": "4"}), ""),
        ("kill", Ending(-9, "", [], {**OLD, "work/.deckbuilder-1-a.tmp": "3"}), ""),
        ("interrupt", Ending(-2, "Interrupted.\n", [], OLD), ""),
        ("fail", Ending(0, "", [], OLD), "done, but not"),
        ("fail", Ending(1, SAID, [], NEW), "failed, but changed"),
        ("fail", Ending(1, "no", [], OLD), "not explained"),
        ("fail", Ending(1, f"{SAID}\nTraceback\nOSError", [], OLD), "a traceback: OSError"),
        ("fail", Ending(2, SAID, [], OLD), "exit code 2"),
        ("full", Ending(1, SAID, [], {**OLD, "work/.deckbuilder-1-a.tmp": "3"}), "left torn or over"),
        ("full", Ending(1, SAID, [], {**OLD, "work/deck.lock": "half"}), "left torn or over"),
        ("kill", Ending(-9, "", [], {**OLD, "work/.deckbuilder-1-a.tmp": "half"}), "left torn or over"),
        ("kill", Ending(-9, "", [], {"work/deck.lock": "1"}), "left torn or over"),
        ("kill", Ending(-9, "", [], {**OLD, "work/deck.lock": "half"}), "left torn or over"),
        ("interrupt", Ending(-2, "Interrupted.\n", [], {**OLD, "work/deck.lock": "3"}), "half done"),
        ("interrupt", Ending(-2, "No\nmore\n", [], OLD), "says"),
        ("terminate", Ending(-15, "Stopped.\n", [], {**OLD, "tmp/x": "y"}), "left torn or over"),
    ],
)
def test_what_must_not_be_is_found(what: str, ending: Ending, problem: str) -> None:
    """If this failed, a torn lock could pass all that follows."""
    problems = found(what, ending)
    assert [one for one in problems if problem and problem in one] or problems == []
    assert bool(problems) == bool(problem)


def test_rows_of_like_points_are_thinned() -> None:
    """If this failed, every test would try the same thousand writes and nothing else."""
    row = [Point(number, "write", Kind.WRITE, "x") for number in range(1, 100)]
    other = Point(100, "replace", Kind.MOVE, "x")
    assert [point.number for point in thinned([*row, other])] == [1, 2, 99, 100]
    assert is_temporary("work/.deckbuilder-1-a.tmp")
    assert not is_temporary("work/site/.deckbuilder-preview")


if os.name == "posix":  # elsewhere no process can be forked; what it writes with is the same

    @pytest.mark.parametrize("name", SCENES)
    def test_trouble_at_any_point_leaves_the_old_or_the_new(name: str, tmp_path: Path) -> None:
        """If this failed, a full disk, a signal or a power cut could cost a lock, and with it learners' histories."""
        command = [sys.executable, "-m", "tests.faults.scenes", name, "--share", str(SHARE), "--folder", str(tmp_path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
        assert told.keys() == TROUBLES.keys()
        for what, code in (("kill", -signal.SIGKILL), ("interrupt", -signal.SIGINT), ("terminate", -signal.SIGTERM)):
            assert f"{code}: " in told[what], "no trouble came"
