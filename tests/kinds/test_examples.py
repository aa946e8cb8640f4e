"""Each kind's `example.md`: a deck of one question, from Markdown to a card in the real Anki."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copy

import pytest

from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Kind
from deckbuilder.kinds.registry import KINDS
from deckbuilder.kinds.templates import FOLDER, load_templates
from deckbuilder.kinds.titles import KIND_NAMES, TITLES
from deckbuilder.pipeline import Options, build
from tests.support.learner import ImportCounts, Learner
from tests.support.plans import note_type

OF_ITS_OWN = {
    "concept": {fields.ANSWER, fields.KEY_POINTS, fields.HINTS},
    "derivation": {fields.ANSWER, fields.STEPS, fields.CONTEXT, fields.HINTS, fields.REMARKS},
    "drill": {fields.CONTEXT, fields.ANSWER, fields.STEPS, fields.VARIANTS, fields.HINTS},
    "implementation": {fields.CONTEXT, fields.CODE, fields.COMPLEXITY, fields.PITFALLS, fields.HINTS},
}
"""The fields that each kind's example is there to show."""


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_an_example_becomes_a_card_of_its_kind(kind: Kind, tmp_path: Path) -> None:
    """A kind that no whole way from Markdown to Anki was tried for would fail at its first author."""
    source = Path(copy(FOLDER / kind.name / "example.md", tmp_path))
    result = build(source, Options(output=tmp_path / "example.apkg"))
    assert result.diagnostics == ()
    assert [note.kind for note in result.notes] == [kind.name]
    guid = result.notes[0].guid
    with Learner() as learner:
        assert learner.import_package(tmp_path / "example.apkg") == ImportCounts(new=1)
        assert learner.note_type_of(guid) == f"{kind.title} (example)"
        filled = {name for name, html in learner.fields(guid).items() if html}
        assert OF_ITS_OWN[kind.name] - filled == set()
        front, back = learner.front(guid), learner.back(guid)
    for side in (front, back):
        assert re.search(rf'class="db-card db-(?:front|back) db-{kind.name}"', side)
        assert "{{" not in side
    assert "<hr id=answer>" in back
    assert "<hr id=answer>" not in front


def test_every_kind_shows_what_is_its_own() -> None:
    """A kind that the table above forgets would be tested for nothing."""
    assert set(OF_ITS_OWN) == set(KIND_NAMES)


def test_the_templates_pass_the_real_gate() -> None:
    """Our own check could be laxer than Anki's, whose refusal a learner would see in the place of every card."""
    made = load_templates(KIND_NAMES)
    plan = note_type(fields=fields.FIELDS, front=made.front, back=made.back, css=made.css)
    with Learner() as learner:
        assert learner.refusal_of(plan) == ""


def test_every_kind_has_its_title_in_the_order_in_which_it_is_tried() -> None:
    """If this failed, a kind would have no note type, or the order of note types in a package would change."""
    assert [kind.name for kind in KINDS] == list(TITLES)
