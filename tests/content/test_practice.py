"""The practice drills: known results, and every variant calculated anew with NumPy from its numbers alone."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from tests.support.chapters import Chapter
from tests.support.deck_drills import (
    all_drills,
    answers,
    assert_solved_by,
    equations,
    holds,
    most_common,
    points,
    slope,
    wrong_sums,
)

# --- calculations of our own ---------------------------------------------------------


def mlp(x, W1, W2, b1=0.0, b2=0.0):
    hidden = np.maximum(0, np.einsum("i,ij->j", x, W1) + b1)
    return {"$h$": hidden, "$y$": (hidden @ W2 + b2)[0]}


def mlp_gradients(x, W1, W2, t):
    """By the product rule of matrices, and by finite differences besides."""

    def loss(first, second):
        return (mlp(x, first, second)["$y$"] - t) ** 2

    z = x @ W1
    outer = 2 * ((np.maximum(0, z) @ W2)[0] - t)
    exact = {
        r"$\partial L/\partial W_2$": np.array([[outer * max(entry, 0)] for entry in z]),
        r"$\partial L/\partial W_1$": np.array(
            [[x[i] * outer * W2[j, 0] * (z[j] > 0) for j in range(3)] for i in range(2)]
        ),
    }
    near = (slope(lambda W: loss(W1, W), W2), slope(lambda W: loss(W, W2), W1))
    for one, other in zip(exact.values(), near, strict=True):
        assert np.allclose(one, other, atol=1e-5)
    return exact


def momentum(w, g, v, lr, beta):
    velocity = np.dot([beta, 1], [v, g])
    return {"$v'$": velocity, "$w'$": w - lr * velocity}


def momentum_twice(w, g, lr, beta, g2):
    first = momentum(w, g, 0, lr, beta)
    second = momentum(first["$w'$"], g2, first["$v'$"], lr, beta)
    return {"$v_2$": second["$v'$"], "$w_2$": second["$w'$"]}


def adam(w, gradients, lr, beta1, beta2):
    """Kingma and Ba (2015), algorithm 1, over all gradients so far; the weight moves with the last one."""
    m = v = 0.0
    for gradient in gradients:
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
    m, v = m / (1 - beta1 ** len(gradients)), v / (1 - beta2 ** len(gradients))
    return {r"$\hat m$": m, r"$\hat v$": v, "$w'$": w - lr * m / math.sqrt(v)}


def exponential_share(scores):
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def attention(Q, K, V, mask=0.0):
    return {"$O$": exponential_share(np.einsum("ik,jk->ij", Q, K) / np.sqrt(Q.shape[1]) + mask) @ V}


def layer_norm(d, unit, mu):
    x = mu + unit * d
    return {r"$\mu$": x.mean(), r"$\sigma$": x.std(), "$y$": (x - x.mean()) / x.std()}


def rms_norm(k, unit):
    x = unit * k
    size = np.linalg.norm(x) / math.sqrt(len(x))
    return {r"$\mathrm{RMS}(x)$": size, "$y$": x / size}


def cross_entropy(z, c):
    def loss(logits):
        return np.log(np.exp(logits).sum()) - logits[int(c) - 1]

    gradient = exponential_share(z) - np.eye(3)[int(c) - 1]
    assert np.allclose(gradient, slope(loss, z), atol=1e-7)
    return {"$L$": loss(z), r"$\partial L/\partial z$": gradient}


def perplexity(k):
    p = 0.5**k
    return {"$L$ in nats": -np.log(p).mean(), "perplexity": p.prod() ** (-1 / 4)}


def gpt(L, H, d, ratio, V):
    """Sizes of all arrays, one by one, each head with its slices."""
    head = [(d, d / H)] * 3 + [(d / H,)] * 3
    attention = [*head * int(H), (d, d), (d,)]
    mlp = [(d, ratio * d), (ratio * d,), (ratio * d, d), (d,)]
    layer = sum(math.prod(shape) for shape in [*attention, *mlp, (2, d), (2, d)])
    return {"one layer": layer, "model": L * layer + V * d}


def gpt_with_positions(ctx, **sizes):
    return {"model": gpt(**sizes)["model"] + math.prod((ctx, sizes["d"])) + 2 * sizes["d"]}


def llama(L, H, V, G, w, f):
    d = H * w
    arrays = [(d, H, w), (d, G, w), (d, G, w), (H, w, d), (d, f), (d, f), (f, d), (d,), (d,)]
    layer = sum(math.prod(shape) for shape in arrays)
    return {"one layer": layer, "model": L * layer + 2 * V * d + d}


def cache(L, w, ctx, B, bits, H, G=None):
    keys = math.prod((B, L, G or H, ctx, w))
    return {"cache in GiB": 2 * keys * bits / 8 / 1024**3}


def attention_cost(N, H, w, bits):
    products = H * (N * N * w + N * w * N)
    return {"products in GFLOP": 2 * products / 1e9, "weights in MB": H * N * N * bits / 8 / 1e6}


def attention_growth(N, d, k):
    def flops(tokens):
        return 4 * 2 * tokens * d * d + 2 * (2 * tokens * tokens * d)

    return {"factor": flops(k * N) / flops(N)}


def lora(m, n, r):
    trained = np.zeros((int(m), int(r))).size + np.zeros((int(r), int(n))).size
    return {"trained parameters": trained, "factor": m * n / trained}


def lora_model(r, L, d, c):
    trained = L * c * (d * r + r * d)
    return {"trained parameters": trained, "percentage": trained / (12 * L * d * d) * 100}


def shapes(N, M, D, k, v):
    X, Y = np.ones((int(N), int(D))), np.ones((int(M), int(D)))
    Q, K, V = X @ np.ones((int(D), int(k))), Y @ np.ones((int(D), int(k))), Y @ np.ones((int(D), int(v)))
    scores = Q @ K.T
    return {"shape of $Q$": Q.shape, "shape of the scores": scores.shape, "shape of the output": (scores @ V).shape}


def shapes_of_heads(N, B, H, w):
    B, N, H, w = int(B), int(N), int(H), int(w)
    Q = np.ones((B, N, H * w), dtype=np.float32).reshape(B, N, H, w).swapaxes(1, 2)
    scores = Q @ Q.swapaxes(-1, -2)
    merged = (scores @ Q).swapaxes(1, 2).reshape(B, N, H * w)
    return {"shape of $Q$": Q.shape, "shape of the scores": scores.shape, "shape of the output": merged.shape}


def shapes_of_gradients(N, M, D):
    X, W, G = np.ones((int(N), int(D))), np.ones((int(D), int(M))), np.ones((int(N), int(M)))
    return {
        r"shape of $\partial L/\partial W$": (X.T @ G).shape,
        r"shape of $\partial L/\partial X$": (G @ W.T).shape,
        r"entries of $\partial L/\partial b$": G.sum(axis=0).size,
    }


SOLVED = {
    "mlp-forward": mlp,
    "mlp-forward.biases": mlp,
    "mlp-backward": mlp_gradients,
    "sgd-momentum": momentum,
    "sgd-momentum.two-steps": momentum_twice,
    "adam": lambda w, lr, case, beta1, unit: adam(w, case[1:] * unit, lr, beta1, case[0]),
    "adam.second-step": lambda w, lr, case, beta1, unit: adam(w, case[1:] * unit, lr, beta1, case[0]),
    "attention": attention,
    "attention.causal-mask": lambda **given: attention(mask=np.array([[0, -np.inf], [0, 0]]), **given),
    "softmax": lambda z: {"$p$": exponential_share(z)},
    "softmax.temperature": lambda z, tau: {"$p$": exponential_share(z / tau)},
    "softmax.saturation": lambda z: {"$p$": exponential_share(z)},
    "layer-norm": layer_norm,
    "layer-norm.gain-and-bias": lambda gamma, beta, **x: {"$y$": gamma * layer_norm(**x)["$y$"] + beta},
    "layer-norm.RMSNorm": rms_norm,
    "cross-entropy": cross_entropy,
    "perplexity": perplexity,
    "parameter-count": gpt,
    "parameter-count.positions": gpt_with_positions,
    "parameter-count.Llama": llama,
    "kv-cache": cache,
    "kv-cache.grouped-query": cache,
    "attention-cost": attention_cost,
    "attention-cost.longer": attention_growth,
    "lora": lora,
    "lora.model": lora_model,
    "shapes": shapes,
    "shapes.heads": shapes_of_heads,
    "shapes.gradients": shapes_of_gradients,
}


@pytest.mark.parametrize("key", SOLVED)
def test_every_variant_is_right(key):
    """A learner would be shown a wrong result, perhaps in one variant of many."""
    assert_solved_by(key, SOLVED[key])


def test_no_drill_of_the_file_goes_unsolved():
    """A new drill or level could be wrong without any test to say so."""
    assert {key for key, drill in all_drills().items() if drill.span.file.endswith("practice.md")} == SOLVED.keys()


# --- the examples ------------------------------------------------------------------

KNOWN = [
    ("mlp-forward", {"$h$": [1.5, 0.5, 0], "$y$": 1}),
    (
        "mlp-backward",
        {
            r"$\partial L/\partial W_2$": [[-3], [-1], [0]],
            r"$\partial L/\partial W_1$": [[-2, 2, 0], [-4, 4, 0]],
        },
    ),
    ("sgd-momentum", {"$v'$": 0.29, "$w'$": 0.471}),
    ("adam", {r"$\hat m$": 0.175, r"$\hat v$": 0.04, "$w'$": 0.4125}),
    ("attention", {"$O$": [[1.6605, 2.6605], [2.3395, 3.3395]]}),
    ("softmax", {"$p$": [0.0900, 0.2447, 0.6652]}),
    ("perplexity", {"$L$ in nats": 1.3863, "perplexity": 4}),
    ("layer-norm", {r"$\mu$": 3, r"$\sigma$": 3, "$y$": [-1 / 3, -1, 5 / 3, -1 / 3]}),
    ("kv-cache", {"cache in GiB": 2}),
    ("lora", {"trained parameters": 65_536, "factor": 256}),
]


@pytest.mark.parametrize(("key", "expected"), KNOWN, ids=[key for key, _ in KNOWN])
def test_the_example_has_the_known_result(key, expected):
    """A learner without scripts, who sees the example only, would learn a wrong result."""
    found = answers(key)
    assert found.keys() == expected.keys()
    for name, result in expected.items():
        assert np.allclose(found[name], result, atol=5e-5), (name, found[name])


def test_the_softmax_of_large_logits():
    """A learner would be told wrong orders of magnitude for a saturated softmax."""
    found = answers("softmax.saturation")["$p$"]
    assert np.allclose(found, [1.22e-5, 0.269, 0.731], rtol=2e-3)


@pytest.mark.parametrize(
    ("key", "parameters"),
    [
        ("parameter-count", 123_651_840),  # GPT-2 small but for positions and the last LayerNorm
        ("parameter-count.positions", 124_439_808),  # GPT-2 small
        ("parameter-count.Llama", 8_030_261_248),  # Llama 3 8B
    ],
)
def test_the_sizes_of_published_models(key, parameters):
    """A learner would count otherwise than the models' makers."""
    assert answers(key)["model"] == parameters


