"""The proof and `verify`: what passes is safe for learners, and each kind of loss is found."""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from anki.collection import Collection
from anki.decks import DeckId
from click.testing import CliRunner, Result
from msgspec.structs import replace

from deckbuilder.anki import proof
from deckbuilder.anki.verify import findings, verify
from deckbuilder.cli import main
from deckbuilder.diagnostics import Span
from deckbuilder.identity import keys
from deckbuilder.kinds import fields
from deckbuilder.limits import DEFAULTS
from deckbuilder.packaging.plan import NotePlan, PackagePlan
from deckbuilder.packaging.writer import package_bytes
from deckbuilder.pipeline import prepare
from deckbuilder.rendering.notes import fingerprint
from tests.anki import matrix
from tests.support.plans import CONCEPT, DAY, RELEASED, edited, note, note_type, package

KEYS = [f"n{number}" for number in range(1, 13)]
NOTES = [note(key, position=place) for place, key in enumerate(KEYS, start=1)]
LATER = RELEASED + DAY


def corrected(*keys: str, at: int = LATER) -> list[NotePlan]:
    """Return the notes of the deck with some of them corrected."""
    return [edited(one, at, answer="Better.") if one.guid.removeprefix("guid-") in keys else one for one in NOTES]


def pair(folder: Path, old: PackagePlan, new: PackagePlan) -> tuple[Path, Path]:
    """Write two packages."""
    paths = (folder / "old.apkg", folder / "new.apkg")
    for path, plan in zip(paths, (old, new), strict=True):
        path.write_bytes(package_bytes(plan))
    return paths


def codes(old: Path, new: Path) -> list[str]:
    return [found.code for found in verify(new, old).diagnostics]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["verify", *words])


def test_an_honest_update_passes_and_is_told(tmp_path: Path) -> None:
    """If this failed, no release could be published, or nobody would see what it does."""
    old, new = pair(tmp_path, package(*NOTES), package(*corrected("n1", "n2", "n3"), note("added", modified=LATER)))
    result = run(str(new), "--previous", str(old))
    assert result.exit_code == 0, result.output
    assert "update from old.apkg" in result.stdout
    assert "histories kept: 12 of 12\nnotes: 1 new, 3 updated, 9 unchanged, 0 conflicting\n" in result.stdout
    assert "clutter note types: none\nfull sync: no" in result.stdout
    assert result.stderr == ""


def test_the_learner_really_did_what_the_report_counts(tmp_path: Path) -> None:
    """If this failed, the proof would pass because nobody ever wrote, answered or moved anything."""
    old, new = pair(tmp_path, package(*NOTES), package(*corrected(*KEYS[:6])))
    report = verify(new, old).report
    assert report
    assert (report.histories, report.updated, len(report.imports)) == (12, 6, 2)
    assert report.edited + report.replaced == len({n for n in range(12) if n % 3 == 0 or n % 4 == 0})
    assert report.edited > 0
    assert report.replaced > 0


def test_the_first_release_is_proved_against_itself(tmp_path: Path) -> None:
    """If this failed, a deck's first release could not be checked in CI."""
    _, new = pair(tmp_path, package(*NOTES), package(*NOTES))
    result = run(str(new))
    assert result.exit_code == 0, result.output
    assert "second import" in result.stdout


