"""The linear regression chapter: every number and derivation on its cards, recomputed."""

from __future__ import annotations

import importlib.util
import inspect
import re

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("04-linear-regression")
card, states = CHAPTER.written, CHAPTER.states


@pytest.fixture(scope="module")
def pictures():
    path = CONTENT / "pictures" / "probability_and_regression.py"
    spec = importlib.util.spec_from_file_location("probability_and_regression", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


THREE_POINTS = sp.Matrix([[1, 0], [1, 1], [1, 2]]), sp.Matrix([1, 2, 4])


def test_normal_equations_gradient_and_hessian():
    """A learner would be told a wrong gradient, Hessian or closed form of least squares."""
    states(
        "Derive the closed-form solution",
        r"\hat w = (X^\top X)^{-1}X^\top y",
        r"L(w) = {}&w^\top X^\top Xw\\ &{}- 2w^\top X^\top y + y^\top y",
        r"$w^\top Aw$ has the gradient $2Aw$",
        r"\nabla L(w) = 2X^\top Xw - 2X^\top y = 0",
        r"The Hessian $2X^\top X$",
        r"v^\top X^\top Xv = \lVert Xv\rVert^2 \ge 0",
    )
    w = sp.Matrix(sp.symbols("w1:3"))
    x = sp.Matrix(3, 2, sp.symbols("x1:7"))
    y = sp.Matrix(sp.symbols("y1:4"))
    loss = ((x * w - y).T * (x * w - y))[0]
    expanded = (w.T * x.T * x * w)[0] - 2 * (w.T * x.T * y)[0] + (y.T * y)[0]
    assert sp.expand(loss - expanded) == 0
    gradient = sp.Matrix([sp.diff(loss, v) for v in w])
    assert (gradient - 2 * (x.T * x * w - x.T * y)).applyfunc(sp.expand) == sp.zeros(2, 1)
    assert (sp.hessian(loss, list(w)) - 2 * x.T * x).applyfunc(sp.expand) == sp.zeros(2, 2)


def test_three_point_example():
    """A learner would be told a wrong fitted line, or wrong residuals, for the points (0,1), (1,2), (2,4)."""
    x, y = THREE_POINTS
    assert x.T * x == sp.Matrix([[3, 3], [3, 5]]) and x.T * y == sp.Matrix([7, 10])
    w = (x.T * x).inv() * x.T * y
    assert list(w) == [sp.Rational(5, 6), sp.Rational(3, 2)]
    states(
        "Which line",
        "$(0,1), (1,2), (2,4)$",
        r"\begin{pmatrix} 3 & 3 \\ 3 & 5 \end{pmatrix}\begin{pmatrix} a \\ b \end{pmatrix} = "
        r"\begin{pmatrix} 7 \\ 10 \end{pmatrix}",
        r"$\hat y = \frac56 + \frac32x$",
        "difference says $2b = 3$",
        r"3 points, $\sum x = 3$, $\sum x^2 = 5$, $\sum y = 7$, $\sum xy = 10$",
    )
    residual = y - x * w
    assert list(residual) == [sp.Rational(1, 6), -sp.Rational(1, 3), sp.Rational(1, 6)]
    states(
        "What do the residuals add up to",
        r"The line $\hat y = \frac56 + \frac32x$ through $(0,1), (1,2), (2,4)$ leaves $\frac16, -\frac13, \frac16$",
    )
    states("look like geometrically", r"X^\top(y - X\hat w) = 0")
    assert sum(residual) == 0
    assert x.T * residual == sp.zeros(2, 1)


def test_singular_cases_and_remedies():
    """A learner would be told a wrong case in which the normal equations are singular, or a remedy that fails."""
    states(
        r"When is the matrix $X^\top X$",
        r"fewer examples than features ($n \lt d$)",
        "one-hot columns for *all* categories next to an intercept",
    )
    states("already has the temperature", r"F = 1.8\thinspace C + 32", "They agree on all rows of $X$", "ridge penalty")
    rng = np.random.default_rng(0)
    celsius = rng.normal(20, 8, size=12)
    ones = np.ones(12)
    group = np.eye(3)[np.arange(12) % 3]
    cases = {
        "fewer examples than features": rng.normal(size=(4, 6)),
        "two scales and intercept": np.c_[ones, celsius, 1.8 * celsius + 32],
        "one-hot and intercept": np.c_[ones, group],
    }
    for name, x in cases.items():
        y = rng.normal(size=len(x))
        rank, width = np.linalg.matrix_rank(x), x.shape[1]
        assert rank < width, name
        assert np.linalg.matrix_rank(x.T @ x) == rank, name
        shortest = np.linalg.pinv(x) @ y
        null = np.linalg.svd(x)[2][-1]
        assert np.allclose(x @ (shortest + 3 * null), x @ shortest, atol=1e-8), name
        assert np.linalg.norm(shortest) < np.linalg.norm(shortest + 0.1 * null), name
        elsewhere = rng.normal(size=width)
        assert abs(elsewhere @ (shortest + 3 * null) - elsewhere @ shortest) > 1e-6, name
        assert np.linalg.eigvalsh(x.T @ x + 0.5 * np.eye(width)).min() > 0.49, name
    x = cases["two scales and intercept"]
    null = np.linalg.svd(x)[2][-1]
    new_day, faulty = np.array([1, 25.0, 77.0]), np.array([1, 25.0, 90.0])
    assert abs(new_day @ null) < 1e-9 < 0.1 < abs(faulty @ null)


def test_almost_equal_features():
    """A learner would be told wrong weights for two almost equal features."""
    text = states("two features are almost equal", "rows $(1, 1)$ and $(1, 1.01)$", "targets $1$ and $1.1$")
    x = np.array([[1, 1], [1, 1.01]])
    for target, shown in ((1.1, "$w = (-9, 10)$"), (0.9, "second target to $0.9$: $w = (11, -10)$")):
        w = np.linalg.solve(x, [1, target])
        assert shown in text and f"({w[0]:.0f}, {w[1]:.0f})" in shown


def test_condition_number_and_memory():
    """A learner would be told that the condition number is squared, or a size in memory, wrongly."""
    x = np.random.default_rng(5).normal(size=(30, 6)) * 10.0 ** np.arange(6)
    text = states("Which loses more digits", r"\kappa(X^\top X) = \kappa(X)^2")
    assert np.isclose(np.linalg.cond(x.T @ x), np.linalg.cond(x) ** 2, rtol=1e-4)
    digits = -np.log10(np.finfo(float).eps * (10**6) ** 2)
    assert 3.5 < digits < 4.5 and r"For $\kappa(X) = 10^6$ some 4 of the 16 digits" in text
    text = states("Estimate the memory", "with $10^5$ features")
    entries = (10**5) ** 2
    size = np.dtype(float).itemsize
    assert f"{entries * size / 1e9:.0f} GB: $10^{{{np.log10(entries):.0f}}}$ entries of {size} bytes" in text


def test_operation_counts():
    """A learner would be told a wrong cost of Cholesky, QR or a gradient step for least squares."""
    text = card("Which loses more digits")
    n, d, k, scale = sp.symbols("n d k s", positive=True)

    def leading(count):
        """The terms of highest order when both sizes grow together."""
        grown = sp.expand(count.subs({n: scale * n, d: scale * d}, simultaneous=True))
        return grown.coeff(scale, sp.degree(grown, scale))

    gram = d * (d + 1) / 2 * 2 * n  # half of a symmetric matrix, each entry n products and sums
    cholesky = sp.summation(2 * k * (d - k), (k, 0, d - 1))  # entry after entry, two operations for each earlier column
    reflections = sp.summation(4 * (n - k) * (d - k), (k, 0, d - 1))  # a dot product and a subtraction a column
    step = 2 * n * d + 2 * n * d  # Xw, then the transpose times the residual
    rows = dict(re.findall(r"\| (\w+)[^|]* \| \$([^$]+)\$ \|", text))
    for name, cost in rows.items():
        product = re.sub(r"(?<=[\dnd])(?=[nd])", "*", cost).replace("^", "**")
        rows[name] = sp.sympify(product, {"n": n, "d": d})
    assert sp.expand(rows["Cholesky"] - leading(gram + cholesky)) == 0
    assert sp.expand(rows["Householder"] - leading(reflections)) == 0
    assert sp.expand(rows["One"] - step) == 0
    assert (
        sp.limit(leading(reflections) / leading(gram + cholesky), n, sp.oo) == 2 and "about twice as fast as QR" in text
    )


def test_squared_error_from_gaussian_likelihood():
    """A learner would be told a wrong negative log-likelihood for Gaussian or Laplace noise."""
    f, y = sp.symbols("f1:4", real=True), sp.symbols("y1:4", real=True)
    s = sp.symbols("s", positive=True)

    def density(a, b):
        return sp.exp(-((a - b) ** 2) / (2 * s**2)) / sp.sqrt(2 * sp.pi * s**2)

    direct = -sum(sp.log(density(a, b)) for a, b in zip(y, f, strict=True))
    claimed = sp.Rational(3, 2) * sp.log(2 * sp.pi * s**2) + sum((a - b) ** 2 for a, b in zip(y, f, strict=True)) / (
        2 * s**2
    )
    assert sp.simplify(sp.expand_log(direct - claimed, force=True)) == 0
    weighted = sp.diff(-sp.log(density(y[0], f[0])), f[0])
    assert sp.simplify(weighted - (f[0] - y[0]) / s**2) == 0, "each square is weighted by 1/sigma^2"
    states(
        "Derive mean squared error",
        r"\frac{e^{-r_i^2/(2\sigma^2)}}{\sqrt{2\pi\sigma^2}}",
        r"With the residual $r_i = y_i - f_\theta(x_i)$",
        r"\frac{n}{2}\log(2\pi\sigma^2) + \frac{1}{2\sigma^2}\sum_{i=1}^n r_i^2",
        r"\frac1n\sum_{i=1}^n (y_i - f_\theta(x_i))^2",
    )
    states("some measurements are noisier", r"\frac{(y_i - \hat y_i)^2}{\sigma_i^2}", "deviation counts a quarter")
    laplace = sp.exp(-sp.Abs(y[0] - f[0]) / s) / (2 * s)
    rest = sp.expand_log(-sp.log(laplace), force=True) - sp.Abs(y[0] - f[0]) / s
    assert f[0] not in rest.free_symbols, "Laplace noise gives the absolute error"
    states("Laplace density", r"$\sum_i \lvert y_i - \hat y_i\rvert$")


def test_mean_and_median():
    """A learner would be told wrong minimisers of squared and absolute error."""
    data = np.array([1, 2, 3, 4, 90.0])
    text = card("Which property of the targets")
    grid = np.linspace(0, 100, 10001)
    squared = ((data[:, None] - grid) ** 2).mean(axis=0)
    absolute = np.abs(data[:, None] - grid).mean(axis=0)
    mean, median = grid[squared.argmin()], grid[absolute.argmin()]
    shown = ", ".join(f"{v:.0f}" for v in data)
    assert f"For the targets {shown} the mean is {mean:.0f} and the median {median:.0f}" in text
    coin = np.array([-1.0, 1.0])
    text = states("each half of the time. What does a network", "the target is $-1$ or $1$")
    assert f"{coin.mean():.0f}, the mean, a value that never occurs" in text
    states("least expected absolute error", r"The slope in $c$ is $P(y \lt c) - P(y \gt c)$")
    y, c = sp.symbols("y c", real=True)
    density = 2 * y  # on [0, 1]
    loss = sp.integrate((c - y) * density, (y, 0, c)) + sp.integrate((y - c) * density, (y, c, 1))
    below, above = sp.integrate(density, (y, 0, c)), sp.integrate(density, (y, c, 1))
    assert sp.simplify(sp.diff(loss, c) - (below - above)) == 0


def test_bias_and_variance_example():
    """A learner would be told a wrong bias or variance for four small predictions, or for a halved estimate."""
    text = card("What is their mean squared distance")
    truth, *predictions = map(
        float,
        re.search(
            r"truth is \$(\d)\$.*predictions \$([\d.]+)\$, \$([\d.]+)\$, \$([\d.]+)\$ and \$([\d.]+)\$\.", text
        ).groups(),
    )
    mean, spread = np.mean(predictions), np.var(predictions)
    distance = np.mean((np.array(predictions) - truth) ** 2)
    assert f"${distance:.2f}$: a squared bias of ${(mean - truth) ** 2:.0f}$ and a variance of ${spread:.2f}$" in text
    assert np.isclose(distance, (mean - truth) ** 2 + spread)
    squares = sorted({float(v) for v in (np.array(predictions) - truth) ** 2})
    assert f"two squares of ${squares[0]:.2f}$ and two of ${squares[1]:.2f}$" in text
    text = states("An unbiased estimator has a smaller", r"(-0.5)^2 + 0.25 = 0.5")
    bias, variance = 0.5 * 1 - 1, 0.5**2 * 1
    assert (bias, variance, bias**2 + variance) == (-0.5, 0.25, 0.5)


def test_bias_variance_decomposition():
    """A learner would be told that bias squared, variance and noise add up to the expected error when they do not."""
    states(
        "Derive the bias–variance decomposition",
        r"\mathbb{E}\big[(y - \hat f)^2\big] = {}&(f - \bar f)^2\\ "
        r"&{}+ \mathbb{E}\big[(\hat f - \bar f)^2\big]\\ &{}+ \sigma^2",
        r"\mathbb{E}[(y-\hat f)^2] = \mathbb{E}[(f-\hat f)^2] + \sigma^2",
        r"$f - \hat f = (f - \bar f) + (\bar f - \hat f)$",
        r"\mathbb{E}[(f-\hat f)^2] = {}&(f-\bar f)^2\\ &{}+ \mathbb{E}[(\hat f-\bar f)^2]",
    )
    # every possible training set of three targets with noise -1 or +1, a slope through the origin shrunk by ridge
    x, truth, new_x = np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]), 1.5
    noises = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
    predictions = np.array([new_x * (x @ (truth + e)) / (x @ x + 2) for e in noises])
    target = new_x**2
    errors = [(target + e - p) ** 2 for p in predictions for e in (-1, 1)]
    parts = (target - predictions.mean()) ** 2, predictions.var(), 1.0
    assert parts[0] > 0.01 and parts[1] > 0.01
    assert np.isclose(np.mean(errors), sum(parts))


