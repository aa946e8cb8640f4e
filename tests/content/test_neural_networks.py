"""The neural networks chapter: its numbers, derivations, code and pictures, computed anew."""

from __future__ import annotations

import itertools
import math
import re
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("06-neural-networks")
card, states = CHAPTER.card, CHAPTER.states


def relu(z):
    return np.maximum(z, 0)


def slope(f, x, step=1e-6):
    """The gradient of a scalar function of an array by central differences."""
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        out[i] = (f(up) - f(down)) / (2 * step)
    return out


# --- layers and activations ----------------------------------------------------


def test_dense_layer_counts():
    """A learner would be told a wrong number of parameters or of multiply-adds of a dense layer."""
    text = card("dense layer from 784 inputs to 128 neurons")
    assert r"784\cdot128 + 128 " + f"= {784 * 128 + 128:,}".replace(",", "{,}") in text
    assert r"costs $784\cdot128$ multiply-adds an example" in text
    assert "Often a nonlinearity follows" in card("fully connected (dense) layer compute")


def test_linear_layers_collapse():
    """A learner would be told a wrong weight or bias for the layer that two linear layers amount to."""
    states(
        "without activation functions",
        "one layer with weights $W_1W_2$ and bias $b_1W_2 + b_2$",
        "Y = (XW_1 + b_1)W_2 + b_2",
        "Y = X (W_1W_2) + (b_1W_2 + b_2)",
    )
    rng = np.random.default_rng(0)
    x, w1, b1, w2, b2 = (rng.normal(size=s) for s in ((5, 4), (4, 2), 2, (2, 6), 6))
    np.testing.assert_allclose((x @ w1 + b1) @ w2 + b2, x @ (w1 @ w2) + (b1 @ w2 + b2))
    assert np.linalg.matrix_rank(w1 @ w2) == 2
    text = states(r"two dense layers $100 \to 5 \to 100$", "All those of rank above 5")
    assert f"here {100 * 5 + 5 * 100:,} in place of {100 * 100:,}" in text
    assert np.linalg.matrix_rank(rng.normal(size=(100, 5)) @ rng.normal(size=(5, 100))) == 5


def test_xor():
    """A learner would be told two ReLU units that do not compute XOR, or a false reason why a line cannot."""
    states(
        "no affine function",
        "Both sums equal $w_1 + w_2 + 2c$",
        r"&f(0,0) + f(1,1)\\ &= f(0,1) + f(1,0)",
    )
    text = states(
        "enough to compute the XOR",
        r"y = {}&\mathrm{ReLU}(x_1 + x_2)\\ &{}- 2\thinspace\mathrm{ReLU}(x_1 + x_2 - 1)",
        r"$a_1 = \mathrm{ReLU}(s)$ rises from 0; $a_2 = \mathrm{ReLU}(s - 1)$",
    )
    for s in range(3):
        h1, h2 = relu(s), relu(s - 1)
        assert f"| {s} | {h1} | {h2} | {h1 - 2 * h2} |" in text
    for a, b in itertools.product((0, 1), repeat=2):
        assert relu(a + b) - 2 * relu(a + b - 1) == a ^ b
    w1, w2, c = sp.symbols("w1 w2 c")
    x1, x2 = sp.symbols("x1 x2")
    f = sp.Lambda((x1, x2), w1 * x1 + w2 * x2 + c)
    assert sp.expand(f(0, 0) + f(1, 1) - f(0, 1) - f(1, 0)) == 0
    assert sp.expand(f(0, 0) + f(1, 1) - (w1 + w2 + 2 * c)) == 0


