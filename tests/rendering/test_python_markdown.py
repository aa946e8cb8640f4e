"""Notes of an MkDocs site, in Python-Markdown's own dialect."""

from __future__ import annotations

import json
from pathlib import Path

from deckbuilder.pipeline import Options, build
from deckbuilder.rendering.options import PYTHON_MARKDOWN, RenderOptions
from deckbuilder.rendering.renderer import Rendered, render
from deckbuilder.source.passage import passage_of


def rendered(markdown: str, *extensions: str | tuple[str, dict[str, object]]) -> Rendered:
    pairs = [(one, {}) if isinstance(one, str) else one for one in extensions]
    options = RenderOptions(PYTHON_MARKDOWN, tuple((name, json.dumps(given)) for name, given in pairs))
    return render(passage_of(markdown, "x.md"), options)


def test_admonitions() -> None:
    """If this failed, the boxes of an MkDocs site would be raw text on the card."""
    html = rendered("!!! note\n    Mind *this*.", "admonition").html
    assert 'class="admonition note"' in html
    assert "<em>this</em>" in html


def test_pymdownx() -> None:
    """If this failed, the extensions that most MkDocs sites use would not work."""
    html = rendered('??? tip "More"\n    Inside.\n', "pymdownx.details").html
    assert "<details" in html
    assert "<summary>More</summary>" in html
    code = rendered("- a\n\n    ```python\n    x = 1\n    ```", "pymdownx.superfences").html
    assert 'class="db-code"' in code
    assert 'type="checkbox"' in rendered("- [x] a", ("pymdownx.tasklist", {"custom_checkbox": False})).html


def test_formulas_are_kept() -> None:
    """If this failed, emphasis would be read into formulas."""
    html = rendered("so $a_i *b* c_i$, $5 and $6, `$x$`\n\n$$\ny_1 < y_2 \\\\\n$$").html
    assert r"\(a_i *b* c_i\)" in html
    assert "$5 and $6" in html
    assert "<code>$x$</code>" in html
    assert r"y_1 &lt; y_2 \\" in html


def test_formulas_of_arithmatex_are_checked_as_any_others() -> None:
    """If this failed, a deck that names arithmatex, as most MkDocs sites with formulas do, would ship broken ones."""
    found = rendered("so $\\bm x$\n\n\\[ \\bm y \\]", ("pymdownx.arithmatex", {"generic": True})).diagnostics
    assert [(one.code, one.span.line, one.span.column) for one in found] == [("DB420", 1, 5), ("DB420", 3, 4)]


def test_its_html_is_cleaned_too() -> None:
    """If this failed, the other dialect would be a way around the cleaning."""
    result = rendered("a <script>alert(1)</script>\n\n<p onclick='x()'>b</p>")
    assert "<script" not in result.html
    assert "onclick" not in result.html
    assert "DB402" in [found.code for found in result.diagnostics]


def test_a_whole_deck_of_this_flavour(tmp_path: Path) -> None:
    """If this failed, the settings of deck.yml would not reach the renderer."""
    settings = "flavour: python-markdown\nmarkdown_extensions:\n  - admonition\n  - toc: {permalink: true}\n"
    (tmp_path / "deck.yml").write_text(settings, "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) What is it?\n\n    !!! note\n        This.\n", "utf-8")
    result = build(tmp_path, Options(output=tmp_path / "x.apkg"))
    assert not result.diagnostics
    assert result.apkg
    assert b"admonition note" in result.apkg.read_bytes()


def test_an_unknown_extension_is_told(tmp_path: Path) -> None:
    """If this failed, a misspelt extension would end in a traceback, or do nothing without a word."""
    (tmp_path / "deck.yml").write_text("flavour: python-markdown\nmarkdown_extensions: [admonitoin]\n", "utf-8")
    (tmp_path / "x.md").write_text("# A\n\n1) What is it?\n\n    This.\n", "utf-8")
    result = build(tmp_path, Options(output=tmp_path / "x.apkg"))
    assert [(found.code, Path(found.span.file).name) for found in result.diagnostics] == [("DB407", "deck.yml")]
