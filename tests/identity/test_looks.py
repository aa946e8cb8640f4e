"""What a question shows besides its words: other code, another picture or another formula is another question."""

from __future__ import annotations

from dataclasses import replace

from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.identity.changes import Content, stamped, updated_lock
from deckbuilder.identity.evidence import answer_print, fingerprint_of, look_in
from deckbuilder.identity.lock import Lock
from deckbuilder.identity.resolve import Asked, Identity, Register, resolve
from tests.identity.decks import LOCK, Q, codes

LONG = "It prints the number that was given to it."


def built(lock: Lock, *questions: tuple[Q, str]) -> tuple[Lock, list[Identity | None], list[Diagnostic]]:
    """Build questions, each with its look, upon a lock."""
    prints = [answer_print(q.answer, look) for q, look in questions]
    asked = [
        Asked(Span("a.md", line), q.section, q.text, answer, q.id, True)
        for line, ((q, _), answer) in enumerate(zip(questions, prints, strict=True), start=1)
    ]
    found = resolve(asked, Register(lock, LOCK))
    notes = [
        stamped(one, Content("concept", q.section, q.text, answer, f"{answer}."), 100)
        for (q, _), answer, one in zip(questions, prints, found.identities, strict=True)
        if one
    ]
    return updated_lock(lock, notes, (), {}), list(found.identities), list(found.diagnostics)


def after(before: tuple[Q, str], *now: tuple[Q, str]) -> tuple[list[bool], list[str]]:
    """Build twice: which questions have the history of the one before, and what was said."""
    lock, first, _ = built(Lock("D", "d", 1), before)
    _, found, said = built(lock, *now)
    assert first[0]
    return [one is not None and one.guid == first[0].guid for one in found], codes(said)


def test_another_look_with_another_answer_is_asked_about() -> None:
    """If this failed, the flag of Australia would take the history of Austria's, since both ask "Which flag is it?"."""
    old = Q("Which flag is it?", "Austria")
    assert after((old, "at"), (replace(old, answer="Australia"), "au")) == ([False], ["DB303"])
    assert after((old, "at"), (old, "au")) == ([False], ["DB303"])  # so short an answer proves nothing alone


def test_another_look_keeps_its_history_by_its_answer() -> None:
    """If this failed, authors would be asked about every correction of the code that a question shows."""
    old = Q("What does this print?", LONG)
    assert after((old, "print(1)"), (old, "print(2)")) == ([True], ["DB304"])


def test_the_same_look_is_the_same_question() -> None:
    """If this failed, an edited answer would be asked about wherever a question has a picture."""
    old = Q("Which flag is it?", "Austria")
    assert after((old, "at"), (replace(old, answer="Austria, in Europe"), "at")) == ([True], [])


def test_questions_of_the_same_words_are_told_apart_by_their_looks() -> None:
    """If this failed, a deck of flags would need an id for each of them, or give a new one the history of another."""
    old = Q("Which flag is it?", "Austria")
    new = replace(old, answer="Niger")
    assert after((old, "at"), (new, "ne"), (old, "at")) == ([False, True], [])
    assert after((old, "at"), (replace(old, answer="Austria"), "ne"), (old, "at")) == ([False, True], [])


def test_a_lock_that_knows_no_looks_asks_nothing() -> None:
    """If this failed, a new deckbuilder would ask about every question that shows code."""
    old = Q("Which flag is it?", "Austria")
    assert after((old, ""), (old, "at")) == ([True], [])
    assert after((old, ""), (replace(old, answer="Austria, in Europe"), "at")) == ([True], [])
    assert after((old, ""), (replace(old, answer="Niger"), "ne"), (old, "at"))[1] == ["DB301"]


def test_a_look_that_is_taken_out_or_added_asks_nothing() -> None:
    """If this failed, H2O could not become H₂O in HTML without a question."""
    old = Q("What is H2O?", "Water")
    assert after((old, "sub 2"), (old, "")) == ([True], [])


def test_the_look_is_a_part_of_its_own_of_the_fingerprint() -> None:
    """If this failed, looks would be taken for sentences, or short answers for long ones."""
    for answer in ("Yes", LONG):
        plain, shown = answer_print(answer), answer_print(answer, "print(1)")
        assert shown.startswith(plain)
        assert fingerprint_of(shown)._replace(look="") == fingerprint_of(plain)
        assert fingerprint_of(shown).look == look_in(shown) != look_in(plain) == ""
    assert answer_print("", "print(1)") == ""


def test_signs_in_code_and_formulas_of_an_answer_count() -> None:
    """If this failed, `*p` and `p` would be the same answer, which proves that two questions are one."""
    for one, other in (
        ("`*p` is what is read", "`p` is what is read"),
        ("the type is `char*` here", "the type is `char` here"),
        ("$a*$ is the expression meant", "$a$ is the expression meant"),
        ("a row ends in `a,` and so on", "a row ends in `a` and so on"),
    ):
        assert answer_print(one) != answer_print(other)
    for one, other in (
        ("`p`, *x* and **y** cost $5", "p, x and y cost $5"),
        ("it is `p`; and $x$, too.", "it is p and x too"),
        ("5 \\* `a` and ``b`` \ufffc c", "5 \\* a and b   c"),
    ):
        assert answer_print(one) == answer_print(other)
