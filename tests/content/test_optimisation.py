"""The optimisation chapter: its numbers and derivations, computed anew."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import Chapter

CHAPTER = Chapter("07-optimisation")
card, states = CHAPTER.card, CHAPTER.states


# --- gradient descent and its noise -------------------------------------------------


def test_largest_stable_step():
    """A learner would be told a wrong limit of the learning rate, or a wrong factor just below it."""
    text = states(
        "range of learning rates",
        r"0 \lt \eta \lt \frac{2}{\lambda_{\max}}",
        r"x_{t+1} = x_t - \eta Hx_t = (I - \eta H)x_t",
        r"c_i \leftarrow (1 - \eta\lambda_i)c_i",
        r"$0 \lt \eta\lambda_i \lt 2$",
    )
    assert "With eigenvalues 1 and 10, $\\eta$ must stay below $0.2$." in text
    assert "At $\\eta = 0.19$ the steep coordinate is multiplied by $-0.9$" in text
    assert pytest.approx(-0.9) == 1 - 0.19 * 10
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    hessian = rotation @ np.diag([1, 10]) @ rotation.T
    for rate, converges in ((0.199, True), (0.201, False), (-0.01, False)):
        x = np.linalg.matrix_power(np.eye(2) - rate * hessian, 1000) @ [1.0, 1.0]
        assert (np.linalg.norm(x) < 1) == converges


def test_minibatch_mean_and_covariance():
    """A learner would be told a wrong mean or covariance of a minibatch gradient."""
    text = states(
        "unbiased estimate",
        r"\mathbb{E}[\hat g] = \nabla L",
        r"\mathbb{E}[\nabla\ell_{i}] = \frac1N\sum_{n=1}^N \nabla\ell_n = \nabla L",
        r"\frac{1}{B^2}\cdot B\cdot\Sigma = \frac{\Sigma}{B}",
        r"only as $1/\sqrt B$: a batch 100 times as large costs 100 times the work and is 10 times less noisy",
    )
    assert r"\mathrm{Cov}(\hat g) = \frac{\Sigma}{B}" in text and "$(N - B)/(N - 1)$" in text
    g = np.array([[1.0, 2], [0, -1], [4, 3], [-2, 5]])
    sigma = (g - g.mean(0)).T @ (g - g.mean(0)) / 4
    for size in (1, 2, 3):
        drawn = np.array([g[list(b)].mean(0) for b in itertools.product(range(4), repeat=size)])
        np.testing.assert_allclose(drawn.mean(0), g.mean(0))
        np.testing.assert_allclose((drawn - g.mean(0)).T @ (drawn - g.mean(0)) / len(drawn), sigma / size)
        without = np.array([g[list(b)].mean(0) for b in itertools.permutations(range(4), size)])
        spread = (without - g.mean(0)).T @ (without - g.mean(0)) / len(without)
        np.testing.assert_allclose(spread, sigma / size * (4 - size) / 3)
    assert math.sqrt(100) == 10


def test_noise_floor():
    """A learner would be told a wrong size of the jitter around a minimum."""
    text = states(
        "Why does stochastic gradient descent make progress",
        r"For $f(x) = \frac12 hx^2$",
        r"\approx \frac{\eta s^2}{2h}",
        "With $h = s = 1$",
        r"$\sum_t\eta_t = \infty$ and $\sum_t\eta_t^2 \lt \infty$",
    )
    rate, h, s, v = sp.symbols("eta h s v", positive=True)
    (fixed,) = sp.solve(sp.Eq(v, (1 - rate * h) ** 2 * v + rate**2 * s**2), v)
    assert sp.simplify(fixed - rate * s**2 / (h * (2 - rate * h))) == 0
    assert r"\frac{\eta s^2}{h(2 - \eta h)}" in text
    values = [float(fixed.subs({h: 1, s: 1, rate: r})) for r in (0.1, 0.05)]
    assert f"${values[0]:.3f}$ at $\\eta = 0.1$, and ${values[1]:.3f}$ at $\\eta = 0.05$" in text


def test_sharpness_is_not_invariant():
    """A learner would be told wrongly that rescaling two ReLU layers changes the sharpness but not the function."""
    assert "by $\\alpha \\gt 0$ and dividing the next layer's weights by $\\alpha$" in card("How firm is the claim")
    a, b, x, alpha = sp.symbols("a b x alpha", positive=True)
    relu = lambda z: sp.Max(0, z)  # noqa: E731
    assert sp.simplify(b / alpha * relu(alpha * a * x) - b * relu(a * x)) == 0
    loss = (a * b - 1) ** 2 / 2  # the active side, one example
    trace = sp.diff(loss, a, 2) + sp.diff(loss, b, 2)
    assert trace.subs({a: 1, b: 1}) == 2 and trace.subs({a: 10, b: sp.Rational(1, 10)}) > 100


# --- momentum --------------------------------------------------------------------------


def momentum(gradients, beta):
    v = 0.0
    for g in gradients:
        v = beta * v + g
    return v


def test_momentum_derivation():
    """A learner would be told a wrong sum, limit or rewriting of the momentum update."""
    text = states(
        "Derive the momentum update",
        r"v_t &= \beta v_{t-1} + g_t\\ \theta_t &= \theta_{t-1} - \eta v_t",
        r"v_t = \sum_{i=0}^{t-1}\beta^i g_{t-i}",
        r"v_t &= g_t + \beta\sum_{i=0}^{t-2}\beta^i g_{t-1-i}\\ &= g_t + \beta v_{t-1}",
        r"$v_t \to g/(1 - \beta)$",
        r"\lvert v_t\rvert \to \lvert g\rvert/(1 + \beta)$: about half for $\beta = 0.9$",
        r"$(1 + \beta)/(1 - \beta) = 19$ to 1",
        r"\theta_t = \theta_{t-1} - \eta g_t + \beta(\theta_{t-1} - \theta_{t-2})",
        r"$v_t = \beta v_{t-1} + (1 - \beta)g_t$ the same path needs a learning rate $1/(1 - \beta)$ times as large",
    )
    rng = np.random.default_rng(0)
    g, beta = rng.normal(size=12), 0.9
    assert momentum(g, beta) == pytest.approx(sum(beta**i * g[-1 - i] for i in range(12)))
    assert momentum([2.0] * 500, beta) == pytest.approx(2 / (1 - beta)) and "ten times $\\eta$" in text
    alternating = abs(momentum([(-1) ** t for t in range(500)], beta))
    assert alternating == pytest.approx(1 / (1 + beta)) == pytest.approx(0.526, abs=1e-3)
    assert (1 + beta) / (1 - beta) == pytest.approx(19) and "= 19$ to 1" in text
    theta, v, rate, path, steps = 1.0, 0.0, 0.05, [1.0], []
    for _ in range(20):
        gradient = math.sin(3 * theta)
        v = beta * v + gradient
        theta -= rate * v
        path.append(theta)
        steps.append(gradient)
    for t in range(2, 20):
        heavy = path[t] - rate * steps[t] + beta * (path[t] - path[t - 1])
        assert path[t + 1] == pytest.approx(heavy)
    averaged, other = 0.0, 1.0
    for _ in range(20):
        averaged = beta * averaged + (1 - beta) * math.sin(3 * other)
        other -= rate / (1 - beta) * averaged
    assert other == pytest.approx(path[-1])


def test_ravine_rates():
    """A learner would be told wrong convergence factors or step counts for a long narrow valley."""
    text = states(
        "long narrow valley",
        r"caps the learning rate at $2/\lambda_{\max}$",
        r"\frac{\kappa - 1}{\kappa + 1} \quad\text{and}\quad \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}",
        "a thousandfold reduction",
        r"accumulate up to $1/(1 - \beta)$",
    )
    kappa = 100
    plain, heavy = (kappa - 1) / (kappa + 1), (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    assert f"For $\\kappa = 100$: ${plain:.3f}$ against ${heavy:.3f}$" in text
    counts = [math.log(1000) / -math.log(r) for r in (plain, heavy)]
    assert f"about {counts[0]:.0f} steps against about {counts[1]:.0f}" in text
    # The factors are what the best settings achieve: the spectral radius of one step.
    low, high = 1.0, float(kappa)
    rate = 2 / (low + high)
    assert max(abs(1 - rate * h) for h in (low, high)) == pytest.approx(plain)
    rate, beta = 4 / (math.sqrt(low) + math.sqrt(high)) ** 2, heavy**2

    def radius(rate, beta):
        return max(
            abs(np.linalg.eigvals([[beta, h], [-rate * beta, 1 - rate * h]])).max() for h in np.linspace(low, high, 50)
        )

    assert radius(rate, beta) == pytest.approx(heavy, abs=1e-6)
    assert min(radius(rate * f, beta * e) for f in (0.9, 1, 1.1) for e in (0.9, 1, 1.1)) >= heavy - 1e-6


def test_heavy_ball_on_a_quadratic():
    """A learner would be told wrong settings, roots or a wrong factor of momentum on a quadratic."""
    text = states(
        "momentum can shrink the error per step",
        r"by the factor $(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$",
        r"\eta &= \frac{4}{(\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}})^2}",
        r"\sqrt\beta &= \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}",
        r"c_{t+1} = (1 + \beta - \eta\lambda)c_t - \beta c_{t-1}",
        r"r^2 - (1 + \beta - \eta\lambda)r + \beta = 0",
        r"$(1 + \beta - \eta\lambda)^2 \le 4\beta$",
        r"(1 - \sqrt\beta)^2 \le \eta\lambda \le (1 + \sqrt\beta)^2",
        r"\sqrt{\eta\lambda_{\min}} &= 1 - \sqrt\beta\\ \sqrt{\eta\lambda_{\max}} &= 1 + \sqrt\beta",
        r"$\sqrt\kappa = (1 + \sqrt\beta)/(1 - \sqrt\beta)$",
        r"$\sqrt\eta(\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}}) = 2$",
        r"the error goes as $t\beta^{t/2}$",
    )
    r, beta, rate, h = sp.symbols("r beta eta lambda", positive=True)
    polynomial = r**2 - (1 + beta - rate * h) * r + beta
    assert sp.prod(sp.solve(polynomial, r)).simplify() == beta
    # the discriminant is not positive exactly between the stated bounds
    low, high = (1 - sp.sqrt(beta)) ** 2, (1 + sp.sqrt(beta)) ** 2
    x = sp.symbols("x", positive=True)
    assert sp.expand((1 + beta - x) ** 2 - 4 * beta - (x - low) * (x - high)) == 0
    smallest, largest = 1.0, 100.0
    assert (
        r"For $\lambda_{\min} = 1$ and $\lambda_{\max} = 100$: $\eta = 4/121$, $\beta = (9/11)^2 \approx 0.669$" in text
    )
    step = 4 / (math.sqrt(largest) + math.sqrt(smallest)) ** 2
    root = (math.sqrt(largest / smallest) - 1) / (math.sqrt(largest / smallest) + 1)
    assert (step, root) == (pytest.approx(4 / 121), pytest.approx(9 / 11))
    assert f"{root**2:.3f}" == "0.669" and f"a factor of ${root:.3f}$" in text
    assert math.sqrt(step * smallest) == pytest.approx(1 - root) and math.sqrt(step * largest) == pytest.approx(
        1 + root
    )
    for curvature in np.geomspace(smallest, largest, 40):
        c, before = 1.0, 1.0
        one_step = np.array([[1 + root**2 - step * curvature, -(root**2)], [1, 0]])
        assert abs(np.linalg.eigvals(one_step)).max() == pytest.approx(root, abs=1e-6)
        for _ in range(200):
            c, before = one_step @ [c, before]
        assert abs(c) < 1000 * root**200
    # at the end of the spectrum the error exceeds the bare power: it goes as t times it
    c, before = 1.0, 0.0
    for _ in range(50):
        c, before = (1 + root**2 - step * largest) * c - root**2 * before, c
    assert abs(c) == pytest.approx(51 * root**50, rel=1e-6)


def test_saddle_steps():
    """A learner would be told wrong growth factors or step counts near a saddle point."""
    text = states(
        "near a saddle point",
        r"$f(x) = -\frac12x^2$, started at $x = 0.001$ with learning rate $\eta = 0.01$",
        r"$v \leftarrow \beta v + f'(x)$ and $x \leftarrow x - \eta v$ with $\beta = 0.9$",
    )

    def steps(beta):
        x, v, n = 0.001, 0.0, 0
        while x < 1:
            v = beta * v - x
            x -= 0.01 * v
            n += 1
        return n

    assert f"needs {steps(0)} steps to reach 1" in text
    assert f"and {steps(0.9)} steps suffice" in text
    assert "gradient descent multiplies $x$ by $1.01$" in text and pytest.approx(1.01) == 1 + 0.01
    growth = abs(np.linalg.eigvals([[0.9, -1], [-0.01 * 0.9, 1.01]])).max()
    assert f"a factor of ${growth:.3f}$" in text


def test_nesterov_example():
    """A learner would be told wrong landing points of classical and Nesterov momentum."""
    text = states(
        "Nesterov momentum differ",
        r"v_t &= \beta v_{t-1} + \nabla L(\theta_{t-1} - \eta\beta v_{t-1})\\ \theta_t &= \theta_{t-1} - \eta v_t",
        r"On $L = \frac12\theta^2$ with $\theta = 1$, $v = 2$, $\eta = 0.5$, $\beta = 0.8$",
        "adds the gradient $1$",
        "falls as $1/t^2$, against $1/t$",
    )
    theta, v, rate, beta = 1.0, 2.0, 0.5, 0.8
    ahead = theta - rate * beta * v
    classical = theta - rate * (beta * v + theta)
    nesterov = theta - rate * (beta * v + ahead)
    assert f"carries $\\theta$ to $1 - 0.8 = {ahead:.1f}$" in text
    assert f"lands at ${classical:.1f}$; Nesterov adds the gradient ${ahead:.1f}$ and lands at ${nesterov:.1f}$" in text


# --- adaptive methods ---------------------------------------------------------------------


def adam(gradients, rate=1e-3, b1=0.9, b2=0.999, eps=1e-8, corrected=True):
    """The steps of Adam for a given sequence of gradients of one parameter."""
    m = v = 0.0
    out = []
    for t, g in enumerate(gradients, 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        mh, vh = (m / (1 - b1**t), v / (1 - b2**t)) if corrected else (m, v)
        out.append(-rate * mh / (math.sqrt(vh) + eps))
    return out


def test_adam_is_free_of_scale():
    """A learner would be told wrongly how far Adam moves parameters with large and small gradients."""
    assert "always $100$ and one whose gradient is always $0.01$ both move by about $\\eta$" in card(
        "Adam optimiser combine"
    )
    text = card("Adam optimiser combine")
    states(
        "Adam optimiser combine",
        r"m_t &= \beta_1m_{t-1} + (1 - \beta_1)g_t\\ v_t &= \beta_2v_{t-1} + (1 - \beta_2)g_t^2",
        r"\theta_t &= \theta_{t-1} - \eta\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}",
        r"$\hat m_t = m_t/(1 - \beta_1^t)$, $\hat v_t = v_t/(1 - \beta_2^t)$",
        r"$\eta = 0.001$, $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$",
    )
    assert r"$1/(1 - \beta_1) = 10$ steps" in text and r"$1/(1 - \beta_2) = 1000$ steps" in text
    assert pytest.approx(10) == 1 / (1 - 0.9) and pytest.approx(1000) == 1 / (1 - 0.999)
    for g in (100, 0.01):
        np.testing.assert_allclose(adam([g] * 50), -1e-3, rtol=1e-5)
    rng = np.random.default_rng(1)
    g = rng.normal(size=50)
    np.testing.assert_allclose(adam(g), adam(1000 * g), rtol=1e-4)
    assert abs(np.mean(adam(rng.normal(size=4000))[100:])) < 1e-4


def test_bias_correction():
    """A learner would be told a wrong correction of Adam's averages, or a wrong first step without it."""
    b, _t, _k = sp.symbols("b t k", positive=True)
    for n in (1, 2, 5):
        assert sp.expand((1 - b) * sum(b ** (n - i) for i in range(1, n + 1)) - (1 - b**n)) == 0
    text = states(
        "Derive the bias correction",
        r"$m_t = \beta_1m_{t-1} + (1 - \beta_1)g_t$ and $v_t = \beta_2v_{t-1} + (1 - \beta_2)g_t^2$",
        r"\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t}",
        r"m_t = (1 - \beta_1)\sum_{i=1}^t \beta_1^{t-i}g_i",
        r"$\sum_{k=0}^{t-1}\beta_1^k = (1 - \beta_1^t)/(1 - \beta_1)$",
        r"\mathbb{E}[m_t] = (1 - \beta_1^t)\mu",
        r"$\mathbb{E}[v_t] = (1 - \beta_2^t)\mathbb{E}[g^2]$",
        r"with $\beta_1 = 0.9$, $\beta_2 = 0.999$, the first step would have $m_1 = 0.1g$",
        r"$\sqrt{v_1} = \sqrt{0.001g^2}$",
        r"With it, the ratio is $\pm1$",
    )
    rng = np.random.default_rng(2)
    g, m = rng.normal(size=7), 0.0
    for value in g:
        m = 0.9 * m + 0.1 * value
    assert m == pytest.approx(0.1 * sum(0.9 ** (7 - i) * g[i - 1] for i in range(1, 8)))
    first = -adam([0.7], rate=1, eps=0, corrected=False)[0]
    assert rf"with the ratio $\pm{first:.2f}$" in text
    assert -adam([0.7], rate=1, eps=0)[0] == pytest.approx(1) and -adam([-3], rate=1, eps=0)[0] == pytest.approx(-1)


