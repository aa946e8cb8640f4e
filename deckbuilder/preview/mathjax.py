"""MathJax 3.2.2, the version that Anki has, from the package that carries it: nothing is fetched from anywhere."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.metadata import files
from json import dumps
from pathlib import Path

PACKAGE = "sphinx-mathjax-offline"
ENTRY = "tex-chtml-full.js"


@cache
def mathjax_folder() -> Path:
    """Return the folder of MathJax's files; raises PackageNotFoundError where the package is not installed."""
    found = next(file for file in files(PACKAGE) or () if file.name == ENTRY)
    return Path(str(found.locate())).resolve().parent


@cache
def fonts_script() -> str:
    """Return a script that holds MathJax's fonts as data.

    A card stands in a frame of no origin, which may load scripts and pictures but no font from anywhere.
    """
    folder = mathjax_folder() / "output" / "chtml" / "fonts" / "woff-v2"
    fonts = {
        font.name: "data:font/woff;base64," + b64encode(font.read_bytes()).decode()
        for font in sorted(folder.glob("*.woff"))
    }
    return f"window.mathjaxFonts = {dumps(fonts)};\n"


def mathjax_files() -> tuple[Path, ...]:
    """Return the files, relative to the folder, that a card may ask for: from TeX to HTML, and its extensions."""
    folder = mathjax_folder()
    return (Path(ENTRY), *(path.relative_to(folder) for path in sorted(folder.glob("input/tex/extensions/*.js"))))
