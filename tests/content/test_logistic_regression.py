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
    assert "With class 0 at $x = 1, 2, 3$ and class 1 at $x = 4, 5, 6$" in text
    assert "One more example of class 1 at $x = 20$" in text and "$x = 4$ is now misclassified" in text
    assert "keeps its crossing at 3.5" in text
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
    text = card("Why is least-squares linear regression a poor classifier")
    output, label, cost = map(
        int, re.search(r"output of (\d) for label 1 costs \$\(\d-(\d)\)\^2 = (\d)\$", text).groups()
    )
    assert (output - label) ** 2 == cost > (0 - label) ** 2 and rf"({output}-{label})^2" in text
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
        r"$\sigma(0) = 0.5$",
        r"$\sigma(-z) = 1 - \sigma(z)$",
        r"softmax of logits $(z_0, z_1)$ gives class 1 the probability $\sigma(z_1 - z_0)$",
    )
    p, z = sp.symbols("p", positive=True), sp.symbols("z", real=True)
    (solution,) = sp.solve(sp.Eq(p / (1 - p), sp.exp(z)), p)
    assert sp.simplify(solution - 1 / (1 + sp.exp(-z))) == 0
    assert sp.simplify(solution + solution.subs(z, -z)) == 1
    assert rf"\sigma(2) \approx {sigmoid(2):.3f}" in card("Derive the logistic function")
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


def test_odds_table():
    """A learner would be told wrong odds or probabilities for a weight of 0.7."""
    text = card("has the weight $w_j = 0.7$")
    factor = math.exp(0.7)
    assert rf"$e^{{0.7}} \approx {factor:.2f}$" in text
    p = np.linspace(0, 1, 1001)
    assert math.isclose((p * (1 - p)).max(), 1 / 4) and r"at most $w_j/4$ for $w_j \gt 0$" in text
    rows = re.findall(r"\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", text)
    assert len(rows) == 3
    for before, odds, odds_after, after in rows:
        start = float(before) / (1 - float(before))
        exact = (start, start * factor, start * factor / (1 + start * factor))
        for shown, value in zip((odds, odds_after, after), exact, strict=True):
            assert shown == f"{value:.{len(shown.split('.')[1])}f}"


def test_binary_cross_entropy():
    """A learner would be told a wrong loss, wrong example values, or a stable form that differs from the loss."""
    text = states(
        "Derive the binary cross-entropy loss",
        r"\ell_i &= -y_i\log p_i \\ &\quad {}- (1-y_i)\log(1-p_i)",
        r"P(y_i \mid x_i) = p_i^{y_i}(1-p_i)^{1-y_i}",
        r"\mathcal P = \prod_{i=1}^N p_i^{y_i}(1-p_i)^{1-y_i}",
        r"\log\mathcal P = {}&\sum_{i=1}^N y_i\log p_i \\ &+ \sum_{i=1}^N (1-y_i)\log(1-p_i)",
        r"written $\log(1+e^{z}) - yz$",
    )
    p = sp.symbols("p", positive=True)
    for y in (0, 1):
        likelihood = p**y * (1 - p) ** (1 - y)
        assert likelihood == (p if y else 1 - p)
        assert sp.simplify(sp.log(likelihood) - (y * sp.log(p) + (1 - y) * sp.log(1 - p))) == 0
    assert rf"a prediction of 0.9 costs $-\log 0.9 \approx {-math.log(0.9):.3f}$" in text
    assert f"one of 0.01 costs {-math.log(0.01):.2f}" in text
    assert r"\max(z,0) - yz + \log(1+e^{-\lvert z\rvert})" in text
    z = np.linspace(-20, 20, 401)
    for y in (0, 1):
        direct = -(y * np.log(sigmoid(z)) + (1 - y) * np.log(sigmoid(-z)))
        assert np.allclose(direct, np.log(1 + np.exp(z)) - y * z)
        assert np.allclose(direct, np.maximum(z, 0) - y * z + np.log(1 + np.exp(-np.abs(z))))


def test_gradient():
    """A learner would be told a wrong gradient of the logistic loss, a wrong step on the way, or a wrong example."""
    states(
        "Derive the gradient of the mean binary cross-entropy",
        r"\nabla_w L = \frac1N X^\top(p - y)",
        r"-\frac yp + \frac{1-y}{1-p} = \frac{p-y}{p(1-p)}",
        r"\frac{e^{-z}}{(1+e^{-z})^2} = p(1-p)",
        r"\frac{\partial\ell}{\partial z} = p - y",
        r"\nabla_w\ell = (p-y)\thinspace x, \qquad \frac{\partial\ell}{\partial b} = p - y",
        r"With squared error $\frac12(p-y)^2$ the factor $p(1-p)$ would stay",
        r"$\frac1{2N}\lVert Xw + b\mathbf{1} - y\rVert^2$ has a gradient of the same form",
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
    line = [
        (((x @ (w + h * e) + b - labels) ** 2).sum() - ((x @ (w - h * e) + b - labels) ** 2).sum()) for e in np.eye(3)
    ]
    assert np.allclose(np.array(line) / (2 * 7) / (2 * h), x.T @ (x @ w + b - labels) / 7, atol=1e-7)
    d = sigmoid(2.0) - 1
    text = card("Derive the gradient of the mean binary cross-entropy")
    assert "For $x = (2, 1)$, $z = 2$ and label 1" in text
    assert rf"p - y \approx {d:.3f}" in text and f"({2 * d:.3f}, {d:.3f})" in text


def test_exceptions_with_a_closed_form():
    """A learner would be told a wrong closed form for the intercept-only or the grouped model."""
    text = card("have no closed-form solution in general")
    assert rf"30% ones give $\hat b \approx {math.log(0.3 / 0.7):.3f}$" in text
    assert r"\sum_{i=1}^N \Big(\frac{1}{1+e^{-w^\top x_i}} - y_i\Big)x_i = 0" in text
    assert r"$\hat b = \log\frac{\bar y}{1-\bar y}$" in text
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
        r"\nabla^2L(w) &= \frac1N X^\top SX, \\ S &= \mathrm{diag}\big(p_i(1-p_i)\big)",
        r"\nabla L(w) = \frac1N\sum_{i=1}^N (p_i - y_i)x_i",
        r"\nabla_wp_i = p_i(1-p_i)x_i",
        r"\nabla^2L(w) = \frac1N\sum_{i=1}^N p_i(1-p_i)\thinspace x_ix_i^\top",
        r"\frac1N\sum_{i=1}^N p_i(1-p_i)(x_i^\top v)^2 \ge 0",
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


def test_separable_data():
    """A learner would be told wrong losses, or a wrong long-run behaviour, for separable classes."""
    text = card("hyperplane separates the two classes perfectly")
    assert "For $x = -1$ with label 0, $x = 1$ with label 1" in text and r"$\log(1+e^{-w})$" in text
    rows = re.findall(r"\| (\d+) \| ([\d.]+) \|", text)
    assert [w for w, _ in rows] == ["1", "5", "10"]
    for w, shown in rows:
        exact = math.log1p(math.exp(-int(w)))
        assert abs(float(shown) - exact) <= 0.5 * 10 ** -len(shown.split(".")[1])
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
