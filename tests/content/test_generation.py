"""The chapter on generation and alignment: its numbers and derivations, computed again."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from tests.support.chapters import Chapter

CHAPTER = Chapter("15-generation-and-alignment")
card, states = CHAPTER.card, CHAPTER.states


def softmax(z):
    e = np.exp(np.asarray(z, float) - np.max(z))
    return e / e.sum()


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# --- choosing the next token ------------------------------------------------------------


def test_temperature():
    """A learner would be told a wrong effect of the temperature on the ratio of two probabilities."""
    text = states("One token is four times as probable", r"e^{(z_a - z_b)/\tau} = \bigl(e^{z_a - z_b}\bigr)^{1/\tau}")
    z = np.log([0.4, 0.1])
    ratios = [p[0] / p[1] for p in (softmax(z / tau) for tau in (1, 0.5, 2))]
    assert ratios == pytest.approx([4, 16, 2])
    assert "16 to 1:" in text and r"At $\tau = 2$ it would be 2 to 1" in text
    np.testing.assert_allclose(softmax(z / 1e-3), [1, 0], atol=1e-12)


def nucleus(p, mass):
    order = np.argsort(p)[::-1]
    kept = np.searchsorted(np.cumsum(np.asarray(p)[order]), mass) + 1
    return order[:kept]


def test_order_of_temperature_and_nucleus():
    """A learner would be told wrong sets of tokens for the two orders."""
    text = card("temperature 2 together with top-p")
    p = np.array([0.7, 0.25, 0.05])
    warm = softmax(np.log(p) / 2)
    assert "they read ${:.2f}, {:.2f}, {:.2f}$".format(*warm) in text
    assert len(nucleus(p, 0.9)) == 2 and len(nucleus(warm, 0.9)) == 3
    assert "top-p keeps two tokens" in text and "all three are kept" in text


# --- speculative decoding -----------------------------------------------------------------


def written(p, q, replacement):
    """The distribution of the token that one step of speculative decoding writes."""
    accepted = np.minimum(p, q)
    return accepted + (1 - accepted.sum()) * replacement


def residual(p, q):
    over = np.maximum(0, p - q)
    return over / over.sum()


def test_acceptance_rule():
    """A learner would be told a wrong rule of acceptance or a wrong residual."""
    text = states("which it gives the probability $q(x)$", r"\min\Bigl(1, \frac{p(x)}{q(x)}\Bigr)")
    assert 0.6 * min(1, 0.3 / 0.6) == pytest.approx(0.3) and "written that way with probability $0.3$" in text
    text = states(
        "From which distribution is its replacement", r"\frac{\max(0, p(x) - q(x))}{\sum_{x'}\max(0, p(x') - q(x'))}"
    )
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.1, 0.5])
    np.testing.assert_allclose(np.maximum(0, p - q), [0.1, 0.2, 0], atol=1e-12)
    np.testing.assert_allclose(residual(p, q), [1 / 3, 2 / 3, 0], atol=1e-12)
    assert r"$(0.1, 0.2, 0)$, so $r = (\frac13, \frac23, 0)$" in text


def test_speculative_decoding_is_exact():
    """A learner would be told wrongly that speculative decoding samples from the large model."""
    text = states("draft token is accepted with probability", r"a = \sum_x\min(p(x), q(x))")
    p, q = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    assert f"it is $0.5 + 0.2 = {np.minimum(p, q).sum():.1f}$" in text
    states(
        "Prove that speculative decoding draws",
        r"r(x) = \frac{p(x) - \min(p(x), q(x))}{1 - a}",
        r"\min(p(x), q(x)) + (1 - a)r(x) = p(x)",
    )
    rng = np.random.default_rng(0)
    for p, q in rng.dirichlet(np.ones(6), size=(50, 2)):
        np.testing.assert_allclose(written(p, q, residual(p, q)), p)
        np.testing.assert_allclose(residual(p, q), (p - np.minimum(p, q)) / (1 - np.minimum(p, q).sum()), atol=1e-12)
    text = card("replaced by a sample from $p$ itself")
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert f"together ${written(p, q, p)[0]:.2f}$ instead of $0.5$" in text
    np.testing.assert_allclose(residual(p, q), [0, 1])


def test_tokens_of_a_pass():
    """A learner would be told a wrong mean number of tokens."""
    text = states("Derive the mean number of tokens", r"\frac{1 - a^{\gamma+1}}{1 - a}")
    a, g, mean = 0.8, 4, 0.0
    for accepted in itertools.product((True, False), repeat=g):
        chance = math.prod(a if ok else 1 - a for ok in accepted)
        run = next((i for i, ok in enumerate(accepted) if not ok), g)
        mean += chance * (run + 1)
    assert mean == pytest.approx((1 - a ** (g + 1)) / (1 - a))
    assert f"it is ${mean:.2f}$" in text


# --- preferences ------------------------------------------------------------------------------


def test_bradley_terry():
    """A learner would be told a wrong preference probability or loss."""
    text = states("learn from comparisons of two answers", r"L = -\log\sigma\bigl(r(x, y_w) - r(x, y_l)\bigr)")
    assert f"$\\sigma(2) = {sigmoid(2):.2f}$ and the loss is ${-math.log(sigmoid(2)):.2f}$" in text


def best_policy(ref, r, beta):
    w = ref * np.exp(r / beta)
    return w / w.sum()


def test_best_policy():
    """A learner would be told a wrong optimum of the RLHF objective."""
    states(
        "Derive the policy that maximises",
        r"\pi^*(y) = \frac1Z\pi_{\text{ref}}(y)e^{r(y)/\beta}",
        r"-\beta D_{\mathrm{KL}}(\pi\Vert\pi^*) + \beta\log Z",
    )
    rng = np.random.default_rng(1)
    ref, r, beta = rng.dirichlet(np.ones(5)), rng.normal(size=5), 0.7

    def kl(p, q):
        return (p * np.log(p / q)).sum()

    best, log_z = best_policy(ref, r, beta), np.log((ref * np.exp(r / beta)).sum())
    for policy in (best, ref, *rng.dirichlet(np.ones(5), size=100)):
        value = policy @ r - beta * kl(policy, ref)
        assert value == pytest.approx(-beta * kl(policy, best) + beta * log_z)
        assert value <= beta * log_z + 1e-12
    text = card("Predict what becomes of it as")
    half = np.array([0.5, 0.5])
    found = [best_policy(half, np.array([2.0, 1.0]), b)[0] for b in (1, 0.2)]
    assert f"the better gets ${found[0]:.2f}$, at $\\beta = 0.2$ it gets ${found[1]:.2f}$" in text


def test_dpo():
    """A learner would be told a wrong DPO loss, implied reward or gradient."""
    loss = (
        r"L = -\log\sigma\Bigl(\beta\log\frac{\pi(y_w\mid x)}{\pi_{\text{ref}}(y_w\mid x)}"
        r" - \beta\log\frac{\pi(y_l\mid x)}{\pi_{\text{ref}}(y_l\mid x)}\Bigr)"
    )
    states("What does direct preference optimisation", loss)
    states("Derive the DPO loss", loss)
    states(
        "reward for which a given policy",
        r"r(x, y) = \beta\log\frac{\pi^*(y\mid x)}{\pi_{\text{ref}}(y\mid x)} + \beta\log Z(x)",
    )
    states(
        "pairs weigh most in the gradient",
        r"\nabla L = -\beta\thinspace\sigma(\hat r_l - \hat r_w)"
        r"\bigl(\nabla\log\pi(y_w\mid x) - \nabla\log\pi(y_l\mid x)\bigr)",
    )
    rng = np.random.default_rng(2)
    ref, r, beta = rng.dirichlet(np.ones(4)), rng.normal(size=4), 0.3
    best, log_z = best_policy(ref, r, beta), np.log((ref * np.exp(r / beta)).sum())
    np.testing.assert_allclose(beta * np.log(best / ref) + beta * log_z, r)

    def log_policy(z):
        return np.log(softmax(z))

    def dpo(z):
        hat = beta * (log_policy(z) - np.log(ref))
        return -np.log(sigmoid(hat[0] - hat[1]))

    assert -np.log(sigmoid(r[0] - r[1])) == pytest.approx(dpo(np.log(best)))
    z = rng.normal(size=4)
    steps = np.eye(4) * 1e-6
    numeric = np.array([(dpo(z + h) - dpo(z - h)) / 2e-6 for h in steps])
    hat = beta * (log_policy(z) - np.log(ref))
    difference = np.array([1.0, -1, 0, 0])  # the gradients of the two log-probabilities by the logits, subtracted
    np.testing.assert_allclose(numeric, -beta * sigmoid(hat[1] - hat[0]) * difference, atol=1e-8)
    assert sigmoid(0) == 0.5


def test_falling_probability_of_the_better_answer():
    """A learner would be told a wrong size of the loss of probability."""
    text = card("The DPO loss is falling")
    assert -5 - -15 == 10 and "the margin grows by 10" in text
    assert round(math.exp(5), -1) == 150 and r"$e^5 \approx 150$ times" in text


# --- tokenizers and evaluation ------------------------------------------------------------------


def test_digit_groups():
    """A learner would be told wrong groups of digits."""
    text = card("groups of three digits from the left")
    digits = "1234567"
    left = "|".join(digits[i : i + 3] for i in range(0, 7, 3))
    right = f"{int(digits):,}".replace(",", "|")
    assert f"become {left} and 89" in text and f"Cut from the right, {right}," in text


def test_a_fact_in_the_loss():
    """A learner would be told a wrong weight of one token in the mean loss."""
    gap = math.log(0.9) - math.log(0.1)
    assert f"$2.2/100 = {round(gap, 1) / 100:.3f}$ nats" in card("have the same loss on held-out text")


def test_error_of_a_benchmark():
    """A learner would be told a wrong standard error of a benchmark."""
    text = card("80 % and 81 % on a benchmark")
    error = 100 * math.sqrt(0.8 * 0.2 / 1000)
    assert f"\\approx {error:.1f}\\text{{ points}}" in text and f"one of ${math.sqrt(2) * error:.1f}$ points" in text


def test_all_digits_right():
    """A learner would be told wrong scores for ten digits in a row."""
    text = card("accuracy for single digits improves")
    scores = [a**10 for a in (0.5, 0.7, 0.9, 0.97)]
    assert "${:.3f}$, ${:.2f}$, ${:.2f}$, ${:.2f}$".format(*scores) in text
