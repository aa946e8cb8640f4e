"""`explain`."""

from __future__ import annotations

import click

from deckbuilder.cli.shared import say


def _codes(context: click.Context, argument: click.Parameter, begun: str) -> list[str]:
    from deckbuilder.rules import catalogue

    return [code for code in catalogue() if code.startswith(begun.upper())]


@click.command()
@click.argument("code", shell_complete=_codes)
def explain(code: str) -> None:
    """Say what the diagnostic CODE (such as DB303, or its name) means, why it matters, and how to mend it."""
    from deckbuilder.rules import catalogue

    rules = {name: rule for rule in catalogue().values() for name in (rule.code, rule.name)}
    rule = rules.get(code.upper()) or rules.get(code.lower())
    if rule is None:
        raise click.UsageError(f"there is no code or name {code!r}; docs/checks.md lists all of them")
    say(rule.explanation())
