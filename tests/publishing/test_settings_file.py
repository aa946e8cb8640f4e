"""The version is written into deck.yml, and nothing else of it changes."""

from __future__ import annotations

import pytest

from deckbuilder.publishing.settings_file import with_version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'version: "1.2"\n'),
        ("name: X\n", 'name: X\nversion: "1.2"\n'),
        ("name: X", 'name: X\nversion: "1.2"\n'),
        ("# mine\nname: X # n\ntags: [a]\n", '# mine\nname: X # n\nversion: "1.2"\ntags: [a]\n'),
        ('version: "1.1"  # the last\nname: X\n', 'version: "1.2"  # the last\nname: X\n'),
        ("version: '1.1'\n", 'version: "1.2"\n'),
        ("version: 1.1 # x\n", 'version: "1.2" # x\n'),
        ("version:\nname: X\n", 'version: "1.2"\nname: X\n'),
        ("name: X\r\nversion: 1\r\n", 'name: X\r\nversion: "1.2"\r\n'),
        ("tags: [a]", 'tags: [a]\nversion: "1.2"\n'),
    ],
)
def test_one_line_changes(before: str, after: str) -> None:
    """If this failed, a release would undo an author's comments or settings."""
    assert with_version(before, "1.2") == after


@pytest.mark.parametrize("text", ['{name: X, version: "1.1"}', "description: |\n  a\nversion: >\n  1.1\n", "- a\n"])
def test_what_cannot_be_changed_in_one_line_is_left_alone(text: str) -> None:
    """If this failed, a release would write a deck.yml that can no longer be read."""
    assert with_version(text, "1.2") is None
