"""Start-up: nothing heavy is imported until it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SLOW_OF_THE_STANDARD_LIBRARY = {"sqlite3", "asyncio", "multiprocessing", "concurrent", "http", "email", "zipfile"}


READS_AND_RENDERS = {"markdown_it", "mdit_py_plugins", "markdown", "pygments", "nh3", "wcwidth", "multiprocessing"}


def imported_by(*arguments: str, **environment: str) -> set[str]:
    """Return the top-level names of all modules that a Python process with these arguments imports."""
    command = [sys.executable, "-X", "importtime", *arguments]
    run = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_help_imports_click_and_nothing_heavy() -> None:
    """Otherwise every call, a completion of the shell included, would wait for libraries that it doesn't use."""
    extra = imported_by("-m", "deckbuilder", "--help") - imported_by("-c", "import click")
    third_party = {name for name in extra if name not in sys.stdlib_module_names} - {"deckbuilder"}
    assert third_party == set()
    assert extra & SLOW_OF_THE_STANDARD_LIBRARY == set()


def test_a_build_of_what_is_known_imports_nothing_that_reads_or_renders(tmp_path: Path) -> None:
    """Otherwise a build of an unchanged deck would spend most of its time on libraries that it has no use for."""
    text = "# A\n\n1) What is it?\n\n   It is $x$.\n\n   ```python\n   x = 1\n   ```\n"
    (tmp_path / "x.md").write_text(text, encoding="utf-8")
    kept = {"XDG_CACHE_HOME": str(tmp_path / "kept"), "LOCALAPPDATA": str(tmp_path / "kept")}
    build = ("-m", "deckbuilder", "build", str(tmp_path / "x.md"), "-o", str(tmp_path / "x.apkg"))
    assert imported_by(*build, **kept) >= {"markdown_it", "pygments"}
    assert imported_by(*build, **kept) & READS_AND_RENDERS == set()
