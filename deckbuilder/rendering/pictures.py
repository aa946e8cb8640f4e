"""Pictures: found in the deck's folder and nowhere else, packed under names made from their bytes."""

from __future__ import annotations

import io
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from hashlib import sha256
from html import escape, unescape
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from msgspec import Struct, field

from deckbuilder import rules
from deckbuilder.cache import Shelf, digest_of
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.files import TooLarge, is_device, read_ordinary
from deckbuilder.limits import MEGABYTE, VARIABLE, limits
from deckbuilder.rendering.media import MediaFile
from deckbuilder.rendering.svg import svg_problem

PLACEHOLDER: Final = "db-picture:"
"""Scheme of a local picture's address until its packed name is known; the cleaning lets no author use it."""

MAX_SEARCHED: Final = 5_000
MAX_PATH: Final = 1_000
TYPES: Final = {
    ".png": "png", ".jpg": "jpg", ".jpeg": "jpg", ".gif": "gif", ".webp": "webp", ".avif": "avif", ".svg": "svg",
}  # fmt: skip

SHOWN: Final = 100
"""Characters of a path that a message shows."""

_PICTURE = re.compile(rf'<img src="{PLACEHOLDER}([^"]*)"')
_DRIVE = re.compile(r"[A-Za-z]:")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_LFS = b"version https://git-lfs"


class PictureUse(Struct, frozen=True):
    """A local picture as the source writes it, and where."""

    src: str
    span: Span


def with_pictures(html: str, names: Mapping[str, str]) -> str:
    """Return HTML with the pictures' packed names in place of their paths; a path without a name stays as written."""
    if PLACEHOLDER not in html:
        return html

    def named(found: re.Match[str]) -> str:
        src = unescape(found.group(1))
        return f'<img src="{escape(names.get(src, src))}"'

    return _PICTURE.sub(named, html)


def load_pictures(
    uses: Iterable[PictureUse], folder: Path, root: str, shelf: Shelf
) -> tuple[dict[tuple[str, str], MediaFile], list[Diagnostic]]:
    """Read the pictures that are used, by the file and path of their use.

    `folder` is the deck's folder, out of which no path leads; `root` is how its files' names begin in spans. Equal
    bytes come under one name. A picture that cannot be packed is left out and reported wherever it is used. What was
    wrong with some bytes, if anything, is kept on the shelf.
    """
    library = _Library(folder, root, shelf)
    found: dict[tuple[str, str], MediaFile] = {}
    diagnostics: list[Diagnostic] = []
    for use in uses:
        picture = library.look_up(use)
        if isinstance(picture, Diagnostic):
            diagnostics.append(picture)
        else:
            found[use.span.file, use.src] = picture
    return found, diagnostics


