"""Who is who from build to build, by the six rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deckbuilder.identity.lock import Lock, read_lock, write_lock
from deckbuilder.identity.resolve import Match, too_many_retired
from tests.identity.decks import LOCK, Q, built, codes, fresh

A, B, C = Q("What is a vector?"), Q("How are two matrices multiplied?"), Q("Why does dropout help?")


def test_blanks_end_marks_and_the_first_capital_are_no_change() -> None:
    """If this failed, a full stop or a capital letter would throw a history away."""
    lock, was = fresh([A])
    _, now, found = built(lock, [Q("what is  a vector", "Another answer that has nothing in common with it.")])
    assert [one.guid for one in now.values()] == [was[A]]
    assert not found


def test_a_single_letter_keeps_its_case() -> None:
    """If this failed, W and w would be one question, and one of them would be refused as a duplicate."""
    _, was = fresh([Q("What is W?"), Q("What is w?")])
    assert len(set(was.values())) == 2


def test_an_id_is_the_key() -> None:
    """If this failed, an author could not give a question a name that lasts."""
    lock, identities, _ = built(Lock("D", "d", 1), [Q("What is a vector?", id="vector")])
    assert list(lock.notes) == ["vector"]
    assert next(iter(identities.values())).match is Match.NEW
    _, now, found = built(
        lock, [Q("Something else entirely, worded anew", "with another answer too, wholly", id="vector")]
    )
    assert next(iter(now.values())).guid == lock.notes["vector"].guid
    assert not found


def test_an_id_added_later_keeps_the_history_under_its_new_name() -> None:
    """If this failed, giving a question an id would cost every learner its history."""
    lock, was = fresh([A, B])
    old_key = next(key for key, note in lock.notes.items() if note.guid == was[A])
    lock, now, found = built(lock, [Q(A.text, id="vec"), B])
    assert next(one for q, one in now.items() if q.id).guid == was[A]
    assert codes(found) == ["DB305"]
    assert lock.notes["vec"].aliases == (old_key,)
    _, later, found = built(lock, [Q(A.text, id=old_key), B])
    assert next(one for q, one in later.items() if q.id).guid == was[A], "the old name still works"


def test_two_questions_cannot_have_one_id() -> None:
    """If this failed, two cards would fight over one history."""
    _, _, found = built(Lock("D", "d", 1), [Q("One?", id="x"), Q("Two?", id="x")])
    assert codes(found) == ["DB302"]
    assert found[0].related


def test_the_same_words_twice_in_a_section_are_an_error_with_both_places() -> None:
    """If this failed, histories could change hands with each build."""
    _, _, found = built(
        Lock("D", "d", 1), [Q("What is it?", "one answer is this one here"), Q("What is it?", "another one")]
    )
    assert codes(found) == ["DB301"]
    assert str(found[0].related[0].span) == "a.md:1:1"


def test_the_same_words_in_two_sections_are_two_questions() -> None:
    """If this failed, a section could not ask what another asks."""
    lock, was = fresh([Q("What is it?", section=("A",)), Q("What is it?", section=("B",))])
    assert len(set(was.values())) == 2
    assert sorted(lock.notes) == ["what-is-it", "what-is-it-2"] or len(lock.notes) == 2


def test_moving_is_not_a_question() -> None:
    """If this failed, tidying up sections would cost histories."""
    lock, was = fresh([A, B])
    _, now, found = built(lock, [B, Q(A.text, A.words, ("Elsewhere", "Deep"))])
    assert {one.guid for one in now.values()} == set(was.values())
    assert not found


def test_the_same_words_in_two_sections_follow_a_renamed_heading_above_both() -> None:
    """If this failed, renaming a chapter would stop the build or swap two histories."""
    one, other = Q("What is it?", "short", ("Math", "A")), Q("What is it?", "short", ("Math", "B"))
    lock, was = fresh([one, other])
    moved = [Q(q.text, q.answer, ("Maths", q.section[1])) for q in (one, other)]
    _, now, found = built(lock, moved)
    assert not found
    assert [now[q].guid for q in moved] == [was[one], was[other]]


def test_the_same_words_moved_without_a_trace_are_an_error() -> None:
    """If this failed, one of two histories would be given away by chance."""
    lock, _ = fresh([Q("What is it?", "short", ("A",)), Q("What is it?", "short", ("B",))])
    _, _, found = built(lock, [Q("What is it?", "short", ("X",)), Q("What is it?", "short", ("Y",))])
    assert codes(found) == ["DB303", "DB303"]


def test_a_wholly_new_wording_with_the_old_answer_is_an_edit_and_said_to_be() -> None:
    """If this failed, rewording a question would throw its history away."""
    lock, was = fresh([A, B])
    reworded = Q("Which object has both a length and a direction?", A.words)
    _, now, found = built(lock, [reworded, B])
    assert now[reworded].guid == was[A]
    assert codes(found) == ["DB304"]
    assert "was: What is a vector?" in found[0].related[0].message


def test_a_typo_mended_while_the_answer_changes_too_is_a_question_for_the_author() -> None:
    """If this failed, Austria's history would go to Australia, which differs by no more letters than a typo does."""
    lock, _ = fresh([Q("Why does dropuot help in training?", "because it makes many networks share weights")])
    mended = Q("Why does dropout help in training?", "something quite different was meant all along here")
    _, _, found = built(lock, [mended])
    assert codes(found) == ["DB303"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("What does the L1 norm measure?", "What does the L2 norm measure?"),
        ("Describe the forward pass of attention.", "Describe the backward pass of attention."),
        ("What is the gradient of the loss surface?", "What is the Hessian of the loss surface?"),
    ],
)
def test_a_word_that_matters_makes_it_a_question_for_the_author(before: str, after: str) -> None:
    """If this failed, a replaced question would inherit the history of the one before."""
    lock, _ = fresh([Q(before, "an answer with quite enough words to count")])
    _, _, found = built(lock, [Q(after, "wholly other matter stands in this place now")])
    assert codes(found) == ["DB303"]


