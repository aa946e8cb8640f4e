"""The JSON schemas for editors say what the readers say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deckbuilder.pipeline import check
from deckbuilder.project import SETTINGS, load_project
from deckbuilder.schemas import SCHEMAS, comments_schema, deck_schema
from deckbuilder.source.metadata import COMMENTS
from tests.support.schema import fits

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "schema"
AUTHORING = (ROOT / "docs" / "authoring.md").read_text("utf-8")


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_files_are_what_the_code_says(name: str, rewrite_fixtures: bool) -> None:
    """If this failed, an editor would underline what is right, or pass what a build refuses."""
    text = json.dumps(SCHEMAS[name](), ensure_ascii=False, indent=2) + "\n"
    if rewrite_fixtures:
        (FOLDER / name).write_text(text, "utf-8")
    assert (FOLDER / name).read_text("utf-8") == text
    assert {path.name for path in FOLDER.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", ["deck.schema.json", "comments.schema.json"])
def test_a_checker_that_reads_patterns_as_editors_do_takes_them(name: str) -> None:
    """If this failed, editors, whose patterns are JavaScript's, would refuse the whole schema."""
    tool = Path(sys.executable).parent / "check-jsonschema"
    words = [str(tool), "--check-metaschema", str(FOLDER / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_setting_and_key_is_there() -> None:
    """If this failed, an editor would call a setting unknown."""
    assert tuple(deck_schema()["properties"]) == SETTINGS  # type: ignore[arg-type]
    comments = comments_schema()["properties"]
    silent = comments.pop("lint")["properties"]  # type: ignore[attr-defined]
    assert {name: list(comment["properties"]) for name, comment in comments.items()} == {  # type: ignore[attr-defined]
        name: list(keys) for name, keys in COMMENTS.items()
    }
    assert "DB703" in silent
    assert not {"DB301", "DB304", "DB402", "DB420", "DB790"} & set(silent)


SETTINGS_TRIED = [
    "name: Transformers", "name: 12", "name: yes", "name: ''", "name: '  '", "name:", "name: [a]",
    'name: \'say "x"\'', 'name: "a\\nb"', "id: jane-1.2_x", "id: 12", "id: a b", "id: ''", "id: größe",
    "version: '1.2'", "version: 1.2", "version: {a: 1}", "description: x", "description: ''", "description:",
    "description: [x]", "questions: list", "questions: headings", "questions: heading", "questions: [list]",
    "questions:", "subdecks: 0", "subdecks: 6", "subdecks: 7", "subdecks: -1", "subdecks: two", "subdecks: 1.5",
    "subdecks: true", "tags: [a, b]", "tags: a", "tags: [a b]", "tags: [1]", "tags: []", "tags: [[a]]",
    "tags: {a: 1}", "tags: ''", "tag_prefix: a", "tag_prefix: ''", "tag_prefix:", "tag_prefix: a b",
    "exclude: '*.txt'", "exclude: ['a/*', b.md]", "exclude: ['']", "exclude: [{a: 1}]", "flavour: github",
    "flavour: python-markdown", "flavour: commonmark", "markdown_extensions: []", "markdown_extensions: [admonition]",
    "markdown_extensions: [toc: {permalink: true}]", "markdown_extensions: admonition", "markdown_extensions: [[a]]",
    "source_url: https://x.org/{path}#L{line}", "source_url: ftp://x.org", "source_url: x", "colour: red", "- a", "a",
    "ignore: {}", "ignore: {DB703: drafts}", "ignore: {DB703: {'a/*': drafts}}", "ignore: {DB703: }", "ignore: DB703",
    "ignore: {DB420: fine}", "ignore: {DB703: [a]}",
]  # fmt: skip


@pytest.mark.parametrize("text", SETTINGS_TRIED)
def test_the_schema_and_the_reader_agree_on_settings(text: str, tmp_path: Path) -> None:
    """If this failed, what an editor passes would be refused by a build, or the other way round."""
    (tmp_path / "deck.yml").write_text(text + "\n", "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) B?\n\n    C.\n", "utf-8")
    _, diagnostics = load_project(tmp_path)
    assert fits(yaml.safe_load(text), deck_schema()) is (not diagnostics)


COMMENTS_TRIED = [
    "card: {id: a-b.c, kind: derivation, tags: [x, y], steps: cards}", "card: {}", "card: {id: a b}",
    "card: {id: 12}", "card: {id: [a]}", "card: {kind: drill}", "card: {kind: essay}", "card: {tags: x}",
    "card: {tags: [x y]}", "card: {idd: x}", "card: {steps: shown}", "card: {steps: hidden}", "card: x",
    "deck: {kind: concept, tags: [x]}", "deck: {id: x}", "step: {id: x}", "step: {kind: concept}",
    "card: {id: x}\ndeck: {kind: concept}", "lint: {DB704: meant}", "lint: {DB301: meant}", "lint: {DB704: }",
    "lint: x",
]  # fmt: skip


DRILL = """

    ```drill
    params: {a: {range: [1, 99]}}
    example: {a: 1}
    ask: "@{a}?"
    answer: a
    ```
"""


@pytest.mark.parametrize("text", COMMENTS_TRIED)
def test_the_schema_and_the_reader_agree_on_comments(text: str, tmp_path: Path) -> None:
    """If this failed, an editor would lead an author into an error."""
    in_section, in_question, in_step = (
        f"<!-- {text} -->" if text.startswith(word) else "" for word in ("deck", ("card", "lint"), "step")
    )
    steps = f"\n\n    1. One. {in_step}\n    2. Two."
    source = f"# A\n\n{in_section}\n\n1) Derive B. {in_question}\n\n    C.{DRILL if 'drill' in text else steps}\n"
    (tmp_path / "x.md").write_text(source, "utf-8")
    errors = [found for found in check(tmp_path / "x.md").diagnostics if found.is_error]
    assert fits(yaml.safe_load(text), comments_schema()) is (not errors), errors


def test_the_examples_of_the_documentation_fit() -> None:
    """If this failed, an author who copies an example would be told that it is wrong."""
    example = AUTHORING.split("```yaml\n")[1].split("```")[0]
    assert fits(yaml.safe_load(example), deck_schema())
    comments = [text for text in re.findall(r"<!-- ((?:card|deck|step): .*?) -->", AUTHORING) if "…" not in text]
    assert len(comments) > 4
    for text in comments:
        assert fits(yaml.safe_load(text), comments_schema()), text
