"""Measure what identity and packaging take at any size, without Markdown: the lock, who is who, the package.

    python benchmarks/stages.py --sizes 1000,10000,100000

Each size runs in a process of its own, so that its memory is its own. Seconds are of the processor, not of the clock,
so that a busy machine counts for little. The last column says how many times as long a note takes as at the smallest
size.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from make_deck import NOTES_A_SECTION, SECTIONS_A_FILE, answer, question
from msgspec.structs import replace

from deckbuilder.diagnostics import Span
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.lock import Lock, LockedNote, LockedType, Section, read_lock, write_lock
from deckbuilder.identity.resolve import Asked, Register, resolve
from deckbuilder.kinds import fields
from deckbuilder.kinds.templates import load_templates
from deckbuilder.kinds.titles import TITLES
from deckbuilder.packaging.assemble import note_type_plan
from deckbuilder.packaging.plan import DeckPlan, NotePlan, PackagePlan
from deckbuilder.packaging.writer import write_package

BORN = 1_700_000_000
KIND = "concept"
FIELD_BYTES = 1_300
"""What the fields of a note of `make_deck.py` come to when they are rendered."""


def lock_of(count: int) -> Lock:
    """Return the lock of a deck of `make_deck.py`, or one very like it."""
    notes = {}
    for number in range(count):
        key = f"case-{number}-when-does-it-happen-by-its-words"
        notes[key] = LockedNote(
            key=key, guid=f"g{number:015d}", kind=KIND, born=BORN, modified=BORN,
            fingerprint=f"{number:016x}.{number * 7:016x}", answer=answer_print(answer(number)),
            section=section_of(number), text=question(number),
        )  # fmt: skip
    decks = {
        section_of(number): "::".join(("Deck", *section_of(number))) for number in range(0, count, NOTES_A_SECTION)
    }
    return Lock("Deck", "deck", BORN, {KIND: LockedType(KIND, BORN, "f")}, decks, notes)


def section_of(number: int) -> Section:
    """Return the path of a note's section."""
    section = number // NOTES_A_SECTION
    return f"Chapter {section // SECTIONS_A_FILE + 1}", f"Section {section + 1}"


def asked_of(lock: Lock) -> list[Asked]:
    """Return the questions that the lock's notes came from."""
    return [
        Asked(Span("a.md", line), note.section, note.text, note.answer, None, True)
        for line, note in enumerate(lock.notes.values(), start=1)
    ]


def reworded(lock: Lock) -> list[Asked]:
    """Return the same questions, each worded and answered anew: the most that resolution can be asked for."""
    return [
        replace(one, text=one.text.replace("when does", "under which condition would"), answer=one.answer[::-1])
        for one in asked_of(lock)
    ]


def plan_of(lock: Lock) -> PackagePlan:
    """Return a package of the lock's notes."""
    kind = note_type_plan(KIND, TITLES[KIND], lock, load_templates((KIND,)))
    notes = (
        NotePlan(note.guid, kind.id, 2, _filled(note), ("deck::chapter",), BORN, BORN, position)
        for position, note in enumerate(lock.notes.values(), start=1)
    )
    return PackagePlan((DeckPlan(2, "Deck"),), (kind,), tuple(notes), (), BORN)


def _filled(note: LockedNote) -> tuple[str, ...]:
    texts = {fields.KEY: note.key, fields.QUESTION: f"<p>{note.text}</p>"}
    texts[fields.ANSWER] = f"<p>{note.fingerprint} &amp; so on.</p>".ljust(FIELD_BYTES, "x")
    return tuple(texts.get(name, "") for name in fields.FIELDS)


def stages(count: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is measured, each ready to run."""
    lock = lock_of(count)
    text = write_lock(lock)
    asked = asked_of(lock)
    yield "lock written", lambda: write_lock(lock)
    yield "lock read", lambda: read_lock(text, "deck.lock")
    yield "who is who, nothing changed", lambda: resolve(asked, Register(lock, "deck.lock"))
    yield "who is who, all new", lambda: resolve(asked, Register(replace(lock, notes={}), "deck.lock"))
    other = reworded(lock) if count <= 20_000 else []
    if other:
        yield "who is who, all reworded", lambda: resolve(other, Register(lock, "deck.lock"))
    plan = plan_of(lock)
    yield "package", lambda: _packed(plan)


def _packed(plan: PackagePlan) -> None:
    with tempfile.TemporaryFile() as file:
        write_package(plan, file)


def measure(count: int) -> None:
    """Print the seconds of each stage, then the peak of memory in MB."""
    gc.disable()  # as the commands do
    for name, stage in stages(count):
        start = time.process_time()
        stage()
        print(f"{name}\t{time.process_time() - start:.3f}", flush=True)
    if sys.platform != "win32":
        import resource

        print(f"peak of memory, MB\t{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10}")


def main() -> None:
    """Measure all sizes and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else "")
    parser.add_argument("--sizes", default="1000,5000,20000,100000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one)
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    table: dict[str, dict[int, str]] = {}
    for size in sizes:
        done = subprocess.run(
            [sys.executable, str(Path(__file__)), "--one", str(size)], capture_output=True, text=True, check=True
        )
        for line in done.stdout.splitlines():
            name, figure = line.split("\t")
            table.setdefault(name, {})[size] = figure
    print(" | ".join(["| stage", *(f"{size:,}" for size in sizes), "growth |"]))
    print("|---" * (len(sizes) + 2) + "|")
    for name, figures in table.items():
        print(" | ".join([f"| {name}", *(figures.get(size, "") for size in sizes), f"{_growth(figures)} |"]))


def _growth(figures: dict[int, str]) -> str:
    first, last = min(figures), max(figures)
    if not float(figures[first]) or first == last:
        return ""
    return f"{float(figures[last]) / last / (float(figures[first]) / first):.2f}"


if __name__ == "__main__":
    main()
