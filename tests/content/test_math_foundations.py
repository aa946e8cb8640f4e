"""The claims and numbers of the linear algebra and calculus notes, computed anew."""

from __future__ import annotations

import itertools
import math
import re
import runpy

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import CONTENT, Chapter

LINEAR = Chapter("01-linear-algebra").text
CALCULUS = Chapter("02-calculus").text
card = Chapter("01-linear-algebra", "02-calculus").card
RNG_SEED = 7


def says(text: str, *phrases: str) -> None:
    """Fail unless the notes still say what is about to be computed."""
    flat = re.sub(r"\s+", " ", text)
    for phrase in phrases:
        assert phrase in flat, f"the notes no longer say: {phrase}"


def figures(words: str, phrase: str) -> list[float]:
    """Return the numbers of a phrase on a card, so that they can be compared with computed ones.

    `#` in the phrase stands for a number, `…` for anything.
    """
    pattern = re.escape(phrase).replace(r"\#", r"(-?[\d{},]*\.?\d+)").replace("…", ".*?")
    found = re.search(pattern, card(words))
    assert found, f"the card {words!r} no longer says: {phrase}"
    return [float(n.replace("{,}", "")) for n in found.groups()]


def matrix(words: str) -> np.ndarray:
    """Return the first matrix that a card shows."""
    rows = re.search(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", card(words))[1].split(r"\\")
    return np.array([[float(entry) for entry in row.split("&")] for row in rows])


# --- vectors -----------------------------------------------------------------


def test_dot_product_examples():
    """A learner would be told a wrong dot product, shadow or angle."""
    a, b = np.array([3.0, 4.0]), np.array([2.0, 0.0])
    says(LINEAR, r"$a = (3, 4)$ and $b = (2, 0)$: $a \cdot b = 6$", r"\cos\theta = 6/(5\cdot 2) = 0.6")
    assert a @ b == 6
    assert a @ b / np.linalg.norm(b) == 3
    assert a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) == pytest.approx(0.6)
    says(LINEAR, r"$c = (10, 100)$ it is $10$", r"at about $84^\circ$")
    assert math.degrees(math.atan2(100, 10)) == pytest.approx(84, abs=0.5)


def test_law_of_cosines_gives_the_geometric_form():
    """A learner would be shown a derivation whose first step is a false identity."""
    a, b = sp.symbols("a1:5", real=True), sp.symbols("b1:5", real=True)
    left = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    right = sum(x**2 for x in a) + sum(y**2 for y in b) - 2 * sum(x * y for x, y in zip(a, b, strict=True))
    assert sp.expand(left - right) == 0


def test_cosine_of_random_directions():
    """A learner would be told a wrong scale for what counts as similar in 768 dimensions."""
    says(LINEAR, r"about $0.036$ for $n = 768$")
    assert 1 / math.sqrt(768) == pytest.approx(0.036, abs=5e-4)
    rng = np.random.default_rng(RNG_SEED)
    x, y = rng.normal(size=(2, 4000, 768))
    cosines = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    assert cosines.std() == pytest.approx(1 / math.sqrt(768), rel=0.05)
    cosine, angle = figures("say about two vectors", r"$#$ is an angle of $#^\circ$")
    assert math.degrees(math.acos(cosine)) == pytest.approx(angle)


def test_projection_formula_and_example():
    """A learner would project onto a wrong point, or believe a point closest that is not."""
    a, b = np.array([2.0, 4.0]), np.array([4.0, 2.0])
    foot = (a @ b) / (b @ b) * b
    says(LINEAR, r"$0.8b = (3.2, 1.6)$", "$(-1.2, 2.4)$")
    assert foot == pytest.approx([3.2, 1.6])
    assert a - foot == pytest.approx([-1.2, 2.4])
    s, t = sp.symbols("s t", real=True)
    u, v = sp.Matrix(sp.symbols("u1:4", real=True)), sp.Matrix(sp.symbols("v1:4", real=True))
    best = u.dot(v) / v.dot(v)
    pythagoras = (u - s * v).dot(u - s * v) - (u - t * v).dot(u - t * v) - (s - t) ** 2 * v.dot(v)
    assert sp.simplify(pythagoras.subs(t, best)) == 0


