"""The git repository that a deck lies in. Git is called with lists of arguments, never through a shell."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct


class GitError(Exception):
    """Git refused; the text is what it said."""


_BARE: Final = ("--format=", "--no-show-signature")  # of commits no more than what they change


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

    def is_shallow(self) -> bool:
        """Whether the clone has only a part of the history."""
        return self._git("rev-parse", "--is-shallow-repository").strip() == "true"

    def lines_ever_in(self, path: Path) -> Iterator[str]:
        """Yield each line that a file gained in any commit, the newest commits first, whatever the file was called.

        That is the history of the present commit and of the tags of releases. Git is read as it goes along, so a long
        history takes no room. Raises GitError.
        """
        if not self._git("rev-parse", "--verify", "--quiet", "HEAD", allowed=1):
            return  # nothing is committed yet
        # Whatever the user's settings or .gitattributes say of diffs, these are as plain as can be.
        shown = ("--patch", "--unified=0", "--text", "--no-ext-diff", "--no-textconv", "--no-color")
        commits = ("--full-history", "-c", *_BARE, "HEAD", "--tags=v*")
        for line in self._lines("log", *shown, *commits, "--", *self._names_of(path)):
            text = line.lstrip("+- ")  # a merge has a sign for each parent
            if text.startswith("{") and "+" in line[: len(line) - len(text)]:
                yield text

    def _names_of(self, path: Path) -> list[str]:
        """Return what a file is called, and what git takes for its earlier names."""
        names = self._git(
            "log", "--follow", "--name-only", "-z", *_BARE, "HEAD", "--", f":(top,literal){path.as_posix()}"
        )
        found = dict.fromkeys([path.as_posix(), *(name.strip("\n") for name in names.split("\0"))])
        return [f":(top,literal){name}" for name in found if name]

    def run(self, command: Sequence[str]) -> None:
        """Run `git` with these arguments. Raises GitError."""
        self._git(*command)

    def _git(self, *arguments: str, allowed: int = 0) -> str:
        return _git(self.root, *arguments, allowed=allowed)

    def _lines(self, *arguments: str) -> Iterator[str]:
        command = _command(self.root, *arguments)
        try:
            with (
                tempfile.TemporaryFile() as said,
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=_environment()) as git,  # noqa: S603  # no shell
            ):
                assert git.stdout is not None  # noqa: S101  # it was asked for
                for line in git.stdout:
                    yield line.decode(errors="replace")
                if git.wait():
                    said.seek(0)
                    raise GitError(said.read().decode(errors="replace").strip() or f"git {arguments[0]} failed")
        except OSError as error:
            raise GitError(f"git cannot be run: {error.strerror or error}") from error


def repository_of(folder: Path) -> Repository | None:
    """Return the repository that `folder` lies in, None where there is none or no git."""
    try:
        top = _git(folder, "rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Repository(Path(top.removesuffix("\n")))


def _command(folder: Path, *arguments: str) -> list[str]:
    return ["git", "-C", str(folder), *arguments]


def _environment() -> dict[str, str]:
    """Return an environment in which nobody is asked for a passphrase, and git speaks one language."""
    return os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _git(folder: Path, *arguments: str, allowed: int = 0) -> str:
    """Return what git says, and nothing where it ends with the exit code `allowed`. Raises GitError."""
    command = _command(folder, *arguments)
    try:
        done = subprocess.run(command, capture_output=True, env=_environment(), check=False)  # noqa: S603  # no shell
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode and done.returncode == allowed:
        return ""
    if done.returncode:
        raise GitError(done.stderr.decode(errors="replace").strip() or f"git {arguments[0]} failed")
    return done.stdout.decode(errors="surrogateescape")