def test_the_json_report_holds_the_whole_proof(tmp_path: Path) -> None:
    """If this failed, CI could not act on anything but the exit code."""
    old, new = pair(tmp_path, package(*corrected("n1")), package(*NOTES))
    result = run(str(new), "--previous", str(old), "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert list(report) == ["new", "previous", "passed", "report", "diagnostics"]
    assert report["passed"] is False
    assert report["report"]["updates_missed"] == ["n1"]
    assert [found["code"] for found in report["diagnostics"]] == ["DB813"]


def test_a_correction_with_an_old_stamp_is_found(tmp_path: Path) -> None:
    """If this failed, learners would never get the new text, and nobody would know."""
    old, new = pair(tmp_path, package(*NOTES), package(*corrected("n2", at=RELEASED)))
    assert codes(old, new) == ["DB813"]


def test_a_correction_that_only_late_learners_miss_is_a_warning(tmp_path: Path) -> None:
    """If this failed, a package whose notes are stamped by builds would be published with nobody warned."""
    notes = corrected(*KEYS[:6], at=RELEASED + 10)
    old, new = pair(tmp_path, package(*NOTES), package(*notes[:11], edited(NOTES[11], LATER, answer="Last.")))
    result = run(str(new), "--previous", str(old))
    assert result.exit_code == 0
    assert "warning[DB829]" in result.stderr


@pytest.mark.parametrize(
    "names",
    [
        ("Key", "Question", "Hints", "Answer", "Remarks", "Spare 1", "Added"),
        ("Key", "Question", "Hints", "Answer", "Renamed", "Spare 1"),
    ],
)
def test_a_changed_list_of_fields_is_found(tmp_path: Path, names: tuple[str, ...]) -> None:
    """If this failed, one field more would cut every learner off from every later release."""
    changed = note_type(fields=names, modified=LATER)
    notes = [note(key, answer="Better.", note_type=changed, modified=LATER) for key in KEYS]
    old, new = pair(tmp_path, package(*NOTES), package(*notes, note_types=(changed,)))
    assert codes(old, new) == ["DB814", "DB815"] or codes(old, new) == ["DB814"]
    result = run(str(new), "--previous", str(old))
    assert "12 notes would be conflicting" in result.stderr


def test_one_stamp_for_all_notes_is_found(tmp_path: Path) -> None:
    """If this failed, each release would overwrite what learners wrote on notes that did not change."""
    stamped = [replace(one, modified=LATER) for one in corrected("n1")]
    old, new = pair(tmp_path, package(*NOTES), package(*stamped))
    assert "DB816" in codes(old, new)


@pytest.mark.parametrize("other", [{}, {"key": "renamed"}])
def test_a_question_under_another_guid_is_found(tmp_path: Path, other: dict[str, str]) -> None:
    """If this failed, a lost deck.lock would pass, and give each learner every card a second time, never seen."""
    again = [replace(edited(one, LATER, **other), guid=f"new-{one.guid}") for one in NOTES[:2]]
    old, new = pair(tmp_path, package(*NOTES), package(*again, *NOTES[2:]))
    assert codes(old, new) == ["DB812"]
    assert "2 of 12 histories would be lost or changed: n1, n2" in run(str(new), "--previous", str(old)).stderr


def test_a_question_that_gave_way_to_another_is_no_loss(tmp_path: Path) -> None:
    """If this failed, no question could ever be replaced."""
    old, new = pair(tmp_path, package(*NOTES), package(note("other", modified=LATER), *NOTES[1:]))
    assert codes(old, new) == []


def test_another_deck_is_no_update(tmp_path: Path) -> None:
    """If this failed, a wrong file after --previous would prove nothing, and pass."""
    old, new = pair(tmp_path, package(*NOTES), package(note("other", "Why?")))
    assert codes(old, new) == ["DB830"]


def test_a_previous_package_that_anki_refuses_is_the_one_that_is_named(tmp_path: Path) -> None:
    """If this failed, a maintainer would look for the fault in the good package."""
    old, new = pair(tmp_path, package(*NOTES), package(*NOTES))
    torn(old)
    (found,) = verify(new, old).diagnostics
    assert (found.code, found.span.file) == ("DB811", old.as_posix())


def test_a_picture_that_is_not_packed_is_found(tmp_path: Path) -> None:
    """If this failed, cards would show an empty frame."""
    notes = [edited(NOTES[0], LATER, answer='<img src="missing.png">'), *NOTES[1:]]
    old, new = pair(tmp_path, package(*NOTES), package(*notes))
    assert codes(old, new) == ["DB820"]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DELETE FROM revlog WHERE id = (SELECT max(id) FROM revlog)", "DB812"),
        ("UPDATE cards SET ivl = ivl + 1 WHERE id = (SELECT max(id) FROM cards)", "DB812"),
        ("UPDATE cards SET reps = 0 WHERE id = (SELECT max(id) FROM cards)", "DB812"),
        ("UPDATE cards SET queue = 0 WHERE queue = -1", "DB812"),
        ("UPDATE cards SET flags = 0", "DB812"),
        ("DELETE FROM cards WHERE id = (SELECT max(id) FROM cards)", "DB812"),
        ("UPDATE notes SET tags = '' WHERE guid = 'guid-n12'", "DB816"),
        ("UPDATE col SET scm = scm + 1", "DB817"),
        ("UPDATE cards SET did = 1 WHERE id = (SELECT max(id) FROM cards)", "DB818"),
        ("INSERT INTO cards SELECT 5, 6, did, ord, mod, usn, type, queue, due, ivl, factor, reps, lapses, left, odue, "
         "odid, flags, data FROM cards LIMIT 1", "DB819"),
    ],
)  # fmt: skip
def test_every_loss_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, code: str) -> None:
    """If this failed, `verify` would pass an update that costs learners this very thing."""
    old, new = pair(tmp_path, package(*NOTES), package(*corrected("n1")))
    honest = proof.Learner.imports

    def damaging(self: proof.Learner, path: Path, at: int | None = None) -> object:
        found = honest(self, path, at)
        if at is not None and path == new:
            self.col.db.execute(damage)
        return found

    monkeypatch.setattr(proof.Learner, "imports", damaging)
    report = proof.prove([old, new])
    assert report.lost_something
    assert code in [found.code for found in findings(report, report, Span("new.apkg"))]


