"""The git repository that a deck lies in. Git is called with lists of arguments, never through a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct


class GitError(Exception):
    """Git refused; the text is what it said."""


class Repository(Struct, frozen=True):
    """A working tree, by the folder at its top."""

    root: Path

    def changed(self) -> list[str]:
        """Return every file that differs from the last commit or is not tracked, ignored ones left out."""
        listing = self._git("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
        return sorted(entry[3:] for entry in listing.split("\0") if entry)

    def has_tag(self, tag: str) -> bool:
        """Whether there is such a tag."""
        return bool(self._git("tag", "--list", tag).strip())

    def run(self, command: Sequence[str]) -> None:
        """Run `git` with these arguments. Raises GitError."""
        self._git(*command)

    def _git(self, *arguments: str) -> str:
        return _git(self.root, *arguments)


def repository_of(folder: Path) -> Repository | None:
    """Return the repository that `folder` lies in, None where there is none or no git."""
    try:
        top = _git(folder, "rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Repository(Path(top.removesuffix("\n")))


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    # Nobody is there to be asked for a passphrase, and what git says is shown as it is, in one language.
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, capture_output=True, env=environment, check=False)  # noqa: S603  # no shell
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip() or f"git {arguments[0]} failed")
    return done.stdout.decode(errors="surrogateescape")
