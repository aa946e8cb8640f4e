"""As much of JSON schema as the project's schemas use; another word in a schema is a failure, never passed over."""

from __future__ import annotations

import re
from typing import Any

_TYPES = {"string": str, "number": int | float, "integer": int, "boolean": bool, "array": list, "object": dict}
_SILENT = {"$schema", "title", "description"}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value is what a schema describes."""
    return all(_CHECKS[word](value, wanted, schema) for word, wanted in schema.items() if word not in _SILENT)


def _is_of(value: Any, name: str) -> bool:
    if name == "null":
        return value is None
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name])


_CHECKS = {
    "type": lambda value, names, _: any(_is_of(value, name) for name in ([names] if isinstance(names, str) else names)),
    "enum": lambda value, known, _: value in known,
    "const": lambda value, wanted, _: value == wanted,
    "pattern": lambda value, pattern, _: not isinstance(value, str) or re.search(pattern, value) is not None,
    "minimum": lambda value, least, _: value >= least if _is_of(value, "number") else True,
    "maximum": lambda value, most, _: value <= most if _is_of(value, "number") else True,
    "anyOf": lambda value, schemas, _: any(fits(value, schema) for schema in schemas),
    "items": lambda value, schema, _: not isinstance(value, list) or all(fits(item, schema) for item in value),
    "minProperties": lambda value, least, _: not isinstance(value, dict) or len(value) >= least,
    "maxProperties": lambda value, most, _: not isinstance(value, dict) or len(value) <= most,
    "properties": lambda value, schemas, _: (
        not isinstance(value, dict)
        or all(fits(value[name], schema) for name, schema in schemas.items() if name in value)
    ),
    "minLength": lambda value, least, _: not isinstance(value, str) or len(value) >= least,
    "propertyNames": lambda value, schema, _: not isinstance(value, dict) or all(fits(name, schema) for name in value),
    "additionalProperties": lambda value, allowed, schema: (
        not isinstance(value, dict)
        or all(
            fits(value[name], allowed) if isinstance(allowed, dict) else allowed
            for name in set(value) - set(schema.get("properties", ()))
        )
    ),
}
