"""What `diff` tells of each edit that an author makes, against the last build, a release, or between two packages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.diagnostics import Diagnostic
from deckbuilder.diff.asking import diff_packages, diff_sources
from deckbuilder.diff.compare import DeckDiff, NoteRef
from deckbuilder.diff.fields import FieldChange, field_change
from deckbuilder.diff.words import Fate
from deckbuilder.packaging.reading import read_package
from deckbuilder.packaging.writer import package_bytes
from deckbuilder.pipeline import Options, build

FIRST, SECOND = 1_700_000_000, 1_700_100_000

DECK = """\
# Mathematics

## Vectors

1) What is a unit vector?

    A vector of length one, made by dividing a vector by its own length.

2) What does the dot product measure?

    How far one vector reaches along the other, times that other's length.

3) When are two vectors orthogonal?

    When their dot product is zero and neither of the two is the zero vector.

## Matrices

1) What is the rank of a matrix?

    The number of its rows that no other rows can be combined to.
"""
RETIRED = """\
2) What does the dot product measure?

    How far one vector reaches along the other, times that other's length.
"""


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deck of four notes that was built once, its package kept as a release too."""
    monkeypatch.chdir(tmp_path)
    write(DECK)
    build_at(FIRST)
    Path("release.apkg").write_bytes(Path("build/deck.apkg").read_bytes())


def write(text: str) -> None:
    Path("deck.md").write_text(text, "utf-8")


def build_at(now: int, output: Path | None = None) -> None:
    result = build(Path("deck.md"), Options(now=now, output=output))
    assert not result.failed, result.diagnostics


def against_last_build() -> DeckDiff:
    return clean(diff_sources(Path("deck.md")))


def against_release() -> DeckDiff:
    return clean(diff_sources(Path("deck.md"), Path("release.apkg")))


def between_packages() -> DeckDiff:
    build_at(SECOND, Path("new.apkg"))
    return clean(diff_packages(Path("release.apkg"), Path("new.apkg")))


def clean(found: tuple[DeckDiff | None, list[Diagnostic]]) -> DeckDiff:
    diff, diagnostics = found
    assert diff is not None
    assert diagnostics == []
    assert diff.refusals == ()
    return diff


ways = pytest.mark.parametrize("diff", [against_last_build, against_release, between_packages])
Way = Callable[[], DeckDiff]


def keys(notes: tuple[NoteRef, ...]) -> list[str]:
    return [note.key for note in notes]


def words(change: FieldChange, fate: Fate) -> str:
    return "".join(piece.text for piece in change.words if piece.fate is fate)


@ways
def test_an_unchanged_deck_has_no_difference(diff: Way) -> None:
    """If this failed, every check would cry wolf."""
    assert diff().is_empty


@ways
def test_lines_inserted_above_and_reformatting_are_no_difference(diff: Way) -> None:
    """If this failed, what no learner sees would be told as a change."""
    write("\n\n<!-- a remark -->\n" + DECK.replace("1) What is a unit", "7. What is a unit"))
    assert diff().is_empty


@ways
def test_an_edited_answer_is_told_by_its_words(diff: Way) -> None:
    """If this failed, a reviewer would not see what a learner will be told otherwise."""
    write(DECK.replace("length one,", "length 1,"))
    found = diff()
    (change,) = found.edited
    assert (change.note.key, change.note.question) == ("unit-vector", "What is a unit vector?")
    assert (change.moved, change.kind, found.unchanged) == (False, None, 3)
    (field,) = change.fields
    assert (field.field, words(field, Fate.GONE), words(field, Fate.COME)) == ("Answer", "one", "1")


@ways
def test_a_reworded_question_is_the_same_note(diff: Way) -> None:
    """If this failed, a typo mended would look like one card lost and another won."""
    write(DECK.replace("When are two vectors orthogonal?", "When are two vectors called orthogonal?"))
    (change,) = diff().changed
    assert change.note.key == "two-vectors-orthogonal"
    assert [(field.field, words(field, Fate.COME)) for field in change.fields] == [("Question", "called ")]


@ways
def test_new_retired_and_their_search(diff: Way) -> None:
    """If this failed, a release would not say which cards come and which to delete."""
    write(DECK.replace(RETIRED, "2) What is a basis?\n\n    Vectors that each other vector is made of in one way.\n"))
    found = diff()
    assert (keys(found.new), keys(found.retired), found.changed) == (["basis"], ["dot-product-measure"], ())
    assert found.search == '"note:* (deck)" "Key:re:(?-i)^(dot-product-measure)$"'