def test_scalar_projection_times_length():
    """A learner would be told a wrong length of a shadow, or that shadow times length is not the dot product."""
    shown = figures("is the scalar projection of", r"16/\sqrt{20} \approx #$, and $#$ times $\sqrt{20} \approx #$")
    a, b = np.array([2.0, 4.0]), np.array([4.0, 2.0])
    shadow, length = a @ b / np.linalg.norm(b), np.linalg.norm(b)
    assert shown == [round(shadow, 2), round(shadow, 2), round(length, 2)]
    assert shadow * length == pytest.approx(16)
    obtuse = np.array([-3.0, 1.0])
    assert obtuse @ b / np.linalg.norm(b) < 0


def test_cauchy_schwarz_proof_and_example():
    """A learner would be shown a proof with a wrong lowest point, or an example that breaks the inequality."""
    uu, uv, vv, t = sp.symbols("uu uv vv t", positive=True)
    parabola = uu - 2 * t * uv + t**2 * vv
    lowest = sp.solve(parabola.diff(t), t)
    assert lowest == [uv / vv]
    assert sp.simplify(parabola.subs(t, lowest[0]) - (uu - uv**2 / vv)) == 0
    left, root, right = figures("Prove the Cauchy", r"$# \le 5\sqrt# \approx #$")
    u, v = np.array([3.0, 4.0]), np.array([2.0, 1.0])
    bound = np.linalg.norm(u) * np.linalg.norm(v)
    assert (left, 5 * math.sqrt(root), right) == (u @ v, pytest.approx(bound), round(bound, 2))
    for x, y in np.random.default_rng(RNG_SEED).normal(size=(200, 2, 5)):
        assert abs(x @ y) <= np.linalg.norm(x) * np.linalg.norm(y)


def test_triangle_inequality_proof_and_example():
    """A learner would be shown a wrong expansion, or an example that breaks the triangle inequality."""
    u, v = sp.Matrix(sp.symbols("u1:4", real=True)), sp.Matrix(sp.symbols("v1:4", real=True))
    assert sp.expand((u + v).dot(u + v) - (u.dot(u) + 2 * u.dot(v) + v.dot(v))) == 0
    direct, detour = figures("Prove the triangle inequality", r"$u = (3, 0)$ and $v = (0, 4)$: $# \le #$")
    assert (direct, detour) == (math.hypot(3, 4), 3 + 4)
    x = np.array([1.0, -2.0, 0.5])
    assert np.linalg.norm(x + 3 * x) == pytest.approx(np.linalg.norm(x) + np.linalg.norm(3 * x))


def test_absolute_values_come_before_the_power():
    """A learner would be told that a formula without the bars fails where it works, or works where it fails."""
    text = card("take absolute values before raising")
    assert "$3 - 3 = 0$" in text and "$2^3 + (-2)^3 = 0$" in text and "$(-4)^{1.5}$ is not a real number" in text
    assert sum((3, -3)) == 0 == 2**3 + (-2) ** 3
    assert isinstance((-4) ** 1.5, complex)
    assert all(abs((-4) ** p) == abs(-4) ** p for p in (1, 2, 3, 4))


def test_normalising_a_vector():
    """A learner would be told a wrong unit vector, or that normalising keeps the length."""
    unit = figures("by its $L_2$ norm affect its length", r"\hat v = (#, #)")
    v = np.array([3.0, 4.0])
    assert unit == pytest.approx(v / np.linalg.norm(v))
    assert unit == pytest.approx(10 * v / np.linalg.norm(10 * v))
    assert norm(v / 7, 1) == pytest.approx(1)


def norm(v, p):
    """Return the L_p value as the notes define it."""
    return float(sum(abs(x) ** p for x in v) ** (1 / p))


def test_norm_axioms_and_their_counterexamples():
    """A learner would be told that a function breaks an axiom which it keeps, or keeps one which it breaks."""
    functions = {
        "definite": lambda v: abs(v[0]),
        "homogeneous": lambda v: float(np.count_nonzero(v)),
        "triangle": lambda v: norm(v, 0.5),
    }
    grid = [np.array(v, dtype=float) for v in itertools.product(range(-3, 4), repeat=2)]
    for broken, f in functions.items():
        holds = {
            "definite": all((f(v) == 0) == (not v.any()) for v in grid),
            "homogeneous": all(math.isclose(f(c * v), abs(c) * f(v)) for v in grid for c in (-2, 0, 0.5, 3)),
            "triangle": all(f(u + v) <= f(u) + f(v) + 1e-9 for u in grid for v in grid),
        }
        assert [name for name, kept in holds.items() if not kept] == [broken]
    assert (norm((1, 0), 0.5), norm((0, 1), 0.5), norm((1, 1), 0.5)) == (1, 1, 4)


