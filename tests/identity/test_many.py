"""Who is who in decks where thousands change at once: the work grows with the deck, and the answers stay the same.

No test measures time; what is counted is how often one wording is compared with another, which is what takes it.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity import evidence, nearest
from deckbuilder.identity.lock import Lock, LockedNote
from deckbuilder.identity.resolve import Asked, Identity, Match, Register, resolve

THINGS = ("gradient", "attention map", "residual stream", "embedding", "loss surface", "covariance")


def locked(key: str, text: str, section: tuple[str, ...], answer: str = "", *, retired: bool = False) -> LockedNote:
    return LockedNote(
        key=key, guid=f"guid-{key}", kind="concept", born=1, modified=1, fingerprint="f.f", answer=answer,
        section=section, text=text, retired=retired,
    )  # fmt: skip


def lock_of(notes: list[LockedNote]) -> Lock:
    return Lock("D", "d", 1, notes={note.key: note for note in notes})


def asked_again(notes: list[LockedNote]) -> list[Asked]:
    return [Asked(Span("a.md", line), one.section, one.text, one.answer, None, True) for line, one in enumerate(notes)]


def resolved(asked: list[Asked], lock: Lock) -> tuple[list[Identity | None], list[Diagnostic]]:
    matched = resolve(asked, Register(lock, "deck.lock"))
    return list(matched.identities), list(matched.diagnostics)


def alike(count: int) -> list[LockedNote]:
    """Return notes that a machine might have written: all with the words of all others, but for one number."""
    return [
        locked(
            f"case-{number}",
            f"In case {number}, when does the {THINGS[number % 6]} grow for long inputs?",
            (f"Section {number // 20}",),
            evidence.answer_print(f"Once number {number * 7} of the {THINGS[number % 6]} is above all its neighbours"),
        )
        for number in range(count)
    ]


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often two wordings are compared."""
    count = [0]
    for name in ("wording_likeness", "close_wording"):

        def counted(one: str, other: str, known: object = getattr(evidence, name)) -> object:
            count[0] += 1
            return known(one, other)  # type: ignore[operator]

        monkeypatch.setattr(evidence, name, counted)
    return count


@pytest.mark.parametrize("count", [300, 600])
def test_a_file_reworded_from_top_to_bottom_takes_work_by_the_question(comparisons: list[int], count: int) -> None:
    """If this failed, replacing one phrase in a long file would keep the build busy for hours."""
    notes = alike(count)
    reworded = [replace(one, text=one.text.replace("when does", "why would")) for one in asked_again(notes)]
    identities, found = resolved(reworded, lock_of(notes))
    assert [one.known.key if one and one.known else None for one in identities] == [note.key for note in notes]
    assert {one.code for one in found} == {"DB304"}
    others = [replace(one, answer=evidence.answer_print(f"Quite another answer, of {one.text}")) for one in reworded]
    identities, found = resolved(others, lock_of(notes))
    assert not any(one and one.match is Match.NEW for one in identities), "a history would be lost without a word"
    assert len(found) == count
    assert comparisons[0] <= 6 * evidence.MOST_SUSPECTS * count


def test_where_nothing_tells_thousands_apart_the_author_is_asked() -> None:
    """If this failed, bounding the work would let histories be dropped without a word."""
    words = "gradient attention residual embedding surface covariance kernel mask".split()
    pairs = [(one, other, third) for one in words for other in words for third in words]
    notes = [
        locked(f"k{number}", f"Compare {' with '.join(three)} ({number % 3})", (f"S{part}",))
        for part in range(4)
        for number, three in enumerate(pairs, start=part * len(pairs))
    ]
    assert len(notes) > 2 * evidence.MOST_READ
    asked = [replace(one, text=one.text.replace("Compare", "Please compare now")) for one in asked_again(notes)]
    identities, found = resolved(asked, lock_of(notes))
    assert not any(identities)
    assert {one.code for one in found} == {"DB303"}


def test_the_same_words_below_a_thousand_renamed_headings_find_their_notes() -> None:
    """If this failed, a deck of headings like `Definition` could not rename its chapters."""
    notes = [
        locked(f"definition-{number}", "Definition", ("Book", f"Math {number // 50}", f"Topic {number}"))
        for number in range(1_000)
    ]
    for book, chapter in (("Book", "Maths"), ("Tome", "Math"), ("Tome", "Maths")):
        moved = [
            replace(one, section=(book, one.section[1].replace("Math", chapter), one.section[2]))
            for one in asked_again(notes)
        ]
        identities, found = resolved(moved, lock_of(notes))
        assert [one.known.key if one and one.known else None for one in identities] == [note.key for note in notes]
        assert not found


def test_what_was_not_looked_at_is_never_taken_for_worse() -> None:
    """If this failed, a question would take the history of whichever note happened to be looked at."""
    notes = [locked(f"a{number}", "Why?", ("Book", "Part", f"Old {number}")) for number in range(400)]
    strayed = locked("z", "Why?", ("Elsewhere", "New"))
    asked = asked_again([locked("", "Why?", ("Book", "Part", "New")), *(replace(one, key="") for one in notes[:200])])
    identities, found = resolved(asked, lock_of([*notes, strayed]))
    assert identities[0] is None
    assert found[0].code == "DB303"


SECTIONS = st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=3).map(tuple)
ANSWERS = st.sampled_from(["", evidence.answer_print("one two three four five"), evidence.answer_print("six " * 6)])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(SECTIONS, ANSWERS), max_size=9),
    st.lists(st.tuples(SECTIONS, ANSWERS), max_size=9),
    st.dictionaries(st.tuples(SECTIONS, SECTIONS), st.integers(1, 3), max_size=4),
)
def test_looking_at_few_finds_nothing_that_looking_at_all_does_not(
    questions: list[tuple[tuple[str, ...], str]],
    places: list[tuple[tuple[str, ...], str]],
    ways: dict[tuple[tuple[str, ...], tuple[str, ...]], int],
) -> None:
    """If this failed, whether a note keeps its history would hang on how large its deck is."""
    notes = [locked(f"k{number}", "Why?", *place) for number, place in enumerate(places)]
    moves = nearest.Moves(ways)
    every = nearest.surest_pairs(dict(enumerate(questions)), notes, moves)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "MOST_LOOKED_AT", 3)
        few = nearest.surest_pairs(dict(enumerate(questions)), notes, moves)
    assert {(number, note.key) for number, note in few} <= {(number, note.key) for number, note in every}
