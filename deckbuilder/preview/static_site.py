"""The preview as a folder of files that opens from a disk and can be published as it stands.

Browsers let a frame of no origin load nothing from a disk, so all that a card needs comes with the page's own scripts.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from deckbuilder.files import NewFiles
from deckbuilder.pipeline import looking, prepare
from deckbuilder.preview.deck import PreviewDeck, preview_deck
from deckbuilder.preview.page_files import DECK_PLACE, PAGE, embedded, embedded_frame, read
from deckbuilder.preview.refusals import PreviewRefused

MARK: Final = ".deckbuilder-preview"
"""The file that tells a site of ours, which may be replaced, from a folder that may not."""


def write_site(source: Path, folder: Path) -> PreviewDeck:
    """Write the deck at `source` as a site into `folder`, in place of an earlier one, and return what it shows.

    A deck with errors is written as far as it can be shown. Raises PreviewRefused where the folder is not ours to
    replace or cannot be written, and writes nothing where the deck has no card to show.
    """
    refuse_foreign(folder)
    deck = preview_deck(*prepare(source, looking()), PreviewDeck())
    if not deck.cards:
        return deck
    try:
        _write(deck, folder)
    except OSError as error:
        raise PreviewRefused(f"{folder.as_posix()} cannot be written: {error.strerror or error}") from None
    return deck


def refuse_foreign(folder: Path) -> None:
    """Raise PreviewRefused unless `folder` is free: not there yet, empty, or an earlier preview."""
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise PreviewRefused(f"{folder.as_posix()} is no folder; name one for the site")
        holds_other = folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file()
    except OSError as error:
        raise PreviewRefused(f"{folder.as_posix()} cannot be read: {error.strerror or error}") from None
    if holds_other:
        raise PreviewRefused(
            f"{folder.as_posix()} holds files that are no preview, which would be lost; name an empty or a new folder"
        )


def _write(deck: PreviewDeck, folder: Path) -> None:
    scripts = {"deck.js": embedded(deck), "frame-page.js": embedded_frame()}
    tags = "\n".join(f'<script src="{name}"></script>' for name in scripts)
    files = {
        MARK: "Written by `deckbuilder preview --static`, which replaces everything in this folder.\n",
        PAGE: read(PAGE).replace(DECK_PLACE, tags),
        "page.css": read("page.css"),
        "page.js": read("page.js"),
        **scripts,
    }
    with NewFiles() as new:
        new.folder(folder)
        for name, text in files.items():
            new.write(folder / name, text.encode())
    _remove_others(folder, files.keys())


def _remove_others(folder: Path, names: Collection[str]) -> None:
    """Remove what is left of an earlier site."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in names:
            path.unlink()