def test_norms_shrink_towards_the_largest_entry():
    """A learner would read wrong values in the table of norms, or a wrong limit or bound."""
    says(LINEAR, r"| $\lVert v\rVert_p$ | 7 | 5 | 4.285 | 4.022 | 4 |", r"$1000^{0.1} \approx 2.0$")
    shown = [round(norm((3, 4), p), 3) for p in (1, 2, 4, 10)]
    assert shown == [7, 5, 4.285, 4.022]
    assert round(1000**0.1, 1) == 2.0
    for v in np.random.default_rng(RNG_SEED).normal(size=(50, 6)):
        m = abs(v).max()
        values = [norm(v, p) for p in (1, 1.5, 2, 4, 10, 60)]
        assert values == sorted(values, reverse=True)
        assert all(m <= x <= 6 ** (1 / p) * m for x, p in zip(values, (1, 1.5, 2, 4, 10, 60), strict=True))
        assert values[2] <= values[0] <= math.sqrt(6) * values[2]


# --- matrices ----------------------------------------------------------------


def test_readings_of_a_matrix_product():
    """A learner would be told a wrong sum, or a reading of the product that gives another matrix."""
    rng = np.random.default_rng(RNG_SEED)
    x, w = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    y = x @ w
    sums = [[sum(x[n, d] * w[d, m] for d in range(4)) for m in range(5)] for n in range(3)]
    assert np.allclose(y, sums)
    assert np.allclose(y, np.einsum("nd,dm->nm", x, w))
    assert np.allclose(y, sum(np.outer(x[:, d], w[d]) for d in range(4)))
    assert np.allclose(y[1], sum(x[1, d] * w[d] for d in range(4)))
    assert np.allclose(y.T, w.T @ x.T)
    assert (np.array([[1, 2]]) @ np.array([[3, 4], [5, 6]])).tolist() == [[13, 16]]


def test_costs_and_storage():
    """A learner would be told a wrong count of steps or of stored numbers."""
    says(LINEAR, r"32\cdot 784\cdot 128 \approx 3.2$ million", "$65{,}536$", "$16{,}777{,}216$", "a factor of $256$")
    assert round(32 * 784 * 128 / 1e6, 1) == 3.2
    assert 8 * (4096 + 4096) == 65536
    assert 4096 * 4096 == 16777216 == 65536 * 256
    stored = r"N = D = #$ and $r = #$ they hold $#$ numbers instead of $#$…r \lt ND/(N+D)$, here $#$"
    size, rank, factors, whole, limit = figures("What is the best approximation", stored)
    assert (factors, whole, limit) == (rank * (size + size), size * size, size * size / (size + size))
    (exponent,) = figures("How many operations does it take", r"Strassen, 1969: about $n^{#}$")
    assert round(math.log2(7), 2) == exponent


def test_shapes_through_two_layers():
    """A learner would be told wrong shapes for a batch on its way through two layers."""
    words = "When is the product of two matrices defined"
    given = figures(words, r"$X$ of shape $#\times #$, $W_1$ of $#\times #$ and $W_2$ of $#\times #$")
    shown = figures(words, r"the shapes run $#\times # \to #\times # \to #\times #$")
    x, w1, w2 = (np.zeros((int(given[k]), int(given[k + 1]))) for k in (0, 2, 4))
    assert [tuple(shown[k : k + 2]) for k in (0, 2, 4)] == [x.shape, (x @ w1).shape, (x @ w1 @ w2).shape]


def test_layers_without_nonlinearity_merge():
    """A learner would be told that two linear layers are one layer when they are not."""
    rng = np.random.default_rng(RNG_SEED)
    x, w1, w2, b1, b2 = (rng.normal(size=s) for s in ((6, 4), (4, 5), (5, 3), 5, 3))
    assert np.allclose((x @ w1 + b1) @ w2 + b2, x @ (w1 @ w2) + (b1 @ w2 + b2))
    hidden = np.maximum(x @ w1 + b1, 0)
    assert hidden.shape == (6, 5) and (hidden @ w2 + b2).shape == (6, 3)


def test_transposes():
    """A learner would be told a wrong transpose of a product, or a wrong way to move a matrix across a dot product."""
    rng = np.random.default_rng(RNG_SEED)
    a, b, x, y = (rng.normal(size=s) for s in ((3, 4), (4, 5), 4, 3))
    assert np.allclose((a @ b).T, b.T @ a.T)
    entries = [[sum(a[j, d] * b[d, i] for d in range(4)) for j in range(3)] for i in range(5)]
    assert np.allclose((a @ b).T, entries)
    assert (a @ x) @ y == pytest.approx(x @ (a.T @ y))
    centred = a - a.mean(axis=0)
    assert np.allclose(centred.T @ centred / 3, np.cov(a.T, bias=True))


