"""An author with a deck in a git repository of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deckbuilder.identity.lock import Lock, read_lock
from deckbuilder.pipeline import Options
from deckbuilder.publishing.release import ReleaseResult, release

FIRST, DAY = 1_700_000_000, 86_400

SOURCE = """\
# Algebra

## Vectors

1) What does the dot product measure?

    How far one vector reaches along the other.

2) What is a unit vector?

    One of length one.

## Matrices

3) What is the rank of a matrix?

    The number of its independent rows.

4) When is a matrix square?

    When it has as many rows as columns.
"""


class Author:
    """A repository with one deck in `content/`, made if it is not there yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.deck = root / "content"
        self.apkg = root / "build" / "deck.apkg"
        if self.deck.exists():
            return
        self.deck.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "A. Author")
        self.git("config", "user.email", "author@example.org")
        self.git("config", "commit.gpgsign", "false")
        (root / ".gitignore").write_text("/build/\n", "utf-8")
        (self.deck / "deck.yml").write_text("name: Algebra\n", "utf-8")
        self.write(SOURCE)
        self.commit()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout

    def write(self, text: str) -> None:
        (self.deck / "notes.md").write_text(text, "utf-8")

    def edit(self, old: str, new: str) -> None:
        text = (self.deck / "notes.md").read_text("utf-8")
        assert old in text
        self.write(text.replace(old, new))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Edit")

    def lock(self) -> Lock:
        lock, problems = read_lock((self.deck / "deck.lock").read_text("utf-8"), "deck.lock")
        assert lock is not None, problems
        return lock

    def releases(self) -> str:
        return (self.deck / "RELEASES.md").read_text("utf-8")

    def release(self, version: str, at: int, **options: object) -> ReleaseResult:
        return release(self.deck, version, Options(output=self.apkg, now=at, **options))  # type: ignore[arg-type]

    def published(self, version: str, at: int) -> ReleaseResult:
        """Release from whatever the sources are, and commit what the release wrote."""
        if self.git("status", "--porcelain"):
            self.commit()
        result = self.release(version, at)
        assert not result.failed, [str(found) for found in result.built.diagnostics]
        self.commit()
        self.git("tag", f"v{version}")
        return result
