"""The result of a release as text for a terminal and as JSON for programs."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from deckbuilder.publishing.notes import summary_of
from deckbuilder.publishing.release import ReleaseResult
from deckbuilder.reporters import json_diagnostic


def summary(result: ReleaseResult, *, tagged: bool, form: str) -> str:
    """Return what came of a release; `tagged` says that its commit and tag are made already."""
    return _json(result) if form == "json" else "\n".join(_lines(result, tagged=tagged))


def _lines(result: ReleaseResult, *, tagged: bool) -> Iterator[str]:
    if result.failed and not result.written:
        yield "Nothing was released."
        return
    commands = [shlex.join(("git", *command)) for command in result.commands]
    if result.failed:
        yield "The release was written, but git did not record it. When git is willing, what is left of this:"
        yield from (f"  {command}" for command in commands)
        return
    yield f"{result.built.deck} {result.version}"
    if result.changes and result.commands:
        yield summary_of(result.changes, first=result.first)
    yield from (f"wrote {path.as_posix()}" for path in result.written)
    if not result.commands:
        return
    if tagged:
        yield "committed and tagged; to publish it:"
        yield f"  {commands[-1]}"
    else:
        yield "to record and publish it:"
        yield from (f"  {command}" for command in commands)


def _json(result: ReleaseResult) -> str:
    changes = result.changes
    report = {
        "version": result.version,
        "deck": result.built.deck,
        "apkg": result.built.apkg.as_posix() if result.built.apkg else None,
        "written": [path.as_posix() for path in result.written],
        "commands": [["git", *command] for command in result.commands],
        "changes": {
            name: [note.key for note in getattr(changes, name)] if changes else []
            for name in ("new", "corrected", "moved", "retired", "rebuilt", "refreshed")
        },
        "diagnostics": [json_diagnostic(one) for one in result.built.diagnostics],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)