def test_variance_of_a_fit():
    """A learner would be told a wrong average variance of a least-squares fit."""
    text = states(
        "the variance $\\sigma^2d/n$",
        r"$P = X(X^\top X)^{-1}X^\top$, which satisfies $P^\top = P = P^2$",
        r"\mathrm{Cov}(\hat y) = P(\sigma^2I)P^\top = \sigma^2P",
        r"&= \frac{\sigma^2}{n}\thinspace\mathrm{tr}(P)\\ &= \frac{\sigma^2d}{n}",
    )
    x = np.random.default_rng(1).normal(size=(9, 4))
    p = x @ np.linalg.inv(x.T @ x) @ x.T
    assert np.allclose(p, p.T) and np.allclose(p, p @ p) and np.isclose(np.trace(p), 4)
    assert f"an average variance of ${10 / 20:g}$" in text and "degree 9 has 10 coefficients: on 20 points" in text


def test_polynomial_picture(pictures):
    """A learner would see wrong biases and variances in the polynomial picture."""
    text = card("What is the bias–variance trade-off")
    assert r"fitted to 20 points of $\sin 5x$ on $[0, 1]$ with noise variance 1" in text
    assert "least at degree 3]" in text
    x = np.linspace(0, 1, 20)
    truth = np.sin(5 * x)
    sums = []
    for degree, bias, variance in pictures.polynomial_fit_errors():
        design = np.polynomial.legendre.legvander(2 * x - 1, degree)
        hat = design @ np.linalg.pinv(design)
        exact_bias = ((truth - hat @ truth) ** 2).mean()
        exact_variance = (hat**2).sum(axis=1).mean()
        assert abs(bias - exact_bias) < 1e-9 and abs(variance - exact_variance) < 1e-9
        assert np.isclose(exact_variance, (degree + 1) / 20)
        sums.append(exact_bias + exact_variance)
    assert int(np.argmin(sums)) == 3


