"""Progress on a terminal, for work that takes longer than a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from deckbuilder.pipeline import Watch

PATIENCE = 1.0  # seconds


@contextmanager
def progress() -> Iterator[Watch | None]:
    """Give what shows on stderr how far the work is; None where nobody watches: in a pipe, a log, or CI."""
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("TERM") == "dumb":
        yield None
        return
    bar = _Bar()
    try:
        yield bar.watch
    finally:
        bar.close()


class _Bar:
    """A bar that appears once the work has taken a second."""

    def __init__(self) -> None:
        self._begun = monotonic()
        self._shown: ProgressBar[int] | None = None
        self._done = 0

    def watch(self, done: int, of: int) -> None:
        """Show that `done` of `of` notes are rendered."""
        if self._shown is None:
            if monotonic() - self._begun < PATIENCE or done == of:
                return
            steps = max(1, of // 100)  # a terminal over a slow line must not be what the work waits for
            self._shown = click.progressbar(
                length=of, label="Rendering", file=sys.stderr, show_pos=True, update_min_steps=steps
            )
            self._shown.__enter__()
        self._shown.update(done - self._done)
        self._done = done

    def close(self) -> None:
        """Leave the line, so that what follows begins on one of its own."""
        if self._shown is not None:
            self._shown.__exit__(None, None, None)
