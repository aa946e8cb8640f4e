"""The optimisation chapter: its numbers and derivations, computed anew."""

from __future__ import annotations

import itertools
import math
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("07-optimisation")
card, states = CHAPTER.card, CHAPTER.states


# --- gradient descent and its noise -------------------------------------------------


def test_largest_stable_step():
    """A learner would be told a wrong limit of the learning rate, or a wrong factor just below it."""
    states(
        "range of learning rates",
        r"0 \lt \eta \lt \frac{2}{\lambda_{\max}}",
        r"x_{t+1} = (I - \eta A)x_t",
        r"c_i \leftarrow (1 - \eta\lambda_i)c_i",
        r"$0 \lt \eta\lambda_i \lt 2$",
    )
    text = states("curvatures 10 and 1", r"at the learning rate $\eta = 0.19$", r"Just above $\eta = 0.2$")
    steep, flat = 1 - 0.19 * 10, 1 - 0.19 * 1
    assert rf"$1 - 0.19\cdot10 = {steep:.1f}$, the flat one by $1 - 0.19\cdot1 = {flat:.2f}$" in text
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    hessian = rotation @ np.diag([1, 10]) @ rotation.T
    for rate, converges in ((0.199, True), (0.201, False), (-0.01, False)):
        x = np.linalg.matrix_power(np.eye(2) - rate * hessian, 1000) @ [1.0, 1.0]
        assert (np.linalg.norm(x) < 1) == converges


def test_minibatch_mean_and_covariance():
    """A learner would be told a wrong mean or covariance of a minibatch gradient."""
    states(
        "unbiased estimate",
        r"$\mathbb{E}[\hat g] = \nabla L$",
        r"\mathbb{E}[\nabla\ell_{i_b}] = \frac1N\sum_{n=1}^N \nabla\ell_n = \nabla L",
    )
    states(
        "covariance of a minibatch gradient",
        r"\mathrm{Cov}(\hat g) = \frac{1}{B^2}\cdot B\thinspace\Sigma = \frac{\Sigma}{B}",
        r"only as $1/\sqrt B$: a batch 100 times as large costs 100 times the work and is 10 times less noisy",
    )
    g = np.array([[1.0, 2], [0, -1], [4, 3], [-2, 5]])
    sigma = (g - g.mean(0)).T @ (g - g.mean(0)) / 4
    for size in (1, 2, 3):
        drawn = np.array([g[list(b)].mean(0) for b in itertools.product(range(4), repeat=size)])
        np.testing.assert_allclose(drawn.mean(0), g.mean(0))
        np.testing.assert_allclose((drawn - g.mean(0)).T @ (drawn - g.mean(0)) / len(drawn), sigma / size)
    assert math.sqrt(100) == 10


def test_noise_floor():
    """A learner would be told a wrong size of the jitter around a minimum."""
    text = states(
        "You halve the learning rate",
        r"For $f(x) = \frac12 hx^2$",
        r"\approx \frac{\eta s^2}{2h}",
        "It roughly halves",
        "With $h = s = 1$",
    )
    rate, h, s, v = sp.symbols("eta h s v", positive=True)
    (fixed,) = sp.solve(sp.Eq(v, (1 - rate * h) ** 2 * v + rate**2 * s**2), v)
    assert sp.simplify(fixed - rate * s**2 / (h * (2 - rate * h))) == 0
    assert r"\frac{\eta s^2}{h(2 - \eta h)}" in text
    values = [float(fixed.subs({h: 1, s: 1, rate: r})) for r in (0.1, 0.05)]
    assert f"${values[0]:.3f}$ at $\\eta = 0.1$ and ${values[1]:.3f}$ at $\\eta = 0.05$" in text


def test_steps_that_reach_far_enough():
    """A learner would be told a wrong limit of the distance that shrinking steps can cover."""
    text = states("can SGD converge to a minimum that lies far away", r"$\sum\eta_t^2 \lt \infty$")
    t = sp.symbols("t", positive=True, integer=True)
    assert rf"$\sum 1/t^2 \approx {float(sp.summation(1 / t**2, (t, 1, sp.oo))):.2f}$" in text
    assert sp.summation(1 / t, (t, 1, sp.oo)) == sp.oo