# Histories on other questions

FULL = note_type(fields=fields.FIELDS)
TOPICS = ["What is a norm?", "How do you invert a matrix?", "Why do gradients vanish?", "Who proved the theorem?"]
SAID = [
    "The length of a vector, by any rule that obeys three axioms.",
    "Solve one linear system for each column of the identity.",
    "Small factors are multiplied once for every layer of the network.",
    "Noether did, in 1918, and hardly anyone noticed at first.",
]


def full(place: int, question: str, answer: str, *, at: int = RELEASED, **others: str) -> NotePlan:
    """Return the note of a place with all fields, so that only what it says moves and not its key or GUID."""
    others = {"key": f"k{place}", "kind": "concept", "topic": "Week 1"} | {
        name.replace("_", " "): text for name, text in others.items()
    }
    return replace(note(f"g{place}", question, answer, note_type=FULL, modified=at, position=place), fields=tuple(
        ({"question": question, "answer": answer} | others).get(name.lower(), "") for name, _ in FULL.fields
    ))  # fmt: skip


BEFORE = [full(place, *said) for place, said in enumerate(zip(TOPICS, SAID, strict=True))]


def after(*said: tuple[str, str], **others: str) -> list[NotePlan]:
    return [full(place, *one, at=LATER, **others) for place, one in enumerate(said)]


def codes_of(folder: Path, old: list[NotePlan], new: list[NotePlan]) -> list[str]:
    return codes(*pair(folder, package(*old, note_types=(FULL,)), package(*new, note_types=(FULL,))))


def test_histories_that_all_shifted_are_found_and_not_counted_as_kept(tmp_path: Path) -> None:
    """If this failed, `verify` would say "histories kept: 4 of 4" where each is on the next question."""
    shifted = after(("What comes first now?", "A question that was put at the top."), *zip(TOPICS, SAID, strict=True))
    old, new = pair(tmp_path, package(*BEFORE, note_types=(FULL,)), package(*shifted, note_types=(FULL,)))
    result = run(str(new), "--previous", str(old))
    assert result.exit_code == 1
    assert "error[DB835]" in result.stderr
    assert "4 of 4 histories would be on another question: k0, k1, k2, k3" in result.stderr
    assert "histories kept: 0 of 4" in result.stdout


def test_two_notes_that_exchanged_their_contents_are_found_however_alike_they_are(tmp_path: Path) -> None:
    """If this failed, a lock merged wrongly would give each of two sister questions the other's reviews."""
    pairs = [("Does L1 shrink weights to zero?", "Yes."), ("Does L2 shrink weights to zero?", "No.")]
    old = [full(place, *said) for place, said in enumerate(pairs)]
    assert codes_of(tmp_path, old, after(*reversed(pairs))) == ["DB835"]


def test_questions_of_the_same_words_are_told_apart_by_their_sections_and_answers(tmp_path: Path) -> None:
    """If this failed, "Give an example." under every week would hide that all histories moved one week on."""
    old = [full(place, "Give an example.", answer, topic=f"Week {place}") for place, answer in enumerate(SAID)]
    inserted = [full(0, "Give an example.", "Something that was never said before.", at=LATER, topic="Week 0")]
    inserted += [full(p + 1, "Give an example.", a, at=LATER, topic=f"Week {p + 1}") for p, a in enumerate(SAID)]
    assert codes_of(tmp_path, old, inserted) == ["DB835"]
    rewritten = [full(0, "Give an example.", "A shorter road.", at=LATER, topic="Week 0"), *old[1:]]
    assert codes_of(tmp_path, old, rewritten) == []


HONEST = [
    (("Which rule gives a vector its length?", SAID[0]), "the question is new, the answer stayed"),
    ((TOPICS[0], "See the chapter on metric spaces."), "the answer is new, the question stayed"),
    (("What is a vector norm?", "A rule that gives vectors their length and obeys three axioms."), "both were revised"),
]


