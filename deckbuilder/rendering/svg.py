"""Whether an SVG is a drawing and nothing more: elements of a list, no handlers, nothing from elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final
from xml.parsers import expat

from msgspec import Struct, field

MAX_DRAWN: Final = 200_000
"""Elements that are drawn, those counted again that are drawn again: ten `<use>` of ten each already make a hundred."""

MAX_DEPTH: Final = 200
_SVG: Final = "http://www.w3.org/2000/svg"
_DRAWN: Final = frozenset("""
    a animate animatemotion animatetransform circle clippath cursor defs desc ellipse feblend fecolormatrix
    fecomponenttransfer fecomposite feconvolvematrix fediffuselighting fedisplacementmap fedistantlight fedropshadow
    feflood fefunca fefuncb fefuncg fefuncr fegaussianblur feimage femerge femergenode femorphology feoffset
    fepointlight fespecularlighting fespotlight fetile feturbulence filter font font-face font-face-name font-face-src
    g glyph hkern image line lineargradient marker mask metadata missing-glyph mpath path pattern polygon polyline
    radialgradient rect stop style svg switch symbol text textpath title tspan use view vkern
""".split())  # fmt: skip
"""The elements of SVG that only draw, in small letters."""

_OF_EDITORS: Final = (
    "http://www.inkscape.org/namespaces/inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://purl.org/dc/elements/1.1/",
    "http://creativecommons.org/ns#",
    "http://web.resource.org/cc/",
    "http://www.bohemiancoding.com/sketch/ns",
    "http://www.serif.com/",
    "http://ns.adobe.com/",
    "adobe:ns:meta/",
)
"""Where the names of elements begin in which drawing programs keep notes for themselves; no browser draws them."""

_ANIMATED_ADDRESS: Final = frozenset({"href", "src"})
_RASTER_DATA = re.compile(r"\s*data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_FOREIGN_STYLE = re.compile(
    r"@import|\\|expression\s*\(|(?:image|image-set|src)\(|url\(\s*+[\"']?+\s*+(?![\"'#\s])", re.IGNORECASE
)
_TAKES_ADDRESS = re.compile(r"url|image|src", re.IGNORECASE)
_STYLED: Final = frozenset("""
    clip-path color-profile cursor fill filter marker marker-end marker-mid marker-start mask stroke
""".split())  # fmt: skip
"""Attributes that are read as a style sheet is, in which `\\75rl` is `url`."""

_OWN_ADDRESS = re.compile(r"url\(\s*+[\"']?+\s*+#([^\"')\s]+)", re.IGNORECASE)


class _RefusedError(Exception):
    """Carries out of the parser what is wrong with the drawing."""


def svg_problem(content: bytes) -> str:
    """Return in words why an SVG cannot go onto cards, or "" if it can."""
    drawing = _Drawing()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = drawing.begin
    parser.EndElementHandler = drawing.end
    parser.StartDoctypeDeclHandler = _check_doctype
    parser.ProcessingInstructionHandler = _check_instruction
    parser.CharacterDataHandler = drawing.text
    try:
        parser.Parse(content, True)
        drawing.check_size()
    except _RefusedError as refused:
        return str(refused)
    except (expat.ExpatError, ValueError, LookupError) as error:
        return f"it is no well-formed SVG: {error}"
    return ""


class _Drawing(Struct):
    """What has been read of a drawing: for each part with an id how much is in it, and which parts it draws again.

    The part of name "" is the whole. An element counts for the innermost part around it, and each part is a piece of
    the part around it.
    """

    open: list[str] = field(default_factory=lambda: [""])
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pieces: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    style: list[str] | None = None

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """Refuse what is no drawing, and count the element."""
        space, tag = name.rpartition(" ")[0], _local(name)
        if len(self.open) == 1 and (space, tag) != (_SVG, "svg"):
            raise _RefusedError(f"its first element is not `<svg xmlns='{_SVG}'>`")
        is_harmless = tag in _DRAWN if space == _SVG else space.startswith(_OF_EDITORS)
        if not is_harmless:
            raise _RefusedError(f"it holds a `<{tag[:60]}>`, which draws nothing")
        if len(self.open) > MAX_DEPTH:
            raise _RefusedError(f"its elements are nested deeper than {MAX_DEPTH}")
        if self.style is not None:  # a browser puts together what stands around it
            raise _RefusedError(f"its style holds a `<{tag[:60]}>`")
        if tag == "style":
            self.style = []
        around = self.open[-1]
        part = attributes.get("id", around)
        if part != around:
            self.pieces[around].append(part)
        self.open.append(part)
        self.sizes[part] += 1
        for key, value in attributes.items():
            plain = _local(key)
            _check_attribute(tag, plain, value)
            if plain == "href" and value.strip().startswith("#") and tag != "a":
                self.pieces[part].append(value.strip()[1:])
            elif "url(" in value.lower():
                self.pieces[part] += _OWN_ADDRESS.findall(value)

    def end(self, name: str) -> None:
        """Leave the element; refuse a style sheet that is not about the drawing alone."""
        self.open.pop()
        if self.style is not None and _local(name) == "style":
            if _FOREIGN_STYLE.search("".join(self.style)):
                raise _RefusedError("its style refers to something outside")
            self.style = None

    def text(self, text: str) -> None:
        """Gather what a style sheet says, which comes in pieces."""
        if self.style is not None:
            self.style.append(text)

    def check_size(self) -> None:
        """Refuse a drawing that draws too much, or parts that hold themselves."""
        whole: dict[str, int] = {}
        waiting = [("", False)]
        inside: set[str] = set()
        while waiting:
            part, is_done = waiting.pop()
            if is_done:
                inside.discard(part)
                whole[part] = self.sizes[part] + sum(whole[piece] for piece in self.pieces[part])
                if whole[part] > MAX_DRAWN:
                    raise _RefusedError(f"it draws more than {MAX_DRAWN:,} elements")
            elif part in inside:
                raise _RefusedError(f"its part `{part[:60]}` holds itself")
            elif part not in whole:
                inside.add(part)
                waiting.append((part, True))
                waiting += [(piece, False) for piece in dict.fromkeys(self.pieces[part]) if piece not in whole]


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name.startswith("on"):
        raise _RefusedError(f"it holds the handler `{name}`")
    if name in _ANIMATED_ADDRESS:
        inside = value.strip().startswith("#")
        if not inside and not (tag in ("image", "feimage") and _RASTER_DATA.match(value)):
            raise _RefusedError(f"it refers to `{value.strip()[:60]}`")
    elif name == "attributename" and _local(value.strip()) in _ANIMATED_ADDRESS:
        raise _RefusedError("it animates an address")
    elif name == "attributename" and _local(value.strip()).startswith("on"):
        raise _RefusedError("it animates a handler")
    elif _FOREIGN_STYLE.search(value) and (
        name == "style" or _TAKES_ADDRESS.search(value) or ("\\" in value and name in _STYLED)
    ):
        raise _RefusedError(f"its `{name}` refers to something outside")


def _check_doctype(name: str, system: str | None, public: str | None, has_internal_subset: bool) -> None:
    if has_internal_subset:
        raise _RefusedError("it declares entities")


def _check_instruction(target: str, data: str) -> None:
    if target.lower() != "xpacket":
        raise _RefusedError(f"it holds the instruction `{target}`")


def _local(name: str) -> str:
    return name.rpartition(" ")[2].rpartition(":")[2].lower()
