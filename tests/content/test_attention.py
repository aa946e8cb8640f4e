"""The chapter on attention: its numbers, derivations, code and drills, computed anew."""

from __future__ import annotations

import math
import re
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter
from tests.support.deck_drills import assert_solved_by, most_common, wrong_sums

CHAPTER = Chapter("11-attention")
card, states, written = CHAPTER.card, CHAPTER.states, CHAPTER.written


def softmax(s, axis=-1):
    e = np.exp(s - np.max(s, axis=axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def attention(q, k, v, mask=None):
    s = q @ k.T / math.sqrt(q.shape[-1])
    return softmax(s if mask is None else np.where(mask, s, -np.inf)) @ v


def code_of(words):
    """The Python blocks of a card, without their indent."""
    blocks = re.findall(r"(?ms)^ +```python\n(.*?)^ +```", written(words))
    return [re.sub(r"(?m)^ {3,5}", "", block) for block in blocks]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- attention before transformers ---------------------------------------------------


def test_weighted_sum_of_the_picture():
    """A learner would be shown weights and values that do not give the stated output."""
    drawn = runpy.run_path(str(CONTENT / "pictures" / "transformers.py"))["WEIGHTED"]
    text = states("which number comes out of this attention step", "weights, 0.1, 0.6 and 0.3", "values, 0, 10 and 20")
    assert sum(weight for _, weight, _ in drawn) == pytest.approx(1)
    total = sum(weight * value for _, weight, value in drawn)
    assert f"The output is ${total:g}$" in text
    assert " + ".join(rf"{weight:g}\cdot{value}" for _, weight, value in drawn) + f" = {total:g}" in text


def test_soft_lookup():
    """A learner would be told a wrong weight for a score that stands out by 10."""
    text = states("called a *soft* dictionary lookup", r"$1/(1 + (n-1)e^{-10})$", "For $n = 100$")
    weight = softmax(np.array([10.0] + [0.0] * 99))[0]
    assert weight == pytest.approx(1 / (1 + 99 * math.exp(-10)))
    assert f"that is ${math.floor(weight * 1000 + 0.5) / 1000:.3f}$" in text


def test_hard_selection_has_no_slope():
    """A learner would be told wrongly that picking the best token passes no gradient, unlike the softmax."""
    states("picks the single best-scoring token", "its derivative is zero wherever it exists")
    v, s = np.array([0.0, 10, 20]), np.array([0.3, 1.2, 0.9])
    moved = s + np.array([0, 1e-4, 0])
    assert v[np.argmax(moved)] == v[np.argmax(s)]
    assert softmax(moved) @ v != softmax(s) @ v


def test_bahdanau_attention():
    """A learner would be told shapes of additive attention that do not fit, or a query that makes no difference."""
    states(
        "Derive Bahdanau's (additive) attention",
        r"e_{ij} &= \tanh(s_{i-1}W + h_jU)\thinspace v",
        r"$W \in \mathbb{R}^{d_s\times d_a}$ and $U \in \mathbb{R}^{d_h\times d_a}$",
        r"$v \in \mathbb{R}^{d_a\times1}$",
        r"c_i &= \sum_j \alpha_{ij}h_j",
    )
    states("query, key and value in Bahdanau's", "previous state $s_{i-1}$ is the query", "keys and values at once")
    h, states_, w, u, v = normal(5, 4), normal(2, 3, seed=1), normal(3, 6, seed=2), normal(4, 6, seed=3), normal(6, 1)
    weights = [softmax((np.tanh(s @ w + h @ u) @ v)[:, 0]) for s in states_]
    assert (weights[0] @ h).shape == (4,) and not np.allclose(*weights)
    states("if the tanh is left out", r"sWv + h_jUv", "the query drops out")
    without = [softmax(((s @ w + h @ u) @ v)[:, 0]) for s in states_]
    np.testing.assert_allclose(*without)


def test_luong_attention():
    """A learner would be told shapes of multiplicative attention that do not fit."""
    states("What is Luong's", r"e_{ij} = s_iWh_j^\top", r"$W \in \mathbb{R}^{d_s\times d_h}$")
    s, h, w = normal(3, 2), normal(5, 4), normal(2, 4)
    np.testing.assert_allclose((s @ w @ h.T)[1, 2], s[1] @ w @ h[2])
    states("With which state does it ask in Luong's", "With the *current* one, $s_i$", "look first, then update")


def test_cost_of_additive_scores():
    """A learner would be told wrong numbers of tanh values and scores."""
    text = states("How many values of tanh does a layer", "1,000 queries and 1,000 keys", "with a million scores")
    assert f"About {1000 * 1000 * 512 / 10**6:g} million" in text and r"= 5.12\cdot10^8" in text


def test_scores_grow_with_the_square():
    """A learner would be told a wrong growth of the number of scores."""
    text = states("By what factor does the number of attention scores grow", "By a hundred")
    assert rf"$20\cdot20 = {20 * 20}$" in text and r"$200\cdot200 = 40{,}000$" in text
    assert 200 * 200 == 40_000 == 100 * 20 * 20


def test_kernel_smoothing():
    """A learner would be told wrongly that attention is kernel smoothing, Gaussian for keys of equal length."""
    states(
        "is kernel smoothing",
        r"\frac{\sum_j \kappa(q, k_j)\thinspace v_j}{\sum_j \kappa(q, k_j)}",
        r"e^{\lVert q\rVert^2/2\tau}\thinspace e^{\lVert k_j\rVert^2/2\tau}",
        r"\thinspace e^{-\lVert q - k_j\rVert^2/2\tau}",
        r"a Gaussian of variance $\tau$",
    )
    q, k, v, tau = normal(3), normal(6, 3, seed=1), normal(6, 2, seed=2), 1.7
    kernel = np.exp(k @ q / tau)
    np.testing.assert_allclose(kernel @ v / kernel.sum(), softmax(k @ q / tau) @ v)
    distance = ((q - k) ** 2).sum(1)
    np.testing.assert_allclose(
        kernel, np.exp(q @ q / 2 / tau) * np.exp((k**2).sum(1) / 2 / tau) * np.exp(-distance / 2 / tau)
    )
    k /= np.linalg.norm(k, axis=1, keepdims=True)
    gauss = np.exp(-((q - k) ** 2).sum(1) / 2 / tau)
    np.testing.assert_allclose(gauss @ v / gauss.sum(), softmax(k @ q / tau) @ v)


# --- self-attention ---------------------------------------------------------------------


def test_unprojected_attention_finds_itself():
    """A learner would be told wrongly that raw vectors of equal length attend to themselves most."""
    states(
        "compares the token vectors themselves",
        r"$\mathrm{softmax}(XX^\top)X$",
        "the largest weight always lies on the diagonal",
    )
    x = normal(6, 4)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert (softmax(x @ x.T).argmax(1) == np.arange(6)).all()


def test_shapes_of_a_head():
    """A learner would be told a wrong shape somewhere in a head."""
    text = states(
        "Write down one head of self-attention", r"S &= QK^\top/\sqrt{d_k} && n\times n", r"Y &= AV && n\times d_v"
    )
    x = normal(10, 512)
    q, k, v = x @ normal(512, 64), x @ normal(512, 64), x @ normal(512, 64)
    s = q @ k.T / 8
    assert s.shape == (10, 10) and r"the scores are $10\times10$" in text
    assert (softmax(s) @ v).shape == (10, 64)
    np.testing.assert_allclose(softmax(s).sum(1), 1)


def test_shared_query_and_key():
    """A learner would be told wrongly that one matrix for query and key makes symmetric scores, not weights."""
    states("share one matrix, $W_Q = W_K$", r"$x_iWW^\top x_j^\top$", "Only the *scores* are symmetric")
    x, w = normal(5, 4), normal(4, 3, seed=1)
    s = x @ w @ (x @ w).T
    np.testing.assert_allclose(s, s.T)
    assert (np.diag(s) >= 0).all() and not np.allclose(softmax(s), softmax(s).T)


def test_permutation_equivariance():
    """A learner would be told a false theorem, or a false consequence for two sentences of the same words."""
    states(
        "permutation-equivariant",
        "f(PX) = P f(X)",
        r"\mathrm{softmax}(PSP^\top) = P\thinspace\mathrm{softmax}(S)\thinspace P^\top",
    )
    states('reads "dog bites man"', "both vectors are exactly the same")
    x, wq, wk, wv = normal(3, 4), normal(4, 2, seed=1), normal(4, 2, seed=2), normal(4, 3, seed=3)
    f = lambda x: attention(x @ wq, x @ wk, x @ wv)  # noqa: E731
    for order in ([2, 1, 0], [1, 2, 0]):
        p = np.eye(3)[order]
        np.testing.assert_allclose(f(p @ x), p @ f(x))
        s = x @ wq @ (x @ wk).T
        np.testing.assert_allclose(softmax(p @ s @ p.T), p @ softmax(s) @ p.T)
    np.testing.assert_allclose(f(x)[0], f(x[::-1])[2])  # the dog, first here and last there


def test_uniform_attention_is_a_mean():
    """A learner would be told a wrong output of a head without queries."""
    states(
        "all entries of $W_Q$ in a head without biases",
        "The plain mean of the value vectors",
        r"y_i = \frac1n\sum_{j=1}^n v_j",
    )
    k, v = normal(5, 2), normal(5, 3)
    np.testing.assert_allclose(attention(np.zeros((5, 2)), k, v), np.tile(v.mean(0), (5, 1)))
    causal = attention(np.zeros((5, 2)), k, v, np.tril(np.ones((5, 5))) == 1)
    np.testing.assert_allclose(causal, np.cumsum(v, 0) / np.arange(1, 6)[:, None])


def test_one_head_cannot_subtract():
    """A learner would be given a counterexample that is none."""
    states("can no single head produce", "$v_1 = (1, 0)$ and $v_2 = (0, 1)$, $v_1 - v_2 = (1, -1)$")
    for weight in np.linspace(0, 1, 11):
        mixed = weight * np.array([1, 0]) + (1 - weight) * np.array([0, 1])
        assert (mixed >= 0).all()  # (1, -1) has a negative entry


def test_cross_attention_shapes():
    """A learner would be told wrong sides or shapes of cross-attention."""
    states(
        "In the cross-attention", r"queries come from the $m$ decoder tokens", r"$m\times d_v$. Weights are $m\times n$"
    )
    x, z = normal(3, 4), normal(5, 4)
    assert attention(x @ normal(4, 2), z @ normal(4, 2), z @ normal(4, 6)).shape == (3, 6)


# --- scaling ----------------------------------------------------------------------------


def test_variance_of_the_dot_product():
    """A learner would be told a wrong variance of scores, or wrong odds of unscaled ones."""
    states(
        "gives the dot product of a query and a key variance 1",
        r"\mathrm{Var}(qk^\top) = d_k, \qquad \mathrm{Var}\Bigl(\frac{qk^\top}{\sqrt{d_k}}\Bigr) = 1",
        "8 for $d_k = 64$",
        "independent with mean 0 and variance 1",
    )
    q, k, k2 = (normal(200_000, 64, seed=i) for i in range(3))
    raw = (q * k).sum(1)
    assert raw.var() == pytest.approx(64, rel=0.02) and (raw / 8).var() == pytest.approx(1, rel=0.02)
    text = states(
        "By what factor do the weights of two keys differ", r"$64\cdot2 = 128$", "standard deviation of $11.3$"
    )
    gap = raw - (q * k2).sum(1)
    assert gap.std() == pytest.approx(11.3, rel=0.02) and math.sqrt(128) == pytest.approx(11.3, abs=0.05)
    assert round(math.exp(math.sqrt(128)), -3) == 82_000 and r"e^{11.3} \approx 82{,}000" in text
    assert rf"e^{{11.3/8}} \approx {math.exp(11.3 / 8):.1f}" in text


def test_saturated_softmax():
    """A learner would be told a wrong bound of the slopes of a saturated softmax."""
    states(
        "a softmax stops passing gradients",
        r"p_i(\delta_{ij} - p_j)",
        r"no entry of the Jacobian is larger than $\varepsilon$",
    )
    for seed in range(50):
        p = softmax(5 * normal(6, seed=seed))
        jacobian = np.diag(p) - np.outer(p, p)
        assert abs(jacobian).max() <= 1 - p.max() + 1e-12
    text = card("a softmax stops passing gradients")
    assert f"${0.5 * 0.5:g}$ at $p = 0.5$, but ${0.9999 * 0.0001:.4f}$ at $p = 0.9999$" in text
    assert "A cross-entropy loss directly behind the softmax is the exception" in text
    p = 0.0001  # of the right class, when another one has nearly all
    assert p * (1 - p) * (-1 / p) == pytest.approx(-1, abs=0.001)


def test_scores_after_training():
    """A learner would be told a wrong size of the score of a query that equals its key."""
    states("after a thousand steps of training", r"the scaled one is about $\sqrt{d_k}$")
    q = normal(10_000, 64)
    assert ((q * q).sum(1) / 8).mean() == pytest.approx(8, rel=0.02)


def test_smaller_weights_learn_faster():
    """A learner would be told wrong relative speeds of a rescaled matrix under Adam and SGD."""
    states(
        "initialises $W_Q$ smaller", "the relative change is 8 times larger", "8-fold, and the relative step 64-fold"
    )
    loss = lambda w, factor: (factor * w - 1) ** 2  # noqa: E731
    w, step = 0.5, 1e-6
    slope = (loss(w + step, 1) - loss(w - step, 1)) / (2 * step)
    small = w * 1 / 8
    # the function factor * w is the same for (1, w) and (8, w / 8)
    slope_small = (loss(small + step, 8) - loss(small - step, 8)) / (2 * step)
    assert slope_small / slope == pytest.approx(8)
    assert (slope_small / small) / (slope / w) == pytest.approx(64)


def test_cosine_attention_is_blunt():
    """A learner would be told a wrong largest weight of cosine attention."""
    text = states("scores are cosine similarities", "one of 1,000 tokens", r"$e^2 \approx 7.4$")
    weight = softmax(np.array([1.0] + [-1.0] * 999))[0]
    assert rf"\approx {weight:.4f}" in text and math.exp(2) == pytest.approx(7.4, abs=0.02)


# --- heads ----------------------------------------------------------------------------------


def test_heads_share_the_parameters():
    """A learner would be told wrongly that more heads of less width cost parameters."""
    text = states(
        "one head of width 512 by eight heads of width 64", "$4d^2$ both times, for $d = 512$ about a million"
    )
    assert 8 * 3 * 512 * 64 + 8 * 64 * 512 == 4 * 512**2 == 1_048_576 and r"$512\times64$" in text


def test_heads_of_the_picture():
    """A learner would be told a wrong shape of the queries split into heads."""
    states(
        "In which shape do the queries of this picture",
        r"$B\times4\times n\times2$",
        "width 8 is cut into four coloured slices of width 2",
    )
    q = normal(3, 5, 8).reshape(3, 5, 4, 2).swapaxes(1, 2)
    assert q.shape == (3, 4, 5, 2) and (q @ q.swapaxes(-1, -2)).shape == (3, 4, 5, 5)


def test_split_into_heads():
    """A learner would be given a correction that does not work, or an error that is none."""
    wrong, right = code_of("Find the error in this split into heads")
    B, n, n_heads, d_k = 2, 6, 2, 3
    numbers = {
        "x": np.arange(B * n * 6.0).reshape(B, n, 6),
        "W_q": np.eye(6),
        "B": B,
        "n": n,
        "n_heads": n_heads,
        "d_k": d_k,
    }
    bad, good = dict(numbers), {**numbers, "q": numbers["x"]}
    exec(wrong, bad)
    exec(right, good)
    assert bad["q"].shape == good["q"].shape == (B, n_heads, n, d_k)
    for h in range(n_heads):
        np.testing.assert_array_equal(good["q"][:, h], numbers["x"][:, :, h * d_k : (h + 1) * d_k])
    # head 0 holds the first n * d_k numbers of the sequence: whole vectors
    np.testing.assert_array_equal(bad["q"][0, 0].ravel(), numbers["x"][0].ravel()[: n * d_k])
    merged = bad["q"].swapaxes(1, 2).reshape(B, n, 6)
    assert set(merged[0, 0]) - set(numbers["x"][0, 0])  # the first row holds a later token


def test_heads_add_up():
    """A learner would be told a false sum over heads."""
    states("adding up one contribution of each head", r"\sum_{i=1}^h Y_iW_O^{(i)}", "of rank at most $d_v$")
    y, w = [normal(5, 2, seed=i) for i in range(3)], normal(6, 7)
    np.testing.assert_allclose(np.concatenate(y, 1) @ w, sum(y[i] @ w[2 * i : 2 * i + 2] for i in range(3)))


def test_head_of_width_one():
    """A learner would be given a counterexample that is none."""
    states("in a head of width $d_k = 1$", "the keys $1$, $2$ and $3$", "The middle one, $2$")
    for q in np.linspace(-5, 5, 101):
        scores = np.round(q * np.array([1, 2, 3]), 9)
        assert scores[1] < scores.max() or q == pytest.approx(0)


# --- masks and cost -----------------------------------------------------------------------------


def test_causal_mask_of_the_picture():
    """A learner would be told that a word is predicted from itself."""
    words = runpy.run_path(str(CONTENT / "pictures" / "transformers.py"))["MASKED"]
    states("does the model with this causal mask predict *sat*", f"labelled {', '.join(words)}", "From *the* and *cat*")
    assert words[: words.index("sat")] == ("the", "cat")


def test_mask_after_the_softmax():
    """A learner would be given a correction that does not work, or wrong weights of the erroneous code."""
    wrong, right = code_of("Find the error in this causal attention")
    numbers = {
        "np": np,
        "softmax": softmax,
        "q": normal(4, 2),
        "k": normal(4, 2, seed=1),
        "v": normal(4, 3),
        "n": 4,
        "d_k": 2,
    }
    bad, good = dict(numbers), dict(numbers)
    exec(wrong, bad)
    exec(right, good)
    causal = np.tril(np.ones((4, 4))) == 1
    np.testing.assert_allclose(good["a"] @ numbers["v"], attention(numbers["q"], numbers["k"], numbers["v"], causal))
    assert (bad["a"].sum(1)[:3] < 1).all()
    np.testing.assert_allclose(bad["a"] / bad["a"].sum(1, keepdims=True), good["a"])
    first = softmax(np.array([0.0, 3.0]))
    text = states("Find the error in this causal attention", "With scores $(0, 3)$", "keeps 5 % of its own value")
    assert f"$({first[0]:.2f}, {first[1]:.2f})$, masked $({first[0]:.2f}, 0)$" in text


def test_mask_of_zero():
    """A learner would be told wrong weights of a token that is masked with 0."""
    text = states("a mask's score $-\\infty$ and not $0$", "the scores $-2$, $-1$ and a", "65,504")
    w = softmax(np.array([-2.0, -1.0, 0.0]))
    assert f"${w[0]:.2f}$, ${w[1]:.2f}$ and ${w[2]:.2f}$" in text
    assert np.finfo(np.float16).max == 65_504


def test_padding():
    """A learner would be told a wrong share of padding, or wrongly that a row without keys gives NaN."""
    text = states("padded to equal length", "Take 5 words padded to 20", "three quarters")
    assert (20 - 5) / 20 == 3 / 4 and "leave pad positions out of the loss" in text
    states("padded on the *left*", "NaN. The first token may only see itself", "some finite weights")
    with np.errstate(invalid="ignore"):
        row = softmax(np.array([-np.inf, -np.inf]))
    assert np.isnan(row).all() and np.isnan(0 * row[0])
    np.testing.assert_allclose(softmax(np.array([-1e9, -1e9])), 0.5)


def test_padding_mask_axes():
    """A learner would be given a correction that does not work, or an error that is none."""
    states("a padding mask `pad`", "scores + pad[:, None, None, :]", "If $B = n$ it runs")
    pad = np.zeros((3, 5))
    pad[2, 4] = -np.inf
    scores = normal(3, 2, 5, 5)
    with pytest.raises(ValueError, match="broadcast"):
        scores + pad
    masked = scores + pad[:, None, None, :]
    assert np.isinf(masked[2, :, :, 4]).all() and np.isfinite(masked[:2]).all()
    pad = np.zeros((5, 5))
    pad[2, 4] = -np.inf
    wrong = normal(5, 2, 5, 5) + pad
    assert np.isinf(wrong[:, :, 2, 4]).all() and np.isfinite(np.delete(wrong, 2, axis=2)).all()


def test_softmax_along_the_wrong_axis():
    """A learner would be told wrong weights of the erroneous code."""
    states(
        "although every shape is right",
        "correct rows are $(1, 0)$ and $(0.5, 0.5)$; this code gives $(0.5, 0)$ and $(0.5, 1)$",
    )
    scores = np.array([[0, -np.inf], [0, 0]])
    np.testing.assert_allclose(softmax(scores), [[1, 0], [0.5, 0.5]])
    np.testing.assert_allclose(softmax(scores, axis=0), [[0.5, 0], [0.5, 1]])


def test_cost_of_attention():
    """A learner would be told wrong orders of cost, lengths or memory."""
    states("cost in time and in memory", "$n^2d + nd^2$", "the first part by 4, the second by 2")
    n, d = sp.symbols("n d", positive=True)
    assert sp.solve(sp.Eq(4 * n**2 * d, 24 * n * d**2), n) == [6 * d]
    text = states("From which sequence length do the products", "From $n = 6d$, about 25,000 tokens", "$d = 4096$")
    assert f"n = 6d = {6 * 4096:,}".replace(",", "{,}") in text


# --- drills -----------------------------------------------------------------------------------------


def softmax_row(a, b):
    return {"weights": softmax(np.array([0, np.log(a), np.log(b), -np.inf]))}


def causal_output(q, K, v, p):
    mask = np.arange(4)[None] < p
    return {"output": attention(q[None], K, v[:, None], mask)[0, 0]}


SOLVED = {"softmax-row-drill": softmax_row, "causal-output-drill": causal_output}


@pytest.mark.parametrize("key", SOLVED)
def test_every_variant_is_right(key):
    """A learner would be shown a wrong result, wrong arithmetic, or a result to know by heart."""
    assert_solved_by(key, SOLVED[key])
    assert most_common(key) <= 7
    assert wrong_sums(key) == []
