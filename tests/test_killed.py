"""Whatever is running when the machine stops, no file is half there, no lock is damaged, no collection either."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("what", ["build", "release", "push"])
def test_being_killed_fifty_times_damages_nothing(what: str, tmp_path: Path) -> None:
    """If this failed, a power cut could cost the lock, and with it every learner's history, or a collection."""
    command = [sys.executable, "-m", "tests.support.killing", what, str(tmp_path), "50"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["problems"] == []
    assert outcome["killed"] >= 10, "it was done before it could be killed"
    assert outcome["old"] >= 1