# --- what the cases and the steps teach --------------------------------------------


def test_nobody_knows_which_units_are_silent():
    """A learner could guess which units the ReLU silences, or skip it, and never be wrong."""
    for key in ("mlp-forward", "mlp-backward"):
        active = [tuple(entry > 0 for entry in point.lets["z"]) for point in points(key)]
        assert {sum(pattern) for pattern in active} == {1, 2}
        assert len(set(active)) >= 5, key
    pairs = {tuple(entry > 0 for entry in point.lets["z"]) for point in points("mlp-forward.biases")}
    assert pairs == {(True, False), (False, True)}


def test_some_biases_switch_a_unit():
    """A learner could apply the ReLU before the bias and hardly ever be wrong."""
    switched = [
        any((a > 0) != (z > 0) for a, z in zip(point.lets["a"], point.lets["z"], strict=True))
        for point in points("mlp-forward.biases")
    ]
    assert switched.count(True) >= 6


@pytest.mark.parametrize(
    ("key", "measured"),
    [
        ("layer-norm", lambda point: point.answers[r"$\sigma$"]),
        ("layer-norm.RMSNorm", lambda point: point.answers[r"$\mathrm{RMS}(x)$"]),
        ("softmax.saturation", lambda point: round(float(max(point.answers["$p$"])), 2)),
        ("perplexity", lambda point: point.answers["perplexity"]),
        ("adam.second-step", lambda point: abs(point.answers["$w'$"] - point.values["w"]) / point.values["lr"]),
        ("adam.second-step", lambda point: (point.values["beta1"], point.lets["beta2"])),
    ],
)
def test_nothing_is_the_same_in_all_variants(key, measured):
    """A learner would notice what always comes out, and write it down without working it out."""
    seen = [measured(point) for point in points(key)]
    assert max(map(seen.count, seen)) <= len(seen) / 2, seen


