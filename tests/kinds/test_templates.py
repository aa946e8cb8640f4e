"""The templates as they are put together from files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from deckbuilder.kinds import templates
from deckbuilder.kinds.fields import FIELDS, SPARES
from deckbuilder.kinds.templates import TemplateError, check_template, load_templates

KINDS = ("concept", "derivation", "drill", "implementation")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the template files, to spoil."""
    return Path(shutil.copytree(templates.FOLDER, tmp_path / "kinds"))


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_every_field_reaches_the_back() -> None:
    """A field on no template is text that an author wrote and no learner ever sees."""
    back = load_templates(KINDS).back
    unseen = {"Hints", *SPARES}  # hints are for the front; spares are empty
    assert [name for name in FIELDS if f"{{{{{name}}}}}" not in back and name not in unseen] == []


def test_the_front_gives_nothing_away() -> None:
    """An answer in front, even a hidden one, would be found by the browser's search in the page."""
    front = load_templates(KINDS).front
    answers = ("Answer", "Key Points", "Steps", "Code", "Complexity", "Pitfalls", "Remarks")
    assert [name for name in answers if name in re.findall(r"\{\{#?([^{}/#]+)\}\}", front)] == []


def test_anki_scrolls_to_the_answer() -> None:
    """Otherwise the answer of a long question would be below the fold after each flip."""
    assert load_templates(KINDS).back.count("<hr id=answer>") == 1


def test_the_own_style_comes_last_and_once() -> None:
    """Otherwise what a learner wrote there would be overruled by ours, or hard to find and to keep."""
    css = load_templates(KINDS).css
    begin, end = css.index(templates.OWN_STYLE_BEGINS), css.index(templates.OWN_STYLE_ENDS)
    assert begin < end
    assert "}" not in css[end:]
    assert css.index(".db-practising") < begin


def test_no_remark_for_developers_reaches_a_learner() -> None:
    """Otherwise every card would carry our notes to ourselves, on two sides, to every phone."""
    both = load_templates(KINDS).front + load_templates(KINDS).back
    assert "<!--" not in both
    assert not re.search(r"^\s*//", both, re.MULTILINE)


def test_the_same_templates_are_not_made_twice() -> None:
    """Otherwise a deck of many notes would read the files many times over."""
    assert load_templates(KINDS) is load_templates(KINDS)


def test_a_new_kind_needs_only_its_folder(folder: Path) -> None:
    """Otherwise adding a kind would mean editing what all kinds share."""
    (folder / "cloze").mkdir()
    (folder / "cloze" / "back.html").write_text("{{#Spare 1}}<b>{{Spare 1}}</b>{{/Spare 1}}")
    (folder / "cloze" / "style.css").write_text(".db-cloze { color: red; }")
    (folder / "cloze" / "script.js").write_text("parts.push(function (card) { card.title = 'cloze'; });")
    made = load_templates(("concept", "cloze"), folder)
    assert "{{#Spare 1}}<b>{{Spare 1}}</b>{{/Spare 1}}" in made.back
    assert ".db-cloze" in made.css
    assert "card.title = 'cloze'" in made.front
    assert "{{Steps}}" not in made.back


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("_shared/front.html", "{{Topic}}", "{{Topick}}", "unknown field: {{Topick}}"),
        ("_shared/front.html", "{{Topic}}", "{{ Topic }}", "unknown field"),
        ("derivation/back.html", "{{/Steps}}", "", "leaves a section open: Steps"),
        ("derivation/back.html", "{{/Steps}}", "{{/Code}}", "closes a section that is not the open one"),
        ("_shared/back.html", "{{#Answer}}", "", "closes a section that is not the open one"),
        ("_shared/back.html", "<hr id=answer>", '<hr id="answer">', "<hr id=answer>"),
        ("_shared/front.html", "{{Question}}", "{{#Hints}}{{Question}}{{/Hints}}", "shows no {{Question}}"),
        ("drill/script.js", "var stores", "var empty = {a: {}};\nvar stores", "braces"),
        ("concept/style.css", ".db-answer", templates.OWN_STYLE_BEGINS + " */ .db-answer", "exactly one marked block"),
        ("implementation/back.html", "Pitfalls</h2>", "Pitfalls \\(x\\)</h2>", "maths"),
        ("_shared/front.html", "*/front.html", "_shared/nowhere.html", "_shared/nowhere.html is missing"),
    ],
)
def test_a_fault_in_a_file_stops_the_build(folder: Path, file: str, old: str, new: str, said: str) -> None:
    """Otherwise learners would be sent cards with an error message on them, or cards that Anki refuses."""
    spoil(folder / file, old, new)
    with pytest.raises(TemplateError, match=re.escape(said)):
        load_templates(KINDS, folder)


def test_a_kind_without_a_folder_is_a_fault(folder: Path) -> None:
    """Otherwise a misspelt kind would lose its parts of the card without a word."""
    with pytest.raises(TemplateError, match="'concpet' has no folder"):
        load_templates(("concpet",), folder)


def test_what_anki_fills_in_is_known() -> None:
    """Otherwise tags could not be shown; but Anki has no section for them."""
    check_template("{{Tags}} {{FrontSide}}", "back")
    with pytest.raises(TemplateError):
        check_template("{{#FrontSide}}{{/FrontSide}}", "back")
