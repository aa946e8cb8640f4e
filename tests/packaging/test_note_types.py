"""The gate: a note type must pass the real backend's own checks before it may reach a learner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from deckbuilder.kinds.fields import FIELDS
from deckbuilder.packaging.plan import NoteTypePlan
from tests.support.learner import Learner
from tests.support.plans import CONCEPT, note_type


@pytest.fixture(scope="module")
def learner() -> Iterator[Learner]:
    with Learner() as somebody:
        yield somebody


@pytest.mark.parametrize("kind", [CONCEPT, note_type(fields=FIELDS)])
def test_a_sound_note_type_passes(learner: Learner, kind: NoteTypePlan) -> None:
    """The gate would stop every build."""
    assert learner.refusal_of(kind) == ""


@pytest.mark.parametrize(
    "faulty",
    [
        replace(CONCEPT, front="{{Question}}{{Nope}}"),
        replace(CONCEPT, back="{{Answer}}{{Nope}}"),
        replace(CONCEPT, front="{{Question}}{{#Hints}}{{Hints}}"),
        replace(CONCEPT, front="{{Question}}{{/Hints}}"),
        replace(CONCEPT, front="What is it?"),
    ],
)
def test_a_faulty_note_type_is_refused(learner: Learner, faulty: NoteTypePlan) -> None:
    """Learners would see an error in the place of every card: genanki packs such a note type without a word."""
    assert "has a problem" in learner.refusal_of(faulty)