@pytest.mark.parametrize("said", [said for said, _ in HONEST], ids=[why for _, why in HONEST])
def test_an_honest_rewrite_passes(tmp_path: Path, said: tuple[str, str]) -> None:
    """If this failed, nobody could improve a question and publish it."""
    assert codes_of(tmp_path, BEFORE, [full(0, *said, at=LATER), *BEFORE[1:]]) == []


OTHER = ("When did Rome fall?", "In 476, as schools teach it.")


def test_a_decision_about_this_very_wording_lets_a_note_change_as_a_whole(tmp_path: Path) -> None:
    """If this failed, an author's answer would be asked for again, or one decision would excuse every later shift."""
    filled = dict(zip((name for name, _ in FULL.fields), BEFORE[0].fields, strict=True))
    wording = proof.NoteText("", filled, frozenset(), 0).wording()
    for decided, wanted in ((wording, []), (f"{'0' * 16} {wording}", []), ("0" * 16, ["DB835"]), ("", ["DB835"])):
        new = [full(0, *OTHER, at=LATER, spare_7=decided), *BEFORE[1:]]
        assert codes_of(tmp_path, BEFORE, new) == wanted


def test_an_explicit_id_lets_the_note_of_that_key_change_as_a_whole(tmp_path: Path) -> None:
    """If this failed, an `id` would not name a note for ever; or it would excuse a history of another key."""
    by_id = [full(0, *OTHER, at=LATER, spare_7="id"), *BEFORE[1:]]
    assert codes_of(tmp_path, BEFORE, by_id) == []
    another = [full(0, *OTHER, at=LATER, spare_7="id", key="rome"), *BEFORE[1:]]
    assert codes_of(tmp_path, BEFORE, another) == ["DB835"]


ALIKE = [
    ("What is regularisation?", "What is regularization?"),
    ("What does dropout do?", "What does dropout do to a network while it is trained?"),
    ("Ein Vektor der Länge eins.", "Jeder Vektor, dessen Länge eins ist."),
    (r"It is \(a^2 + b^2\).", r"<p>It is \(a^2 + b^2\), always.</p>"),
    ("什么是向量的范数?", "向量的范数是什么?"),
    ("वेक्टर की लंबाई क्या है?", "वेक्टर की लंबाई का अर्थ क्या है?"),
    ("An answer of few words.", "First of all, an answer of few words, and then a great many others that were added."),
]
UNLIKE = [
    ("What is a convergent series?", "What is a divergent series?"),
    ("Yes.", "No."),
    ("56", "65"),
    ("The capital of Austria", "A river in Asia"),
    ("什么是向量的范数?", "谁证明了这个定理?"),
    ('<img src="a1.png">', '<img src="b2.png">'),
    (SAID[0], SAID[1]),
    (SAID[2], SAID[3]),
]


@pytest.mark.parametrize(("old", "new"), ALIKE)
def test_a_revision_is_recognisable(old: str, new: str) -> None:
    """If this failed, `verify` would refuse honest edits."""
    assert proof.is_recognisable(proof.visible(old), proof.visible(new))
    assert proof.is_recognisable(proof.visible(new), proof.visible(old))


@pytest.mark.parametrize(("old", "new"), UNLIKE)
def test_another_text_is_not(old: str, new: str) -> None:
    """If this failed, `verify` would pass histories on other questions."""
    assert not proof.is_recognisable(proof.visible(old), proof.visible(new))
    assert not proof.is_recognisable(proof.visible(new), proof.visible(old))


def test_hardly_two_notes_of_the_shipped_deck_are_taken_for_one_another() -> None:
    """If this failed, a shifted history would be found in made-up decks only."""
    prepared, result = prepare(matrix.ROOT / "content")
    assert prepared and not result.failed
    plan = prepared.plan()
    names = [name for name, _ in plan.note_types[0].fields]
    texts = [dict(zip(names, one.fields, strict=True)) for one in plan.notes[::7]]
    notes = [proof.NoteText("", filled, frozenset(), 0) for filled in texts]
    alike = [
        (one.asks, other.asks)
        for number, one in enumerate(notes)
        for other in notes[:number]
        if proof.is_recognisable(one.asks, other.asks) or proof.is_recognisable(one.answers, other.answers)
    ]
    assert len(alike) <= len(notes) * (len(notes) - 1) / 2 / 100, alike


# A package that proves nothing


