"""The command line: options become one call, its result a report and an exit code. One module for each subject."""

from deckbuilder.cli.main import main

__all__ = ["main"]
