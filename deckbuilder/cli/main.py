"""The command `deckbuilder`, and which commands it has."""

from __future__ import annotations

import click

from deckbuilder import __version__
from deckbuilder.cli import building, comparing, drilling, explaining, learners, previewing, publishing, starting


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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

    Commit deck.lock together with the notes: it remembers which card is which, so that the next build updates
    learners' cards in place.
    """


COMMANDS = (
    starting.init, building.build, building.check, previewing.preview, comparing.diff, drilling.drill,
    explaining.explain, publishing.release, learners.verify, learners.push,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
