"""What deck.yml and the metadata comments may say, as JSON schemas, with which an editor helps while one writes.

They are made of the tables that the readers themselves use, and lie in docs/schema.
"""

from __future__ import annotations

from typing import Final

from deckbuilder.kinds.titles import KIND_NAMES
from deckbuilder.project import setting_shapes
from deckbuilder.source.metadata import COMMENTS, KEY_SHAPES, LINT
from deckbuilder.waivers import waivers_shape

_DIALECT: Final = "http://json-schema.org/draft-07/schema#"  # the one that editors know best


def deck_schema() -> dict[str, object]:
    """Return the schema of deck.yml."""
    return _schema("deck.yml of deckbuilder", setting_shapes())


def comments_schema() -> dict[str, object]:
    """Return the schema of what stands in a metadata comment: `card: {…}`, `deck: {…}`, `step: {…}` or `lint: {…}`."""
    shapes = {**KEY_SHAPES, "kind": {"enum": list(KIND_NAMES)}}
    comments: dict[str, dict[str, object]] = {
        name: {
            "type": "object",
            "properties": {key: {**shapes[key], "description": expected} for key, expected in keys.items()},
            "additionalProperties": False,
        }
        for name, keys in COMMENTS.items()
    }
    comments[LINT] = waivers_shape()
    return {**_schema("metadata comments of deckbuilder", comments), "minProperties": 1, "maxProperties": 1}


SCHEMAS: Final = {"deck.schema.json": deck_schema, "comments.schema.json": comments_schema}


def _schema(title: str, properties: object) -> dict[str, object]:
    return {
        "$schema": _DIALECT,
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
