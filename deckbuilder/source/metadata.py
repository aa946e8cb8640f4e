"""Metadata comments, invisible on GitHub: `<!-- card: {…} -->` in an item, `<!-- deck: {…} -->` under a heading.

A third, `<!-- step: {…} -->`, stands in one step of a derivation; a fourth, `<!-- lint: {CODE: reason} -->`, lets a
finding stand, in an item or in a section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from msgspec import Struct, field
from msgspec.structs import replace

from deckbuilder import rules
from deckbuilder.diagnostics import Diagnostic, Span
from deckbuilder.source.blocks import read_blocks
from deckbuilder.source.passage import Passage
from deckbuilder.source.prose import comment_end, prose_of
from deckbuilder.source.vocabulary import ID_SHAPE, TAG_SHAPE, read_tags
from deckbuilder.source.words import is_word
from deckbuilder.waivers import Waiver, read_waivers
from deckbuilder.yaml_text import YamlValue, read_yaml, suggestion

_WORD = re.compile(r"\s*([A-Za-z]{3,8})\s*:")
_LONGEST_ID = 100
_IN_IDS = str.maketrans("", "", "_.-")

STEPS_AS: Mapping[str, str] = {"shown": "opened one by one on the one card", "cards": "a small note each as well"}
"""What becomes of the steps of a derivation: the values of `steps`."""

CARD_KEYS: Mapping[str, str] = {"id": "a word", "kind": "a word", "tags": "a list of tags", "steps": "a word"}
DECK_KEYS: Mapping[str, str] = {"kind": "a word", "tags": "a list of tags", "steps": "a word"}
STEP_KEYS: Mapping[str, str] = {"id": "a word"}
COMMENTS: Mapping[str, Mapping[str, str]] = {"card": CARD_KEYS, "deck": DECK_KEYS, "step": STEP_KEYS}
"""The metadata comments, and what each may say."""

LINT = "lint"
_NAMES = (*COMMENTS, LINT)
_EXAMPLES = {"step": "id: second-term", LINT: "DB703: the five steps are one procedure"}


KEY_SHAPES: Mapping[str, Mapping[str, object]] = {
    "id": ID_SHAPE,
    "kind": {"type": "string"},
    "tags": {"anyOf": [TAG_SHAPE, {"type": "array", "items": TAG_SHAPE}]},
    "steps": {"enum": list(STEPS_AS)},
}
"""What the value of a key looks like, in the words of JSON schema. Which kinds there are is known further up."""


class Metadata(Struct, frozen=True):
    """What a question's comment, or its section's, says: id, kind, tags, what becomes of steps; with their places."""

    id: str | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()
    steps: str | None = None
    places: Mapping[str, Span] = field(default_factory=dict)

    def over(self, section: Metadata) -> Metadata:
        """Return this question's metadata with its section's defaults below it; tags add up."""
        tags = tuple(dict.fromkeys((*section.tags, *self.tags)))
        places = {**section.places, **self.places}
        return replace(
            self, kind=self.kind or section.kind, tags=tags, steps=self.steps or section.steps, places=places
        )


class Comment(Struct, frozen=True):
    """A metadata comment: its name, what it says (of a card, or of findings that may stand), and where."""

    name: str
    metadata: Metadata
    span: Span
    waivers: tuple[Waiver, ...] = ()


def read_comments(passage: Passage) -> tuple[Passage, list[Comment], list[Diagnostic]]:
    """Return the passage without any comment, and its metadata comments; others are the author's own business."""
    if "<!--" not in passage.text:
        return passage, [], []
    text = passage.text
    prose = prose_of(passage, read_blocks(text), keep_comments=True)
    comments: list[Comment] = []
    cuts: list[tuple[int, int]] = []
    diagnostics: list[Diagnostic] = []
    for start, end in _comments(text):
        if prose[start] != "<":
            continue
        cuts.append((start, end))
        begin, content = start + 4, text[start + 4 : end - 3]
        word = _WORD.match(content)
        if not word:
            continue
        name = word.group(1)
        span = passage.span_at(begin + word.start(1), len(name))
        if name not in _NAMES:
            if get_close_matches(name.lower(), _NAMES, cutoff=0.7):
                help_ = suggestion(name.lower(), _NAMES)
                diagnostics.append(rules.METADATA_MISSPELT.at(span, word=name, suggestion=help_))
            continue
        values, problems = _values(passage, begin, content, name, span)
        diagnostics += problems
        if name == LINT:
            waivers, problems = read_waivers(values)
            comments.append(Comment(name, Metadata(), span, waivers))
        else:
            metadata, problems = _checked(values, name)
            comments.append(Comment(name, metadata, span))
        diagnostics += problems
    return passage.without(cuts), comments, diagnostics


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each comment begins and ends."""
    start = text.find("<!--")
    while start >= 0 and (end := comment_end(text, start)):
        yield start, end
        start = text.find("<!--", end)


def _values(
    passage: Passage, offset: int, text: str, name: str, span: Span
) -> tuple[Mapping[str, YamlValue], list[Diagnostic]]:
    """Return the mapping that a comment's YAML gives to its name."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(line: int, column: int, width: int) -> Span:
        return passage.span_at(offset + starts[min(line, len(starts) - 1)] + column, width)

    value, diagnostics = read_yaml(text, place)
    if value is None:
        return {}, diagnostics
    outer = value.data if isinstance(value.data, dict) else {}
    inner = outer.get(name)
    if len(outer) != 1 or inner is None or not isinstance(inner.data, dict):
        example = f"<!-- {name}: {{{_EXAMPLES.get(name, 'kind: derivation, tags: [calculus]')}}} -->"
        diagnostics.append(rules.WRONG_METADATA.at(span, key=name, expected=f"one mapping, as in `{example}`"))
        return {}, diagnostics
    return inner.data, diagnostics


def _checked(values: Mapping[str, YamlValue], name: str) -> tuple[Metadata, list[Diagnostic]]:
    known = COMMENTS[name]
    diagnostics: list[Diagnostic] = []
    kept: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    places: dict[str, Span] = {}
    for key, value in values.items():
        if key not in known:
            at = value.key_span or value.span
            diagnostics.append(
                rules.UNKNOWN_METADATA.at(at, key=key, comment=name, suggestion=suggestion(key, tuple(known)))
            )
            continue
        places[key] = value.span
        if key == "tags":
            tags, problems = read_tags(value)
            diagnostics += problems
        elif isinstance(value.data, (dict, list)) or not value.text:
            diagnostics.append(rules.WRONG_METADATA.at(value.span, key=key, expected=known[key]))
        elif key == "id" and not (len(value.text) <= _LONGEST_ID and is_word(value.text.translate(_IN_IDS))):
            diagnostics.append(rules.BAD_ID.at(value.span, id=value.text))
        elif key == "steps" and value.text not in STEPS_AS:
            expected = " or ".join(f"`{word}`" for word in STEPS_AS)
            diagnostics.append(rules.WRONG_METADATA.at(value.span, key=key, expected=expected))
        else:
            kept[key] = value.text
    return Metadata(kept.get("id"), kept.get("kind"), tags, kept.get("steps"), places), diagnostics
