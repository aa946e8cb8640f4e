"""The regularisation chapter: its numbers and derivations, computed anew."""

from __future__ import annotations

import itertools
import math
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
    states(
        "maximum a posteriori",
        r"residuals $r_i = y_i - f(x_i; w)$ and $\lambda = \sigma^2/s^2$",
        r"\frac12\sum_{i=1}^n r_i^2 + \frac\lambda2\lVert w\rVert^2",
        r"\frac{1}{2\sigma^2}\sum_{i=1}^n r_i^2 + \frac{1}{2s^2}\lVert w\rVert^2",
        r"leaves $\lambda = \sigma^2/s^2$",
    )
    w, s, t = sp.symbols("w s t", positive=True)
    data = [(1, 2), (2, 3), (3, 7)]
    normal = lambda x, sd: sp.exp(-(x**2) / (2 * sd**2)) / (sp.sqrt(2 * sp.pi) * sd)  # noqa: E731
    posterior = normal(w, t) * sp.prod([normal(y - w * x, s) for x, y in data])
    objective = sum((y - w * x) ** 2 for x, y in data) / 2 + s**2 / t**2 * w**2 / 2
    negative = -sp.expand_log(sp.log(posterior), force=True)
    assert sp.simplify(sp.diff(s**2 * negative - objective, w)) == 0
    text = states("the data become noisier", "Stronger:", r"$\lambda = \sigma^2/s^2$")
    for noise in (1, 2):
        strength = (s**2 / t**2).subs({s: noise, t: 2})
        assert f"$\\sigma = {noise}$ gives $\\lambda = {float(strength):g}$" in text
    states("You change the loss from the *sum*", "Divide $\\lambda$ by $n$ to get the same minimum")
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
    assert "a weight of $0.01$ is pulled by $0.001$ under $L_2$ and by $0.1$ under $L_1$" in text


def soft(a, lam):
    return np.sign(a) * max(abs(a) - lam, 0)


def test_soft_threshold():
    """A learner would be told a wrong minimiser under an L1 penalty, or a wrong one under L2."""
    text = states(
        "Derive the minimiser of",
        r"$\frac12(w - a)^2 + \lambda\lvert w\rvert$",
        r"The derivative $w - a + \lambda$ vanishes at $w = a - \lambda$",
        r"The derivative $w - a - \lambda$ vanishes at $w = a + \lambda$",
        r"exactly if $\lvert a\rvert \le \lambda$",
    )
    assert r"w^\ast = \mathrm{sign}(a)\cdot\max(\lvert a\rvert - \lambda, 0)" in text
    grid = np.linspace(-5, 5, 10001)
    for a, lam in itertools.product((-3, -1, -0.8, 0, 0.5, 1, 2.5), (0.3, 1, 2)):
        best = grid[np.argmin(0.5 * (grid - a) ** 2 + lam * abs(grid))]
        assert best == pytest.approx(soft(a, lam), abs=1e-3)
        best = grid[np.argmin(0.5 * (grid - a) ** 2 + lam / 2 * grid**2)]
        assert best == pytest.approx(a / (1 + lam), abs=1e-3)
    text = states("which one belongs to", r"$\lambda = 1$ here", r"it divides by $1 + \lambda$")
    assert soft(0.8, 1) == 0 and f"At $a = 0.8$, A gives 0 and B gives ${0.8 / 2:.1f}$" in text


def test_two_equal_features():
    """A learner would be told wrongly how the two penalties split a weight between two copies of a feature."""
    states("Two features are identical copies", "$1^2 + 1^2 = 2$, while $2^2 + 0^2 = 4$", "$1 + 1 = 2 + 0$")
    splits = np.linspace(0, 2, 201)
    assert splits[np.argmin(splits**2 + (2 - splits) ** 2)] == pytest.approx(1)
    np.testing.assert_allclose(abs(splits) + abs(2 - splits), 2)


def test_no_exact_zeros_from_gradient_steps():
    """A learner would be told that plain steps on an L1 penalty hop around zero when they reach it."""
    states("Now I count how many weights are exactly 0", r"moves a small weight by about $\eta\lambda$")
    w, prox, rate, lam, a = 1.0, 1.0, 0.1, 0.5, 0.3
    seen = []
    for _ in range(1000):
        w -= rate * (w - a + lam * np.sign(w))
        step = prox - rate * (prox - a)
        prox = soft(step, rate * lam)
        seen.append(w)
    assert prox == 0 and 0 not in seen and min(seen[500:]) < 0 < max(seen[500:])
    assert max(abs(v) for v in seen[500:]) < 2 * rate * lam


# --- stopping, augmenting, smoothing ------------------------------------------------------------


