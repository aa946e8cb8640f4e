"""Start-up: nothing heavy is imported until it is needed."""

from __future__ import annotations

import subprocess
import sys

SLOW_OF_THE_STANDARD_LIBRARY = {"sqlite3", "asyncio", "multiprocessing", "concurrent", "http", "email", "zipfile"}


def imported_by(*arguments: str) -> set[str]:
    """Return the top-level names of all modules that a Python process with these arguments imports."""
    run = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True)
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_imports_click_and_nothing_heavy() -> None:
    """Otherwise every call, a completion of the shell included, would wait for libraries that it doesn't use."""
    extra = imported_by("-m", "deckbuilder", "--help") - imported_by("-c", "import click")
    third_party = {name for name in extra if name not in sys.stdlib_module_names} - {"deckbuilder"}
    assert third_party == set()
    assert extra & SLOW_OF_THE_STANDARD_LIBRARY == set()
