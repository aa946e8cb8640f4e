"""YAML of authors and strangers: every mistake is told at a place that there is, and none of them is a crash."""

from __future__ import annotations

import pytest

from deckbuilder.yaml_text import place_in_file, read_yaml


def findings(text: str) -> list[str]:
    """Return each finding as its place and what it says."""
    _, found = read_yaml(text, place_in_file("deck.yml"))
    return [f"{one.span.line}:{one.span.column}-{one.span.end} {one.message}" for one in found]


@pytest.mark.parametrize(
    "value",
    ["!!int ''", "!!float ''", "!!bool perhaps", "!!timestamp today", "!!binary é", "!!int x", "!!float x",
     "0001-01-01T00:00:00+23:59", "2024-02-30", "2024-01-01T00:00:00+99:99", "0b_", "=", "!!python/name:os.system x",
     "9" * 5000],
)  # fmt: skip
def test_a_value_that_is_none_is_told_at_its_place(value: str) -> None:
    """If this failed, a slip or a stranger's tag in deck.yml, metadata or a drill would show as a crash."""
    if value.startswith("0001"):  # whether this has a value depends on the version of PyYAML
        assert len(findings(f"name: {value}\n")) <= 1
        return
    (found,) = findings(f"name: {value}\n")
    assert found.startswith("1:7-")
    assert "sys." not in found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: A\ntags: [a", "2:9-10"),  # what is looked for stands behind the end
        ("name: A\ntags: [a\n", "3:1-2"),
        ("tags: {a: ", "1:11-12"),
        ("name: A\ntags: a: b\n", "2:8-9"),
        ("name: A\u2028version\ntags: [\n", "3:1-2"),  # line ends to YAML, none to an editor
        ("# the \x85 deck\ntags: a: b\n", "2:8-9"),
        ("name: \u2029A\ntags: a: b\n", "2:8-9"),
    ],
)
def test_a_mistake_has_a_place_that_an_editor_finds(text: str, place: str) -> None:
    """If this failed, an author would be sent to a line that the file does not have."""
    (found,) = findings(text)
    assert found.partition(" ")[0] == place