def test_sharpness_is_not_invariant():
    """A learner would be told wrongly that rescaling two ReLU layers changes the sharpness but not the function."""
    assert "by $\\alpha \\gt 0$ and divide the next layer's weights by $\\alpha$" in card(
        "Minimum A is sharper than minimum B"
    )
    a, b, x, alpha = sp.symbols("a b x alpha", positive=True)
    relu = lambda z: sp.Max(0, z)  # noqa: E731
    assert sp.simplify(b / alpha * relu(alpha * a * x) - b * relu(a * x)) == 0
    loss = (a * b - 1) ** 2 / 2  # the active side, one example
    trace = sp.diff(loss, a, 2) + sp.diff(loss, b, 2)
    assert trace.subs({a: 1, b: 1}) == 2 and trace.subs({a: 10, b: sp.Rational(1, 10)}) > 100


# --- batch size ------------------------------------------------------------------------


def test_linear_scaling():
    """A learner would be told a wrong learning rate for a larger batch."""
    text = states("four times as large and train for the same number of epochs", "Make it about four times as large")
    assert f"a rate of $0.1$ at a batch size of 256 to ${0.1 * 8192 / 256:.1f}$ at 8,192" in text


def test_critical_batch_size():
    """A learner would be told a batch size at which noise and signal are not alike."""
    states("larger batches stop paying off", r"\frac{\mathrm{tr}(\Sigma)}{\lVert\nabla L\rVert^2}")
    # one step of the best length on a round bowl falls short of the noiseless one by 1/(1 + critical/B)
    gradient, trace = 2.0, 12.0
    critical = trace / gradient**2
    best = lambda b: gradient**4 / (2 * (gradient**2 + trace / b))  # noqa: E731
    for b in (1, critical, 100):
        assert best(b) / (gradient**2 / 2) == pytest.approx(1 / (1 + critical / b))
    # the number of steps times the batch: constant far below, proportional to the batch far above
    examples = lambda b: b / best(b)  # noqa: E731
    assert examples(0.002) == pytest.approx(examples(0.001), rel=1e-3)
    assert examples(2e5) == pytest.approx(2 * examples(1e5), rel=1e-3)


def test_accumulation_without_division():
    """A learner would be told a wrong factor for gradients that were added up and not averaged."""
    states("micro-batches, each with a *mean* loss", "fits 8 examples", "batch of 64", "8 times too large")
    g = np.random.default_rng(0).normal(size=64)
    assert sum(part.mean() for part in g.reshape(8, 8)) == pytest.approx(8 * g.mean())
    np.testing.assert_allclose(adam(8 * g), adam(g), rtol=1e-5)


# --- momentum --------------------------------------------------------------------------


def momentum(gradients, beta):
    v = 0.0
    for g in gradients:
        v = beta * v + g
    return v


def test_momentum_derivation():
    """A learner would be told a wrong sum, limit or rewriting of the momentum update."""
    states(
        "Derive the momentum update",
        r"v_t &= \beta v_{t-1} + g_t\\ \theta_t &= \theta_{t-1} - \eta v_t",
        r"v_t = \sum_{i=0}^{t-1}\beta^i g_{t-i}",
        r"v_t &= g_t + \beta\sum_{i=0}^{t-2}\beta^i g_{t-1-i}\\ &= g_t + \beta v_{t-1}",
    )
    steady = states("stays the same for a long time", r"\frac{g}{1 - 0.9} = 10g")
    assert "Ten times the gradient" in steady
    flips = states("flips its sign in every step", r"$g/(1 + 0.9) \approx 0.53g$", "by 19 to 1")
    copied = states("You copy $\\eta$ into a library", "with $\\eta = 0.1$", "Use $\\eta = 0.01$ there")
    rng = np.random.default_rng(0)
    g, beta = rng.normal(size=12), 0.9
    assert momentum(g, beta) == pytest.approx(sum(beta**i * g[-1 - i] for i in range(12)))
    assert momentum([2.0] * 500, beta) == pytest.approx(2 / (1 - beta))
    alternating = abs(momentum([(-1) ** t for t in range(500)], beta))
    assert alternating == pytest.approx(1 / (1 + beta)) and f"{alternating:.2f}g" in flips
    assert (1 + beta) / (1 - beta) == pytest.approx(19)
    theta, v, averaged, other = 1.0, 0.0, 0.0, 1.0
    assert "$1/(1 - 0.9) = 10$" in copied
    for _ in range(20):
        v = beta * v + math.sin(3 * theta)
        theta -= 0.01 * v
        averaged = beta * averaged + (1 - beta) * math.sin(3 * other)
        other -= 0.1 * averaged
    assert other == pytest.approx(theta)