def test_a_package_without_notes_proves_nothing(tmp_path: Path) -> None:
    """If this failed, CI would call an empty package safe: 0 of 0 histories kept."""
    empty = package(note_types=(), decks=())
    old, new = pair(tmp_path, empty, empty)
    assert codes(old, new) == ["DB839"]
    assert [found.code for found in verify(new).diagnostics] == ["DB839"]
    assert codes(*pair(tmp_path, empty, package(*NOTES))) == ["DB839"]


# A lock that was lost, or is an older one


def test_a_lost_lock_is_found_by_what_the_notes_say(tmp_path: Path) -> None:
    """If this failed, a deck built without its lock would give learners every card a second time, never seen."""
    again = [
        full(p, q, f"<p>{a}</p>", at=LATER, key=f"other{p}") for p, (q, a) in enumerate(zip(TOPICS, SAID, strict=True))
    ]
    again = [replace(one, guid=f"new-{one.guid}") for one in again]
    assert "DB812" in codes_of(tmp_path, BEFORE, again)
    assert "DB812" in codes_of(tmp_path, BEFORE, [*BEFORE[:3], again[3]])


# Bounds


def limited(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DECKBUILDER_LIMITS", text)


@pytest.mark.parametrize(
    ("limit", "said"),
    [("package-mb=1", "MB"), ("package-entries=1", "lists 2 files"), ("package-notes=11", "it has 12 notes")],
)
def test_what_is_larger_than_the_limits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, said: str
) -> None:
    """If this failed, a stranger's package could fill the machine that checks it."""
    answer = "word " * 300_000 if "mb" in limit else "So."
    old, new = pair(tmp_path, package(*NOTES), package(*NOTES[:11], edited(NOTES[11], LATER, answer=answer)))
    limited(monkeypatch, limit)
    (found,) = verify(new, old).diagnostics
    assert found.code == "DB840"
    assert said in found.message
    assert limit.partition("=")[0] in found.message
    limited(monkeypatch, "")
    assert codes(old, new) == []


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a package of two megabytes would become two thousand on the disk."""
    limited(monkeypatch, "package-mb=9")
    bomb = tmp_path / "bomb.apkg"
    with ZipFile(bomb, "w", ZIP_DEFLATED) as file, file.open("collection.anki2", "w", force_zip64=True) as entry:
        for _ in range(10):
            entry.write(bytes(1_000_000))
    assert [found.code for found in verify(bomb).diagnostics] == ["DB840"]


def test_a_list_of_entries_without_end_is_refused_unread(tmp_path: Path) -> None:
    """If this failed, the mere list of what a package holds could fill the memory."""
    path = tmp_path / "x.apkg"
    path.write_bytes(b"PK" + bytes(100) + b"PK\x05\x06" + bytes(4) + b"\xff" * 12 + bytes(2))
    assert [found.code for found in verify(path).diagnostics] == ["DB840"]


def test_a_proof_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a package whose database works without end would block CI for ever."""
    old, new = pair(tmp_path, package(*NOTES), package(*NOTES))
    bomb = tmp_path / "bomb.apkg"
    collection = tmp_path / "collection.anki2"
    with ZipFile(new) as file:
        collection.write_bytes(file.read("collection.anki2"))
    with closing(sqlite3.connect(collection)) as database:
        database.execute("CREATE TABLE sink(number)")
        database.execute(
            "CREATE TRIGGER endless AFTER UPDATE ON col BEGIN INSERT INTO sink "
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n; END"
        )
        database.commit()
    with ZipFile(bomb, "w") as file:
        file.write(collection, "collection.anki2")
        file.writestr("media", "{}")
    limited(monkeypatch, "verify-seconds=3")
    monkeypatch.setattr(tempfile, "tempdir", (tmp_path / "temporary").as_posix())
    (tmp_path / "temporary").mkdir()
    (found,) = verify(bomb, old).diagnostics
    assert found.code == "DB841"
    assert "3 seconds" in found.message
    assert not list((tmp_path / "temporary").glob("proof-*"))


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def not_a_zip(path: Path) -> None:
    path.write_bytes(b"nonsense")


def another_zip(path: Path) -> None:
    with ZipFile(path, "w") as file:
        file.writestr("readme.txt", "no deck")


def no_database(path: Path) -> None:
    with ZipFile(path, "w") as file:
        file.writestr("collection.anki2", b"nonsense" * 1000)
        file.writestr("media", "{}")


