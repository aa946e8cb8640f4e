"""Pictures on their way from a plan into a learner's media folder."""

from __future__ import annotations

from deckbuilder.packaging.plan import MediaFile
from tests.support.learner import Learner
from tests.support.plans import RELEASED, edited, note, package

ANGLE = MediaFile("angle-3f2a.svg", b"<svg>angle</svg>")
OTHER_ANGLE = MediaFile("angle-9c41.svg", b"<svg>another</svg>")


def test_the_pictures_that_a_note_shows_arrive() -> None:
    """A learner would see broken pictures, or one picture in the place of another of the same base name."""
    one = note("a", answer='<img src="angle-3f2a.svg">')
    two = note("b", answer='<img src="angle-9c41.svg">')
    with Learner() as learner:
        learner.import_plan(package(one, two, media=(ANGLE, OTHER_ANGLE)))
        assert learner.media() == {ANGLE.name: ANGLE.content, OTHER_ANGLE.name: OTHER_ANGLE.content}
        assert 'src="angle-3f2a.svg"' in learner.back("guid-a")


def test_a_picture_that_changed_comes_under_its_new_name_beside_the_old_one() -> None:
    """The learner's other decks, and cards not yet updated, may still show the old one."""
    before = note("a", answer='<img src="angle-3f2a.svg">')
    after = edited(before, RELEASED + 60, answer='<img src="angle-9c41.svg">')
    with Learner() as learner:
        learner.import_plan(package(before, media=(ANGLE,)))
        learner.import_plan(package(after, media=(OTHER_ANGLE,)))
        assert learner.media() == {ANGLE.name: ANGLE.content, OTHER_ANGLE.name: OTHER_ANGLE.content}
        assert 'src="angle-9c41.svg"' in learner.back("guid-a")


def test_anki_renames_a_picture_whose_name_is_taken_and_the_card_follows() -> None:
    """A learner's own picture would be lost, or would stand on the card; content in the name makes it rare."""
    with Learner() as learner:
        learner.col.media.write_data(ANGLE.name, b"<svg>the learner's own</svg>")
        learner.import_plan(package(note("a", answer='<img src="angle-3f2a.svg">'), media=(ANGLE,)))
        media = learner.media()
        assert media[ANGLE.name] == b"<svg>the learner's own</svg>"
        (renamed,) = set(media) - {ANGLE.name}
        assert media[renamed] == ANGLE.content
        assert f'src="{renamed}"' in learner.back("guid-a")


def test_a_file_of_the_note_types_arrives_though_no_field_names_it() -> None:
    """Fonts and styles of the cards would be missing: Anki knows them by the `_` that their names begin with."""
    sheet = MediaFile("_sheet.css", b".x {}")
    with Learner() as learner:
        learner.import_plan(package(note("a"), media=(sheet,)))
        assert learner.media() == {"_sheet.css": b".x {}"}
