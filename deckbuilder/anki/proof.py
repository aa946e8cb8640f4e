"""Releases brought to a learner by the real Anki, and everything that the learner had counted before and after.

This one file needs nothing but `anki`, of any version from 2.1.66 on, and the standard library, so that it can be run
in an environment of any of them:

    python proof.py REPORT.json [--late] FIRST.apkg [NEXT.apkg …]

`--megabytes`, `--entries` and `--notes` bound what it takes in.
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
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import blake2b
from html import unescape
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import anki.collection  # before its siblings, which import each other in a circle
import anki.import_export_pb2 as messages
from anki.buildinfo import version as anki_version
from anki.errors import DBError

UNCOUNTED = frozenset({"Source", "Version", "Spare 7", "Spare 8"})
"""Fields that may differ between releases without their note counting as changed, as deckbuilder has them."""

KEY, QUESTION, TOPIC, DECISIONS = "Key", "Question", "Topic", "Spare 7"
_ASKED = frozenset({QUESTION, "Context"})
_NOT_ANSWER = _ASKED | UNCOUNTED | {KEY, TOPIC, "Hints", "Kind"}

FILLER = frozenset(
    (
        "a an and are as at be between by can could did do does exactly for from has have how if in into is "
        "it its of on or that the their them then there these they this those to versus vs was we were what "
        "when where which who why will with would you your "
    ).split()
)
"""Words that every question has, as deckbuilder has them: they do not make two texts alike."""

ALIKE = 0.5
"""A text is recognisable in another if more than this share of their words is common to both (Dice's coefficient)."""

CONTAINED = 0.75
"""It also is if more than this share of the shorter one's words is in the longer one."""

OWN_DECK, OWN_TAG, OWN_WORDS = "My own deck", "my-own-tag", " (my own words)"
_TAG = re.compile(r"<[^<>]*>")
_SHOWN = 60  # characters of a note's first field that stand for the note


class Refused(Exception):
    """Anki cannot import the package; the words are Anki's."""

    def __init__(self, package: Path, error: Exception) -> None:
        super().__init__(str(error))
        self.package = package


class TooLarge(Exception):
    """A package holds more than may be taken in: how much of what, and the name of the limit."""

    def __init__(self, package: Path, what: str, limit: str) -> None:
        super().__init__(what)
        self.package = package
        self.limit = limit


@dataclass(frozen=True)
class Bounds:
    """How much of a package is taken in: megabytes before and after unpacking, entries of the zip, notes."""

    megabytes: int = 2_000
    entries: int = 60_000
    notes: int = 250_000


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
    histories_shifted: list[str] = field(default_factory=list)
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
            not self.histories
            or self.histories_lost
            or self.histories_shifted
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
        """Return what tells its question: the first field by itself; all others that count; its content."""
        first, *others = (text for name, text in self.texts.items() if name not in UNCOUNTED)
        return {first, tuple(others), self.content}

    @cached_property
    def asks(self) -> str:
        """What its front shows, as text: of a note type with other fields, its first one."""
        names = _ASKED & self.texts.keys() or set(list(self.texts)[:1])
        return visible(" ".join(text for name, text in self.texts.items() if name in names))

    @cached_property
    def answers(self) -> str:
        """What its back shows besides, as text."""
        first = () if QUESTION in self.texts else tuple(self.texts)[:1]
        return visible(" ".join(text for name, text in self.texts.items() if name not in _NOT_ANSWER.union(first)))

    @property
    def content(self) -> tuple[str, str]:
        """What it asks and answers."""
        return self.asks, self.answers

    def wording(self) -> str:
        """Return the digest by which a decision names this very wording: the first half of a lock's fingerprint."""
        counted = {name: text for name, text in sorted(self.texts.items()) if text and name not in UNCOUNTED}
        counted.pop(TOPIC, None)
        return blake2b(json.dumps(counted).encode(), digest_size=8).hexdigest()

    def is_by_decision(self, old: NoteText) -> bool:
        """Whether the author said that this is the note `old`: by the same explicit id, or about its very wording."""
        said = self.texts.get(DECISIONS, "").split()
        return old.wording() in said or (BY_ID in said and self.texts.get(KEY) == old.texts.get(KEY))


def visible(html: str) -> str:
    """Return what a field shows, as one line: its words, its signs, the names of its pictures."""
    text = unescape(_TAG.sub(" ", _PICTURE.sub(r" \1 ", html)))
    return " ".join(unicodedata.normalize("NFC", text).split())


_PICTURE = re.compile(r"""<img\b[^<>]*?\bsrc=["']?([^"'<>\s]+)[^<>]*>""", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
BY_ID = "id"
"""What the field for decisions says of a note that the author gave an id."""


def words_of(text: str) -> Counter[str]:
    """Return how often each word that carries meaning is in a text, forms and most slips of one word together.

    A word is known by how it begins, a number by all its digits, and each sign of a script without blanks by itself.
    """
    plain = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in text.casefold())
    found: Counter[str] = Counter()
    for word in plain.split():
        if any(sign >= _NO_BLANKS for sign in word):
            found.update(word)
        elif word not in FILLER:
            found[word if any(map(str.isdigit, word)) else word[:_BEGINNING]] += 1
    return found


_NO_BLANKS = "\u2e80"
"""From here on the scripts of East Asia, most of which have no blanks between words."""

_BEGINNING = 4


def is_recognisable(old: str, new: str) -> bool:
    """Whether a text is plainly a revision of another: this is the one definition of "changed beyond recognition".

    It is cautious. A text that was shortened or added to stays recognisable, and so does one in which every other word
    was replaced.
    """
    if old == new:
        return True
    one, other = words_of(old), words_of(new)
    shared, (fewer, more) = (one & other).total(), sorted((one.total(), other.total()))
    if 2 * shared > ALIKE * (fewer + more):
        return True
    return shared > CONTAINED * fewer


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


def prove(releases: Sequence[Path], *, late: bool = False, bounds: Bounds | None = None) -> Report:
    """Bring the releases to one learner, one after the other, who studies and writes in between.

    The learner imports each release when it is out or, if `late`, the second before the next one is. Raises Refused
    for a package that Anki cannot import, and TooLarge.
    """
    bounds = bounds or Bounds()
    for package in releases:
        refuse_too_large(package, bounds)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="proof-", ignore_cleanup_errors=True) as folder:
        fresh = [_fresh(package, Path(folder) / f"fresh-{number}", bounds) for number, package in enumerate(releases)]
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
    report.histories_shifted += [name(guid) for guid in sorted(shifted(old, new) - lost)]
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


