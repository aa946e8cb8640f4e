"""The benchmarks run, and measure what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from deckbuilder.pipeline import Options, check

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_a_made_deck_is_a_clean_deck_of_its_size(tmp_path: Path) -> None:
    """Otherwise the numbers that users are shown would be of a deck half of which was never built."""
    maker = [sys.executable, str(BENCHMARKS / "make_deck.py"), "130", str(tmp_path / "deck")]
    subprocess.run(maker, check=True)
    result = check(tmp_path / "deck", Options())
    assert [str(found) for found in result.diagnostics] == []
    assert len(result.notes) == 130


def test_every_measurement_is_made() -> None:
    """Otherwise a change that makes builds slow would go unseen because the benchmark no longer runs."""
    command = [sys.executable, str(BENCHMARKS / "run.py"), "--sizes", "30,60", "--rounds", "1"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    rows = re.findall(
        r"^(--help|import click|import genanki|cold build|in one process|new checkout|unchanged|one edit|genanki alone)"
        r" +-?\d",
        run.stdout,
        re.MULTILINE,
    )
    assert len(rows) == 2 + 2 + 3 * 6  # start, shipped deck, two sizes and their growth


def test_every_stage_is_measured() -> None:
    """Otherwise the table of what identity and packaging take could not be made again."""
    command = [sys.executable, str(BENCHMARKS / "stages.py"), "--sizes", "40,80"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    rows = re.findall(r"^\| (?:lock|who is who|package|peak)[^|]*\|(?: +[\d.]+ \|){2}", run.stdout, re.MULTILINE)
    assert len(rows) == 7
