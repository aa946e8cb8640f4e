"""The proof and `verify`: what passes is safe for learners, and each kind of loss is found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from anki.collection import Collection
from anki.decks import DeckId
from click.testing import CliRunner, Result
from msgspec.structs import replace

from deckbuilder.anki import proof
from deckbuilder.anki.verify import verify
from deckbuilder.cli import main
from deckbuilder.kinds import fields
from deckbuilder.packaging.plan import NotePlan, PackagePlan
from deckbuilder.packaging.writer import package_bytes
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
    result = verify(new, old)
    assert result.failed
    assert code in [found.code for found in result.diagnostics]


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


def test_the_fields_that_do_not_count_are_those_of_the_note_types() -> None:
    """If this failed, the proof would call a moved line number an update that learners miss."""
    assert proof.UNCOUNTED == fields.UNCOUNTED
    assert CONCEPT.fields


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