def test_low_rank_adaptation():
    """A learner would be told a wrong rank or size of the correction, or a start that changes the pretrained model."""
    rng = np.random.default_rng(RNG_SEED)
    w, a, b, x = (rng.normal(size=s) for s in ((12, 9), (12, 2), (2, 9), (4, 12)))
    assert np.linalg.matrix_rank(a @ b) == 2
    assert np.array_equal(w + 8 / 2 * a @ np.zeros((2, 9)), w)
    assert np.allclose(x @ (w + 8 / 2 * a @ b), x @ w + 8 / 2 * (x @ a) @ b)
    width, rank, trained, whole, factor = figures(
        "How does LoRA", r"D = M = #$ and $r = #$: $#$ trained numbers instead of $#$, a factor of $#$"
    )
    assert (trained, whole, factor) == (rank * (width + width), width * width, width * width / (rank * 2 * width))


def test_gradients_of_a_linear_layer():
    """A learner would transpose the wrong matrix on the way back through a layer."""
    rng = np.random.default_rng(RNG_SEED)
    x, w, g = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))

    def loss(x, w):
        return float((g * (x @ w)).sum())

    for name, at, claimed in (("x", x, g @ w.T), ("w", w, x.T @ g)):
        for index in np.ndindex(at.shape):
            moved = at.copy()
            moved[index] += 1e-6
            change = loss(moved, w) - loss(x, w) if name == "x" else loss(x, moved) - loss(x, w)
            assert change / 1e-6 == pytest.approx(claimed[index], abs=1e-5)


def test_best_low_rank_approximation():
    """A learner would be told a wrong error, or that the truncated SVD is best when something beats it."""
    rng = np.random.default_rng(RNG_SEED)
    a = rng.normal(size=(6, 5))
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    best = (u[:, :2] * s[:2]) @ vt[:2]
    error = np.linalg.norm(a - best)
    assert error == pytest.approx(math.sqrt((s[2:] ** 2).sum()))
    for _ in range(200):
        left = u[:, :2] * s[:2] + 0.1 * rng.normal(size=(6, 2))
        right = np.linalg.lstsq(left, a, rcond=None)[0]
        assert np.linalg.norm(a - left @ right) >= error - 1e-12


def test_rank_and_eigenvalues():
    """A learner would be told that the rank counts non-zero eigenvalues even for defective matrices."""
    defective = sp.Matrix([[0, 1], [0, 0]])
    assert defective.rank() == 1
    assert defective.eigenvals() == {0: 2}
    assert [float(x) for x in np.linalg.svd(np.array([[0, 1], [0, 0]]))[1]] == [1, 0]
    assert sp.Matrix([[1, 2], [2, 4], [3, 6]]).rank() == 1
    assert set(sp.Matrix([[0, -1], [1, 0]]).eigenvals()) == {sp.I, -sp.I}


def test_eigenvectors_of_the_example():
    """A learner would be told that a vector is an eigenvector which is none, or a wrong eigenvalue."""
    a = matrix("What are an eigenvector and")
    text = r"(1, 1)$ goes to $(#, #)$, so … $\lambda = #$; … $\lambda = #$; $(1, 0)$ goes to $(#, #)$"
    x, y, first, second, *other = figures("What are an eigenvector and", text)
    assert (a @ [1, 1]).tolist() == [x, y] == [first, first]
    assert (a @ [1, -1]).tolist() == [second, -second]
    assert (a @ [1, 0]).tolist() == other
    assert (np.trace(a), np.linalg.det(a)) == pytest.approx((first + second, first * second))


