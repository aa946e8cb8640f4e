"""Where Anki keeps the collections of its profiles, on each system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deckbuilder import rules
from deckbuilder.diagnostics import CannotGoOn, Span

COLLECTION: Final = "collection.anki2"


def base_folders(environment: Mapping[str, str], platform: str, home: Path) -> Iterator[Path]:
    """Yield the folders in which Anki may keep its profiles; `platform` is as in `sys.platform`."""
    if named := environment.get("ANKI_BASE"):  # Anki itself then looks nowhere else
        yield Path(named)
        return
    if platform == "win32":
        yield Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "Anki2"
    elif platform == "darwin":
        yield home / "Library" / "Application Support" / "Anki2"
    else:
        yield Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "Anki2"
        yield home / ".var" / "app" / "net.ankiweb.Anki" / "data" / "Anki2"  # as a Flatpak
        yield home / "snap" / "anki-desktop" / "common" / "Anki2"


def find_collection(
    file: Path | None, profile: str | None, environment: Mapping[str, str], platform: str, home: Path
) -> Path:
    """Return the collection that the user means: the file that they named, a profile's, or that of the only profile.

    Raises CannotGoOn where there is none or more than one.
    """
    if file is not None:
        if not file.is_file():
            raise _none(file.as_posix(), "there is no such file")
        return file
    bases = list(base_folders(environment, platform, home))
    found = [path for base in bases for path in sorted(base.glob(f"*/{COLLECTION}"))]
    wanted = [path for path in found if profile is None or path.parent.name == profile]
    if len(wanted) == 1:
        return wanted[0]
    places = ", ".join(base.as_posix() for base in bases)
    names = ", ".join(f"`{path.parent.name}`" for path in found)
    if not found:
        raise _none(bases[0].as_posix(), f"no profile was found in {places}")
    if wanted:
        where = ", ".join(path.as_posix() for path in wanted)
        raise _none(wanted[0].parent.parent.as_posix(), f"there are several: {where if profile else names}")
    raise _none(found[0].parent.parent.as_posix(), f"there is no profile `{profile}`, only {names}")


def _none(place: str, problem: str) -> CannotGoOn:
    return CannotGoOn(rules.NO_COLLECTION.at(Span(place), problem=problem))
