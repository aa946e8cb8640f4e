"""Two branches of a deck, merged by the real git: the lock merges by itself and nobody's history is lost."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder.drills.slots import Slot
from deckbuilder.identity.lock import Delivered, Lock, LockedNote, LockedType, Release, read_lock, write_lock
from deckbuilder.pipeline import BuildResult, Options, build

NAME = "deck.lock"
FIRST = 1_700_000_000
WORDS = "anchor basin copper dune ember fjord gravel harbour island jetty kelp lagoon marsh north ocean pebble".split()


class Branches:
    """A deck in a repository whose lock merges by union, one question a file."""

    def __init__(self, folder: Path) -> None:
        if not shutil.which("git"):
            pytest.fail("this test needs git")
        self.folder = folder
        self.now = FIRST
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        (folder / "deck.yml").write_text("name: Coast\nsubdecks: 1\n")
        (folder / ".gitattributes").write_text("deck.lock merge=union\n")

    def git(self, *words: str) -> subprocess.CompletedProcess[str]:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *identity, *words], cwd=self.folder, capture_output=True, text=True, check=False)

    def write(self, file: str, question: str, answer: str, *, topic: str = "Coast", comment: str = "") -> None:
        (self.folder / f"{file}.md").write_text(f"# {topic}\n\n1) {question} {comment}\n\n    {answer}\n")

    def build(self) -> BuildResult:
        self.now += 60
        return build(self.folder, Options(output=self.folder.parent / "out.apkg", now=self.now, retire=True))

    def built(self) -> Lock:
        """Build, commit, and return the lock."""
        result = self.build()
        assert not result.failed, [str(found) for found in result.diagnostics]
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "edit")
        return self.lock()

    def lock(self) -> Lock:
        lock, problems = read_lock((self.folder / NAME).read_text("utf-8"), NAME)
        assert lock is not None, problems
        return lock

    def merge(self, branch: str, chance: random.Random) -> None:
        """Merge; where both changed one file of notes the author takes one side's."""
        self.git("merge", "--no-edit", branch)
        for entry in self.git("status", "--porcelain", "-z").stdout.split("\0"):
            state, file = entry[:2], entry[3:]
            if state in {"UU", "AA"}:
                self.git("checkout", chance.choice(["--ours", "--theirs"]), "--", file)
            assert file != NAME or state not in {"UU", "AA"}, "the lock itself must never conflict"
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-edit", "--message", "merge")


def question(number: int) -> str:
    places = [f"{word}{number}" for word in random.Random(number).sample(WORDS, 3)]
    return "Where does the {} meet the {} by the {}?".format(*places)


def answer(number: int, edition: int = 0) -> str:
    words = " ".join(f"{word}{number * 7}" for word in random.Random(-number).sample(WORDS, 9))
    return f"{words}, as surveyed in edition {edition}." if edition else f"{words}."


def work(deck: Branches, name: str, chance: random.Random) -> None:
    """Change this and that, as one author does on one branch."""
    for step in range(chance.randint(1, 4)):
        files = sorted(deck.folder.glob("q*.md"))
        number = chance.randrange(40)
        which = chance.random()
        if which < 0.3 or not files:
            new = 40 + number + (40 if name == "main" else 80)
            topic = chance.choice(["Coast", "Inland"])
            comment = chance.choice(["", "", f"<!-- card: {{id: {name}-{new}}} -->"])
            deck.write(f"q{new:03d}", question(new), answer(new), topic=topic, comment=comment)
        elif which < 0.4:  # the very same question on both branches
            deck.write("same", "Which way does the tide turn at noon?", "Away from the land, at the speed of a walk.")
        elif which < 0.5:  # another question that begins with the same words
            deck.write(
                f"like-{name}", f"Why do all harbours on the {name} side of this coast freeze?", answer(300 + step)
            )
        else:
            file = chance.choice(files)
            if which < 0.75:
                file.write_text(file.read_text().rstrip("\n")[:-1] + f", seen {chance.randrange(1000)} times.\n")
            elif which < 0.87:
                file.write_text(file.read_text().replace("Where does the", f"By which of {number} ways does the"))
            elif which < 0.93:
                file.unlink()
            else:
                file.write_text(file.read_text().replace("# Coast", "# Harbour towns"))
        if chance.random() < 0.3:
            deck.built()


