"""The templates as they are put together from their files."""

from __future__ import annotations

import re

import pytest

from deckbuilder.kinds.fields import FIELDS, SPARES
from deckbuilder.kinds.registry import KIND_NAMES
from deckbuilder.kinds.templates import TemplateError, check_template, load_templates

TEMPLATES = load_templates(KIND_NAMES)


def test_every_field_that_a_kind_fills_is_shown() -> None:
    """If this failed, a part of an answer would be in the note and on no card."""
    shown = set(re.findall(r"\{\{([^#^/{}]+)\}\}", TEMPLATES.front + TEMPLATES.back))
    assert set(FIELDS) - set(SPARES) - shown <= {"Variants"}


def test_the_front_gives_nothing_away() -> None:
    """If this failed, a learner would see the answer with the question."""
    for field in ("Answer", "Steps", "Code", "Remarks", "Key Points", "Pitfalls"):
        assert f"{{{{{field}}}}}" not in TEMPLATES.front


@pytest.mark.parametrize("broken", ["{{Anwser}}", "{{#Answer}}", "{{#Answer}}x{{/Steps}}", "{{Question", r"\(x\)"])
def test_a_broken_template_is_found_when_it_is_loaded(broken: str) -> None:
    """If this failed, a slip in a template would show an error on every learner's cards."""
    with pytest.raises(TemplateError):
        check_template(broken, "front")


def test_the_learners_own_style_has_its_place() -> None:
    """If this failed, learners could not tell where to write what they want to keep."""
    assert TEMPLATES.css.count("Your own style: begin") == TEMPLATES.css.count("Your own style: end") == 1
