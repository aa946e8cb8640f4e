"""A reworded question keeps its history only where its answer proves which note it is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deckbuilder.identity.evidence import (
    answer_print,
    close_wording,
    fingerprint_of,
    is_revised,
    is_telling,
    likeness,
    may_be_same,
    same_answer,
    traits_of,
)
from deckbuilder.identity.lock import Lock
from tests.identity.decks import Q, built, codes, doubts, fresh, kept

LONG = "It keeps the variance of each layer the same."
OTHER = "A town on the river with seven old bridges."


def rebuilt(before: list[Q], after: list[Q]) -> tuple[list[str | None], list[str]]:
    """Build two decks; return which question of the first each of the second is, by its words, and what was said."""
    lock, was = fresh(before)
    _, now, found = built(lock, after)
    texts = {guid: q.text for q, guid in was.items()}
    return [texts.get(now[q].guid) if q in now else None for q in after], codes(found)


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def print_of(answer: str) -> object:
    return fingerprint_of(answer_print(answer))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It is **large** and `round`.", "It is large and round"),
        ("It is *large*, and $x$ is round!", "It is large and x is round"),
        ("- It is large\n- and round", "* It is large\n* and round"),
        ("1. It is large\n2. and round", "1) It is large\n1) and round"),
        ("It is large\nand round.", "It is large and round."),
        ("It is “large”.", 'It is "large".'),
        (r"It is $\int f\,dx$.", r"It is $\int f dx$."),
        ("> It is large.", "It is large."),
        ("# It is large", "## It is large"),
        ("It is cafe\u0301.", "It is café."),
    ],
)
def test_formatting_makes_no_other_answer(one: str, other: str) -> None:
    """If this failed, setting a word in bold would make the build ask about a question that was reworded."""
    assert same_answer(print_of(one), print_of(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The series converges if x < 1 holds.", "The series converges if x > 1 holds."),
        ("It is -5 for each of the terms.", "It is 5 for each of the terms."),
        ("It is n! for each of the terms.", "It is n for each of the terms."),
        ("It is 1.5 for each of the terms.", "It is 15 for each of the terms."),
        ("Use x++ in each of the loops.", "Use ++x in each of the loops."),
        ("It has 5 mW at each of the ends.", "It has 5 MW at each of the ends."),
        ("The dual f*(x) is convex for each x.", "The dual f(x) is convex for each x."),
        ("It is a*b for each of the terms.", "It is ab for each of the terms."),
        ("It is 2 * 3 for each of the terms.", "It is 2 3 for each of the terms."),
        ("Yes.", "No."),
        ("5", "-5"),
    ],
)
def test_signs_digits_and_case_make_another_answer(one: str, other: str) -> None:
    """If this failed, an answer that says the contrary would prove that the question is the same."""
    assert not same_answer(print_of(one), print_of(other))
    assert not may_be_same(print_of(one), print_of(other))


@pytest.mark.parametrize(
    ("answer", "telling"),
    [
        ("one two three four", False),
        ("one two three four five", True),
        ("学习率是超参数", False),
        ("学习率是超参数吗", False),
        ("学习率是一个超参数吗", True),
        ("one 学习率是超参数吗", True),
        ("อัตราเรียนรู้", True),
        ("", False),
    ],
)
def test_an_answer_of_five_words_proves_something(answer: str, telling: bool) -> None:
    """If this failed, "Yes" would prove that two questions are one, or no Chinese answer would prove anything."""
    assert is_telling(print_of(answer)) is telling


def test_the_fingerprints_of_earlier_versions_are_still_read() -> None:
    """If this failed, the first build with this version would know no answer of any deck."""
    answer = "A vector has a length, and a direction; nothing more."
    now = answer_print(answer)
    assert now == "0f078a66d800afbc----013e------22------1b8b------.4ac20a2da04fbe8b.cf0be3e6"
    before = fingerprint_of(now.partition(".")[0])
    assert is_telling(before)
    assert same_answer(fingerprint_of(now), before)
    assert same_answer(before, fingerprint_of(now))
    assert not same_answer(print_of(OTHER), before)
    assert answer_print("one two three four five").startswith("3e1da6133e7d53e7--7a")
    assert answer_print("Yes.") == ".adfbdde3fa514a31"
    assert may_be_same(print_of("Yes."), fingerprint_of(""))
    assert not same_answer(print_of("Yes."), fingerprint_of(""))
    assert not may_be_same(print_of(LONG), fingerprint_of(""))
    assert not is_telling(fingerprint_of(""))


ONE, TWO, THREE, FOUR = "It is large and round here.", "Its colour is red.", "It weighs a ton.", "Nobody made it."


@pytest.mark.parametrize(
    ("one", "other", "revised"),
    [
        (f"{ONE} {TWO}", f"{ONE} {TWO} {THREE}", True),
        (f"{ONE} {TWO}", f"{ONE} {THREE} {TWO}", True),
        (f"{ONE} {TWO} {THREE}", f"{ONE} {THREE}", True),
        (ONE, f"{ONE} {TWO}", True),
        (ONE, f"{ONE}\n\n- {TWO}", True),
        (ONE, f"{ONE} {TWO} {THREE}", False),  # the smaller part of it
        (TWO, f"{TWO} {THREE}", False),  # four words
        (f"{ONE} {TWO}", f"{TWO} {ONE} {THREE}", False),
        (f"{ONE} {TWO}", f"{ONE} {THREE}", False),
        ("The series converges for all such terms.", "The series diverges for all such terms.", False),
        ("学习率是一个超参数吗。", "学习率是一个超参数吗。它很小。", True),
    ],
)
def test_a_revision_adds_sentences_or_takes_some_out(one: str, other: str, revised: bool) -> None:
    """If this failed, an answer that says the contrary would be taken for one that was improved."""
    assert is_revised(print_of(one), print_of(other)) is revised
    assert is_revised(print_of(other), print_of(one)) is revised


def test_sentences_are_told_apart_up_to_sixteen() -> None:
    """If this failed, one line of deck.lock could be longer than a screen, or long answers could not be revised."""
    sentences = [f"The sentence number {number} is this one." for number in range(17)]
    assert is_revised(print_of(" ".join(sentences[:15])), print_of(" ".join(sentences[:16])))
    assert not is_revised(print_of(" ".join(sentences[:16])), print_of(" ".join(sentences[:17])))
    assert len(answer_print(" ".join(sentences))) < 100


def test_a_fingerprint_of_an_earlier_version_is_never_revised() -> None:
    """If this failed, an answer would be taken for a revision of which nothing is known."""
    before = fingerprint_of(answer_print(LONG).partition(".")[0])
    assert not is_revised(print_of(f"{LONG} {TWO}"), before)
    assert not is_revised(before, before)


# ── wording ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ("What is a norm", "What is a vector norm", True),
        ("What is a norm", "what is a Norm", True),
        ("What is C", "What is C++", False),
        ("What is L norm", "What is L 2 norm", False),
        ("What is a norm", "What is a form", False),
        ("What is f of g", "What is g of f", False),
        ("What is x < y", "What is x > y", False),
    ],
)
def test_a_close_wording_has_words_more_and_nothing_else(one: str, other: str, close: bool) -> None:
    """If this failed, Austria would be taken for Australia with a letter mended."""
    assert close_wording(one, other) is close
    assert close_wording(other, one) is close


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("norms", "norms", 1.0),
        ("What is the norm?", "norm", 1.0),
        ("gradient", "gradients", 0.5),
        ("gradient", "gardient", 0.5),
        ("gradient", "gradlist", 0.5),
        ("gradient", "grasient", 1.0),
        ("gradient", "cradient", 0.5),
        ("gradient norm", "gradient form", 0.75),
        ("vector norm size", "vector norm", 0.8),
        ("norm", "form", 0.5),
        ("norm", "farm", 0.0),
        ("schwül", "schwul", 1.0),
        ("दान", "दिन", 1.0),
        ("向量范数", "向量范围", 2 / 3),
        ("是", "是", 1.0),
        ("Is it?", "Was it?", 0.5),
        ("", "", 0.0),
    ],
)
def test_likeness_is_the_share_of_beginnings_and_ends_of_words(one: str, other: str, like: float) -> None:
    """If this failed, the build would ask about questions that have nothing in common, or lose those with a slip."""
    assert likeness(traits_of(one), traits_of(other)) == pytest.approx(like)


# ── edits ───────────────────────────────────────────────────────────────────────────────────────────────────────────

NORM, VECTOR_NORM = Q("What is a norm?", LONG), Q("What is a vector norm?", LONG)


def test_other_words_and_another_answer_are_asked_about_however_like_they_are() -> None:
    """If this failed, the build would guess where it can be wrong."""
    for after in ("What is a norm, exactly?", "What is a vector norm?", "What is a norm++?", "What is A norm?"):
        assert rebuilt([NORM], [Q(after, OTHER)]) == ([None], ["DB303"])


def test_an_answer_of_fewer_than_five_words_proves_nothing_alone() -> None:
    """If this failed, "Yes" would carry a history from one question to another."""
    assert rebuilt([Q("Is Austria in Europe?", "Yes.")], [Q("Is Australia in Europe?", "Yes.")]) == ([None], ["DB303"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([NORM, Q("What is a trace?", LONG)], [VECTOR_NORM, Q("What is a trace?", LONG)]),
        ([NORM], [VECTOR_NORM, Q("Which size has a ball?", LONG)]),
        ([NORM, Q("Which size has a ball?", LONG)], [VECTOR_NORM]),
    ],
)
def test_an_answer_that_two_have_proves_nothing_alone(before: list[Q], after: list[Q]) -> None:
    """If this failed, one of two questions with one answer would get the other's history."""
    lock, _ = fresh(before)
    _, _, found = built(lock, after)
    assert "DB303" in codes(found)


