"""Releases brought to a learner by the real Anki, and everything that the learner had counted before and after.

This one file needs nothing but `anki`, of any version from 2.1.66 on, and the standard library, so that it can be run
in an environment of any of them:

    python proof.py REPORT.json [--late] FIRST.apkg [NEXT.apkg …]
"""

from __future__ import annotations

import argparse
import contextlib
import html
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import anki.collection  # before its siblings, which import each other in a circle
import anki.import_export_pb2 as messages
from anki.buildinfo import version as anki_version

UNCOUNTED = frozenset({"Source", "Version", "Spare 8"})
"""Fields that may differ between releases without their note counting as changed, as deckbuilder has them."""

OWN_DECK, OWN_TAG, OWN_WORDS = "My own deck", "my-own-tag", " (my own words)"
_TAG = re.compile(r"<[^<>]*>")
_SHOWN = 60  # characters of a note's first field that stand for the note


class Refused(Exception):
    """Anki cannot import the package; the words are Anki's."""

    def __init__(self, package: Path, error: Exception) -> None:
        super().__init__(str(error))
        self.package = package


@dataclass(frozen=True)
class Imported:
    """How many notes an import counted as what; `other` gathers what should never happen."""

    new: int
    updated: int
    duplicate: int
    conflicting: int
    other: int


@dataclass
class Report:
    """What came of the imports. Notes are named by their first field; an empty list is good news everywhere.

    `edited` and `edits_kept` count notes that the learner wrote on and that the next release did not change;
    `replaced` those that it did change, where an import must take the author's text. `rebuilt` are notes that only
    deckbuilder changed and did not stamp: whoever has them is to keep them as they are.
    """

    anki: str = anki_version
    imports: list[Imported] = field(default_factory=list)
    histories: int = 0
    histories_lost: list[str] = field(default_factory=list)
    updated: int = 0
    updates_missed: list[str] = field(default_factory=list)
    conflicting: list[str] = field(default_factory=list)
    clutter: list[str] = field(default_factory=list)
    edited: int = 0
    edits_lost: list[str] = field(default_factory=list)
    rebuilt: list[str] = field(default_factory=list)
    replaced: int = 0
    cards_moved: list[str] = field(default_factory=list)
    full_sync: bool = False
    problems: str = ""
    media_missing: list[str] = field(default_factory=list)

    @property
    def lost_something(self) -> bool:
        """Whether the learner is worse off than before in any way."""
        return bool(
            self.histories_lost
            or self.updates_missed
            or self.conflicting
            or self.clutter
            or self.edits_lost
            or self.cards_moved
            or self.full_sync
            or self.problems
            or self.media_missing
        )


@dataclass(frozen=True)
class NoteText:
    """What a note says: its name for reports, its texts by field, its tags, its change time in seconds since 1970."""

    name: str
    texts: Mapping[str, str]
    tags: frozenset[str]
    modified: int

    def says_what(self, other: NoteText) -> bool:
        """Whether both say the same, fields aside that do not count."""
        mine, others = ({k: v for k, v in one.texts.items() if k not in UNCOUNTED} for one in (self, other))
        return mine == others and self.tags == other.tags

    def only_rebuilt_from(self, old: NoteText) -> bool:
        """Whether deckbuilder alone made the note otherwise: it has the same time, and its author wrote the same."""
        if self.modified != old.modified:
            return False
        mine, others = (one.texts.get("Spare 8", "").split(" ")[3:] for one in (self, old))
        return mine == others if mine and others else self.words() == old.words()

    def words(self) -> list[str]:
        """Return the words of all that the note says."""
        texts = (text for name, text in sorted(self.texts.items()) if name not in UNCOUNTED)
        return [
            word for text in texts for word in re.findall(r"[^\W_]+", html.unescape(_TAG.sub(" ", text)).casefold())
        ]

    def signs(self) -> set[str | tuple[str, ...]]:
        """Return what tells its question: the first field by itself, and all others that count together."""
        first, *others = (text for name, text in self.texts.items() if name not in UNCOUNTED)
        return {first, tuple(others)}


def problems_in(text: str, done: str) -> str:
    """Return what "Check Database" found, an empty string if nothing; `done` is the line by which it says it is done.

    Cards that were answered across the turn of a second may be given the time of their last review anew. Anki counts
    that as a problem, but it is no one's fault, and nothing is lost by it.
    """
    *found, last = text.strip().splitlines() or [""]
    faults = [line for line in found if not line.startswith("Added last review time")]
    return "" if last == done and not faults else text


