"""deck.yml with another version in it, and every other character as the author wrote it."""

from __future__ import annotations

import re

from deckbuilder.yaml_text import place_in_file, read_yaml

_LINE = re.compile(r"""^(version[ \t]*:[ \t]*)(?:"[^"\n]*"|'[^'\n]*'|[^#\n"']*?)([ \t]*(?:#.*)?)$""", re.MULTILINE)
_NAME = re.compile(r"^name[ \t]*:.*\n?", re.MULTILINE)


def with_version(text: str, version: str) -> str | None:
    """Return the text of deck.yml with this version, None where it cannot be written without touching more."""
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f'version: "{version}"{newline}'
    if found := _LINE.search(text.replace("\r\n", "\n")):
        plain = text.replace("\r\n", "\n")
        changed = f'{plain[: found.start()]}{found[1].rstrip()} "{version}"{found[2]}{plain[found.end() :]}'
        changed = changed.replace("\n", newline)
    elif found := _NAME.search(text):
        before = text[: found.end()]
        changed = before + ("" if before.endswith("\n") else newline) + line + text[found.end() :]
    else:
        changed = text + ("" if not text or text.endswith("\n") else newline) + line
    return changed if _settings(changed) == _settings(text) | {"version": version} else None


def _settings(text: str) -> dict[object, object]:
    value, _ = read_yaml(text, place_in_file("deck.yml"))
    plain = value.plain() if value else {}
    return plain if isinstance(plain, dict) else {}