def test_singular_values_of_the_picture():
    """A learner would be told wrong singular values or eigenvalues, or see an ellipse that is not the matrix's."""
    words = "How are singular values defined"
    a = matrix(words)
    s1, s2, real, imaginary = figures(
        words, r"\sigma_1 = #$ and $\sigma_2 = #$, but no real eigenvalue: they are about $# \pm #i"
    )
    u, s, vt = np.linalg.svd(a)
    assert s == pytest.approx([s1, s2])
    assert np.sqrt(np.linalg.eigvalsh(a.T @ a))[::-1] == pytest.approx([s1, s2])
    assert np.allclose(a @ vt.T, u * s)
    value = np.linalg.eigvals(a)[0]
    assert (round(value.real, 2), round(abs(value.imag), 2)) == (real, imaginary)
    drawn = runpy.run_path(str(CONTENT / "pictures" / "math_foundations.py"))
    assert np.array_equal(drawn["MATRIX"], a)
    half = math.sqrt(0.5)
    assert np.hypot(*drawn["image"](half, half)) == pytest.approx(s1)
    assert np.hypot(*drawn["image"](-half, half)) == pytest.approx(s2)
    wide = np.random.default_rng(RNG_SEED).normal(size=(3, 5))
    assert np.sqrt(np.linalg.eigvalsh(wide.T @ wide)[::-1][:3]) == pytest.approx(np.linalg.svd(wide)[1])


def test_condition_number_of_a_shear():
    """A learner would be told a wrong condition number, or that eigenvalues give it for every matrix."""
    shear = matrix("What is the condition number of a matrix")
    (kappa,) = figures("What is the condition number of a matrix", r"yet $\kappa \approx #$")
    assert np.linalg.cond(shear) == pytest.approx(kappa, abs=0.5)
    assert np.linalg.eigvals(shear) == pytest.approx([1, 1])
    turn = -3 * np.array([[0.6, 0.8], [0.8, -0.6]])
    assert np.linalg.cond(turn) == pytest.approx(1)
    assert np.linalg.cond(np.array([[1.0, 2.0], [2.0, 4.0]])) > 1e15


def test_condition_number_bounds_relative_errors():
    """A learner would be told a bound on errors that does not hold."""
    rng = np.random.default_rng(RNG_SEED)
    for _ in range(100):
        a, b, change = rng.normal(size=(4, 4)), rng.normal(size=4), 1e-3 * rng.normal(size=4)
        x, moved = np.linalg.solve(a, b), np.linalg.solve(a, b + change)
        relative = np.linalg.norm(moved - x) / np.linalg.norm(x)
        assert relative <= np.linalg.cond(a) * np.linalg.norm(change) / np.linalg.norm(b) * (1 + 1e-9)


def test_speed_of_gradient_descent_on_a_quadratic():
    """A learner would be told a wrong best learning rate, factor or number of steps."""
    told = r"For $\kappa = #$, $\rho \approx #$: about $#$ steps for each decimal digit"
    kappa, rho, steps = figures("Derive how the condition number", told)
    low, high = 1.0, kappa
    factors = {eta: max(abs(1 - eta * low), abs(1 - eta * high)) for eta in np.linspace(1e-4, 0.03, 30001)}
    best = min(factors, key=factors.__getitem__)
    assert best == pytest.approx(2 / (low + high), rel=1e-3)
    assert factors[best] == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-4)
    assert round((kappa - 1) / (kappa + 1), 2) == rho
    assert round(math.log(10) / -math.log((kappa - 1) / (kappa + 1))) == steps
    assert abs(1 - 1.99 / high * high) < 1 < abs(1 - 2.01 / high * high)


def test_curvature_is_an_average_of_eigenvalues():
    """A learner would be told a wrong formula for the curvature in a direction."""
    rng = np.random.default_rng(RNG_SEED)
    h = rng.normal(size=(4, 4))
    h = h + h.T
    values, vectors = np.linalg.eigh(h)
    u = rng.normal(size=4)
    u /= np.linalg.norm(u)
    assert u @ h @ u == pytest.approx((values * (vectors.T @ u) ** 2).sum())
    assert values[0] <= u @ h @ u <= values[-1]


def test_hessian_vector_product_needs_no_matrix():
    """A learner would be told that the gradient of g·v is Hv when it is not."""
    x = sp.symbols("x1:4", real=True)
    v = sp.Matrix([2, -1, 3])
    loss = sp.exp(x[0] * x[1]) + x[2] ** 3 * x[0] + sp.sin(x[1])
    gradient = sp.Matrix([loss.diff(s) for s in x])
    directional = gradient.dot(v)
    product = sp.Matrix([directional.diff(s) for s in x])
    assert sp.simplify(product - sp.hessian(loss, x) * v) == sp.zeros(3, 1)


def test_power_iteration_finds_the_largest_in_absolute_value():
    """A learner would be told that the iteration finds the largest eigenvalue when a negative one is larger in size."""
    basis = np.linalg.qr(np.random.default_rng(RNG_SEED).normal(size=(4, 4)))[0]
    h = basis @ np.diag([3.0, 1.0, 0.2, -5.0]) @ basis.T
    v = np.ones(4)
    for _ in range(200):
        v = h @ v
        v /= np.linalg.norm(v)
    assert v @ h @ v == pytest.approx(-5)