def test_l2_is_not_decay_under_adam():
    """A learner would be told wrong pulls of an L2 penalty on weights with large and small gradients."""
    text = states(
        "equals weight decay under plain SGD",
        r"With the penalty $\frac\lambda2\lVert w\rVert^2$",
        r"w &\leftarrow w - \eta(g + \lambda w)\\ &= (1 - \eta\lambda)w - \eta g",
        r"Let $w = 1$ and $\lambda = 0.01$",
        "root mean square $10$ and $0.1$",
    )
    assert r"The pulls are about $0.001\eta$ and $0.1\eta$. Weight decay would pull both by $0.01\eta$." in text
    lam, w, rate, g = 0.01, 1.0, 0.3, 0.7
    assert w - rate * (g + lam * w) == pytest.approx((1 - rate * lam) * w - rate * g)
    # gradients of mean zero that alternate in sign: on average only the penalty moves the weight
    for size, expected in ((10, 0.001), (0.1, 0.1)):
        gradients = [size * (-1) ** i + lam * w for i in range(6000)]
        steps = adam(gradients, rate=1)[4000:]
        assert -np.mean(steps) == pytest.approx(expected, rel=0.02)


def test_where_adamw_helps():
    """A learner would be told wrong pulls of decay in Adam and AdamW, or that they differ where they do not."""
    text = states("When does AdamW help", "a decay strength of $0.01$", "two weights of size 1")
    assert r"root mean squares of $10$ and $0.1$" in text
    pulls = [0.01 / size for size in (10, 0.1)]
    assert f"by about ${pulls[0]:g}\\eta$ and ${pulls[1]:g}\\eta$, a hundredfold difference" in text
    assert pulls[1] / pulls[0] == pytest.approx(100) and r"AdamW pulls both by $0.01\eta$" in text
    # gradients of one size: a penalty that is larger by that size pulls like decoupled decay
    steps = adam([5 * (-1) ** i + 0.01 * 5 for i in range(6000)], rate=1)[4000:]
    assert -np.mean(steps) == pytest.approx(0.01, rel=0.02)


