"""Git, called with lists of arguments and never through a shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class GitError(Exception):
    """Git refused; the text is what it said."""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints. Raises GitError."""
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


def last_commit_with(path: Path) -> str | None:
    """Return the last commit that has a file, as short as git shows it: "HEAD" if that has it, None if none ever had.

    A file that was added and never committed is known to git's index: "" then.
    """
    folder, name = path.parent, f"./{path.name}"
    try:
        if git(folder, "ls-files", "--", name):
            return "HEAD" if _is_in_head(folder, name) else ""
        if _is_in_head(folder, name):
            return "HEAD"
        return git(folder, "log", "-1", "--format=%h", "--diff-filter=d", "--", name).strip() or None
    except GitError:  # no git, no repository, or one without a commit
        return None


def _is_in_head(folder: Path, name: str) -> bool:
    try:
        git(folder, "cat-file", "-e", f"HEAD:{name}")
    except GitError:
        return False
    return True