def test_ravine_rates():
    """A learner would be told wrong convergence factors or step counts for a long narrow valley."""
    text = states(
        "the ratio of curvatures",
        r"$\frac{\kappa - 1}{\kappa + 1}$ without momentum and $\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}$ with it",
        "a thousand times smaller",
    )
    kappa = 100
    plain, heavy = (kappa - 1) / (kappa + 1), (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    assert f"The factors are ${plain:.3f}$ and ${heavy:.3f}$" in text
    counts = [math.log(1000) / -math.log(r) for r in (plain, heavy)]
    assert f"About {counts[0]:.0f} without and {counts[1]:.0f} with momentum" in text
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
    states(
        "momentum can shrink the error per step",
        r"$\sqrt\beta = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$",
        r"$\eta = 4/(\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}})^2$",
        r"c_{t+1} = (1 + \beta - \eta\lambda)c_t - \beta c_{t-1}",
        r"$r^2 - (1 + \beta - \eta\lambda)r + \beta = 0$",
        r"(1 - \sqrt\beta)^2 \le \eta\lambda \le (1 + \sqrt\beta)^2",
        r"\sqrt{\eta\lambda_{\min}} &= 1 - \sqrt\beta\\ \sqrt{\eta\lambda_{\max}} &= 1 + \sqrt\beta",
        r"$\sqrt\kappa = (1 + \sqrt\beta)/(1 - \sqrt\beta)$",
    )
    r, beta, rate, h = sp.symbols("r beta eta lambda", positive=True)
    polynomial = r**2 - (1 + beta - rate * h) * r + beta
    assert sp.prod(sp.solve(polynomial, r)).simplify() == beta
    # the discriminant is not positive exactly between the stated bounds
    low, high = (1 - sp.sqrt(beta)) ** 2, (1 + sp.sqrt(beta)) ** 2
    x = sp.symbols("x", positive=True)
    assert sp.expand((1 + beta - x) ** 2 - 4 * beta - (x - low) * (x - high)) == 0
    smallest, largest = 1.0, 100.0
    step = 4 / (math.sqrt(largest) + math.sqrt(smallest)) ** 2
    root = (math.sqrt(largest / smallest) - 1) / (math.sqrt(largest / smallest) + 1)
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


def test_saddle_steps():
    """A learner would be told wrong growth factors or step counts near a saddle point."""
    text = states(
        "near a saddle point", r"On $f(x) = -\frac12x^2$ from $x = 0.001$ with the learning rate $\eta = 0.01$"
    )

    def steps(beta):
        x, v, n = 0.001, 0.0, 0
        while x < 1:
            v = beta * v - x
            x -= 0.01 * v
            n += 1
        return n

    assert f"needs {steps(0)} steps to reach 1, momentum with $\\beta = 0.9$ needs {steps(0.9)}." in text


def test_nesterov_example():
    """A learner would be told wrong landing points of classical and Nesterov momentum."""
    text = states(
        "Nesterov momentum differ",
        r"v_t &= \beta v_{t-1} + \nabla L(\theta_{t-1} - \eta\beta v_{t-1})\\ \theta_t &= \theta_{t-1} - \eta v_t",
        r"On $L = \frac12\theta^2$ with $\theta = 1$, $v = 2$, $\eta = 0.5$, $\beta = 0.8$",
    )
    theta, v, rate, beta = 1.0, 2.0, 0.5, 0.8
    ahead = theta - rate * beta * v
    classical = theta - rate * (beta * v + theta)
    nesterov = theta - rate * (beta * v + ahead)
    assert (
        f"classical momentum lands at ${classical:.1f}$, beyond the minimum; Nesterov lands at ${nesterov:.1f}$" in text
    )


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


def test_adagrad_and_rmsprop():
    """A learner would be told a wrong step of AdaGrad or RMSProp."""
    states(
        "How does AdaGrad choose",
        r"s_t &= s_{t-1} + g_t^2\\ \theta_t &= \theta_{t-1} - \frac{\eta}{\sqrt{s_t} + \epsilon}\thinspace g_t",
    )
    text = states("Predict how its step size develops", r"the step is $\eta/\sqrt t$", "a hundredth of the first one")
    assert "after 10,000 steps" in text and 1 / math.sqrt(sum(1 for _ in range(10_000))) == pytest.approx(1 / 100)
    states("turns AdaGrad into RMSProp", r"s_t = \beta s_{t-1} + (1 - \beta)g_t^2")
    text = states(
        "the size of its very first step", "$s_t = 0.99s_{t-1} + 0.01g_t^2$", r"$10\eta$, whatever the gradient"
    )
    for g in (0.3, -70.0):
        assert abs(g) / math.sqrt(0.99 * 0 + 0.01 * g**2) == pytest.approx(10)


def test_adam_is_free_of_scale():
    """A learner would be told wrongly how far Adam moves parameters with large and small gradients."""
    states(
        "Adam optimiser combine",
        r"m_t &= \beta_1m_{t-1} + (1 - \beta_1)g_t\\ v_t &= \beta_2v_{t-1} + (1 - \beta_2)g_t^2",
        r"\theta_t &= \theta_{t-1} - \eta\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}",
        r"$\hat m_t = m_t/(1 - \beta_1^t)$ and $\hat v_t = v_t/(1 - \beta_2^t)$",
        r"$\beta_1 = 0.9$ and $\beta_2 = 0.999$, so memories of about 10 and 1000 steps",
    )
    assert pytest.approx(10) == 1 / (1 - 0.9) and pytest.approx(1000) == 1 / (1 - 0.999)
    states("always $100$, another's always $0.01$", r"Both by about the learning rate $\eta$")
    states("You multiply the loss by 1000", "Adam: the factor appears")
    for g in (100, 0.01):
        np.testing.assert_allclose(adam([g] * 50), -1e-3, rtol=1e-5)
    rng = np.random.default_rng(1)
    g = rng.normal(size=50)
    np.testing.assert_allclose(adam(g), adam(1000 * g), rtol=1e-4)
    assert abs(np.mean(adam(rng.normal(size=4000))[100:])) < 1e-4


def test_adam_on_an_alternating_gradient():
    """A learner would be told a wrong step of Adam for a gradient that keeps changing its sign."""
    text = states("alternates between $+1$ and $-1$", r"$(1 - \beta_1)/(1 + \beta_1) = 0.1/1.9$")
    step = abs(adam([(-1) ** i for i in range(5000)], rate=1)[-1])
    assert step == pytest.approx(0.1 / 1.9, rel=1e-3) and rf"about ${step:.2f}\thinspace\eta$" in text


def test_adam_below_epsilon():
    """A learner would be told a wrong step of Adam for a gradient smaller than its guard against division by zero."""
    text = states("gradients stay at $10^{-9}$", r"\frac{10^{-9}}{10^{-9} + 10^{-8}} = \frac{1}{11}")
    step = abs(adam([1e-9] * 5000, rate=1)[-1])
    assert step == pytest.approx(1 / 11) and rf"About ${step:.2f}\thinspace\eta$" in text


def test_bias_correction():
    """A learner would be told a wrong correction of Adam's averages, or a wrong first step without it."""
    b, _t, _k = sp.symbols("b t k", positive=True)
    for n in (1, 2, 5):
        assert sp.expand((1 - b) * sum(b ** (n - i) for i in range(1, n + 1)) - (1 - b**n)) == 0
    states(
        "Derive the bias correction",
        r"\hat m_t = \frac{m_t}{1 - \beta_1^t}",
        r"$m_t = \beta_1m_{t-1} + (1 - \beta_1)g_t$ with $m_0 = 0$",
        r"m_t = (1 - \beta_1)\sum_{i=1}^t \beta_1^{t-i}g_i",
        r"(1 - \beta_1)\sum_{i=1}^t\beta_1^{t-i} = 1 - \beta_1^t",
        r"$\mathbb{E}[m_t] = (1 - \beta_1^t)\thinspace\mathbb{E}[g]$",
        r"$\hat v_t = v_t/(1 - \beta_2^t)$",
    )
    text = states(
        "if you leave out Adam's bias correction",
        r"with $\beta_1 = 0.9$ and $\beta_2 = 0.999$",
        "$m_1 = 0.1g$ and $v_1 = 0.001g^2$",
    )
    rng = np.random.default_rng(2)
    g, m = rng.normal(size=7), 0.0
    for value in g:
        m = 0.9 * m + 0.1 * value
    assert m == pytest.approx(0.1 * sum(0.9 ** (7 - i) * g[i - 1] for i in range(1, 8)))
    first = -adam([0.7], rate=1, eps=0, corrected=False)[0]
    assert rf"\frac{{0.1}}{{\sqrt{{0.001}}}} \approx {first:.2f}" in text
    assert -adam([0.7], rate=1, eps=0)[0] == pytest.approx(1) and -adam([-3], rate=1, eps=0)[0] == pytest.approx(-1)


def test_l2_is_not_decay_under_adam():
    """A learner would be told wrong pulls of an L2 penalty on weights with large and small gradients."""
    states(
        "equals weight decay under plain SGD", r"w &\leftarrow w - \eta(g + \lambda w)\\ &= (1 - \eta\lambda)w - \eta g"
    )
    text = states("Estimate how strongly *Adam*", "root mean square $10$ and $0.1$", r"adds $0.01\thinspace w$")
    assert r"By about $0.001\thinspace\eta$ and $0.1\thinspace\eta$ a step, a hundredfold difference" in text
    assert r"\frac{0.01}{10} = 0.001, \qquad \frac{0.01}{0.1} = 0.1" in text
    lam, w, rate, g = 0.01, 1.0, 0.3, 0.7
    assert w - rate * (g + lam * w) == pytest.approx((1 - rate * lam) * w - rate * g)
    # gradients of mean zero that alternate in sign: on average only the penalty moves the weight
    for size, expected in ((10, 0.001), (0.1, 0.1)):
        gradients = [size * (-1) ** i + lam * w for i in range(6000)]
        steps = adam(gradients, rate=1)[4000:]
        assert -np.mean(steps) == pytest.approx(expected, rel=0.02)


def test_where_adamw_helps():
    """A learner would be told wrong pulls of decay in Adam and AdamW, or that they differ where they do not."""
    states("When does AdamW help", "If all gradients had one size, a rescaled penalty would do as well")
    # gradients of one size: a penalty that is larger by that size pulls like decoupled decay
    steps = adam([5 * (-1) ** i + 0.01 * 5 for i in range(6000)], rate=1)[4000:]
    assert -np.mean(steps) == pytest.approx(0.01, rel=0.02)


def test_adamw_decay_time():
    """A learner would be told a wrong decay per step, or a wrong time to decay, under AdamW."""
    states(
        "What does AdamW change",
        r"\theta_{t-1} - \eta\Bigl(\frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}\Bigr)",
    )
    text = states(
        "After how many steps has a weight without gradient", r"$\eta = 3\cdot10^{-4}$ and weight decay $\lambda = 0.1$"
    )
    assert pytest.approx(3e-5) == 3e-4 * 0.1 and r"$1 - 3\cdot10^{-5}$" in text
    assert math.log(math.e) / -math.log(1 - 3e-5) == pytest.approx(33_333, rel=1e-3) and "about 33,000" in text


def test_decay_goes_with_the_learning_rate():
    """A learner would be told a wrong weight decay for a doubled learning rate."""
    states("and double $\\eta$", "Half of the old one", r"shrink by $\eta\lambda$ in each step")
    shrink = lambda rate, decay: 1 - rate * decay  # noqa: E731
    assert shrink(2e-3, 0.05) == pytest.approx(shrink(1e-3, 0.1))


# --- schedules ------------------------------------------------------------------------------


def test_warmup_schedule():
    """A learner would be told a wrong peak, or a wrong later value, of the transformer's learning rate."""
    text = states(
        "The original transformer's learning rate",
        r"$d^{-1/2}$ times the smaller of $t^{-1/2}$ and $t\cdot 4000^{-3/2}$",
        "with $d = 512$",
        r"falls as $1/\sqrt t$",
    )
    rate = lambda t: 512**-0.5 * min(t**-0.5, t * 4000**-1.5)  # noqa: E731
    assert f"{rate(4000):.1e}" == "7.0e-04" and r"At step 4,000, with $\eta \approx 7.0\cdot10^{-4}$" in text
    assert rate(16000) == pytest.approx(rate(4000) / 2) and "halved by step 16,000" in text
    assert max(range(1, 20_000), key=rate) == 4000
    assert rate(2000) == pytest.approx(rate(4000) / 2)


def test_cosine_decay():
    """A learner would be told wrong values of the cosine schedule."""
    text = states("Cosine decay sets", r"\frac{\eta_{\max}}{2}\bigl(1 + \cos\frac{\pi t}{T}\bigr)")
    share = lambda x: (1 + math.cos(math.pi * x)) / 2  # noqa: E731
    assert f"About ${share(0.75):.2f}$" in text and f"Halfway it is ${share(0.5):.1f}$" in text
    assert rf"\cos\frac{{3\pi}}4 \approx {math.cos(0.75 * math.pi):.2f}$" in text
    states("planned for 100,000 steps is stopped at 50,000", "still half of the peak")


def test_loss_curves():
    """A learner would be shown curves that lie in another order than the card says."""
    states("Four runs of one training", "C, A, D, B.")
    drawn = runpy.run_path(str(CONTENT / "pictures" / "networks_and_training.py"))
    rates = {name: rate for name, rate, _ in drawn["RATES"]}
    assert sorted(rates, key=rates.get) == ["C", "A", "D", "B"]
    assert max(drawn["CURVATURES"]) == 1 and rates["D"] < 2 < rates["B"]
    losses = {name: drawn["expected_losses"](rate, 150) for name, rate in rates.items()}
    assert min(losses, key=lambda name: losses[name][-1]) == "A"
    assert losses["B"][-1] > 100 and losses["C"][-1] < 0.95 * losses["C"][-50]
    assert losses["D"][5] < losses["A"][5] and losses["D"][-1] > 0.98 * losses["D"][-20] > 5 * losses["A"][-1]
    # halving the rate roughly halves the floor
    floors = [drawn["expected_losses"](rate, 4000)[-1] for rate in (0.2, 0.1)]
    assert floors[0] / floors[1] == pytest.approx(2, rel=0.1)
    states("Why lower the learning rate towards the end", "a floor roughly proportional to the rate")


# --- clipping -------------------------------------------------------------------------------


def test_clipping_by_norm():
    """A learner would be told wrong norms of clipped gradients."""
    states("clipping a gradient $g$ by global norm", r"g \leftarrow g\cdot\min\Bigl(1, \frac{c}{\lVert g\rVert}\Bigr)")
    text = card("Which keeps the gradient's direction: clipping each layer")
    norms = np.array([3.0, 4.0])
    clipped = norms * min(1, 1 / np.linalg.norm(norms))
    assert (
        f"have the global norm {np.linalg.norm(norms):.0f} and become ${clipped[0]:.1f}$ and ${clipped[1]:.1f}$" in text
    )
    states(
        "98 % of the steps are clipped",
        r"every step has the same length $\eta c$, with $\eta$ the learning rate and $c$ the threshold",
    )
