"""The command as a process of its own, with what a test takes away from it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deckbuilder.identity.lock import Lock, read_lock

COMMAND = (sys.executable, "-m", "deckbuilder")

NOTES = """\
# Vectors

1. What is a unit vector?

   One of length one. ![A dot](dot.svg)

2. What is a dot product?

   A number.

3. What is a norm?

   A length.

4. What is a basis?

   Independent vectors that span all.
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'

_PR_CAPBSET_DROP = 24
_OVERRIDING = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: what lets root read and write whatever the modes say


def deck_in(folder: Path) -> Path:
    """Write a deck of four notes in two files, one of them in a folder, and return its folder."""
    deck = folder / "content"
    (deck / "more").mkdir(parents=True)
    (deck / "deck.yml").write_text("name: Faults\n", "utf-8")
    (deck / "notes.md").write_text(NOTES, "utf-8")
    (deck / "more" / "other.md").write_text(
        "# Other\n\n1. What is a field?\n\n   A set with two operations.\n", "utf-8"
    )
    (deck / "dot.svg").write_text(PICTURE, "utf-8")
    return deck


def ran(
    *arguments: str | Path, at: Path, before: Callable[[], None] | None = None, **named: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder `at` and return how it ended; `before` is done in the process first."""
    environment = {**os.environ, **named.pop("environment", {})}
    environment = {name: value for name, value in environment.items() if value is not None}
    if "stdout" not in named:
        named |= {"stdout": subprocess.PIPE, "stderr": named.get("stderr", subprocess.PIPE)}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=at, env=environment, stdin=named.pop("stdin", subprocess.DEVNULL),
        text=True, encoding="utf-8", check=False, timeout=60, preexec_fn=before, **named,
    )  # fmt: skip


def obey_modes() -> None:
    """Let the modes of files hold for this process and all that it runs, even if it is root's."""
    if os.geteuid() == 0:
        for capability in _OVERRIDING:
            if ctypes.CDLL(None, use_errno=True).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "root's rights cannot be given up")


def files_in(folder: Path) -> dict[str, bytes | None]:
    """Return the content of each file, and None for each folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def lock_of(deck: Path) -> Lock:
    """Return the lock of a deck, which must be sound."""
    lock, problems = read_lock((deck / "deck.lock").read_text("utf-8"), "deck.lock")
    assert lock is not None, problems
    return lock