GIVEN_AWAY = [r"\mathrm{softmax}(QK", r"\beta v", r"x - \mu", "12d^2", "8nd^2", "BA", r"-\log p", "XW_Q"]


def test_no_question_gives_its_method_away():
    """A learner would fill numbers into a formula, and not know which formula to choose."""
    asked = re.findall(r"(?ms)^ +ask: .*?(?=^ +(?:steps|answer|mistakes):)", Chapter("practice").text)
    assert len(asked) >= 25
    for block in asked:
        assert [formula for formula in GIVEN_AWAY if formula in block] == [], block


@pytest.mark.parametrize("key", SOLVED)
def test_the_result_cannot_be_known_by_heart(key):
    """A learner would remember the numbers, and put them in order, in place of working them out."""
    assert most_common(key) <= 7


@pytest.mark.parametrize("key", SOLVED)
def test_the_arithmetic_of_the_steps(key):
    """A learner would follow a solution whose numbers do not follow from one another."""
    assert wrong_sums(key) == []


def test_most_steps_are_arithmetic_that_was_checked():
    """The test above could read no equation at all, and pass."""
    seen = [holds(*equation) for key in SOLVED for equation in equations(key)]
    assert seen.count(True) > 600


@pytest.mark.parametrize(
    ("equation", "right"),
    [
        ((r"0.5 - 0.1\cdot0.29", "=", "0.471"), True),
        ((r"0.5 - 0.1\cdot(-0.29)", "=", "0.471"), False),
        ((r"\frac{8}{2^{2}}", "=", "2"), True),
        ((r"2\cdot\sqrt{16}", "=", "7"), False),
        (("1{,}000 + 24", "=", "1{,}024"), True),
        ((r"\frac{1}{3}", r"\approx", "0.333"), True),
        ((r"\frac{1}{3}", r"\approx", "0.343"), False),
        ((r"\frac{1}{8}", "=", "0.12"), False),
        ((r"\beta v", "=", "0.09"), None),
    ],
)
def test_wrong_arithmetic_is_found(equation, right):
    """The tests of the steps would pass whatever the steps say."""
    assert holds(*equation) is right
