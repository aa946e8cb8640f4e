"""What a program makes of a deck, recorded, to hold every later program to it.

    python -m tests.baseline.record

builds the decks that are recorded, with the program as it is, and writes `recorded.json.xz` anew. That gives up what
was promised to those who have a deck: do it on purpose only (see CONTRIBUTING.md).
"""

from __future__ import annotations

import base64
import json
import lzma
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from deckbuilder.identity.lock import Release, write_lock
from deckbuilder.kinds import fields
from deckbuilder.pipeline import Options, Prepared, prepare
from deckbuilder.project import DECK_LOCK
from deckbuilder.publishing.changes import released
from tests.baseline.generated import COUNT, DAY, Stage, story

ROOT = Path(__file__).resolve().parents[2]
RECORDED = Path(__file__).with_name("recorded.json.xz")
CASES = Path(__file__).with_name("cases")
AT = 1_700_000_000
GENERATED = "generated-"


class NoteRecord(NamedTuple):
    """A note as a package brought it; `prints` are short hashes of its tags and of each field, as in `Spare 8`."""

    guid: str
    key: str
    kind: str
    type: str
    deck: str
    tags: list[str]
    modified: int
    prints: str


class DeckRecord(NamedTuple):
    """A deck: its sources by path, the lock that the last build wrote, and the notes that it packed, in order."""

    files: Mapping[str, bytes]
    lock: str
    notes: list[NoteRecord]


def notes_of(prepared: Prepared) -> list[NoteRecord]:
    """Return the notes of a prepared deck as its package brings them."""
    plan = prepared.plan()
    decks = {deck.id: deck.name for deck in plan.decks}
    names = [fields.FIELDS.index(name) for name in (fields.KEY, fields.KIND, fields.DELIVERED)]
    return [
        NoteRecord(
            note.guid,
            *(note.fields[place] for place in names[:2]),
            stamped.locked.kind,
            decks[note.deck],
            list(note.tags),
            note.modified,
            note.fields[names[2]],
        )
        for note, stamped in zip(plan.notes, prepared.notes, strict=True)
    ]


def lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the sources of a deck into a folder, and nothing else of an earlier stage."""
    for path in [path for path in folder.rglob("*.md") if path.relative_to(folder).as_posix() not in files]:
        path.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def source_of(folder: Path) -> Path:
    """Return what a deck in a folder is built by: the folder, or its one file where it has no deck.yml."""
    return folder if (folder / "deck.yml").exists() else folder / "notes.md"


def lock_of(folder: Path) -> Path:
    """Return where its lock lies."""
    return folder / ("deck.lock" if (folder / "deck.yml").exists() else "notes.deck.lock")


def built(folder: Path, at: int) -> Prepared:
    """Return the deck in a folder as a build would make it, which must find no error."""
    prepared, result = prepare(source_of(folder), Options(now=at, retire=True))
    errors = [str(found) for found in result.diagnostics if found.is_error]
    if prepared is None or errors:
        raise AssertionError("\n".join([folder.name, *errors]))
    return prepared


def record(stages: Iterable[Stage]) -> DeckRecord:
    """Build a deck stage by stage, and return what came of the last."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stage in stages:
            lay_out(folder, stage.files)
            lock = built(folder, stage.at).lock
            if stage.version:
                lock = released(lock, Release(stage.version, stage.at + 60))
            lock_of(folder).write_text(write_lock(lock), "utf-8")
            last = stage
        prepared = built(folder, last.at + DAY)
        files = {path: content for path, content in last.files.items() if path != DECK_LOCK}
        return DeckRecord(files, write_lock(lock), notes_of(prepared))


def real_decks() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the decks that are recorded with their sources: the shipped one, the review, the small cases."""
    content = ROOT / "content"
    wanted = [*content.rglob("*.md"), content / "deck.yml", content / DECK_LOCK, *(content / "media").rglob("*.*")]
    files = {path.relative_to(content).as_posix(): path.read_bytes() for path in sorted(wanted)}
    yield "content", files | {DECK_LOCK: _long_ago(files[DECK_LOCK])}
    yield "review", {"notes.md": (ROOT / "tests" / "fixtures" / "review" / "review.md").read_bytes()}
    for path in sorted(CASES.glob("*.md")):
        yield path.stem, {"notes.md": path.read_bytes()}
    texts = {f"{name}.md": f"## Exercises\n\n1) What is asked in {name}?\n\n    A thing.\n" for name in ("one", "two")}
    yield "two-files", {"deck.yml": b"name: Two\n", **{name: text.encode() for name, text in texts.items()}}


def _long_ago(lock: bytes) -> bytes:
    """Return a lock with its times three years earlier, so that no clock on which the tests run is behind them."""
    return re.sub(rb'(?<=(?:mod|orn)": )\d+', lambda found: b"%d" % (int(found[0]) - 1100 * DAY), lock)


def digest_of(files: Mapping[str, bytes]) -> str:
    """Return what a deck's sources are known by."""
    return blake2b(json.dumps(_as_text(files), sort_keys=True).encode(), digest_size=8).hexdigest()


def _as_text(files: Mapping[str, bytes]) -> dict[str, str]:
    return {
        name: base64.b85encode(content).decode() if _is_binary(name) else content.decode()
        for name, content in files.items()
    }


def _is_binary(name: str) -> bool:
    return not name.endswith((".md", ".yml"))


def write(decks: Mapping[str, DeckRecord]) -> None:
    """Write the records; of generated decks the sources are left out, and what they are known by is kept."""
    found: dict[str, Any] = {}
    for name, deck in decks.items():
        sources = digest_of(deck.files) if name.startswith(GENERATED) else _as_text(deck.files)
        found[name] = [sources, deck.lock, deck.notes]
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    RECORDED.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def rows() -> dict[str, Any]:
    """Return what is recorded of every deck, by its name, to be given to `deck_of`."""
    found: dict[str, Any] = json.loads(lzma.decompress(RECORDED.read_bytes()))
    return found


def deck_of(name: str, row: tuple[Any, str, list[Any]]) -> DeckRecord:
    """Return a recorded deck. Raises ValueError where the generator gives other sources than it did then."""
    sources, lock, notes = row
    return DeckRecord(_files(name, sources), lock, [NoteRecord(*note) for note in notes])


def _files(name: str, sources: Any) -> Mapping[str, bytes]:
    if not isinstance(sources, str):
        return {path: base64.b85decode(text) if _is_binary(path) else text.encode() for path, text in sources.items()}
    files = story(int(name.removeprefix(GENERATED)))[-1].files
    if digest_of(files) != sources:
        raise ValueError(f"{name} has other sources than when it was recorded: generated.py must not change")
    return files


def main() -> None:
    """Record everything."""
    decks = {name: record([Stage(files, AT)]) for name, files in real_decks()}
    for number in range(COUNT):
        name = f"{GENERATED}{number}"
        try:
            decks[name] = record(story(number))
        except AssertionError as error:
            sys.exit(f"{name}: {error}")
    write(decks)
    notes = sum(len(deck.notes) for deck in decks.values())
    print(f"{len(decks)} decks, {notes} notes, {RECORDED.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
