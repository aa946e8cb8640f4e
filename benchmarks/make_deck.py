"""Make a deck of any size to measure with: every answer has mathematics, code and a list.

    python benchmarks/make_deck.py 5000 some/folder

The same number gives the same bytes. Nothing is random: what a note says is worked out from its number.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NOTES_A_SECTION = 20
SECTIONS_A_FILE = 5
NOTES_A_FILE = NOTES_A_SECTION * SECTIONS_A_FILE

THINGS = ("gradient", "attention map", "residual stream", "embedding", "loss surface", "covariance", "kernel", "mask")
DEEDS = ("grow", "vanish", "saturate", "converge", "rotate", "shrink", "oscillate")
PLACES = ("at the start of training", "in deep layers", "for long inputs", "with large batches", "near a minimum")


def question(number: int) -> str:
    """Return the text of a note's question, unlike every other's."""
    thing, deed, place = words(number)
    return f"In case {number}, when does the {thing} {deed} {place} if $\\lambda_{{{number}}} > {number % 9 + 1}$?"


def answer(number: int, edition: int = 0) -> str:
    """Return a note's answer; another edition differs in one word."""
    thing, deed, place = words(number)
    return f"""\
It may **{deed}** {place} once $\\lVert W_{{{number}}} x \\rVert < \\epsilon$, as edition {edition} puts it.

- the {thing} scales with $d_{{\\text{{model}}}} = {64 * (number % 16 + 1)}$;
- its *variance* is $\\sigma^2 = {number % 7 + 1} / n$;
- the rest is `O({number % 5 + 1} * n)`.

$$
\\frac{{\\partial L}}{{\\partial w_{{{number}}}}} = \\sum_{{i=1}}^{{n}} \\left( y_i - x_i^\\top w \\right) x_i + w
$$

```python
def step_{number}(weights, rate=1e-{number % 4 + 1}):
    gradient = sum(w * {number} for w in weights)
    return [w - rate * gradient for w in weights]  # one step
```
"""


def words(number: int) -> tuple[str, str, str]:
    """Return what a note speaks of."""
    return THINGS[number % len(THINGS)], DEEDS[number % len(DEEDS)], PLACES[number % len(PLACES)]


def item(number: int, edition: int = 0) -> str:
    """Return a note as an item of its section's list."""
    place = number % NOTES_A_SECTION + 1
    indented = "\n".join(f"    {line}" if line else "" for line in answer(number, edition).splitlines())
    return f"{place}) {question(number)}\n\n{indented}\n"


def chapter(file_number: int, count: int, editions: dict[int, int]) -> str:
    """Return one file of a deck of `count` notes; `editions` gives those of notes that were edited."""
    first = file_number * NOTES_A_FILE
    parts = [f"# Chapter {file_number + 1}\n"]
    for number in range(first, min(first + NOTES_A_FILE, count)):
        if number % NOTES_A_SECTION == 0:
            parts.append(f"## Section {number // NOTES_A_SECTION + 1}\n")
        parts.append(item(number, editions.get(number, 0)))
    return "\n".join(parts)


def chapter_path(folder: Path, file_number: int) -> Path:
    """Return where a file of the deck is."""
    return folder / f"chapter-{file_number + 1:04}.md"


def make_deck(folder: Path, count: int) -> None:
    """Write a deck of `count` notes into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "deck.yml").write_text("name: Benchmark\n", encoding="utf-8")
    for file_number in range(-(-count // NOTES_A_FILE)):
        chapter_path(folder, file_number).write_text(chapter(file_number, count, {}), encoding="utf-8")


def edit(folder: Path, count: int, number: int, editions: dict[int, int]) -> None:
    """Write again the file with note `number` of a deck that `make_deck` wrote, its notes as `editions` says."""
    file_number = number // NOTES_A_FILE
    chapter_path(folder, file_number).write_text(chapter(file_number, count, editions), encoding="utf-8")


def main() -> None:
    """Make a deck as the arguments say."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("notes", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    make_deck(arguments.folder, arguments.notes)


if __name__ == "__main__":
    main()