@pytest.mark.parametrize("seed", range(12))
def test_any_two_branches_merge_and_no_guid_is_lost(seed: int, tmp_path: Path) -> None:
    """If this failed, two authors would have to edit deck.lock by hand, and could lose learners' histories doing it."""
    chance = random.Random(seed)
    deck = Branches(tmp_path / "deck")
    for number in range(8):
        deck.write(f"q{number:03d}", question(number), answer(number))
    base = deck.built()
    deck.git("branch", "theirs")
    work(deck, "main", chance)
    ours = deck.built()
    deck.git("checkout", "--quiet", "theirs")
    work(deck, "theirs", chance)
    theirs = deck.built()
    deck.git("checkout", "--quiet", "main")
    deck.merge("theirs", chance)
    lines = (deck.folder / NAME).read_text()
    result = deck.build()
    assert not result.failed, [str(found) for found in result.diagnostics]
    merged = deck.lock()
    guids = [note.guid for note in merged.notes.values()]
    assert len(guids) == len(set(guids))
    assert {note.guid for lock in (base, ours, theirs) for note in lock.notes.values()} <= set(guids)
    for lock in (ours, theirs):
        for note in lock.notes.values():
            (same,) = (one for one in merged.notes.values() if one.guid == note.guid)
            assert same.modified >= note.modified, "a learner of either branch must get the next change"
    text = (deck.folder / NAME).read_text()
    assert deck.build().diagnostics is not None
    assert (deck.folder / NAME).read_text() == text, "what was merged is settled"
    assert read_lock(turned(lines), NAME)[0] == read_lock(lines, NAME)[0], "the other direction gives the same"


def turned(text: str) -> str:
    """Return a lock with its lines turned around, headers first."""
    lines = sorted(filter(None, reversed(text.split("\n"))), key=lambda line: not line.startswith('{"deckbuilder-lock'))
    return "\n\n".join(lines) + "\n"


# ── line by line ────────────────────────────────────────────────────────────────────────────────────────────────────


def note(key: str, guid: str = "", **changed: object) -> LockedNote:
    known: dict[str, object] = {
        "key": key, "guid": guid or f"guid-{key}", "kind": "concept", "born": 1, "modified": 2, "fingerprint": "f.f",
        "answer": "a", "section": ("A",), "text": f"What is {key}?",
    }  # fmt: skip
    return LockedNote(**{**known, **changed})  # type: ignore[arg-type]


def union(*locks: Lock) -> Lock:
    """Return what is read of the lines of all locks, in any order the same."""
    lines = [line for lock in locks for line in write_lock(lock).split("\n\n")]
    text = "\n\n".join(line.rstrip("\n") for line in lines) + "\n"
    lock, _ = read_lock(text, NAME)
    assert lock == read_lock(turned(text), NAME)[0]
    assert lock is not None
    assert read_lock(write_lock(lock), NAME) == (lock, [])
    return lock


def lock_of(*notes: LockedNote, **changed: object) -> Lock:
    return replace(Lock("Deck", "deck", 1, {}, {}, {one.key: one for one in notes}), **changed)


def merged(*lines: LockedNote) -> dict[str, LockedNote]:
    return dict(union(*(lock_of(line) for line in lines)).notes)


def test_of_two_lines_of_one_note_the_later_change_wins() -> None:
    """If this failed, an older change time could come out, and learners of one branch would miss the next change."""
    first = note("a", modified=5, answer="old", decided=("1" * 16,), left=("Deck::A",), born=3)
    later = note("a", modified=9, answer="new", decided=("2" * 16,), delivered=Delivered("1.0", "f.f"), born=4)
    assert merged(first, later) == {"a": replace(later, decided=("1" * 16, "2" * 16), left=("Deck::A",), born=3)}


def test_at_one_time_a_note_that_is_still_there_wins_over_its_retirement() -> None:
    """If this failed, a question that one branch deleted and the other kept would be told as come back."""
    assert not merged(note("a", retired=True), note("a"))["a"].retired
    assert merged(note("a", retired=True, modified=3), note("a"))["a"].retired


