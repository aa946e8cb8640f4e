"""What an update asks of a learner, in words."""

from __future__ import annotations

from collections.abc import Iterator

from deckbuilder.diff.compare import DeckDiff


def advice(diff: DeckDiff) -> tuple[str, ...]:
    """Return what a learner must do or should know, a sentence or two each; the search is told apart."""
    return tuple(_advice(diff))


def _advice(diff: DeckDiff) -> Iterator[str]:
    if diff.refusals:
        yield "Do not import this update: Anki would refuse part of it, or ask for a full sync."
        return
    updated = len(diff.changed) + len(diff.refreshed)
    known = (diff.unchanged, updated, diff.rebuilt, diff.retired, diff.at_risk, diff.revived)
    if diff.new and not any(known):
        yield "Import the package."
    elif not (diff.new or updated or diff.revived or diff.restyled):
        yield "Nothing: an import would change nothing that you have."
    else:
        yield "Import the new package over the old one, at Anki's own settings. Your history stays."
    if updated:
        notes = "the changed note" if updated == 1 else f"the {updated} changed notes"
        yield f"Your own edits and tags on {notes} are replaced; those on all other notes stay."
    if any(change.topic or change.deck for change in diff.changed):
        yield "Cards whose section changed stay in the deck where you have them."
    if diff.revived:
        yield "Cards that are back bring their history with them, if you kept them."
    if diff.restyled:
        yield "The look of the cards changes. If you have a style of your own, keep a copy and paste it back."
    if diff.retired:
        cards = "A card was withdrawn. It stays" if len(diff.retired) == 1 else "Withdrawn cards stay"
        yield f"{cards} until you delete it." if len(diff.retired) == 1 else f"{cards} until you delete them."
    if diff.reordered and not diff.retired:
        yield "The new order holds for cards that you do not have yet; those that you have keep their places."
