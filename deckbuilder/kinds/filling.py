"""A card template and a note's fields become one side of a card, by the rules that Anki fills templates by.

`load_templates` has checked every template before, so sections are known to nest and every name to be a field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECTION = re.compile(r"\{\{([#^])([^{}]+)\}\}(.*?)\{\{/\2\}\}", re.DOTALL)
_FIELD = re.compile(r"\{\{([^{}]+)\}\}")
_EMPTY = re.compile(r"(?:\s|</?(?:br|div) ?/?>)*", re.IGNORECASE)


def filled(template: str, fields: Mapping[str, str]) -> str:
    """Return `template` with `fields`, Tags and what else it names included; what a field holds is not filled again.

    Raises KeyError for a name that is not in `fields`.
    """

    def section(found: re.Match[str]) -> str:
        empty = _EMPTY.fullmatch(fields[found[2]]) is not None
        return _SECTION.sub(section, found[3]) if empty == (found[1] == "^") else ""

    return _FIELD.sub(lambda found: fields[found[1]], _SECTION.sub(section, template))


def split_constant(template: str) -> tuple[str, str]:
    """Return `template` in two: up to its last tag, and the rest, which is the same on every card."""
    end = template.rfind("}}") + 2 if "}}" in template else 0
    return template[:end], template[end:]
