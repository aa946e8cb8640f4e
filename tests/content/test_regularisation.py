"""The regularisation chapter: its numbers and derivations, computed anew."""

from __future__ import annotations

import itertools
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("08-regularisation")
card, states = CHAPTER.card, CHAPTER.states


def slope(f, x, step=1e-6):
    """The gradient of a scalar function of an array by central differences."""
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        out[i] = (f(up) - f(down)) / (2 * step)
    return out


# --- weight penalties ------------------------------------------------------------------


def test_gaussian_prior_gives_l2():
    """A learner would be told a wrong penalty strength for a Gaussian prior."""
    text = states(
        "maximum a posteriori",
        r"\frac12\sum_{n=1}^N (y_n - f(x_n; w))^2 + \frac\lambda2\lVert w\rVert^2",
        r"\frac{1}{2\sigma^2}\sum_n (y_n - f(x_n; w))^2",
        r"-\log p(w) &= \frac{1}{2\tau^2}\sum_j w_j^2\\ &= \frac{1}{2\tau^2}\lVert w\rVert^2",
        r"leaves $\lambda = \sigma^2/\tau^2$ in front of $\frac12\lVert w\rVert^2$",
        r"$\lVert w\rVert^2/(2\tau^2)$ is the MAP objective",
    )
    w, s, t = sp.symbols("w s t", positive=True)
    data = [(1, 2), (2, 3), (3, 7)]
    normal = lambda x, sd: sp.exp(-(x**2) / (2 * sd**2)) / (sp.sqrt(2 * sp.pi) * sd)  # noqa: E731
    posterior = normal(w, t) * sp.prod([normal(y - w * x, s) for x, y in data])
    objective = sum((y - w * x) ** 2 for x, y in data) / 2 + s**2 / t**2 * w**2 / 2
    negative = -sp.expand_log(sp.log(posterior), force=True)
    assert sp.simplify(sp.diff(s**2 * negative - objective, w)) == 0
    assert r"$\sigma = 1$ and $\tau = 2$ give $\lambda = 0.25$" in text
    assert (s**2 / t**2).subs({s: 1, t: 2}) == sp.Rational(1, 4)
    assert r"with $\lambda = \sigma^2/\tau^2$" in text and "divides $\\lambda$ by $N$ as well" in text
    # linear f: the minimiser is that of ridge regression with this strength
    x, y = (sp.Matrix(column) for column in zip(*data, strict=True))
    (best,) = sp.solve(sp.diff(objective, w), w)
    assert sp.simplify(best - (x.T * y)[0] / ((x.T * x)[0] + s**2 / t**2)) == 0


def test_pulls_on_large_and_small_weights():
    """A learner would be told wrong pulls of the two penalties."""
    text = states(
        "in the pull they exert",
        r"\frac{d}{dw}\frac\lambda2w^2 &= \lambda w",
        r"\frac{d}{dw}\lambda\lvert w\rvert &= \lambda\cdot\mathrm{sign}(w)",
        r"With $\lambda = 0.1$",
    )
    lam = sp.Rational(1, 10)
    w = sp.symbols("w", positive=True)
    l2, l1 = sp.diff(lam * w**2 / 2, w), sp.diff(lam * w, w)
    pulls = [f"{float(p.subs(w, v)):g}" for v in (10, sp.Rational(1, 100)) for p in (l2, l1)]
    assert pulls == ["1", "0.1", "0.001", "0.1"]
    assert "a weight of $10$ is pulled by $1$ under $L_2$ and by $0.1$ under $L_1$" in text
    assert "a weight of $0.01$ by $0.001$ and by $0.1$" in text


def soft(a, lam):
    return np.sign(a) * max(abs(a) - lam, 0)


def test_soft_threshold():
    """A learner would be told a wrong minimiser under an L1 penalty, or a wrong one under L2."""
    text = states(
        "Derive the minimiser of",
        r"$\frac12(w - a)^2 + \lambda\lvert w\rvert$",
        r"For $w \gt 0$ the derivative is $w - a + \lambda$. It vanishes at $w = a - \lambda$",
        r"For $w \lt 0$ the derivative is $w - a - \lambda$. It vanishes at $w = a + \lambda$",
        r"0 \in -a + [-\lambda, \lambda] \iff \lvert a\rvert \le \lambda",
        r"The penalty $\frac\lambda2w^2$ would give $w^\ast = a/(1 + \lambda)$",
        r"With $\lambda = 1$, $a = 3$",
    )
    assert r"w^\ast = \mathrm{sign}(a)\cdot\max(\lvert a\rvert - \lambda, 0)" in text
    grid = np.linspace(-5, 5, 10001)
    for a, lam in itertools.product((-3, -1, -0.8, 0, 0.5, 1, 2.5), (0.3, 1, 2)):
        best = grid[np.argmin(0.5 * (grid - a) ** 2 + lam * abs(grid))]
        assert best == pytest.approx(soft(a, lam), abs=1e-3)
        best = grid[np.argmin(0.5 * (grid - a) ** 2 + lam / 2 * grid**2)]
        assert best == pytest.approx(a / (1 + lam), abs=1e-3)
    assert soft(3, 1) == 2 and soft(0.8, 1) == 0 and "$a = 3$ gives $2$ and $a = 0.8$ gives exactly $0$" in text
    assert "$1.5$ and $0.4$" in text and (3 / 2, 0.8 / 2) == (1.5, 0.4)


