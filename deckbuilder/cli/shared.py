"""What several commands have in common: their options, and how a result is reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deckbuilder.pipeline import BuildResult
    from deckbuilder.reporters import Style

FORMATS = ("text", "json", "github", "sarif")

source_argument = click.argument("source", type=click.Path(path_type=Path), default=Path("content"), required=False)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
    help="How to report: for people, as one JSON object, as GitHub annotations, or as SARIF for code scanning.",
)  # fmt: skip


def report(result: BuildResult, form: str, *, checked: bool) -> None:
    """Print the findings on stderr and the result on stdout; exit with 1 if there are errors."""
    from deckbuilder import reporters

    if form == "json":
        click.echo(reporters.json_report(result))
    elif form == "sarif":
        click.echo(reporters.sarif_report(result.diagnostics))
    elif form == "github":
        if result.diagnostics:
            click.echo(reporters.github_report(result.diagnostics))
        click.echo(reporters.summary(result, checked=checked))
    else:
        if result.diagnostics:
            click.echo(reporters.text_report(result.diagnostics, coloured()) + "\n", err=True)
        click.echo(reporters.summary(result, checked=checked))
    if result.failed:
        raise SystemExit(1)


def coloured() -> Style:
    """Return how to colour text on stderr: not at all where it is no terminal, or NO_COLOR is set."""
    import os
    import sys

    from deckbuilder.reporters import no_style

    if os.environ.get("NO_COLOR") or not (sys.stderr.isatty() or os.environ.get("FORCE_COLOR")):
        return no_style
    return lambda text, colour: click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)
