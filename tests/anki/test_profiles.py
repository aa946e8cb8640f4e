"""Where Anki keeps collections, on each system, and which one a push goes into."""

from __future__ import annotations

from pathlib import Path

import pytest

from deckbuilder.anki.profiles import base_folders, find_collection
from deckbuilder.diagnostics import CannotGoOn

HOME = Path("/me")  # never looked at


def profile(base: Path, name: str) -> Path:
    """Make a profile, and return its collection."""
    folder = base / name
    folder.mkdir(parents=True)
    (folder / "collection.anki2").touch()
    return folder / "collection.anki2"


def refusal(*words: object) -> str:
    with pytest.raises(CannotGoOn) as stop:
        find_collection(*words)  # type: ignore[arg-type]
    (found,) = stop.value.diagnostics
    assert found.code == "DB821"
    return found.message


@pytest.mark.parametrize(
    ("platform", "environment", "first"),
    [
        ("linux", {}, HOME / ".local/share/Anki2"),
        ("linux", {"XDG_DATA_HOME": "/data"}, Path("/data/Anki2")),
        ("darwin", {"XDG_DATA_HOME": "/data"}, HOME / "Library/Application Support/Anki2"),
        ("win32", {"APPDATA": "/Roaming"}, Path("/Roaming/Anki2")),
        ("win32", {}, HOME / "AppData/Roaming/Anki2"),
    ],
)
def test_each_system_has_its_folder(platform: str, environment: dict[str, str], first: Path) -> None:
    """If this failed, a learner would have to look for a hidden folder of Anki's by hand."""
    assert next(base_folders(environment, platform, HOME)) == first
    assert list(base_folders({**environment, "ANKI_BASE": "/mine"}, platform, HOME)) == [Path("/mine")]


def test_a_flatpak_is_found_too() -> None:
    """If this failed, who has Anki from a shop of Linux's would be told that there is none."""
    assert HOME / ".var/app/net.ankiweb.Anki/data/Anki2" in list(base_folders({}, "linux", HOME))


def test_the_only_profile_needs_no_name(tmp_path: Path) -> None:
    """If this failed, nearly everybody would have to give an option."""
    mine = profile(tmp_path / ".local/share/Anki2", "User 1")
    (tmp_path / ".local/share/Anki2" / "addons21").mkdir()
    assert find_collection(None, None, {}, "linux", tmp_path) == mine
    assert find_collection(None, "User 1", {}, "linux", tmp_path) == mine


def test_of_several_profiles_one_must_be_named(tmp_path: Path) -> None:
    """If this failed, a push could go into the collection of somebody else in the family."""
    base = {"ANKI_BASE": str(tmp_path)}
    one, other = profile(tmp_path, "Ann"), profile(tmp_path, "Bob")
    assert "`Ann`, `Bob`" in refusal(None, None, base, "linux", HOME)
    assert find_collection(None, "Bob", base, "linux", HOME) == other
    assert find_collection(one, None, base, "linux", HOME) == one
    assert "no profile `Eve`, only `Ann`, `Bob`" in refusal(None, "Eve", base, "linux", HOME)


def test_a_profile_of_two_installations_must_be_named_by_its_file(tmp_path: Path) -> None:
    """If this failed, a push could go into the collection that nobody uses any more."""
    places = list(base_folders({}, "linux", tmp_path))
    for place in places[:2]:
        profile(place, "User 1")
    said = refusal(None, "User 1", {}, "linux", tmp_path)
    assert all((place / "User 1").as_posix() in said for place in places[:2])


def test_what_is_not_there_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    """If this failed, a user could not tell a wrong path from a missing Anki."""
    assert tmp_path.as_posix() in refusal(None, None, {}, "linux", tmp_path)
    assert "no such file" in refusal(tmp_path / "collection.anki2", None, {}, "linux", tmp_path)
