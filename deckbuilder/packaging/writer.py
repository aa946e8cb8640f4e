"""A plan becomes an .apkg: a zip of the collection, the media, the list of the media's names, and deck.lock."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from deckbuilder.files import working_folder
from deckbuilder.packaging.collection import pages_of, write_collection
from deckbuilder.packaging.plan import LOCK_ENTRY, PackagePlan, refuse_nonsense

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
_UNIX = 3


def write_package(plan: PackagePlan, file: IO[bytes]) -> None:
    """Write the .apkg to `file`, which can be sought in, holding no more than a few pages of it in memory.

    Equal plans give equal bytes. Raises OSError when the disk refuses, ValueError for a plan that Anki would misread.
    """
    refuse_nonsense(plan)
    media = sorted({one.name: one for one in plan.media}.values(), key=lambda one: one.name)
    # Nothing is compressed, as in genanki's packages: what zlib makes of the same bytes differs between its versions.
    with working_folder() as folder, ZipFile(file, "w", ZIP_STORED) as package:
        collection = folder / "collection.anki2"
        write_collection(plan, collection)
        _add(package, "collection.anki2", pages_of(collection), collection.stat().st_size)
        names = json.dumps({str(number): one.name for number, one in enumerate(media)}, ensure_ascii=False).encode()
        _add(package, "media", [names], len(names))
        for number, one in enumerate(media):
            _add(package, str(number), [one.content], len(one.content))
        if plan.lock:
            _add(package, LOCK_ENTRY, [plan.lock], len(plan.lock))


def package_bytes(plan: PackagePlan) -> bytes:
    """Return the .apkg as bytes. Raises as `write_package` does."""
    file = io.BytesIO()
    write_package(plan, file)
    return file.getvalue()


def _add(package: ZipFile, name: str, content: Iterable[bytes | bytearray], size: int) -> None:
    entry = ZipInfo(name, date_time=_EARLIEST)
    entry.create_system = _UNIX
    entry.external_attr = 0o644 << 16
    entry.file_size = size  # lets zipfile see beforehand whether 32 bits are enough
    with package.open(entry, "w") as target:
        for part in content:
            target.write(part)