def test_a_new_key_of_one_branch_stays_when_the_other_edits() -> None:
    """If this failed, an id that was just added would name a new note, and the old history would be left behind."""
    renamed, edited = note("norm", "g", aliases=("a",)), note("a", "g", modified=9, text="What is it?")
    assert merged(renamed, edited) == {"norm": replace(edited, key="norm", aliases=("a",))}


def test_a_part_follows_the_new_key_of_its_note() -> None:
    """If this failed, a step that one branch added would be lost when the other branch gave its question an id."""
    whole = note("norm", "g", aliases=("a",))
    found = union(lock_of(whole), lock_of(note("a", "g"), note("a.step", of="a")))
    assert found.notes["norm.step"].of == "norm"
    assert found.notes["norm.step"].guid == "guid-a.step"


def test_two_new_notes_of_one_key_stay_two_notes() -> None:
    """If this failed, one topic's history would go to another, only because their questions begin alike."""
    older = note("harbours-coast", "g1", born=3, text="Harbours of the coast?")
    younger = note("harbours-coast", "g2", born=4, text="Harbours on this coast?")
    text = "\n\n".join(line.strip() for one in (younger, older) for line in write_lock(lock_of(one)).split("\n\n"))
    lock, (found,) = read_lock(text + "\n", NAME)
    assert lock is not None
    assert {key: one.guid for key, one in lock.notes.items()} == {"harbours-coast": "g1", "harbours-coast-2": "g2"}
    assert (found.code, found.is_error, found.span.line) == ("DB321", False, 3)
    assert "harbours-coast-2" in found.message


def test_a_key_that_was_given_as_an_id_stays_with_its_note() -> None:
    """If this failed, a question with an id would take over the history of another branch's question."""
    by_words = note("harbours-coast", "g1", born=3, text="Harbours of the coast?")
    by_id = note("harbours-coast", "g2", born=4, text="Why do they freeze?")
    assert merged(by_words, by_id)["harbours-coast"].guid == "g2"


def test_a_key_that_both_gave_as_an_id_is_nobody_s() -> None:
    """If this failed, whichever question keeps the id would get the older note's history, whatever its words are."""
    one, other = (note("coast", f"g{born}", born=born, text=f"Why {born} of them?") for born in (3, 4))
    assert set(merged(one, other)) == {"coast-2", "coast-3"}


def test_the_same_question_of_two_branches_is_one_note_and_a_retired_one() -> None:
    """If this failed, the next build could not tell which of two notes the one question is."""
    found = merged(note("a", "g1", born=3), note("a", "g2", born=4, answer="b"))
    assert [(one.guid, one.retired) for one in found.values()] == [("g1", False), ("g2", True)]


def test_of_the_same_question_the_note_that_learners_have_stays() -> None:
    """If this failed, a question that one branch released would come to its learners a second time."""
    delivered = Delivered("1.0", "f.f")
    found = merged(note("a", "g1", born=3), note("a", "g2", born=4, delivered=delivered))
    assert [(one.guid, one.retired) for one in found.values()] == [("g1", True), ("g2", False)]
    found = merged(note("a", "g1", born=3, retired=True), note("a", "g2", born=4))
    assert [(one.guid, one.retired) for one in found.values()] == [("g1", True), ("g2", False)]


def test_parts_go_with_the_note_that_they_were_born_with() -> None:
    """If this failed, the steps of one branch's derivation would bring their histories to the other's."""
    ours = lock_of(note("a", "g1", born=3, text="A first?"), note("a.s", "p1", born=3, of="a"))
    theirs = lock_of(
        note("a", "g2", born=4, text="A second?"),
        note("a.s", "p2", born=4, of="a"),
        note("a.t", "p3", born=4, of="a"),
        note("a.s.v", "p4", born=4, of="a.s"),
    )
    found = {one.guid: one for one in union(ours, theirs).notes.values()}
    assert found["p1"].of == found["g1"].key
    assert {found[part].of for part in ("p2", "p3")} == {found["g2"].key}
    assert found["p4"].of == found["p2"].key