def test_early_stopping_as_a_penalty():
    """A learner would be told a wrong factor of early stopping or of the penalty that it resembles."""
    states(
        "Show that early stopping acts like",
        r"w_i = \bigl(1 - (1 - \eta\lambda_i)^t\bigr)w_i^\star",
        r"w_i = \frac{\lambda_i}{\lambda_i + \alpha}\thinspace w_i^\star",
        r"$\alpha \approx 1/(\eta t)$",
    )
    curvature, star, rate, t = np.array([1.0, 0.1, 1e-4]), np.array([2.0, -1, 3]), 0.1, 50
    w = np.zeros(3)
    for _ in range(t):
        w -= rate * curvature * (w - star)
    np.testing.assert_allclose(w, (1 - (1 - rate * curvature) ** t) * star)
    alpha = 1 / (rate * t)
    ridge = np.linalg.solve(np.diag(curvature + alpha), curvature * star)
    np.testing.assert_allclose(ridge, curvature / (curvature + alpha) * star)
    assert w[2] == pytest.approx(ridge[2], rel=1e-2) and w[0] / star[0] > 0.95


def test_luck_of_the_best_checkpoint():
    """A learner would be told a wrong standard error of an accuracy."""
    text = card("I kept the best of 200 checkpoints")
    assert (
        f"1,000 validation examples the standard error at 90 % is about {100 * math.sqrt(0.9 * 0.1 / 1000):.2f}" in text
    )


def test_label_smoothing():
    """A learner would be told wrong targets, a wrong least loss or a wrong gap of logits under label smoothing."""
    states("What does label smoothing do", r"t_k = (1 - \alpha)\thinspace[k = y] + \frac{\alpha}{K}")
    targets = 0.9 * np.eye(10)[0] + 0.1 / 10
    assert targets.sum() == pytest.approx(1)
    text = states("training loss is stuck at 0.50", r"-0.91\log0.91 - 9\cdot0.01\log0.01\\ &\approx 0.50")
    assert f"${targets[0]:.2f}$ for the true class and ${targets[1]:.2f}$" in text
    least = -(targets * np.log(targets)).sum()
    assert f"{least:.2f}" == "0.50"
    gap = math.log(targets[0] / targets[1])
    text = card("by how much the true class's logit exceeds")
    assert rf"\log 91 \approx {gap:.2f}" in text and f"By about {gap:.1f}" in text
    logits = gap * np.eye(10)[0]
    log_p = logits - np.log(np.exp(logits).sum())
    assert -(targets * log_p).sum() == pytest.approx(least)


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
    assert r"weight $j$ stays at 0 as long as $\lvert\partial L/\partial w_j\rvert \le \lambda$" in card(
        "loss contours meeting"
    )
    rng = np.random.default_rng(0)
    x, y, lam = rng.normal(size=(30, 6)), rng.normal(size=30), 3.0
    w, rate = np.zeros(6), 1 / np.linalg.norm(x, 2) ** 2
    for _ in range(5000):
        step = w - rate * x.T @ (x @ w - y)
        w = np.sign(step) * np.maximum(abs(step) - rate * lam, 0)
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
        r"m_j &\sim \mathrm{Bernoulli}(1 - p)\\ \tilde a_j &= \frac{m_j}{1 - p}\thinspace a_j",
        "with $p = 0.2$, an output of 4 becomes 5 four times in five and otherwise 0",
    )
    p, h = sp.symbols("p h", positive=True)
    outcomes = [(p, 0), (1 - p, h / (1 - p))]
    mean = sum(q * v for q, v in outcomes)
    assert sp.simplify(mean - h) == 0
    at = {p: sp.Rational(1, 5), h: 4}
    assert (h / (1 - p)).subs(at) == 5 and (1 - p).subs(at) == sp.Rational(4, 5) and "4 becomes 5" in text
    states("zeroes units in training but the survivors are not rescaled", "$p = 0.5$", "inputs twice as large")
    assert 1 / (1 - 0.5) == 2


def test_geometric_ensemble_of_a_softmax_layer():
    """A learner would be told wrongly that dropout on a softmax layer is an exact geometric ensemble."""
    states("How exact is the view", "one of $2^n$ subnetworks of $n$ units", "averaged by their geometric mean")
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


