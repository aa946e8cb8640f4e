"""The words that an author may write for a habit, an id or a tag, in deck.yml and in notes.

Nothing here reads Markdown, so that whoever reads deck.yml alone need not bring that in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic
from deckbuilder.yaml_text import YamlValue

LIST: Final = "list"
HEADINGS: Final = "headings"
HABITS: Final = (LIST, HEADINGS)

_TAG = re.compile(
    r"[^\s\"<>\\\[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]{1,100}"
)
"""What can be a tag. Anki puts tags onto a card as they stand: HTML, formulas and sounds would be taken for such."""

TAG_SHAPE: Mapping[str, object] = {
    "type": ["string", "number", "boolean"],
    "pattern": r'^[^\s"<>\\\[\x00-\x1f]{1,100}$',
}
ID_SHAPE: Mapping[str, object] = {
    "type": ["string", "number", "boolean"],
    # Letters of any script. Written as what is not one, as editors take \w for the letters of English.
    "pattern": r"^[^\x00-\x2c\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\s]{1,100}$",
}


def read_tags(value: YamlValue) -> tuple[tuple[str, ...], list[Diagnostic]]:
    """Return the tags of a YAML list (or of one word), each fit for Anki: no blanks, no quotes."""
    entries = value.data if isinstance(value.data, list) else [value]
    tags: list[str] = []
    diagnostics: list[Diagnostic] = []
    for entry in entries:
        if isinstance(entry, YamlValue) and entry.text and _TAG.fullmatch(entry.text):
            tags.append(entry.text)
        else:
            span = entry.span if isinstance(entry, YamlValue) else value.span
            expected = "a list of tags without blanks, `<`, `[` and backslashes"
            diagnostics.append(rules.WRONG_METADATA.at(span, key="tags", expected=expected))
    return tuple(tags), diagnostics
