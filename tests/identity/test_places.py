"""Where several questions share their words, their sections and answers decide together."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deckbuilder.identity.lock import Lock
from deckbuilder.identity.resolve import Match
from tests.identity.decks import Q, built, codes, fresh, kept

LONG = "It keeps the variance of each layer the same."
OTHER = "A town on the river with seven old bridges."
THIRD = "Nobody has found out who wrote this down."


def whose(before: list[Q], after: list[Q], gone: list[Q] | None = None) -> tuple[list[int | None], list[str]]:
    """Return for each question of the second deck the number of the one before whose history it has, and the codes.

    `gone` are questions that were there before the first deck, and are retired.
    """
    lock = Lock("D", "d", 1)
    if gone:
        lock, _, _ = built(lock, [*gone, *before])
    lock, identities, _ = built(lock, before)
    guids = {note.guid: note.text for note in lock.notes.values() if note.retired}
    of_old = {one.guid: -1 for one in guids} if False else dict.fromkeys(guids, -1)
    of_old |= {identities[q].guid: number for number, q in enumerate(before) if q in identities}
    _, now, found = built(lock, after)
    said = [code for code in codes(found) if code not in ("DB304", "DB305", "DB314")]
    return [of_old.get(now[q].guid, None) if q in now else None for q in after], said


def week(number: int, answer: str, text: str = "Give an example.") -> Q:
    return Q(text, answer, ("Course", f"Week {number}"))


def test_inserting_a_week_takes_no_history_down_the_list() -> None:
    """If this failed, each week's reviews would be on the next week's card."""
    answers = [f"{LONG} In week {number} it does." for number in range(5)]
    before = [week(number, answer) for number, answer in enumerate(answers)]
    after = [before[0], week(1, OTHER), *(week(number + 1, answers[number]) for number in range(1, 5))]
    assert whose(before, after) == ([0, None, 1, 2, 3, 4], [])


def test_weeks_are_followed_where_their_other_questions_went() -> None:
    """If this failed, the same short answer under each week would leave its history behind when a week is inserted."""

    def deck(weeks: list[int]) -> list[Q]:
        return [
            question
            for number, topic in enumerate(weeks)
            for question in (week(number, "Yes."), week(number, f"{LONG} Topic {topic}.", f"What about topic {topic}?"))
        ]

    after = deck([0, 9, 1, 2])
    assert whose(deck([0, 1, 2]), after)[0] == [0, 1, None, None, 2, 3, 4, 5]
    assert whose(deck([0, 1, 2]), after)[1] == []
    assert whose(deck([0, 1, 2]), deck([0, 1, 2])) == ([0, 1, 2, 3, 4, 5], [])
    assert whose(deck([0, 1, 2]), deck([0, 2]))[1] == ["DB303"], "of two weeks that may be the second"


def test_short_answers_that_are_shuffled_among_weeks_are_asked_about() -> None:
    """If this failed, histories would be dealt out by chance where neither words nor answers prove anything."""
    assert whose([week(1, "Yes."), week(2, "No.")], [week(1, "No."), week(2, "Yes.")]) == (
        [None, None],
        ["DB303", "DB303"],
    )
    assert whose([week(1, "Yes."), week(2, "No.")], [week(1, "Yes."), week(2, "Maybe.")]) == ([0, 1], [])
    assert whose([week(1, "Yes."), week(2, "No.")], [week(1, "Yes."), week(3, "No.")]) == ([0, 1], [])
    assert whose([week(1, "Yes."), week(2, "No.")], [week(1, "No."), week(3, "Oh.")])[1] == ["DB303", "DB303"]
    assert whose([week(1, "Yes."), week(2, "Yes.")], [week(3, "Yes."), week(4, "Yes.")])[1] == ["DB303", "DB303"]


def test_one_question_that_moves_renames_no_section() -> None:
    """If this failed, moving a question would make the build ask about others that nobody touched."""
    one, other = Q("What is a trace?", LONG, ("A",)), Q("What is a norm?", OTHER, ("B",))
    generic = [Q("Give an example.", "Yes.", ("A",)), Q("Give an example.", "Yes.", ("B",))]
    moved = replace_section(one, ("B",))
    assert whose([one, other, *generic], [moved, other, *generic]) == ([0, 1, 2, 3], [])
    alone = [Q("What is a trace?", LONG, ("A",)), *generic]
    assert whose(alone, [replace_section(one, ("C",)), *generic]) == ([0, 1, 2], [])


def test_a_question_that_moves_leaves_those_behind_whose_answers_were_edited() -> None:
    """If this failed, a section would seem to be renamed because its other answers were edited the same day."""
    before = [Q("What is a trace?", LONG, ("A",)), Q("What is a norm?", OTHER, ("A",)), week(1, "Yes.")]
    after = [Q("What is a trace?", LONG, ("B",)), Q("What is a norm?", THIRD, ("A",)), week(1, "Yes.")]
    assert whose(before, after) == ([0, 1, 2], [])


def test_a_section_is_followed_only_if_all_of_it_went_to_one_place() -> None:
    """If this failed, splitting a section would deal its short answers out by chance."""
    strong = [Q(f"What is topic {number}?", f"{LONG} {number}", ("A",)) for number in range(2)]
    generic = [Q("Give an example.", "Yes.", ("A",)), Q("Give an example.", "Yes.", ("Z",))]
    split = [replace_section(strong[0], ("B",)), replace_section(strong[1], ("C",))]
    after = [*split, Q("Give an example.", "Yes.", ("B",)), Q("Give an example.", "Yes.", ("C",)), generic[1]]
    found, said = whose([*strong, *generic], after)
    assert found == [0, 1, None, None, 3]
    assert said == ["DB303", "DB303"]
    whole = [replace_section(q, ("B",)) for q in [*strong, generic[0]]]
    assert whose([*strong, *generic], [*whole, generic[1]]) == ([0, 1, 2, 3], [])


def replace_section(q: Q, section: tuple[str, ...]) -> Q:
    return Q(q.text, q.answer, section, q.id, q.ships)


NORM = Q("What is a norm?", LONG, ("Vectors",))


@pytest.mark.parametrize(
    ("after", "whose_is_it"),
    [
        # its old words are another's now
        ([Q("What is a vector norm?", LONG, ("Vectors",)), Q("What is a norm?", OTHER, ("Matrices",))], [0, None]),
        ([Q("What is a norm?", OTHER, ("Matrices",)), Q("What is a vector norm?", LONG, ("Vectors",))], [None, 0]),
        # its old place is another's now
        ([Q("What is a norm?", OTHER, ("Vectors",)), Q("What is a norm?", LONG, ("Matrices",))], [None, 0]),
        # the answer was edited
        ([Q("What is a norm?", OTHER, ("Vectors",))], [0]),
        ([Q("What is a norm?", "Yes.", ("Vectors",))], [0]),
        # it was moved
        ([Q("What is a norm?", LONG, ("Matrices",))], [0]),
        # an id was added
        ([Q("What is a norm?", LONG, ("Vectors",), "norm-1")], [0]),
        ([Q("What is a norm?", LONG, ("Matrices",), "n1")], [0]),
        ([Q("What is a vector norm?", LONG, ("Vectors",), "n1")], [0]),
        # a new question with its own id
        ([Q("What is a norm?", OTHER, ("Matrices",), "n1")], [None]),
        (
            [Q("What is a norm?", OTHER, ("Matrices",), "n1"), Q("What is a vector norm?", LONG, ("Vectors",))],
            [None, 0],
        ),
        ([Q("What is a norm?", OTHER, ("Vectors",), "n1"), Q("What is a vector norm?", LONG, ("Vectors",))], [None, 0]),
        ([Q("What is a vector norm?", OTHER, ("Vectors",), "vector-norm")], [None]),
        ([Q("What is a vector norm?", LONG, ("Vectors",), "vector-norm-2")], [None]),
        ([Q("What is a norm?", OTHER, ("Vectors",), "norm-2")], [None]),
    ],
)
def test_what_is_sure_is_decided(after: list[Q], whose_is_it: list[int | None]) -> None:
    """If this failed, the build would ask where nothing is in doubt, or give a history away."""
    assert whose([NORM], after) == (whose_is_it, [])


@pytest.mark.parametrize(
    "after",
    [
        [Q("What is a norm?", OTHER, ("Vectors",)), Q("What is a vector norm?", LONG, ("Vectors",))],
        [Q("What is a norm?", OTHER, ("Vectors",)), Q("What is a vector norm?", LONG, ("Matrices",))],
        [Q("What is a norm?", OTHER, ("Matrices",)), Q("What is a vector norm?", LONG, ("Matrices",))],
        [Q("What is a norm?", OTHER, ("Vectors",), "n1")],
        [Q("What is a vector norm?", OTHER, ("Vectors",), "n1")],
        [Q("What is a norm?", OTHER, ("Matrices",))],
        [Q("What is a norm?", "Yes.", ("Matrices",))],
        [Q("What is a norm?", ships=False, section=("Vectors",)), Q("What is a vector norm?", LONG, ("Vectors",))],
    ],
)
def test_what_is_not_sure_is_asked(after: list[Q]) -> None:
    """If this failed, the build would decide alone where it can be wrong."""
    found, said = whose([NORM], after)
    assert "DB303" in said
    assert found[0] is None


def test_a_question_that_has_the_answer_of_another_is_asked_about() -> None:
    """If this failed, of two questions made into one the wrong history would be kept."""
    other = Q("What is a vector norm?", OTHER, ("Vectors",))
    merged = Q("What is a norm?", OTHER, ("Vectors",))
    assert whose([NORM, other], [merged]) == ([None], ["DB303"])
    elsewhere = replace_section(other, ("Matrices",))
    assert whose([NORM, elsewhere], [merged])[0] == [0]


def test_a_stub_elsewhere_takes_no_history_from_the_question_with_the_answer() -> None:
    """If this failed, a heading that waits for its answer would take the place of the question that was reworded."""
    stub = Q("What is a norm?", section=("Matrices",), ships=False)
    assert whose([NORM], [stub, Q("What is a vector norm?", LONG, ("Vectors",))])[0][1] == 0


def test_a_match_says_whether_the_question_was_moved() -> None:
    """If this failed, reports could not tell an author which questions were found in another place."""
    lock, _ = fresh([NORM])
    for after, match in ((NORM, Match.SAME), (replace_section(NORM, ("Matrices",)), Match.MOVED)):
        _, now, _ = built(lock, [after])
        assert now[after].match is match


# ── short answers, one note and one question of the words ──


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (("Yes.", ("A",), None), ("Yes.", ("B",), None), [0]),
        (("Yes.", ("A",), None), ("Yes.", ("A",), "n1"), [0]),
        (("Yes.", ("A",), None), ("Yes.", ("B",), "n1"), [None]),
        (("Yes.", ("A",), None), ("No.", ("A",), None), [0]),
        (("Yes.", ("A",), None), ("No.", ("B",), None), [None]),
    ],
)
def test_a_short_answer_helps_words_that_nobody_else_has(before, after, found) -> None:  # type: ignore[no-untyped-def]
    """If this failed, moving a question with a short answer would be asked about, or too much be believed."""
    (one, there, name), (other, here, own) = before, after
    text = "Is it large?"
    assert whose([Q(text, one, there, name)], [Q(text, other, here, own)])[0] == found


def test_headings_above_may_be_renamed_though_the_answers_are_short() -> None:
    """If this failed, renaming a chapter would stop the build."""
    before = [Q("Definition?", "Yes.", ("Math", name)) for name in "AB"]
    assert whose(before, [Q("Definition?", "Yes.", ("Maths", name)) for name in "AB"]) == ([0, 1], [])
    assert whose(before, [Q("Definition?", "Yes.", ("Maths", "Deep", name)) for name in "AB"])[1] == ["DB303"] * 2
    assert whose(before, [Q("Definition?", "No.", ("Maths", name)) for name in "AB"])[1] == ["DB303"] * 2
    # the section is still there, or was there before
    still = [*before, Q("What is a trace?", LONG, ("Math", "A"))]
    moved = [Q("Definition?", "Yes.", ("Maths", name)) for name in "AB"]
    assert whose(still, [*moved, still[2]])[1] == ["DB303"]
    there = [*before, Q("What is a trace?", LONG, ("Maths", "A"))]
    assert whose(there, [*moved, there[2]])[1] == ["DB303"]
    twice = [*before, Q("Definition?", "Yes.", ("Algebra", "A"))]
    assert whose(twice, moved)[1] == ["DB303"]


# ── retired notes ───────────────────────────────────────────────────────────────────────────────────────────────────

REST = Q("Who made it?", THIRD)


@pytest.mark.parametrize(
    ("after", "found", "said"),
    [
        (NORM, -1, []),
        (Q("What is a norm?", LONG, ("Matrices",)), -1, []),
        (Q("What is a vector norm?", LONG, ("Vectors",)), -1, []),
        (Q("What is a norm?", OTHER, ("Vectors",)), -1, []),
        (Q("Who drew all these arrows?", LONG, ("Vectors",)), None, ["DB303"]),
        (Q("What is a vector norm?", OTHER, ("Vectors",)), None, ["DB303"]),
        (Q("What is a norm?", OTHER, ("Matrices",)), None, []),
        (Q("Who drew all these arrows?", f"{LONG} So it is.", ("Vectors",)), None, []),
    ],
)
def test_a_retired_note_is_matched_by_the_same_rules(after: Q, found: int | None, said: list[str]) -> None:
    """If this failed, a question that comes back with a typo mended would come to learners as a second card."""
    assert whose([REST], [REST, after], gone=[NORM]) == ([0, found], said)


def test_a_retired_note_with_common_words_is_left_alone_elsewhere() -> None:
    """If this failed, "Give an example." would take the history of whichever example was deleted years ago."""
    gone, there = week(1, LONG), week(2, OTHER)
    assert whose([there], [there, week(3, THIRD)], gone=[gone]) == ([0, None], [])
    assert whose([there], [there, week(3, "Yes.")], gone=[week(1, "Yes.")])[1] == ["DB303"]
    assert whose([there], [there, week(1, THIRD)], gone=[gone]) == ([0, None], ["DB303"])
    assert whose([REST], [REST, week(3, "Yes.")], gone=[week(1, "Yes.")])[1] == ["DB303"]


def test_of_a_retired_and_a_present_note_the_present_one_is_meant() -> None:
    """If this failed, a question would take over the history of its predecessor when its answer is edited."""
    lock, _ = fresh([NORM, REST])
    lock, _, _ = built(lock, [REST])
    lock, now, found = built(lock, [REST, Q("What is a norm?", "Yes.", ("Vectors",), "norm-2")])
    assert codes(found) == []
    guid = next(one.guid for q, one in now.items() if q.id)
    for answer in ("Yes.", "No.", OTHER):
        _, now, found = built(lock, [REST, Q("What is a norm?", answer, ("Vectors",))])
        assert [one.guid for q, one in now.items() if q != REST] == [guid], found


# ── without an answer, and locks of earlier versions ──


def test_a_question_reworded_while_it_had_no_answer_is_kept_or_asked_about() -> None:
    """If this failed, a question that is worked over in two steps would come to learners as a second card."""
    lock, was = fresh([NORM, REST])
    lock, _, found = built(lock, [Q("What is a vector norm?", section=("Vectors",), ships=False), REST])
    assert codes(found) == []
    assert kept(lock, was, NORM, [Q("What is a vector norm?", LONG, ("Vectors",)), REST])
    _, _, found = built(lock, [Q("What is a vector norm?", OTHER, ("Vectors",)), REST])
    assert codes(found) == ["DB303"]
    lock, _ = fresh([NORM, REST])
    lock, _, _ = built(lock, [Q("What is a norm?", section=("Vectors",), ships=False), REST])
    _, _, found = built(lock, [Q("What is a norm?", OTHER, ("Vectors",)), REST])
    assert codes(found) == ["DB314"]


def old(lock: Lock) -> Lock:
    """Return a lock as an earlier version would have written it."""
    notes = {key: replace(note, answer=note.answer.partition(".")[0]) for key, note in lock.notes.items()}
    return replace(lock, notes=notes)


def test_a_lock_of_an_earlier_version_asks_about_nothing_that_is_unchanged() -> None:
    """If this failed, the first build with this version would ask about every short answer of a deck."""
    questions = [
        *(week(number, answer) for number, answer in enumerate(["Yes.", "Yes.", "No.", LONG, LONG, OTHER])),
        Q("What is a norm?", "Yes."),
        Q("What is a form?", LONG),
        Q("What is it?", "Yes.", id="it"),
    ]
    lock, was = fresh(questions)
    _, now, found = built(old(lock), questions)
    assert not found
    assert {q: one.guid for q, one in now.items()} == was
    moved = [replace_section(questions[6], ("Elsewhere",)), *questions[:6], *questions[7:]]
    _, now, found = built(old(lock), moved)
    assert not found
    assert now[moved[0]].guid == was[questions[6]]


def test_sections_and_ids_are_the_same_however_their_letters_are_composed() -> None:
    """If this failed, a deck written on a Mac would lose its histories with its next build."""
    lock, was = fresh([Q("What is it?", "Yes.", ("Cafe\u0301",)), Q("Why?", "No.", ("Cafe\u0301",), "e\u0301t\u00e9")])
    _, now, found = built(lock, [Q("What is it?", "Oh.", ("Café",)), Q("Why not?", "So.", ("Café",), "été")])
    assert [one.guid for one in now.values()] == list(was.values())
    assert not [one for one in found if one.is_error]


def test_two_answers_that_are_exchanged_take_no_history_along() -> None:
    """If this failed, correcting two answers that stood in each other's place would be asked about."""
    one, other = Q("What is a norm?", LONG), Q("Where is a town?", OTHER)
    assert whose([one, other], [Q(one.text, OTHER), Q(other.text, LONG)]) == ([0, 1], [])