class _Library(Struct):
    """The deck's folder, with what was read of it so far: listings by folder, pictures by real path and by name."""

    folder: Path
    root: str
    shelf: Shelf
    listings: dict[Path, list[str]] = field(default_factory=dict)
    read: dict[Path, MediaFile | str] = field(default_factory=dict)
    by_name: dict[str, MediaFile] = field(default_factory=dict)
    held: int = 0

    def look_up(self, use: PictureUse) -> MediaFile | Diagnostic:
        """Return the picture that a use means, or what is wrong with it."""
        shown = _shown(unquote(use.src))
        if len(use.src) > MAX_PATH:
            return rules.PICTURE_MISSING.at(use.span, path=shown, suggestion="write the path of a picture")
        missing: Diagnostic | None = None
        for path in _readings(use.src):
            inside = _inside(self._home(use.span.file), path)
            if inside is None:
                return rules.PICTURE_OUTSIDE.at(use.span, path=shown)
            real = self._real_path(inside)
            if real is None:
                missing = missing or rules.PICTURE_MISSING.at(use.span, path=shown, suggestion=self._hint(inside))
                continue
            if not real.is_relative_to(self.folder.resolve()):
                return rules.PICTURE_OUTSIDE.at(use.span, path=shown)
            if real not in self.read:
                self.read[real] = self._picture(real)
            picture = self.read[real]
            if isinstance(picture, MediaFile):
                return picture
            return rules.PICTURE_UNREADABLE.at(use.span, path=shown, problem=picture)
        return missing or rules.PICTURE_MISSING.at(use.span, path=shown, suggestion="write the path of a picture")

    def _home(self, file: str) -> PurePosixPath:
        """Return the folder of a Markdown file, seen from the deck's folder."""
        inside = file.removeprefix(self.root).lstrip("/") if self.root else file
        return PurePosixPath(inside).parent

    def _real_path(self, inside: PurePosixPath) -> Path | None:
        """Return where a path inside the deck's folder leads on disk, or None where nothing of exactly this name is.

        Letters must match in case too, or a deck that builds on one system would not build on another.
        """
        at = self.folder
        for part in inside.parts:
            wanted = unicodedata.normalize("NFC", part)
            match = next((name for name in self._listing(at) if unicodedata.normalize("NFC", name) == wanted), None)
            if match is None:
                return None
            at = at / match
        try:
            return at.resolve(strict=True)
        except (OSError, RuntimeError):
            return None

    def _listing(self, folder: Path) -> list[str]:
        if folder not in self.listings:
            try:
                self.listings[folder] = sorted(entry.name for entry in folder.iterdir())
            except OSError:
                self.listings[folder] = []
        return self.listings[folder]

    def _picture(self, path: Path) -> MediaFile | str:
        kind = TYPES.get(path.suffix.lower())
        if kind is None:
            return f"`{path.suffix or path.name}` is no known type of picture"
        content = _read(path)
        if isinstance(content, str):
            return content
        problem = self._problem(content, kind)
        if problem:
            return problem
        name = f"db-{sha256(content).hexdigest()[:16]}.{kind}"
        if name not in self.by_name:
            most = limits()["pictures-mb"]
            if self.held + len(content) > most * MEGABYTE:
                return _too_much("pictures-mb", f"with it the deck's pictures have more than the {most} MB")
            self.held += len(content)
            self.by_name[name] = MediaFile(name, content)
        return self.by_name[name]

    def _problem(self, content: bytes, kind: str) -> str:
        """Return in words why a picture cannot be packed, or ""."""
        key = digest_of("picture", content, kind, limits()["megapixels"])
        known = self.shelf.get(key)
        if isinstance(known, str):
            return known
        problem = svg_problem(content) if kind == "svg" else _raster_problem(content)
        problem = problem or _size_problem(content, drawn=kind == "svg")
        self.shelf.put(key, problem)
        return problem

    def _hint(self, inside: PurePosixPath) -> str:
        """Return what may have been meant by a path where there is nothing: a near name, or the same name elsewhere."""
        known = [path for path in self._all_pictures() if path != inside]
        by_text = {str(path): path for path in known}
        same = [text for text, path in by_text.items() if path.name.casefold() == inside.name.casefold()]
        near = same or get_close_matches(str(inside), list(by_text), n=1, cutoff=0.6)
        if near:
            return f"did you mean `{near[0]}`? A path is relative to the Markdown file, and capitals count"
        return "correct the path, which is relative to the Markdown file, or add the picture"

    def _all_pictures(self) -> Iterator[PurePosixPath]:
        waiting, seen = [PurePosixPath()], 0
        while waiting and seen < MAX_SEARCHED:
            at = waiting.pop()
            for name in self._listing(self.folder / at):
                seen += 1
                path = at / name
                if path.suffix.lower() in TYPES:
                    yield path
                elif not name.startswith(".") and _is_plain_folder(self.folder / path):
                    waiting.append(path)


def _is_plain_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


@lru_cache(maxsize=1024)
def _readings(src: str) -> tuple[str, ...]:
    """Return the paths that an address may mean, likeliest first: decoded, with and without `?raw=true`."""
    decoded = unquote(src)
    bare = unquote(re.split(r"[?#]", src, maxsplit=1)[0])
    return tuple(dict.fromkeys(path for path in (decoded, bare, src) if path.strip()))


def _inside(home: PurePosixPath, path: str) -> PurePosixPath | None:
    """Return a path as seen from the deck's folder, or None if it leads, or could on any system lead, out of it."""
    if path.startswith(("/", "\\")) or _DRIVE.match(path) or "\0" in path:
        return None
    parts: list[str] = []
    for part in (*home.parts, *path.replace("\\", "/").split("/")):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif is_device(part):
            return None
        elif part not in ("", "."):
            parts.append(part)
    return PurePosixPath(*parts)


def _read(path: Path) -> bytes | str:
    """Return the bytes of an ordinary file, or in words why they cannot be had."""
    try:
        most = limits()["picture-mb"]
        return read_ordinary(path, most * MEGABYTE, follow=False)  # no link put there since the path was looked at
    except TooLarge:
        return _too_much("picture-mb", f"it has more than the {most} MB")
    except OSError as error:
        return error.strerror or "it cannot be read"


def _too_much(limit: str, problem: str) -> str:
    return f"{problem} that are taken; whoever builds may allow more with {VARIABLE}={limit}=NUMBER"


def _shown(path: str) -> str:
    return path if len(path) <= SHOWN else path[: SHOWN - 1] + "…"


def _size_problem(content: bytes, *, drawn: bool) -> str:
    """Return in words what is wrong with how large a picture is when it is unpacked, or ""."""
    import imagesize  # of use only where there are pictures

    try:
        width, height = imagesize.get(io.BytesIO(content))
    except Exception:  # of a reader of headers, at bytes that may be anything
        width, height = 0, 0
    if width <= 0 or height <= 0:
        return "" if drawn else "its size cannot be read: the file is damaged"  # a drawing may do without one
    most = limits()["megapixels"]
    if width * height > most * 1_000_000:
        return _too_much("megapixels", f"it has {width} × {height} pixels, more than the {most} million")
    return ""


def _raster_problem(content: bytes) -> str:
    if content.startswith(_LFS):
        return "it is a Git LFS pointer; fetch the picture itself with `git lfs pull`"
    if content.startswith(_SIGNATURES) or content[4:8] == b"ftyp":
        return ""
    return "its content is not that of a picture"
