"""`init`."""

from __future__ import annotations

from pathlib import Path

import click

from deckbuilder.cli.shared import say, tell

_FOLDER = click.Path(path_type=Path, file_okay=False, readable=False)


@click.command()
@click.argument("folder", metavar="[DIR]", type=_FOLDER, default=Path("content"))
@click.option("--name", help="The deck's name in Anki, which stays. [default: the folder's]")
def init(folder: Path, name: str | None) -> None:
    """Make a small deck in DIR (default: content) that shows the whole format by example and builds at once.

    What is there is never written over. A line each in .gitattributes and .gitignore, in the present folder, lets two
    branches' new notes merge and keeps the built package out of git.

    Exit code: 0 done, 1 something was in the way, 2 the command was misspelt.
    """
    import shlex

    from deckbuilder import starter
    from deckbuilder.files import real_path
    from deckbuilder.project import plain_name

    here = Path()
    inside = real_path(folder).is_relative_to(real_path(here))
    named_after = here if folder == Path("content") else folder
    title = plain_name(name or real_path(named_after).name)
    written, diagnostics = starter.write_starter(folder, here if inside else folder, title)
    tell(diagnostics)
    if diagnostics:
        raise SystemExit(1)
    build = "deckbuilder build" + ("" if folder == Path("content") else f" {shlex.quote(folder.as_posix())}")
    say("\n".join(f"wrote {path.as_posix()}" for path in written))
    say(f"Now read {(folder / 'start.md').as_posix()}, then: {build}")
