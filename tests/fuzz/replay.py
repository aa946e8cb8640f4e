"""One input, outside of any fuzzer: `python -m tests.fuzz.replay TARGET FILE` says what comes of it, and how soon."""

from __future__ import annotations

import re
import sys
import tempfile
import time
import traceback
from pathlib import Path

from deckbuilder.reporters import text_report
from tests.fuzz.invariants import BrokenPromise, survives
from tests.fuzz.targets import TARGETS, Target

LIMIT = 1.0
"""Seconds of CPU that one input may take."""


def signature(error: Exception) -> str:
    """Return what tells one way of failing from another: the promise, or where in the package it came to grief."""
    if isinstance(error, BrokenPromise):
        return re.sub(r"(?<![DB0-9])\d+", "0", str(error))[:70]  # the rule's code, and what is promised of it
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "deckbuilder" in Path(frame.filename).parts
    ]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "outside of the package"
    return f"{type(error).__name__} in {place}"


def replayed(target: Target, content: bytes) -> tuple[str, float]:
    """Return what comes of an input, and the seconds of CPU that it took, imports and start-up aside."""
    with tempfile.TemporaryDirectory(prefix="deckbuilder-fuzz-") as folder:
        deck = Path(folder) / "deck"
        target.lay(target.seeds()[0].encode(), deck)
        survives(deck)  # brings in all that is brought in late
        target.lay(content, deck)
        begin = time.process_time()
        result = survives(deck, thoroughly=False)
        took = time.process_time() - begin
        survives(deck)
        return text_report(result.diagnostics).replace(f"{deck.as_posix()}/", "") or "it builds", took


def main() -> None:
    """Replay what the arguments name."""
    said, took = replayed(TARGETS[sys.argv[1]], Path(sys.argv[2]).read_bytes())
    print(said)
    print(f"{took:.3f} s" + (", which takes too long" if took > LIMIT else ""))


if __name__ == "__main__":
    main()
