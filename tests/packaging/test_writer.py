"""The .apkg as a file: what stands in it, before any Anki reads it."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from msgspec.structs import replace

from deckbuilder.kinds.fields import FIELDS, SORT_FIELD
from deckbuilder.packaging import collection
from deckbuilder.packaging.plan import DeckPlan, MediaFile, PackagePlan
from deckbuilder.packaging.writer import package_bytes, write_package
from tests.support.apkg import opened
from tests.support.plans import CONCEPT, DAY, RELEASED, VECTORS, note, note_type, package


def test_every_note_carries_its_own_change_time() -> None:
    """One stamp for all notes makes each import overwrite the learner's edits on notes that nobody touched."""
    rows = opened(package_bytes(package(note("a"), note("b", modified=RELEASED + DAY)))).notes()
    assert rows["guid-a"]["mod"] == RELEASED
    assert rows["guid-b"]["mod"] == RELEASED + DAY


def test_the_collection_and_note_types_are_stamped_from_the_plan() -> None:
    """The time of the build would make every build of an unchanged source a different file."""
    plan = package(note("a", modified=RELEASED + 5), note_types=(replace(CONCEPT, modified=RELEASED + 7),))
    built = opened(package_bytes(plan))
    assert built.settings("mod") == (RELEASED + 7) * 1000
    assert built.settings("crt") == RELEASED
    assert built.settings("models")[str(CONCEPT.id)]["mod"] == RELEASED + 7


def test_fields_and_templates_carry_their_ids() -> None:
    """Without them Anki takes a field that the learner renamed for another one, and merging loses its content."""
    model = opened(package_bytes(package(note("a")))).settings("models")[str(CONCEPT.id)]
    assert tuple((field["name"], field["id"]) for field in model["flds"]) == CONCEPT.fields
    assert [template["id"] for template in model["tmpls"]] == [CONCEPT.template_id]
    assert model["sortf"] == CONCEPT.sort_field


def test_the_front_says_which_fields_make_a_card() -> None:
    """Readers that take `req` at its word would show no card for a note, or one with an empty front."""
    kind = note_type(front="{{#Hints}}{{/Hints}}<b>{{ Question }}</b>{{hint:Hints}}{{^Answer}}none{{/Answer}}")
    model = opened(package_bytes(package(note("a"), note_types=(kind,)))).settings("models")[str(kind.id)]
    assert model["req"] == [[0, "any", [1, 2]]]


def test_ids_are_times_within_the_day_before_the_note_appeared() -> None:
    """Anki shows a note's id as the date when it was added: it would be nonsense, or in the future."""
    old, new = note("old", created=RELEASED), note("new", created=RELEASED + 30 * DAY)
    ids = {guid: row["id"] for guid, row in opened(package_bytes(package(old, new))).notes().items()}
    assert (RELEASED - DAY) * 1000 < ids["guid-old"] <= RELEASED * 1000
    assert (RELEASED + 29 * DAY) * 1000 < ids["guid-new"] <= (RELEASED + 30 * DAY) * 1000


def test_an_id_does_not_pass_from_note_to_note_when_others_come_and_go() -> None:
    """A card that a learner deleted leaves its reviews behind under its id: another note's card would inherit them."""
    notes = [note(f"n{number}") for number in range(1000)]
    all_of_them = opened(package_bytes(package(*notes))).notes()
    half_of_them = opened(package_bytes(package(*notes[::2]))).notes()
    assert [row["id"] for row in half_of_them.values()] == [all_of_them[guid]["id"] for guid in half_of_them]


def test_ids_never_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two notes with one id cannot be in one database: the build of a large deck would fail."""
    monkeypatch.setattr(collection, "_DAY", 100)
    notes = [note(f"n{number}", position=number) for number in range(300)]
    ids = [row["id"] for row in opened(package_bytes(package(*notes))).rows("SELECT id FROM notes ORDER BY id")]
    assert len(set(ids)) == 300


def test_every_note_has_one_new_card_at_its_place() -> None:
    """Learners would get the questions of a section in any order, or cards that count as reviewed."""
    built = opened(package_bytes(package(note("a", position=2), note("b", position=1))))
    cards = built.rows("SELECT guid, cards.* FROM cards JOIN notes ON notes.id = nid ORDER BY due")
    assert [(card["guid"], card["due"]) for card in cards] == [("guid-b", 1), ("guid-a", 2)]
    new = {
        "ord": 0,
        "type": 0,
        "queue": 0,
        "ivl": 0,
        "factor": 0,
        "reps": 0,
        "lapses": 0,
        "did": VECTORS.id,
        "data": "",
    }
    assert all({key: card[key] for key in new} == new for card in cards)


def test_tags_are_sorted_and_single() -> None:
    """The order in which tags were gathered would change the package's bytes from build to build."""
    rows = opened(package_bytes(package(note("a", tags=("z", "a::b", "z")), note("b", tags=())))).notes()
    assert rows["guid-a"]["tags"] == " a::b z "
    assert rows["guid-b"]["tags"] == ""