def test_an_answer_that_a_retired_note_has_too_proves_nothing_alone() -> None:
    """If this failed, a question would take the history of one that was deleted, or its own would be lost."""
    lock, _ = fresh([NORM, Q("Which size has a ball?", LONG)])
    lock, _, _ = built(lock, [NORM])
    _, _, found = built(lock, [VECTOR_NORM])
    assert codes(found) == ["DB303"]


def test_words_added_and_a_sentence_added_are_an_edit() -> None:
    """If this failed, the build would ask about every question that is worked over."""
    assert rebuilt([NORM], [Q("What is a vector norm?", f"{LONG} {TWO}")]) == (["What is a norm?"], ["DB304"])
    assert rebuilt([NORM], [Q("What is a vector norm?", f"{LONG} {TWO}", ("T",))]) == ([None], ["DB303"])
    assert rebuilt([NORM], [Q("What is a form?", f"{LONG} {TWO}")])[0] == [None]


def test_two_revisions_of_one_answer_are_asked_about() -> None:
    """If this failed, a history would go to whichever of two questions was compared first."""
    one, other = Q("What is a vector norm?", f"{LONG} {TWO}"), Q("What is a matrix norm?", f"{LONG} {THREE}")
    assert rebuilt([NORM], [one, other]) == ([None, None], ["DB303", "DB303"])
    assert rebuilt([one, other], [NORM]) == ([None], ["DB303"])


