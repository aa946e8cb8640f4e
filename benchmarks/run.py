"""Measure whole processes of deckbuilder, side by side with what it cannot do without.

    python benchmarks/run.py --sizes 1000,5000 --rounds 5

Only ratios travel from one machine to another. So each round runs everything once, in turn, and a ratio is the median
of the rounds' own ratios: what else the machine does meanwhile falls on both sides alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import log
from pathlib import Path
from statistics import median
from zipfile import ZipFile

from make_deck import edit, make_deck

HERE = Path(__file__).resolve().parent
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes on Linux


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: `seconds` of wall time; where the system tells, of processors, and its peak in bytes.

    What its own processes took is counted in `processors`; their memory is not in `memory`.
    """

    seconds: float
    processors: float | None
    memory: int | None


def measure(command: Sequence[str], scratch: Path, folder: Path | None = None) -> Cost:
    """Run a process in `folder` to its end and return what it took; its caches go to `scratch`.

    Raises SystemExit if it fails.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE.parent),
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "LOCALAPPDATA": str(scratch / "cache"),
    }
    # An author's second build finds the modules compiled, wherever this one was told not to keep them.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("CI", None)  # these decks are made here and have no lock yet
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=folder)
        processors, memory = wait(process)
        seconds = time.perf_counter() - started
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)}\n{output.read().decode(errors='replace')[-4000:]}")
    return Cost(seconds, processors, memory)


def wait(process: subprocess.Popen[bytes]) -> tuple[float | None, int | None]:
    """Wait for a process and return its seconds of processors and its peak in bytes, None where nobody tells."""
    if not hasattr(os, "wait4"):
        process.wait()
        return None, None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * MAXRSS_UNIT


def build_command(deck: Path, package: Path, *options: str) -> list[str]:
    """Return the command that builds `deck`."""
    return [sys.executable, "-m", "deckbuilder", "build", str(deck), "-o", str(package), *options]


def prepare(package: Path, prepared: Path) -> None:
    """Take the finished fields out of a package, so that genanki alone can write them again."""
    with tempfile.TemporaryDirectory() as folder, ZipFile(package) as archive:
        collection = sqlite3.connect(archive.extract("collection.anki2", folder))
        models, decks = collection.execute("SELECT models, decks FROM col").fetchone()
        notes = collection.execute(
            "SELECT notes.guid, notes.mid, cards.did, notes.flds, notes.tags"
            " FROM notes JOIN cards ON cards.nid = notes.id ORDER BY cards.due"
        ).fetchall()
        collection.close()
    plan = {
        "models": [
            {
                "id": int(model["id"]),
                "name": model["name"],
                "fields": [field["name"] for field in model["flds"]],
                "front": model["tmpls"][0]["qfmt"],
                "back": model["tmpls"][0]["afmt"],
                "css": model["css"],
            }
            for model in json.loads(models).values()
        ],
        "decks": [{"id": int(deck["id"]), "name": deck["name"]} for deck in json.loads(decks).values()],
        "notes": [
            {"guid": guid, "model": model, "deck": deck, "fields": fields.split("\x1f"), "tags": tags.split()}
            for guid, model, deck, fields, tags in notes
        ],
    }
    prepared.write_text(json.dumps(plan), encoding="utf-8")


def measure_size(count: int, rounds: int, scratch: Path) -> dict[str, list[Cost]]:
    """Return the costs of every kind of run, round by round, for a deck of `count` notes."""
    kept = scratch / "kept"  # the deck that is built again and again, with its lock
    make_deck(kept, count)
    again = build_command(Path("kept"), scratch / "kept.apkg")
    measure(again, scratch, scratch)
    with ProcessPoolExecutor(1) as pool:  # the peak of a process begins with what the one that began it holds
        pool.submit(prepare, scratch / "kept.apkg", scratch / "prepared.json").result()
    alone = [
        sys.executable,
        str(HERE / "genanki_alone.py"),
        str(scratch / "prepared.json"),
        str(scratch / "alone.apkg"),
    ]

    runs = ("cold build", "in one process", "new checkout", "unchanged", "one edit", "genanki alone")
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    editions: dict[int, int] = {}
    for turn in range(rounds):
        for name, options in (("cold build", ()), ("in one process", ("--jobs", "1"))):
            with tempfile.TemporaryDirectory(dir=scratch) as new:
                make_deck(Path(new) / "deck", count)
                cold = build_command(Path(new) / "deck", Path(new) / "cold.apkg", *options)
                costs[name].append(measure(cold, Path(new)))
        costs["genanki alone"].append(measure(alone, scratch))
        with tempfile.TemporaryDirectory(dir=scratch) as new:
            shutil.copytree(kept, Path(new) / "kept")
            checkout = build_command(Path("kept"), Path(new) / "new.apkg")
            costs["new checkout"].append(measure(checkout, scratch, Path(new)))
        costs["unchanged"].append(measure(again, scratch, scratch))
        number = turn * 7919 % count
        editions[number] = turn + 1
        edit(kept, count, number, editions)
        costs["one edit"].append(measure(again, scratch, scratch))
    return costs


def measure_start(rounds: int, scratch: Path) -> dict[str, list[Cost]]:
    """Return the costs of showing the help and of importing click alone."""
    help_command = [sys.executable, "-m", "deckbuilder", "--help"]
    bare = [sys.executable, "-c", "import click"]
    for command in (help_command, bare):  # compiles what was never imported before
        measure(command, scratch)
    costs: dict[str, list[Cost]] = {"--help": [], "import click": []}
    for _ in range(rounds):
        costs["--help"].append(measure(help_command, scratch))
        costs["import click"].append(measure(bare, scratch))
    return costs


def measure_shipped(rounds: int, scratch: Path) -> dict[str, list[Cost]]:
    """Return the costs of building the deck of this repository anew, and of importing genanki alone."""
    deck = scratch / "content"
    shutil.copytree(HERE.parent / "content", deck)
    again = build_command(deck, scratch / "shipped.apkg")
    bare = [sys.executable, "-c", "import genanki"]
    for command in (again, again, bare):  # the second build is the first that settles no drill
        measure(command, scratch)
    costs: dict[str, list[Cost]] = {"unchanged": [], "import genanki": []}
    for _ in range(rounds):
        costs["unchanged"].append(measure(again, scratch))
        costs["import genanki"].append(measure(bare, scratch))
    return costs


def table(costs: dict[str, list[Cost]], yardstick: str) -> str:
    """Return lines of medians: seconds, seconds of processors, peak in MB, and the ratios of both to the yardstick."""
    lines = [f"{'':16}{'seconds':>10}{'CPU':>10}{'MB':>8}   ratios to {yardstick}"]
    for name, runs in costs.items():
        seconds = median(cost.seconds for cost in runs)
        peaks = [cost.memory for cost in runs if cost.memory is not None]
        megabytes = f"{median(peaks) / 1e6:.0f}" if peaks else "–"
        ratio = median(a.seconds / b.seconds for a, b in zip(runs, costs[yardstick], strict=True))
        used, of_used = processors_of(runs, costs[yardstick])
        lines.append(f"{name:16}{seconds:10.3f}{used:>10}{megabytes:>8}{ratio:8.2f}{of_used:>8}")
    return "\n".join(lines)


def processors_of(runs: list[Cost], yardstick: list[Cost]) -> tuple[str, str]:
    """Return the median seconds of processors, and of their ratios to the yardstick's."""
    used = [(a.processors, b.processors) for a, b in zip(runs, yardstick, strict=True)]
    known = [(a, b) for a, b in used if a is not None and b]
    if not known:
        return "–", "–"
    return f"{median(a for a, _ in known):.3f}", f"{median(a / b for a, b in known):.2f}"


