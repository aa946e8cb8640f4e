"""`release`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder.cli.shared import (
    PATH,
    allow_option,
    form_option,
    new_deck_option,
    report_findings,
    say,
    source_argument,
    strict_option,
    waivers_option,
)

if TYPE_CHECKING:
    from deckbuilder.waivers import Waiver


def _version(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from deckbuilder.publishing.changes import VERSION

    version = value.removeprefix("v")
    if not VERSION.fullmatch(version):
        raise click.BadParameter(f"{value!r} is no version such as 1.2 or 2.0-rc1")
    return version


@click.command()
@click.argument("version", callback=_version)
@source_argument
@click.option("-o", "--output", type=PATH, help="The package. [default: build/NAME.apkg]")
@click.option("--tag", is_flag=True, help="Commit and tag the release; without it the git commands are printed.")
@click.option("--locked", is_flag=True, help="Build a release again that deck.lock has, changing nothing. For CI.")
@click.option("--refresh", is_flag=True, help="Stamp notes that only deckbuilder changed, too.")
@strict_option
@allow_option
@waivers_option
@click.option("--retire", is_flag=True, help="Allow more than a quarter of the notes to be retired at once.")
@new_deck_option
@form_option
def release(
    version: str,
    source: Path,
    output: Path | None,
    tag: bool,
    locked: bool,
    refresh: bool,
    strict: bool,
    allow: tuple[Waiver, ...],
    waivers: Path | None,
    retire: bool,
    new_deck: bool,
    form: str,
) -> None:
    """Release SOURCE as VERSION, such as 1.2, from a clean git tree.

    What changed since the last release is stamped with this moment, so that every learner's Anki takes it for newer.
    What only deckbuilder changed is left as it is, so that learners keep their own edits; --refresh stamps it too.
    deck.yml, deck.lock and RELEASES.md get the version; beside the package in build/ are written its checksum,
    release-notes.md for a release on GitHub, and ankiweb.txt to paste into AnkiWeb's form.

    Exit code: 0 done, 1 errors were found and nothing was released, 2 the command was misspelt.
    """
    from msgspec.structs import replace

    from deckbuilder.pipeline import Options
    from deckbuilder.publishing import release as publishing
    from deckbuilder.publishing.texts import summary

    if tag and locked:
        raise click.UsageError("--tag records a new release; with --locked there is none")
    if refresh and locked:
        raise click.UsageError("--refresh stamps notes; with --locked nothing is stamped")
    options = Options(
        output=output, locked=locked, strict=strict, retire=retire, allow=allow, waivers=waivers, new_deck=new_deck
    )
    result = publishing.release(source, version, options, refresh=refresh)
    if tag and not result.failed:
        problems = publishing.record(result, source)
        built = replace(result.built, diagnostics=(*result.built.diagnostics, *problems))
        result = replace(result, built=built)
    report_findings(result.built.diagnostics, form)
    say(summary(result, tagged=tag, form=form), is_json=form == "json")
    if result.failed:
        raise SystemExit(1)
