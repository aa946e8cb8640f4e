"""A learner with the real Anki: a collection in a folder of its own, into which packages are imported.

Packages are stamped in the past and Anki's own clock is now. Whatever the learner does counts as done now too, unless
it is given a time (`at`, seconds since 1970), so that a test can put an author's later change after it.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Self

import anki.collection  # noqa: F401  # before its siblings, which import each other in a circle
from anki.cards import Card
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.decks import DeckId
from anki.errors import CardTypeError
from anki.import_export_pb2 import (
    IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS,
    IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER,
    IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER,
)
from anki.models import NotetypeDict
from anki.notes import Note

from deckbuilder.anki.proof import problems_in
from deckbuilder.packaging.frame import note_type_as_anki_has_it
from deckbuilder.packaging.plan import NoteTypePlan, PackagePlan
from deckbuilder.packaging.writer import package_bytes

Ease = Literal[1, 2, 3, 4]
Update = Literal["if newer", "always", "never"]

_UPDATE = {
    "if newer": IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER,
    "always": IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_ALWAYS,
    "never": IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_NEVER,
}


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many of a package's notes the import reports as what; `other` gathers what should never happen."""

    new: int = 0
    updated: int = 0
    duplicate: int = 0
    conflicting: int = 0
    other: int = 0


class History(NamedTuple):
    """What a learner has earned on one card; reviews as (time, ease, interval after), oldest first."""

    reviews: tuple[tuple[int, int, int], ...]
    interval: int
    due: int
    repetitions: int
    lapses: int
    card: int