def fit(sizes: dict[int, dict[str, list[Cost]]]) -> str:
    """Return how time grows with the number of notes: the power of it that fits best, 1 being in proportion.

    By least squares over the logarithms; what every start costs, that of the smallest deck included, pulls it below 1.
    """
    lines = ["Growth: seconds in proportion to notes to the power of"]
    for name in next(iter(sizes.values())):
        points = [(log(size), log(median(cost.seconds for cost in costs[name]))) for size, costs in sizes.items()]
        across, up = (sum(values) / len(points) for values in zip(*points, strict=True))
        slope = sum((x - across) * (y - up) for x, y in points) / sum((x - across) ** 2 for x, _ in points)
        lines.append(f"{name:16}{slope:10.2f}")
    return "\n".join(lines)


def main() -> None:
    """Measure as the arguments say, and print a table for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="1000,5000", help="notes in the decks, with commas [default: 1000,5000]")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything runs [default: 5]")
    arguments = parser.parse_args()

    print(
        f"Python {platform.python_version()} on {platform.system()}, {os.cpu_count()} cores, {arguments.rounds} rounds"
    )
    with tempfile.TemporaryDirectory() as scratch:
        print("\nStart\n" + table(measure_start(4 * arguments.rounds, Path(scratch)), "import click"))
    with tempfile.TemporaryDirectory() as scratch:
        print(
            "\nThe deck of this repository\n"
            + table(measure_shipped(arguments.rounds, Path(scratch)), "import genanki")
        )
    sizes: dict[int, dict[str, list[Cost]]] = {}
    for size in arguments.sizes.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            costs = measure_size(int(size), arguments.rounds, Path(scratch))
        print(f"\n{int(size):,} notes\n" + table(costs, "genanki alone"), flush=True)
        sizes[int(size)] = costs
    if len(sizes) > 1:
        print("\n" + fit(sizes))


if __name__ == "__main__":
    main()