def test_both_ways_out_of_doubt_work() -> None:
    """If this failed, an author who does what the error says would be stuck."""
    lock, was = fresh([Q("What does the L1 norm measure?", "the way along the streets of a town")])
    after = Q("What does the L2 norm measure?", "the straight line through the air")
    _, _, found = built(lock, [after])
    key = next(iter(lock.notes))
    assert f"id: {key}}}" in found[0].help
    new = found[0].help.rsplit("id: ", 1)[1].split("}")[0]
    _, kept, found = built(lock, [Q(after.text, after.answer, id=key)])
    assert not found
    assert next(iter(kept.values())).guid == next(iter(was.values()))
    _, started, found = built(lock, [Q(after.text, after.answer, id=new)])
    assert not found
    assert next(iter(started.values())).guid not in was.values()


def test_two_new_questions_with_the_answer_of_a_lost_one_are_doubted() -> None:
    """If this failed, a history would go to whichever of two questions stands first."""
    lock, _ = fresh([A])
    _, _, found = built(lock, [Q("Entirely new words here?", A.words), Q("And others over there?", A.words)])
    assert "DB303" in codes(found)


def test_wording_and_answer_that_speak_for_different_notes_are_doubted() -> None:
    """If this failed, swapping answers while mending typos would swap histories."""
    one, other = (
        Q("Why is the learning rate warmed up?", "early statistics are bad"),
        Q("Why is the gradient norm clipped?", "a single step may be huge"),
    )
    one, other = Q(one.text, one.answer + " and so on for long"), Q(other.text, other.answer + " and harm the weights")
    lock, _ = fresh([one, other])
    _, _, found = built(
        lock,
        [
            Q("Why is the learning rate warmed up slowly?", other.answer),
            Q("Why is the gradient norm clipped often?", one.answer),
        ],
    )
    assert codes(found) == ["DB303", "DB303"]