@pytest.mark.parametrize("spoil", [torn, not_a_zip, another_zip, no_database, Path.unlink])
def test_what_anki_cannot_import_is_a_finding(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """If this failed, a damaged download would end in a traceback, or pass."""
    old, new = pair(tmp_path, package(*NOTES), package(*NOTES))
    spoil(new)
    assert codes(old, new) == ["DB811"]
    assert run(str(new)).exit_code == 1


def test_without_ankis_library_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, who did not install the extra would meet a traceback."""
    monkeypatch.setattr("deckbuilder.anki.backend.find_spec", lambda name: None)
    for words in (["verify", "x.apkg"], ["push", str(tmp_path), "--collection", str(tmp_path / "c.anki2")]):
        (tmp_path / "c.anki2").touch()
        (tmp_path / "x.md").write_text("# A\n\n1) What?\n\n    That.\n", "utf-8")
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 1
        assert "DB810" in result.stderr
        assert "anki-deckbuilder[anki]" in result.stderr


def test_what_the_proof_says_again_is_what_the_program_says() -> None:
    """If this failed, the proof would call a moved line number an update that learners miss, or read no decision."""
    assert proof.UNCOUNTED == fields.UNCOUNTED
    assert (proof.KEY, proof.QUESTION, proof.TOPIC) == (fields.KEY, fields.QUESTION, fields.TOPIC)
    assert (proof.DECISIONS, proof.BY_ID) == (fields.DECISIONS, fields.BY_ID)
    assert set(fields.FIELDS) >= proof._NOT_ANSWER
    assert proof.FILLER == keys.FILLER
    texts = {name: f"<b>{name}</b> ä" for name in fields.FIELDS[:12]} | {fields.TOPIC: "A", fields.DECISIONS: "id"}
    note = proof.NoteText("", texts, frozenset(), 0)
    counted = {name: text for name, text in texts.items() if name not in fields.UNCOUNTED}
    assert note.wording() == fingerprint(counted, ()).partition(".")[0]
    assert CONCEPT.fields


def test_the_bounds_of_the_proof_are_the_limits() -> None:
    """If this failed, the page on limits would promise what a proof that is run by itself does not hold."""
    of_package = [number for name, (number, _) in DEFAULTS.items() if name.startswith("package-")]
    assert [*asdict(proof.Bounds()).values()] == of_package


# The same proof as in the matrix, on the Anki that is here


def test_the_proof_of_the_matrix_on_this_anki(tmp_path: Path) -> None:
    """If this failed, releases would lose something of learners' on the newest Anki; `make matrix` asks the others."""
    assert matrix.problems_with(sys.executable, matrix.make_chains(tmp_path), None, tmp_path) == []


def test_the_guide_for_learners_says_what_the_matrix_proves() -> None:
    """If this failed, learners of an older Anki would be promised what it does not do."""
    guide = (matrix.ROOT / "docs" / "learners.md").read_text("utf-8").split("## Which Anki versions")[1]
    for version in matrix.OLDER:
        row = next(line for line in guide.splitlines() if line.startswith(f"| {version} |"))
        keeps = tuple(int(part) for part in version.split(".")[:2]) >= matrix.KEEPS_STAMPS_SINCE
        assert row.split("|")[3].strip() == ("yes" if keeps else "only of releases")


def test_only_faults_make_a_collection_unsound() -> None:
    """If this failed, CI would refuse a good release because a learner answered across the turn of a second."""
    done = "Database rebuilt and optimized."
    assert proof.problems_in(done, done) == ""
    assert proof.problems_in(f"Added last review time to 4 cards.\n{done}", done) == ""
    assert proof.problems_in(f"Deleted 4 cards with missing note.\n{done}", done) != ""
    assert proof.problems_in("disk I/O error", done) != ""


def test_the_real_check_says_so_in_these_words(tmp_path: Path) -> None:
    """If this failed, the test above would hold for words that Anki does not use."""
    col = Collection(str(tmp_path / "collection.anki2"))
    try:
        basic = col.models.by_name("Basic")
        assert basic
        question = col.new_note(basic)
        question["Front"] = "q"
        col.add_note(question, DeckId(1))
        card = col.sched.getCard()
        assert card
        col.sched.answerCard(card, 3)
        assert col.db
        col.db.execute("UPDATE cards SET data = '{}'")
        text, sound = col.fix_integrity()
        assert "Added last review time" in text
        assert not sound
        assert proof.problems_in(text, col.tr.database_check_rebuilt()) == ""
    finally:
        col.close()
