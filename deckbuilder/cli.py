"""The command line: options become one call, its result a report and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder import __version__

if TYPE_CHECKING:
    from deckbuilder.pipeline import BuildResult
    from deckbuilder.reporters import Style

FORMATS = ("text", "json", "github")

_source = click.argument("source", type=click.Path(path_type=Path), default=Path("content"), required=False)
_strict = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
_format = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True,
    help="How to report: for people, as one JSON object, or as GitHub annotations.",
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="deckbuilder", message="%(prog)s %(version)s")
def main() -> None:
    """Turn Markdown review notes into an Anki deck that keeps every learner's history.

    Write questions as an ordered list under a heading, each answer indented below its question. Then:

    \b
      deckbuilder check             see what is wrong, write nothing
      deckbuilder build             content/ becomes build/NAME.apkg, to import into Anki
      deckbuilder build notes.md    one file is a deck too

    Commit deck.lock together with the notes: it remembers which card is which, so that the next build updates
    learners' cards in place.
    """


@main.command()
@_source
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write. [default: build/NAME.apkg]")
@click.option("--locked", is_flag=True, help="Leave deck.lock alone; fail if it would change. For CI.")
@_strict
@click.option("--retire", is_flag=True, help="Allow more than a quarter of the notes to be retired at once.")
@_format
def build(source: Path, output: Path | None, locked: bool, strict: bool, retire: bool, form: str) -> None:
    """Build SOURCE into an .apkg for Anki.

    SOURCE is a folder of Markdown files (default: content) or one Markdown file. Its deck.lock (FILE.deck.lock for a
    file) is written beside the sources. With any error nothing is written.

    Exit code: 0 done, 1 errors were found, 2 the command was misspelt.
    """
    from deckbuilder import pipeline

    options = pipeline.Options(output=output, locked=locked, strict=strict, retire=retire)
    _report(pipeline.build(source, options), form, checked=False)


@main.command()
@_source
@_strict
@_format
def check(source: Path, strict: bool, form: str) -> None:
    """Report everything that is wrong with SOURCE, and write nothing.

    Exit code: 0 clean or warnings only, 1 errors were found, 2 the command was misspelt.
    """
    from deckbuilder import pipeline

    _report(pipeline.check(source, pipeline.Options(strict=strict)), form, checked=True)


@main.command()
@click.argument("code")
def explain(code: str) -> None:
    """Say what the diagnostic CODE (such as DB303) means, why it matters, and how to mend it."""
    from deckbuilder.rules import catalogue
    from deckbuilder.yaml_text import suggestion

    known = catalogue()
    rule = known.get(code.upper())
    if rule is None:
        raise click.UsageError(f"there is no code {code}; {suggestion(code.upper(), tuple(known))}")
    click.echo(rule.explanation())


def _report(result: BuildResult, form: str, *, checked: bool) -> None:
    """Print the findings on stderr and the result on stdout; exit with 1 if there are errors."""
    from deckbuilder import reporters

    if form == "json":
        click.echo(reporters.json_report(result))
    elif form == "github":
        if result.diagnostics:
            click.echo(reporters.github_report(result.diagnostics))
        click.echo(reporters.summary(result, checked=checked))
    else:
        if result.diagnostics:
            click.echo(reporters.text_report(result.diagnostics, _coloured()) + "\n", err=True)
        click.echo(reporters.summary(result, checked=checked))
    if result.failed:
        raise SystemExit(1)


def _coloured() -> Style:
    """Return how to colour text on stderr: not at all where it is no terminal, or NO_COLOR is set."""
    import os
    import sys

    from deckbuilder.reporters import no_style

    if os.environ.get("NO_COLOR") or not (sys.stderr.isatty() or os.environ.get("FORCE_COLOR")):
        return no_style
    return lambda text, colour: click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)


if __name__ == "__main__":
    main()
