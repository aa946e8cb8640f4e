"""Code is coloured as Pygments alone would colour it, in less time."""

from __future__ import annotations

import re

import pygments
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name

from deckbuilder.rendering.code import _ENOUGH, _Lexer, _lexer, code_block
from deckbuilder.rendering.lexing import TRIED_PYGMENTS, _beginnings, goes_by_rules, make_quicker

CODE = (
    "#!/bin/sh\n"
    '# comment\ndef f(x: int = 0x1F, *, y=1e-3) -> str:\n    """Doc."""\n    return f\'{x!r:>{y}}\' + rb\'\\n\'\n',
    "<div class=\"a\" id='b'>&amp; <!-- c --> <script>let a = /x/g; `t ${b}`</script></div>\n<?php echo $a; ?>\n",
    "SELECT a, COUNT(*) FROM b WHERE c LIKE 'd%' -- e\nGROUP BY 1;\n:- f(X, Y) , !.\n(define (g h) '(1 . 2))\n",
    "template<typename T> struct S : B { static const int *p; }; // c\n#define X(a) a ## b\n/* d */ \\frac{1}{2} % e\n",
    "key: [1, 2.5, true, ~]\n"
    "[section]\nname = value ; c\n@x = $y{z} =~ m/a\\/b/;\n\tif (a && !b) { c->d(); } else :e\n",
    "module M where\n"
    "  f :: Int -> [a]\n  f x = case x of { 0 -> []; _ | x > 0 -> undefined }\r\n>>> print(1)\n1\n\n\n~^|?`",
    '\ufeffé = \'ß\' \u00a0\u2028Ω <= 中 ≠ ∀ \x00\x1c\x85\x7f \'unclosed\n"""\n"open \\"',
)
QUICKER = sorted(
    aliases[0]
    for _, aliases, _, _ in get_all_lexers(plugins=False)
    if aliases and goes_by_rules(get_lexer_by_name(aliases[0]))
)


def lexers(language: str) -> tuple[Lexer, Lexer]:
    """Return a language's lexer as it is, and one made quicker."""
    plain, quick = (get_lexer_by_name(language, stripnl=False, ensurenl=True) for _ in range(2))
    make_quicker(quick)
    assert "get_tokens_unprocessed" in vars(quick)
    return plain, quick


def test_the_lexers_at_hand_are_made_quicker() -> None:
    """Otherwise an update of Pygments would make builds slow again, and nobody would know why."""
    assert pygments.__version__ in TRIED_PYGMENTS
    assert len(QUICKER) > 300
    assert "python" in QUICKER


@pytest.mark.parametrize("language", QUICKER)
def test_a_quicker_lexer_gives_the_same_tokens(language: str) -> None:
    """Otherwise a card's code would change its colours, and the note be sent to all learners, with nothing edited."""
    plain, quick = lexers(language)
    for text in CODE:
        assert list(quick.get_tokens_unprocessed(text)) == list(plain.get_tokens_unprocessed(text))


@given(st.lists(st.sampled_from([*"\n \t\"'`#(){}[]<>/\\*$@!:;,.=+-|~^&%_0129aefmrxRBTé\u00a0", "def ", "'''", '"""'])))
def test_python_that_is_none_gives_the_same_tokens(signs: list[str]) -> None:
    """Otherwise a card's code would change its colours with the number of blocks in its file."""
    plain, quick = PYTHON
    assert list(quick.get_tokens("".join(signs))) == list(plain.get_tokens("".join(signs)))


PYTHON = lexers("python")


@given(
    st.sampled_from([
        r"a|b?c", r"(?i)k[^a-c]", r"[^\S\n]+x", r"\bnot\b|^\s*#", r"(?:x*|y)z", r"(?<=a)b", r"(?=[ab])\w", r"(?!a)\D",
        r"(?i:S)|ß", r"(?>a+)b", r"a*+b", r"(a)?(?(1)b|c)", r"()\1d", r"[^\d]", r".", r"[^x]", r"(?s).", r"(?i)[a-c]",
        r"(?a:\s)", r"$", r"[\W_]", r"(?i)\u017f", r"[^\na-z]+?q",
    ]),
    st.text(st.characters(max_codepoint=127), min_size=1, max_size=4),
)  # fmt: skip
@example(r"(?i)\u017f", "s")
@example(r"(?a:\s)", "\x1c")
def test_what_a_match_begins_with_is_known(pattern: str, text: str) -> None:
    """Otherwise a rule of a language would not be tried where it applies."""
    if re.compile(pattern).match(text):
        assert ord(text[0]) in _beginnings(re.compile(pattern))


def test_a_rule_is_tried_where_it_may_apply_and_nowhere_else() -> None:
    """Otherwise what takes its time would be tried for each character, and nothing be quicker."""
    assert {chr(code) for code in _beginnings(re.compile(r"(?i)ab|[x-z]\d|\bq|(?:1|2)*3"))} == set("aAxyzqQ123XYZ")
    assert len(_beginnings(re.compile("a*"))) == 128


def test_a_lexer_of_its_own_ways_is_left_alone() -> None:
    """Otherwise languages within languages, as those of templates, would lose their colours."""
    lexer = get_lexer_by_name("html+jinja")
    make_quicker(lexer)
    assert "get_tokens_unprocessed" not in vars(lexer)


@pytest.mark.parametrize(("name", "value"), [("TRIED_PYGMENTS", frozenset()), ("TRIED_PYTHON", frozenset())])
def test_releases_that_were_not_tried_are_left_alone(
    name: str, value: frozenset[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a Pygments that keeps its rules otherwise would break every build, or colour code wrong."""
    monkeypatch.setattr(f"deckbuilder.rendering.lexing.{name}", value)
    lexer = get_lexer_by_name("python")
    used = _Lexer(lexer)
    for _ in range(2 * _ENOUGH):
        assert list(used.tokens(CODE[1]))
    assert "get_tokens_unprocessed" not in vars(lexer)


def test_blocks_look_alike_however_many_there_are() -> None:
    """Otherwise a card would look otherwise in a long file than in a short one, or in a build of one edit."""
    _lexer.cache_clear()
    assert len({code_block(CODE[0], "python") for _ in range(40)}) == 1