def test_signs_of_the_curvature():
    """A learner would be told a wrong curvature of the valley, or a wrong reading of the signs."""
    along, across = figures("say about the shape of its surface", r"\mathrm{diag}(#, #)")
    x, y = sp.symbols("x y")
    assert sp.hessian(x**2 + 10 * y**2, (x, y)) == sp.diag(int(along), int(across))
    assert across / along == 10
    assert sorted(sp.hessian(x**2 - y**2, (x, y)).eigenvals()) == [-2, 2]
    assert sp.hessian(x**4 - y**4, (x, y)).subs({x: 0, y: 0}) == sp.zeros(2, 2)


# --- calculus ----------------------------------------------------------------


def test_derivative_examples():
    """A learner would be told a wrong slope, partial derivative or directional derivative."""
    x, y, h = sp.symbols("x y h")
    at, secant, tangent = figures("What is the derivative", r"at $x = #$ the secant slope is $# + h$, so $f'(3) = #$")
    assert sp.simplify(((at + h) ** 2 - at**2) / h - (h + secant)) == 0 == secant - tangent
    f = x**2 * y
    *point, by_x, by_y = figures("What does the partial derivative", r"at $(#, #)$ they are $#$ and $#$")
    assert [float(f.diff(s).subs({x: point[0], y: point[1]})) for s in (x, y)] == [by_x, by_y]
    g = x**2 + 3 * y
    told = r"at $(#, #)$: $\nabla f = (#, #)$. Along $u = (#, #)$ the slope is $#\cdot # + #\cdot # = #$"
    px, py, gx, gy, ux, uy, *terms, slope = figures("What is the gradient of a function", told)
    assert [float(g.diff(s).subs({x: px, y: py})) for s in (x, y)] == [gx, gy]
    assert math.hypot(ux, uy) == pytest.approx(1)
    assert terms == [gx, ux, gy, uy] and gx * ux + gy * uy == pytest.approx(slope)
    told = figures("Derive the chain rule", r"(#x+#)^# = #(#x+#)\cdot #$")
    a, b, n, outer, c, d, inner = (int(number) for number in told)
    assert sp.expand(((a * x + b) ** n).diff(x) - outer * (c * x + d) * inner) == 0


def test_gradient_is_the_steepest_direction():
    """A learner would be told a wrong direction of steepest ascent, or that it always aims at the optimum."""
    point = np.array([1.0, 1.0])
    gradient = np.array([2 * point[0], 20 * point[1]])
    angles = np.linspace(0, 2 * math.pi, 3601)
    slopes = np.cos(angles) * gradient[0] + np.sin(angles) * gradient[1]
    assert angles[slopes.argmax()] == pytest.approx(math.atan2(gradient[1], gradient[0]), abs=2e-3)
    assert slopes.max() == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
    aim = gradient @ point / np.linalg.norm(gradient) / np.linalg.norm(point)
    assert aim < 0.9


def test_chain_rule():
    """A learner would be told a wrong derivative of a composition, also where the inner change is zero."""
    pairs = [
        (math.sin, math.cos, lambda x: x**2, lambda x: 2 * x),
        (lambda u: u**2, lambda u: 2 * u, lambda x: 3 * x + 1, lambda _: 3.0),
        (math.exp, math.exp, lambda _: 1.5, lambda _: 0.0),
    ]
    for f, df, g, dg in pairs:
        for x in (-1.0, 0.3, 2.0):
            numeric = (f(g(x + 1e-6)) - f(g(x - 1e-6))) / 2e-6
            assert numeric == pytest.approx(df(g(x)) * dg(x), rel=1e-6, abs=1e-8)