def test_a_reworded_question_is_found_in_another_section_by_its_answer() -> None:
    """If this failed, moving and rewording a question at once would cost its history."""
    moved = Q("Which size has an arrow?", LONG, ("Elsewhere",))
    assert rebuilt([NORM], [moved]) == (["What is a norm?"], ["DB304"])


def test_a_question_reworded_like_another_that_is_missing_is_asked_about() -> None:
    """If this failed, two questions that exchange their answers would exchange their histories."""
    one, other = Q("How large is a vector norm?", LONG), Q("How steep is a gradient descent?", OTHER)
    swapped = [Q("How large is a vector norm now?", OTHER), Q("How steep is a gradient descent now?", LONG)]
    assert rebuilt([one, other], swapped) == ([None, None], ["DB303", "DB303"])
    assert rebuilt([one, other], swapped[:1]) == ([None], ["DB303"])
    assert rebuilt([one], swapped) == ([None, None], ["DB303", "DB303"])


# ── when to ask ─────────────────────────────────────────────────────────────────────────────────────────────────────


WORDS = (
    "apple bridge candle desert engine forest garden hammer island jungle kettle ladder mirror needle orange pepper "
    "quarry ribbon saddle temple umbra velvet window yellow acorn beetle cellar dragon elbow falcon goblet helmet"
).split()


def worded(total: int, first: int = 0) -> str:
    return " ".join(WORDS[first : first + total])


@pytest.mark.parametrize(
    ("words", "common", "asked"),
    [
        (20, 13, "here"),
        (8, 5, ""),
        (3, 2, "here"),
        (7, 5, "here"),
        (4, 3, "here, elsewhere"),
        (9, 7, "here, elsewhere"),
    ],
)
def test_how_like_a_wording_must_be_to_ask(words: int, common: int, asked: str) -> None:
    """If this failed, the build would ask about new questions, or give a second card without a word."""
    before, after = worded(words), worded(words, words - common)
    for place, section in (("here", ("S",)), ("elsewhere", ("T",))):
        found, said = rebuilt([Q(before, LONG)], [Q(after, OTHER, section)])
        assert found == [None]
        assert ("DB303" in said) is (place in asked), place


def test_a_retired_note_must_be_as_like_as_one_elsewhere() -> None:
    """If this failed, the build would ask about more questions the more notes a deck has retired."""
    rest = Q("Who is there?", THREE)
    for words, common, asked in ((7, 5, False), (4, 3, True)):
        lock, _ = fresh([rest, Q(worded(words), LONG)])
        lock, _, _ = built(lock, [rest])
        _, _, found = built(lock, [rest, Q(worded(words, words - common), OTHER)])
        assert ("DB303" in codes(found)) is asked


