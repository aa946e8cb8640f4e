"""The layers: imports run downward only, and each third-party library has one home."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "deckbuilder"

LAYERS = (
    ("deckbuilder", "__main__"),
    ("cli",),
    ("decision_reports", "drill_reports", "preview", "anki", "publishing", "restoring", "starter", "schemas"),
    ("reporters",),
    ("deciding",),
    ("earlier",),
    ("diff",),
    ("pipeline",),
    ("packaging",),
    ("drafting",),
    ("lints",),
    ("rendering",),
    ("identity",),
    ("kinds",),
    ("drills",),
    ("project",),
    ("source",),
    ("tex", "waivers"),
    ("yaml_text",),
    ("rules",),
    ("git",),
    ("cache", "diagnostics", "files", "limits", "workers"),
)
"""From top to bottom; a module imports from layers below its own, never from its own or from above."""

HOMES = {
    "click": ("cli",),
    "genanki": ("packaging",),
    "imagesize": ("rendering",),
    "markdown": ("rendering",),
    "nh3": ("rendering",),
    "pygments": ("rendering",),
    "markdown_it": ("source", "rendering"),
    "mdit_py_plugins": ("source", "rendering"),
    "yaml": ("yaml_text",),
    "rich": ("drill_reports",),
    "wcwidth": ("reporters",),
    "anki": ("anki",),
    "starlette": ("preview",),
    "uvicorn": ("preview",),
    "watchfiles": ("preview",),
}
"""The modules that may import each library: whoever replaces a library reads one place."""

EVERYWHERE = {"msgspec"}
"""Libraries that are part of the language that the modules are written in: every record is a `Struct`."""


@dataclass(frozen=True)
class Import:
    """One import statement: `module` (dotted, without the leading package) imports `target`."""

    module: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(path: Path) -> str:
    """Return the dotted name below `deckbuilder`; the package itself is `deckbuilder`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) or "deckbuilder"


def is_module(dotted: str) -> bool:
    """Whether `dotted` (below `deckbuilder`) is a module or a package rather than a name inside of one."""
    path = PACKAGE.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a module, those inside functions and under TYPE_CHECKING included."""
    module = module_name(path)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: write the whole name, so that the reader sees the layer"
            assert node.module is not None
            if node.module != "deckbuilder":
                yield Import(module, node.module, node.lineno)
                continue
            for alias in node.names:
                if is_module(alias.name):
                    yield Import(module, f"deckbuilder.{alias.name}", node.lineno)
                elif alias.name != "__version__":
                    yield Import(module, "deckbuilder", node.lineno)


def layer_of(module: str) -> int:
    """Return a module's place counted from the top, or fail for a module that has none yet."""
    top = module.partition(".")[0]
    for depth, names in enumerate(LAYERS):
        if top in names:
            return depth
    pytest.fail(f"deckbuilder/{top} has no layer: give it its place in LAYERS")


SOURCES = sorted(PACKAGE.rglob("*.py"))
IMPORTS = [found for path in SOURCES for found in imports_of(path)]


def test_imports_run_downward() -> None:
    """Otherwise whoever changes one stage would have to understand them all."""
    upward = []
    for found in IMPORTS:
        top, _, below = found.target.partition(".")
        if top != "deckbuilder":
            continue
        target = below or "deckbuilder"
        same_part = target.split(".")[0] == found.module.split(".")[0]
        if not same_part and layer_of(target) <= layer_of(found.module):
            upward.append(str(found))
    assert upward == []


def test_every_part_has_its_layer() -> None:
    """Otherwise a part that imports nothing and that nothing imports yet would grow outside the order."""
    for path in SOURCES:
        layer_of(module_name(path))


def test_each_library_has_one_home() -> None:
    """Otherwise replacing a library, or mending what a new release of it broke, would go through the whole project."""
    astray = []
    for found in IMPORTS:
        library = found.target.split(".")[0]
        if library == "deckbuilder" or library in sys.stdlib_module_names | EVERYWHERE:
            continue
        homes = HOMES.get(library)
        assert homes is not None, f"{found}: give the library its home in HOMES"
        if not any(found.module == home or found.module.startswith(f"{home}.") for home in homes):
            astray.append(str(found))
    assert astray == []


def test_no_library_is_declared_that_nothing_imports() -> None:
    """Otherwise every user would install, and trust, a library for nothing."""
    imported = {found.target.split(".")[0] for found in IMPORTS}
    assert imported >= HOMES.keys() - {"anki"} | EVERYWHERE, "take the library out of HOMES and of pyproject.toml"
