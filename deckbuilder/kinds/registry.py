"""All kinds of note, in the order in which a question is tried on them. A new kind is a folder and a line here."""

from __future__ import annotations

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.kinds._shared.notes import Kind, Note
from deckbuilder.kinds.concept import CONCEPT
from deckbuilder.kinds.derivation import DERIVATION
from deckbuilder.kinds.drill import DRILL
from deckbuilder.kinds.implementation import IMPLEMENTATION
from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.source.questions import Question
from deckbuilder.yaml_text import suggestion

KINDS: tuple[Kind, ...] = (DRILL, IMPLEMENTATION, DERIVATION, CONCEPT)


def kind_named(name: str) -> Kind:
    """Return the kind of that name."""
    return next(kind for kind in KINDS if kind.name == name)


def kind_of(question: Question) -> tuple[Kind, list[Diagnostic]]:
    """Return a question's kind: the one that its metadata names, else the first that recognises it.

    A section's default makes no prose of a drill.
    """
    named = question.metadata.kind
    recognised = next(kind for kind in KINDS if kind.recognises(question))
    if named in KIND_NAMES and (recognised is not DRILL or is_own(question, "kind")):
        return kind_named(named), []
    if named is None:
        return recognised, []
    place = question.metadata.places.get("kind", question.span)
    return recognised, [rules.UNKNOWN_KIND.at(place, kind=named, suggestion=suggestion(named, KIND_NAMES))]


def read_note(question: Question) -> tuple[Kind, Note, list[Diagnostic]]:
    """Return an answered question's kind and its note of that kind."""
    kind, diagnostics = kind_of(question)
    note, found = kind.read(question)
    if kind is not DERIVATION:
        diagnostics += _steps_without_a_derivation(question)
    return kind, note, diagnostics + found


def _steps_without_a_derivation(question: Question) -> list[Diagnostic]:
    """Return what is to be said of a question that speaks of steps and has none; a section's default is no mistake."""
    wanted = question.metadata.steps == "cards" and is_own(question, "steps")
    return [rules.NO_STEPS.at(question.span)] * wanted + [
        rules.METADATA_MISPLACED.at(comment.span, comment="step", where="in one of the steps of a derivation")
        for comment in question.step_comments
    ]


def is_own(question: Question, key: str) -> bool:
    """Whether the question says this of itself, rather than its section for it."""
    place = question.metadata.places.get(key)
    return place is not None and place.line >= question.span.line