@ways
def test_a_renamed_heading_moves_its_notes(diff: Way) -> None:
    """If this failed, a changed breadcrumb and tag would go unseen, or pass for edits of the text."""
    write(DECK.replace("## Matrices", "## Maps"))
    (change,) = diff().moved
    assert (change.edited, change.topic) == (False, ("Mathematics › Matrices", "Mathematics › Maps"))
    assert change.tags_gone == ("deck::mathematics::matrices",)
    assert change.tags_come == ("deck::mathematics::maps",)
    assert change.deck is None  # a deck keeps its first name


@ways
def test_tags_alone_are_told(diff: Way) -> None:
    """If this failed, a learner's filtered deck would lose cards without a word."""
    write(
        DECK.replace(
            "1) What is the rank of a matrix?", "1) What is the rank of a matrix? <!-- card: {tags: [exam]} -->"
        )
    )
    (change,) = diff().changed
    assert (change.tags_come, change.tags_gone, change.topic, change.edited) == (("exam",), (), None, False)


@ways
def test_a_change_of_kind_is_told_as_one(diff: Way) -> None:
    """If this failed, a card that looks different would be told as an edit of its words."""
    write(DECK.replace("measure?", "measure? <!-- card: {kind: derivation} -->"))
    (change,) = diff().kind_changed
    assert (change.kind, change.edited) == (("concept", "derivation"), False)


@ways
def test_a_new_order_names_the_fewest_notes(diff: Way) -> None:
    """If this failed, one question moved to the end would be told as all others moved."""
    first, rest = DECK.split("1) What is a unit vector?")
    unit, rest = rest.split("2) What does", 1)
    vectors, matrices = rest.split("## Matrices")
    write(f"{first}2) What does{vectors}1) What is a unit vector?{unit}## Matrices{matrices}")
    found = diff()
    assert (keys(found.reordered), found.changed) == (["unit-vector"], ())


def test_a_question_that_comes_back_is_revived() -> None:
    """If this failed, a learner who kept the card would be told to expect a new one."""
    write(DECK.replace(RETIRED, ""))
    build_at(SECOND)
    write(DECK)
    found = against_last_build()
    assert (keys(found.revived), found.new) == (["dot-product-measure"], ())
    assert against_release().is_empty


def test_before_the_first_build_everything_is_new() -> None:
    """If this failed, a new deck could not be looked at."""
    Path("deck.deck.lock").unlink()
    Path("build/deck.apkg").unlink()
    found = against_last_build()
    assert (len(found.new), found.unchanged) == (4, 0)


def test_without_a_package_the_lock_tells_which_notes_change() -> None:
    """If this failed, whoever has just cloned a deck could not see what they changed."""
    Path("build/deck.apkg").unlink()
    moved = DECK.replace("length one,", "length 1,").replace("## Matrices", "## Maps").replace(RETIRED, "")
    write(moved + "\n2) What is a basis?\n\n    Vectors.\n")
    found, (told,) = diff_sources(Path("deck.md"))
    assert (told.code, told.span.file) == ("DB119", "build/deck.apkg")
    assert found is not None
    assert [(change.note.key, change.edited, change.fields, change.topic) for change in found.changed] == [
        ("unit-vector", True, (), None),
        ("rank-matrix", False, (), ("Mathematics › Matrices", "Mathematics › Maps")),
    ]
    assert (keys(found.new), keys(found.retired), found.reordered) == (["basis"], ["dot-product-measure"], ())
    assert found.retired[0].question == "What does the dot product measure?"


def test_a_package_that_is_older_than_the_lock_is_not_believed() -> None:
    """If this failed, words would be told as changed now that were built and released before."""
    write(DECK.replace("length one,", "length 1,"))
    build_at(SECOND, Path("elsewhere.apkg"))
    assert against_last_build().is_empty
    write(DECK.replace("length one,", "length 1.0,").replace("is zero and", "vanishes and"))
    found, (told,) = diff_sources(Path("deck.md"))
    assert found is not None
    assert (told.code, [change.note.key for change in found.changed if change.fields]) == (
        "DB120",
        ["two-vectors-orthogonal"],
    )
    assert "1 changed notes" in told.message


