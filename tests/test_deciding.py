"""Decisions about questions in doubt: what they write, what they never write, and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.deciding import Desk, Place, place_of
from deckbuilder.diagnostics import CannotGoOn
from deckbuilder.earlier import Earlier
from deckbuilder.identity.changes import Change
from deckbuilder.identity.lock import Lock, LockedNote, read_lock, write_lock
from deckbuilder.kinds import fields
from deckbuilder.pipeline import BuildResult, Options, build, prepare

FIRST, DAY = 1_700_000_000, 86_400

BEFORE = """\
# Norms

1) What shape does the unit ball of the L1 norm have?

    A diamond with its corners on the axes.

2) Which three axioms define a norm on a vector space?

    It is positive, it scales, and it obeys the triangle inequality.

3) How long is a unit vector in every norm there is?

    One, by its very definition, whichever norm is meant.

4) Why are all norms on a finite space equivalent?

    Because the unit sphere is compact and norms are continuous.

5) What does the dual of the L4 norm measure?

    The largest value of a functional on the unit ball.
"""
AFTER = BEFORE.replace("L1 norm", "L2 norm").replace("A diamond with its corners on the axes", "A ball, round all over")
OLD, LINE = "shape-unit-ball-l1-norm", 3


class Deck:
    """A deck that was built once, and whose first question was then changed as a whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "content"
        self.folder.mkdir()
        (self.folder / "deck.yml").write_text("name: Norms\n", "utf-8")
        self.apkg = folder / "build" / "norms.apkg"
        self.write(BEFORE)
        assert not self.build(FIRST).failed
        self.write(AFTER)

    def write(self, text: str) -> None:
        (self.folder / "notes.md").write_text(text, "utf-8")

    def build(self, at: int) -> BuildResult:
        return build(self.folder, Options(output=self.apkg, now=at))

    def desk(self) -> Desk:
        prepared, _ = prepare(Path("content"), Options(write=False))
        assert prepared
        return Desk(prepared)

    def lock(self) -> Lock:
        lock, problems = read_lock((self.folder / "deck.lock").read_text("utf-8"), "deck.lock")
        assert lock, problems
        return lock

    def note(self, key: str = OLD) -> LockedNote:
        return self.lock().notes[key]

    def at(self, line: int = LINE) -> Place:
        return Place("content/notes.md", line)

    def codes(self) -> list[str]:
        return [found.code for found in self.build(FIRST + DAY).diagnostics if found.is_error]


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deck:
    monkeypatch.chdir(tmp_path)
    return Deck(tmp_path)


def same(deck: Deck) -> None:
    desk = deck.desk()
    (doubt,) = desk.doubts
    assert desk.write([desk.is_same(desk.target(doubt), doubt.candidates[0], deck.at())]) == []


def new(deck: Deck) -> None:
    desk = deck.desk()
    assert desk.write([desk.new(deck.at())]) == []


def test_a_decision_writes_matching_data_only(deck: Deck) -> None:
    """If this failed, the next build would see no edit, and no learner would ever get the new words."""
    old = deck.note()
    same(deck)
    note = deck.note()
    assert (note.text, note.section) == ("What shape does the unit ball of the L2 norm have?", ("Norms",))
    assert note.answer != old.answer
    assert note.decided == (old.fingerprint.partition(".")[0],)
    assert replace(note, text=old.text, answer=old.answer, decided=()) == old
    assert (deck.folder / "notes.md").read_text("utf-8") == AFTER


def test_what_was_decided_to_be_the_same_reaches_learners_and_is_never_asked_again(deck: Deck) -> None:
    """If this failed, an author would answer the same question at every build."""
    assert deck.codes() == ["DB303"]
    guid = deck.note().guid
    same(deck)
    first = deck.build(FIRST + DAY)
    assert not first.failed
    (note,) = [one for one in first.notes if one.key == OLD]
    assert (note.guid, note.change) == (guid, Change.EDITED)
    assert deck.note().modified == FIRST + DAY
    assert {one.change for one in deck.build(FIRST + 2 * DAY).notes} == {Change.UNCHANGED}
    deck.write(AFTER.replace("What shape does", "Which shape does"))
    again = deck.build(FIRST + 3 * DAY)
    assert not again.failed
    assert [one.guid for one in again.notes if one.change is Change.EDITED] == [guid]


