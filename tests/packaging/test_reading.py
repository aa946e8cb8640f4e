"""An .apkg read back: the same plan, and a clear refusal of everything else."""

from __future__ import annotations

import io
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from anki.collection import Collection, DeckIdLimit, ExportAnkiPackageOptions
from msgspec.structs import replace

from deckbuilder.anki.verify import verify
from deckbuilder.packaging import reading
from deckbuilder.packaging.plan import DeckPlan, MediaFile, PackagePlan
from deckbuilder.packaging.reading import read_package, read_packed_lock
from deckbuilder.packaging.writer import package_bytes
from tests.support.plans import VECTORS, note, note_type, package

MATRICES = DeckPlan(7, "Review::Matrices", "All about <b>matrices</b>.")
DERIVATION = note_type("Derivation (Review)", css=".card { color: red }")


def a_plan() -> PackagePlan:
    return package(
        note("b", question="B &amp; <i>b</i>?", tags=("a::b", "c"), position=1, created=1_650_000_000),
        note("a", note_type=DERIVATION, deck=MATRICES, tags=(), position=2, modified=1_750_000_000),
        note_types=(note_type(), DERIVATION),
        decks=(MATRICES, VECTORS),
    )


def test_a_package_read_back_is_the_plan_that_it_was_written_from(tmp_path: Path) -> None:
    """If this failed, a diff would tell changes that are none, or miss some that are."""
    plan = a_plan()
    path = tmp_path / "x.apkg"
    path.write_bytes(package_bytes(replace(plan, media=(MediaFile("a.svg", b"<svg/>"),))))
    assert read_package(path) == (plan, [])


def test_a_package_with_its_lock_is_the_same_plan(tmp_path: Path) -> None:
    """If this failed, packages that carry their lock could be compared with none of before."""
    path, lock = tmp_path / "x.apkg", "a lock, 'ä'\n"
    path.write_bytes(
        package_bytes(replace(a_plan(), lock=lock.encode(), media=(MediaFile("deck.lock", b"a picture"),)))
    )
    assert read_package(path) == (a_plan(), [])
    assert read_packed_lock(path) == (lock, [])
    with ZipFile(path) as package:
        assert package.namelist() == ["collection.anki2", "media", "0", "deck.lock"]
        assert {entry.compress_type for entry in package.infolist()} == {ZIP_STORED}
    path.write_bytes(package_bytes(a_plan()))
    assert read_packed_lock(path) == (None, [])


def zipped(entries: dict[str, bytes], compression: int = ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", compression) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    return file.getvalue()


def collection(*statements: str) -> bytes:
    """Return the database of a good package after some statements."""
    with ZipFile(io.BytesIO(package_bytes(a_plan()))) as good:
        content = good.read("collection.anki2")
    connection = sqlite3.connect(":memory:")
    connection.deserialize(content)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    return connection.serialize()


def doctored(*statements: str) -> Callable[[], bytes]:
    return lambda: zipped({"collection.anki2": collection(*statements)})


ENDLESS = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r) SELECT x, x, x, x, x, x, x FROM r"

BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "text": (lambda: b"# Not a package\n", "DB117"),
    "nothing": (lambda: b"", "DB117"),
    "half of one": (lambda: package_bytes(a_plan())[:20_000], "DB117"),
    "a zip of something else": (lambda: zipped({"a.txt": b"x"}), "DB117"),
    "no database": (lambda: zipped({"collection.anki2": b"SQLite format 3\0" + bytes(9000)}), "DB117"),
    "a database cut short": (lambda: zipped({"collection.anki2": collection()[:9000]}), "DB117"),
    "pages overwritten": (
        lambda: zipped({"collection.anki2": (good := collection())[:4096] + b"\xff" * (len(good) - 4096)}),
        "DB117",
    ),
    "a zip bomb": (lambda: zipped({"collection.anki2": bytes(50_000_000)}, ZIP_DEFLATED), "DB118"),
    "Anki's own export": (lambda: zipped({"collection.anki21b": b"x", "collection.anki2": collection()}), "DB118"),
    "no notes table": (doctored("DROP TABLE notes"), "DB117"),
    "a view that never ends": (doctored("DROP TABLE notes", f"CREATE VIEW notes AS {ENDLESS}"), "DB117"),
    "no settings": (doctored("DELETE FROM col"), "DB117"),
    "settings that are no JSON": (doctored("UPDATE col SET models = 'x'"), "DB117"),
    "settings of another form": (doctored("UPDATE col SET models = '[1]'"), "DB117"),
    "a deeply nested setting": (doctored("UPDATE col SET decks = replace(hex(zeroblob(50000)), '00', '[')"), "DB117"),
    "a note without its type": (doctored("UPDATE notes SET mid = 1"), "DB117"),
    "a note in no deck": (doctored("UPDATE cards SET did = 99"), "DB117"),
    "a note with too few fields": (doctored("UPDATE notes SET flds = 'x'"), "DB117"),
    "a field that is no text": (doctored("UPDATE notes SET flds = x'ff00'"), "DB117"),
    "a GUID that is no text": (doctored("UPDATE notes SET guid = x'05'"), "DB117"),
    "a GUID twice": (doctored("UPDATE notes SET guid = 'same'"), "DB117"),
    "a note that a thousand cards share": (
        doctored(
            "UPDATE notes SET flds = flds || hex(zeroblob(50000))",
            "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM r LIMIT 1000) INSERT INTO cards "
            "SELECT c.id + x, c.nid, c.did, c.ord, c.mod, c.usn, c.type, c.queue, c.due, c.ivl, c.factor, c.reps, "
            "c.lapses, c.left, c.odue, c.odid, c.flags, c.data FROM cards c, r",
        ),
        "DB117",
    ),
    "fields that are computed": (
        doctored(
            "ALTER TABLE notes RENAME TO old",
            "CREATE TABLE notes (id, guid, mid, mod, tags, flds AS (hex(zeroblob(1000000))))",
            "INSERT INTO notes SELECT id, guid, mid, mod, tags FROM old",
        ),
        "DB117",
    ),
    "note types of somebody else": (
        doctored("UPDATE col SET models = replace(models, '\"Key\"', '\"Front\"')"),
        "DB118",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_package_of_ours_is_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    """If this failed, a file from a stranger would give a traceback, fill the memory, or pass for a release."""
    made, code = BAD[name]
    path = tmp_path / "x.apkg"
    path.write_bytes(made())
    plan, (found,) = read_package(path)
    assert plan is None
    assert (found.code, found.span.file) == (code, path.as_posix())


@pytest.mark.parametrize("name", ["a note that a thousand cards share", "fields that are computed"])
def test_no_more_is_taken_out_of_a_package_than_is_in_it(name: str, tmp_path: Path) -> None:
    """If this failed, a package of a hundred kilobytes would fill the memory with copies of one note."""
    path = tmp_path / "x.apkg"
    path.write_bytes(BAD[name][0]())
    _, (found,) = read_package(path)
    assert "more than the file does" in found.message


def records(entries: int, listed: int, *, old: bool) -> bytes:
    """Return the end of a zip file that lists as much, in the old form or in that of 64 bits behind a false old one."""
    if old:  # with a second such record inside of it
        return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, entries, listed, 0x06054B50, 0)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 47, 0, 0)
    place = struct.pack("<4sLQL", b"PK\6\7", 0, 100, 1)
    return struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, listed, 0) + place + end


@pytest.mark.parametrize("old", [True, False])
def test_a_list_of_entries_without_end_is_not_read(old: bool, tmp_path: Path) -> None:
    """If this failed, the mere list of what a package holds could fill the memory, whatever its last record says."""
    path = tmp_path / "x.apkg"
    path.write_bytes(b"PK" + bytes(98) + records(60_001 if old else 10_000_000, 100_000_000, old=old))
    for found in (read_package(path)[1], read_packed_lock(path)[1]):
        assert [one.code for one in found] == ["DB117"]
        assert "files in 100,000,000 bytes" in found[0].message
    assert [found.code for found in verify(path).diagnostics] == ["DB840"]


def test_work_hidden_in_a_database_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a package made for it would keep a pull request's check busy for ever."""
    monkeypatch.setattr(reading, "_STEPS", 1)
    monkeypatch.setattr(reading, "_STEPS_AT_ONCE", 20)
    path = tmp_path / "x.apkg"
    path.write_bytes(package_bytes(a_plan()))
    plan, (found,) = read_package(path)
    assert plan is None
    assert "interrupted" in found.message


@pytest.mark.parametrize("name", ["missing.apkg", "."])
def test_a_path_that_is_no_file_is_told(name: str, tmp_path: Path) -> None:
    """If this failed, a misspelt name would give a traceback."""
    plan, (found,) = read_package(tmp_path / name)
    assert plan is None
    assert found.code == "DB117"


@pytest.mark.parametrize("legacy", [True, False])
def test_what_anki_exports_is_told_to_be_none_of_ours(legacy: bool, tmp_path: Path) -> None:
    """If this failed, the wrong file would be compared, whose GUIDs say nothing."""
    made = Collection(str(tmp_path / "collection.anki2"))
    note_ = made.new_note(made.models.by_name("Basic"))
    note_["Front"] = "?"
    made.add_note(note_, made.decks.id("D"))
    path = tmp_path / "x.apkg"
    options = ExportAnkiPackageOptions(legacy=legacy)
    made.export_anki_package(out_path=str(path), options=options, limit=DeckIdLimit(made.decks.id("D")))
    made.close()
    plan, (found,) = read_package(path)
    assert plan is None
    assert found.code == "DB118"