def test_dropout_as_weighted_ridge():
    """A learner would be told a wrong penalty for dropout on the inputs of linear regression."""
    states(
        "dropout on the inputs",
        r"$\hat y = \sum_j \frac{m_j}{q}x_jw_j$",
        r"(t - x^\top w)^2 + \frac{1 - q}{q}\sum_j x_j^2w_j^2",
        r"$\mathrm{Var}(m_j/q) = q(1 - q)/q^2 = (1 - q)/q$",
        r"\mathrm{Var}(\hat y) = \frac{1 - q}{q}\sum_j x_j^2w_j^2",
        r"\mathbb{E}[(t - \hat y)^2] = {}&(t - \mathbb{E}[\hat y])^2\\ &{}+ \mathrm{Var}(\hat y)",
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
    states(
        "Derive the batch-normalisation forward pass",
        r"\hat x_i = \frac{x_i - \mu}{\sqrt{v + \epsilon}}, \qquad y_i = \gamma\hat x_i + \beta",
        r"$\mu = \frac1B\sum_i x_i$",
        r"$v = \frac1B\sum_i (x_i - \mu)^2$",
        r"The variance becomes $v/(v + \epsilon) \approx 1$",
        r"$\gamma = \sqrt{v + \epsilon}$ and $\beta = \mu$ would undo",
    )
    x = np.array([0.0, 6, 6, 8])
    y, eps = batch_norm(x, 1, 0, 0.5), 0.5
    assert y.mean() == pytest.approx(0) and y.var() == pytest.approx(9 / (9 + eps))
    np.testing.assert_allclose(batch_norm(x, np.sqrt(9 + eps), 5, eps), x)
    np.testing.assert_allclose(batch_norm(x + 3, 2, 1), batch_norm(x, 2, 1))
    states("Predict which gradient its bias $b$ gets", "Exactly 0.")
    states("gets a batch of one example", r"$\beta$, whatever the input")
    assert batch_norm(np.array([7.0]), 2, 1) == [1]


def test_doubled_weights_before_batch_norm():
    """A learner would be told wrongly what doubling the weights does to the output or to their gradient."""
    states("You double all weights of a layer", "It *halves*", "The output of the norm stays the same")
    rng = np.random.default_rng(7)
    x, w, c = rng.normal(size=(9, 4)), rng.normal(size=4), rng.normal(size=9)
    out = lambda w: batch_norm(x @ w, 1.3, 0.2, 0)  # noqa: E731
    np.testing.assert_allclose(out(2 * w), out(w))
    loss = lambda w: (c * np.sin(out(w))).sum()  # noqa: E731
    np.testing.assert_allclose(slope(loss, 2 * w), slope(loss, w) / 2, atol=1e-7)


def test_layer_norm_of_four_numbers():
    """A learner would be told a wrong output of layer norm."""
    text = card("gets the vector $(1, 3, 5, 7)$")
    x = np.array([1.0, 3, 5, 7])
    shown = ", ".join(f"{v:.2f}" for v in (x - x.mean()) / x.std())
    assert f"About $({shown})$, both times" in text
    assert (x.mean(), x.var()) == (4, 5) and rf"$\sqrt5 \approx {x.std():.2f}$" in text
    np.testing.assert_allclose((10 * x - (10 * x).mean()) / (10 * x).std(), (x - x.mean()) / x.std())


@pytest.mark.parametrize("eps", [0.0, 1e-5, 0.5])
def test_batch_norm_backward(eps):
    """A learner would be told a wrong gradient of batch normalisation."""
    states(
        "Derive the backward pass of batch normalisation",
        r"\frac{\gamma}{s}\Bigl(g_k - \overline{g} - \hat x_k\thinspace\overline{g\hat x}\Bigr)",
        r"\frac{\partial\mu}{\partial x_k} = \frac1B, \qquad \frac{\partial s}{\partial x_k} = \frac{\hat x_k}{B}",
        r"\frac1s\Bigl(\delta_{ik} - \frac1B - \frac{\hat x_i\hat x_k}{B}\Bigr)",
    )
    states(
        "What do the input gradients of a batch-norm layer",
        "To 0.",
        r"orthogonal to $\hat x$, too (for $\epsilon = 0$)",
    )
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
    assert r"column $j$ of $W$ is multiplied by $\gamma_j/s_j$, and the bias becomes" in text
    assert r"$(b_j - \mu_{\text{run},j})\gamma_j/s_j + \beta_j$" in text
    rng = np.random.default_rng(4)
    x, w, b, mu, gamma, beta = (rng.normal(size=n) for n in ((5, 3), (3, 4), 4, 4, 4, 4))
    s = np.sqrt(rng.random(4) + 0.1)
    np.testing.assert_allclose(gamma * (x @ w + b - mu) / s + beta, x @ (w * (gamma / s)) + (b - mu) * gamma / s + beta)


def test_layer_norm_ignores_the_other_tokens():
    """A learner would be told wrongly that layer norm keeps tokens apart and batch norm ties them together."""
    assert "mean and variance run over its own features" in card("rather than batch normalisation")
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
