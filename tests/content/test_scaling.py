"""The chapter on scaling and adapting: its numbers and derivations, computed again."""

from __future__ import annotations

import math
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("14-scaling-and-adapting")
card, states = CHAPTER.card, CHAPTER.states


# --- scaling laws ------------------------------------------------------------------------


def test_power_of_the_model_size():
    """A learner would be told a wrong effect of a larger model on the loss."""
    text = card("Estimate what ten times the parameters")
    factor = 10**-0.076
    assert f"$10^{{-0.076}} = {factor:.2f}$" in text and f"about {100 * (1 - factor):.0f} %" in text
    assert round(2 ** (1 / 0.076), -3) == 9000 and r"2^{1/0.076} \approx 9{,}000" in text


def test_best_model_size():
    """A learner would be told a wrong growth of the best model with compute."""
    text = states(
        "best model size grows with compute under",
        r"$N \propto C^{\beta/(\alpha + \beta)}$",
        r"$D \propto C^{\alpha/(\alpha + \beta)}$",
        r"L = E + AN^{-\alpha} + B\Bigl(\frac{6N}{C}\Bigr)^{\beta}",
        r"\alpha AN^{-\alpha} = \beta B\Bigl(\frac{6N}{C}\Bigr)^{\beta}",
        r"$N^{\alpha + \beta} = \frac{\alpha A}{\beta B}\bigl(\frac{C}{6}\bigr)^{\beta}$",
    )
    n, c, a, b, al, be = sp.symbols("N C A B alpha beta", positive=True)
    loss = a * n**-al + b * (6 * n / c) ** be
    best = (al * a / (be * b) * (c / 6) ** be) ** (1 / (al + be))
    numbers = {a: 482, b: 2085, al: 0.35, be: 0.37}
    for compute in (1e19, 1e23):
        at = float(best.subs(numbers).subs(c, compute))
        slope = sp.lambdify(n, sp.diff(loss.subs(numbers).subs(c, compute), n))
        assert slope(at * 0.99) < 0 < slope(at * 1.01)
        grown = float(best.subs(numbers).subs(c, 100 * compute))
        assert grown / at == pytest.approx(100 ** (0.37 / 0.72))
    assert "a hundred times the compute asks for ten times the model" in text


def test_picture_of_loss_against_compute():
    """A learner would be told a wrong size for the budget marked in the picture."""
    text = card("Each curve follows one model size")
    drawn = runpy.run_path(str(CONTENT / "pictures" / "contemporary.py"))
    loss, budget = drawn["fitted_loss"], drawn["BUDGET"]
    assert budget == 1e20 and "$10^{20}$ FLOPs" in text

    def at(size, compute):
        return loss(size, compute / 6 / size)

    found = [f"{at(size, budget):.2f}" for size, _, _ in drawn["SIZES"]]
    assert "a loss of {1} against {0} (0.1B) and {2} (10B)".format(*found) in text
    assert f"only {budget / 6 / 1e10 / 1e9:.1f} billion tokens" in text
    assert at(1e8, 1e24) == pytest.approx(2.6, abs=0.05) and at(1e9, 1e24) == pytest.approx(2.2, abs=0.05)
    assert at(1e8, 1e18) < at(1e9, 1e18) < at(1e10, 1e18) and at(1e9, 1e20) < at(1e8, 1e20)
    assert at(1e9, 1e21) < at(1e10, 1e21) and at(1e10, 3e21) < at(1e9, 3e21)


def test_tokens_per_parameter():
    """A learner would be told wrong ratios of tokens to parameters."""
    card('20 tokens per parameter" mean')
    assert 1.4e12 / 70e9 == 20 and 0.8 < (6 * 280e9 * 300e9) / (6 * 70e9 * 1.4e12) < 1
    assert 15e12 / 8e9 == 1875 and "almost 1,900 a parameter" in card("8-billion-parameter model trained")


# --- training on many devices ---------------------------------------------------------------


def bf16(x):
    """Round to the nearest number with 7 bits of fraction."""
    fraction, exponent = math.frexp(x)
    return math.ldexp(round(fraction * 256), exponent - 8)


