"""Git, called with lists of arguments and never through a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from deckbuilder.files import is_there, real_path


class GitError(Exception):
    """Git refused; the text is what it said."""


class HiddenRepositoryError(GitError):
    """A folder lies in files that git would take for a repository; its settings could name programs to run."""


_CAREFUL: Final = ("safe.bareRepository=explicit", "core.fsmonitor=false", "log.showSignature=false")
"""Settings that hold whatever else is set: no repository but that of a `.git`, and no program for what is only read."""


def git(folder: Path, *arguments: str, allowed: int = 0) -> str:
    """Run git in a folder; return what it prints, and "" if it ends with the exit code `allowed`. Raises GitError."""
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


def git_lines(folder: Path, *arguments: str) -> Iterator[str]:
    """Run git in a folder and yield what it prints line by line, so that much of it takes no room. Raises GitError."""
    command = _command(folder, *arguments)
    try:
        with subprocess.Popen(  # noqa: S603  # no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        ) as process:
            assert process.stdout is not None  # noqa: S101  # it was asked for
            for line in process.stdout:
                yield line.decode(errors="replace")
            if process.wait():
                git(folder, *arguments)  # to say why: it needs no temporary file, which a full disk would not take
                raise GitError(f"git {arguments[0]} failed")
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error


def _command(folder: Path, *arguments: str) -> list[str]:
    """Return the command. Raises HiddenRepositoryError.

    A pull request can hold no `.git`, but a folder that looks as if it were one: git would take it for the repository,
    and with it its settings. Not every git that is in use knows the setting against it.
    """
    if hidden := _hidden_repository(folder):
        raise HiddenRepositoryError(f"the folder {hidden} pretends to be a git repository; remove its file HEAD")
    settings = [word for setting in _CAREFUL for word in ("-c", setting)]
    return [_program(os.name, os.get_exec_path()), *settings, "-C", str(folder), *arguments]


def _program(system: str, folders: Iterable[str]) -> str:
    """Return what to start git by. Windows would start a `git.exe` in the present folder, a stranger's checkout, first.

    Raises GitError.
    """
    if system != "nt":
        return "git"
    programs = (Path(folder, "git.exe") for folder in folders if Path(folder).is_absolute())
    if found := next((program for program in programs if program.is_file()), None):
        return str(found)
    raise GitError("git cannot be run: there is none")


def _hidden_repository(folder: Path) -> Path | None:
    """Return the folder that git would take for a repository though it is no `.git`, if there is one."""
    here = real_path(folder)
    for one in (here, *here.parents):
        if all(map(is_there, (one / "HEAD", one / "objects", one / "refs"))):
            return one
        if is_there(one / ".git"):
            break
    return None


def _environment() -> dict[str, str]:
    """Return an environment in which nobody is asked for a passphrase, and git speaks one language."""
    return os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def last_commit_with(path: Path) -> str | None:
    """Return the last commit that has a file, as short as git shows it: "HEAD" if that has it, None if none ever had.

    A file that was added and never committed is known to git's index: "" then. Raises HiddenRepositoryError.
    """
    folder, name = path.parent, f"./{path.name}"
    try:
        if git(folder, "ls-files", "--", name):
            return "HEAD" if _is_in_head(folder, name) else ""
        if _is_in_head(folder, name):
            return "HEAD"
        return git(folder, "log", "-1", "--format=%h", "--diff-filter=AMRT", "--", name).strip() or None
    except HiddenRepositoryError:
        raise
    except GitError:  # no git, no repository, or one without a commit
        return None


def _is_in_head(folder: Path, name: str) -> bool:
    try:
        git(folder, "cat-file", "-e", f"HEAD:{name}")
    except GitError:
        return False
    return True
