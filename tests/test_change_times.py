"""What moves a note's change time: what its author wrote, whatever the program makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.identity.changes import Change, Content, change_of, stamped, updated_lock
from deckbuilder.identity.lock import LockedNote, read_lock, write_lock
from deckbuilder.pipeline import Options, Prepared, prepare
from tests.support.pictures import png
from tests.support.rerendering import render_otherwise

FIRST, DAY = 1_700_000_000, 86_400

NOTES = """\
# Algebra

## Vectors

1) What does the dot product measure? (Hint: think of shadows.)

    How far one vector reaches along
    the other, see [here][ref].

    TODO: a picture

2) What is shown?

    ![A square](media/square.png)

    ```python
    a  =  1
    ```

3) Derive the norm. <!-- card: {id: norm, steps: cards} -->

    It is $\\sqrt{v \\cdot v}$.

    1. **Square.** Take the dot product.

    2. **Root.** Take the root of it.

    **Key points**

    - positive
    - scales

## Numbers

1) One product.

    ```drill
    variants: 2
    params: {a: {range: [2, 9]}, b: {range: [2, 9]}}
    example: {a: 2, b: 3}
    ask: What is $@{a} \\cdot @{b}$?
    answer: a*b
    levels:
      large:
        params: {a: {range: [20, 90]}}
        example: {a: 20}
    ```

[ref]: https://example.org/ref
"""

HEADINGS = """\
---
questions: headings
---

# Algebra

## Vectors

### What does the dot product measure? (Hint: think of shadows.)

How far one vector reaches along the other, see [here][ref].

[ref]: https://example.org/ref
"""

DOT, SHOWN, NORM, SQUARE, ROOT = "dot-product-measure", "shown", "norm", "norm.square", "norm.root"
DRILL, LARGE = "one-product", "one-product.large"
ALL = {DOT, SHOWN, NORM, SQUARE, ROOT, DRILL, LARGE}


class Deck:
    """A deck in a folder, built once by the program of today."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes.md"
        (folder / "media").mkdir(parents=True)
        (folder / "media" / "square.png").write_bytes(png())
        (folder / "deck.yml").write_text("name: Deck\n", "utf-8")
        self.notes.write_text(NOTES, "utf-8")
        self.write_lock(self.prepared(FIRST))

    def edit(self, old: str, new: str) -> None:
        text = self.notes.read_text("utf-8")
        assert old in text
        self.notes.write_text(text.replace(old, new), "utf-8")

    def settings(self, line: str) -> None:
        (self.folder / "deck.yml").write_text(f"name: Deck\n{line}\n", "utf-8")

    def prepared(self, now: int) -> Prepared:
        found, result = prepare(self.folder, Options(now=now, retire=True, write=False))
        assert found is not None
        assert [str(one) for one in result.diagnostics if one.is_error] == []
        return found

    def write_lock(self, prepared: Prepared, changed: Callable[[LockedNote], LockedNote] = lambda note: note) -> None:
        lock = replace(prepared.lock, notes={key: changed(note) for key, note in prepared.lock.notes.items()})
        (self.folder / "deck.lock").write_text(write_lock(lock), "utf-8")

    def changes(self) -> dict[str, Change]:
        """Return what a build says of the notes that change, and see to it that just these are stamped."""
        found = self.prepared(FIRST + DAY)
        changed = {note.locked.key: note.change for note in found.notes if note.change is not Change.UNCHANGED}
        stamped = {key for key, note in found.lock.notes.items() if note.modified != FIRST}
        assert stamped == changed.keys()
        lock, problems = read_lock(write_lock(found.lock), "deck.lock")
        assert lock == found.lock, problems
        return changed