def test_words_added_in_the_same_section_are_asked_about_however_many() -> None:
    """If this failed, a short question that was made a longer one would get a second card with its new answer."""
    assert rebuilt([Q(worded(2), LONG)], [Q(worded(6), OTHER)])[1] == ["DB303"]
    assert rebuilt([Q(worded(6), LONG)], [Q(worded(2), OTHER)])[1] == ["DB303"]
    assert "DB303" not in rebuilt([Q(worded(2), LONG)], [Q(worded(6), OTHER, ("T",))])[1]


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        (  # 0.5
            "quarry bridge pepper window garden yellow kettle temple velvet forest mirror hammer",
            "yellow kettle temple velvet forest mirror hammer saddle apple ladder island ribbon",
            False,
        ),
        (  # 0.48
            "ribbon island yellow candle quarry desert apple temple jungle needle window hammer",
            "apple temple jungle needle window hammer ladder pepper garden forest kettle orange",
            False,
        ),
        (  # 0.53
            "ladder desert bridge garden mirror apple ribbon orange kettle pepper window hammer",
            "orange kettle pepper window hammer island candle needle yellow temple engine saddle",
            True,
        ),
    ],
)
def test_how_much_of_the_answer_must_be_the_same_to_ask(before: str, after: str, asked: bool) -> None:
    """If this failed, a question that was reworded while its answer was worked over would get a second card."""
    found, said = rebuilt([Q("What is a norm?", before)], [Q("Who can tell?", after, ("T",))])
    assert found == [None]
    assert ("DB303" in said) is asked


def test_more_than_half_of_the_sentences_are_a_reason_to_ask() -> None:
    """If this failed, a question would get a second card because its answer was cut down to its first sentence."""
    for before, after, asked in (
        (f"{ONE} {TWO}", ONE, True),
        (f"{ONE} {TWO}", f"{TWO} {FOUR} So it is.", False),
        (f"{ONE} {TWO} {THREE}", f"{FOUR} {TWO}", False),
        (f"{ONE} {TWO} {THREE}", f"{TWO} {THREE} {FOUR}", True),
        (f"{TWO} {THREE}", f"{FOUR} {TWO}", False),
        (ONE, f"{TWO} {THREE} {FOUR} {ONE}", True),  # all of it
        (f"{TWO} {THREE} {FOUR} {ONE}", ONE, True),
        (TWO, f"{ONE} {THREE} {FOUR} {TWO}", False),  # but too short to say something
    ):
        _, said = rebuilt([Q("What is a norm?", before)], [Q("Who can tell?", after, ("T",))])
        assert ("DB303" in said) is asked, after


def test_an_equal_short_answer_in_the_section_is_a_reason_to_ask_if_a_word_is_left() -> None:
    """If this failed, rewording a question that is answered by a formula would give learners a second card."""
    for after, section, asked in (
        ("When does pruning go wrong at all?", ("S",), True),
        ("When does pruning go wrong at all?", ("T",), False),
        ("Who made it?", ("S",), False),
    ):
        _, said = rebuilt([Q("When does pruning fail?", "$O(n)$.")], [Q(after, "$O(n)$.", section)])
        assert ("DB303" in said) is asked, after


@pytest.mark.parametrize("before", [[], [NORM]])
def test_an_unrelated_question_is_new_without_a_word(before: list[Q]) -> None:
    """If this failed, the build would ask about questions that nobody ever asked before."""
    assert (
        "DB303"
        not in rebuilt([Q("Who made it?", OTHER), *before], [Q("Where is a town?", "Far, far away."), *before])[1]
    )