def test_sparsity_picture():
    """A learner would see contours that touch the diamond away from its corner, or the circle on an axis."""
    assert "at a corner on the vertical axis" in card("loss contours meeting")
    drawn = runpy.run_path(str(CONTENT / "pictures" / "networks_and_training.py"))
    assert drawn["contact"](1) == pytest.approx((0, 1), abs=1e-9)
    x, y = drawn["contact"](2)
    assert x > 0.2 and y > 0.2
    gradient = slope(lambda w: drawn["loss"](*w), np.array([0.0, 1.0]))
    assert abs(gradient[0]) < abs(gradient[1])


def test_condition_for_a_zero_weight():
    """A learner would be told a wrong condition for a weight to stay at zero under an L1 penalty."""
    assert r"weight $j$ can stay at zero whenever $\lvert\partial L/\partial w_j\rvert \le \lambda$" in card(
        "loss contours meeting"
    )
    rng = np.random.default_rng(0)
    x, y, lam = rng.normal(size=(30, 6)), rng.normal(size=30), 3.0
    w, rate = np.zeros(6), 1 / np.linalg.norm(x, 2) ** 2
    for _ in range(5000):
        step = w - rate * x.T @ (x @ w - y)
        w = np.sign(step) * np.maximum(abs(step) - rate * lam, 0)
    states(
        "loss contours meeting", r"the penalty $\frac\lambda2\lVert w\rVert_2^2$ it needs $\partial L/\partial w_j = 0$"
    )
    ridge = np.linalg.solve(x.T @ x + lam * np.eye(6), x.T @ y)
    np.testing.assert_allclose(x.T @ (x @ ridge - y), -lam * ridge)  # zero exactly where the weight is
    gradient = x.T @ (x @ w - y)
    assert 0 < np.count_nonzero(w) < 6
    assert (abs(gradient[w == 0]) <= lam).all()
    np.testing.assert_allclose(gradient[w != 0], -lam * np.sign(w[w != 0]))


# --- dropout ---------------------------------------------------------------------------------


def test_inverted_dropout_moments():
    """A learner would be told a wrong mean, variance or example of inverted dropout."""
    text = states(
        "How does dropout treat",
        r"m_j &\sim \mathrm{Bernoulli}(1 - p)\\ \tilde h_j &= \frac{m_j}{1 - p}h_j",
        "multiplied weights by $1 - p$ at test time",
        "With $p = 0.2$ and $h_j = 4$",
        r"$\mathrm{Var}(\tilde h_j) = \frac{p}{1 - p}h_j^2$",
    )
    p, h = sp.symbols("p h", positive=True)
    outcomes = [(p, 0), (1 - p, h / (1 - p))]
    mean = sum(q * v for q, v in outcomes)
    variance = sum(q * v**2 for q, v in outcomes) - mean**2
    assert sp.simplify(mean - h) == 0
    assert sp.simplify(variance - p / (1 - p) * h**2) == 0
    at = {p: sp.Rational(1, 5), h: 4}
    assert (h / (1 - p)).subs(at) == 5 and "$0$ a fifth of the time and $5$ otherwise" in text
    assert variance.subs(at) == 4 and "here $4$" in text


def test_geometric_ensemble_of_a_softmax_layer():
    """A learner would be told wrongly that dropout on a softmax layer is an exact geometric ensemble."""
    text = states("How exact is the view", "one of $2^n$ subnetworks on $n$ units", "$n = 100$ units")
    assert "the softmax of averaged logits is the renormalised geometric mean" in text
    rng = np.random.default_rng(1)
    x, w, keep = rng.normal(size=5), rng.normal(size=(5, 3)), 0.7
    softmax = lambda s: np.exp(s) / np.exp(s).sum()  # noqa: E731
    log_mean, plain_mean = np.zeros(3), np.zeros(3)
    for mask in itertools.product((0, 1), repeat=5):
        weight = np.prod([keep if m else 1 - keep for m in mask])
        p = softmax((np.array(mask) / keep * x) @ w)
        log_mean += weight * np.log(p)
        plain_mean += weight * p
    np.testing.assert_allclose(np.exp(log_mean) / np.exp(log_mean).sum(), softmax(x @ w))
    assert not np.allclose(plain_mean, softmax(x @ w), atol=1e-3)
    assert f"{2.0**100:.1e}" == "1.3e+30" and r"2^{100} \approx 1.3\cdot10^{30}" in text


