"""A stranger's Markdown cannot run anything in a learner's Anki, and its author is told what was taken out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.renderer import Rendered, render
from deckbuilder.source.passage import passage_of

DANGEROUS = re.compile(r"<(?:script|style|iframe|form|object|embed|svg|link|meta)\b|<[^>]*\son\w+=|javascript:", re.I)


def rendered(markdown: str) -> Rendered:
    return render(passage_of(markdown, "x.md"), RenderOptions())


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<img src="https://example.org/a.png" onerror="alert(1)">',
        '<a href="javascript:alert(1)">a</a>',
        '<p style="position:fixed">a</p>',
        "<style>body{display:none}</style>",
        '<iframe src="https://example.org"></iframe>',
        '<svg onload="alert(1)"></svg>',
        '<form action="https://example.org"><input></form>',
        '<p class="db-card" id="qa">a</p>',
        '<a href="data:text/html,x">a</a>',
    ],
)
def test_what_is_dangerous_goes_and_is_told_at_its_line(attack: str) -> None:
    """If this failed, a pull request could bring code into every learner's Anki."""
    result = rendered(f"text\n\n{attack}\n\nmore")
    assert not DANGEROUS.search(result.html)
    assert "style=" not in result.html
    assert "db-card" not in result.html
    assert "data:" not in result.html
    assert "more" in result.html
    assert [(found.code, found.span.line) for found in result.diagnostics if found.code == "DB402"][:1] == [
        ("DB402", 3)
    ]


@pytest.mark.parametrize("link", ["[a](javascript:alert(1))", "[a](data:text/html,x)", "<javascript:alert(1)>"])
def test_markdown_links_are_cleaned_too(link: str) -> None:
    """If this failed, a link could run code where HTML could not."""
    assert not re.search(r'href="(?:javascript|data):', rendered(link).html)


def test_an_answer_cannot_close_what_it_stands_in() -> None:
    """If this failed, one answer could break out of its place on the card."""
    html = rendered("a\n\n</div></div></details>\n\nb").html
    assert html.count("</div>") == html.count("<div")
    assert "</details>" not in html


def test_harmless_html_stays() -> None:
    """If this failed, what an author sees on GitHub would be missing on the card."""
    source = '<p align="center"><em>a</em><br><kbd>b</kbd> <sub>c</sub></p>'
    result = rendered(source)
    assert result.html.strip() == source
    assert not result.diagnostics


@given(st.text(alphabet=st.sampled_from(list("<>/\"'= abonerrorscriptstyle&;:#`*_[]()!-\n$\\")), max_size=120))
def test_no_text_gets_anything_dangerous_through(markdown: str) -> None:
    """If this failed, some odd spelling would get past the cleaning, or stop the build."""
    assert not re.search(r"<(?:script|style|iframe|form|object)\b", rendered(markdown).html, re.I)