# ── doubts as data ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_doubt_has_what_a_command_needs_to_ask() -> None:
    """If this failed, `resolve` could not show the author what to decide about."""
    notes = [NORM, Q("What is a matrix norm?", OTHER), Q("Who made it?", ONE), Q("What is a vector norm?", TWO, ("T",))]
    lock, _ = fresh(notes)
    (found,) = doubts(lock, [Q("What is a vector norm?", f"{ONE} {FOUR}")])
    assert (found.text, found.section, found.of) == ("What is a vector norm?", ("S",), "")
    assert found.answer == answer_print(f"{ONE} {FOUR}")
    assert found.span.line == 1
    assert [note.text for note in found.candidates] == [VECTOR_NORM.text, NORM.text, "Who made it?"]
    assert found.reason == "its words are the same, but neither its section nor its answer"


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([NORM], Q("What is a vector norm?", OTHER), "the wording is close, but the answer is another"),
        ([NORM], Q("What is norm?", OTHER, ("T",)), "the wording is close, but section and answer are others"),
        ([NORM], Q(NORM.text, OTHER, ("T",)), "its words are the same, but neither its section nor its answer"),
        ([NORM], Q(NORM.text, OTHER, id="n1"), "its words and its section are the same, but not its answer"),
        ([NORM], Q(NORM.text, "Yes.", ("T",)), "its words are the same, but neither its section nor its answer"),
        (
            [Q("Why?", "Yes.", ("A",)), Q("Why?", "Yes.", ("B",))],
            Q("Why?", "Yes.", ("C",)),
            "its words and its answer are the same, but not its section",
        ),
        (
            [Q("What is it?", LONG), Q("Who made it?", LONG)],
            Q("Where is a town?", LONG),
            "the answer is the same, but something else speaks for another note or question",
        ),
        (
            [Q("Is it large?", "Yes.")],
            Q("Is it large here?", "Yes."),
            "section and answer are the same, but so short an answer proves nothing",
        ),
        (
            [Q("What is a norm?", " ".join(WORDS))],
            Q("Who can tell?", " ".join([*WORDS, "more"])),
            "much of the answer is the same, but not the wording",
        ),
    ],
)
def test_the_reason_says_what_speaks_for_a_note_and_what_against_it(before: list[Q], after: Q, reason: str) -> None:
    """If this failed, an author would decide about something else than what the build is unsure of."""
    lock, _ = fresh(before)
    assert [doubt.reason for doubt in doubts(lock, [after])] == [reason]


def test_the_note_of_the_section_is_shown_first() -> None:
    """If this failed, the line that an author pastes would mostly be that of a note from elsewhere."""
    retired = Q("What is a norm?", OTHER, ("A",))
    lock, _, _ = built(Lock("D", "d", 1), [retired, Q("Who made it?", ONE), Q("Where is it?", TWO)])
    lock, _, _ = built(
        lock, [Q("What is a norm?", LONG, ("B",), "norm-2"), Q("Who made it?", ONE), Q("Where is it?", TWO)]
    )
    gone = [note.section for note in lock.notes.values() if note.text == "What is a norm?"]
    assert gone == [("A",), ("B",)]
    for section in "AB":
        (found,) = doubts(lock, [Q("What is a norm?", f"{THREE} {FOUR}", (section,), "n1")])
        assert found.candidates[0].section == (section,)
    (found,) = doubts(lock, [Q("What is a norm?", f"{THREE} {FOUR}", ("C",)), Q("Who made it?", ONE)])
    assert [note.section for note in found.candidates] == [("B",)]


def test_the_closer_wording_is_shown_first() -> None:
    """If this failed, the line that an author pastes would be that of a question that is less like."""
    lock, _ = fresh([Q(worded(8), LONG), Q(worded(7), OTHER), Q(worded(9), THREE, ("T",))])
    (found,) = doubts(lock, [Q(worded(6), FOUR)])
    assert [note.text for note in found.candidates] == [worded(7), worded(8), worded(9)]


def test_no_more_than_ten_notes_of_the_same_words_are_shown() -> None:
    """If this failed, the author of a deck of definitions would have to look through hundreds of them."""
    lock, _ = fresh([Q("Definition?", f"{LONG} {number}", (f"S{number}",)) for number in range(15)])
    (found,) = doubts(lock, [Q("Definition?", OTHER, ("New",))])
    assert len(found.candidates) == 10
    lock, _ = fresh([Q(f"What is number {number}?", LONG, (f"S{number}",)) for number in range(15)])
    (found,) = doubts(lock, [Q("Who is there?", LONG, ("New",))])
    assert len(found.candidates) == 10


def test_a_decision_that_is_in_the_lock_is_not_asked_about_again() -> None:
    """If this failed, an author who has answered would be asked the same at each build."""
    lock, was = fresh([NORM])
    after = Q("What is a matrix norm?", OTHER)
    assert kept(lock, was, NORM, [after]) is None
    ((key, note),) = lock.notes.items()
    same = replace(note, text=after.text, answer=answer_print(after.answer), section=after.section)
    assert kept(replace(lock, notes={key: same}), was, NORM, [after]) == after
    new = replace(same, key="new", guid="n" * 16, fingerprint="")
    decided = Lock("D", "d", 1, notes={key: note, "new": new})
    _, now, found = built(decided, [after])
    assert now[after].guid == "n" * 16
    assert "DB303" not in codes(found)
