"""A review file with every habit that people have, from Markdown to the whole report, as a golden file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deckbuilder.identity.guids import numbered_ids
from deckbuilder.kinds.fields import DELIVERED
from deckbuilder.pipeline import Options, build
from deckbuilder.reporters import json_report, text_report
from tests.support.learner import ImportCounts, Learner

FIXTURE = Path(__file__).parent / "fixtures" / "review"


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("review.md").write_text((FIXTURE / "review.md").read_text("utf-8"), "utf-8")
    return Path("review.md")


@pytest.mark.parametrize("form", ["json", "txt"])
def test_the_report_of_a_real_review(review: Path, form: str, rewrite_fixtures: bool) -> None:
    """If this failed, a question, hint, kind, tag, deck or place would be read otherwise than its author meant."""
    result = build(review, Options(now=1_700_000_000, new_id=numbered_ids()))
    report = json_report(result) if form == "json" else text_report(result.diagnostics)
    golden = FIXTURE / f"report.{form}"
    if rewrite_fixtures:
        golden.write_text(report + "\n", "utf-8")
    assert report + "\n" == golden.read_text("utf-8")
    if form == "json":
        assert json.loads(report)["counts"]["questions"] == 19


def test_what_the_cards_of_a_real_review_show(review: Path, rewrite_fixtures: bool) -> None:
    """If this failed, a card would show something else than GitHub does, or a TODO, or a hint in its question."""
    result = build(review, Options(now=1_700_000_000, new_id=numbered_ids()))
    assert result.apkg is not None
    with Learner() as learner:
        assert learner.import_package(result.apkg) == ImportCounts(new=len(result.notes))
        cards = []
        for note in result.notes:
            texts = learner.fields(note.guid)
            del texts[DELIVERED]
            filled = [f"{name}: {text}" for name, text in texts.items() if text]
            cards.append("\n".join([f"=== {learner.note_type_of(note.guid)} in {learner.deck_of(note.guid)}", *filled]))
    shown = "\n\n".join(cards) + "\n"
    golden = FIXTURE / "cards.html"
    if rewrite_fixtures:
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")
    assert "TODO" not in shown
