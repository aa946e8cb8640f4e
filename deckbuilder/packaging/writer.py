"""A plan becomes an .apkg: a zip of the collection, the media and the list of the media's names."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from deckbuilder.packaging.collection import write_collection
from deckbuilder.packaging.plan import MediaFile, PackagePlan

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
_UNIX = 3
_COPIED_AT_ONCE = 1 << 20  # bytes


def write_package(plan: PackagePlan, file: IO[bytes]) -> None:
    """Write the .apkg to `file`, which can be sought in, holding no more than a few pages of it in memory.

    Equal plans give equal bytes. Raises OSError when the disk refuses, ValueError for a plan that Anki would misread.
    """
    _refuse_nonsense(plan)
    media = sorted({one.name: one for one in plan.media}.values(), key=lambda one: one.name)
    # Nothing is compressed, as in genanki's packages: what zlib makes of the same bytes differs between its versions.
    with tempfile.TemporaryDirectory(prefix="deckbuilder-") as folder, ZipFile(file, "w", ZIP_STORED) as package:
        collection = Path(folder) / "collection.anki2"
        write_collection(plan, collection)
        with collection.open("rb") as content:
            _add(package, "collection.anki2", content, collection.stat().st_size)
        names = json.dumps({str(number): one.name for number, one in enumerate(media)}, ensure_ascii=False).encode()
        _add(package, "media", io.BytesIO(names), len(names))
        for number, one in enumerate(media):
            _add(package, str(number), io.BytesIO(one.content), len(one.content))


def package_bytes(plan: PackagePlan) -> bytes:
    """Return the .apkg as bytes. Raises as `write_package` does."""
    file = io.BytesIO()
    write_package(plan, file)
    return file.getvalue()


def _add(package: ZipFile, name: str, content: IO[bytes], size: int) -> None:
    entry = ZipInfo(name, date_time=_EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = 0o644 << 16
    entry.file_size = size  # lets zipfile see beforehand whether 32 bits are enough
    with package.open(entry, "w") as target:
        shutil.copyfileobj(content, target, _COPIED_AT_ONCE)


def _refuse_nonsense(plan: PackagePlan) -> None:
    """Raise ValueError for a plan that only a bug can have made and that would harm a learner's collection."""
    widths = {note_type.id: len(note_type.fields) for note_type in plan.note_types}
    decks = {deck.id for deck in plan.decks}
    for guid, count in Counter(note.guid for note in plan.notes).items():
        if count > 1:
            raise ValueError(f"{count} notes share the GUID {guid}")
    for note in plan.notes:
        if len(note.fields) != (width := widths.get(note.note_type)):
            raise ValueError(f"note {note.guid} has {len(note.fields)} fields, its note type {width}")
        if note.deck not in decks:
            raise ValueError(f"note {note.guid} is in deck {note.deck}, which the plan does not have")
        if any(len(tag.split()) != 1 for tag in note.tags):
            raise ValueError(f"note {note.guid} has a tag that is empty or has a blank: {note.tags}")
    _refuse_rivals(plan.media)


def _refuse_rivals(media: tuple[MediaFile, ...]) -> None:
    """Raise ValueError when one name stands for two pictures: Anki would show one of them on both cards."""
    contents: dict[str, bytes] = {}
    for one in media:
        if contents.setdefault(one.name, one.content) != one.content:
            raise ValueError(f"two different files are called {one.name}")