def test_double_descent_curve(pictures):
    """A learner would be shown a wrong curve of double descent, or told wrong minima."""
    rng = np.random.default_rng(11)
    n, total, trials = 40, 100, 300
    squares = np.arange(1, total + 1) ** -0.7
    beta = np.sqrt(squares / squares.sum())
    for p in (7, 25, 60, 100):
        risks = []
        for _ in range(trials):
            x = rng.normal(size=(n, total))
            y = x @ beta + 0.2 * rng.normal(size=n)
            estimate = np.zeros(total)
            estimate[:p] = np.linalg.lstsq(x[:, :p], y, rcond=None)[0]
            risks.append(((estimate - beta) ** 2).sum() + 0.04)
        assert abs(np.mean(risks) - pictures.double_descent_risk(p)) < 5 * np.std(risks) / np.sqrt(trials)
    left = {p: pictures.double_descent_risk(p) for p in range(0, 39)}
    right = {p: pictures.double_descent_risk(p) for p in range(42, 101)}
    text = card("under double descent")
    assert min(left, key=left.get) == 7 and min(right, key=right.get) == 100
    assert "minimum at 7 features" in text
    assert f"${left[7]:.2f}$ at best on the left, ${right[100]:.2f}$ with all 100 features" in text
    assert left[38] > 10 and right[42] > 10
    used = inspect.signature(pictures.double_descent_risk).parameters
    assert f"least squares with {used['n'].default} examples" in text and used["features"].default == 100
    assert f"fall as $j^{{-{used['decay'].default}}}$ and add up to 1" in text
    assert f"the noise variance is {used['noise'].default ** 2:.2f}" in text
