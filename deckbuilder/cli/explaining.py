"""`explain`."""

from __future__ import annotations

import click


def _codes(context: click.Context, argument: click.Parameter, begun: str) -> list[str]:
    from deckbuilder.rules import catalogue

    return [code for code in catalogue() if code.startswith(begun.upper())]


@click.command()
@click.argument("code", shell_complete=_codes)
def explain(code: str) -> None:
    """Say what the diagnostic CODE (such as DB303) means, why it matters, and how to mend it."""
    from deckbuilder.rules import catalogue
    from deckbuilder.yaml_text import suggestion

    known = catalogue()
    rule = known.get(code.upper())
    if rule is None:
        raise click.UsageError(f"there is no code {code}; {suggestion(code.upper(), tuple(known))}")
    click.echo(rule.explanation())
