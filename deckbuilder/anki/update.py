"""What a push does to a collection: the import, and what an import alone cannot do.

Works on any open collection; `push` gives it a copy. What the learner wrote and what was delivered are told apart by
the print that each note carries.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from anki.cards import Card, CardId
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.decks import DeckId
from anki.import_export_pb2 import (
    IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER,
    IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER,
)
from anki.notes import Note, NoteId
from msgspec import Struct, field

from deckbuilder import rules
from deckbuilder.anki.verify import first_few
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.kinds.fields import DELIVERED, FIELDS, KEY, UNCOUNTED
from deckbuilder.packaging.delivery import read_print
from deckbuilder.packaging.plan import NotePlan, PackagePlan

RESTED_BEFORE: Final = "::was-suspended"
"""Added to the tag of a retired note whose card the learner had suspended already: if it comes back, it rests on."""


class PushPlan(Struct):
    """What a push changes, in the keys of notes, and what it leaves to the learner.

    `kept` are fields that the learner edited and that stay, by note; `stayed` are cards of moved sections that the
    learner put elsewhere. The numbers are ids in Anki, for checking that nothing else changed; `harm` is why the push
    must not be done, an empty string if it may.
    """

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    overwritten: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    kept_tags: dict[str, list[str]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    stayed: dict[str, str] = field(default_factory=dict)
    retired: list[str] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)
    conflicting: list[str] = field(default_factory=list)
    restyled: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    written: set[int] = field(default_factory=set)
    moved_cards: set[int] = field(default_factory=set)
    suspended_cards: set[int] = field(default_factory=set)
    harm: str = ""

    @property
    def nothing(self) -> bool:
        """Whether the collection is as the build would have it."""
        changed = (self.new, self.updated, self.moved, self.retired, self.revived, self.restyled, self.media)
        return not any(changed)

    def warnings(self, place: Span) -> Iterator[Diagnostic]:
        """Yield what the user should know besides the plan."""
        if self.conflicting:
            yield rules.PUSH_CONFLICT.at(place, count=len(self.conflicting), which=first_few(self.conflicting))


def update(
    col: Collection,
    package: Path,
    plan: PackagePlan,
    left: Mapping[str, Sequence[str]],
    retired: frozenset[str],
    retired_tag: str,
    overwrite: bool,
) -> PushPlan:
    """Bring the package, whose plan is `plan`, into the collection, and return what that changed.

    `left` are the decks by GUID in which an earlier build put a card. Retired notes get `retired_tag` and rest.
    """
    done = PushPlan()
    known = _known(col)
    types = {kind.id: (kind.name, _changed(col, kind.id)) for kind in plan.note_types}
    names = {found.name for found in col.models.all_names_and_ids()}
    _import(col, package)
    col.models._clear_cache()  # an import changes note types behind its back
    done.restyled = [
        name for number, (name, before) in types.items() if before is not None and _changed(col, number) != before
    ]
    clutter = {found.name for found in col.models.all_names_and_ids()} - names - {name for name, _ in types.values()}
    if clutter:
        rebuilt = ", ".join(sorted(name.rstrip("+") for name in clutter))
        done.harm = (
            f"the fields or templates of the note type {rebuilt} were changed by hand, so Anki would make another"
        )
    decks = {deck.id: deck.name for deck in plan.decks}
    for note in plan.notes:
        number = known.get(note.guid)
        if number is None:
            done.new.append(_key(note))
            continue
        _update_note(col, col.get_note(NoteId(number)), note, retired_tag, overwrite, done)
        _move_card(col, NoteId(number), _key(note), decks[note.deck], left.get(note.guid, ()), done)
    for guid in sorted(retired & known.keys()):
        _retire(col, col.get_note(NoteId(known[guid])), retired_tag, done)
    return done


# ── notes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _update_note(col: Collection, note: Note, new: NotePlan, retired_tag: str, overwrite: bool, done: PushPlan) -> None:
    """Give a note the author's texts and tags, but leave what the learner wrote."""
    key = _key(new)
    if note.mid != new.note_type or list(note.keys()) != list(FIELDS):
        done.conflicting.append(key)
        return
    delivered = read_print(note[DELIVERED])
    if delivered is None and new.modified <= note.mod and not overwrite:
        return  # nothing is known of the note, so it is updated as an import would: only by what is newer
    texts = dict(zip(FIELDS, (unicodedata.normalize("NFC", text) for text in new.fields), strict=True))
    differ = [name for name, text in texts.items() if note[name] != text]
    edited = [name for name in differ if delivered and not delivered.brought_text(name, note[name])]
    taken = [name for name in differ if overwrite or name not in edited]
    own = [
        tag for tag in note.tags if not (delivered and delivered.brought_tag(tag)) and not _retires(tag, retired_tag)
    ]
    tags = _joined(new.tags, own)
    marks = [tag for tag in note.tags if _retires(tag, retired_tag)]
    if edited and not overwrite:
        done.kept[key] = edited
    if own:
        done.kept_tags[key] = own
    if marks:
        done.revived.append(key)
        if not any(_same(tag, retired_tag + RESTED_BEFORE) for tag in marks):
            _unsuspend(col, note, done)
    if UNCOUNTED.issuperset(taken) and {tag.casefold() for tag in tags} == {tag.casefold() for tag in note.tags}:
        return
    if overwrite and edited:
        done.overwritten[key] = edited
    for name in taken:
        note[name] = texts[name]
    note[DELIVERED] = texts[DELIVERED]
    note.tags = tags
    done.updated.append(key)
    _save(col, note, new.modified, done)