def test_a_damaged_last_package_is_only_a_pity_but_one_that_is_named_must_be_whole() -> None:
    """If this failed, a build that was cut short would block the comparison, or an answer be made up."""
    Path("build/deck.apkg").write_bytes(b"PK")
    found, (told,) = diff_sources(Path("deck.md"))
    assert found is not None
    assert (told.code, told.is_error) == ("DB117", False)
    found, (told,) = diff_sources(Path("deck.md"), Path("build/deck.apkg"))
    assert (found, told.code, told.is_error) == (None, "DB117", True)


def test_a_doubtful_question_puts_its_note_at_risk_and_retires_nothing() -> None:
    """If this failed, a learner would be told to delete a card whose question was only reworded."""
    write(
        DECK.replace("What does the dot product measure?", "What does the cross product measure?").replace(
            "How far", "The"
        )
    )
    found, errors = diff_sources(Path("deck.md"))
    assert found is not None
    assert [error.code for error in errors] == ["DB303"]
    assert (keys(found.at_risk), found.retired, found.search) == (["dot-product-measure"], (), "")


def test_an_update_that_anki_would_refuse_is_an_error_whatever_it_is_compared_with() -> None:
    """If this failed, a release could cut every learner off from all later ones without a word."""
    last, _ = read_package(Path("build/deck.apkg"))
    assert last is not None
    other = replace(last, note_types=tuple(replace(kind, template_name="Other") for kind in last.note_types))
    for path in ("build/deck.apkg", "other.apkg"):
        Path(path).write_bytes(package_bytes(other))
    for found, errors in (
        diff_sources(Path("deck.md")),
        diff_sources(Path("deck.md"), Path("other.apkg")),
        diff_packages(Path("release.apkg"), Path("other.apkg")),
    ):
        assert found is not None
        assert [error.code for error in errors] == ["DB121"]


def test_two_decks_are_not_two_releases_of_one() -> None:
    """If this failed, a deck whose lock was made anew would pass for a harmless release."""
    Path("other.md").write_text("# A\n\n1) What is it?\n\n    A thing.\n", "utf-8")
    build(Path("other.md"), Options(output=Path("other.apkg")))
    found, (told,) = diff_packages(Path("release.apkg"), Path("other.apkg"))
    assert found is not None
    assert told.code == "DB122"


DRILL = """\
# Sums

1) Add.

    ```drill
    variants: 8
    params:
      a: {range: [1, 9]}
      b: {range: [1, 9]}
    example: {a: 1, b: 2}
    ask: What is @{a} + @{b}?
    answer: a + b
    ```
"""


def test_drills_are_told_by_the_number_of_their_variants() -> None:
    """If this failed, one changed number would fill the terminal with thirteen worked solutions."""
    write(DRILL)
    assert not build(Path("deck.md"), Options(now=SECOND, retire=True)).failed
    write(DRILL.replace("What is", "How much is"))
    (change,) = against_last_build().changed
    told = {field.field: field for field in change.fields}
    assert told["Variants"] == FieldChange("Variants", summary="9 of 9 variants changed")
    assert (words(told["Context"], Fate.GONE), words(told["Context"], Fate.COME)) == ("What", "How much")
    write(DRILL.replace("variants: 8", "variants: 6"))
    (change,) = against_last_build().changed
    assert FieldChange("Variants", summary="9 variants became 7") in change.fields
    write(DRILL.replace("b: {range: [1, 9]}", "b: {range: [1, 9], exclude: [1]}"))
    (change,) = against_last_build().changed
    (variants,) = change.fields
    assert re.fullmatch(r"[1-5] of 9 variants changed", variants.summary)


def test_blank_lines_at_the_ends_are_no_words() -> None:
    """If this failed, nothing would be marked as something; but an indent in code is something."""
    assert field_change("Answer", "<p>a b</p>", "a b").summary == "only formatting, links or colours"
    assert field_change("Code", "<pre>if a:\n  b\nc</pre>", "<pre>if a:\n  b\n  c</pre>").words


def test_a_change_that_shows_in_no_word_says_so() -> None:
    """If this failed, an edit would be named with nothing to see in it."""
    write(DECK.replace("length one,", "**length** one,"))
    (change,) = against_last_build().changed
    assert change.fields == (FieldChange("Answer", summary="only formatting, links or colours"),)
