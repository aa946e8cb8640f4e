"""What the documentation says is what happens."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deckbuilder.cli import main
from deckbuilder.diff.as_json import json_diff
from deckbuilder.diff.telling import Compared
from deckbuilder.pipeline import Options, build
from deckbuilder.project import SETTINGS
from deckbuilder.rules import catalogue

DOCS = Path(__file__).parents[1] / "docs"
AUTHORING = (DOCS / "authoring.md").read_text("utf-8")
CHECKS = DOCS / "checks.md"
GIVES = r"<!-- gives: (.*?) -->\n````markdown\n(.*?)````"
EXAMPLES = re.findall(GIVES, AUTHORING, re.DOTALL)
ALL_EXAMPLES = EXAMPLES + re.findall(GIVES, CHECKS.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("gives", "example"), ALL_EXAMPLES)
def test_an_example_gives_what_it_says(gives: str, example: str, tmp_path: Path) -> None:
    """If this failed, an author who copies an example would get something else."""
    (tmp_path / "x.md").write_text(example, "utf-8")
    result = build(tmp_path / "x.md", Options(output=tmp_path / "x.apkg"))
    assert not result.diagnostics
    assert result.apkg
    kinds = Counter(note.kind for note in result.notes)
    assert kinds == {kind: int(count) for count, kind in (part.split() for part in gives.split(", "))}


def test_every_example_is_run() -> None:
    """If this failed, an example would stand there that nobody has tried."""
    assert len(EXAMPLES) == AUTHORING.count("````markdown") > 3


def test_every_setting_is_explained_and_the_example_is_accepted(tmp_path: Path) -> None:
    """If this failed, an author would not find an option, or copy one that is refused."""
    table = re.findall(r"^\| `(\w+)` \|", AUTHORING.split("## deck.yml")[1], re.MULTILINE)
    assert tuple(table) == SETTINGS
    example = AUTHORING.split("```yaml\n")[1].split("```")[0]
    assert re.findall(r"^(\w+):", example, re.MULTILINE) == list(SETTINGS)
    (tmp_path / "deck.yml").write_text(example, "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) What is it?\n\n    A thing.\n", "utf-8")
    result = build(tmp_path, Options(output=tmp_path / "x.apkg", new_deck=True))
    assert not result.diagnostics
    assert result.deck == "Transformers"


def generated(name: str, text: str) -> re.Pattern[str]:
    """Return a pattern for what stands between a document's `<!-- name -->` and `<!-- /name -->`."""
    assert text.count(f"<!-- {name} -->") == text.count(f"<!-- /{name} -->") == 1
    return re.compile(f"(?<=<!-- {name} -->\n).*(?=<!-- /{name} -->)", re.DOTALL)


def table_of_codes() -> str:
    lines = ["| code | name | severity | finding | mend |", "|---|---|---|---|---|"]
    for rule in catalogue().values():
        cells = (rule.code, rule.name, rule.severity, rule.message, rule.mend)
        plain = [cell.replace("|", "\\|").replace("{{", "{").replace("}}", "}") for cell in cells]
        lines.append("| " + " | ".join(plain) + " |")
    return "\n".join(lines) + "\n"


def test_the_list_of_checks_is_complete(rewrite_fixtures: bool) -> None:
    """If this failed, an author would look for a code in vain, or read of a mend that is out of date."""
    text = CHECKS.read_text("utf-8")
    examples = [rule.explanation_in_markdown() for rule in catalogue().values() if rule.example]
    for name, made in (("codes", table_of_codes()), ("examples", "\n\n".join(examples) + "\n")):
        text = generated(name, text).sub(lambda _, made=made: made, text)
    if rewrite_fixtures:
        CHECKS.write_text(text, "utf-8")
    assert CHECKS.read_text("utf-8") == text


def test_the_alarms_of_every_style_rule_are_counted() -> None:
    """If this failed, nobody could tell a rule that helps from one that cries wolf."""
    style = [f"{code} {rule.name}" for code, rule in catalogue().items() if "DB701" <= code <= "DB789"]
    assert re.findall(r"^\| (DB7\d\d [\w-]+) \|(?! \w+ning)", CHECKS.read_text("utf-8"), re.MULTILINE) == style


