"""A difference for a reader at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from deckbuilder.diff.advice import advice
from deckbuilder.diff.compare import DeckDiff, NoteChange, NoteRef
from deckbuilder.diff.fields import FieldChange
from deckbuilder.diff.telling import (
    REBUILT,
    REFRESHED,
    STOPPED,
    Compared,
    headline,
    place_changes,
    shortened,
    told_together,
)
from deckbuilder.diff.words import Fate, Piece

Style = Callable[[str, str], str]
"""Gives a text a colour by name; the identity where no colour is wanted."""

_MARKS = {Fate.GONE: ("[-", "-]", "red"), Fate.COME: ("{+", "+}", "green")}
_SHOWN = 10
_INDENT = "      "


def text_diff(diff: DeckDiff, compared: Compared, style: Style, *, coloured: bool, stopped: bool = False) -> str:
    """Return the difference as text; words that went or came stand in `[-…-]` or `{+…+}` if not `coloured`.

    `stopped` says that errors would stop the build whose outcome this is.
    """
    if diff.is_empty and not (diff.refusals or stopped):
        return f"{style(diff.deck, 'bold')}: no difference ({compared.old} → {compared.new})"
    teller = _Teller(style, coloured)
    lines = [f"{style(diff.deck, 'bold')}: {headline(diff)}", f"({compared.old} → {compared.new})"]
    if stopped:
        lines.append(style(STOPPED, "red"))
    single, together = told_together(diff)
    for title, body in (
        ("at risk", [teller.line("?", "red", note) for note in diff.at_risk]),
        ("new", [teller.line("+", "green", note) for note in diff.new]),
        ("changed", [line for change in single for line in teller.changed(change)]),
        ("moved", [line for changes in together for line in teller.moved(changes)]),
        ("retired", [teller.line("-", "red", note) for note in diff.retired]),
        ("back", [teller.line("+", "green", note) for note in diff.revived]),
        ("order", teller.some("↕", diff.reordered)),
        (REBUILT, teller.some("·", diff.rebuilt)),
        (REFRESHED, teller.some("~", diff.refreshed)),
        ("look", [f"  ~ the templates or style of {name}" for name in diff.restyled]),
        ("for learners", list(_for_learners(diff, style))),
    ):
        if body:
            lines += ["", style(title, "bold"), *body]
    return "\n".join(lines)


def _for_learners(diff: DeckDiff, style: Style) -> Iterator[str]:
    yield from (f"  {sentence}" for sentence in advice(diff))
    if diff.search:
        yield f"  This search in Anki's browser finds what was withdrawn: {style(diff.search, 'cyan')}"


class _Teller:
    """Writes notes, each on a line, and below it what changes in it."""

    def __init__(self, style: Style, coloured: bool) -> None:
        self._style = style
        self._coloured = coloured

    def line(self, sign: str, colour: str, note: NoteRef) -> str:
        """Return the line of one note."""
        return f"  {self._style(sign, colour)} {note.question}  {self._style(f'[{note.key}]', 'bright_black')}"

    def changed(self, change: NoteChange) -> Iterator[str]:
        """Yield the lines of one note that changes."""
        yield self.line("~", "yellow", change.note)
        for field in change.fields:
            yield from self._field(field)
        if change.edited and not change.fields:
            yield f"{_INDENT}edited; what it said before is not at hand"
        yield from self._place(change)

    def moved(self, changes: Sequence[NoteChange]) -> Iterator[str]:
        """Yield the lines of notes that moved the same way."""
        yield from (self.line("~", "yellow", change.note) for change in changes)
        yield from self._place(changes[0])

    def _place(self, change: NoteChange) -> Iterator[str]:
        for what, old, new in place_changes(change):
            yield f"{_INDENT}{what}: {self._style(old or '–', 'red')} → {self._style(new or '–', 'green')}"
        tags = [self._style(f"-{tag}", "red") for tag in change.tags_gone]
        tags += [self._style(f"+{tag}", "green") for tag in change.tags_come]
        if tags:
            yield f"{_INDENT}tags: {' '.join(tags)}"

    def some(self, sign: str, notes: Sequence[NoteRef]) -> list[str]:
        """Return the lines of notes of which the first few tell enough."""
        lines = [self.line(sign, "yellow", note) for note in notes[:_SHOWN]]
        return [*lines, f"    and {len(notes) - _SHOWN} more"] if len(notes) > _SHOWN else lines

    def _field(self, field: FieldChange) -> Iterator[str]:
        if field.summary:
            yield f"{_INDENT}{field.field}: {field.summary}"
            return
        text = "".join(self._piece(piece) for piece in shortened(field.words)).strip("\n")
        first, *rest = text.split("\n")
        lines = (
            [f"{field.field}: {first}"] if not rest else [f"{field.field}:", *(f"  {line}" for line in (first, *rest))]
        )
        yield from (_INDENT + line for line in lines)

    def _piece(self, piece: Piece) -> str:
        if piece.fate is Fate.SAME:
            return piece.text
        opening, closing, colour = _MARKS[piece.fate]
        if not self._coloured:
            return f"{opening}{piece.text}{closing}"
        # A colour that ran over a line end would colour the indent of the next line in some terminals.
        return "\n".join(self._style(line, colour) if line else "" for line in piece.text.split("\n"))
