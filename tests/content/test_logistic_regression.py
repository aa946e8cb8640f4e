"""The logistic regression chapter: every number and derivation on its cards, recomputed."""

from __future__ import annotations

import importlib.util
import itertools
import math
import re

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("05-logistic-regression")
card, states = CHAPTER.written, CHAPTER.states


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.fixture(scope="module")
def pictures():
    path = CONTENT / "pictures" / "probability_and_regression.py"
    spec = importlib.util.spec_from_file_location("probability_and_regression", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_far_point_moves_the_line_but_not_the_logistic_curve(pictures):
    """A learner would be told wrong crossings of one half for the line and the logistic curve."""
    text = card("Why is least-squares linear regression a poor classifier")
    assert "Class 0 at x = 1, 2, 3 and class 1 at x = 4, 5, 6 and 20" in text
    assert "Its weight is lightly penalised" in text and "would otherwise grow for ever" in text
    assert "Without the point at $x = 20$" in text and "$x = 4$ is now misclassified" in text
    assert "logistic curve stays at 3.5" in text
    x, y = np.array([1, 2, 3, 4, 5, 6, 20.0]), np.array([0, 0, 0, 1, 1, 1, 1.0])

    def crossing(n):
        slope, intercept = np.polyfit(x[:n], y[:n], 1)
        return (0.5 - intercept) / slope

    assert f"crosses 0.5 at {crossing(6):.1f}." in text
    assert f"moves the crossing to {crossing(7):.2f}" in text and crossing(7) > 4
    for n in (6, 7):
        b, w = pictures.logistic_fit(list(x[:n]), list(y[:n]))
        p = sigmoid(b + w * x[:n])
        assert abs((p - y[:n]).sum()) < 1e-9 and abs(((p - y[:n]) * x[:n]).sum() + 0.1 * w) < 1e-9
        assert abs(-b / w - 3.5) < 0.005


def test_squared_error_punishes_being_right():
    """A learner would be told a wrong cost of an output beyond the label, or a wrong variance of a label."""
    text = card("Which output costs a least-squares classifier more, 3 or 0?")
    assert "$(3-1)^2 = 4$" in text and "$(0-1)^2 = 1$" in text and (3 - 1) ** 2 == 4 > (0 - 1) ** 2
    p = sp.symbols("p")
    assert sp.expand(p * 1**2 + (1 - p) * 0**2 - p**2 - p * (1 - p)) == 0 and "has variance $p(1-p)$" in text


def test_logistic_function_from_log_odds():
    """A learner would be told a wrong inverse of the log-odds, or a wrong value of the logistic function."""
    states(
        "Derive the logistic function",
        r"p = \sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\frac{p}{1-p} = e^z",
        r"p\thinspace(1 + e^z) = e^z",
        r"p = \frac{e^z}{1+e^z} = \frac{1}{1+e^{-z}}",
    )
    p, z = sp.symbols("p", positive=True), sp.symbols("z", real=True)
    (solution,) = sp.solve(sp.Eq(p / (1 - p), sp.exp(z)), p)
    assert sp.simplify(solution - 1 / (1 + sp.exp(-z))) == 0
    assert sp.simplify(solution + solution.subs(z, -z)) == 1
    states(
        "softmax over two logits",
        "The difference, $z_1 - z_0$",
        r"\frac{e^{z_1}}{e^{z_0} + e^{z_1}} = \frac{1}{1 + e^{-(z_1 - z_0)}}",
    )
    states("Which shape does the boundary", "the hyperplane $w^\\top x + b = 0$")
    assert solution.subs(z, 0) == sp.Rational(1, 2)
    z0, z1 = sp.symbols("z0 z1", real=True)
    two_way = sp.exp(z1) / (sp.exp(z0) + sp.exp(z1))
    assert sp.simplify(two_way - solution.subs(z, z1 - z0)) == 0


def test_gaussian_classes_have_linear_log_odds():
    """A learner would be told that Gaussian classes with equal covariance have linear log-odds when they have not."""
    x, m0, m1 = sp.symbols("x m0 m1", real=True)
    s = sp.symbols("s", positive=True)
    log_ratio = sp.expand(-((x - m1) ** 2) / (2 * s**2) + (x - m0) ** 2 / (2 * s**2))
    assert sp.diff(log_ratio, x, 2).simplify() == 0
    assert sp.diff(log_ratio, x).simplify() != 0
    s1 = sp.symbols("s1", positive=True)
    unequal = sp.expand(-((x - m1) ** 2) / (2 * s1**2) + (x - m0) ** 2 / (2 * s**2))
    assert sp.diff(unequal, x, 2).subs({s: 1, s1: 2}) != 0
    states("Two classes are Gaussian", "Equal covariances make the quadratic terms cancel")


def test_odds_table():
    """A learner would be told wrong odds or probabilities for a weight of 0.7."""
    text = card("has the weight $w_j = 0.7$")
    factor = math.exp(0.7)
    assert rf"$e^{{0.7}} \approx {factor:.2f}$" in text
    p = np.linspace(0, 1, 1001)
    most = states("raise the probability at most", "$w_j = 0.4$", r"w_j\thinspace p(1-p) \le \frac{w_j}{4}")
    assert math.isclose((p * (1 - p)).max(), 1 / 4) and f"By about {0.4 / 4:g}" in most
    odds = 0.99 / 0.01 * math.exp(0.4)
    assert f"Starting from $p = 0.99$ the same unit adds only about {odds / (1 + odds) - 0.99:.3f}" in most
    units = card("Height in metres has the weight 20")
    assert f"in centimetres the first weight would read {20 / 100:g}" in units
    rows = re.findall(r"\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", text)
    assert len(rows) == 3
    for before, odds, odds_after, after in rows:
        start = float(before) / (1 - float(before))
        exact = (start, start * factor, start * factor / (1 + start * factor))
        for shown, value in zip((odds, odds_after, after), exact, strict=True):
            assert shown == f"{value:.{len(shown.split('.')[1])}f}"


def test_binary_cross_entropy():
    """A learner would be told a wrong loss, wrong example values, or a stable form that differs from the loss."""
    states(
        "Derive the binary cross-entropy loss",
        r"L = -\frac1n\sum_{i=1}^n \big[y_i\log p_i\\ &\qquad{}+ (1-y_i)\log(1-p_i)\big]",
        r"P(y_i \mid x_i) = p_i^{y_i}(1-p_i)^{1-y_i}",
        r"\prod_{i=1}^n p_i^{y_i}(1-p_i)^{1-y_i}",
    )
    p = sp.symbols("p", positive=True)
    for y in (0, 1):
        likelihood = p**y * (1 - p) ** (1 - y)
        assert likelihood == (p if y else 1 - p)
        assert sp.simplify(sp.log(likelihood) - (y * sp.log(p) + (1 - y) * sp.log(1 - p))) == 0
    text = card("How many times more does the prediction")
    high, low = -math.log(0.01), -math.log(0.9)
    assert f"About {high / low:.0f} times" in text
    assert rf"$-\log 0.01 \approx {high:.2f}$ against $-\log 0.9 \approx {low:.3f}$" in text
    text = states("What breaks if code computes", r"\max(z, 0) - yz + \log\bigl(1 + e^{-\lvert z\rvert}\bigr)")
    for kind, limit in ((float, 709), (np.float32, 88)):
        assert int(np.log(np.finfo(kind).max)) == limit and str(limit) in text
    z = np.linspace(-20, 20, 401)
    for y in (0, 1):
        direct = -(y * np.log(sigmoid(z)) + (1 - y) * np.log(sigmoid(-z)))
        assert np.allclose(direct, np.log(1 + np.exp(z)) - y * z)
        assert np.allclose(direct, np.maximum(z, 0) - y * z + np.log(1 + np.exp(-np.abs(z))))


def test_gradient():
    """A learner would be told a wrong gradient of the logistic loss, a wrong step on the way, or a wrong example."""
    states(
        "Derive the gradient of the mean binary cross-entropy",
        r"\nabla_w L = \frac1n X^\top(p - y)",
        r"\ell &= -y\log p\\ &\quad{}- (1-y)\log(1-p)\\",
        r"-\frac yp + \frac{1-y}{1-p}\\ &= \frac{p-y}{p(1-p)}",
        r"\frac{\partial\ell}{\partial z} = p - y",
        r"\nabla_w\ell = (p-y)\thinspace x",
    )
    y, p, z = sp.symbols("y p z", real=True)
    loss = -y * sp.log(p) - (1 - y) * sp.log(1 - p)
    assert sp.simplify(sp.diff(loss, p) - (p - y) / (p * (1 - p))) == 0
    s = 1 / (1 + sp.exp(-z))
    assert sp.simplify(sp.diff(s, z) - s * (1 - s)) == 0
    assert sp.simplify(sp.diff(s, z) - sp.exp(-z) / (1 + sp.exp(-z)) ** 2) == 0
    assert sp.simplify(sp.diff((s - y) ** 2 / 2, z) - (s - y) * s * (1 - s)) == 0
    rng = np.random.default_rng(2)
    x, labels, w, b = rng.normal(size=(7, 3)), rng.integers(0, 2, 7), rng.normal(size=3), 0.3

    def mean_loss(weights, bias):
        q = sigmoid(x @ weights + bias)
        return -(labels * np.log(q) + (1 - labels) * np.log(1 - q)).mean()

    h = 1e-6
    numeric = [(mean_loss(w + h * e, b) - mean_loss(w - h * e, b)) / (2 * h) for e in np.eye(3)]
    error = sigmoid(x @ w + b) - labels
    assert np.allclose(numeric, x.T @ error / 7, atol=1e-8)
    assert np.isclose((mean_loss(w, b + h) - mean_loss(w, b - h)) / (2 * h), error.mean(), atol=1e-8)


def test_exceptions_with_a_closed_form():
    """A learner would be told a wrong closed form for the intercept-only or the grouped model."""
    text = card("Logistic regression with the intercept $b$ alone")
    assert rf"$b = \log\frac{{0.3}}{{0.7}} \approx {math.log(0.3 / 0.7):.3f}$" in text
    states(
        "have no closed-form solution in general",
        r"\sum_{i=1}^n \Big(\frac{1}{1+e^{-w^\top x_i}} - y_i\Big)x_i = 0",
    )
    states("What is the mean of its predicted probabilities", "Exactly 0.3", r"\frac1n\sum_{i=1}^n (p_i - y_i) = 0")
    labels = np.array([1, 0, 0, 1, 1, 1, 0, 1, 0, 0.0])
    group = np.array([0] * 4 + [1] * 6)
    for chosen in (labels, labels[group == 0], labels[group == 1]):
        b = math.log(chosen.mean() / (1 - chosen.mean()))
        assert abs((sigmoid(b) - chosen).sum()) < 1e-12


def test_newton_needs_few_steps():
    """A learner would be told that Newton's method takes under ten steps when an ordinary problem needs more."""
    rng = np.random.default_rng(4)
    x = np.c_[np.ones(200), rng.normal(size=(200, 3))]
    y = (rng.uniform(size=200) < sigmoid(x @ np.array([0.5, 1, -2, 0.3]))).astype(float)
    w = np.zeros(4)
    for _ in range(9):
        p = sigmoid(x @ w)
        w += np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
        if np.abs(x.T @ (y - sigmoid(x @ w))).max() < 1e-8:
            break
    assert np.abs(x.T @ (y - sigmoid(x @ w))).max() < 1e-8


def test_hessian_and_convexity():
    """A learner would be told a wrong Hessian, or wrongly which loss is convex and which is not."""
    states(
        "Prove that the binary cross-entropy",
        r"\nabla L(w) = \frac1n\sum_{i=1}^n (p_i - y_i)x_i",
        r"the gradient of $p_i$ is $p_i(1-p_i)x_i$",
        r"\nabla^2L(w) = \frac1n\sum_{i=1}^n p_i(1-p_i)\thinspace x_ix_i^\top",
        r"\frac1n\sum_{i=1}^n p_i(1-p_i)(x_i^\top v)^2 \ge 0",
    )
    rng = np.random.default_rng(6)
    x, y, w = rng.normal(size=(8, 3)), rng.integers(0, 2, 8), rng.normal(size=3)

    def gradient(weights):
        return x.T @ (sigmoid(x @ weights) - y) / 8

    p = sigmoid(x @ w)
    hessian = x.T @ np.diag(p * (1 - p)) @ x / 8
    h = 1e-6
    numeric = np.array([(gradient(w + h * e) - gradient(w - h * e)) / (2 * h) for e in np.eye(3)])
    assert np.allclose(numeric, hessian, atol=1e-8)
    assert np.linalg.eigvalsh(hessian).min() > 0
    v = rng.normal(size=3)
    assert np.isclose(v @ hessian @ v, (p * (1 - p) * (x @ v) ** 2).mean())
    dependent = np.c_[x, x[:, 0] + x[:, 1]]
    q = sigmoid(dependent @ np.ones(4))
    assert abs(np.linalg.eigvalsh(dependent.T @ np.diag(q * (1 - q)) @ dependent).min()) < 1e-10
    grid = np.linspace(-6, 6, 121)
    squared = (sigmoid(grid) - 1) ** 2
    assert np.diff(squared, 2).min() < -1e-5 < 1e-5 < np.diff(squared, 2).max()
    states("Squared error on top of a sigmoid", r"$L(w) = (\sigma(w) - 1)^2$")


def test_separable_data():
    """A learner would be told wrong losses, or a wrong long-run behaviour, for separable classes."""
    text = states("so a best weight vector always exists", "For $x = -1$ with label 0 and $x = 1$ with label 1")
    assert r"L(w) = \log(1 + e^{-w})" in text
    for w, digits in ((1, 3), (5, 4)):
        assert f"${math.log1p(math.exp(-w)):.{digits}f}$ at $w = {w}$" in text
    states("The norm of the weights diverges", r"only like $\log t$ after $t$ steps")
    mean = -(np.log(1 - sigmoid(-2.0)) + np.log(sigmoid(2.0))) / 2
    assert math.isclose(mean, math.log1p(math.exp(-2)))
    # gradient descent on two points whose widest margin lies along (1, 1)
    x, sign, w = np.array([[2.0, 0.5], [-0.5, -2.0], [3.0, 3.0]]), np.array([1, -1, 1]), np.zeros(2)
    norms = {}
    for t in range(1, 20001):
        w += 0.5 * (sign * sigmoid(-sign * (x @ w))) @ x / 3
        if t in (200, 2000, 20000):
            norms[t] = np.linalg.norm(w)
    assert np.isclose(norms[2000] - norms[200], norms[20000] - norms[2000], rtol=0.1)
    assert w / np.linalg.norm(w) @ np.array([1, 1]) / math.sqrt(2) > 0.999


def test_independent_examples_are_always_separable():
    """A learner would be told that linearly independent examples can always be separated when some labelling cannot."""
    x = np.c_[np.random.default_rng(8).normal(size=(4, 5)), np.ones(4)]
    assert np.linalg.matrix_rank(x) == 4
    for labels in itertools.product((-1, 1), repeat=4):
        w = np.linalg.lstsq(x, np.array(labels, float), rcond=None)[0]
        assert np.all(np.array(labels) * (x @ w) > 0.99)


def test_penalised_optimum_on_separable_data():
    """A learner would be told that an L2 penalty on the weights gives a finite optimum when the fit still runs away."""
    x, y = np.array([-1.0, 1.0, 2.0]), np.array([0, 1, 1.0])
    for penalty in (1.0, 0.01):
        w = b = 0.0
        for _ in range(200):
            p = sigmoid(w * x + b)
            g = np.array([((p - y) * x).mean() + penalty * w, (p - y).mean()])
            s = p * (1 - p)
            hessian = np.array([[(s * x * x).mean() + penalty, (s * x).mean()], [(s * x).mean(), s.mean()]])
            w, b = np.array([w, b]) - np.linalg.solve(hessian, g)
        assert np.abs(g).max() < 1e-10 and np.linalg.eigvalsh(hessian).min() > 0 and w < 10