GENERIC = ("What is the main idea?", "Give an example.", "Name one limit.")


def at_week(number: int, *answers: str) -> list[Q]:
    return [Q(text, answer, (f"Week {number}",)) for text, answer in zip(GENERIC, answers, strict=False)]


def test_a_week_in_the_place_of_one_that_was_taken_out_is_asked_about() -> None:
    """If this failed, a week that was put in where another was taken out would take all its histories."""
    one = at_week(1, "Vectors are arrows that may be moved.", "The wind over a map.")
    gone = at_week(2, "Matrices keep straight lines straight.", "A rotation of the whole plane.")
    new = at_week(2, "Norms measure how long a vector is.", "The distance that a taxi drives.")
    lock, was = fresh([*one, *gone])
    _, now, found = built(lock, [*one, *new])
    assert codes(found) == ["DB303", "DB303"]
    assert all(now[q].guid == was[q] for q in one)


def test_a_week_that_was_put_in_with_an_edit_below_is_asked_about() -> None:
    """If this failed, the new week would take the history of the edited question that it pushed down."""
    one, two = at_week(1, "Vectors are arrows that may be moved."), at_week(2, "Matrices keep straight lines straight.")
    lock, _ = fresh([*one, *two])
    pushed = at_week(3, "Matrices keep straight lines straight and fix zero.")
    _, now, found = built(lock, [*one, *at_week(2, "Norms measure how long a vector is."), *pushed])
    assert "DB303" in codes(found)
    assert all(q.section == ("Week 1",) for q in now)


def test_an_answer_may_be_rewritten_where_its_neighbours_stay() -> None:
    """If this failed, authors would be asked at each new example below a heading."""
    one = at_week(1, "Vectors are arrows that may be moved.", "The wind over a map.")
    two = at_week(2, "Matrices keep straight lines straight.", "A rotation of the whole plane.")
    lock, was = fresh([*one, *two])
    edited = Q(two[1].text, "The shadow that a statue throws.", two[1].section)
    _, now, found = built(lock, [*one, two[0], edited])
    assert not found
    assert now[edited].guid == was[two[1]]


def test_a_revised_answer_keeps_its_place_though_it_stands_alone() -> None:
    """If this failed, a corrected word below a heading with one question would be asked about."""
    one, two = at_week(1, "Vectors are arrows that may be moved."), at_week(2, "Matrices keep straight lines straight.")
    lock, was = fresh([*one, *two])
    for answer in ("Matrices keep all straight lines straight.", "Matrices keep straight lines straight. Zero stays."):
        edited = at_week(2, answer)
        _, now, found = built(lock, [*one, *edited])
        assert not found
        assert now[edited[0]].guid == was[two[0]]
