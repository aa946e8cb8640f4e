"""Formulas reach MathJax untouched, and money stays money."""

from __future__ import annotations

import pytest

from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.renderer import render
from deckbuilder.source.passage import passage_of


def html(markdown: str) -> str:
    return render(passage_of(markdown), RenderOptions()).html.strip()


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (r"$a_i b_i$", r"<p>\(a_i b_i\)</p>"),
        (r"$a \\ b$", r"<p>\(a \\ b\)</p>"),
        ("$a<b$ and $x & y>z$", r"<p>\(a&lt;b\) and \(x &amp; y&gt;z\)</p>"),
        ("$*a*$ *b*", r"<p>\(*a*\) <em>b</em></p>"),
        ("It costs $5 and $6.", "<p>It costs $5 and $6.</p>"),
        ("From $5 to $10.", "<p>From $5 to $10.</p>"),
        ("`$x$` is code", "<p><code>$x$</code> is code</p>"),
        (r"a \$ sign and \$5", "<p>a $ sign and $5</p>"),
        ("$$x^2$$", r'<div class="db-math">\[x^2\]</div>'),
        ("$$\nx\n$$", r'<div class="db-math">\[x\]</div>'),
        ("so: $$x$$ and on", r'<p>so: <span class="db-math">\[x\]</span> and on</p>'),
        ("get:\n$$x$$\nso", '<p>get:</p>\n<div class="db-math">\\[x\\]</div>\n<p>so</p>'),
    ],
)
def test_a_formula_is_kept_and_money_is_none(markdown: str, expected: str) -> None:
    """If this failed, a formula would be shown wrong or cut off without a word, or a price as a formula."""
    assert html(markdown) == expected


def test_blanks_inside_dollars_are_math_and_reported() -> None:
    """If this failed, a formula that its author sees nowhere would stay raw on the card too."""
    rendered = render(passage_of(r"so $ a \cdot b $ is", "x.md"), RenderOptions())
    assert rendered.html.strip() == r"<p>so \(a \cdot b\) is</p>"
    (found,) = rendered.diagnostics
    assert (found.code, str(found.span)) == ("DB401", "x.md:1:4")


@pytest.mark.parametrize("typed", [r"\\(x\\)", r"\\[x\\]"])
def test_typed_delimiters_are_no_formula(typed: str) -> None:
    """If this failed, text about LaTeX would be typeset as a formula."""
    shown = html(typed)
    assert r"\(" not in shown
    assert r"\[" not in shown