def test_an_unrelated_question_in_place_of_a_deleted_one_is_new() -> None:
    """If this failed, every new question would have to be told apart by hand from the one deleted with it."""
    lock, was = fresh([A, B])
    _, now, found = built(lock, [A, C])
    assert now[C].guid not in was.values()
    assert not [one for one in found if one.is_error]


def test_a_question_without_answer_keeps_its_note_for_later() -> None:
    """If this failed, emptying an answer for a rewrite would give the history to another question."""
    lock, was = fresh([A, B])
    lock, now, found = built(lock, [Q(A.text, ships=False), B])
    assert list(now) == [B]
    lock, now, found = built(lock, [A, B])
    assert now[A].guid == was[A]
    assert codes(found) == ["DB314"]


@pytest.mark.parametrize(
    ("retired", "known", "too_many"), [(0, 0, False), (1, 4, False), (2, 4, True), (25, 100, False), (26, 100, True)]
)
def test_more_than_a_quarter_is_too_many(retired: int, known: int, too_many: bool) -> None:
    """If this failed, a wrong path could retire a whole deck without a word."""
    assert too_many_retired(retired, known) is too_many


WORDS = st.lists(
    st.sampled_from("attention softmax gradient norm layer token weight bias loss step".split()), min_size=1, max_size=4
).map(" ".join)
QUESTIONS = st.lists(
    st.builds(Q, text=WORDS, answer=st.just(""), section=st.sampled_from([("A",), ("B",), ("A", "C"), ("D",)])),
    min_size=1,
    max_size=12,
    unique_by=lambda q: (q.section, q.text),
)


def distinct_answers(questions: list[Q]) -> list[Q]:
    return [
        Q(q.text, f"answer number {number} about things like {number * 7}", q.section)
        for number, q in enumerate(questions)
    ]


@settings(max_examples=150, deadline=None)
@given(QUESTIONS, st.data())
def test_no_sequence_of_moves_and_reorderings_changes_a_guid(questions: list[Q], data: st.DataObject) -> None:
    """If this failed, some way of tidying up would cost a history that no example here has thought of."""
    questions = distinct_answers(questions)
    lock, was = fresh(questions)
    guid_of = {q.answer: was[q] for q in questions}
    for turn in range(data.draw(st.integers(1, 4))):
        questions = data.draw(st.permutations(questions))
        if data.draw(st.booleans()):
            old = data.draw(st.sampled_from([q.section for q in questions]))
            new = (*old[:-1], f"Renamed {turn}")
            questions = [
                Q(q.text, q.answer, new + q.section[len(old) :] if q.section[: len(old)] == old else q.section)
                for q in questions
            ]
        else:
            number = data.draw(st.integers(0, len(questions) - 1))
            moved = Q(questions[number].text, questions[number].answer, (f"New place {turn}",))
            questions = [*questions[:number], moved, *questions[number + 1 :]]
        lock, now, found = built(lock, questions)
        assert not [one for one in found if one.is_error]
        assert {q.answer: one.guid for q, one in now.items()} == guid_of


@settings(max_examples=150, deadline=None)
@given(st.lists(QUESTIONS, min_size=2, max_size=4))
def test_no_guid_is_ever_shared_reused_or_silently_passed_on(builds: list[list[Q]]) -> None:
    """If this failed, a card could show another's history, or a retired one could come back as something else."""
    lock = Lock("D", "d", 1)
    owner: dict[str, str] = {}
    for number, questions in enumerate(builds):
        new_lock, now, found = built(lock, questions, now=100 + number)
        guids = [one.guid for one in now.values()]
        assert len(guids) == len(set(guids))
        if any(one.is_error for one in found):
            continue
        said = {one.span.line for one in found if one.code in ("DB304", "DB314")}
        for line, q in enumerate(questions, start=1):
            one = now[q]
            if one.match is Match.NEW:
                assert one.guid not in owner, "a new question was given the identity of an old one"
            elif owner[one.guid] != q.text:
                assert line in said, "a reworded question was matched without a word"
            owner[one.guid] = q.text
        lock = new_lock
        again, problems = read_lock(write_lock(lock), LOCK)
        assert again == lock
        assert not problems