@pytest.fixture(params=["same program", "new program"])
def deck(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deck:
    """A built deck, and then either the same program or one that renders every note otherwise."""
    built = Deck(tmp_path / "deck")
    if request.param == "new program":
        render_otherwise(monkeypatch)
    return built


EDITS: dict[str, tuple[str, str, set[str]]] = {
    "a word of an answer": ("reaches along", "goes along", {DOT}),
    "a formula": ("v \\cdot v", "v^T v", {NORM}),
    "a hint": ("think of shadows", "think of light", {DOT}),
    "a key point": ("- scales", "- homogeneous", {NORM}),
    "the place that a link leads to": ("https://example.org/ref", "https://example.org/other", {DOT}),
    "blanks in code": ("a  =  1", "a = 1", {SHOWN}),
    "a step": ("Take the dot product.", "Take the dot product with itself.", {NORM, SQUARE, ROOT}),
    "the last step": ("Take the root of it.", "Take its root.", {NORM, ROOT}),
    "tags": ("{id: norm, ", "{id: norm, tags: [exam], ", {NORM, SQUARE, ROOT}),
    "the kind": ("What is shown?", "What is shown? <!-- card: {kind: implementation} -->", {SHOWN}),
    "what a drill asks": ("ask: What is", "ask: How much is", {DRILL, LARGE}),
    "an id": ("What is shown?", "What is shown? <!-- card: {id: picture} -->", {"picture"}),
}


@pytest.mark.parametrize(("old", "new", "changed"), EDITS.values(), ids=EDITS)
def test_what_the_author_wrote_is_stamped(deck: Deck, old: str, new: str, changed: set[str]) -> None:
    """If this failed, learners would keep the old text."""
    deck.edit(old, new)
    assert deck.changes() == dict.fromkeys(changed, Change.EDITED)


LAYOUT: dict[str, tuple[str, str]] = {
    "other wraps": ("along\n    the other", "along the other"),
    "more blanks": ("positive", "positive "),
    "numbers": ("2) What", "7. What"),
    "lines above": ("# Algebra", "<!-- a remark -->\n\n\n# Algebra"),
    "a remark": ("What is shown?", "What is shown? <!-- ask someone -->"),
    "a TODO": ("TODO: a picture", "TODO: a picture of it"),
    "no TODO": ("    TODO: a picture\n", ""),
    "a link that no note uses": ("[ref]:", "[other]: https://example.org/x\n[ref]:"),
    "indentation": ("    It is $", "     It is $"),
}


@pytest.mark.parametrize(("old", "new"), LAYOUT.values(), ids=LAYOUT)
def test_layout_is_not_stamped(deck: Deck, old: str, new: str) -> None:
    """If this failed, tidying up a file would overwrite what learners wrote on its notes."""
    deck.edit(old, new)
    assert deck.changes() == {}


def test_a_picture_with_other_bytes_is_an_edit(deck: Deck) -> None:
    """If this failed, learners would keep the old picture."""
    (deck.folder / "media" / "square.png").write_bytes(png(2, 2))
    assert deck.changes() == {SHOWN: Change.EDITED}


@pytest.mark.parametrize("line", ["tags: [exam]", "tag_prefix: other"])
def test_tags_of_the_whole_deck_are_edits(deck: Deck, line: str) -> None:
    """If this failed, learners would keep the old tags."""
    deck.settings(line)
    assert deck.changes() == dict.fromkeys(ALL, Change.EDITED)


def test_another_flavour_is_an_edit_of_what_it_shows_otherwise(deck: Deck) -> None:
    """If this failed, learners would keep what the author chose to have rendered otherwise."""
    deck.settings("flavour: python-markdown")
    assert deck.changes()[DOT] is Change.EDITED


def test_a_renamed_heading_moves_its_notes(deck: Deck) -> None:
    """If this failed, breadcrumbs and tags would stay with the old heading, or the move be told as an edit."""
    deck.edit("## Vectors", "## Arrows")
    assert deck.changes() == dict.fromkeys({DOT, SHOWN, NORM, SQUARE, ROOT}, Change.MOVED)


def test_a_section_that_moves_into_another_file_changes_nothing(deck: Deck) -> None:
    """If this failed, splitting a file would overwrite every learner's edits."""
    text = deck.notes.read_text("utf-8")
    at, end = text.index("## Numbers"), text.index("[ref]:")
    (deck.folder / "numbers.md").write_text("# Algebra\n\n" + text[at:end], "utf-8")
    deck.notes.write_text(text[:at] + text[end:], "utf-8")
    assert deck.changes() == {}


def test_questions_that_become_headings_change_nothing(deck: Deck) -> None:
    """If this failed, going over to headings would overwrite every learner's edits."""
    deck.notes.write_text(HEADINGS, "utf-8")
    assert deck.changes() == {}


def test_a_note_that_comes_back_as_it_was_is_not_stamped(deck: Deck) -> None:
    """If this failed, taking a question out for a while would overwrite what learners wrote on it."""
    text = deck.notes.read_text("utf-8")
    deck.notes.write_text(re.sub(r"2\) What is shown.*?```\n\n", "", text, count=1, flags=re.DOTALL), "utf-8")
    gone = deck.prepared(FIRST + 5)
    assert [note.key for note in gone.retired] == [SHOWN]
    deck.write_lock(gone)
    deck.notes.write_text(text, "utf-8")
    assert deck.changes() == {}


def test_other_numbers_of_a_drill_are_stamped(deck: Deck) -> None:
    """If this failed, learners would keep variants whose numbers the lock does not have any more."""

    def other_numbers(note: LockedNote) -> LockedNote:
        if note.key != DRILL:
            return note
        first, *rest = note.slots
        values = {"a": "5", "b": "7"} if first.values != {"a": "5", "b": "7"} else {"a": "7", "b": "5"}
        product = dict.fromkeys(first.answers, "35")
        return replace(note, slots=(replace(first, values=values, answers=product), *rest))

    deck.write_lock(deck.prepared(FIRST), other_numbers)
    assert deck.changes() == {DRILL: Change.EDITED}


def without_source(note: LockedNote) -> LockedNote:
    return replace(note, source="")


@pytest.mark.parametrize("name", ["a word of an answer", "tags", "an id"])
def test_an_old_lock_knows_words_and_tags(tmp_path: Path, name: str) -> None:
    """If this failed, edits made before the first build with a new program would reach nobody."""
    deck = Deck(tmp_path / "deck")
    deck.write_lock(deck.prepared(FIRST), without_source)
    old, new, changed = EDITS[name]
    deck.edit(old, new)
    assert deck.changes() == dict.fromkeys(changed, Change.EDITED)


def test_what_an_old_lock_cannot_tell_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, an author's edit of a formula could be left unstamped without a word."""
    deck = Deck(tmp_path / "deck")
    deck.write_lock(deck.prepared(FIRST), without_source)
    render_otherwise(monkeypatch)
    deck.edit("reaches along", "goes along")
    assert deck.changes() == {DOT: Change.EDITED}
    _, result = prepare(deck.folder, Options(now=FIRST + DAY, write=False))
    (told,) = [found for found in result.diagnostics if found.code == "DB329"]
    assert told.message.startswith("6 notes look different now, though their words are the same: ")
    deck.write_lock(deck.prepared(FIRST + DAY))
    _, result = prepare(deck.folder, Options(now=FIRST + 2 * DAY, write=False))
    assert "DB329" not in {found.code for found in result.diagnostics}


def test_pictures_that_change_places_are_edits(deck: Deck) -> None:
    """If this failed, learners would keep each picture where the other belongs."""
    (deck.folder / "media" / "other.png").write_bytes(png(3, 3))
    deck.edit("![A square](media/square.png)", "![A square](media/square.png) ![Other](media/other.png)")
    deck.write_lock(deck.prepared(FIRST), lambda note: replace(note, modified=FIRST))
    (deck.folder / "media" / "other.png").write_bytes(png())
    (deck.folder / "media" / "square.png").write_bytes(png(3, 3))
    assert deck.changes() == {SHOWN: Change.EDITED}


def test_a_note_that_was_only_decided_on_is_new(deck: Deck) -> None:
    """If this failed, a question that `resolve` calls new would never be stamped, or be retired without being built."""
    found = deck.prepared(FIRST)

    def decided(note: LockedNote) -> LockedNote:
        return replace(note, fingerprint="", source="", born=0, modified=0) if note.key == SHOWN else note

    lock = replace(found.lock, notes={key: decided(note) for key, note in found.lock.notes.items()})
    question = next(note for note in found.notes if note.locked.key == SHOWN)
    identity = replace(question.rendered.identity, known=lock.notes[SHOWN])
    content = Content("concept", ("A",), "What is shown?", "", "a.b", "c.d")
    line = stamped(identity, content, FIRST + DAY)
    assert change_of(identity, content) is Change.NEW
    assert (line.guid, line.born, line.modified) == (lock.notes[SHOWN].guid, FIRST + DAY, FIRST + DAY)
    assert SHOWN not in updated_lock(lock, [], [], {}).notes
    assert updated_lock(lock, [], [], {}).notes[DOT].retired


def test_fingerprints_of_sources_are_what_they_were(tmp_path: Path) -> None:
    """If this failed, an update of deckbuilder could bring every note to every learner again."""
    deck = Deck(tmp_path / "deck")
    for question, key in (("measure?", "dot"), ("is shown?", "shown"), ("One product.", "product")):
        deck.edit(question, f"{question} <!-- card: {{id: {key}, tags: [b, a]}} -->")
    assert {key: note.source for key, note in deck.prepared(FIRST).lock.notes.items() if not note.retired} == {
        "dot": "456cdd36aa585bbc.32fb4ecd1e032518",
        "norm": "8bd8963d2f88ef4f.8fa14324bd616683",
        "norm.root": "0dfc960708131535.a454c173f0005d76",
        "norm.square": "3259da9a8783ac45.53b2f8259f50c658",
        "product": "2cc9ad1161375af3.d878e333381fe60a",
        "product.large": "73af9cc388caee39.03f0405beac5058f",
        "shown": "e4748f4112a28af0.1b5f703797cd41ad",
    }
