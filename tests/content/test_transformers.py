"""The chapter on the transformer: its numbers, derivations, code and drills, computed anew."""

from __future__ import annotations

import math
import runpy
import sys

import numpy as np
import pytest
import sympy as sp

from tests.content.test_attention import normal, softmax
from tests.support.chapters import CONTENT, Chapter
from tests.support.deck_drills import assert_solved_by, most_common, wrong_sums

CHAPTER = Chapter("12-transformers")
card, states, written = CHAPTER.card, CHAPTER.states, CHAPTER.written


def tex(value):
    """A whole number as the cards write it."""
    return f"{value:,}".replace(",", "{,}")


def norm(x):
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)


# --- the block ---------------------------------------------------------------------


def test_residual_stream():
    """A learner would be told a false sum of the stream, or a gradient that is not there."""
    states("as a *residual stream*", r"x_N = x_0 + F_1(x_0) + F_2(x_1) + \dots + F_N(x_{N-1})")
    states(
        "without meeting a single weight",
        r"X' &= X + \mathrm{Attention}(\mathrm{Norm}(X))",
        "the norms stand on the branches",
    )
    weights = [0.3 * normal(3, 3, seed=i) for i in range(4)]
    x0 = normal(3)

    def run(x, first=0):
        for w in weights[first:]:
            x = x + np.tanh(x @ w)
        return x

    x, total = x0, x0.copy()
    for w in weights:
        total += np.tanh(x @ w)
        x = x + np.tanh(x @ w)
    np.testing.assert_allclose(run(x0), total)
    product, x = np.eye(3), x0
    for w in weights:
        product = product @ (np.eye(3) + w * (1 - np.tanh(x @ w) ** 2))  # rows: d out / d in, transposed
        x = x + np.tanh(x @ w)
    slope = np.array([(run(x0 + 1e-6 * e) - run(x0 - 1e-6 * e)) / 2e-6 for e in np.eye(3)])
    np.testing.assert_allclose(slope, product, atol=1e-6)


def test_direct_path_of_post_norm():
    """A learner would be told a wrong damping of the direct path, or a wrong scale without the last norm."""
    text = states(
        "the direct path through a *post-norm* transformer of 12 blocks", "In each of 24 sublayers", "About $1/4000$"
    )
    factor = (1 / math.sqrt(2)) ** 24
    assert factor == pytest.approx(2**-12) and rf"2^{{-12}} \approx {factor:.5f}" in text
    assert 1 / factor == pytest.approx(4000, rel=0.03)
    x, f = normal(200_000), normal(200_000, seed=1)
    assert (x + f).std() == pytest.approx(math.sqrt(2), rel=0.01)
    text = states(
        "leave out the norm after the last block", "48 blocks (96 sublayers)", "ten times as large", "$1/9.8$ of the"
    )
    assert r"\mathrm{Var} = 1 + 96 = 97" in text and rf"\sqrt{{97}} \approx {math.sqrt(97):.1f}" in text


def test_feed_forward_layer():
    """A learner would be told wrong counts, or a memory that does not compute the layer."""
    states(
        "What does the feed-forward layer of a transformer compute",
        "$8d^2$ weights against attention's $4d^2$: two thirds",
    )
    assert pytest.approx(2 / 3) == 8 / (8 + 4)
    states(
        "a feed-forward layer a key–value memory",
        r"\sum_{i=1}^{d_{\text{ff}}} \varphi(xk_i)\thinspace v_i",
        "column $k_i$ of the first",
        "row $v_i$ of the second",
    )
    x, w1, w2 = normal(4), normal(4, 16, seed=1), normal(16, 4, seed=2)
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    np.testing.assert_allclose(relu(x @ w1) @ w2, sum(relu(x @ w1[:, i]) * w2[i] for i in range(16)))