def test_what_was_decided_to_be_new_is_new_once_and_never_asked_again(deck: Deck) -> None:
    """If this failed, a decision would be lost, or a note that was never delivered be told as an edit."""
    old = deck.note()
    new(deck)
    (pending,) = [note for note in deck.lock().notes.values() if not note.fingerprint]
    assert deck.note() == old
    first = deck.build(FIRST + DAY)
    assert not first.failed
    assert {one.key: one.change for one in first.notes}[pending.key] is Change.NEW
    assert [one.key for one in first.retired] == [OLD]
    delivered = deck.note(pending.key)
    assert (delivered.guid, delivered.born, delivered.modified) == (pending.guid, FIRST + DAY, FIRST + DAY)
    assert delivered.fingerprint
    assert deck.note().retired
    assert {one.change for one in deck.build(FIRST + 2 * DAY).notes} == {Change.UNCHANGED}
    deck.write(AFTER.replace("What shape does", "Which shape does"))
    again = deck.build(FIRST + 3 * DAY)
    assert not again.failed
    assert [one.guid for one in again.notes if one.change is Change.EDITED] == [pending.guid]


def test_a_new_note_whose_question_is_gone_before_any_build_was_never_there(deck: Deck) -> None:
    """If this failed, a note that no learner ever had would be told as retired, for ever."""
    new(deck)
    deck.write(BEFORE)
    result = deck.build(FIRST + DAY)
    assert not result.failed
    assert result.retired == ()
    assert {note.change for note in result.notes} == {Change.UNCHANGED}
    assert all(note.fingerprint for note in deck.lock().notes.values())


def test_the_package_carries_the_decision_and_nothing_else_of_any_note_moves(deck: Deck) -> None:
    """If this failed, `verify` could not tell a decision from a shift, or every learner's note would be stamped."""
    same(deck)
    wording = deck.note().decided[0]
    prepared, result = prepare(deck.folder, Options(now=FIRST + DAY))
    assert prepared
    assert not result.failed
    said = {note.fields[0]: note.fields[fields.FIELDS.index(fields.DECISIONS)] for note in prepared.plan().notes}
    assert said.pop(OLD) == wording
    assert set(said.values()) == {""}
    deck.build(FIRST + DAY)
    deck.write(
        AFTER.replace(
            "define a norm on a vector space?", "define a norm on a vector space? <!-- card: {id: axioms} -->"
        )
    )
    prepared, _ = prepare(deck.folder, Options(now=FIRST + 2 * DAY))
    assert prepared
    (named,) = [note for note in prepared.plan().notes if note.fields[0] == "axioms"]
    assert named.fields[fields.FIELDS.index(fields.DECISIONS)] == fields.BY_ID


def test_a_pasted_id_that_keeps_a_history_counts_as_a_decision(deck: Deck) -> None:
    """If this failed, `verify` would refuse the release of an author who took the id out again later."""
    before = deck.note().fingerprint.partition(".")[0]
    deck.write(AFTER.replace("norm have?", f"norm have? <!-- card: {{id: {OLD}}} -->"))
    assert not deck.build(FIRST + DAY).failed
    assert deck.note().decided == (before,)


