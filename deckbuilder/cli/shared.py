"""What several commands have in common: their options, and how a result is reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.pipeline import BuildResult
    from deckbuilder.reporters import Style

FORMATS = ("text", "json", "github")

source_argument = click.argument("source", type=click.Path(path_type=Path), default=Path("content"), required=False)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
    help="How to report: for people, as one JSON object, or as GitHub annotations.",
)  # fmt: skip


def report(result: BuildResult, form: str, *, checked: bool) -> None:
    """Print the findings on stderr and the result on stdout; exit with 1 if there are errors."""
    from deckbuilder import reporters

    report_findings(result.diagnostics, form)
    click.echo(reporters.json_report(result) if form == "json" else reporters.summary(result, checked=checked))
    if result.failed:
        raise SystemExit(1)


def report_findings(diagnostics: Sequence[Diagnostic], form: str) -> None:
    """Print the findings: for people on stderr, for GitHub on stdout; in JSON they are part of the one object."""
    from deckbuilder import reporters

    if not diagnostics or form == "json":
        return
    if form == "github":
        click.echo(reporters.github_report(diagnostics))
    else:
        click.echo(reporters.text_report(diagnostics, coloured()) + "\n", err=True)


def coloured() -> Style:
    """Return how to colour text on stderr: not at all where it is no terminal, or NO_COLOR is set."""
    import os
    import sys

    from deckbuilder.reporters import no_style

    if os.environ.get("NO_COLOR") or not (sys.stderr.isatty() or os.environ.get("FORCE_COLOR")):
        return no_style
    return lambda text, colour: click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)