def test_attention_is_linear_in_the_values():
    """A learner would be told wrongly that for given weights attention is linear in the values."""
    states("all feed-forward layers are removed", "For given attention weights the layer is linear in its input")
    a, v, u = softmax(normal(3, 3)), normal(3, 2, seed=1), normal(3, 2, seed=2)
    np.testing.assert_allclose(a @ (2 * v + u), 2 * (a @ v) + a @ u)


def test_norm_over_the_wrong_axis():
    """A learner would be told wrongly that the erroneous norm leaks the future."""
    states(
        "Find the error in this layer norm", "mean = x.mean(axis=1, keepdims=True)", "over its $d$ features: `axis=-1`"
    )
    x = normal(2, 5, 4)
    later = x.copy()
    later[:, 4] += 1
    for axis, leaks in ((1, True), (-1, False)):
        first = [(y - y.mean(axis, keepdims=True)) / y.std(axis, keepdims=True) for y in (x, later)]
        assert np.allclose(first[0][:, 0], first[1][:, 0]) != leaks


# --- positions -------------------------------------------------------------------------


def sinusoids(n, d):
    omega = 10000 ** (-2 * np.arange(d // 2) / d)
    out = np.zeros((n, d))
    out[:, ::2], out[:, 1::2] = np.sin(np.outer(np.arange(n), omega)), np.cos(np.outer(np.arange(n), omega))
    return out


def test_sinusoids():
    """A learner would be told wrong wavelengths, or a shift that is not linear."""
    text = states("What are sinusoidal position encodings", r"$\omega_i = 10000^{-2i/d}$", r"$2\pi \approx 6$ tokens")
    assert round(10_000 * 2 * math.pi, -3) == 63_000 and r"$10000\cdot2\pi \approx 63{,}000$" in text
    assert 0.9 < 10000 ** -(2 / 512) < 1  # the longest wavelength is nearly that
    states(
        "is a linear map that does not depend on the position",
        r"\cos\omega\delta & -\sin\omega\delta \\ \sin\omega\delta & \cos\omega\delta",
    )
    w, p, t = sp.symbols("omega p delta", real=True)
    u = lambda p: sp.Matrix([[sp.sin(w * p), sp.cos(w * p)]])  # noqa: E731
    rotation = sp.Matrix([[sp.cos(w * t), -sp.sin(w * t)], [sp.sin(w * t), sp.cos(w * t)]])
    assert sp.simplify(sp.expand_trig(sp.expand(u(p + t))) - sp.expand(u(p) * rotation)) == sp.zeros(1, 2)
    encoding = sinusoids(30, 8)
    shift, *_ = np.linalg.lstsq(encoding[:-3], encoding[3:], rcond=None)
    np.testing.assert_allclose(encoding[:-3] @ shift, encoding[3:], atol=1e-9)


def test_alibi():
    """A learner would be told wrong weights of a far token, or wrong slopes."""
    text = states("ALiBi subtracts $m$ times the distance", "one 20 tokens back", "About 22,000 to 1", "$1.08$ to 1")
    near, far = softmax(np.array([0, -20 * 0.5]))
    assert f"e^{{20/2}} \\approx {tex(round(near / far))}" in text
    assert rf"e^{{20/256}} \approx {math.exp(20 / 256):.2f}" in text
    slopes = [2 ** (-8 * h / 8) for h in range(1, 9)]
    assert slopes[0] == 1 / 2 and slopes[-1] == 1 / 256 and "$m_h = 2^{-8h/n_{\\text{heads}}}$" in text


def turned(x, angle):
    return np.array([x[0] * math.cos(angle) - x[1] * math.sin(angle), x[0] * math.sin(angle) + x[1] * math.cos(angle)])


def test_rope():
    """A learner would be told a false derivation, or a wrong effect of moving both tokens."""
    states(
        "Derive RoPE",
        r"their dot product is $\mathrm{Re}(q\bar k)$",
        r"\mathrm{Re}\bigl(q\bar k\thinspace e^{i(p-s)\theta}\bigr)",
        r"$\phi(p) = p\thinspace\theta$",
    )
    q, k, theta = np.array([1.0, 2]), np.array([-0.5, 3]), 0.7
    score = lambda p, s: turned(q, p * theta) @ turned(k, s * theta)  # noqa: E731
    z, y = complex(*q), complex(*k)
    assert (z * y.conjugate()).real == pytest.approx(q @ k)
    assert score(9, 4) == pytest.approx((z * y.conjugate() * np.exp(5j * theta)).real)
    states("both move 100 positions further", "it stays exactly the same")
    assert score(9, 4) == pytest.approx(score(109, 104)) != pytest.approx(score(109, 4))


def test_rope_frequencies():
    """A learner would be told a wrong period of fast or slow pairs."""
    text = states("turn at the same speed, one radian", "After 44 tokens", "For $d_k = 128$")
    assert rf"44 - 7\cdot2\pi \approx {44 - 14 * math.pi:.2f}" in text
    assert round(2 * math.pi * 10000 ** (126 / 128), -3) == 54_000 and "about 54,000 tokens" in text


def test_rotated_values():
    """A learner would be told wrongly that rotated values break the independence of the position."""
    states("Find the error in this attention head with rotary positions", "The values are rotated too")
    q, k, v = normal(3, 2), normal(3, 2, seed=1), normal(3, 2, seed=2)

    def head(start, values):
        turn = lambda rows: np.array([turned(r, 0.7 * (start + i)) for i, r in enumerate(rows)])  # noqa: E731
        return softmax(turn(q) @ turn(k).T) @ (turn(v) if values else v)

    np.testing.assert_allclose(head(0, False), head(50, False))
    assert not np.allclose(head(0, True), head(50, True))


def test_order_without_positions():
    """A learner would be given a counterexample that is none."""
    states("without position encodings no transformer", "At position $p$ its output is $1/p$")
    value = np.array([1.0, 0, 0, 0, 0])
    causal = np.where(np.tril(np.ones((5, 5))) == 1, 0.0, -np.inf)
    np.testing.assert_allclose(softmax(causal) @ value, 1 / np.arange(1, 6))


# --- training a language model --------------------------------------------------------------


def test_losses():
    """A learner would be told a wrong loss of a probability or of an untrained model."""
    text = states("What loss is a decoder language model trained with", r"\log p(x_{t+1}\mid x_1, \dots, x_t)")
    assert f"A probability of $0.25$ costs ${-math.log(0.25):.2f}$ nats" in text
    text = states("Estimate the loss of an untrained language model", "About $10.8$ nats")
    assert rf"\ln 50{{,}}257 \approx {math.log(50_257):.2f}" in text


def test_label_shift():
    """A learner would be told to compare logits and labels that do not belong together."""
    states("Find the error in this training step", "cross_entropy(logits[:, :-1], tokens[:, 1:])")
    tokens = np.arange(12).reshape(2, 6)
    inputs, labels = tokens[:, :-1], tokens[:, 1:]
    assert (labels == inputs + 1).all() and labels.shape == inputs.shape


def test_tied_embeddings():
    """A learner would be told wrong sizes of GPT-2 with and without tying."""
    text = states("what does tying input and output embeddings save", "$163$ million without")
    table = 50_257 * 768
    model = 12 * (12 * 768**2 + 13 * 768) + table + 1024 * 768 + 2 * 768
    assert f"${table / 1e6:.1f}$ million parameters" in text
    assert f"has ${model / 1e6:.0f}$ million with tying" in text and round((model + table) / 1e6) == 163


# --- counting -------------------------------------------------------------------------------------


def test_parameter_rule():
    """A learner would be told a wrong count of weights."""
    states(
        "has about $12\\thinspace n_{\\text{layers}}d^2$ parameters",
        "$13d$ in a GPT-2 block: for $d = 768$ that is $0.14$ %",
    )
    d = 768
    assert (4 * d + 4 * d + d) + (2 * d + 2 * d) == 13 * d and 13 * d / (12 * d * d) == pytest.approx(0.0014, abs=5e-5)
    text = states(
        "Estimate the number of parameters of GPT-3",
        "About 174 billion",
        r"12\cdot96\cdot12288^2 \approx 1.74\cdot10^{11}",
    )
    blocks, table = 12 * 96 * 12288**2, 50_257 * 12_288
    assert f"{blocks:.2e}" == "1.74e+11" and rf"\approx {table / 1e9:.1f}\cdot10^9" in text
    assert round((blocks + table) / 1e9) == 175 and f"{12288**2:.1e}" == "1.5e+08"
    assert rf"times 12 is ${12 * 12288**2 / 1e9:.1f}\cdot10^9$" in text


def test_flops_rule():
    """A learner would be told wrong FLOPs or a wrong time of training."""
    states(
        "training a transformer costs about $6ND$ FLOPs",
        r"C \approx (2 + 4)\thinspace ND = 6ND",
        "a share of about $n/6d$",
    )
    n, d = sp.symbols("n d", positive=True)
    assert sp.simplify(4 * n * d / (24 * d**2) - n / (6 * d)) == 0


def test_activation_memory():
    """A learner would be told a wrong size of the activations."""
    text = states("How much memory do its activations take", r"34 + 80 = 114", "$17$ MB")
    nd = 2048 * 4096
    assert rf"\approx {nd / 1e6:.1f}\cdot10^6" in text and 5 * 32 * 2048 / 4096 == 80
    assert rf"together ${nd * 114 / 1e9:.2f}\cdot10^9$ bytes" in text and f"${nd * 34 / 1e9:.2f}$ GB" in text
    assert round(2 * nd / 1e6) == 17


# --- pictures and drills ----------------------------------------------------------------------------


def test_pictures_are_those_of_the_script(tmp_path, monkeypatch):
    """A learner would see a picture that the script no longer draws."""
    monkeypatch.syspath_prepend(str(CONTENT / "pictures"))
    script = runpy.run_path(str(CONTENT / "pictures" / "transformers.py"))
    monkeypatch.setattr(sys.modules["networks_and_training"], "MEDIA", tmp_path)
    script["main"]()
    drawn = sorted(tmp_path.iterdir())
    assert len(drawn) == 5
    for path in drawn:
        assert path.read_bytes() == (CONTENT / "media" / path.name).read_bytes(), path.name


def rope_score(q, k, angle, quarter, s):
    p = s + quarter * 90 / angle
    both = [turned(x, math.radians(at * angle)) for x, at in ((q, p), (k, s))]
    return {"score": both[0] @ both[1]}


def parameter_rule(layers, width, ratio, vocab):
    shapes = [(width, width)] * 4 + [(width, ratio * width), (ratio * width, width)]
    tables = [(vocab, width)] * 2
    return {"parameters in millions": sum(a * b for a, b in shapes * int(layers) + tables) / 1e6}


def width_of(width, layers):
    millions = 12 * layers * width**2 / 1e6
    return {"width": math.sqrt(millions * 1e6 / layers / 12)}


def training_days(N, D, gpus, peak, use):
    return {"days": 6 * N * 1e9 * D * 1e9 / (gpus * peak * 1e12 * use / 100) / (24 * 60 * 60)}


SOLVED = {
    "rope-score-drill": rope_score,
    "parameter-rule-drill": parameter_rule,
    "parameter-rule-drill.reversed": width_of,
    "training-days-drill": training_days,
}


@pytest.mark.parametrize("key", SOLVED)
def test_every_variant_is_right(key):
    """A learner would be shown a wrong result, wrong arithmetic, or a result to know by heart."""
    assert_solved_by(key, SOLVED[key])
    assert most_common(key) <= 7
    assert wrong_sums(key) == []