def test_a_question_that_moved_too_leaves_the_deck_where_its_card_lies(deck: Deck) -> None:
    """If this failed, `push` would not know where to look for the card, and leave it behind."""
    (deck.folder / "deck.yml").write_text("name: Norms\nsubdecks: 1\n", "utf-8")
    question, rest = AFTER.split("2) Which", 1)
    deck.write(f"# Norms\n\n2) Which{rest}\n# Balls\n{question.removeprefix('# Norms')}")
    desk = deck.desk()
    assert desk.write([desk.same(OLD, deck.at(24))]) == []
    assert deck.note().section == ("Balls",)
    assert not deck.build(FIRST + DAY).failed
    assert deck.note().left == ("Norms::Norms",)


def test_a_renamed_heading_keeps_its_deck_though_every_question_was_decided(deck: Deck) -> None:
    """If this failed, learners would get a second deck for a section whose heading and questions were reworded."""
    (deck.folder / "deck.yml").write_text("name: Norms\nsubdecks: 1\n", "utf-8")
    one = BEFORE.split("2) Which", 1)[0]
    (deck.folder / "one.md").write_text(one.replace("# Norms", "# Shapes").replace("L1", "L7"), "utf-8")
    deck.write("# Norms\n\n2) Which" + BEFORE.split("2) Which", 1)[1])
    (deck.folder / "deck.lock").unlink()
    assert not build(deck.folder, Options(output=deck.apkg, now=FIRST, new_deck=True)).failed
    assert deck.lock().decks["Shapes",] == "Norms::Shapes"
    (deck.folder / "one.md").write_text(
        "# Solids\n\n1) What solid is the unit ball of the L9 norm?\n\n    None that has a name of its own.\n", "utf-8"
    )
    desk = deck.desk()
    assert desk.write([desk.same("shape-unit-ball-l7-norm", Place("content/one.md", 3))]) == []
    assert not deck.build(FIRST + DAY).failed
    assert "Shapes" not in [section[0] for section in deck.lock().decks]
    assert deck.lock().decks["Solids",] == "Norms::Shapes"


STEPS = """\
# Proofs

1) Derive the cosine of the angle between two vectors. <!-- card: {steps: cards} -->

    The cosine is the dot product divided by both lengths.

    1. **Write the L1 product down.** It is the sum of all products of both vectors.
    2. **Divide by both of the lengths.** Both are positive, so they may be divided by.
"""


@pytest.mark.parametrize("decide", [same, new])
def test_a_step_that_is_a_card_is_decided_about_by_its_line(deck: Deck, decide: Callable[[Deck], None]) -> None:
    """If this failed, a reworded step could only be answered by an id in the source."""
    path, old = deck.folder / "proofs.md", "derive-cosine-angle-two-vectors.write-l1-product-down"
    deck.write(BEFORE)
    path.write_text(STEPS, "utf-8")
    assert not deck.build(FIRST).failed
    guid = deck.note(old).guid
    path.write_text(STEPS.replace("L1", "L2").replace("It is the sum of all", "Nothing else is like the"), "utf-8")
    desk, place = deck.desk(), Place("content/proofs.md", 7)
    assert [doubt.of for doubt in desk.doubts] == ["derive-cosine-angle-two-vectors"]
    assert desk.write([desk.same(old, place) if decide is same else desk.new(place)]) == []
    result = deck.build(FIRST + DAY)
    assert not result.failed
    (step,) = [one for one in result.notes if (one.span.file, one.span.line) == (f"{deck.folder}/proofs.md", 7)]
    assert (step.guid == guid, step.change) == ((True, Change.EDITED) if decide is same else (False, Change.NEW))
    assert {one.change for one in deck.build(FIRST + 2 * DAY).notes} == {Change.UNCHANGED}


# What is refused


def refused(deck: Deck, *decisions: tuple[str, Place] | Place) -> str:
    """Return why decisions are refused, and see to it that nothing was written."""
    text = (deck.folder / "deck.lock").read_bytes()
    desk = deck.desk()
    with pytest.raises(CannotGoOn) as stop:
        taken = [desk.new(one) if isinstance(one, Place) else desk.same(*one) for one in decisions]
        problems = desk.write(taken)
        raise CannotGoOn(*problems)
    assert (deck.folder / "deck.lock").read_bytes() == text
    (found,) = stop.value.diagnostics
    assert found.code in ("DB345", "DB313")
    assert found.help
    return found.message


