"""The git repository that a deck lies in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from deckbuilder.git import GitError, git, git_lines

__all__ = ["GitError", "Repository", "repository_of"]


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
        for line in git_lines(self.root, "log", *shown, *commits, "--", *self._names_of(path)):
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
        return git(self.root, *arguments, allowed=allowed)


def repository_of(folder: Path) -> Repository | None:
    """Return the repository that `folder` lies in, None where there is none or no git."""
    try:
        top = git(folder, "rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Repository(Path(top.removesuffix("\n")))
