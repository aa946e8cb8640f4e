"""`code test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deckbuilder.cli.shared import PATH, coloured, say

if TYPE_CHECKING:
    from deckbuilder.code_tests.cards import CodeCard


@click.group()
def code() -> None:
    """Run the code of implementation cards. No other command does, and none does it unasked."""


@code.command()
@click.argument("key", required=False)
@click.option(
    "--source", type=PATH, default=Path("content"), show_default=True,
    help="The folder of Markdown files, or the one file.",
)  # fmt: skip
@click.option(
    "--python", metavar="INTERPRETER",
    help="The Python that runs the code, with the modules that it imports. [default: the one that runs deckbuilder]",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True, metavar="SECONDS",
    help="How long each card may take.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True,
    help="A line for each card, or JSON.",
)  # fmt: skip
def test(key: str | None, source: Path, python: str | None, timeout: float, form: str) -> None:
    """Run the reference code and the assertions of the card KEY, or of all implementation cards.

    This runs the deck's code on your machine with your rights. Read a stranger's deck before you test it.

    Exit code: 0 every card passed or is not in Python, 1 some card failed, ran out of time or lacks a module.
    """
    from deckbuilder.code_tests import reports
    from deckbuilder.code_tests.running import CannotStart, run_card

    cards, has_errors = _cards(source, key)
    interpreter = _interpreter(python)
    results = []
    for card in cards:
        try:
            results.append(run_card(card, interpreter, timeout))
        except CannotStart as problem:
            raise click.UsageError(str(problem)) from None
        if form == "text":
            say(reports.card_text(results[-1]))
    if form == "json":
        say(reports.json_report(results, interpreter), is_json=True)
    else:
        say(reports.summary(results))
    if has_errors or not all(result.is_sound for result in results):
        raise SystemExit(1)


def _cards(source: Path, key: str | None) -> tuple[tuple[CodeCard, ...], bool]:
    """Return the card of that key, or all, and whether the deck has errors, which are printed."""
    from deckbuilder import pipeline, reporters
    from deckbuilder.code_tests.cards import FilesChanged, cards_of
    from deckbuilder.diagnostics import Severity
    from deckbuilder.yaml_text import suggestion

    prepared, result = pipeline.prepare(source)
    errors = [found for found in result.diagnostics if found.severity is Severity.ERROR]
    if errors:
        say(reporters.text_report(errors, coloured()) + "\n", err=True)
    if prepared is None:
        raise SystemExit(1)
    try:
        cards = cards_of(prepared)
    except FilesChanged as problem:
        raise click.ClickException(str(problem)) from None
    if key is None:
        return cards, bool(errors)
    if chosen := tuple(card for card in cards if card.key == key):
        return chosen, bool(errors)
    raise click.UsageError(
        f"there is no implementation card `{key}`; {suggestion(key, tuple(card.key for card in cards))}"
    )


def _interpreter(python: str | None) -> str:
    """Return the interpreter's path, found as a shell finds it; links stay, since a virtual environment's is one."""
    import shutil
    import sys

    if python is None:
        return sys.executable
    found = shutil.which(python)
    if found is None:
        raise click.UsageError(f"there is no interpreter `{python}`; name a program, such as .venv/bin/python")
    return str(Path(found).absolute())