def test_what_cannot_hold_is_refused_with_the_reason(deck: Deck) -> None:
    """If this failed, a slip in a script would put one card's reviews on another."""
    axioms = "three-axioms-define-norm-vector-space"
    assert axioms in deck.lock().notes
    assert "no note `shape`" in refused(deck, ("shape", deck.at()))
    assert "no question stands at" in refused(deck, (OLD, deck.at(1)))
    assert "no question stands at" in refused(deck, (OLD, deck.at(999)))
    assert "no question stands at other.md:3" in refused(deck, (OLD, Place("other.md", 3)))
    assert f"`{axioms}` is the question at content/notes.md:7" in refused(deck, (axioms, deck.at()))
    assert f"the question is `{axioms}`, word for word" in refused(deck, (OLD, deck.at(7)))
    assert f"the question is `{axioms}`, word for word" in refused(deck, deck.at(9))
    assert "was decided twice" in refused(deck, (OLD, deck.at()), deck.at())
    deck.write(AFTER.replace("norm have?", f"norm have? <!-- card: {{id: {axioms}}} -->"))
    assert f"the question's id says that it is `{axioms}`" in refused(deck, (OLD, deck.at()))
    assert f"the question's id says that it is `{axioms}`" in refused(deck, deck.at())
    deck.write(AFTER.replace("    A ball, round all over.\n", ""))
    assert "no answer yet" in refused(deck, deck.at())


@pytest.mark.parametrize("decide", [same, new])
def test_an_id_that_came_with_the_rewording_becomes_the_key(deck: Deck, decide: Callable[[Deck], None]) -> None:
    """If this failed, whoever gives a question an id while it is in doubt could not answer, or lose the id."""
    deck.write(AFTER.replace("norm have?", "norm have? <!-- card: {id: ball} -->"))
    guid = deck.note().guid
    desk = deck.desk()
    assert desk.write([desk.same(OLD, deck.at()) if decide is same else desk.new(deck.at())]) == []
    result = deck.build(FIRST + DAY)
    assert not result.failed
    (note,) = [one for one in result.notes if one.key == "ball"]
    assert (note.guid == guid, note.change) == ((True, Change.EDITED) if decide is same else (False, Change.NEW))


def test_one_note_cannot_be_two_questions(deck: Deck) -> None:
    """If this failed, which of the two gets the reviews would be left to chance."""
    deck.write(AFTER + "\n6) And what shape does that of the L3 norm have?\n\n    Something in between these two.\n")
    assert f"`{OLD}` cannot be two questions" in refused(deck, (OLD, deck.at()), (OLD, deck.at(23)))


def test_a_lock_that_changed_meanwhile_is_left_as_it_is(deck: Deck) -> None:
    """If this failed, a build that ran while an author was thinking would be undone."""
    desk = deck.desk()
    decision = desk.same(OLD, deck.at())
    path = deck.folder / "deck.lock"
    path.write_text(path.read_text("utf-8").replace("axioms", "axiom"), "utf-8")
    text = path.read_bytes()
    (problem,) = desk.write([decision])
    assert problem.code == "DB313"
    assert path.read_bytes() == text
    assert sorted(one.name for one in deck.folder.iterdir()) == ["deck.lock", "deck.yml", "notes.md"]


def test_an_author_knows_better_than_the_build(deck: Deck) -> None:
    """If this failed, a question that is worded all anew could not keep its history without an id in the source."""
    deck.write(AFTER.replace("What shape does the unit ball of the L2 norm have?", "Describe Euclid's sphere."))
    assert deck.desk().doubts == ()
    desk = deck.desk()
    for decision in (desk.same(OLD, Place("notes.md", 5)), desk.same(OLD, Place("./content/notes.md", 3))):
        assert decision.target.text == "Describe Euclid's sphere."
    assert desk.write([desk.same(OLD, deck.at())]) == []
    result = deck.build(FIRST + DAY)
    assert not result.failed
    assert result.retired == ()


