"""`verify` and `push`: what the real Anki makes of a build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from deckbuilder.cli.shared import PATH, form_option, report_findings, say, source_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.pipeline import Prepared


@click.command()
@click.argument("new", type=PATH)
@click.option("--previous", type=PATH, help="The package that learners have now.")
@form_option
def verify(new: Path, previous: Path | None, form: str) -> None:
    """Prove on the real Anki that learners can update to NEW, an .apkg, without losing anything.

    The package that they have is imported into an empty collection; every card is answered, some notes are edited,
    tagged, moved, suspended and flagged; then NEW is imported, and everything is compared. Without --previous NEW is
    imported twice. Needs the extra `anki`.

    Exit code: 0 nothing is lost, 1 something is, 2 the command was misspelt.
    """
    from deckbuilder.anki import verify as proving
    from deckbuilder.diagnostics import CannotGoOn

    try:
        verified = proving.verify(new, previous)
    except CannotGoOn as stop:
        _stop(stop.diagnostics, form)
    report_findings(verified.diagnostics, form)
    is_json = form == "json"
    say(proving.json_report(verified) if is_json else proving.summary(verified), is_json=is_json)
    if verified.failed:
        raise SystemExit(1)


@click.command()
@source_argument
@click.option("--collection", type=PATH, help="The file collection.anki2 to push into.")
@click.option("--profile", help="The profile of Anki to push into. [default: the only one]")
@click.option("--overwrite", is_flag=True, help="Give the author's text also to fields that the learner edited.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@form_option
def push(
    source: Path, collection: Path | None, profile: str | None, overwrite: bool, dry_run: bool, yes: bool, form: str
) -> None:
    """Build SOURCE and bring it into a local Anki collection, while Anki is closed.

    Updates as an import does, and does what an import alone cannot: keeps the learner's own tags and edited fields on
    notes that changed, moves the cards of moved sections if they are still where an earlier build put them, suspends
    and tags what was retired, and never forces a full sync. The collection is backed up first; to undo a push, open the
    backup in Anki. Needs the extra `anki`.

    Exit code: 0 done, 1 errors were found and nothing was written, 2 the command was misspelt.
    """
    from deckbuilder import pipeline
    from deckbuilder.diagnostics import CannotGoOn

    if collection and profile:
        raise click.UsageError("--collection and --profile name two collections")
    prepared, built = pipeline.prepare(source)
    if prepared is None or built.failed:
        _stop([found for found in built.diagnostics if found.is_error], form)
    try:
        _push(prepared, collection, profile, overwrite=overwrite, dry_run=dry_run, yes=yes, form=form)
    except CannotGoOn as stop:
        _stop(stop.diagnostics, form)


def _stop(diagnostics: Sequence[Diagnostic], form: str) -> NoReturn:
    """Say why nothing was done, and exit with 1."""
    import json

    from deckbuilder.reporters import json_diagnostic

    report_findings(diagnostics, form)
    if form == "json":
        found = [json_diagnostic(one) for one in diagnostics]
        say(json.dumps({"done": False, "diagnostics": found}, indent=2), is_json=True)
    raise SystemExit(1)


def _push(
    prepared: Prepared,
    collection: Path | None,
    profile: str | None,
    *,
    overwrite: bool,
    dry_run: bool,
    yes: bool,
    form: str,
) -> None:
    """Show the plan, ask, back up, write; raises CannotGoOn where something stands in the way."""
    import os
    import sys

    from deckbuilder import pipeline
    from deckbuilder.anki.backend import require_anki
    from deckbuilder.anki.profiles import find_collection
    from deckbuilder.anki.texts import plan_text, push_json
    from deckbuilder.diagnostics import CannotGoOn

    path = find_collection(collection, profile, os.environ, sys.platform, Path.home())
    require_anki(path.as_posix())
    from deckbuilder.anki.push import delivery_of, rehearsed

    backup = None
    with rehearsed(path, delivery_of(prepared), overwrite=overwrite) as attempt:
        report_findings(attempt.warnings, form)
        wanted = not dry_run and not attempt.plan.nothing
        if form != "json":
            say(f"{prepared.lock.deck} → {path.as_posix()}\n{plan_text(attempt.plan)}")
        if wanted and not yes:
            click.confirm("Do this?", abort=True, err=form == "json")
        if wanted:
            backup = attempt.back_up()
            if problems := pipeline.write(prepared, pipeline.default_output(prepared.lock)):
                raise CannotGoOn(*problems)
            attempt.take_over()
        if form == "json":
            say(push_json(path, attempt.plan, wanted, backup, attempt.warnings), is_json=True)
        elif wanted:
            say(f"done; to undo it, open {backup} in Anki (File → Import)")