def test_number_formats():
    """A learner would be told wrong limits of fp16 or bf16."""
    text = card("fp16 or bf16")
    half = np.finfo(np.float16)
    assert f"{float(half.max):,.0f}" == "65,504" and "65,504" in text
    assert f"{float(half.smallest_subnormal):.0e}" == "6e-08" and r"$6\cdot10^{-8}$" in text
    assert pytest.approx(3.39e38, rel=1e-2) == (2 - 2**-7) * 2.0**127 and r"$3\cdot10^{38}$" in text
    assert len({bf16(x) for x in np.linspace(1, 2, 5000)} - {2.0}) == 128
    text = card("How does loss scaling rescue")
    assert np.float16(1e-8) == 0 and f"$2^{{16}} = {2**16:,}$".replace(",", "{,}") in text
    assert f"${1e-8 * 2**16 * 1e4:.1f}\\cdot10^{{-4}}$" in text
    assert np.float16(1e-8 * 2**16) == pytest.approx(6.55e-4, rel=1e-2)
    text = card("gets an update of $+0.001$")
    w = 1.0
    for _ in range(1000):
        w = bf16(w + 0.001)
    assert w == 1 and f"$1 + 2^{{-7}} = {1 + 2**-7:.4f}$" in text and bf16(1.0077) == 1 + 2**-7


def test_memory_of_training():
    """A learner would be told a wrong memory for weights, gradients and optimiser."""
    text = card("Estimate the memory for parameters")
    each = 2 + 2 + 4 + 8
    assert f"About {7 * each} GB, {each} bytes a parameter" in text and "14 GB. This eightfold gap" in text
    assert f"on 16 devices: {7 * each // 16} GB each instead of {7 * each}" in card("What does ZeRO")


def test_tensor_parallel_split():
    """A learner would be told a split that does not give the layer's output."""
    card("cut $W_1$ by columns or by rows")
    rng = np.random.default_rng(0)
    x, w1, w2 = rng.normal(size=(1, 4)), rng.normal(size=(4, 6)), rng.normal(size=(6, 4))
    act = lambda a: np.maximum(a, 0)  # noqa: E731
    parts = act(x @ w1[:, :3]) @ w2[:3] + act(x @ w1[:, 3:]) @ w2[3:]
    np.testing.assert_allclose(parts, act(x @ w1) @ w2)
    assert not np.allclose(act(x[:, :2] @ w1[:2]) + act(x[:, 2:] @ w1[2:]), act(x @ w1))


def test_pipeline_bubble():
    """A learner would be told a wrong share of idle time."""
    text = states("spread over $p$ devices as a pipeline", r"\frac{p - 1}{m + p - 1}")

    def idle(p, m):
        busy = np.zeros((p, m + p - 1))
        for stage in range(p):
            busy[stage, stage : stage + m] = 1
        return 1 - busy.mean()

    assert f"$7/15 = {100 * idle(8, 8):.0f}$ %" in text and f"with $m = 56$ it is {100 * idle(8, 56):.0f} %" in text


def test_accumulated_gradients():
    """A learner would be told wrong means of unequal microbatches."""
    text = card("Find the error in this gradient accumulation")
    assert f"The joint mean is ${(100 * 2 + 900 * 1) / 1000:.1f}$" in text
    assert f"mean of the two means is ${(2 + 1) / 2:.1f}$" in text


def test_checkpointing():
    """A learner would be told a wrong price of gradient checkpointing."""
    text = card("gradient checkpointing trade")
    assert (1 + 2 + 1) / (1 + 2) == 4 / 3 and "makes 4 out of 3" in text
    assert 2 * math.isqrt(64) == 16 and "16 instead of 64" in text


# --- LoRA ---------------------------------------------------------------------------------------


def test_lora():
    """A learner would be told wrong gradients or a wrong count of LoRA's parameters."""
    text = card("How does LoRA fine-tune")
    assert f"{8 * 2 * 4096:,} numbers" in text and f"{4096**2 / 1e6:.1f} million" in text
    states(
        "What breaks if both start at zero",
        r"\frac{\partial L}{\partial A} = x^\top\delta B^\top,\quad \frac{\partial L}{\partial B} = (xA)^\top\delta",
    )
    rng = np.random.default_rng(1)
    x, a, b, delta = rng.normal(size=(1, 5)), rng.normal(size=(5, 2)), rng.normal(size=(2, 3)), rng.normal(size=(1, 3))

    def slope(at, loss):
        out = np.zeros_like(at)
        for index in np.ndindex(at.shape):
            step = np.zeros_like(at)
            step[index] = 1e-6
            out[index] = (loss(at + step) - loss(at - step)) / 2e-6
        return out

    np.testing.assert_allclose(slope(a, lambda m: (x @ m @ b @ delta.T).item()), x.T @ delta @ b.T, rtol=1e-6)
    np.testing.assert_allclose(slope(b, lambda m: (x @ a @ m @ delta.T).item()), (x @ a).T @ delta, rtol=1e-6)