class Learner:
    """A collection of the real backend in a folder of its own, whose owner does what learners do."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.col: Any = anki.collection.Collection(str(folder / "collection.anki2"))
        if not self.col.v3_scheduler():  # what every Anki of today has, and older ones had as a choice
            self.col.set_v3_scheduler(True)
        self.stock = self.note_types()
        self.synced()

    def note_types(self) -> set[str]:
        """Return the names of all note types."""
        return {found.name for found in self.col.models.all_names_and_ids()}

    def imports(self, package: Path, at: int | None = None) -> tuple[Imported, list[str]]:
        """Import at Anki's defaults; return the counts, and which notes were conflicting.

        The learner's clock then stands at `at`: Anki before 25.9 gives every note that it updates its own time.
        """
        started = int(time.time())
        log = _import(self.col, package).log
        if at is not None:
            self.col.db.execute("UPDATE notes SET mod = ? WHERE mod >= ?", at, min(started, at + 1))
        other = (log.first_field_match, log.missing_notetype, log.missing_deck, log.empty_first_field)
        counted = (len(log.new), len(log.updated), len(log.duplicate), len(log.conflicting), sum(map(len, other)))
        return Imported(*counted), [_shown(note.fields[0]) for note in log.conflicting]

    def notes(self) -> dict[str, NoteText]:
        """Return every note by its GUID."""
        found = {}
        for number in self.col.db.list("SELECT id FROM notes ORDER BY id"):
            note = self.col.get_note(number)
            found[note.guid] = NoteText(_shown(note.fields[0]), dict(note.items()), frozenset(note.tags), note.mod)
        return found

    def history(self) -> dict[tuple[str, int], tuple[Any, ...]]:
        """Return all that was earned on each card, by its note's GUID and its number: reviews, schedule, flags."""
        reviews: dict[int, list[Any]] = {}
        for card, *review in self.col.db.all("SELECT cid, id, ease, ivl, factor, type FROM revlog ORDER BY id"):
            reviews.setdefault(card, []).append(tuple(review))
        rows = self.col.db.all(
            "SELECT guid, ord, cards.id, type, queue, ivl, factor, reps, lapses, cards.flags, "
            "CASE WHEN type = 0 THEN 0 ELSE due END FROM cards JOIN notes ON notes.id = cards.nid"
        )
        return {(guid, number): (tuple(reviews.get(card, ())), *row) for guid, number, card, *row in rows}

    def decks(self) -> dict[tuple[str, int], str]:
        """Return the deck of each card, by its note's GUID and its number."""
        rows = self.col.db.all("SELECT guid, ord, did FROM cards JOIN notes ON notes.id = cards.nid")
        return {(guid, number): self.col.decks.name(deck) for guid, number, deck in rows}

    def studies(self) -> None:
        """Answer every card, each in its own way, suspend some, flag some, move some to a deck of their own."""
        cards = self.col.db.list("SELECT id FROM cards ORDER BY id")
        for place, number in enumerate(cards):
            for turn in range(1 + place % 3):
                card = self.col.get_card(number)
                card.start_timer()
                self.col.sched.answerCard(card, 1 if (place + turn) % 4 == 3 else 3)
        self.col.sched.suspend_cards(cards[::7])
        self.col.set_user_flag_for_cards(2, cards[1::7])
        self.col.set_deck(cards[2::5], self.col.decks.id(OWN_DECK))

    def edits(self, at: int) -> set[str]:
        """Write on every third note and tag every fourth, at the time `at`; return the GUIDs of both."""
        touched = set()
        for place, number in enumerate(self.col.db.list("SELECT id FROM notes ORDER BY id")):
            note = self.col.get_note(number)
            if place % 3 == 0:
                last = max(n for n, text in enumerate(note.fields) if text and _written(note.keys()[n]))
                note.fields[last] += OWN_WORDS
            if place % 4 == 0:
                note.add_tag(OWN_TAG)
            if place % 3 == 0 or place % 4 == 0:
                self.col.update_note(note)
                self.col.db.execute("UPDATE notes SET mod = ? WHERE id = ?", at, number)
                touched.add(note.guid)
        return touched

    def problems(self) -> str:
        """Return what "Check Database" finds, an empty string if nothing."""
        text, _ = self.col.fix_integrity()
        return problems_in(str(text), self.col.tr.database_check_rebuilt())

    def missing_media(self) -> list[str]:
        """Return the names of files that cards show and the media folder does not have."""
        return list(self.col.media.check().missing)

    def needs_full_sync(self) -> bool:
        """Whether the schema changed since the collection was new or `synced` was called."""
        return bool(self.col.db.scalar("SELECT scm FROM col") != self.schema)

    def synced(self) -> None:
        """Count what happened so far as synced."""
        self.schema = self.col.db.scalar("SELECT scm FROM col")


