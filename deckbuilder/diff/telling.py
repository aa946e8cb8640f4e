"""What the reports of a difference have in common: how many of what, and how much of an unchanged text is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from deckbuilder.diff.compare import DeckDiff, NoteChange
from deckbuilder.diff.words import Fate, Piece

REBUILT = "changed by deckbuilder, which an import leaves as they are"
REFRESHED = "changed by deckbuilder, and stamped"
STOPPED = "A build would stop at errors. What could not be read counts as retired."
_WORDS_AROUND = 7


class Compared(Struct, frozen=True):
    """What was compared, in words: "the last build" with "content", or one package with another."""

    old: str
    new: str


def counts(diff: DeckDiff) -> dict[str, int]:
    """Return how many notes are what; one that changes in several ways is counted in each."""
    return {
        "new": len(diff.new),
        "edited": len(diff.edited),
        "moved": len(diff.moved),
        "kind changed": len(diff.kind_changed),
        "retired": len(diff.retired),
        "revived": len(diff.revived),
        "at risk": len(diff.at_risk),
        "reordered": len(diff.reordered),
        "changed by deckbuilder": len(diff.rebuilt) + len(diff.refreshed),
        "unchanged": diff.unchanged,
    }


def headline(diff: DeckDiff) -> str:
    """Return in one line what changes."""
    said = [f"{count} {what}" for what, count in counts(diff).items() if count]
    if diff.restyled:
        said.append("a new look")
    return ", ".join(said) or "no notes"


def told_together(diff: DeckDiff) -> tuple[list[NoteChange], list[list[NoteChange]]]:
    """Return the notes to be told one by one, and those that only moved, together where they moved the same way.

    Renaming a heading moves every note below it.
    """
    single = [change for change in diff.changed if change.edited or change.kind]
    groups: dict[tuple[object, ...], list[NoteChange]] = {}
    for change in diff.changed:
        if not (change.edited or change.kind):
            groups.setdefault((change.topic, change.deck, change.tags_gone, change.tags_come), []).append(change)
    return single, list(groups.values())


def place_changes(change: NoteChange) -> list[tuple[str, str, str]]:
    """Return (what, old, new) for each thing besides its text that changes in a note."""
    pairs = {"section": change.topic, "deck": change.deck, "kind": change.kind}
    return [(what, *pair) for what, pair in pairs.items() if pair]


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with what stays cut down to the lines and words next to what changed."""
    last = len(pieces) - 1
    return [
        Piece(Fate.SAME, _around(piece.text, before=number > 0, after=number < last))
        if piece.fate is Fate.SAME
        else piece
        for number, piece in enumerate(pieces)
    ]


def _around(text: str, *, before: bool, after: bool) -> str:
    """Return the words of a text next to a change `before` it and `after` it, an ellipsis for the rest."""
    words = re.findall(r"\s*\S+(?:\s+\Z)?|\s+", text)
    head = words[:_WORDS_AROUND] if before else []
    tail = words[max(0, len(words) - _WORDS_AROUND) :] if after else []
    if len(head) + len(tail) >= len(words):
        return text
    return "".join(
        (*head, " … " if head and tail else " …" if head else "… ", *([tail[0].lstrip(), *tail[1:]] if tail else ()))
    )
