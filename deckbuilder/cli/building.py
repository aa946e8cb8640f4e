"""`build` and `check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder.cli.progress import progress
from deckbuilder.cli.shared import (
    PATH,
    allow_option,
    cache_folder,
    cache_option,
    format_option,
    jobs_option,
    locked_option,
    new_deck_option,
    report,
    source_argument,
    strict_option,
    waivers_option,
)

if TYPE_CHECKING:
    from deckbuilder.waivers import Waiver


@click.command()
@source_argument
@click.option("-o", "--output", type=PATH, help="Where to write. [default: build/NAME.apkg]")
@locked_option
@strict_option
@allow_option
@waivers_option
@click.option("--retire", is_flag=True, help="Allow more than a quarter of the notes to be retired at once.")
@new_deck_option
@jobs_option
@cache_option
@format_option
def build(
    source: Path,
    output: Path | None,
    locked: bool,
    strict: bool,
    allow: tuple[Waiver, ...],
    waivers: Path | None,
    retire: bool,
    new_deck: bool,
    jobs: int | None,
    uncached: bool,
    form: str,
) -> None:
    """Build SOURCE into an .apkg for Anki.

    SOURCE is a folder of Markdown files (default: content) or one Markdown file. Its deck.lock (FILE.deck.lock for a
    file) is written beside the sources. With any error nothing is written.

    Exit code: 0 done, 1 errors were found, 2 the command was misspelt.
    """
    from deckbuilder import pipeline

    with progress() as watch:
        kept = cache_folder(uncached=uncached)
        options = pipeline.Options(
            output,
            locked,
            strict,
            retire,
            watch=watch,
            cache=kept,
            jobs=jobs,
            allow=allow,
            waivers=waivers,
            new_deck=new_deck,
        )
        result = pipeline.build(source, options)
    report(result, form, checked=False)


@click.command()
@source_argument
@locked_option
@strict_option
@allow_option
@waivers_option
@new_deck_option
@jobs_option
@cache_option
@format_option
def check(
    source: Path,
    locked: bool,
    strict: bool,
    allow: tuple[Waiver, ...],
    waivers: Path | None,
    new_deck: bool,
    jobs: int | None,
    uncached: bool,
    form: str,
) -> None:
    """Report everything that is wrong with SOURCE, and write nothing.

    Exit code: 0 clean or warnings only, 1 errors were found, 2 the command was misspelt.
    """
    from deckbuilder import pipeline

    with progress() as watch:
        kept = cache_folder(uncached=uncached)
        options = pipeline.Options(
            locked=locked,
            strict=strict,
            watch=watch,
            cache=kept,
            jobs=jobs,
            allow=allow,
            waivers=waivers,
            new_deck=new_deck,
        )
        result = pipeline.check(source, options)
    report(result, form, checked=True)
