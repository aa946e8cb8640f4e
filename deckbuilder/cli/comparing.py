"""`diff`."""

from __future__ import annotations

from pathlib import Path

import click

from deckbuilder.cli.progress import progress
from deckbuilder.cli.shared import PATH, say, stdout_style, tell

_PACKAGE = ".apkg"


@click.command()
@click.argument("what", nargs=-1, type=PATH, metavar="[SOURCE | OLD.apkg NEW.apkg]")
@click.option("--against", type=PATH, help="Compare SOURCE with this package instead.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything changed, as git does.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "markdown")), default="text", show_default=True,
    help="How to report: for people, as one JSON object, or for a pull request and release notes.",
)  # fmt: skip
def diff(what: tuple[Path, ...], against: Path | None, exit_code: bool, form: str) -> None:
    """Show what changes for learners, and write nothing.

    With SOURCE (default: content): what a build would change since the last one. deck.lock knows the notes, and the
    package of the last build their earlier words; --against names another package, such as that of the last release.

    With two packages of one deck: what NEW.apkg changes for those who have OLD.apkg.

    Exit code: 0 done, 1 errors were found (or, with --exit-code, anything changed), 2 the command was misspelt.
    """
    from deckbuilder.diagnostics import has_errors
    from deckbuilder.diff import asking
    from deckbuilder.diff.telling import Compared

    if len(what) > 2 or (len(what) == 2 and against):
        raise click.UsageError("name one SOURCE, or two packages")
    if len(what) == 2:
        old, new = what
        compared = Compared(old.as_posix(), new.as_posix())
        found, diagnostics = asking.diff_packages(old, new)
    else:
        source = what[0] if what else Path("content")
        if source.suffix == _PACKAGE:
            raise click.UsageError(f"name a second package, or: deckbuilder diff --against {source}")
        compared = Compared(against.as_posix() if against else "the last build", source.as_posix())
        with progress() as watch:
            found, diagnostics = asking.diff_sources(source, against, watch)
    stopped = has_errors(diagnostics)
    tell(diagnostics, quiet=form == "json")
    if form == "json":
        from deckbuilder.diff.as_json import json_diff
        from deckbuilder.reporters import json_diagnostic

        say(json_diff(found, compared, [json_diagnostic(one) for one in diagnostics]), is_json=True)
    elif found and form == "markdown":
        from deckbuilder.diff.markdown import markdown_diff

        say(markdown_diff(found, stopped=stopped))
    elif found:
        from deckbuilder.diff.text import text_diff
        from deckbuilder.reporters import no_style

        style = stdout_style()
        coloured = style is not no_style  # said to click too, which takes colours out of pipes, FORCE_COLOR or not
        say(text_diff(found, compared, style, coloured=coloured, stopped=stopped), color=coloured)
    if stopped or (exit_code and found and not found.is_empty):
        raise SystemExit(1)