def shifted(old: Mapping[str, NoteText], new: Mapping[str, NoteText]) -> set[str]:
    """Return the GUIDs of notes that became other notes, without the author having said that they are the same ones.

    Neither what it asks nor what it answers is recognisable; or it says something else, and what it said is now on
    another note. A text that several notes have in common proves nothing by itself.
    """
    homes: dict[tuple[str, str], set[str]] = {}
    for guid, note in new.items():
        homes.setdefault(note.content, set()).add(guid)
    common = [
        {text for text, count in Counter(side(note) for note in notes.values()).items() if count > 1}
        for side in (_asks, _answers)
        for notes in (old, new)
    ]
    asked, answered = common[0] | common[1], common[2] | common[3]
    found = set()
    for guid in old.keys() & new.keys():
        before, after = old[guid], new[guid]
        if before.content == after.content or after.is_by_decision(before):
            continue
        moved_on = any(guid not in old or old[guid].content != before.content for guid in homes.get(before.content, ()))
        if moved_on or not (_asks_the_same(before, after, asked) or _answers_the_same(before, after, answered)):
            found.add(guid)
    return found


def _asks(note: NoteText) -> str:
    return note.asks


def _answers(note: NoteText) -> str:
    return note.answers


def _asks_the_same(before: NoteText, after: NoteText, common: set[str]) -> bool:
    if common.isdisjoint((before.asks, after.asks)) or before.texts.get(TOPIC) == after.texts.get(TOPIC):
        return is_recognisable(before.asks, after.asks)
    return False


def _answers_the_same(before: NoteText, after: NoteText, common: set[str]) -> bool:
    return common.isdisjoint((before.answers, after.answers)) and is_recognisable(before.answers, after.answers)


