"""`make fuzz`: every kind of input in turn, each for so long, and a table of what came of it."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys

from tests.fuzz.targets import ROOT, TARGETS

FOLDER = ROOT / "build" / "fuzz"


def main() -> None:
    """Fuzz as the arguments say; the exit code is 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"among {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default: %(default)s)")
    asked = parser.parse_args()
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    names = asked.targets or list(TARGETS)
    for name in names:
        _fuzz(name, asked.seconds)
    print(
        f"{'target':16} {'inputs':>8} {'clean':>7} {'imports':>7} {'covered':>7} {'CPU s':>6} {'broken':>6}"
        "  CPU s since the last"
    )
    broken = sum(_told(name) for name in names)
    sys.exit(1 if broken else 0)


def _fuzz(name: str, seconds: int) -> None:
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "tests.fuzz.atheris_targets", name, str(folder), f"-max_total_time={seconds}"]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        subprocess.run(words, cwd=ROOT, stdout=log, stderr=log, check=False)


def _told(name: str) -> int:
    """Print the row of a target, and return in how many ways it broke a promise."""
    folder = FOLDER / name
    state = json.loads((folder / "state.json").read_text("utf-8"))
    covered = re.findall(r"cov: (\d+)", (folder / "log.txt").read_text("utf-8", errors="replace"))
    quiet = state["seconds"] - state["last_broken"] if state["broken"] else state["seconds"]
    print(
        f"{name:16} {state['inputs']:8} {state['clean']:7} {state['imported']:7} {covered[-1] if covered else '?':>7}"
        f" {state['seconds']:6.0f} {state['broken']:6}  {quiet:.0f}"
    )
    for said in sorted((folder / "broken").glob("*.txt"))[: state["broken"]]:
        print(f"    {said.with_suffix('').relative_to(ROOT).as_posix()}: {said.read_text('utf-8').splitlines()[0]}")
    return int(state["broken"])


if __name__ == "__main__":
    main()
