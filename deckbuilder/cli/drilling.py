"""`drill list`, `drill show` and `drill test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder.cli.shared import PATH, coloured, say

if TYPE_CHECKING:
    from deckbuilder.drill_reports import Drill
    from deckbuilder.project import Project

_source = click.option(
    "--source", type=PATH, default=Path("content"), show_default=True,
    help="The folder of Markdown files, or the one file.",
)  # fmt: skip
_format = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True,
    help="A table for people, or JSON.",
)  # fmt: skip


@click.group()
def drill() -> None:
    """See the variants of numeric drills, and test them at every point of their domains."""


@drill.command(name="list")
@_source
@_format
def list_drills(source: Path, form: str) -> None:
    """List the drills: parameters, variants, and what share of draws their rules reject."""
    from deckbuilder import drill_reports

    drills, _ = _drills(source, None)
    is_json = form == "json"
    say(drill_reports.list_json(drills) if is_json else drill_reports.list_text(drills, _width()), is_json=is_json)


@drill.command()
@click.argument("key")
@_source
@_format
def show(key: str, source: Path, form: str) -> None:
    """Show all variants of the drill KEY in a table, with their answers and what each mistake gives."""
    from deckbuilder import drill_reports

    (one,), _ = _drills(source, key)
    is_json = form == "json"
    say(drill_reports.show_json(one) if is_json else drill_reports.show_text(one, _width()), is_json=is_json)


@drill.command()
@click.argument("key", required=False)
@_source
@_format
def test(key: str | None, source: Path, form: str) -> None:
    """Test the drill KEY, or all of them, at every point of a small domain and at a sample of a large one.

    Exit code: 0 sound, 1 some point has no answer, fails a check, or gives a mistake that is none.
    """
    from deckbuilder import drill_reports

    drills, project = _drills(source, key)
    texts = drill_reports.texts_of(project)
    found = []
    for one, survey in drill_reports.surveys_of(drills):
        found.append((one, survey))
        if form == "text":
            say(drill_reports.test_text(one, survey, texts))
    if form == "json":
        say(drill_reports.tests_json(found), is_json=True)
    if any(survey.faults for _, survey in found):
        raise SystemExit(1)


def _drills(source: Path, key: str | None) -> tuple[tuple[Drill, ...], Project]:
    """Return the drill of that key, or all, and the project; print the deck's errors, and exit where there is none."""
    from deckbuilder import pipeline, reporters
    from deckbuilder.diagnostics import Severity
    from deckbuilder.drill_reports import drills_of
    from deckbuilder.yaml_text import suggestion

    prepared, result = pipeline.prepare(source)
    drills = drills_of(prepared) if prepared else ()
    errors = [found for found in result.diagnostics if found.severity is Severity.ERROR]
    if errors:
        say(reporters.text_report(errors, coloured()) + "\n", err=True)
    if prepared is None:
        raise SystemExit(1)
    known = [one.key for one in drills]
    if key is None:
        return drills, prepared.project
    if key not in known:
        raise click.UsageError(f"there is no drill `{key}` that can be read; {suggestion(key, tuple(known))}")
    return tuple(one for one in drills if one.key == key), prepared.project


def _width() -> int:
    """Return how many columns a table may have: the terminal's, or 120 where the output is no terminal."""
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