def prove(releases: Sequence[Path], *, late: bool = False) -> Report:
    """Bring the releases to one learner, one after the other, who studies and writes in between.

    The learner imports each release when it is out or, if `late`, the second before the next one is. Raises Refused
    for a package that Anki cannot import.
    """
    report = Report()
    with tempfile.TemporaryDirectory(prefix="proof-", ignore_cleanup_errors=True) as folder:
        fresh = [_fresh(package, Path(folder) / f"fresh-{number}") for number, package in enumerate(releases)]
        stamps = [max((note.modified for note in notes.values()), default=0) for notes, _ in fresh]
        with _open(Path(folder) / "learner") as learner:
            for number, package in enumerate(releases):
                following = stamps[number + 1] if number + 1 < len(stamps) else None
                # Nobody imports a release before it is out, not even one that is as old as the next.
                at = max(stamps[number], following - 1) if late and following is not None else stamps[number]
                if number == 0:
                    report.imports.append(learner.imports(package, at)[0])
                    learner.synced()
                else:
                    _update(learner, package, fresh[number - 1][0], fresh[number][0], at, report)
                if following is not None:
                    learner.studies()
                    learner.edits(at)
            report.histories = sum(bool(history[0]) for history in learner.history().values())
            known = learner.stock | set().union(*(note_types for _, note_types in fresh))
            report.clutter = sorted(learner.note_types() - known)
            report.full_sync = learner.needs_full_sync()
            report.media_missing = learner.missing_media()
            report.problems = learner.problems()
    return report


def _update(
    learner: Learner,
    package: Path,
    old: Mapping[str, NoteText],
    new: Mapping[str, NoteText],
    at: int,
    report: Report,
) -> None:
    """Import one more release, and put into the report what became of everything that was there."""
    before, history, decks = learner.notes(), learner.history(), learner.decks()
    imported, conflicting = learner.imports(package, at)
    after, history_after, decks_after = learner.notes(), learner.history(), learner.decks()
    report.imports.append(imported)
    report.conflicting += conflicting

    def name(guid: str) -> str:
        return (before.get(guid) or after[guid]).name

    lost = {guid for (guid, number), earned in history.items() if history_after.get((guid, number)) != earned}
    lost |= _left_behind(old, new)
    report.histories_lost += [name(guid) for guid in sorted(lost)]
    moved = sorted({guid for (guid, number), deck in decks.items() if decks_after.get((guid, number), deck) != deck})
    report.cards_moved += [name(guid) for guid in moved]
    for guid, note in new.items():
        mine = after.get(guid)
        if mine is None:
            report.updates_missed.append(note.name)
        elif guid not in old or guid not in before:
            if not mine.says_what(note):
                report.updates_missed.append(note.name)
        elif note.says_what(old[guid]) or note.only_rebuilt_from(old[guid]):
            if not note.says_what(old[guid]):
                report.rebuilt.append(note.name)
            if not before[guid].says_what(old[guid]):
                report.edited += 1
            if not mine.says_what(before[guid]):
                report.edits_lost.append(note.name)
        elif not mine.says_what(note):
            report.updates_missed.append(note.name)
        else:
            report.updated += 1
            report.replaced += not before[guid].says_what(old[guid])


def _left_behind(old: Mapping[str, NoteText], new: Mapping[str, NoteText]) -> set[str]:
    """Return the GUIDs of old notes whose question a new note asks under another GUID.

    Their histories are all there, and worthless: the learner meets the question again as a card never seen.
    """
    come = {sign for guid, note in new.items() if guid not in old for sign in note.signs()}
    return {guid for guid, note in old.items() if guid not in new and not come.isdisjoint(note.signs())}


def _fresh(package: Path, folder: Path) -> tuple[dict[str, NoteText], set[str]]:
    """Return the notes and the note types that whoever starts with this release gets."""
    with _open(folder) as somebody:
        somebody.imports(package)
        return somebody.notes(), somebody.note_types()


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[Learner]:
    learner = Learner(folder)
    try:
        yield learner
    finally:
        learner.col.close()


def _import(col: Any, package: Path) -> Any:  # noqa: ANN401  # another class in each version
    try:
        return _imported(col, package)
    except Exception as error:  # Anki has no class of its own for all that it raises
        if not type(error).__module__.startswith("anki."):
            raise
        raise Refused(package, error) from error


def _imported(col: Any, package: Path) -> Any:  # noqa: ANN401
    if not hasattr(messages, "ImportAnkiPackageOptions"):  # 2.1.66 has no options, and does the same
        return col.import_anki_package(str(package))
    newer = messages.IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_IF_NEWER
    options = messages.ImportAnkiPackageOptions(update_notes=newer, update_notetypes=newer)
    return col.import_anki_package(messages.ImportAnkiPackageRequest(package_path=str(package), options=options))


def _written(name: str) -> bool:
    return name not in UNCOUNTED


def _shown(text: str) -> str:
    return " ".join(text.split())[:_SHOWN]


def main(arguments: Sequence[str]) -> int:
    """Prove the releases that the arguments name, write the report, and return 1 if the learner lost something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("releases", type=Path, nargs="+")
    parser.add_argument("--late", action="store_true")
    wanted = parser.parse_args(arguments)
    report = prove(wanted.releases, late=wanted.late)
    wanted.report.write_text(json.dumps(asdict(report), indent=2), encoding="utf-8")
    return 1 if report.lost_something else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