class Learner:
    """A real Anki collection, seen through the GUIDs of notes that have one card each."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open an empty collection in `folder`, or in a temporary one that `close` removes."""
        self._left = contextlib.ExitStack()
        if folder is None:
            folder = Path(self._left.enter_context(tempfile.TemporaryDirectory(prefix="learner-")))
        self.folder = folder
        self.col = Collection(str(folder / "collection.anki2"))
        self._left.callback(self.col.close)
        self._schema_at_last_sync = self._schema()
        self._stock = {found.id for found in self.col.models.all_names_and_ids()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the collection; a folder that was given stays."""
        self._left.close()

    # What a learner does

    def import_package(self, path: Path, *, merge: bool = False, update: Update = "if newer") -> ImportCounts:
        """Import as the desktop does at its defaults: notes and note types if newer, no merging, no scheduling."""
        options = ImportAnkiPackageOptions(
            merge_notetypes=merge,
            update_notes=_UPDATE[update],
            update_notetypes=_UPDATE[update],
            with_scheduling=False,
            with_deck_configs=False,
        )
        request = ImportAnkiPackageRequest(package_path=str(path), options=options)
        log = self.col.import_anki_package(request).log
        return ImportCounts(
            new=len(log.new),
            updated=len(log.updated),
            duplicate=len(log.duplicate),
            conflicting=len(log.conflicting),
            other=len(log.first_field_match)
            + len(log.missing_notetype)
            + len(log.missing_deck)
            + len(log.empty_first_field),
        )

    def import_plan(self, plan: PackagePlan, *, merge: bool = False, update: Update = "if newer") -> ImportCounts:
        """Write the plan to a package and import that."""
        path = self.folder / "import.apkg"
        path.write_bytes(package_bytes(plan))
        try:
            return self.import_package(path, merge=merge, update=update)
        finally:
            path.unlink()

    def answer(self, guid: str, ease: Ease = 3, times: int = 1) -> None:
        """Answer the card through Anki's scheduler, whatever its turn; 1 is Again, 3 is Good."""
        for _ in range(times):
            card = self._card(guid)
            card.start_timer()
            self.col.sched.answerCard(card, ease)

    def edit(self, guid: str, field: str, text: str, *, at: int | None = None) -> None:
        """Change a field in the editor."""
        note = self._note(guid)
        note[field] = text
        self.col.update_note(note)
        self._backdate_note(note, at)

    def tag(self, guid: str, tag: str, *, at: int | None = None) -> None:
        """Add a tag."""
        note = self._note(guid)
        self.col.tags.bulk_add([note.id], tag)
        self._backdate_note(note, at)

    def move(self, guid: str, deck: str) -> None:
        """Move the card to a deck, which is made if there is none of this name."""
        self.col.set_deck([self._card(guid).id], self._deck(deck))

    def delete(self, guid: str) -> None:
        """Delete the note and its card."""
        self.col.remove_notes([self._note(guid).id])

    def restyle(self, note_type: str, css: str, *, at: int | None = None) -> None:
        """Change a note type's styling."""
        found = self._note_type(note_type)
        found["css"] = css
        self.col.models.update_dict(found)
        if at is not None:
            self.col.db.execute("UPDATE notetypes SET mtime_secs = ? WHERE id = ?", at, found["id"])

    def sync(self) -> None:
        """Count all changes as synced: from here on `needs_full_sync` looks at later ones."""
        self._schema_at_last_sync = self._schema()

    # What a learner has

    def guids(self) -> list[str]:
        """Return every note's GUID, oldest first."""
        return self.col.db.list("SELECT guid FROM notes ORDER BY id")

    def card_count(self) -> int:
        """Return the number of cards in the whole collection."""
        return self.col.card_count()

    def reviews(self, guid: str) -> int:
        """Return how often the card was answered."""
        return self.col.db.scalar("SELECT count() FROM revlog WHERE cid = ?", self._card(guid).id)

    def history(self) -> dict[str, History]:
        """Return what the learner has earned on every card, by its note's GUID."""
        return {guid: self._history(guid) for guid in self.guids()}

    def fields(self, guid: str) -> dict[str, str]:
        """Return the note's texts by field name."""
        return dict(self._note(guid).items())

    def tags(self, guid: str) -> list[str]:
        """Return the note's tags, sorted."""
        return sorted(self._note(guid).tags)

    def modified(self, guid: str) -> int:
        """Return the note's change time in seconds since 1970."""
        return self._note(guid).mod

    def deck_of(self, guid: str) -> str:
        """Return the full name of the deck that the card is in."""
        return self.col.decks.name(self._card(guid).did)

    def decks(self) -> list[str]:
        """Return the names of all decks, sorted, without the empty default one."""
        return sorted(deck.name for deck in self.col.decks.all_names_and_ids(skip_empty_default=True))

    def deck_description(self, deck: str) -> str:
        """Return the description of a deck."""
        return self.col.decks.by_name(deck)["desc"]

    def new_cards(self) -> list[str]:
        """Return the GUIDs of the new cards, in the order in which they are due."""
        return self.col.db.list(
            "SELECT guid FROM notes JOIN cards ON cards.nid = notes.id WHERE type = 0 ORDER BY due, cards.id"
        )

    def position(self, guid: str) -> int:
        """Return the place of a new card among the new cards."""
        return self._card(guid).due

    def note_types(self) -> list[str]:
        """Return the names of the note types that came with imports, sorted."""
        return sorted(found.name for found in self.col.models.all_names_and_ids() if found.id not in self._stock)

    def note_type_of(self, guid: str) -> str:
        """Return the name of the note's type."""
        return self._note(guid).note_type()["name"]

    def note_type_dict(self, note_type: str) -> NotetypeDict:
        """Return the note type as Anki has it."""
        return self._note_type(note_type)

    def css(self, note_type: str) -> str:
        """Return the note type's styling."""
        return self._note_type(note_type)["css"]

    def front(self, guid: str) -> str:
        """Return the front of the card as HTML, as the real backend renders it."""
        return self._card(guid).render_output(reload=True).question_text

    def back(self, guid: str) -> str:
        """Return the back of the card as HTML, as the real backend renders it."""
        return self._card(guid).render_output(reload=True).answer_text

    def media(self) -> dict[str, bytes]:
        """Return every file of the media folder by its name."""
        return {path.name: path.read_bytes() for path in Path(self.col.media.dir()).iterdir()}

    def needs_full_sync(self) -> bool:
        """Whether the schema changed since the last sync, so that the next one must go one way."""
        return self._schema() != self._schema_at_last_sync

    def database_problems(self) -> str:
        """Return what Anki's "Check Database" finds wrong, an empty string if nothing is."""
        report, _ = self.col.fix_integrity()
        return problems_in(report, self.col.tr.database_check_rebuilt())

    def refusal_of(self, note_type: NoteTypePlan) -> str:
        """Return why Anki refuses to add the note type, an empty string if it takes it."""
        found = note_type_as_anki_has_it(note_type) | {"id": 0}
        try:
            self.col.models.add_dict(found)
        except CardTypeError as error:
            return str(error)
        return ""

    # How it is found in the collection

    def _note(self, guid: str) -> Note:
        found = self.col.db.scalar("SELECT id FROM notes WHERE guid = ?", guid)
        assert found is not None, f"the learner has no note {guid}"
        return self.col.get_note(found)

    def _card(self, guid: str) -> Card:
        cards = self._note(guid).cards()
        assert len(cards) == 1, f"note {guid} has {len(cards)} cards"
        return cards[0]

    def _history(self, guid: str) -> History:
        card = self._card(guid)
        reviews = self.col.db.all("SELECT id, ease, ivl FROM revlog WHERE cid = ? ORDER BY id", card.id)
        return History(tuple(tuple(row) for row in reviews), card.ivl, card.due, card.reps, card.lapses, card.id)

    def _deck(self, name: str) -> DeckId:
        found = self.col.decks.id(name)
        assert found is not None
        return found

    def _note_type(self, name: str) -> NotetypeDict:
        self.col.models._clear_cache()  # an import changes note types behind its back
        self.col.models._clear_cache()  # an import does not do so
        found = self.col.models.by_name(name)
        assert found is not None, f"the learner has no note type {name}"
        return found

    def _backdate_note(self, note: Note, at: int | None) -> None:
        if at is not None:
            self.col.db.execute("UPDATE notes SET mod = ? WHERE id = ?", at, note.id)

    def _schema(self) -> int:
        return self.col.db.scalar("SELECT scm FROM col")


def restore(collection: Path, backup: Path) -> None:
    """Bring a collection back from a backup, as Anki does for File → Import."""
    backend = Collection(str(collection))._backend
    backend.close_collection(downgrade_to_schema11=False)
    backend.import_collection_package(
        col_path=str(collection),
        backup_path=str(backup),
        media_folder=str(collection.with_suffix(".media")),
        media_db=str(collection.with_suffix(".media.db2")),
    )
