"""The command `deckbuilder`, and which commands it has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

import click

from deckbuilder import __version__
from deckbuilder.cli import (
    building,
    coding,
    comparing,
    deciding,
    drilling,
    explaining,
    learners,
    locking,
    previewing,
    publishing,
    starting,
)

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""Exit codes as shells count a program that Ctrl-C ended, and one that nobody read on from."""


class _Program(click.Group):
    """The commands. Being interrupted, and not being read any more, are no mistakes of the user's, as click has it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read the command line; see `click.Command`."""
        with _ending_as_is_usual():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; see `click.Group`."""
        with _ending_as_is_usual():
            return super().invoke(ctx)


@contextlib.contextmanager
def _ending_as_is_usual() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        with contextlib.suppress(OSError):
            click.echo("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError as error:
        if was_said(error):
            raise SystemExit(BROKEN_PIPE) from None
        raise


def was_said(error: OSError) -> bool:
    """Whether an error came of saying something: all that is said goes through one function."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is click.echo.__code__


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="deckbuilder", message="%(prog)s %(version)s")
def main() -> None:
    """Turn Markdown review notes into an Anki deck that keeps every learner's history.

    Write questions as an ordered list under a heading, each answer indented below its question. Then:

    \b
      deckbuilder init              a small deck that shows the format
      deckbuilder check             see what is wrong, write nothing
      deckbuilder build             content/ becomes build/NAME.apkg, to import into Anki
      deckbuilder build notes.md    one file is a deck too
      deckbuilder preview           the cards in a browser, on every save
      deckbuilder diff              what changes for those who have the deck
      deckbuilder resolve           say which question is which card, where a build asks

    Commit deck.lock together with the notes: it remembers which card is which, so that the next build updates
    learners' cards in place.
    """


COMMANDS = (
    starting.init, building.build, building.check, previewing.preview, comparing.diff, deciding.resolve,
    drilling.drill, coding.code, explaining.explain, publishing.release, learners.verify, learners.push, locking.lock,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
