"""`lock`."""

from __future__ import annotations

from pathlib import Path

import click

from deckbuilder.cli.shared import PATH, say, source_argument, tell


@click.group()
def lock() -> None:
    """Get a lost deck.lock back."""


@lock.command()
@click.argument("package", metavar="FROM.apkg", type=PATH)
@source_argument
@click.option("--force", is_flag=True, help="Replace a lock that is there, or take the lock of another name or id.")
def restore(package: Path, source: Path, force: bool) -> None:
    """Take deck.lock out of the package FROM.apkg, for the deck at SOURCE.

    Use the newest package that was published. From unchanged sources the next build then gives the very same package.
    One that was built before packages carried deck.lock gives keys, GUIDs and change times; the rest is lost, and
    the command says what.

    Exit code: 0 done, 1 errors were found and nothing was written, 2 the command line was wrong.
    """
    from deckbuilder import restoring
    from deckbuilder.reporters import restored_text

    restored = restoring.restore(package, source, force=force)
    tell(restored.diagnostics)
    if restored.path is None or restored.lock is None or restored.next_build is None:
        raise SystemExit(1)
    retired = sum(note.retired for note in restored.lock.notes.values())
    counts = f"{len(restored.lock.notes) - retired} notes" + (f", {retired} retired" if retired else "")
    say(f"wrote {restored.path.as_posix()}: {counts}")
    say(restored_text(restored.next_build))
