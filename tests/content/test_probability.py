"""The probability chapter: every number and derivation on its cards, recomputed."""

from __future__ import annotations

import importlib.util
import itertools
import math
import re
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("03-probability")
card = CHAPTER.written


def softmax(z) -> np.ndarray:
    e = np.exp(np.asarray(z, float) - np.max(z))
    return e / e.sum()


def entropy(p) -> float:
    p = np.asarray(p, float)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def divergence(p, q) -> float:
    p, q = np.asarray(p, float), np.asarray(q, float)
    return float((p * np.log(p / q)).sum())


def random_distributions(count: int, size: int = 5) -> np.ndarray:
    return np.random.default_rng(7).dirichlet(np.ones(size) * 0.7, size=count)


@pytest.fixture(scope="module")
def pictures():
    path = CONTENT / "pictures" / "probability_and_regression.py"
    spec = importlib.util.spec_from_file_location("probability_and_regression", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- distributions and Bayes ------------------------------------------------------


def test_outputs_divided_by_their_sum():
    """A learner would be told that three numbers are no distribution for a wrong reason."""
    text = card("outputs for three classes are")
    outputs = [float(x) for x in re.search(r"\((2[^)]*)\)", text)[1].split(", ")]
    total, second = sum(outputs), outputs[1] / sum(outputs)
    assert f"sum, ${total:g}$" in text and f"would be ${second:g}$" in text


def test_densities_above_one():
    """A learner would be told a wrong height for a density that exceeds 1, or a wrong shaded area."""
    text = card('Find the error: "This density has the value')
    sigma, peak = re.search(r"standard deviation \$([\d.]+)\$ .* at about \$([\d.]+)\$", text).groups()
    assert f'"This density has the value ${peak}$' in text
    assert float(peak) == round(1 / (float(sigma) * math.sqrt(2 * math.pi)), 2)
    x = np.linspace(0, 1, 100001)
    area = np.exp(-(x**2) / 2).mean() / math.sqrt(2 * math.pi)
    svg = (CONTENT / "media" / "pmf-and-pdf.svg").read_text(encoding="utf-8")
    assert f"area {area:.3f}" in svg
    assert all(svg.count(f">{math.comb(3, k)}/8<") == 2 for k in (0, 1))


def test_bayes_theorem():
    """A learner would be told a wrong theorem."""
    tables = [t for t in itertools.product(range(4), repeat=4) if sum(t) and t[0] + t[1] and t[0] + t[2]]
    for both, only_a, only_b, neither in tables:
        total = both + only_a + only_b + neither
        a, b, joint = Fraction(both + only_a, total), Fraction(both + only_b, total), Fraction(both, total)
        assert joint / b == (joint / a) * a / b


def test_fraud_in_odds():
    """A learner would be told a wrong probability of fraud, or odds that do not give it."""
    text = card("One message in $1000$ is fraudulent")
    hit, alarm = (Fraction(int(n), 100) for n in re.search(r"flags (\d+) % of those and (\d+) % of", text).groups())
    prior = Fraction(1, 1000)
    posterior = prior * hit / (prior * hit + (1 - prior) * alarm)
    assert f"About {float(posterior):.0%}".replace("%", " %") in text
    odds = posterior / (1 - posterior)
    assert odds == Fraction(1, 999) * hit / alarm and abs(odds - Fraction(1, 10)) < Fraction(1, 1000)
    CHAPTER.states(
        "One message in $1000$ is fraudulent",
        rf"\frac{{1}}{{999}}\cdot\frac{{{float(hit)}}}{{{float(alarm)}}} \approx \frac{{1}}{{10}}",
        r"Odds of $1:10$ are a probability of $\frac1{11}$. To answer 99 %",
    )


# --- expectation and variance ---------------------------------------------------------


def test_expectations_and_variances():
    """A learner would be told a wrong expectation or variance, or a pair that is correlated after all."""
    tosses = list(itertools.product((0, 1), repeat=10))
    pairs = Fraction(sum(sum(a * b for a, b in itertools.pairwise(t)) for t in tosses), len(tosses))
    assert pairs == Fraction(9, 4) and r"$\frac94$ on average" in card("What must hold between two random variables")
    values = [-1, 1]
    double = np.var([2 * x for x in values])
    both = np.var([x + y for x, y in itertools.product(values, values)])
    assert card("is an independent copy of it").split("\n\n")[1].strip().startswith(f"${double:g}$ and ${both:g}$")
    CHAPTER.states(
        "What must hold between two random", r"in 10 tosses: 9 pairs, each both heads with probability $\frac14$"
    )
    CHAPTER.states(
        "is an independent copy of it", "has variance $1$", r"= c^2\thinspace", r"{}+ 2\thinspace\mathrm{Cov}"
    )
    CHAPTER.states(
        "Show that $\\mathrm{Var}(X)",
        r"= X^2 - 2\mu X + \mu^2$",
        r"\mathbb{E}[X^2] - 2\mu\thinspace\mathbb{E}[X] + \mu^2",
    )
    CHAPTER.states("You average $n$ independent", r"By $4$: the standard deviation of the average falls as $1/\sqrt n$")
    CHAPTER.states(
        "uncorrelated variables are independent", r"$\lbrace -1, 0, 1\rbrace$ and $Y = X^2$", r"\mathbb{E}[X^3] = 0"
    )
    x = np.array([-1, 0, 1])
    assert (x * x**2).mean() == 0 == x.mean() * (x**2).mean()
    assert np.var([1.0, 4, 7]) == pytest.approx(np.mean([1.0, 16, 49]) - 16)
    means = np.random.default_rng(2).normal(size=(4000, 64))
    assert means.mean(axis=1).std() / means[:, :16].mean(axis=1).std() == pytest.approx(0.5, abs=0.03)


# --- maximum likelihood -------------------------------------------------------------


def test_coin_likelihoods():
    """A learner would be told a wrong estimate for the coin, or that a product of 1000 tenths survives in doubles."""
    t = sp.symbols("t", positive=True)
    assert sp.solve(sp.diff(7 * sp.log(t) + 3 * sp.log(1 - t), t), t) == [sp.Rational(7, 10)]
    CHAPTER.states("How does maximum likelihood estimation", r"$\theta^7(1-\theta)^3$, which", r"\hat\theta = 0.7")
    CHAPTER.states("A coin shows heads in all of three", r"$\hat\theta = 1$: tails", r"likelihood $\theta^3$")
    text = card("What breaks if you compute the likelihood")
    assert (
        "likelihood of 1000 examples" in text
        and math.prod([0.1] * 1000) == 0.0
        and "$0.1^{1000}$ is exactly 0 in double precision" in text
    )
    assert rf"$1000\log 0.1 \approx {1000 * math.log(0.1):.0f}$" in text
    assert sp.integrate(t, (t, 0, 1)) == sp.Rational(1, 2)
    assert r"d\theta = \frac12$" in card('Find the error: "The likelihood')


def test_likelihoods_of_three_gaussians(pictures):
    """A learner would be told wrong likelihoods, or pick another Gaussian of the picture."""
    text = card("Three Gaussians are offered")
    found = {}
    centres = [mean for _, mean, _, _ in sorted(pictures.CANDIDATES)]
    told = (
        r"data 2, 4, 9 .*dots at 2, 4 and 9\..*centred at (\d).*centred at (\d).*centred at (\d)\".*the mean (\d) and"
    )
    assert re.search(told, text, re.DOTALL).groups() == (*(f"{mean:g}" for mean in centres), "5")
    for name, mean, sd, _ in pictures.CANDIDATES:
        found[name] = sum(math.log(pictures.normal(x, mean, sd)) for x in (2, 4, 9))
        assert f"${found[name]:.1f}$ for {name}" in text
    assert max(found, key=found.get) == "A" and f"variance ${26 / 3:.2f}$" in text


def test_gaussian_estimates_are_the_maximum():
    """A learner would be told wrong estimates of a Gaussian's parameters, or a wrong derivative in a step."""
    mu, v = sp.symbols("mu"), sp.symbols("v", positive=True)
    xs = sp.symbols("x1:4")
    loglik = sum(-sp.log(2 * sp.pi * v) / 2 - (x - mu) ** 2 / (2 * v) for x in xs)
    mean = sum(xs) / 3
    square_sum = sum((x - mean) ** 2 for x in xs)
    assert sp.simplify(sp.diff(loglik, mu).subs(mu, mean)) == 0
    slope = sp.diff(loglik, v).subs(mu, mean)
    assert sp.simplify(slope - (-sp.Rational(3, 2) / v + square_sum / (2 * v**2))) == 0
    assert sp.simplify(slope - 3 / (2 * v**2) * (square_sum / 3 - v)) == 0
    data = dict(zip(xs, (2, 4, 9), strict=True))
    assert mean.subs(data) == 5
    variance = square_sum.subs(data) / 3
    CHAPTER.states(
        "Derive the maximum-likelihood estimates of the mean",
        r"-\frac n2\log(2\pi v)",
        r"- \frac{1}{2v}\sum_i (x_i-\mu)^2",
        r"-\frac{n}{2v} + \frac{S}{2v^2} = 0",
        r"$\frac{n}{2v^2}(S/n - v)$",
        r"For 2, 4, 9: $\hat\mu = 5$ and $\hat\sigma^2 = (9 + 1 + 16)/3",
    )
    assert [(x - 5) ** 2 for x in (2, 4, 9)] == [9, 1, 16]
    assert f"{float(variance):.2f}" in card("Derive the maximum-likelihood estimates of the mean")


def test_variance_estimate_bias():
    """A learner would be told a wrong bias of the variance estimate, or of the point that makes squares smallest."""
    values = (0, 1, 5)
    true = Fraction(sum(v * v for v in values), 3) - Fraction(sum(values), 3) ** 2
    for n in (2, 3, 4):
        expected = Fraction(0)
        for sample in itertools.product(values, repeat=n):
            mean = Fraction(sum(sample), n)
            expected += sum((x - mean) ** 2 for x in sample) / n / Fraction(3**n)
        assert expected == Fraction(n - 1, n) * true
    told = [
        r"= \frac{n-1}{n}\sigma^2$.",
        r"\sum_i (x_i-\mu)^2 \\ &- n(\bar x-\mu)^2",
        r"\frac{n\sigma^2 - \sigma^2}{n} = \frac{n-1}{n}",
    ]
    CHAPTER.states("is biased", *told)
    sample = np.array([2.0, 4.0, 9.0])
    assert all(((sample - sample.mean()) ** 2).mean() < ((sample - m) ** 2).mean() for m in (4.9, 5.1, 0))


# --- softmax ------------------------------------------------------------------------


def test_softmax_examples():
    """A learner would be told wrong probabilities for (1, 2, 3) or (10, 20, 30), or a wrong ratio."""
    text = card("How does the softmax function convert")
    assert "The logits $(1, 2, 3)$ give about $(" + ", ".join(f"{p:.3f}" for p in softmax([1, 2, 3])) + ")" in text
    text = card("Predict what becomes of them if all logits are multiplied")
    assert "The logits $(1, 2, 3)$ give probabilities of about $(" in text and "multiplied by $10$." in text
    assert "(" + ", ".join(f"{p:.2f}" for p in softmax([1, 2, 3])) + ")" in text
    small, middle, large = softmax([10, 20, 30])
    assert f"{small:.0e}" == "2e-09" and f"{middle:.0e}" == "5e-05" and f"{large:.5f}" == "0.99995"
    assert r"(2\cdot 10^{-9}, 5\cdot 10^{-5}, 0.99995)" in text
    assert round(math.exp(10), -3) == 22000 and r"e^{10} \approx 22{,}000" in text
    assert f"About ${math.exp(2):.1f}$ times" in card("One logit is larger than another by $2$")


def test_softmax_has_the_largest_entropy():
    """A learner would be told that softmax has the largest entropy when another distribution has more."""
    rng = np.random.default_rng(3)
    for beta in (-0.7, 1.0, 2.5):
        z = rng.normal(size=5)
        p = softmax(beta * z)
        constraints = np.stack([np.ones(5), z])
        # the stationarity condition of the card: -log p_i - 1 + beta z_i is the same for all i
        assert np.ptp(-np.log(p) - 1 + beta * z) < 1e-12
        assert np.sign(p @ z - z.mean()) == np.sign(beta)
        null = np.linalg.svd(constraints)[2][2:]
        for _ in range(50):
            step = rng.normal(size=3) @ null
            step *= 0.9 * rng.uniform() * p.min() / np.abs(step).max()
            q = p + step
            assert abs(q.sum() - 1) < 1e-12 and abs(q @ z - p @ z) < 1e-12 and q.min() > 0
            assert entropy(q) < entropy(p)


def test_overflow_limits():
    """A learner would be told a wrong point at which exponentials overflow, or a wrong stable result."""
    text = card("What breaks if the softmax of the logits")
    assert f"{math.log(float(np.finfo(np.float32).max)):.1f}" in text
    assert f"{math.log(float(np.finfo(np.float64).max)):.1f}" in text
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(np.array([1000.0, 1001.0]))
        assert np.isnan(e / e.sum()).all()
    answer = ", ".join(f"{p:.3f}" for p in softmax([1000, 1001]))
    CHAPTER.states(
        "What breaks if the softmax",
        "logits $(1000, 1001)$",
        f"logits are $(-1, 0)$, with the right answer $({answer})$",
    )
    right, coded = 1000 + math.log(math.exp(-1000) + 1), r"\infty"
    told = rf"For the logits $(0, 1000)$, with the first class true, this gives the loss ${right:g}$, where the code"
    CHAPTER.states(
        "Find the error in `loss", rf"{told} gives ${coded}$", r"\log p_y = z_y - m - \log\sum_k e^{z_k - m}"
    )
    assert softmax([0, 1000])[0] == 0.0


def test_temperature():
    """A learner would be told a wrong effect of temperature on the probabilities, the limits or the entropy."""
    z = np.array([1.0, 2.0, 3.0])
    text = CHAPTER.states(
        "went through a softmax at the temperatures", "logits $(1, 2, 3)$", "$0.5$, $1$ and $2$. Which"
    )
    for letter, temperature in (("A", 2), ("B", 0.5), ("C", 1)):
        assert f"{letter}: " + ", ".join(f"{p:.2f}" for p in softmax(z / temperature)) in text
        assert f"{letter} is ${temperature}$" in text
        assert f"\\approx {math.exp(1 / temperature):.1f}$" in text
    assert np.allclose(softmax(z / 1e-3), [0, 0, 1]) and np.allclose(softmax(z / 1e6), 1 / 3)


def test_softmax_jacobian():
    """A learner would be told a wrong derivative of the softmax, a wrong example, or a wrong backward pass."""
    z = sp.symbols("z1:5", real=True)
    total = sum(sp.exp(k) for k in z)
    s = [sp.exp(k) / total for k in z]
    for i, j in itertools.product(range(4), repeat=2):
        assert sp.simplify(sp.diff(s[i], z[j]) - s[i] * (int(i == j) - s[j])) == 0
    p = np.array([0.2, 0.3, 0.5])
    jacobian = np.diag(p) - np.outer(p, p)
    text = card("Derive the Jacobian of the softmax")
    assert f"For $s = ({', '.join(f'{x:g}' for x in p)})$:" in text
    assert f"{jacobian[0, 0]:.2f}" in text and f"{jacobian[0, 1]:.2f}" in text
    assert np.allclose(jacobian.sum(axis=1), 0) and np.linalg.eigvalsh(jacobian).min() > -1e-12
    g = np.array([0.3, -1.0, 2.0])
    assert np.allclose(p * (g - p @ g), jacobian.T @ g)


# --- entropy, divergence, cross-entropy -------------------------------------------------


def test_entropy_values():
    """A learner would be told a wrong entropy of a coin, a vocabulary or a density, or wrong extremes."""
    assert f"only {entropy([0.9, 0.1]) / math.log(2):.2f} bit" in card("What does the entropy")
    text = card("Which distribution over $K$ outcomes")
    assert (
        "with $50{,}000$ tokens" in text
        and f"${math.log(50000):.1f}$ nats" in text
        and f"${math.log2(50000):.1f}$ bits" in text
    )
    CHAPTER.states("What does the entropy", "A fair coin has 1 bit (with logarithms to base 2), a coin with 90 % heads")
    CHAPTER.states("What does the entropy", f"{entropy([0.9, 0.1]) / math.log(2):.2f} bit at 0.9]")
    CHAPTER.states('"entropy is never negative"', r"on $[0, \frac12]$: it is $2$ everywhere", r"gives $-\log 2 \lt 0$")
    CHAPTER.states("A model gives probability $0$ to", "with probability $0.01$", r"$0.01\log\frac{0.01}{0}$")
    assert entropy([1, 0, 0]) == 0
    assert max(entropy(p) for p in random_distributions(200)) < math.log(5)
    assert math.isclose(entropy([0.2] * 5), math.log(5))


def test_divergence_values_and_sign():
    """A learner would be told wrong values of a divergence, or that it cannot be negative when it can."""
    text = CHAPTER.states("divergence is a distance", "For $p = (0.5, 0.5)$ and $q = (0.9, 0.1)$")
    assert f"{divergence([0.5, 0.5], [0.9, 0.1]):.3f}" in text
    assert f"{divergence([0.9, 0.1], [0.5, 0.5]):.3f}" in text
    told = [r"$\log t \le t - 1$, with equality only at $t = 1$", r"\Big(\frac{q_i}{p_i} - 1\Big)", r"q_i - 1 \le 0"]
    CHAPTER.states("is never negative, for distributions", *told)
    values = [divergence(p, q) for p, q in itertools.permutations(random_distributions(60), 2)]
    assert min(values) > 0
    t = np.geomspace(1e-4, 1e4, 2001)
    assert np.all(np.log(t) <= t - 1 + 1e-12)


def test_divergence_breaks_the_triangle_inequality():
    """A learner would be told that KL lacks a triangle inequality although it has one."""
    p, q, r = [0.5, 0.5], [0.75, 0.25], [0.95, 0.05]
    assert divergence(p, r) > divergence(p, q) + divergence(q, r)


def test_two_directions_of_the_divergence(pictures):
    """A learner would be told wrong fits for the two directions of the KL divergence."""
    assert "A minimises $D_{\\mathrm{KL}}(p\\parallel q)$, B minimises" in card("A single Gaussian $q$ is fitted")
    x, dx = np.linspace(-12, 12, 4001, retstep=True)

    def gauss(m, s):
        return np.exp(-(((x - m) / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi))

    def kl(a, b):
        keep = a > 1e-300
        return float((a[keep] * (np.log(a[keep]) - np.log(np.maximum(b[keep], 1e-300)))).sum() * dx)

    p = 0.5 * gauss(-2, 0.6) + 0.5 * gauss(2, 0.6)
    mean = float((x * p).sum() * dx)
    sd = math.sqrt(float((x**2 * p).sum() * dx) - mean**2)
    assert abs(mean) < 1e-9 and pictures.forward_fit() == pytest.approx((0, sd))
    wide = [kl(p, gauss(m, s)) for m in (-0.2, 0, 0.2) for s in (sd - 0.2, sd, sd + 0.2)]
    assert np.argmin(wide) == 4 and wide[4] < kl(p, gauss(2, 0.6))
    fits = {(m, s): kl(gauss(m, s), p) for m in np.arange(-3, 3.01, 0.25) for s in np.arange(0.4, 2.61, 0.1)}
    m, s = min(fits, key=fits.get)
    assert abs(abs(m) - 2) < 1e-9 and abs(s - 0.6) < 1e-9
    assert math.isclose(kl(gauss(2, 0.6), p), kl(gauss(-2, 0.6), p), rel_tol=1e-6)
    drawn = pictures.best_reverse_fit()
    assert abs(drawn[0] - 2) < 0.03 and abs(drawn[1] - 0.6) < 0.03


def test_cross_entropy_is_entropy_plus_divergence():
    """A learner would be told a wrong relation of cross-entropy to divergence, or a wrong example loss."""
    for p, q in itertools.permutations(random_distributions(20), 2):
        assert math.isclose(float(-(p * np.log(q)).sum()), entropy(p) + divergence(p, q))
    told = rf"probability 0.8 has the loss $-\log 0.8 \approx {-math.log(0.8):.3f}$"
    CHAPTER.states("Derive the cross-entropy loss from the KL", told)


def test_cross_entropy_is_mean_negative_log_likelihood():
    """A learner would be told a wrong link of cross-entropy to likelihood, or a wrong example."""
    rng = np.random.default_rng(1)
    q = rng.dirichlet(np.ones(4), size=6)
    y = rng.integers(0, 4, size=6)
    cross_entropy = -(np.eye(4)[y] * np.log(q)).sum(axis=1).mean()
    likelihood = np.prod(q[np.arange(6), y])
    assert math.isclose(cross_entropy, -math.log(likelihood) / 6)
    assert 0.5 * 0.8 == 0.4
    told = (
        r"With probabilities 0.5 and 0.8 for two true labels the likelihood is 0.4 and the mean loss $-\frac12\log 0.4"
    )
    CHAPTER.states("Show that minimising the average", told, rf"-\frac12\log 0.4 \approx {-math.log(0.4) / 2:.3f}$")


def test_softmax_cross_entropy_gradient():
    """A learner would be told a wrong gradient of softmax with cross-entropy."""
    z = sp.symbols("z1:4", real=True)
    y = sp.symbols("y1:4", real=True)
    total = sum(sp.exp(k) for k in z)
    loss = -sum(t * sp.log(sp.exp(k) / total) for t, k in zip(y, z, strict=True))
    for j in range(3):
        gradient = sp.diff(loss, z[j]).subs(y[2], 1 - y[0] - y[1])
        target = y[j] if j < 2 else 1 - y[0] - y[1]
        assert sp.simplify(gradient - (sp.exp(z[j]) / total - target)) == 0
    example = softmax([1, 2, 3]) - np.array([0, 0, 1])
    text = CHAPTER.states("Derive the gradient of the cross-entropy loss", "For $z = (1, 2, 3)$ and true class 3 the")
    assert "(" + ", ".join(f"{g:.3f}" for g in example) + ")" in text


def test_losses_that_are_estimated():
    """A learner would check the first loss of a training run against a wrong number."""
    text = CHAPTER.states("Predict the lowest cross-entropy loss", "soft labels, $p = (0.9, 0.1)$")
    assert f"About ${entropy([0.9, 0.1]):.3f}$ nats" in text
    text = card("A new classifier with $10$ classes")
    assert f"About ${math.log(10):.1f}$, which is $\\log 10$" in text


def test_confidently_wrong():
    """A learner would be told a wrong gradient of squared error or of cross-entropy behind a softmax."""
    told = (
        "$s_1 = 0.01$ for the true one and $s_2 = 0.99$. With respect to the true logit, the loss $(1 - s_1)^2 + s_2^2$"
    )
    text = CHAPTER.states("Which gives the larger gradient with respect to the logits", told)
    z = np.array([0.0, math.log(99)])
    assert softmax(z) == pytest.approx([0.01, 0.99])

    def squared(first):
        s = softmax([first, z[1]])
        return (1 - s[0]) ** 2 + s[1] ** 2

    assert f"gradient ${(squared(1e-6) - squared(-1e-6)) / 2e-6:.3f}$" in text
    assert f"cross-entropy ${softmax(z)[0] - 1:.2f}$" in text
    text = CHAPTER.states("A classifier is confidently wrong", "$0.99$ to a false class and $0.01$ to the true one")
    assert f"${0.01 - 1:.2f}$: prediction minus target, $0.01 - 1$" in text
    assert f"a slope of about ${0.01 * (1 - 0.01):.2f}$" in text


# --- references --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        ("What makes an assignment of numbers", "Kolmogorov (1933)"),
        ("What makes an assignment of numbers", "Vitali, 1905"),
        ("What does the entropy", "Shannon, 1948."),
        ("divergence $D_{\\mathrm{KL}}(p\\parallel q)$ measure?", "Kullback and Leibler, 1951."),
        ("How does the softmax function convert", "Bridle's (1990)"),
        ("Derive the softmax as the distribution", "Jaynes, 1957."),
    ],
)
def test_references(words, reference):
    """A learner would look for a paper in a wrong year."""
    CHAPTER.states(words, reference)


# --- pictures ----------------------------------------------------------------------------


def test_pictures_are_the_ones_the_script_draws(pictures, tmp_path, monkeypatch):
    """A learner would see a picture that no longer agrees with the numbers its script computes."""
    monkeypatch.setattr(pictures, "MEDIA", tmp_path)
    pictures.main()
    drawn = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(drawn) == 9
    for name, data in drawn.items():
        assert (CONTENT / "media" / name).read_bytes() == data, name
