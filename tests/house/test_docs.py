"""The documents: every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("tests/fuzz/*.md")]
)

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
"""A link with a scheme leaves the project; tests do not go there."""


def tokens_of(path: Path) -> list[Token]:
    """Return a document's tokens, those inside of lines included."""
    flat = []
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        flat.append(token)
        flat.extend(token.children or [])
    return flat


def links_of(path: Path) -> list[str]:
    """Return where a document's links and pictures point."""
    found = [token.attrGet("href") or token.attrGet("src") for token in tokens_of(path)]
    return [str(target) for target in found if target]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that GitHub gives a document's headings."""
    tokens = tokens_of(path)
    anchors: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        inline = tokens[index + 1].children or []
        words = "".join(part.content for part in inline if part.type in {"text", "code_inline"})
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        repeated = sum(1 for known in anchors if re.fullmatch(rf"{re.escape(slug)}(?:-\d+)?", known))
        anchors.add(f"{slug}-{repeated}" if slug in anchors else slug)
    return anchors


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    """Otherwise a newcomer who follows the documents would end at a page that isn't there."""
    broken = []
    for link in links_of(path):
        if ELSEWHERE.match(link):
            continue
        place, _, anchor = link.partition("#")
        target = (path.parent / unquote(place)).resolve() if place else path
        there = target.is_relative_to(ROOT) and target.exists()
        if not there or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []
