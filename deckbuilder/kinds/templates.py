"""The two sides and the style of a card, put together from the template files that lie beside this module.

A template file may hold two instructions, each in a comment of its own: `<!-- include PATH -->`, where PATH starts in
the folder of the kinds and `*` stands for each kind in turn, and `<!-- script -->`. Other comments are for whoever
reads the file and do not reach a learner.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from msgspec import Struct

from deckbuilder.kinds.fields import FIELDS, QUESTION

FOLDER: Final = Path(__file__).parent
OWN_STYLE_BEGINS: Final = "/* ===== Your own style: begin"
OWN_STYLE_ENDS: Final = "/* ===== Your own style: end"
SPECIAL_FIELDS: Final = frozenset({"Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "FrontSide"})
"""What Anki fills in besides the note's own fields."""

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_TAG = re.compile(r"\{\{([#^/]?)([^{}]*)\}\}")
_REMARK = re.compile(r"^[ \t]*//.*$", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n+")
_MATHS = re.compile(r"\\[(\[]")


class TemplateError(Exception):
    """A template file that Anki could not show as meant: a bug of deckbuilder, never a mistake of its user."""


class Templates(Struct, frozen=True):
    """What every note type gets: the front and back of its one card template, and its style sheet."""

    front: str
    back: str
    css: str

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stand for all three."""
        return blake2b("\x1f".join((self.front, self.back, self.css)).encode(), digest_size=8).hexdigest()


@cache
def load_templates(kind_names: tuple[str, ...], folder: Path = FOLDER) -> Templates:
    """Return the templates that show a note of any of `kind_names`, in whose order the kinds' parts stand.

    Raises TemplateError where a file is missing, names an unknown field, or leaves a section open.
    """
    files = _TemplateFiles(folder, kind_names)
    front, back = files.side("_shared/front.html"), files.side("_shared/back.html")
    check_template(front, "front")
    check_template(back, "back")
    if not _shows(front, QUESTION):
        raise TemplateError(f"the front shows no {{{{{QUESTION}}}}}, so Anki would make no card")
    if "<hr id=answer>" not in back:
        raise TemplateError("the back has no literal <hr id=answer>, which Anki scrolls to")
    return Templates(front, back, files.style())


def check_template(template: str, side: str) -> None:
    """Raise TemplateError unless every field of `template` is known and every section is closed in turn."""
    open_sections: list[str] = []
    for tag in _TAG.finditer(template):
        mark, name = tag[1], tag[2]
        if name not in FIELDS and (name not in SPECIAL_FIELDS or mark):
            raise TemplateError(f"the {side} names an unknown field: {tag[0]}")
        if mark == "/":
            if not open_sections or open_sections.pop() != name:
                raise TemplateError(f"the {side} closes a section that is not the open one: {tag[0]}")
        elif mark:
            open_sections.append(name)
    if open_sections:
        raise TemplateError(f"the {side} leaves a section open: {open_sections[-1]}")
    rest = _TAG.sub("", template)
    if "{{" in rest or "}}" in rest:
        raise TemplateError(f"the {side} has braces that Anki would take for a field")
    if _MATHS.search(rest):
        raise TemplateError(f"the {side} itself has a delimiter of maths, which loads MathJax for every card")


class _TemplateFiles(Struct, frozen=True):
    """The template files of some kinds, put together to what Anki takes."""

    folder: Path
    kind_names: tuple[str, ...]

    def side(self, path: str) -> str:
        """Return the side whose layout is at `path`, without comments and blank lines."""
        return _BLANK_LINES.sub("\n", _COMMENT.sub(self._followed, self._read(path))).strip()

    def style(self) -> str:
        """Return the style sheet: the shared variables and rules, each kind's own, the place for the learner's own."""
        paths = ["_shared/style.css", *self._paths("*/style.css"), "_shared/own.css"]
        css = "\n".join(self._read(path).strip() + "\n" for path in paths)
        if css.count(OWN_STYLE_BEGINS) != 1 or css.count(OWN_STYLE_ENDS) != 1:
            raise TemplateError("the style sheet needs exactly one marked block for the learner's own changes")
        return css

    def _followed(self, comment: re.Match[str]) -> str:
        match comment[1].split():
            case ["include", wanted]:
                return "\n".join(self.side(path) for path in self._paths(wanted))
            case ["script"]:
                return f"<script>\n{self._script()}\n</script>"
            case _:
                return ""

    def _script(self) -> str:
        """Return the one script of both sides: the shared begin, each kind's own part, the shared end; no remarks."""
        paths = ["_shared/begin.js", *self._paths("*/script.js"), "_shared/end.js"]
        text = "\n".join(self._read(path) for path in paths)
        return _BLANK_LINES.sub("\n", _INDENT.sub("", _REMARK.sub("", text))).strip()

    def _paths(self, wanted: str) -> list[str]:
        """Return the paths that an include stands for; with `*`, those that exist among the kinds."""
        if "*" not in wanted:
            return [wanted]
        for kind in self.kind_names:
            if not (self.folder / kind).is_dir():
                raise TemplateError(f"the kind {kind!r} has no folder")
        candidates = [wanted.replace("*", kind) for kind in self.kind_names]
        return [path for path in candidates if (self.folder / path).is_file()]

    def _read(self, path: str) -> str:
        try:
            return (self.folder / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise TemplateError(f"the template file {path} is missing") from None


def _shows(template: str, field: str) -> bool:
    """Whether `template` shows `field` whatever other fields are empty."""
    outside = re.sub(r"\{\{[#^]([^{}]*)\}\}.*?\{\{/\1\}\}", "", template, flags=re.DOTALL)
    return f"{{{{{field}}}}}" in outside
