"""Golden files that a person can read: `title`, a line with a dot, what is given, a dot, what is expected, a dot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Case:
    """One case of a fixture file."""

    file: Path
    title: str
    given: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file.stem}: {self.title}"


def cases(folder: Path) -> list[Case]:
    """Return the cases of every fixture file of a folder."""
    return [case for file in sorted(folder.glob("*.md")) for case in read_cases(file)]


def read_cases(file: Path) -> list[Case]:
    """Return the cases of one fixture file. `␉` stands for a tab, which editors like to take away."""
    parts = file.read_text("utf-8").replace("␉", "\t").split("\n.\n")
    triples = zip(parts[0::3], parts[1::3], parts[2::3], strict=False)
    return [Case(file, title.strip(), given, expected) for title, given, expected in triples]


def rewritten(request: pytest.FixtureRequest, case: Case, found: str) -> bool:
    """Write what was found into the fixture if the tests were called with --rewrite-fixtures."""
    if not request.config.getoption("--rewrite-fixtures", default=False):
        return False
    text = case.file.read_text("utf-8")
    head, given, expected, tail = (part.replace("\t", "␉") for part in (case.title, case.given, case.expected, found))
    old = f"{head}\n.\n{given}\n.\n{expected}\n.\n"
    assert old in text, "the fixture file has changed meanwhile"
    case.file.write_text(text.replace(old, f"{head}\n.\n{given}\n.\n{tail}\n.\n"), "utf-8")
    return True
