"""What several commands have in common: their options, and how a result is reported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.pipeline import BuildResult
    from deckbuilder.reporters import Style
    from deckbuilder.waivers import Waiver

FORMATS = ("text", "json", "github", "sarif")

PATH = click.Path(path_type=Path, readable=False)
"""What a path on the command line is; whether it can be read is found out, and told, by who reads it."""

source_argument = click.argument("source", type=PATH, default=Path("content"), required=False)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")


def _allowed(_context: click.Context, _parameter: click.Parameter, codes: tuple[str, ...]) -> tuple[Waiver, ...]:
    if not codes:
        return ()
    from deckbuilder.waivers import allowed

    try:
        return tuple(map(allowed, codes))
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


allow_option = click.option(
    "--allow", multiple=True, metavar="CODE", callback=_allowed,
    help="Let findings of this code stand, such as DB405. Counts under --strict too, where the deck's own waivers of "
    "safety findings do not. Can be given several times.",
)  # fmt: skip
waivers_option = click.option(
    "--waivers", type=PATH, metavar="FILE",
    help="The same from a YAML file outside the deck: CODE: reason, or CODE: {pattern of files: reason}.",
)  # fmt: skip
locked_option = click.option(
    "--locked", is_flag=True, help="Leave deck.lock alone; fail if it would change. For CI."
)  # fmt: skip
new_deck_option = click.option(
    "--new-deck", is_flag=True, help="Make a first deck.lock where a missing one is an error. For a deck nobody has."
)  # fmt: skip
cache_option = click.option(
    "--no-cache", "uncached", is_flag=True, help="Neither use nor keep what earlier builds found out."
)  # fmt: skip
jobs_option = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N",
    help="How many processes read and render. [default: as many as make it quicker]",
)  # fmt: skip
format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
    help="How to report: for people, as one JSON object, as GitHub annotations, or as SARIF for code scanning.",
)  # fmt: skip

form_option = click.option(
    "--format", "form", type=click.Choice(("text", "json", "github")), default="text", show_default=True,
    help="How to report: for people, as one JSON object, or as GitHub annotations.",
)  # fmt: skip
"""The same for commands whose findings are at no line of a source."""


def say(text: str, *, err: bool = False, is_json: bool = False, color: bool | None = None) -> None:
    """Print a text in which names and questions of a stranger's deck may be quoted; see `without_commands`."""
    from deckbuilder.reporters import without_commands

    click.echo(without_commands(text, is_json=is_json), err=err, color=color)


def report(result: BuildResult, form: str, *, checked: bool) -> None:
    """Print the findings on stderr and the result on stdout; exit with 1 if there are errors."""
    from deckbuilder import reporters

    report_findings(result.diagnostics, form)
    if form == "json":
        say(reporters.json_report(result), is_json=True)
    elif form == "sarif":
        say(reporters.sarif_report(result.diagnostics), is_json=True)
    else:
        say(reporters.summary(result, checked=checked))
    if result.failed:
        raise SystemExit(1)


def cache_folder(*, uncached: bool) -> Path | None:
    """Return where to keep what a build finds out; None if it is not wanted."""
    from deckbuilder import cache

    return None if uncached else cache.user_folder()


def report_findings(diagnostics: Sequence[Diagnostic], form: str) -> None:
    """Print the findings: for people on stderr, for GitHub on stdout; JSON and SARIF hold them themselves."""
    from deckbuilder import reporters

    if form != "github":
        tell(diagnostics, quiet=form in {"json", "sarif"})
    elif diagnostics:
        click.echo(reporters.github_report(diagnostics))  # commands are what it is made of, all else in it is escaped


def tell(diagnostics: Sequence[Diagnostic], *, quiet: bool = False) -> None:
    """Print the findings on stderr; not at all where they are part of a `quiet` report on stdout."""
    from deckbuilder import reporters

    if diagnostics and not quiet:
        say(reporters.text_report(diagnostics, coloured()) + "\n", err=True)


def coloured() -> Style:
    """Return how to colour text on stderr: not at all where it is no terminal, or NO_COLOR is set."""
    import sys

    return _style_for(sys.stderr)


def stdout_style() -> Style:
    """Return how to colour text on stdout: not at all where it is no terminal, or NO_COLOR is set."""
    import sys

    return _style_for(sys.stdout)


def _style_for(stream: TextIO | None) -> Style:
    import os

    from deckbuilder.reporters import no_style

    if stream is None or os.environ.get("NO_COLOR") or not (stream.isatty() or os.environ.get("FORCE_COLOR")):
        return no_style
    return lambda text, colour: click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)
