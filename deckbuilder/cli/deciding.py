"""`resolve`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from deckbuilder.cli.progress import progress
from deckbuilder.cli.shared import cache_folder, report_findings, say, source_argument, stdout_style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deckbuilder.deciding import Decision, Desk, Place
    from deckbuilder.diagnostics import Diagnostic
    from deckbuilder.identity.lock import LockedNote

_QUIT = "q"


@click.command()
@source_argument
@click.option(
    "--same", multiple=True, metavar="OLD=FILE:LINE",
    help="The question at this line is the note with the key OLD. May be given again.",
)  # fmt: skip
@click.option("--new", multiple=True, metavar="FILE:LINE", help="The question at this line is a new note. Likewise.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True,
    help="How to report: for people, or as one JSON object, which asks nothing.",
)  # fmt: skip
def resolve(source: Path, same: tuple[str, ...], new: tuple[str, ...], form: str) -> None:
    """Answer what a build of SOURCE asks: which reworded question is which note, and which is new.

    Shows each question in doubt beside the notes that it may be, and takes an answer: s or 1 for the (first) note
    shown, 2, 3, … for another, n for a new note, Enter to skip, q to stop asking. The answers are written into
    deck.lock at the end, all at once; Ctrl-C leaves everything as it was. The next build brings the new words to
    learners. --same and --new decide without asking; OLD may be any note that no other question is.

    Exit code: 0 done, 1 nothing was written because of an error, 2 the command line was wrong.
    """
    from deckbuilder import decision_reports as reports
    from deckbuilder import pipeline
    from deckbuilder.deciding import Desk
    from deckbuilder.diagnostics import CannotGoOn
    from deckbuilder.rules import LOCK_MISSING

    asked = [(text, _place(text, "--new")) for text in new]
    with progress() as watch:
        options = pipeline.Options(write=False, watch=watch, cache=cache_folder(uncached=False))
        prepared, result = pipeline.prepare(source, options)
    missing = [found for found in result.diagnostics if found.code == LOCK_MISSING.code]
    if prepared is None or missing:
        _fail(None, missing or [found for found in result.diagnostics if found.is_error], form)
    desk = Desk(prepared)
    try:
        decisions = [desk.same(key, place) for key, place in (_same(text, desk) for text in same)]
        decisions += [desk.new(place) for _, place in asked]
    except CannotGoOn as stop:
        _fail(desk, stop.diagnostics, form)
    if not (same or new) and form == "text":
        decisions = list(_ask(desk))
    if decisions and (problems := desk.write(decisions)):
        _fail(desk, problems, form)
    if form == "json":
        say(reports.decisions_json(desk, decisions, [], written=bool(decisions)), is_json=True)
    elif decisions:
        say(reports.decisions_text(desk, decisions, shlex.quote(source.as_posix())))
    elif desk.doubts:
        say("nothing was decided; nothing was written")
    else:
        say("there is nothing to decide")


def _fail(desk: Desk | None, diagnostics: Sequence[Diagnostic], form: str) -> NoReturn:
    """Say why nothing was written, and exit with 1."""
    from deckbuilder import decision_reports as reports

    report_findings(diagnostics, form)
    if form == "json":
        say(reports.decisions_json(desk, [], diagnostics, written=False), is_json=True)
    raise SystemExit(1)


def _place(text: str, option: str) -> Place:
    from deckbuilder.deciding import place_of

    if place := place_of(text):
        return place
    raise click.BadParameter(f"{text!r} is no FILE:LINE", param_hint=f"'{option}'")


def _same(text: str, desk: Desk) -> tuple[str, Place]:
    """Split `OLD=FILE:LINE` behind the key; where a key or a file has a `=` too, behind one that deck.lock has."""
    splits = [(text[:at], text[at + 1 :]) for at, sign in enumerate(text) if sign == "="]
    key, place = next((split for split in splits if desk.has_note(split[0])), splits[0] if splits else ("", ""))
    if not key:
        raise click.BadParameter(f"{text!r} is no OLD=FILE:LINE", param_hint="'--same'")
    return key, _place(place, "--same")


# ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ask(desk: Desk) -> Iterator[Decision]:
    """Show each question in doubt and yield what is decided about it."""
    from deckbuilder.deciding import Place
    from deckbuilder.decision_reports import doubt_text
    from deckbuilder.reporters import no_style

    style = stdout_style()
    coloured = style is not no_style
    taken: set[str] = set()
    for number, doubt in enumerate(desk.doubts, start=1):
        candidates = [note for note in doubt.candidates if note.key not in taken]
        if not candidates:  # those that it might have been are other questions: the next build asks if need be
            continue
        target, place = desk.target(doubt), Place(doubt.span.file, doubt.span.line)
        text = doubt_text(desk, doubt, candidates, style, coloured=coloured)
        say(f"{number} of {len(desk.doubts)}  {text}\n", color=coloured)
        answer = _answer(candidates)
        if answer == _QUIT:
            return
        if answer == "n":
            yield desk.is_new(target, place)
        elif answer:
            note = candidates[int(answer) - 1]
            taken.add(note.key)
            yield desk.is_same(target, note, place)


def _answer(candidates: Sequence[LockedNote]) -> str:
    """Ask until there is an answer: the number of a note, `n`, nothing to skip, or `q`."""
    numbers = [str(number) for number in range(1, len(candidates) + 1)]
    same = "[s]ame" if len(numbers) == 1 else f"[s]ame as 1, or [{'/'.join(numbers[1:])}]"
    meanings = {word: number for number in numbers for word in (number, f"s{number}", f"same {number}")}
    meanings |= {"s": "1", "same": "1", "n": "n", "new": "n", "": "", "k": "", "skip": "", "q": _QUIT, "quit": _QUIT}
    by_key = sys.stdin is not None and sys.stdin.isatty() and len(numbers) < 10
    while True:
        say(f"{same}, [n]ew, skip [Enter], [q]uit? ", nl=False)
        said = _pressed() if by_key else _read()
        if said in meanings:
            say(f"{said}\n" if by_key else "\n", nl=True)
            return meanings[said]
        say(f"\n{said!r} is none of these.")


def _pressed() -> str:
    """Return the key that is pressed; Enter and the blank skip."""
    try:
        return click.getchar().strip().lower()
    except EOFError:
        return _QUIT


def _read() -> str:
    """Return the next line that is piped in; at the end of it nothing more is decided."""
    line = sys.stdin.readline() if sys.stdin is not None else ""
    return line.strip().lower() if line else _QUIT
