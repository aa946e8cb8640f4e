"""What a release says to learners, and that its searches find what they say in the real Anki."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.author import DAY, FIRST, Author
from tests.support.learner import Learner


def second(author: Author) -> None:
    """Release once, then with one note new, one corrected, one moved and one retired."""
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one.")
    text = (author.deck / "notes.md").read_text("utf-8")
    dot = text[text.index("1) What does") : text.index("2) What is")]
    square = text[text.index("4) When") :]
    text = text.replace(dot, "").replace(square, dot + "5) What is the trace?\n\n    The sum of the diagonal.\n")
    author.write(text)
    author.published("1.1", FIRST + DAY)


def test_the_list_of_releases_tells_what_changed(author: Author) -> None:
    """If this failed, learners could not tell whether a release concerns them."""
    second(author)
    assert author.releases().endswith(
        """\

## 1.1 (2023-11-15)

What changed: 1 new, 1 corrected, 1 moved to another section, 1 retired.

### New (1)

- `What is the trace?`

### Corrected (1)

- `What is a unit vector?`

### Moved to another section (1)

- `What does the dot product measure?`

To find these in Anki's browser: `"note:* (Algebra)" Version:1.1`

### Retired (1)

- `When is a matrix square?`

An import deletes nothing: these cards stay with you. To be rid of them, search in Anki's browser for

    "note:* (Algebra)" "Key:re:(?-i)^(matrix-square)$"

## 1.0 (2023-11-14)

The first release: 4 cards.
"""
    )
    assert author.releases().startswith("# Releases of Algebra\n\nWhat each release changes")


def test_a_retired_note_is_told_of_once(author: Author) -> None:
    """If this failed, every release would list all cards that were ever withdrawn."""
    second(author)
    author.edit("One whose length is one.", "One whose length is 1.")
    author.published("1.2", FIRST + 2 * DAY)
    assert "Retired" not in author.releases().split("## 1.1")[0]


def test_the_searches_find_in_anki_what_they_say(author: Author) -> None:
    """If this failed, a learner who pastes a search would delete or look at other cards than those meant."""
    (author.deck / "deck.yml").write_text('name: "Algebra_1 (a:b*) \\\\"\n', "utf-8")
    author.published("1.0", FIRST)
    with Learner() as learner:
        learner.import_package(author.apkg)
        second_version = author.lock().notes
        author.edit("One of length one.", "One whose length is one.")
        author.edit("4) When is a matrix square?\n\n    When it has as many rows as columns.\n", "")
        author.published("1.1", FIRST + DAY)
        learner.import_package(author.apkg)
        text = author.releases().split("## 1.0")[0]
        inline = re.findall(r"browser: `(.*)`", text)
        block = re.findall(r"^    (.*)$", text, re.MULTILINE)
        found = {
            search: {learner.col.get_note(note)["Key"] for note in learner.col.find_notes(search)}
            for search in inline + block
        }
        assert found == {inline[0]: {"unit-vector"}, block[0]: {"matrix-square"}}
    assert len(second_version) == 4


def test_a_question_calls_nobody_and_is_no_html(author: Author) -> None:
    """If this failed, a stranger's question would notify people, or break the page of the release."""
    author.published("1.0", FIRST)
    author.edit(
        "4) When",
        "4) Does <b>@everyone</b> mean `<img>` to " + "a very " * 60 + "long $100 & question?\n\n    No.\n\n5) When",
    )
    author.published("1.1", FIRST + DAY)
    line = next(line for line in author.releases().splitlines() if "everyone" in line)
    assert re.fullmatch(r"- (`+)[^`].*[^`] ?\1", line), "it stands in code, between more backticks than it has"
    assert len(line) < 200


def test_the_notes_and_the_listing_are_whole(author: Author) -> None:
    """If this failed, the page of a release would hold placeholders, or lack how to import it."""
    (author.deck / "deck.yml").write_text(
        "name: Algebra\ndescription: Costs $5 and $name.\nsource_url: https://example.org/me/deck/blob/main/{path}\n",
        "utf-8",
    )
    second(author)
    notes = (author.root / "build" / "release-notes.md").read_text("utf-8")
    assert notes.startswith("What changed: 1 new")
    assert "| Update notes | If newer |" in notes
    assert "## 1.1" not in notes
    listing = (author.root / "build" / "ankiweb.txt").read_text("utf-8")
    assert "Costs $5 and $name." in listing
    assert "https://example.org/me/deck\n" in listing
    assert "4 cards:\n- Algebra: 4" in listing
    assert "release 1.1 (2023-11-15). What changed: 1 new" in listing


def test_the_settings_to_import_with_are_those_of_the_guide() -> None:
    """If this failed, the notes of a release and the guide for learners would tell different things."""
    root = Path(__file__).parents[2]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", (root / "deckbuilder/publishing/notes.md").read_text("utf-8"), re.M)
    guide = (root / "docs" / "learners.md").read_text("utf-8")
    assert len(rows) == 6
    assert [row for row in rows[1:] if f"| {row[0]} | {row[1]} |" not in guide] == []
