r"""The formulas of the chapters, against what GitHub is known to do to math between dollars.

GitHub reads Markdown before it typesets: it takes the backslash of `\,`, `\!` or `\{` for an escape, keeps `\\` only at
the end of a line, typesets no `$` that follows a hyphen, a quote or a slash, and reads a pair of underscores that look
like emphasis as emphasis.
"""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

CONTENT = Path(__file__).resolve().parents[2] / "content"
CHAPTERS = sorted(CONTENT.glob("**/*.md"))
chapters = pytest.mark.parametrize(
    "chapter", [path.read_text(encoding="utf-8") for path in CHAPTERS], ids=[path.stem for path in CHAPTERS]
)


def lost(chapter: str) -> list[str]:
    """Return the lines whose formulas GitHub would alter or leave untypeset."""
    bad = []
    for line in chapter.splitlines():
        escapes = re.search(r"\\[^A-Za-z\\\s]", line)
        broken = re.search(r"\\\\(?!$)", line)
        unseen = [m.start() + 1 for m in re.finditer(r"""[-'"/\w]\$(?=[^\s$])""", line)]
        if escapes or broken or any(not inside(line, dollar) for dollar in unseen):
            bad.append(line.strip())
    return bad


def inside(line: str, dollar: int) -> bool:
    """Whether the dollar closes a formula rather than opens one."""
    return line[:dollar].count("$") % 2 == 1


def emphasised(chapter: str) -> list[str]:
    """Return the paragraphs in which plain Markdown finds emphasis between dollars."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(chapter):
        pieces = block.children or []
        dollars = accumulate(p.content.replace("$$", "$").count("$") if p.type == "text" else 0 for p in pieces)
        if any(p.type.startswith(("em_", "strong_")) and n % 2 for p, n in zip(pieces, dollars, strict=True)):
            found.append(block.content)
    return found


@chapters
def test_github_shows_the_formulas_as_written(chapter):
    """A reader on GitHub would see a stray comma, a matrix on one line, or raw TeX."""
    assert lost(chapter) == []


@chapters
def test_no_underscores_are_taken_for_emphasis(chapter):
    """A reader on GitHub would see a formula without its indices, or raw TeX in italics."""
    assert emphasised(chapter) == []


@pytest.mark.parametrize(
    "formula",
    [r"$f(x)\,g(x)$", r"$\{1, 2\}$", r"\begin{pmatrix} 1 \\ 2\end{pmatrix}", "a rank-$r$ matrix"],
)
def test_what_github_alters_is_found(formula):
    """The checks of this file would pass whatever the chapters say."""
    assert lost(f"Take {formula} here.") != []


def test_what_github_takes_for_emphasis_is_found():
    """The check of underscores would pass whatever the chapters say."""
    assert emphasised(r"$(A^\top)_{ij} = A_{ji}$") != []
    assert lost(r"$f(x)$-like, ($y$) and $z$.") == [] == emphasised("$a_1 + a_2$ and *this*")