def test_dropout_as_weighted_ridge():
    """A learner would be told a wrong penalty for dropout on the inputs of linear regression."""
    states(
        "dropout on the inputs",
        r"$\hat y = \sum_j \frac{m_j}{q}x_jw_j$",
        r"(t - x^\top w)^2 + \frac{1 - q}{q}\sum_j x_j^2w_j^2",
        r"\mathrm{Var}\Bigl(\frac{m_j}{q}\Bigr) = \frac{q(1 - q)}{q^2} = \frac{1 - q}{q}",
        r"\mathrm{Var}(\hat y) = \frac{1 - q}{q}\sum_j x_j^2w_j^2",
        r"\mathbb{E}[(t - \hat y)^2] = (t - \mathbb{E}[\hat y])^2 + \mathrm{Var}(\hat y)",
        r"weight $w_j$ pays $\frac{1 - q}{q}w_j^2\sum_n x_{nj}^2$",
        "At $q = 0.5$ the factor is 1",
    )
    rng = np.random.default_rng(2)
    x, w, t = rng.normal(size=4), rng.normal(size=4), 0.3
    for q in (0.3, 0.5, 0.9):
        expected = 0.0
        for mask in itertools.product((0, 1), repeat=4):
            weight = np.prod([q if m else 1 - q for m in mask])
            expected += weight * (t - (np.array(mask) / q * x) @ w) ** 2
        assert expected == pytest.approx((t - x @ w) ** 2 + (1 - q) / q * (x**2 @ w**2))


# --- normalisation ----------------------------------------------------------------------------


def batch_norm(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


def test_batch_norm_forward():
    """A learner would be told a wrong example, mean, variance or identity setting of batch normalisation."""
    text = card("Derive the batch-normalisation forward pass")
    states(
        "Derive the batch-normalisation forward pass",
        r"\hat x_n = \frac{x_n - \mu}{\sqrt{v + \epsilon}}, \qquad y_n = \gamma\hat x_n + \beta",
        r"\mu = \frac1N\sum_{n=1}^N x_n",
        r"v = \frac1N\sum_{n=1}^N (x_n - \mu)^2",
        r"its variance $v/(v + \epsilon) \approx 1$",
        r"$\gamma = \sqrt{v + \epsilon}$ and $\beta = \mu$ would undo",
    )
    x = np.array([0.0, 6, 6, 8])
    assert "The batch $(0, 6, 6, 8)$ has mean 5 and variance 9" in text and (x.mean(), x.var()) == (5, 9)
    assert ", ".join(f"{v:.2f}" if v != 1 else "1" for v in batch_norm(x, 1, 0, 0)) in text
    y, eps = batch_norm(x, 1, 0, 0.5), 0.5
    assert y.mean() == pytest.approx(0) and y.var() == pytest.approx(9 / (9 + eps))
    np.testing.assert_allclose(batch_norm(x, np.sqrt(9 + eps), 5, eps), x)
    np.testing.assert_allclose(batch_norm(x + 3, 2, 1), batch_norm(x, 2, 1))


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.5])
def test_batch_norm_backward(eps):
    """A learner would be told a wrong gradient of batch normalisation."""
    text = states(
        "Derive the backward pass of batch normalisation",
        r"\frac{\partial L}{\partial\beta} &= \sum_n g_n\\ \frac{\partial L}{\partial\gamma} &= \sum_n g_n\hat x_n",
        r"\frac{\partial\mu}{\partial x_k} = \frac1N, \quad \frac{\partial v}{\partial x_k} = \frac{2(x_k - \mu)}{N}",
        r"\frac{\partial s}{\partial x_k} = \frac{1}{2s}\cdot\frac{2(x_k - \mu)}{N} = \frac{\hat x_k}{N}",
        r"\frac{\delta_{nk} - \frac1N}{s} - \frac{x_n - \mu}{s^2}\cdot\frac{\hat x_k}{N}",
        r"\frac1s\Bigl(\delta_{nk} - \frac1N - \frac{\hat x_n\hat x_k}{N}\Bigr)",
    )
    assert r"\frac{\gamma}{s}\Bigl(g_k - \overline{g} - \hat x_k\overline{g\hat x}\Bigr)" in text
    rng = np.random.default_rng(3)
    x, c, gamma, beta = rng.normal(size=7), rng.normal(size=7), 1.7, -0.4
    loss = lambda y: (c * np.sin(y)).sum()  # noqa: E731
    s = np.sqrt(x.var() + eps)
    xh = (x - x.mean()) / s
    g = c * np.cos(gamma * xh + beta)
    np.testing.assert_allclose(
        gamma / s * (g - g.mean() - xh * (g * xh).mean()),
        slope(lambda v: loss(batch_norm(v, gamma, beta, eps)), x),
        atol=1e-7,
    )
    np.testing.assert_allclose(
        g.sum(), slope(lambda v: loss(batch_norm(x, gamma, v[0], eps)), np.array([beta]))[0], atol=1e-7
    )
    np.testing.assert_allclose(
        (g * xh).sum(), slope(lambda v: loss(batch_norm(x, v[0], beta, eps)), np.array([gamma]))[0], atol=1e-7
    )
    # The steps on the card.
    np.testing.assert_allclose(slope(np.var, x), 2 * (x - x.mean()) / 7, atol=1e-8)
    np.testing.assert_allclose(slope(lambda v: np.sqrt(v.var() + eps), x), xh / 7, atol=1e-8)
    for n in range(7):
        row = ((np.arange(7) == n) - 1 / 7 - xh[n] * xh / 7) / s
        np.testing.assert_allclose(slope(lambda v, n=n: batch_norm(v, 1, 0, eps)[n], x), row, atol=1e-7)
    gradient = g - g.mean() - xh * (g * xh).mean()
    assert gradient.sum() == pytest.approx(0, abs=1e-12)
    if eps == 0:
        assert gradient @ xh == pytest.approx(0, abs=1e-12)