def test_a_separator_inside_a_field_shifts_no_other_field() -> None:
    """One invisible character pasted into a question would show its hints as the answer."""
    odd = note("a", question="one\x1ftwo", answer="three")
    fields = opened(package_bytes(package(odd))).notes()["guid-a"]["flds"].split("\x1f")
    assert fields == ["a", "one two", "", "three", "", ""]


def test_decks_are_there_even_without_notes() -> None:
    """The description of a deck that only holds subdecks would be lost."""
    root = DeckPlan(77, "Review", "All of it.")
    decks = opened(package_bytes(package(note("a"), decks=(root, VECTORS)))).settings("decks")
    assert (decks["77"]["name"], decks["77"]["desc"]) == ("Review", "All of it.")
    assert decks[str(VECTORS.id)]["name"] == "Review::Vectors"


def test_media_are_packed_once_and_in_the_order_of_their_names() -> None:
    """A picture that twenty questions show would be shipped twenty times, or under a number that changes."""
    picture, other = MediaFile("projection-1.svg", b"<svg/>"), MediaFile("angle-2.svg", b"<svg></svg>")
    built = opened(package_bytes(package(note("a"), media=(picture, other, picture))))
    assert list(built.entries) == ["collection.anki2", "media", "0", "1"]
    assert list(built.media.items()) == [("angle-2.svg", b"<svg></svg>"), ("projection-1.svg", b"<svg/>")]


def test_two_files_of_one_name_are_refused() -> None:
    """Anki would show one of the two pictures on both cards."""
    rivals = (MediaFile("x.svg", b"one"), MediaFile("x.svg", b"two"))
    with pytest.raises(ValueError, match=r"x\.svg"):
        package_bytes(package(note("a"), media=rivals))


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (package(note("a"), note("a", question="Another?")), "share the GUID guid-a"),
        (package(replace(note("a"), fields=("a", "b"))), "has 2 fields"),
        (package(replace(note("a"), note_type=5)), "its note type None"),
        (package(replace(note("a"), deck=5)), "deck 5"),
        (package(note("a", tags=("two words",))), "tag"),
        (package(note("a", tags=("",))), "tag"),
    ],
)
def test_a_plan_that_would_harm_a_collection_is_refused(plan: PackagePlan, why: str) -> None:
    """A bug in an earlier stage would reach learners as doubled, shifted or lost notes."""
    with pytest.raises(ValueError, match=why):
        package_bytes(plan)


def test_the_zip_says_nothing_about_who_packed_it_and_when() -> None:
    """The same release would differ from one machine to the next, so nobody could check it by building it."""
    with ZipFile(io.BytesIO(package_bytes(package(note("a"), media=(MediaFile("x.svg", b"x"),))))) as zipped:
        for entry in zipped.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.compress_type == ZIP_STORED
            assert (entry.create_system, entry.external_attr) == (3, 0o644 << 16)
            assert (entry.flag_bits, entry.extra, entry.comment) == (0, b"", b"")


def test_the_full_field_list_and_a_large_text_survive() -> None:
    """A long answer, or one beyond ASCII, would arrive cut or garbled."""
    kind = note_type(fields=FIELDS)
    assert kind.sort_field == SORT_FIELD
    answer = "∇·𝐅 ≤ ½ " * 100_000
    built = opened(package_bytes(package(note("a", answer=answer, note_type=kind), note_types=(kind,))))
    assert built.notes()["guid-a"]["flds"].split("\x1f")[FIELDS.index("Answer")] == answer


def test_a_package_of_no_notes_is_a_package() -> None:
    """A deck whose questions all wait for an answer would crash the build."""
    assert opened(package_bytes(package())).notes() == {}


def test_the_stream_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    """What the build writes would differ from what the tests look at."""
    plan = package(*(note(f"n{number}", position=number) for number in range(300)))
    with (tmp_path / "deck.apkg").open("w+b") as file:
        write_package(plan, file)
    assert (tmp_path / "deck.apkg").read_bytes() == package_bytes(plan)


def test_no_temporary_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An author who builds on every save would fill the disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    package_bytes(package(note("a")))
    with pytest.raises(ValueError, match="GUID"):
        package_bytes(package(note("a"), note("a")))
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_the_database_is_an_oserror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk would show the author a traceback of SQLite's instead of what to do."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(OSError, match="gone"):
        package_bytes(package(note("a")))
