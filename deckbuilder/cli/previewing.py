"""`preview`."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder.cli.shared import PATH, coloured, say, source_argument

if TYPE_CHECKING:
    from deckbuilder.preview.deck import PreviewDeck

NEEDED = ("starlette", "uvicorn", "watchfiles", "sphinx-mathjax-offline")


@click.command()
@source_argument
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to listen on. [default: 4747, or any that is free]",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--static", "folder", type=PATH, metavar="DIR",
    help="Write a site into DIR instead, to open from there or to publish.",
)  # fmt: skip
def preview(source: Path, port: int | None, no_browser: bool, folder: Path | None) -> None:
    """Show the cards of SOURCE in a browser, as each of Anki's programs shows them.

    The page follows every save. It is served on this machine only, and nothing is fetched from anywhere. Ctrl-C ends
    it. Needs the extra `preview`: pip install "anki-deckbuilder[preview]"
    """
    _require_extra()
    from deckbuilder.preview.refusals import PreviewRefused

    try:
        if folder is not None:
            _write(source, folder)
        else:
            _serve(source, port, open_browser=not no_browser)
    except PreviewRefused as refused:
        raise click.ClickException(str(refused)) from None


def _require_extra() -> None:
    """Stop with what to install where a package of the extra is missing."""
    from importlib.metadata import PackageNotFoundError, distribution

    missing = []
    for name in NEEDED:
        try:
            distribution(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        raise click.ClickException(
            f'the preview needs {", ".join(missing)}; install the extra: pip install "anki-deckbuilder[preview]"'
        )


def _write(source: Path, folder: Path) -> None:
    from deckbuilder.preview.static_site import write_site

    deck = write_site(source, folder)
    _report(deck)
    if not deck.cards:
        raise click.ClickException("there is no card to show; nothing was written")
    say(f"wrote {(folder / 'index.html').as_posix()}: {_counted(deck)}")


def _serve(source: Path, port: int | None, *, open_browser: bool) -> None:
    from deckbuilder.preview.server import serve

    if not source.exists():
        raise click.ClickException(f"there is no `{source.as_posix()}`; name a folder of Markdown files, or one file")

    def ready(address: str) -> None:
        say(f"The cards are at {address} (Ctrl-C ends the preview)")
        if open_browser:
            click.launch(address)

    gc.enable()  # this may go on for days
    try:
        serve(source, port, ready, lambda deck: say(_counted(deck), err=True))
    except KeyboardInterrupt:
        say("\nThe preview has ended.", err=True)


def _report(deck: PreviewDeck) -> None:
    from deckbuilder import reporters

    if deck.diagnostics:
        say(reporters.text_report(deck.diagnostics, coloured()) + "\n", err=True)


def _counted(deck: PreviewDeck) -> str:
    """Return in a line how many cards there are, and what was found."""
    from deckbuilder.reporters import counted_findings

    found = counted_findings(deck.diagnostics)
    return f"{len(deck.cards)} cards" + (f", {found}" if found else "")