def test_gelu_numbers():
    """A learner would be told wrong values, a wrong minimum or a wrong slope of GELU."""
    text = card("By which formula does GELU")
    assert "minus 0.17 near minus 0.75" in text
    x = sp.symbols("x")
    cdf = (1 + sp.erf(x / sp.sqrt(2))) / 2
    gelu = x * cdf
    assert rf"\mathrm{{GELU}}(1) \approx {float(gelu.subs(x, 1)):.3f}" in text
    assert rf"\mathrm{{GELU}}(-1) \approx {float(gelu.subs(x, -1)):.3f}" in text
    at = float(sp.nsolve(sp.diff(gelu, x), x, -0.7))
    assert f"{at:.2f}" == "-0.75" and f"{float(gelu.subs(x, at)):.2f}" == "-0.17"
    text = card('Give a counterexample: "GELU')
    assert f"From $-3$ to $-0.75$ it falls from about ${float(gelu.subs(x, -3)):.3f}$ to $-0.17$" in text
    assert sp.diff(gelu, x).subs(x, -0.7) > 0 > sp.diff(gelu, x).subs(x, -0.8)
    assert f"a unit whose input lies below ${at:.2f}$" in text


def test_dead_unit_example():
    """A learner would be told that a unit is dead which still fires on some input."""
    assert "between $-2$ and $2$, and one bad step sets the bias to $-3$" in card("ReLU unit die")
    assert (relu(np.linspace(-2, 2, 101) - 3) == 0).all()


# --- backpropagation ------------------------------------------------------------


def test_dense_layer_gradients():
    """A learner would be told a wrong gradient of a dense layer by its input, weights or bias."""
    states(
        r"with respect to $X$, $W$ and $b$",
        r"\frac{\partial L}{\partial X} &= GW^\top\\ \frac{\partial L}{\partial W} &= X^\top G\\ "
        r"\frac{\partial L}{\partial b} &= \mathbf{1}^\top G",
        r"\sum_j G_{ij}W_{kj} = (GW^\top)_{ik}",
        r"\sum_i X_{ik}G_{ij} = (X^\top G)_{kj}",
    )
    rng = np.random.default_rng(1)
    x, w, b, weight = (rng.normal(size=s) for s in ((4, 3), (3, 2), 2, (4, 2)))
    loss = lambda x, w, b: (weight * np.sin(x @ w + b)).sum()  # noqa: E731
    g = weight * np.cos(x @ w + b)
    np.testing.assert_allclose(g @ w.T, slope(lambda v: loss(v, w, b), x), atol=1e-8)
    np.testing.assert_allclose(x.T @ g, slope(lambda v: loss(x, v, b), w), atol=1e-8)
    np.testing.assert_allclose(g.sum(0), slope(lambda v: loss(x, w, v), b), atol=1e-8)


