"""Who is who in decks where thousands change at once: the work grows with the deck, and the answers stay the same.

No test measures time; what is counted is how often one wording is compared with another, which is what takes it.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity import evidence
from deckbuilder.identity.lock import Lock, LockedNote
from deckbuilder.identity.resolve import Asked, Identity, Register, resolve

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


def test_a_file_reworded_from_top_to_bottom_keeps_what_has_its_answer_and_asks_about_the_rest() -> None:
    """If this failed, replacing one phrase in a long file would cost every history in it."""
    count = 600
    notes = alike(count)
    reworded = [replace(one, text=one.text.replace("when does", "why would")) for one in asked_again(notes)]
    identities, found = resolved(reworded, lock_of(notes))
    assert [one.known.key if one and one.known else None for one in identities] == [note.key for note in notes]
    assert {one.code for one in found} == {"DB304"}
    others = [replace(one, answer=evidence.answer_print(f"Quite another answer, of {one.text}")) for one in reworded]
    identities, found = resolved(others, lock_of(notes))
    assert not any(identities), "a history would be lost without a word"
    assert [one.code for one in found] == ["DB303"] * count


@pytest.mark.parametrize(("missing", "asked"), [(2_000, False), (2_001, True)])
def test_where_more_is_missing_than_can_be_compared_the_author_is_asked(missing: int, asked: bool) -> None:
    """If this failed, bounding the work would let histories be dropped without a word."""
    notes = [locked(f"k{number}", f"gradual{number:04} alpha beta", ("S",)) for number in range(missing)]
    new = Asked(Span("a.md", 1), ("S",), "Where does one find gradients, kernels, masks and layers?", "", None, True)
    identities, found = resolved([new], lock_of(notes))
    assert [one.code for one in found] == (["DB303"] if asked else [])
    assert (identities[0] is None) is asked


def test_retired_notes_never_make_a_new_question_doubtful_by_their_number() -> None:
    """If this failed, an old deck with thousands of retired notes would ask about every question that is added."""
    notes = [locked(f"k{number}", f"gradual{number:04} alpha beta", ("S",), retired=True) for number in range(2_500)]
    new = Asked(Span("a.md", 1), ("S",), "Where does one find gradients, kernels, masks and layers?", "", None, True)
    _, found = resolved([new], lock_of(notes))
    assert not found


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