def test_an_earlier_key_gives_way_to_a_key() -> None:
    """If this failed, a new note could not have the key that another branch's note has given up."""
    found = merged(note("b", "g1", aliases=("a", "c")), note("a", "g2"), note("d", "g3", aliases=("c",), born=9))
    assert found["b"].aliases == ("c",)
    assert found["d"].aliases == ()


def test_variants_of_both_branches_stay() -> None:
    """If this failed, a drill that one branch gave more variants would draw other numbers for them."""
    few = note("a", modified=9, slots=(Slot(1, {"v": "1"}, {}),))
    many = note("a", slots=(Slot(1, {"v": "7"}, {}), Slot(2, {"v": "2"}, {})))
    assert merged(few, many)["a"].slots == (few.slots[0], many.slots[1])


def test_the_later_release_wins_the_header_and_what_it_delivered() -> None:
    """If this failed, the next release would stamp notes again that the last one had already delivered."""
    delivered = Delivered("1.2", "f.f")
    later = lock_of(note("a", delivered=delivered), release=Release("1.2", 9))
    edited = lock_of(note("a", modified=8, delivered=Delivered("1.1", "e.e")), release=Release("1.1", 5))
    found = union(edited, later)
    assert found.release == Release("1.2", 9)
    assert found.notes["a"] == note("a", modified=8, delivered=delivered)


def test_note_types_and_decks_merge_too() -> None:
    """If this failed, two branches with a new heading or an edited template would stop each other."""
    old, new = LockedType("concept", 5, "old"), LockedType("concept", 6, "new", Delivered("1", "old"))
    ours = lock_of(types={"concept": new}, decks={("A",): "Deck::A"})
    theirs = lock_of(types={"concept": old}, decks={("A",): "Deck::Former"})
    assert union(ours, theirs).types == {"concept": new}
    assert union(ours, theirs).decks == {("A",): "Deck::Former"}


LINES = st.builds(
    note,
    st.sampled_from(["a", "b", "a-2", "a.s", "what"]),
    st.sampled_from(["g1", "g2", "g3", "g4"]),
    born=st.integers(1, 3),
    modified=st.integers(1, 3),
    retired=st.booleans(),
    aliases=st.lists(st.sampled_from(["a", "b", "c", "a.s"]), max_size=2, unique=True).map(tuple),
    of=st.sampled_from(["", "", "a", "b", "c", "a.s"]),
    text=st.sampled_from(["A?", "B?", "What?"]),
)


@given(st.lists(LINES, min_size=1, max_size=8))
def test_whatever_lines_come_together_no_guid_is_lost(lines: list[LockedNote]) -> None:
    """If this failed, some odd merge would lose a note, or end in a lock that cannot be read again."""
    found = merged(*lines)
    assert {one.guid for one in found.values()} == {line.guid for line in lines}
    assert len(found) == len({line.guid for line in lines})
    names = [name for one in found.values() for name in (one.key, *one.aliases)]
    assert len(names) == len(set(names))


def test_a_merged_lock_is_read_in_a_line_s_own_words(tmp_path: Path) -> None:
    """If this failed, the order of a record's parts would decide which line wins."""
    text = "\n\n".join(write_lock(lock_of(note("a", modified=m))).split("\n\n")[1].strip() for m in (2, 5))
    header = write_lock(lock_of()).strip()
    turned_round = json.dumps(dict(reversed(json.loads(text.split("\n\n")[0]).items())))
    lock, problems = read_lock("\n\n".join([header, text.split("\n\n")[1], turned_round]) + "\n", NAME)
    assert not problems
    assert lock is not None
    assert lock.notes["a"].modified == 5


def test_a_line_a_hundred_thousand_times_is_one_note() -> None:
    """If this failed, a file of copies would take hours to merge, or the memory."""
    line = write_lock(lock_of(note("a"))).split("\n\n")[1]
    text = write_lock(lock_of()) + line * 100_000
    lock, problems = read_lock(text, NAME)
    assert not problems
    assert lock is not None
    assert lock.notes == {"a": note("a")}