def _save(col: Collection, note: Note, modified: int, done: PushPlan) -> None:
    """Save a note with the change time `modified`: its author's, as an import keeps it, and not the present."""
    col.update_note(note, skip_undo_entry=True)
    assert col.db is not None  # noqa: S101  # the collection is open
    col.db.execute("UPDATE notes SET mod = ? WHERE id = ?", modified, note.id)
    done.written.add(note.id)


def _retire(col: Collection, note: Note, tag: str, done: PushPlan) -> None:
    """Suspend and tag a note once: what the learner then does with it is theirs to say."""
    if any(_retires(one, tag) for one in note.tags) or any(card.odid for card in note.cards()):
        return  # a card that is in a filtered deck just now would be thrown out of it: it waits for the next push
    cards = [card for card in note.cards() if card.queue != -1]
    col.sched.suspend_cards([card.id for card in cards])
    _as_old_as_before(col, cards)
    note.tags.append(tag if cards else tag + RESTED_BEFORE)
    done.retired.append(note[KEY] if KEY in note.keys() else note.fields[0])  # noqa: SIM118  # a note is no mapping
    done.suspended_cards |= {card.id for card in cards}
    _save(col, note, note.mod, done)


def _unsuspend(col: Collection, note: Note, done: PushPlan) -> None:
    cards = [card for card in note.cards() if card.queue == -1]
    col.sched.unsuspend_cards([card.id for card in cards])
    _as_old_as_before(col, cards)
    done.suspended_cards |= {card.id for card in cards}


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _move_card(col: Collection, note: NoteId, key: str, deck: str, left: Sequence[str], done: PushPlan) -> None:
    """Move a note's card to its deck if it still lies where an earlier build put it.

    A card that is in a filtered deck just now is left for the next push: it would lose its place there.
    """
    if not left:
        return
    for number in col.card_ids_of_note(note):
        card = col.get_card(number)
        there = col.decks.name(DeckId(card.odid or card.did))
        if there == deck:
            continue
        if there in left and not card.odid:
            target = col.decks.id(deck)
            assert target is not None  # noqa: S101  # a name always gives a deck
            col.set_deck([CardId(number)], target)
            _as_old_as_before(col, [card])
            done.moved[key] = deck
            done.moved_cards.add(number)
        else:
            done.stayed[key] = there


def _as_old_as_before(col: Collection, cards: Sequence[Card]) -> None:
    """Give cards their former change times: should one have been answered on a phone meanwhile, the answer is newer."""
    assert col.db is not None  # noqa: S101  # the collection is open
    for card in cards:
        col.db.execute("UPDATE cards SET mod = ? WHERE id = ?", card.mod, card.id)


# ── the collection ──────────────────────────────────────────────────────────────────────────────────────────────────


def _import(col: Collection, package: Path) -> None:
    """Import what is new, and newer note types; notes that are there already are not the import's business."""
    options = ImportAnkiPackageOptions(
        merge_notetypes=False,
        update_notes=IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER,
        update_notetypes=IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER,
        with_scheduling=False,
        with_deck_configs=False,
    )
    col.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))


def _known(col: Collection) -> dict[str, int]:
    """Return the id of every note in the collection by its GUID."""
    assert col.db is not None  # noqa: S101  # the collection is open
    return dict(col.db.execute("SELECT guid, id FROM notes"))  # type: ignore[arg-type]  # rows of two


def _changed(col: Collection, note_type: int) -> int | None:
    """Return when a note type was last changed, None if there is none."""
    assert col.db is not None  # noqa: S101  # the collection is open
    found: int | None = col.db.scalar("SELECT mtime_secs FROM notetypes WHERE id = ?", note_type)
    return found


def _key(note: NotePlan) -> str:
    return note.fields[FIELDS.index(KEY)]


def _retires(tag: str, retired_tag: str) -> bool:
    """Whether a tag marks its note as retired."""
    return _same(tag, retired_tag) or _same(tag, retired_tag + RESTED_BEFORE)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _joined(tags: Sequence[str], own: Sequence[str]) -> list[str]:
    """Return the author's tags and the learner's own, each once whatever its case."""
    found = {tag.casefold(): tag for tag in (*own, *tags)}
    return sorted(found.values())
