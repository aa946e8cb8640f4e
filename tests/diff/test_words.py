"""What a field shows as text, and which of its words differ."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.diff import words
from deckbuilder.diff.words import Fate, Piece, visible_text, word_diff

HTML = [
    (r"<p>A <b>vector</b>, \(a_b &lt; 1\), <code>dot(a, b)</code>.</p>", "A vector, $a_b < 1$, `dot(a, b)`."),
    ('<p>x</p>\n<div class="db-math">\\[y\n= z\\]</div>\n<p>w</p>', "x\n$$y = z$$\nw"),
    ("<ul>\n<li>one</li>\n<li>two<ul><li>three</li></ul></li>\n</ul>", "- one\n- two\n- three"),
    ("<div><pre><code>def f():\n    <b>return</b> 1\n</code></pre></div><p>So.</p>", "def f():\n    return 1\nSo."),
    ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "| a | b\n| 1 | 2"),
    ('see <img src="a-1f.svg" alt="a plot"> here', "see ![a plot](a-1f.svg) here"),
    (r"typed \<span></span>(not math\)", r"typed \(not math\)"),
    ('<li class="db-task"><input type="checkbox" disabled checked> done</li>', "- [x] done"),
    ("<details><summary>Hint</summary><div>Think.</div></details>", "Hint\nThink."),
    ("a<br>b<hr>c", "a\nb\n---\nc"),
    ("an \x1b[31mescape and \u202eleft", "an \ufffd[31mescape and \ufffdleft"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "text"), HTML)
def test_a_field_reads_as_it_is_seen(html: str, text: str) -> None:
    """If this failed, an author would read tags, or half a formula, or a terminal would obey a stranger's text."""
    assert visible_text(html) == text


def marked(old: str, new: str) -> str:
    signs = {Fate.SAME: "{}", Fate.GONE: "[-{}-]", Fate.COME: "{{+{}+}}"}
    return "".join(signs[piece.fate].format(piece.text) for piece in word_diff(old, new))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<p>the length of a vector</p>", "<p>the size of a vector</p>", "the [-length-]{+size+} of a vector\n"),
        (r"so \(a+b\) is", r"so \(a-b\) is", "so [-$a+b$-]{+$a-b$+} is"),
        ("one two three", "one <b>two</b> three", "one two three"),
        ("a big red dog", "a small blue dog", "a [-big red-]{+small blue+} dog"),
        ("<p>a</p>", "<p>a</p><p>b</p>", "a\n{+b\n+}"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
    ],
)
def test_changed_words_are_told(old: str, new: str, told: str) -> None:
    """If this failed, a reviewer would have to find the changed word."""
    assert marked(old, new) == told


FRAGMENTS = st.lists(
    st.sampled_from(
        ["word", "other", " ", "\n", "<p>", "</p>", r"\(x\)", r"\[y\]", "<code>c d</code>", "<pre>p\n q</pre>", ".",
         "<li>", "</li>", "&lt;", "<br>", "<b>", "</b>", "\\", "$", "漢字"]
    )
).map("".join)  # fmt: skip


@given(FRAGMENTS, FRAGMENTS)
def test_nothing_is_lost_or_made_up(old: str, new: str) -> None:
    """If this failed, a diff would show words that stand in neither text, or leave some out."""
    pieces = word_diff(old, new)
    for html, other in ((old, Fate.COME), (new, Fate.GONE)):
        assert "".join(piece.text for piece in pieces if piece.fate is not other).strip("\n") == visible_text(html)
    assert all(one.fate != other.fate for one, other in pairwise(pieces))


@given(st.text())
def test_any_text_at_all_is_read(text: str) -> None:
    """If this failed, an odd field would stop a comparison with a traceback."""
    visible_text(text)


def test_very_long_texts_that_share_nothing_count_as_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, one huge field would keep a pull request's check busy for hours."""
    monkeypatch.setattr(words, "MAX_WORK", 10)
    assert word_diff("a b c d e same", "f g h i j same") == (
        Piece(Fate.GONE, "a b c d e"),
        Piece(Fate.COME, "f g h i j"),
        Piece(Fate.SAME, " same"),
    )
