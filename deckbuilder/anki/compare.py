"""Two states of a collection side by side: whether anything of the learner's was lost between them."""

from __future__ import annotations

import sqlite3
from collections.abc import Set as AbstractSet
from contextlib import closing
from pathlib import Path
from typing import Any

_CARD = "id, nid, ord, type, ivl, factor, reps, lapses, left, odue, odid, flags, data, due, did, queue"


def harm_between(
    before: Path, after: Path, moved: AbstractSet[int], suspended: AbstractSet[int], written: AbstractSet[int]
) -> str:
    """Return what a learner lost from one state to the other, an empty string if nothing.

    Cards in `moved` may lie in another deck, cards in `suspended` may have been suspended or the reverse, notes in
    `written` may say something else; all other cards, notes, reviews and deck options must be what they were.
    """
    with closing(sqlite3.connect(before)) as old, closing(sqlite3.connect(after)) as new:
        for column, meaning in (("scm", "the next sync would be a full one"), ("ver", "the form would change")):
            query = f"SELECT {column} FROM col"  # noqa: S608  # one of two names
            if old.execute(query).fetchone() != new.execute(query).fetchone():
                return meaning
        for table, what in (("revlog", "reviews"), ("graves", "deleted cards"), ("deck_config", "deck options")):
            if not _holds_all(new, old, table):
                return f"{what} would not be what they were"
        cards = {row[0]: row for row in new.execute(f"SELECT {_CARD} FROM cards")}  # noqa: S608  # a constant
        for row in old.execute(f"SELECT {_CARD} FROM cards"):  # noqa: S608  # a constant
            if not _same_card(row, cards.get(row[0]), moved, suspended):
                return f"card {row[0]} would not be what it was"
        query = "SELECT id, guid, mid, mod, tags, flds FROM notes"
        notes = {row[0]: row for row in new.execute(query)}
        for row in old.execute(query):
            if notes.get(row[0]) != row and (row[0] not in written or row[0] not in notes):
                return f"note {row[0]} would not be what it was"
    return ""


def _holds_all(new: sqlite3.Connection, old: sqlite3.Connection, table: str) -> bool:
    """Whether every row of a table in `old` is in `new`; of the graves also that there is none more."""
    query = f"SELECT * FROM {table}"  # noqa: S608  # one of three names
    rows = set(new.execute(query))
    return rows.issuperset(old.execute(query)) and (table != "graves" or len(rows) == len(set(old.execute(query))))


def _same_card(
    old: tuple[Any, ...], new: tuple[Any, ...] | None, moved: AbstractSet[int], suspended: AbstractSet[int]
) -> bool:
    if new is None:
        return False
    *earned, deck, queue = old
    *earned_now, deck_now, queue_now = new
    return (
        earned == earned_now
        and (deck == deck_now or old[0] in moved)
        and (queue == queue_now or (old[0] in suspended and -1 in {queue, queue_now}))
    )