def test_an_earlier_key_names_its_note(deck: Deck) -> None:
    """If this failed, a script would fail because a note was given an id meanwhile."""
    lock = deck.lock()
    note = replace(lock.notes[OLD], key="ball", aliases=(OLD,))
    notes = {key: one for key, one in lock.notes.items() if key != OLD} | {"ball": note}
    (deck.folder / "deck.lock").write_text(write_lock(replace(lock, notes=notes)), "utf-8")
    assert deck.desk().same(OLD, deck.at()).note.key == "ball"


def test_decisions_are_taken_though_the_deck_has_other_errors(deck: Deck) -> None:
    """If this failed, one broken picture would keep an author from answering anything."""
    deck.write(AFTER + "\n    ![Gone](gone.png)\n")
    assert len(deck.codes()) == 2
    same(deck)
    assert "DB303" not in deck.codes()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a.md:41", Place("a.md", 41)), ("content/a b.md:41:7", Place("content/a b.md", 41)),
        ("C:\\a.md:4", Place("C:\\a.md", 4)), ("a.md", None), ("a.md:x", None), (":4", None), ("4", None),
    ],
)  # fmt: skip
def test_a_place_is_read_as_findings_show_it(text: str, place: Place | None) -> None:
    """If this failed, what an author copies from a finding would not be understood."""
    assert place_of(text) == place


# Earlier wordings


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(
    "hostile", [b"\xe9\xff", b"\0", b"x\n" * 200_001, b"y" * 5_000_000], ids=["no UTF-8", "NUL", "lines", "large"]
)
def test_what_history_holds_is_read_as_carefully_as_the_sources(hostile: bytes, deck: Deck, tmp_path: Path) -> None:
    """If this failed, a commit of a pull request could stop `resolve`, or keep it busy, by a file that is no more."""
    deck.apkg.unlink()
    git(tmp_path, "init", "--quiet")
    for content in (BEFORE.encode() + hostile, AFTER.encode()):
        (deck.folder / "notes.md").write_bytes(content)
        git(tmp_path, "add", "content")
        git(tmp_path, "commit", "--quiet", "-m", "one")
    assert deck.desk().earlier.wording(deck.note()).origin == "content/deck.lock"


def test_the_earlier_wording_is_the_packages_then_gits_then_the_locks(deck: Deck, tmp_path: Path) -> None:
    """If this failed, an author would decide without seeing what the card said, or by what it said long ago."""
    note = deck.note()

    def found() -> tuple[str, str | None]:
        wording = Earlier(deck.desk().prepared).wording(note)
        return wording.origin.partition(" ")[0], wording.answer

    origin, answer = found()
    assert origin == "build/norms.apkg"
    assert answer and "A diamond" in answer
    deck.apkg.unlink()
    assert found() == ("content/deck.lock", None)
    git(tmp_path, "init", "--quiet")
    deck.write(BEFORE)
    git(tmp_path, "add", "content")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    deck.write(AFTER)
    git(tmp_path, "commit", "--quiet", "-a", "-m", "second")
    origin, answer = found()
    assert origin == "git"
    assert answer and "A diamond" in answer


def test_a_package_of_another_time_is_not_believed(deck: Deck) -> None:
    """If this failed, a stale file in build/ would show words that the last build had long replaced."""
    lock = deck.lock()
    notes = lock.notes | {OLD: replace(lock.notes[OLD], modified=FIRST + 1)}
    (deck.folder / "deck.lock").write_text(write_lock(replace(lock, notes=notes)), "utf-8")
    assert Earlier(deck.desk().prepared).wording(deck.note()).origin == "content/deck.lock"