def test_adamw_decay_time():
    """A learner would be told a wrong decay per step, or a wrong time to decay, under AdamW."""
    text = states(
        "What does AdamW change",
        r"\theta_{t-1} - \eta\Bigl(\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}\Bigr)",
        r"With $\eta = 3\cdot10^{-4}$ and $\lambda = 0.1$",
        "to $1/e$",
    )
    assert pytest.approx(3e-5) == 3e-4 * 0.1 and r"$1 - 3\cdot10^{-5}$" in text
    assert math.log(math.e) / -math.log(1 - 3e-5) == pytest.approx(33_333, rel=1e-3) and "about 33,000 steps" in text


# --- schedules ------------------------------------------------------------------------------


def test_warmup_schedule():
    """A learner would be told a wrong peak, or a wrong later value, of the transformer's learning rate."""
    text = states(
        "learning-rate warmup",
        "with model width $d = 512$ and $t_w = 4000$ warmup steps",
        r"\eta_t = d^{-1/2}\min\bigl(t^{-1/2},\ t\cdot t_w^{-3/2}\bigr)",
        r"falls as $1/\sqrt t$",
    )
    rate = lambda t: 512**-0.5 * min(t**-0.5, t * 4000**-1.5)  # noqa: E731
    assert f"{rate(4000):.1e}" == "7.0e-04" and r"$7.0\cdot10^{-4}$ at step 4,000" in text
    assert rate(16000) == pytest.approx(rate(4000) / 2) and "half of that at step 16,000" in text
    assert max(range(1, 20_000), key=rate) == 4000
    assert rate(2000) == pytest.approx(rate(4000) / 2)
