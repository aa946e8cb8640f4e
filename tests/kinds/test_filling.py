"""Filling a template: as the real Anki does it."""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import pytest

from deckbuilder.kinds import fields
from deckbuilder.kinds._shared.notes import Kind
from deckbuilder.kinds.filling import filled, split_constant
from deckbuilder.kinds.registry import KINDS
from deckbuilder.kinds.templates import FOLDER
from deckbuilder.pipeline import prepare
from tests.support.learner import Learner
from tests.support.plans import note, note_type, package

ALL = {"A": "a", "B": "", "C": " <br> <div></div>\n", "D": "&nbsp;", "E": "{{A}}", "Tags": "x y"}


@pytest.mark.parametrize(
    "template",
    [
        "{{A}}{{E}}",
        "{{#A}}[{{A}}]{{/A}}{{^A}}none{{/A}}",
        "{{A}}{{#B}}b{{/B}}{{^B}}none{{/B}}",
        "{{A}}{{#C}}c{{/C}}{{^C}}none{{/C}}",
        "{{A}}{{#D}}d{{/D}}",
        "{{A}}{{#A}}1{{#B}}2{{/B}}{{^B}}3{{#E}}4{{E}}{{/E}}{{/B}}{{/A}}5",
        "{{A}} {{Tags}} <b class='x'>y</b>",
    ],
)
def test_sections_and_fields_are_filled_as_anki_does(template: str) -> None:
    """An author would see a part of a card that no learner does, or miss one that every learner sees."""
    names = tuple(name for name in ALL if name != "Tags")
    kind = note_type(fields=names, front=template, back="{{A}}")
    made = note("one", note_type=kind, tags=("x", "y"), **{name.lower(): ALL[name] for name in names})
    with Learner() as learner:
        learner.import_plan(package(made, note_types=(kind,)))
        assert filled(template, ALL) == learner.front(made.guid)


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_the_cards_of_every_kind_are_those_of_anki(kind: Kind, tmp_path: Path) -> None:
    """The preview and the tests of the cards would show something else than what learners get."""
    prepared, _ = prepare(Path(copy(FOLDER / kind.name / "example.md", tmp_path)))
    assert prepared
    plan = prepared.plan()
    (made,), (of,) = plan.notes, plan.note_types
    texts = dict(zip(fields.FIELDS, made.fields, strict=True)) | {"Tags": " ".join(made.tags)}
    with Learner() as learner:
        learner.import_plan(plan)
        assert filled(of.front, texts) == learner.front(made.guid)
        assert filled(of.back, texts) == learner.back(made.guid)


@pytest.mark.parametrize("template", ["a{{A}}b{{/A}}c", "no tag", "{{A}}", ""])
def test_the_constant_end_holds_no_tag(template: str) -> None:
    """A card put together of its own part and the common one would lack a field."""
    head, tail = split_constant(template)
    assert head + tail == template
    assert "{{" not in tail
    assert not head or head.endswith("}}")