# --- quantisation ---------------------------------------------------------------------------------


def absmax(w, top):
    w = np.asarray(w, float)
    s = np.abs(w).max() / top
    return s, np.round(w / s)


def test_quantisation():
    """A learner would be told wrong stored integers or a wrong cost of the scales."""
    text = card("How does absmax quantisation store")
    s, q = absmax([0.7, -0.27, 0.12], 7)
    assert s == pytest.approx(0.1) and "$(7, -3, 1)$" in text and q.tolist() == [7, -3, 1]
    np.testing.assert_allclose(s * q, [0.7, -0.3, 0.1])
    card("a single weight of $7$")
    s, q = absmax([7] + [0.1, -0.1, 0.13] * 21, 7)
    assert s == 1 and not q[1:].any()
    text = card("What is the idea of NF4")
    assert 32 / 64 == 0.5 and f"pays ${8 / 64 + 32 / (64 * 256):.2f}$" in text
    assert f"about {65 * (4 + 8 / 64 + 32 / (64 * 256)) / 8:.0f} GB" in card("In QLoRA the base model")


def test_use_of_the_normal_float_levels():
    """A learner would be told wrongly how often the levels of NF4 are used."""
    text = card("What is the idea of NF4")
    assert "more even, though not equal: the outermost levels are still the rarest" in text
    below = [-1, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911]  # as published
    above = [0.0796, 0.1609, 0.2461, 0.3379, 0.4407, 0.5626, 0.7230, 1]
    blocks = np.random.default_rng(3).normal(size=(5000, 64))
    blocks /= np.abs(blocks).max(axis=1, keepdims=True)

    def use(levels):
        levels = np.array(levels)
        nearest = np.searchsorted((levels[1:] + levels[:-1]) / 2, blocks.ravel())
        return np.bincount(nearest, minlength=len(levels)) / blocks.size

    normal, even = use([*below, 0, *above]), use(np.arange(-7, 8) / 7)
    assert sorted(np.argsort(normal)[:2]) == [0, 15] and normal.max() > 4 * normal.min()
    assert even.max() / even.min() > 2 * normal.max() / normal.min()


def test_scales_that_leave_the_sum():
    """A learner would be told wrongly which scales can be applied after an integer product."""
    card("each *row* or each *column*")
    rng = np.random.default_rng(2)
    x, q, s = rng.integers(-7, 8, 4), rng.integers(-7, 8, (4, 3)), rng.random(3)
    np.testing.assert_allclose(x @ (q * s), s * (x @ q))


# --- distillation and data --------------------------------------------------------------------------


def test_temperature_in_distillation():
    """A learner would be told a wrong size of the gradient at high temperature."""
    states("distillation loss with temperature", r"\frac1\tau(p_k - t_k)", r"\frac{z_k - u_k}{K\tau}")
    rng = np.random.default_rng(3)
    z, u = rng.normal(size=(2, 5))
    z, u = z - z.mean(), u - u.mean()

    def softmax(v):
        e = np.exp(v - v.max())
        return e / e.sum()

    def loss(z, tau):
        return -softmax(u / tau) @ np.log(softmax(z / tau))

    for tau in (1.0, 100.0):
        numeric = [(loss(z + h, tau) - loss(z - h, tau)) / 2e-4 for h in np.eye(5) * 1e-4]
        np.testing.assert_allclose(numeric, (softmax(z / tau) - softmax(u / tau)) / tau, atol=1e-8)
    scaled = 100.0 * (softmax(z / 100) - softmax(u / 100))
    np.testing.assert_allclose(scaled, (z - u) / 5, rtol=0.1, atol=0.01)


def test_value_of_repeated_text():
    """A learner would be told wrongly how much repeated text is worth in the published fit."""
    text = card("You have run out of fresh text")
    half_life = 15.39  # passes beyond the first, Muennighoff et al. (2023)

    def worth(passes):
        return 1 + half_life * (1 - math.exp(-(passes - 1) / half_life))

    assert worth(4) > 0.9 * 4 and worth(40) - worth(39) < 0.1
    assert round(1 + half_life) == 16 and "some 16 times its size" in text