def test_transpose_example():
    """A learner would be told a wrong sum in the example of two neurons that cancel."""
    states(
        "rather than by",
        r"= \sum_j G_{ij}W_{kj}",
        r"weights $(2, -1)$ and their gradients are $(0.5, 1)$, it gets $0.5\cdot2 + 1\cdot(-1) = 0$",
    )
    assert np.array([[0.5, 1]]) @ np.array([[2, -1]]).T == 0


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_two_layer_backpropagation(name):
    """A learner would be told a wrong gradient for a two-layer network with squared error."""
    states(
        "Derive backpropagation for a two-layer network",
        r"\frac{\partial L}{\partial W_2} &= A^\top G_2\\ \frac{\partial L}{\partial W_1} &= X^\top G_1",
        r"G_2 = \frac{\partial L}{\partial Y} = \frac{Y - T}{B}",
        r"\frac{\partial L}{\partial W_2} &= A^\top G_2\\ \frac{\partial L}{\partial b_2} &= \mathbf{1}^\top G_2",
        r"\frac{\partial L}{\partial Z} = (G_2W_2^\top) \odot \varphi'(Z)",
        r"\frac{\partial L}{\partial W_1} &= X^\top G_1\\ \frac{\partial L}{\partial b_1} &= \mathbf{1}^\top G_1",
    )
    question = CHAPTER.written("Derive backpropagation for a two-layer network")
    assert r"$Z = XW_1 + b_1$ and $A = \varphi(Z)$" in question and "$Y = AW_2 + b_2$" in question
    assert r"$L = \frac{1}{2B}\sum_{i,j}(Y_{ij} - T_{ij})^2$" in question
    act, der = {"tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2), "relu": (relu, lambda z: z > 0)}[name]
    rng = np.random.default_rng(2)
    x, t, w1, b1, w2, b2 = (rng.normal(size=s) for s in ((6, 3), (6, 2), (3, 5), 5, (5, 2), 2))

    def loss(w1, b1, w2, b2):
        return ((act(x @ w1 + b1) @ w2 + b2 - t) ** 2).sum() / (2 * len(x))

    z = x @ w1 + b1
    a = act(z)
    g2 = (a @ w2 + b2 - t) / len(x)
    g1 = (g2 @ w2.T) * der(z)
    one = np.ones(len(x))
    np.testing.assert_allclose(x.T @ g1, slope(lambda v: loss(v, b1, w2, b2), w1), atol=1e-8)
    np.testing.assert_allclose(one @ g1, slope(lambda v: loss(w1, v, w2, b2), b1), atol=1e-8)
    np.testing.assert_allclose(a.T @ g2, slope(lambda v: loss(w1, b1, v, b2), w2), atol=1e-8)
    np.testing.assert_allclose(one @ g2, slope(lambda v: loss(w1, b1, w2, v), b2), atol=1e-8)


def test_softmax_cross_entropy_gradient():
    """A learner would be told a wrong first step of the backward pass for a classifier."""
    states("Which line changes if you switch to softmax", "$G = (P - T)/B$ with the probabilities")
    rng = np.random.default_rng(3)
    logits, t = rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    softmax = lambda s: np.exp(s) / np.exp(s).sum(1, keepdims=True)  # noqa: E731
    loss = lambda s: -(t * np.log(softmax(s))).sum() / 4  # noqa: E731
    np.testing.assert_allclose((softmax(logits) - t) / 4, slope(loss, logits), atol=1e-8)


def test_weight_gradient_by_shape():
    """A learner would be told a product of the wrong shape, or one that exists after all."""
    states("by shape alone", "$(100, 32)$ times $(32, 10)$ gives $(100, 10)$")
    x, g = np.ones((32, 100)), np.ones((32, 10))
    assert (x.T @ g).shape == (100, 10)
    for left, right in ((g, x.T), (x, g.T)):
        with pytest.raises(ValueError):
            left @ right


def test_updating_before_the_gradient_is_known():
    """A learner would be shown a bug that is none, or a fix that leaves the first layer's gradient wrong."""
    code = re.search(r"(?ms)^   ```python\n(.*?)^   ```$", CHAPTER.written("Find the bug in this training step")).group(
        1
    )
    rng = np.random.default_rng(13)
    batch, eta = 5, 0.1
    x, t, w1, w2 = (rng.normal(size=s) for s in ((5, 3), (5, 2), (3, 4), (4, 2)))
    t = np.eye(2)[[0, 1, 1, 0, 1]]

    def loss(w1):
        z = relu(x @ w1) @ w2
        return -(t * (z - np.log(np.exp(z).sum(1, keepdims=True)))).sum() / batch

    z = x @ w1
    p = np.exp(relu(z) @ w2)
    p /= p.sum(1, keepdims=True)
    lines = [line.strip() for line in code.splitlines() if "#" not in line]
    for order, right in (([0, 1, 2, 3], False), ([0, 2, 1, 3], True)):
        space = {"P": p, "T": t, "B": batch, "X": x, "Z": z, "A": relu(z), "eta": eta}
        space |= {"W1": w1.copy(), "W2": w2.copy()}
        exec("\n".join(lines[i] for i in order), space)
        assert np.allclose((w1 - space["W1"]) / eta, slope(loss, w1), atol=1e-7) == right


def test_masks_from_outputs():
    """A learner would be told a slope as a function of the output that is wrong."""
    states("someone masks the gradient", "slope $a(1-a)$", "tanh, with $1-a^2$")
    z = np.linspace(-3, 3, 61)
    sigma = 1 / (1 + np.exp(-z))
    h = 1e-6
    for f, by_output in (
        (lambda v: 1 / (1 + np.exp(-v)), sigma * (1 - sigma)),
        (np.tanh, 1 - np.tanh(z) ** 2),
    ):
        np.testing.assert_allclose((f(z + h) - f(z - h)) / (2 * h), by_output, atol=1e-8)
    assert ((relu(z) > 0) == (z > 0)).all()


def test_backward_cost():
    """A learner would be told a wrong ratio of backward to forward pass."""
    states(
        "What does backpropagation through a dense network cost", "About twice as much", "roughly three forward passes"
    )
    cost = lambda left, right: left.shape[0] * left.shape[1] * right.shape[1]  # noqa: E731
    x, w, g = np.ones((8, 50)), np.ones((50, 60)), np.ones((8, 60))
    assert cost(g, w.T) == cost(x.T, g) == cost(x, w)


def test_implementation_on_the_card():
    """A learner would be shown code that does not run, or that fails the assertions printed beside it."""
    raw = CHAPTER.written("Implement the loss")
    fences = dict(re.findall(r"(?ms)^    ```(python[^\n]*)\n(.*?)^    ```$", raw))
    fences = {info: re.sub(r"(?m)^    ", "", code) for info, code in fences.items()}
    assert set(fences) == {"python signature", "python test", "python"}
    space: dict[str, object] = {}
    exec(fences["python"], space)
    assert fences["python test"].count("assert ") == 3
    assert max(map(len, "\n".join(fences.values()).splitlines())) <= 38, "code on a card is read on a phone"
    exec(fences["python test"], space)
    header = re.search(r"(?s)def (.*?):\n", fences["python signature"]).group(1)
    assert f"def {header}:" in fences["python"]
    rng = np.random.default_rng(4)
    args = [rng.normal(size=(2, 4)), np.array([1, 0]), *(rng.normal(size=s) for s in ((4, 3), 3, (3, 2), 2))]
    before = [a.copy() for a in args]
    _, grads = space["loss_and_grads"](*args)
    assert all((a == b).all() for a, b in zip(args, before, strict=True)), "inputs were changed"
    for i, name in enumerate(("W1", "b1", "W2", "b2"), 2):
        loss = lambda v, i=i: space["loss_and_grads"](*args[:i], v, *args[i + 1 :])[0]  # noqa: E731
        assert grads[name].shape == args[i].shape
        np.testing.assert_allclose(grads[name], slope(loss, args[i]), atol=1e-8)


# --- depth -----------------------------------------------------------------------


def test_vanishing_numbers():
    """A learner would be told wrong sizes of a gradient after many layers."""
    text = card("Each of 100 layers multiplies the gradient")
    assert f"{0.9**100:.1e}" == "2.7e-05" and r"$0.9^{100} \approx 2.7\cdot10^{-5}$" in text
    assert f"{1.1**100:.1e}" == "1.4e+04" and r"$1.1^{100} \approx 1.4\cdot10^{4}$" in text
    assert 8.5 < math.log10(1.1**100 / 0.9**100) < 9 and "almost nine orders of magnitude" in text
    text = states(
        "How far does replacing sigmoid",
        r"by at most $\frac14$ in every layer, ten of them by at most $0.25^{10}",
    )
    assert f"{0.25**10:.1e}" == "9.5e-07" and r"9.5\cdot10^{-7}" in text
    x = sp.symbols("x", real=True)
    sigma = 1 / (1 + sp.exp(-x))
    assert sp.simplify(sp.diff(sigma, x) - sigma * (1 - sigma)) == 0
    assert sp.diff(sigma, x).subs(x, 0) == sp.Rational(1, 4)


def test_one_step_of_the_backward_recursion():
    """A learner would be told a wrong Jacobian for a layer on row vectors."""
    assert r"= \Bigl(\frac{\partial L}{\partial a_l} \odot \varphi'(z_l)\Bigr)W_l^\top" in card("vanish or explode")
    rng = np.random.default_rng(5)
    w, b, a, c = (rng.normal(size=s) for s in ((4, 3), 3, 4, 3))
    g = (c * (1 - np.tanh(a @ w + b) ** 2)) @ w.T
    np.testing.assert_allclose(g, slope(lambda v: c @ np.tanh(v @ w + b), a), atol=1e-8)


def test_equal_start_keeps_units_equal():
    """A learner would be told wrongly that equal units stay equal, or which weights of a zero network learn."""
    states("start at 0. Which parameters ever learn", "Only the output bias.")
    states("start at one equal constant", "they stay copies of one another for ever")
    space: dict[str, object] = {}
    exec(re.sub(r"(?m)^    ", "", re.search(r"(?ms)^    ```python\n(.*?)^    ```$", CHAPTER.text).group(1)), space)
    rng = np.random.default_rng(6)
    x, t = rng.normal(size=(8, 3)), rng.integers(0, 2, size=8)
    p = {
        "W1": np.full((3, 4), 0.5),
        "b1": np.zeros(4),
        "W2": np.tile(rng.normal(size=(1, 2)), (4, 1)),
        "b2": np.zeros(2),
    }
    for _ in range(20):
        _, g = space["loss_and_grads"](x, t, **p)
        p = {k: p[k] - 0.5 * g[k] for k in p}
    assert np.ptp(p["W1"], axis=1).max() < 1e-12 and np.ptp(p["W2"], axis=0).max() < 1e-12
    _, g = space["loss_and_grads"](x, t[:8] * 0, np.zeros((3, 4)), np.zeros(4), np.zeros((4, 2)), np.zeros(2))
    assert not g["W1"].any() and not g["b1"].any() and not g["W2"].any() and g["b2"].any()


def test_initialisation_numbers():
    """A learner would be told a wrong standard deviation, a wrong range, or a wrong scale for ReLU layers."""
    states(
        "keeps the variance of a dense layer's outputs",
        r"\mathrm{Var}(z_j) = n_{\text{in}}\cdot\mathrm{Var}(w)\cdot\mathrm{Var}(x)",
        r"$\mathrm{Var}(w) = 1/n_{\text{in}}$",
    )
    states("Derive Glorot", r"\mathrm{Var}(w) = \frac{2}{n_{\text{in}} + n_{\text{out}}}")
    text = states("Glorot-initialised weights", "512 inputs and 512 outputs", "variance $a^2/3$")
    assert f"{math.sqrt(2 / 1024):.4f}" == "0.0442" and r"$\sqrt{1/512} \approx 0.0442$" in text
    assert rf"$a = \sqrt{{6/1024}} \approx {math.sqrt(6 / 1024):.3f}$" in text
    a, u = sp.symbols("a u", positive=True)
    assert sp.integrate(u**2 / (2 * a), (u, -a, a)) == a**2 / 3
    n_in, n_out = sp.symbols("n_in n_out", positive=True)
    limit = sp.sqrt(6 / (n_in + n_out))
    assert sp.simplify(limit**2 / 3 - 2 / (n_in + n_out)) == 0
    states(
        "Derive He init",
        r"\mathrm{Var}(w) = \frac{2}{n_{\text{in}}}",
        r"\mathrm{Var}(z) = n_{\text{in}}\cdot\mathrm{Var}(w)\cdot\mathbb{E}[a^2]",
        r"\mathbb{E}[a^2] = \tfrac12 \mathrm{Var}(z')",
    )
    states(
        "Three deep ReLU networks differ",
        r"after 20 layers $2^{-20} \approx 10^{-6}$ of it is left, a size of $10^{-3}$",
    )
    assert f"{2**-20:.0e}" == "1e-06"
    rng = np.random.default_rng(12)
    before, weights = rng.normal(size=(400, 300)), rng.normal(scale=2, size=(300, 300))
    after = relu(before)
    assert (after**2).mean() == pytest.approx((before**2).mean() / 2, rel=0.02)
    assert (after @ weights).var() == pytest.approx(300 * 4 * (after**2).mean(), rel=0.05)


def test_signal_through_relu_layers():
    """A learner would be told a scale of weights that does not keep the signal's mean square through ReLU layers."""
    rng = np.random.default_rng(7)
    n, layers = 400, 6
    for scale, expected in ((2, 1.0), (1, 2.0**-layers)):
        z = rng.normal(size=(300, n))
        for _ in range(layers):
            z = relu(z) @ rng.normal(scale=math.sqrt(scale / n), size=(n, n))
        assert z.var() == pytest.approx(expected, rel=0.2)


def test_pictures_of_depth():
    """A learner would see curves that do not show what the card says about them."""
    drawn = runpy.run_path(str(CONTENT / "pictures" / "networks_and_training.py"))
    for scale, expected in ((4, 2**10), (2, 1), (1, 2**-10)):
        sizes = drawn["sizes_by_depth"](scale)
        assert len(sizes) == 21 and sizes[0] == pytest.approx(1)
        assert expected / 2 < sizes[-1] < expected * 2, "a factor of about 1000, or none"
    plain, residual = drawn["gradients_by_depth"](False), drawn["gradients_by_depth"](True)
    assert plain[-1] == residual[-1] == 1 and len(plain) == 21
    assert plain[0] < 1e-6 and 1 < residual[0] < 10
    assert plain[0] ** (1 / 20) == pytest.approx(0.5, abs=0.05)
    states("Which curve is the gradient in the network", r"by about $\frac12$ in size", "leave less than a millionth")


def test_half_of_the_units_start_inactive():
    """A learner would be told a wrong share of ReLU units that pass no gradient at the start."""
    assert "inactive units pass nothing, about half of them at the start" in card("How far does replacing sigmoid")
    rng = np.random.default_rng(11)
    z = rng.normal(size=(200, 300)) @ rng.normal(size=(300, 300))
    assert (z > 0).mean() == pytest.approx(0.5, abs=0.02)


def test_residual_gradient():
    """A learner would be told a wrong product, expansion or example for the gradient of residual blocks."""
    states(
        "stack of residual blocks",
        r"\frac{\partial x_K}{\partial x_k} = (I + J_{K-1})\cdots(I + J_k)",
        r"\frac{\partial x_{l+1}}{\partial x_l} = I + J_l",
        r"\frac{\partial L}{\partial x_K}\Bigl(I + \sum_{l=k}^{K-1} J_l + \dots\Bigr)",
        "$2^{K-k}$ in all",
    )
    rng = np.random.default_rng(8)
    j = rng.normal(size=(3, 4, 4))
    product = (np.eye(4) + j[2]) @ (np.eye(4) + j[1]) @ (np.eye(4) + j[0])
    expanded = np.eye(4) + j.sum(0) + j[1] @ j[0] + j[2] @ j[0] + j[2] @ j[1] + j[2] @ j[1] @ j[0]
    np.testing.assert_allclose(product, expanded)

    weights = rng.normal(size=(3, 4, 4))
    c = rng.normal(size=4)

    def forward(x):
        for w in weights:
            x = x + np.tanh(w @ x)
        return x

    x = rng.normal(size=4)
    jacobian, at = np.eye(4), x
    for w in weights:
        jacobian = (np.eye(4) + (1 - np.tanh(w @ at) ** 2)[:, None] * w) @ jacobian
        at = at + np.tanh(w @ at)
    np.testing.assert_allclose(c @ jacobian, slope(lambda v: c @ forward(v), x), atol=1e-6)


def test_polyline_of_a_parabola():
    """A learner would be told a wrong error for ten ReLU units that approximate a parabola."""
    states("A hidden layer of ten ReLU units", "$0.0025$.", "at most $h^2/4$", "for $h = 0.1$ that is $1/400$")
    assert 0.1**2 / 4 == pytest.approx(1 / 400) == pytest.approx(0.0025)
    knots = np.arange(10) / 10
    slopes = np.diff(np.append(knots, 1) ** 2) * 10
    jumps = np.diff(slopes, prepend=0)
    x = np.linspace(0, 1, 2001)
    network = relu(x[:, None] - knots) @ jumps
    assert len(jumps) == 10 and np.abs(network - x**2).max() == pytest.approx(1 / 400)


def test_tent_map_pieces():
    """A learner would be told a wrong tent map or wrong counts of pieces and units."""
    text = states(
        "composition of a tent map",
        r"$t(x) = 2x$ for $x \le \frac12$ and $2 - 2x$ above, on $[0, 1]$",
        "with $2k$ ReLU units",
        "needs at least $2^k - 1$",
        "at most $m + 1$ pieces",
        r"$m + 1 \ge 2^k$",
    )
    assert r"t(x) = {}&2\thinspace\mathrm{ReLU}(x)\\ &{}- 4\thinspace\mathrm{ReLU}(x - \tfrac12)" in text
    x = np.linspace(0, 1, 2**12 + 1)
    tent = lambda v: 2 * relu(v) - 4 * relu(v - 0.5)  # noqa: E731
    np.testing.assert_array_equal(tent(x), np.where(x <= 0.5, 2 * x, 2 - 2 * x))
    y = x
    for k in range(1, 11):
        y = tent(y)
        assert 1 + np.count_nonzero(np.diff(np.diff(y))) == 2**k
    assert f"For $k = 10$: 20 units against at least {2**10 - 1:,}." in text


# --- graphs ------------------------------------------------------------------------


def test_message_passing_is_equivariant():
    """A learner would be told that relabelling nodes merely permutes the result when it does not."""
    states(
        "message-passing update",
        r"X' = \mathrm{ReLU}(XW_{\text{self}} + AXW_{\text{nbr}})",
        r"(PAP^\top)(PX)W = P(AXW)",
    )
    rng = np.random.default_rng(9)
    upper = np.triu(rng.integers(0, 2, size=(6, 6)), 1)
    a, h, w_self, w_nbr = upper + upper.T, rng.normal(size=(6, 3)), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    p = np.eye(6)[rng.permutation(6)]
    layer = lambda a, h: relu(h @ w_self + a @ h @ w_nbr)  # noqa: E731
    np.testing.assert_allclose(layer(p @ a @ p.T, p @ h), p @ layer(a, h))
    by_node = [relu(h[v] @ w_self + sum(h[u] @ w_nbr for u in range(6) if a[v, u])) for v in range(6)]
    np.testing.assert_allclose(layer(a, h), by_node)
    assert not np.allclose(layer(a, h), p @ layer(a, h))


def test_aggregators():
    """A learner would be told wrongly which neighbourhoods a sum, a mean or a maximum can tell apart."""
    states(
        "message-passing update",
        r"$\lbrace 1, 2\rbrace$ and $\lbrace 1, 1, 2, 2\rbrace$ have the same mean and maximum but different sums",
        r"a mean still tells $\lbrace 1, 2\rbrace$ from $\lbrace 1, 2, 2\rbrace$, a maximum does not",
    )
    one, twice, other = (1, 2), (1, 1, 2, 2), (1, 2, 2)
    assert np.mean(one) == np.mean(twice) and max(one) == max(twice) == max(other)
    assert sum(one) != sum(twice) and np.mean(one) != np.mean(other)


def path_with_loops():
    a = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    return a / a.sum(1, keepdims=True), a


def test_over_smoothing():
    """A learner would be told a wrong limit, rate or example of repeated neighbourhood averaging."""
    p, a = path_with_loops()
    after = np.linalg.matrix_power(p, 5) @ [1, 0, 0]
    text = states(
        "What is over-smoothing", "path of three nodes with self-loops, $(1, 0, 0)$ becomes", r"here $\frac12$"
    )
    assert f"$({after[0]:.3f}, {after[1]:.3f}, {after[2]:.3f})$ after five rounds" in text
    assert r"$P^kX \to \mathbf{1}\pi^\top X$ with $\pi_v = \tilde d_v/\sum_u \tilde d_u$" in text
    assert r"similar to the symmetric matrix $\tilde D^{-1/2}\tilde A\tilde D^{-1/2}$" in text
    np.testing.assert_allclose(np.linalg.matrix_power(p, 60), np.tile(a.sum(1) / a.sum(), (3, 1)))
    sizes = sorted(abs(np.linalg.eigvals(p)))
    assert sizes[-1] == pytest.approx(1) and sizes[-2] == pytest.approx(0.5)
    root = np.diag(a.sum(1) ** 0.5)
    inverse = np.linalg.inv(root)
    s = inverse @ a @ inverse
    np.testing.assert_allclose(inverse @ s @ root, p)


def test_eigenvalues_of_averaging():
    """A learner would be told wrong eigenvalues or bounds for averaging over neighbourhoods with self-loops."""
    states("What is over-smoothing", r"$-1 \lt \lambda \le 1$", r"$P\mathbf{1} = \mathbf{1}$: the eigenvalue 1 occurs")
    rng = np.random.default_rng(10)
    for _ in range(20):
        upper = np.triu(rng.random((7, 7)) < 0.3, 1)
        upper[np.arange(6), np.arange(1, 7)] = True  # a path through all nodes: connected
        a = (upper | upper.T) + np.eye(7)
        degrees = a.sum(1)
        found = np.sort(np.linalg.eigvals(a / degrees[:, None]).real)
        assert found[-1] == pytest.approx(1) and found[-2] < 1 - 1e-6
        assert found[0] >= (-1 + 2 / degrees).min() - 1e-12


def test_batch_of_graphs():
    """A learner would be told wrong rows, edges or memberships for a triangle and a pair in one batch."""
    text = states("graphs of different sizes", "a 3 by 3 block and a 2 by 2 block", "one graph of five nodes")
    sizes, edges = (3, 2), (((0, 1), (0, 2), (1, 2)), ((0, 1),))
    shifted = [(u + sum(sizes[:g]), v + sum(sizes[:g])) for g, es in enumerate(edges) for u, v in es]
    assert shifted[-1] == (3, 4) and "The pair's edge $(0, 1)$ becomes $(3, 4)$" in text
    membership = tuple(g for g, n in enumerate(sizes) for _ in range(n))
    assert f"the membership vector is ${membership}$" in text


# --- pictures -----------------------------------------------------------------------

PICTURES = {
    "relu_gelu": "relu-gelu.svg",
    "tent_depth": "tent-depth.svg",
    "init_depth": "init-depth.svg",
    "skip_gradients": "skip-gradients.svg",
    "graph_batching": "graph-batching.svg",
    "momentum_ravine": "momentum-ravine.svg",
    "learning_rates": "learning-rates.svg",
    "shrinkage": "shrinkage.svg",
    "l1_l2_geometry": "l1-l2-geometry.svg",
    "batch_layer_norm": "batch-layer-norm.svg",
    "pre_post_ln": "pre-post-ln.svg",
}


@pytest.mark.parametrize(("function", "name"), PICTURES.items())
def test_pictures_are_what_the_script_draws(function, name, tmp_path):
    """A learner would see a picture that the script in the repository no longer draws, or one that no card shows."""
    script = runpy.run_path(str(CONTENT / "pictures" / "networks_and_training.py"))
    script[function].__globals__["MEDIA"] = tmp_path
    script[function]()
    assert (tmp_path / name).read_bytes() == (CONTENT / "media" / name).read_bytes()
    chapters = (CONTENT / f"{c}.md" for c in ("06-neural-networks", "07-optimisation", "08-regularisation"))
    assert sum(chapter.read_text(encoding="utf-8").count(f"media/{name}") for chapter in chapters) == 1


@pytest.mark.parametrize("name", PICTURES.values())
def test_labels_stay_inside_the_picture(name):
    """A learner would see a label cut off at the edge of a picture."""
    svg = (CONTENT / "media" / name).read_text(encoding="utf-8")
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    labels = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"[^>]* text-anchor="(\w+)" font-size="(\d+)">([^<]*)<', svg)
    assert labels
    for x, y, anchor, size, words in labels:
        wide = 0.56 * int(size) * len(words)  # a generous mean for the letters of a sans-serif face
        left = float(x) - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        assert left >= 0 and left + wide <= width, words
        assert float(y) - int(size) >= 0 and float(y) <= height - 4, words