def test_a_finding_is_silenced_as_the_document_says(tmp_path: Path) -> None:
    """If this failed, an author who copies the settings would get an error, or silence nothing."""
    example = CHECKS.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    (tmp_path / "deck.yml").write_text(example, "utf-8")
    (tmp_path / "drafts").mkdir()
    listed = "# A\n\n1) Which?\n\n    - a\n    - b\n    - c\n    - d\n"
    (tmp_path / "drafts" / "x.md").write_text(listed, "utf-8")
    picture = "![ball](https://example.org/b.png)"
    (tmp_path / "y.md").write_text(f"# B\n\n1) What is it?\n\n    {picture}\n", "utf-8")
    assert not build(tmp_path, Options(write=False)).diagnostics
    (tmp_path / "z.md").write_text(listed.replace("# A", "# C"), "utf-8")
    (found,) = build(tmp_path, Options(write=False)).diagnostics
    assert (found.code, Path(found.span.file).name) == ("DB703", "z.md")


def test_every_page_is_in_the_list_of_pages() -> None:
    """If this failed, a page would be there that no reader is led to, or a step of the way be missing."""
    listed = re.findall(r"\]\((\w+\.md)\)", (DOCS / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in DOCS.glob("*.md") if path.name != "README.md")
    assert listed[0] == "start.md"


START = (DOCS / "start.md").read_text("utf-8")
STEPS = re.compile(
    r"```console\n\$ deckbuilder (?P<words>.*?)\n(?P<shown>.*?)```|<!-- edit: (?P<edit>.*?) -->", re.DOTALL
)


def test_the_way_from_nothing_to_cards_is_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a newcomer would see something else than what the first page promises."""
    home = tmp_path / "my-notes"
    home.mkdir()
    monkeypatch.chdir(home)
    ran = []
    for step in STEPS.finditer(START):
        if step["edit"]:
            path, old, new = re.fullmatch(r"(.*?): (.*?) → (.*)", step["edit"]).groups()  # type: ignore[union-attr]
            text = Path(path).read_text("utf-8")
            assert text.count(old) == 1
            Path(path).write_text(text.replace(old, new), "utf-8")
            continue
        done = CliRunner().invoke(main, step["words"].split())
        assert (done.exit_code, done.output) == (0, step["shown"])
        ran.append(step["words"])
    assert ran == ["init", "build", "diff", "build"]
    assert START.count("$ deckbuilder") == 4


def test_the_schema_and_the_hooks_are_where_the_first_page_says() -> None:
    """If this failed, an editor or pre-commit would look in vain."""
    assert (DOCS.parent / "content" / re.search(r"\$schema=(\S+)", START)[1]).resolve().is_file()  # type: ignore[index]
    hooks = {hook["id"]: hook["entry"] for hook in yaml.safe_load((DOCS.parent / ".pre-commit-hooks.yaml").read_text())}
    assert dict(re.findall(r"- id: (\S+) +# (.*)", START)) == hooks


@pytest.mark.parametrize("name", ["../README.md", "diff.md", "start.md"])
def test_every_command_that_is_shown_is_one(name: str) -> None:
    """If this failed, a reader would type a command or option that does not exist."""
    shown = re.findall(r"^(?: {4}|\$ )deckbuilder (.*?)(?: +#.*)?$", (DOCS / name).read_text("utf-8"), re.MULTILINE)
    assert len(shown) > 3
    for line in shown:
        command, *words = line.split()
        found = main.commands[command]
        options = {name for option in found.params for name in option.opts}
        assert {word for word in words if word.startswith("-")} <= options, line


def test_every_command_is_shown_in_the_readme() -> None:
    """If this failed, a command would be there that nobody finds."""
    text = (DOCS.parent / "README.md").read_text("utf-8")
    assert [name for name in main.commands if f"deckbuilder {name}" not in text] == []


def test_the_keys_of_the_diff_s_json_are_explained() -> None:
    """If this failed, a program's author would have to guess."""
    text = (DOCS / "diff.md").read_text("utf-8").split("## The JSON")[1]
    empty = json.loads(json_diff(None, Compared("a", "b"), []))
    assert [key for key in empty if f"`{key}`" not in text] == []
