"""Levels, variants and steps keep their histories within their question, by the same rules."""

from __future__ import annotations

from deckbuilder.diagnostics import Span
from deckbuilder.identity.evidence import answer_print
from deckbuilder.identity.lock import Lock, LockedNote
from deckbuilder.identity.resolve import Asked, Identity, Match, Register, Resolution, resolve_parts

WHOLE = LockedNote(
    key="drill",
    guid="w" * 16,
    kind="drill",
    born=1,
    modified=1,
    fingerprint="f.f",
    answer="",
    section=("S",),
    text="Work",
)
HARD = "What is the sum of x and y, times 3?"
EASY = "What is the sum of x and y?"


def part(name: str, text: str, answer: str = "", *, retired: bool = False, was: tuple[str, ...] = ()) -> LockedNote:
    return LockedNote(
        key=f"drill.{name}", guid=f"guid-{name}", kind="drill", born=1, modified=1, fingerprint="f.f",
        answer=answer_print(answer), section=("S",), text=text, retired=retired, of="drill", aliases=was,
    )  # fmt: skip


def asked(name: str | None, text: str, answer: str = "", key: str = "drill") -> Asked:
    return Asked(Span("a.md", 1), ("S",), text, answer_print(answer), name and f"{key}.{name}", True)


def matched(parts: list[LockedNote], questions: list[Asked], key: str = "drill") -> Resolution:
    lock = Lock("D", "d", 1, notes={note.key: note for note in [WHOLE, *parts]})
    return resolve_parts(questions, Identity(key, WHOLE.guid, Match.ID, WHOLE), Register(lock, "deck.lock"))


def guids(found: Resolution) -> list[str | None]:
    return [one.known.guid if one and one.known else None for one in found.identities]


def codes(found: Resolution) -> list[str]:
    return [one.code for one in found.diagnostics]


def test_a_level_that_asks_the_same_keeps_its_history_under_another_name() -> None:
    """If this failed, renaming a level would give every learner its card a second time."""
    found = matched(
        [part("hard", "hard", HARD), part("easy", "easy", EASY)],
        [asked("tough", "tough", HARD), asked("easy", "easy", EASY)],
    )
    assert guids(found) == ["guid-hard", "guid-easy"]
    assert found.identities[0]
    assert found.identities[0].key == "drill.tough"
    assert codes(found) == ["DB304"]
    assert "id:" not in found.diagnostics[0].help


def test_a_level_keeps_its_history_though_a_sibling_asks_the_same() -> None:
    """If this failed, two levels that differ in their parameters' names only could never be renamed."""
    twin, gone = part("twin", "twin", HARD), part("gone", "gone", HARD, retired=True)
    found = matched(
        [part("hard", "hard", HARD), twin, gone], [asked("tough", "tough", HARD), asked("twin", "twin", HARD)]
    )
    assert guids(found) == ["guid-hard", "guid-twin"]
    both = [asked("tough", "tough", HARD), asked("huge", "huge", HARD)]
    assert codes(matched([part("hard", "hard", HARD)], both)) == ["DB303", "DB303"]
    assert codes(matched([part("hard", "hard", HARD), twin], both[:1])) == ["DB303"]


def test_a_level_that_asks_something_else_under_another_name_is_asked_about() -> None:
    """If this failed, a renamed level would lose its history, or a new one get another's."""
    found = matched([part("hard", "hard", HARD)], [asked("tough", "tough", EASY)])
    assert codes(found) == ["DB303"]
    assert [(one.of, [note.key for note in one.candidates]) for one in found.doubts] == [("drill", ["drill.hard"])]
    assert "`hard`" in found.diagnostics[0].help
    assert "id:" not in found.diagnostics[0].help
    assert codes(matched([part("hard", "hard")], [asked("tough", "tough", HARD)])) == ["DB303"], "of an earlier version"


def test_a_new_level_is_new_where_none_is_missing() -> None:
    """If this failed, adding a level to a drill would always be asked about."""
    hard, variant = part("hard", "hard", HARD), part("v1", "variant 1")
    for parts in ([hard, variant], [hard, variant, part("old", "old", EASY, retired=True)]):
        found = matched(
            parts, [asked("hard", "hard", HARD), asked("huge", "huge", "Quite another thing is asked for here.")]
        )
        assert guids(found) == ["guid-hard", None]
        assert codes(found) == []


def test_a_new_variant_is_never_another_one() -> None:
    """If this failed, the build would ask about numbers that were drawn anew."""
    found = matched([part("v1", "variant 1"), part("hard", "hard", HARD)], [asked("v2", "variant 2")])
    assert guids(found) == [None]
    assert codes(found) == []


def test_parts_follow_the_note_whose_key_was_renamed() -> None:
    """If this failed, giving a drill an id would cost the histories of all its levels."""
    parts = [part("hard", "hard"), part("v1", "variant 1"), part("now", "now", was=("drill.then",))]
    questions = [
        asked(name, text, key="new") for name, text in (("hard", "hard"), ("v1", "variant 1"), ("then", "then"))
    ]
    found = matched(parts, questions, "new")
    assert guids(found) == ["guid-hard", "guid-v1", "guid-now"]
    assert codes(found) == []


def test_a_step_keeps_its_history_by_its_title_or_its_text() -> None:
    """If this failed, improving one half of a step would cost its history."""
    insert = part("insert", "Insert the bound.", HARD)
    assert guids(matched([insert], [asked(None, "Insert the bound.", EASY)])) == ["guid-insert"]
    assert guids(matched([insert], [asked(None, "Use the bound.", HARD)])) == ["guid-insert"]
    assert codes(matched([insert], [asked(None, "Insert the sharp bound.", EASY)])) == ["DB303"]
    assert codes(matched([insert], [asked("one", "Insert the sharp bound.", EASY)])) == ["DB303"]
    assert guids(matched([insert], [asked("one", "Insert the bound.", HARD)])) == ["guid-insert"]
    found = matched([insert], [asked("insert-sharp-bound", "Insert the sharp bound.", EASY)])
    assert (guids(found), codes(found)) == ([None], []), "that is the id which the build proposed for a new one"


def test_parts_are_where_their_note_is() -> None:
    """If this failed, a question that was moved would ask about each of its steps."""
    lock = Lock("D", "d", 1, notes={WHOLE.key: WHOLE, "drill.insert": part("insert", "Insert it.", HARD)})
    moved = Asked(Span("a.md", 1), ("Elsewhere",), "Insert it.", answer_print(EASY), None, True)
    found = resolve_parts([moved], Identity("drill", WHOLE.guid, Match.MOVED, WHOLE), Register(lock, "deck.lock"))
    assert guids(found) == ["guid-insert"]
