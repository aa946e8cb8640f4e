"""The git repository that a deck lies in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from deckbuilder.git import GitError, git

__all__ = ["GitError", "Repository", "repository_of"]


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
        return git(self.root, *arguments)


def repository_of(folder: Path) -> Repository | None:
    """Return the repository that `folder` lies in, None where there is none or no git."""
    try:
        top = git(folder, "rev-parse", "--show-toplevel")
    except GitError:
        return None
    return Repository(Path(top.removesuffix("\n")))