def test_batch_norm_folds_into_the_layer_before():
    """A learner would be told a wrong factor for merging batch normalisation into a dense layer."""
    text = card("differ between training and inference")
    assert r"column $j$ of $W$ is multiplied by $\gamma_j/s_j$ and the bias becomes" in text
    assert r"$(b_j - \mu_{\text{run},j})\gamma_j/s_j + \beta_j$" in text
    rng = np.random.default_rng(4)
    x, w, b, mu, gamma, beta = (rng.normal(size=n) for n in ((5, 3), (3, 4), 4, 4, 4, 4))
    s = np.sqrt(rng.random(4) + 0.1)
    np.testing.assert_allclose(gamma * (x @ w + b - mu) / s + beta, x @ (w * (gamma / s)) + (b - mu) * gamma / s + beta)


def test_layer_norm_ignores_the_other_tokens():
    """A learner would be told wrongly that layer norm keeps tokens apart and batch norm ties them together."""
    assert "over the features of each token alone" in card("rather than batch normalisation")
    rng = np.random.default_rng(5)
    x = rng.normal(size=(6, 4))
    layer = lambda x: (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)  # noqa: E731
    batch = lambda x: (x - x.mean(0)) / x.std(0)  # noqa: E731
    np.testing.assert_allclose(layer(x)[:1], layer(x[:1]))
    later = x.copy()
    later[5] += 1  # a later token reaches an earlier one through batch statistics only
    assert (layer(later)[0] == layer(x)[0]).all() and not np.allclose(batch(later)[0], batch(x)[0])


def test_identity_path_of_pre_ln():
    """A learner would be told wrongly which of pre-LN and post-LN keeps an identity path, or lets the stream grow."""
    text = card("How do pre-LN and post-LN")
    assert r"\text{post-LN:} \quad x &\leftarrow \mathrm{LN}(x + F(x))" in text
    assert r"\text{pre-LN:} \quad x &\leftarrow x + F(\mathrm{LN}(x))" in text
    rng = np.random.default_rng(6)
    norm = lambda x: (x - x.mean()) / x.std()  # noqa: E731
    weights = rng.normal(size=(24, 64, 64)) / 8
    pre = post = start = rng.normal(size=64)
    sizes = []
    for w in weights:
        pre, post = pre + w @ norm(pre), norm(post + w @ post)
        sizes.append((pre.std(), post.std()))
    assert sizes[-1][0] > 3 * sizes[0][0] and sizes[-1][1] == pytest.approx(1)

    def faint(block):
        """The gradient through 24 blocks whose sublayers hardly do anything."""

        def stack(x):
            for w in weights * 1e-6:
                x = block(x, w)
            return direction @ x

        return slope(stack, start)

    direction = rng.normal(size=64)
    np.testing.assert_allclose(faint(lambda x, w: x + w @ norm(x)), direction, atol=1e-3)
    assert not np.allclose(faint(lambda x, w: norm(x + w @ x)), direction, atol=0.1)
