"""Whether an SVG is a drawing and nothing more: no scripts, no handlers, no foreign content, nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

_FORBIDDEN: Final = frozenset(
    {"script", "foreignobject", "iframe", "embed", "object", "audio", "video", "handler", "set"}
)
_ANIMATED_ADDRESS: Final = frozenset({"href", "src"})
_RASTER_DATA = re.compile(r"\s*data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_FOREIGN_STYLE = re.compile(r"@import|\\|expression\s*\(|url\(\s*[\"']?\s*(?![\"'#\s])", re.IGNORECASE)


class _RefusedError(Exception):
    """Carries out of the parser what is wrong with the drawing."""


def svg_problem(content: bytes) -> str:
    """Return in words why an SVG cannot go onto cards, or "" if it can."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = _check_element
    parser.StartDoctypeDeclHandler = _check_doctype
    parser.ProcessingInstructionHandler = _check_instruction
    parser.CharacterDataHandler = _check_text
    try:
        parser.Parse(content, True)
    except _RefusedError as refused:
        return str(refused)
    except (expat.ExpatError, ValueError, LookupError) as error:
        return f"it is no well-formed SVG: {error}"
    return ""


def _check_element(name: str, attributes: dict[str, str]) -> None:
    tag = _local(name)
    if tag in _FORBIDDEN:
        raise _RefusedError(f"it holds a `<{tag}>`")
    for key, value in attributes.items():
        _check_attribute(tag, _local(key), value)


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name.startswith("on"):
        raise _RefusedError(f"it holds the handler `{name}`")
    if name in _ANIMATED_ADDRESS:
        inside = value.strip().startswith("#")
        if not inside and not (tag in ("image", "feimage") and _RASTER_DATA.match(value)):
            raise _RefusedError(f"it refers to `{value.strip()[:60]}`")
    elif name == "attributename" and _local(value.strip()) in _ANIMATED_ADDRESS:
        raise _RefusedError("it animates an address")
    elif _FOREIGN_STYLE.search(value) and (name == "style" or "url" in value.lower()):
        raise _RefusedError(f"its `{name}` refers to something outside")


def _check_text(text: str) -> None:
    # Only a style sheet can mean anything by these; in the text of a drawing they are rare enough to refuse as well.
    if "@import" in text.lower() or ("url(" in text.lower() and _FOREIGN_STYLE.search(text)):
        raise _RefusedError("its style refers to something outside")


def _check_doctype(name: str, system: str | None, public: str | None, has_internal_subset: bool) -> None:
    if has_internal_subset:
        raise _RefusedError("it declares entities")


def _check_instruction(target: str, data: str) -> None:
    if target.lower() != "xpacket":
        raise _RefusedError(f"it holds the instruction `{target}`")


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
