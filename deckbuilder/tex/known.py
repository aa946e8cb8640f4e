"""What Anki's MathJax (3.2.2) knows by name, as it told a test: macros, environments, delimiters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

FILE = Path(__file__).with_name("mathjax.json")
"""Written by tests/tex/test_known.py, which asks MathJax itself."""


class Known(Struct, frozen=True):
    """Every macro with its signature, the delimiters, the environments, and two sets of macros.

    `operators` take `\\limits`; `no_scripts` are no script without braces around them, as in `x^\\log`.
    A signature has a letter for each argument: `m` math, `a` math in rows and columns, `t` text, `r` neither (a colour,
    an address), and before them `[` where an optional one may stand; `d` is a dimension, `D` a delimiter. Of an
    environment it says `&` where columns may stand and `\\` where rows may end.
    """

    macros: Mapping[str, str]
    operators: frozenset[str]
    no_scripts: frozenset[str]
    delimiters: frozenset[str]
    environments: Mapping[str, str]


@cache
def known() -> Known:
    """Return what MathJax knows."""
    data = json.loads(FILE.read_text("utf-8"))
    return Known(
        data["macros"],
        frozenset(data["operators"]),
        frozenset(data["no_scripts"]),
        frozenset(data["delimiters"]),
        data["environments"],
    )
