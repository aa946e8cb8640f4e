"""The deck's implementation cards: their code runs, their assertions hold, and fail for the mistakes that they warn of.

Cards that need PyTorch are run by `make check-content`, since the tests do without it.
"""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from deckbuilder.code_tests.cards import CodeCard, cards_of
from deckbuilder.code_tests.running import MISSING, PASSED, run_card
from deckbuilder.kinds import fields
from deckbuilder.pipeline import Prepared, prepare
from tests.support.chapters import CONTENT


@cache
def prepared() -> Prepared:
    found, _ = prepare(CONTENT)
    assert found is not None
    return found


@cache
def cards() -> dict[str, CodeCard]:
    return {card.key: card for card in cards_of(prepared())}


def asked(words: str) -> CodeCard:
    """Return the one card whose key contains these words; keys are made from questions and kept."""
    (found,) = [card for key, card in cards().items() if words in key]
    return found


def needs_torch(card: CodeCard) -> bool:
    return any(re.search(r"^import torch$", block.text, re.MULTILINE) for block in card.code)


@pytest.mark.parametrize("key", cards())
def test_the_code_does_what_the_assertions_say(key: str) -> None:
    """A learner would learn code by heart that does not work."""
    card = cards()[key]
    result = run_card(card, sys.executable, timeout=60)
    allowed = {PASSED, MISSING} if needs_torch(card) else {PASSED}
    assert result.status in allowed, (result.problem, result.shown, result.output)


def test_the_cards_show_what_was_run() -> None:
    """A learner would see other code than the code that was tested."""
    shown = {note.rendered.resolved.identity.key: note.rendered.fields for note in prepared().notes}
    for key, card in cards().items():
        front, back = (_text(shown[key].get(name, "")) for name in (fields.CONTEXT, fields.CODE))
        for place, blocks in ((front, card.assertions), (back, card.code)):
            for block in blocks:
                assert block.text.strip() in place, key


def _text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def test_the_chapter_has_small_cards() -> None:
    """A learner would scroll through a program on a phone, and could not tell whether they knew it."""
    chapter = [card for card in cards().values() if card.span.file.endswith("18-code.md")]
    assert len(chapter) >= 15
    for card in chapter:
        lines = sum(block.text.count("\n") for block in card.code)
        assert lines <= 30, card.key
        widest = max(len(line) for block in card.code + card.assertions for line in block.text.split("\n"))
        assert widest <= 64, card.key


MISTAKES = [
    ("implement-softmax", "z = z - z.max(axis=-1, keepdims=True)", "pass"),
    ("implement-softmax", "z.max(axis=-1, keepdims=True)", "z.max()"),
    ("cross-entropy", "np.exp(z - m).sum(axis=1)", "np.exp(z).sum(axis=1)"),
    ("cross-entropy", "z[np.arange(len(y)), y]", "z[:, y]"),
    ("numerical-gradient", "x[i] = old\n", ""),
    ("numerical-gradient", "/ (2 * h)", "/ h"),
    ("reverse-mode", "u.grad += slope", "u.grad = slope"),
    ("reverse-mode", "in reversed(order)", "in order"),
    ("reverse-mode", "if v not in seen:", "if True:"),
    ("reverse-mode", "((self, y), (other, x))", "((self, x), (other, y))"),
    ("step-adam", "m / (1 - b1**t)", "m"),
    ("step-adam", "np.sqrt(v_hat)", "v_hat"),
    ("step-adam", "m = b1 * m + (1 - b1) * g", "m = b1 * m + g"),
    ("layer-normalisation", "axis=-1", "axis=0"),
    ("layer-normalisation", "np.sqrt(var + eps)", "(var + eps)"),
    ("batch-normalisation", "if train:", "if True:"),
    ("batch-normalisation", "stats[k] += rate * (new[k] - stats[k])", "pass"),
    ("causal-mask", "k=past + 1", "k=past"),
    ("causal-mask", "k=past + 1", "k=1"),
    ("self-attention-numpy", "reshape(B, n, n_heads, -1)", "reshape(B, n_heads, n, -1)"),
    ("self-attention-numpy", "np.sqrt(d // n_heads)", "np.sqrt(d)"),
    ("self-attention-numpy", " + mask", ""),
    ("self-attention-numpy", "(a @ v).swapaxes(1, 2)", "(a @ v)"),
    ("decoding-step", 'K, V = cache["k"], cache["v"]', 'K, V = cache["k"][1:], cache["v"][1:]'),
    ("decoding-step", " / np.sqrt(K.shape[1])", ""),
    ("online-softmax", "total * shrink", "total"),
    ("online-softmax", "out * shrink", "out"),
    ("online-softmax", "max(m, s.max())", "0.0"),
    ("sinusoidal", "np.arange(0, d, 2) / d", "np.arange(d // 2) / d"),
    ("sinusoidal", "P[:, 1::2] = np.cos", "P[:, 1::2] = np.sin"),
    ("learned-position", "G.sum(axis=0)", "G[0]"),
    ("learned-position", "x + table[:n]", "x + table[1:n + 1]"),
    ("rotary", "a * sin + b * cos", "a * sin - b * cos"),
    ("rotary", "np.outer(positions, rate)", "np.outer(positions**2, rate)"),
    ("learning-bpe", "pairs[pair] += c", "pairs[pair] += 1"),
    ("encoding-word", "for pair in merges:", "for pair in merges[::-1]:"),
    ("top-nucleus", ", p) + 1]", ", p)]"),
    ("top-nucleus", "rng.choice(keep, p=q[keep] / q[keep].sum())", "rng.choice(keep)"),
    ("beam-search", "if seq and seq[-1] == end:", "if False:"),
    ("beam-search", "[:width]", "[:1]"),
    ("linear-layer-lora", "np.zeros((r, m))", "np.ones((r, m))"),
    ("linear-layer-lora", "(alpha / r)", "alpha"),
]
"""A card, a piece of its reference code, and what a learner may well write instead."""


@pytest.mark.parametrize(("words", "right", "wrong"), MISTAKES)
def test_the_assertions_catch_the_mistake(words: str, right: str, wrong: str) -> None:
    """A learner's wrong program would pass the assertions on the card."""
    card = asked(words)
    code = "\n".join(block.text for block in card.code)
    assert right in code, "the card's code has changed: change the mistake too"
    assert not _passes(code.replace(right, wrong), card)
    assert _passes(code, card)


def _passes(code: str, card: CodeCard) -> bool:
    namespace: dict[str, object] = {"__name__": "card"}
    with np.errstate(all="ignore"):
        try:
            for text in (code, *_tests(card)):
                exec(compile(text, card.key, "exec", dont_inherit=True), namespace)
        except Exception:
            return False
    return True


def _tests(card: CodeCard) -> Iterator[str]:
    return (block.text for block in card.assertions)