def test_jacobians_of_the_table():
    """A learner would be told a wrong Jacobian for a linear map, softmax or a row times a matrix."""
    rng = np.random.default_rng(RNG_SEED)
    a, x = rng.normal(size=(3, 4)), rng.normal(size=4)

    def numeric(f, x):
        return np.array([(f(x + 1e-6 * e) - f(x - 1e-6 * e)) / 2e-6 for e in np.eye(len(x))]).T

    def softmax(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    p = softmax(x)
    assert np.allclose(numeric(lambda z: a @ z, x), a, atol=1e-7)
    assert np.allclose(numeric(softmax, x), np.diag(p) - np.outer(p, p), atol=1e-7)
    w = rng.normal(size=(4, 2))
    assert np.allclose(numeric(lambda z: z @ w, x), w.T, atol=1e-7)
    assert np.allclose(numeric(lambda z: np.maximum(z, 0), x), np.diag((x > 0) * 1.0), atol=1e-7)


def test_backward_sweep_gives_the_gradient():
    """A learner would multiply transposed Jacobians in a wrong order."""
    rng = np.random.default_rng(RNG_SEED)
    first, second, target = rng.normal(size=(5, 4)), rng.normal(size=(3, 5)), rng.normal(size=3)
    x = rng.normal(size=4)

    def loss(x):
        return float(((second @ np.tanh(first @ x) - target) ** 2).sum())

    hidden = np.tanh(first @ x)
    j1, j2 = (1 - hidden**2)[:, None] * first, second
    swept = j1.T @ (j2.T @ (2 * (second @ hidden - target)))
    numeric = [(loss(x + 1e-6 * e) - loss(x - 1e-6 * e)) / 2e-6 for e in np.eye(4)]
    assert np.allclose(swept, numeric, atol=1e-6)


def test_double_well_traps_gradient_descent():
    """A learner would be told a wrong resting point or height of the example with two minima."""
    told = r"f(x) = x^4 - #x^2 + #x$, a start at $x = #$ with a small $\eta$ ends near $#$, where $f \approx #$, "
    told += r"though $f \approx #$ at $#$"
    a, b, start, rest, height, lowest_height, lowest = figures("does gradient descent slow down", told)
    x = start
    for _ in range(2000):
        x -= 0.01 * (4 * x**3 - 2 * a * x + b)
    assert (round(x, 2), round(x**4 - a * x**2 + b * x, 2)) == (rest, height)
    low = min(np.roots([4, 0, -2 * a, b]).real)
    assert (round(low, 2), round(low**4 - a * low**2 + b * low, 2)) == (lowest, lowest_height)
    drawn = runpy.run_path(str(CONTENT / "pictures" / "math_foundations.py"))["two_valleys"]
    assert all(drawn(v) == pytest.approx(v**4 - a * v**2 + b * v) for v in (-1.3, 0.2, 1.5))


def test_coins_agree_once_in_a_million():
    """A learner would be told a wrong probability that twenty coins agree."""
    (coins,) = figures("Why are saddle points", r"one in a million for $P = #$")
    assert round(2**coins / 1e6) == 1


def test_hessian_example():
    """A learner would be told a wrong Hessian or a wrong curvature along a direction."""
    x, y = sp.symbols("x y")
    h = sp.hessian(x**2 * y, (x, y))
    assert h == sp.Matrix([[2 * y, 2 * x], [2 * x, 0]])
    at = h.subs({x: 1, y: 2})
    assert at == sp.Matrix([[4, 2], [2, 0]])
    u = sp.Matrix([1, -1]) / sp.sqrt(2)
    assert sp.simplify((u.T * at * u)[0]) == 0


def test_second_order_taylor():
    """A learner would be told a wrong order of the error, a wrong number, or a wrong Newton step."""

    def error(h):
        return abs(math.exp(h) - (1 + h + h * h / 2))

    assert error(0.1) / error(0.05) == pytest.approx(8, rel=0.05)
    h, first, second, model, true = figures(
        "What is the second-order Taylor", r"e^{#} \approx 1 + # + # = #$, and the true value is $#$"
    )
    assert (first, model) == (h, pytest.approx(1 + first + second)) and second == pytest.approx(h * h / 2)
    assert round(math.exp(h), 5) == true
    a, b, c, g1, g2, d1, d2 = sp.symbols("a b c g1 g2 d1 d2")
    h, g, d = sp.Matrix([[a, b], [b, c]]), sp.Matrix([g1, g2]), sp.Matrix([d1, d2])
    model = g.dot(d) + (d.T * h * d)[0] / 2
    newton = dict(zip((d1, d2), -h.inv() * g, strict=True))
    assert [sp.simplify(model.diff(s).subs(newton)) for s in (d1, d2)] == [0, 0]


def test_learning_rates_that_lower_the_loss():
    """A learner would be told a wrong bound on the learning rate."""
    told = r"$\lVert g\rVert^2 = #$, $g^\top Hg = #$, so the bound is about $#$"
    shown = figures("Derive from the second-order Taylor", told)
    g, h = np.array([2.0, 20.0]), np.diag([2.0, 20.0])
    bound = 2 * (g @ g) / (g @ h @ g)
    assert [g @ g, g @ h @ g, round(bound, 4)] == shown

    def loss(p):
        return p[0] ** 2 + 10 * p[1] ** 2

    start = np.ones(2)
    assert loss(start - 0.999 * bound * g) < loss(start) < loss(start - 1.001 * bound * g)
    best = min(np.linspace(0, bound, 2001), key=lambda eta: loss(start - eta * g))
    assert best == pytest.approx(bound / 2, rel=1e-3)


def test_newton_step():
    """A learner would be told a wrong Newton step, or that it always goes downhill."""
    words = "Derive Newton's step"
    told = r"g = (#, #)$, $H = \mathrm{diag}(#, #)$, $\delta = (#, #)"
    g1, g2, h1, h2, d1, d2 = figures(words, told)
    x, y = sp.symbols("x y")
    loss = x**2 + 10 * y**2
    at = {x: 1, y: 1}
    assert [float(loss.diff(s).subs(at)) for s in (x, y)] == [g1, g2]
    assert sp.hessian(loss, (x, y)) == sp.diag(int(h1), int(h2))
    assert np.linalg.solve(np.diag([h1, h2]), [-g1, -g2]).tolist() == [d1, d2] == [-1, -1]
    rng = np.random.default_rng(RNG_SEED)
    root = rng.normal(size=(5, 5))
    h, best, start = root @ root.T + 1e-3 * np.eye(5), rng.normal(size=5), rng.normal(size=5)
    assert start - np.linalg.solve(h, h @ (start - best)) == pytest.approx(best)
    saddle = np.diag([2.0, -2.0])
    point = np.array([0.05, 0.1])
    landed = point - np.linalg.solve(saddle, saddle @ point)
    assert landed == pytest.approx([0, 0])
    assert landed @ saddle @ landed > point @ saddle @ point
    size, entries, work = figures("Why is Newton's method", r"P = 10^#$, $H$ has $10^{#}$ …P^3 = 10^{#}")
    assert (entries, work) == (2 * size, 3 * size)


def test_gauss_newton_leaves_out_the_curvature_of_the_network():
    """A learner would be told that the Gauss-Newton matrix is positive semidefinite when it is not."""
    w = sp.Matrix(sp.symbols("w1:4", real=True))
    outputs = sp.Matrix([sp.tanh(w[0] * w[1]) + w[2], w[0] * w[2], w[1] ** 2])
    z = sp.Matrix(sp.symbols("z1:4", real=True))
    cross_entropy = sp.log(sum(sp.exp(s) for s in z)) - z[0]
    squared_error = (z - sp.Matrix([1, 2, -1])).dot(z - sp.Matrix([1, 2, -1])) / 2
    at = dict(zip(w, (0.7, -1.2, 0.4), strict=True))
    jacobian = np.array(outputs.jacobian(w).subs(at), dtype=float)
    reached = dict(zip(z, outputs.subs(at), strict=True))
    for loss in (cross_entropy, squared_error):
        a = np.array(sp.hessian(loss, z).subs(reached), dtype=float)
        part = jacobian.T @ a @ jacobian
        assert np.linalg.eigvalsh(part).min() > -1e-12
        whole = np.array(sp.hessian(loss.subs(dict(zip(z, outputs, strict=True))), w).subs(at), dtype=float)
        slopes = [float(loss.diff(s).subs(reached)) for s in z]
        own = sum(g * np.array(sp.hessian(o, w).subs(at), dtype=float) for g, o in zip(slopes, outputs, strict=True))
        assert np.allclose(whole, part + own)


# --- pictures ----------------------------------------------------------------


def test_pictures_are_what_the_script_draws():
    """A learner would see a picture that the script in the repository no longer draws."""
    drawn = runpy.run_path(str(CONTENT / "pictures" / "math_foundations.py"))
    drawings = {
        "projection": drawn["projection"],
        "unit-balls": drawn["unit_balls"],
        "singular-values": drawn["singular_values"],
        "double-well": drawn["double_well"],
        "tangent": drawn["tangent"],
        "gradient-contours": drawn["gradient_contours"],
    }
    for name, draw in drawings.items():
        assert (CONTENT / "media" / f"{name}.svg").read_text(encoding="utf-8") == draw()
        assert f"(media/{name}.svg)" in LINEAR + CALCULUS
    for p in (1, 2, 4):
        assert [norm(point, p) for point in drawn["ball"](float(p))] == pytest.approx([1] * 160)