def refuse_too_large(package: Path, bounds: Bounds) -> None:
    """Raise TooLarge, before anything is unpacked, for a package that would fill the disk or the memory."""
    size = package.stat().st_size
    if size > bounds.megabytes * _MEGABYTE:
        raise TooLarge(package, f"it has {size // _MEGABYTE:,} MB", "package-mb")
    with package.open("rb") as file:
        entries, listed = listed_in(file, size)
    if entries > bounds.entries or listed > bounds.entries * _ENTRY:
        raise TooLarge(package, f"it lists {entries:,} files in {listed:,} bytes", "package-entries")
    try:
        with ZipFile(package) as opened:
            unpacked = sum(entry.file_size for entry in opened.infolist())
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused(package, error) from error
    if unpacked > bounds.megabytes * _MEGABYTE:
        raise TooLarge(package, f"its files have {unpacked // _MEGABYTE:,} MB", "package-mb")


def listed_in(file: BinaryIO, size: int) -> tuple[int, int]:
    """Return how many entries the list of a zip file of this size says that it has, and in how many bytes.

    As deckbuilder has it. The list is read whole by whoever opens the file.

    Looks at the record that Python's zipfile takes, and at those of the 64-bit form, which it believes more than that.
    """
    start = max(0, size - _END)
    file.seek(start)
    tail = file.read()
    last = tail[-22:]
    at = len(tail) - 22 if last[:4] == b"PK\x05\x06" and last[-2:] == b"\0\0" else tail.rfind(b"PK\x05\x06")
    if at < 0:
        return 0, 0
    said = [(int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(tail[at + 12 : at + 16], "little"))]
    locator = tail[max(0, at - 20) : at]
    if locator[:4] == b"PK\x06\x07":
        for place in (start + at - 20 - 56, int.from_bytes(locator[8:16], "little")):
            if 0 <= place <= size - 56:
                file.seek(place)
                record = file.read(56)
                said.append((int.from_bytes(record[32:40], "little"), int.from_bytes(record[40:48], "little")))
    return max(entries for entries, _ in said), max(listed for _, listed in said)


_MEGABYTE = 1_000_000
_END = 22 + 0xFFFF  # bytes at the end of a zip file among which its last record is, with its comment
_ENTRY = 46 + 1024  # bytes of an entry in the list, with a long name


def _fresh(package: Path, folder: Path, bounds: Bounds) -> tuple[dict[str, NoteText], set[str]]:
    """Return the notes and the note types that whoever starts with this release gets."""
    with _open(folder) as somebody:
        somebody.imports(package)
        count = somebody.col.note_count()
        if count > bounds.notes:
            raise TooLarge(package, f"it has {count:,} notes", "package-notes")
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
    """Prove the releases that the arguments name, and write the report or why there is none.

    Return 0 if the learner lost nothing, 1 if something, 2 if there is no report.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("releases", type=Path, nargs="+")
    parser.add_argument("--late", action="store_true")
    for name, default in asdict(Bounds()).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    wanted = parser.parse_args(arguments)
    bounds = Bounds(wanted.megabytes, wanted.entries, wanted.notes)
    _bound_files(bounds)
    outcome: dict[str, Any]
    try:
        outcome = asdict(prove(wanted.releases, late=wanted.late, bounds=bounds))
    except Refused as refused:
        outcome = {"refused": str(refused.package), "problem": str(refused)}
    except TooLarge as large:
        outcome = {"refused": str(large.package), "problem": str(large), "limit": large.limit}
    except (DBError, OSError) as error:  # the learners live in folders of ours: only the disk can be at fault
        outcome = {"problem": str(error)}
    wanted.report.write_text(json.dumps(outcome, indent=2), encoding="utf-8")
    if "problem" in outcome:
        return 2
    return 1 if Report(**outcome).lost_something else 0


def _bound_files(bounds: Bounds) -> None:
    """Let no file grow far beyond what a package may hold: a compressed collection does not say how large it is."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a lower bound that holds already
        import resource

        most = _GROWTH * bounds.megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


_GROWTH = 4


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
