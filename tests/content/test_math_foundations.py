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

LINEAR = Chapter("01-linear-algebra")
CALCULUS = Chapter("02-calculus")
BOTH = Chapter("01-linear-algebra", "02-calculus")
card, states = BOTH.card, BOTH.states
RNG_SEED = 7


def figures(words: str, phrase: str) -> list[float]:
    """Return the numbers of a phrase on a card, so that they can be compared with computed ones.

    `#` in the phrase stands for a number, `…` for anything.
    """
    pattern = re.escape(phrase).replace(r"\#", r"(-?[\d{},]*\.?\d+)").replace("…", ".*?")
    found = re.search(pattern, card(words))
    assert found, f"the card {words!r} no longer says: {phrase}"
    return [float(n.replace("{,}", "").replace(",", "")) for n in found.groups()]


def matrix(words: str) -> np.ndarray:
    """Return the first matrix that a card shows."""
    rows = re.search(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", card(words))[1].split(r"\\")
    return np.array([[float(entry) for entry in row.split("&")] for row in rows])


def angle(u, v) -> float:
    """Return the angle between two vectors in degrees."""
    return math.degrees(math.acos(np.dot(u, v) / np.linalg.norm(u) / np.linalg.norm(v)))


@pytest.fixture(scope="module")
def drawn():
    return runpy.run_path(str(CONTENT / "pictures" / "math_foundations.py"))


# --- vectors -----------------------------------------------------------------


def test_dot_product_examples():
    """A learner would be told a wrong dot product, shadow or angle."""
    told = r"For $a = (#, #)$ and $b = (#, #)$ the shadow of $a$ is $#$ long, $b$ is $#$ long, and $a\cdot b = #$"
    a1, a2, b1, b2, shadow, length, product = figures("dot product of two vectors", told)
    a, b = np.array([a1, a2]), np.array([b1, b2])
    assert (a @ b / np.linalg.norm(b), np.linalg.norm(b), a @ b) == (shadow, length, product)
    words = "Why is a large dot product not enough"
    a1, a2, b1, b2, near, degrees = figures(words, r"$a = (#, #)$ and $b = (#, #)$ have the product $#$ at $#^\circ$")
    assert (np.dot((a1, a2), (b1, b2)), angle((a1, a2), (b1, b2))) == (near, pytest.approx(degrees))
    c1, c2, far, degrees = figures(words, r"$c = (#, #)$ has the product $#$ with $a$, although it stands at about $#^")
    assert (np.dot((a1, a2), (c1, c2)), round(angle((a1, a2), (c1, c2)))) == (far, degrees)


def test_law_of_cosines_gives_the_geometric_form():
    """A learner would be shown a derivation whose first step is a false identity."""
    a, b = sp.symbols("a1:5", real=True), sp.symbols("b1:5", real=True)
    left = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    right = sum(x**2 for x in a) + sum(y**2 for y in b) - 2 * sum(x * y for x, y in zip(a, b, strict=True))
    assert sp.expand(left - right) == 0
    words = "Show that the sum of products"
    states(words, r"{}- 2\sum_i a_i b_i", r"{}- 2\lVert a\rVert\lVert b\rVert\cos\theta", "dividing by $-2$ leaves")


def test_cosine_similarity():
    """A learner would be told a wrong cosine or a wrong angle for one."""
    words = "What is the cosine similarity"
    a1, a2, b1, b2, top, first, second, value = figures(words, r"$a=(#,#)$ and $b=(#,#)$ it is $#/(#\cdot #) = #$")
    assert (top, first, second) == (a1 * b1 + a2 * b2, math.hypot(a1, a2), math.hypot(b1, b2))
    assert value == pytest.approx(top / first / second)
    words = 'Find the error: "The cosine similarity of these two'
    cosine, degrees = figures(words, r"$#$ is the cosine of $#^\circ$")
    assert math.degrees(math.acos(cosine)) == pytest.approx(degrees)
    cosine, degrees = figures(words, r"at $#$ the angle is already about $#^\circ$")
    assert round(math.degrees(math.acos(cosine))) == degrees
    assert "two thirds of the way to a right angle" in card(words) and math.isclose(60 / 90, 2 / 3)


def test_cosine_of_random_directions():
    """A learner would be told a wrong scale for what counts as similar in 768 dimensions."""
    words = "Estimate the typical size of the cosine"
    size, n, terms = figures(words, r"About $#$, which is $1/\sqrt{#}$… adds up $n = #$ products")
    assert round(1 / math.sqrt(n), 3) == size and n == terms == figures(words, r"directions in $\mathbb{R}^{#}$")[0]
    states(words, r"standard deviation exactly $1/\sqrt n$", r"A cosine of $0.3$", r"in $\mathbb{R}^3$")
    rng = np.random.default_rng(RNG_SEED)
    x, y = rng.normal(size=(2, 2000, int(n)))
    cosines = (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)
    assert cosines.std() == pytest.approx(1 / math.sqrt(n), rel=0.06)
    few = rng.normal(size=(2, 4000, 3))
    cosines = (few[0] * few[1]).sum(1) / np.linalg.norm(few[0], axis=1) / np.linalg.norm(few[1], axis=1)
    assert (abs(cosines) > 0.3).mean() > 0.5


def test_projection_formula_and_example():
    """A learner would project onto a wrong point, or believe a point closest that is not."""
    words = "What is the orthogonal projection"
    given = figures(words, r"For $a = (#, #)$ and $b = (#, #)$, as drawn")
    a, b = np.array(given[:2]), np.array(given[2:])
    foot = (a @ b) / (b @ b) * b
    told = r"$a\cdot b = #$ and $b \cdot b = #$, so the projection is $#b = (#, #)$ … is $(#, #)$"
    top, bottom, factor, *vectors = figures(words, told)
    assert (top, bottom, factor) == (a @ b, b @ b, pytest.approx(top / bottom))
    assert vectors == pytest.approx([*foot, *(a - foot)])
    s, t = sp.symbols("s t", real=True)
    u, v = sp.Matrix(sp.symbols("u1:4", real=True)), sp.Matrix(sp.symbols("v1:4", real=True))
    best = u.dot(v) / v.dot(v)
    pythagoras = (u - s * v).dot(u - s * v) - (u - t * v).dot(u - t * v) - (t - s) ** 2 * v.dot(v)
    assert sp.simplify(pythagoras.subs(t, best)) == 0


def test_scalar_projection_times_length():
    """A learner would be told a wrong length of a shadow, or that shadow times length is not the dot product."""
    told = r"16/\sqrt{20} \approx #$, and $#$ times $\sqrt{20} \approx #$ gives $#$"
    shown = figures("is the scalar projection of", told)
    given = figures("is the scalar projection of", r"For $a = (#, #)$ and $b = (#, #)$ the shadow")
    a, b = np.array(given[:2]), np.array(given[2:])
    shadow, length = a @ b / np.linalg.norm(b), np.linalg.norm(b)
    assert shown == [round(shadow, 2), round(shadow, 2), round(length, 2), a @ b]
    assert np.allclose(shadow * b / length, (a @ b) / (b @ b) * b)


# --- norms -------------------------------------------------------------------


def norm(v, p):
    """Return the L_p value as the notes define it."""
    return float(sum(abs(x) ** p for x in v) ** (1 / p))


def test_cauchy_schwarz_proof_and_example():
    """A learner would be shown a proof with a wrong lowest point, or an example that breaks the inequality."""
    uu, uv, vv, t = sp.symbols("uu uv vv t", positive=True)
    parabola = uu - 2 * t * uv + t**2 * vv
    lowest = sp.solve(parabola.diff(t), t)
    assert lowest == [uv / vv]
    assert sp.simplify(parabola.subs(t, lowest[0]) - (uu - uv**2 / vv)) == 0
    states(
        "Prove the Cauchy", r"- 2t\thinspace u\cdot v + t^2\lVert v\rVert^2", r"- \frac{(u\cdot v)^2}{\lVert v\rVert^2}"
    )
    left, root, right = figures("Prove the Cauchy", r"$# \le 5\sqrt# \approx #$")
    given = figures("Prove the Cauchy", r"For $u = (#, #)$ and $v = (#, #)$:")
    u, v = np.array(given[:2]), np.array(given[2:])
    bound = np.linalg.norm(u) * np.linalg.norm(v)
    assert (left, 5 * math.sqrt(root), right) == (u @ v, pytest.approx(bound), round(bound, 2))


def test_triangle_inequality_proof_and_example():
    """A learner would be shown a wrong expansion, or an example that breaks the triangle inequality."""
    u, v = sp.Matrix(sp.symbols("u1:4", real=True)), sp.Matrix(sp.symbols("v1:4", real=True))
    assert sp.expand((u + v).dot(u + v) - (u.dot(u) + 2 * u.dot(v) + v.dot(v))) == 0
    states("Prove the triangle", r"+ 2\thinspace u\cdot v + \lVert v", r"+ 2\lVert u\rVert\lVert v\rVert \\")
    direct, detour = figures("Prove the triangle inequality", r"$u = (3, 0)$ and $v = (0, 4)$: $# \le #$")
    assert (direct, detour) == (math.hypot(3, 4), 3 + 4)


def test_norm_axioms_and_their_counterexamples():
    """A learner would be told that a function breaks an axiom which it keeps, or keeps one which it breaks."""
    assert "triangle inequality: a detour" in card("breaks if you put $p").lower()
    grid = [np.array(v, dtype=float) for v in itertools.product(range(-3, 4), repeat=2)]

    def half(v):
        return norm(v, 0.5)

    assert all((half(v) == 0) == (not v.any()) for v in grid)
    assert all(math.isclose(half(c * v), abs(c) * half(v)) for v in grid for c in (-2, 0, 0.5, 3))
    assert not all(half(u + v) <= half(u) + half(v) + 1e-9 for u in grid for v in grid)
    states("breaks if you put $p", r"$p = \frac12$", "$(1,0)$ and $(0,1)$ both get $1$", r"and $4 \gt 1 + 1$")
    one, total = figures("breaks if you put $p", r"both get $#$, but their sum $(1, 1)$ gets $(1 + 1)^2 = #$")
    assert (half((1, 0)), half((0, 1)), half((1, 1))) == (one, one, total)


def test_taxi_and_bird():
    """A learner would be told a wrong norm, or that turning a vector leaves a norm alone that it changes."""
    a, b, taxi, bird = figures(
        "What do the $L_1$ norm", r"$v = (#, #)$: $\lVert v\rVert_1 = #$ and $\lVert v\rVert_2 = #$"
    )
    assert (norm((a, b), 1), norm((a, b), 2)) == (taxi, bird)
    words = "You rotate a vector in the plane"
    states(words, r"by $45^\circ$. Which", r"$(1, 0)$ has $L_1$ norm $1$. Turned by $45^\circ$")
    x, y, one = figures(words, r"it is $(#, #)$, with $L_1$ norm $\sqrt2 \approx #$")
    turned = (math.cos(math.pi / 4), math.sin(math.pi / 4))
    assert (round(turned[0], 2), round(turned[1], 2), round(norm(turned, 1), 2)) == (x, y, one)


def test_absolute_values_come_before_the_power():
    """A learner would be told that a formula without the bars fails where it works, or works where it fails."""
    text = card("take absolute values before raising")
    assert "$3 - 3 = 0$" in text and "$2^3 + (-2)^3 = 0$" in text and "$(-4)^{1.5}$ is not a real number" in text
    assert sum((3, -3)) == 0 == 2**3 + (-2) ** 3
    assert isinstance((-4) ** 1.5, complex)
    assert all((-4) ** p == abs(-4) ** p for p in (2, 4))


def test_norms_shrink_towards_the_largest_entry():
    """A learner would read wrong values in the table of norms, or a wrong limit or bound."""
    first, last = figures("Predict: how does $\\lVert v", r"falls from $#$ towards $#$")
    v = figures("Predict: how does $\\lVert v", "for $v = (#, #)$")
    powers = figures("Predict: how does $\\lVert v", r"| $p$ | # | # | # | # | $\infty$ |")
    row = figures("Predict: how does $\\lVert v", r"| $\lVert v\rVert_p$ | # | # | # | # | # |")
    assert (
        row == [*(round(norm(v, p), 3) for p in powers), max(v)]
        and powers[0] == 1
        and (row[0], row[-1]) == (first, last)
    )
    for v in np.random.default_rng(RNG_SEED).normal(size=(50, 6)):
        m = abs(v).max()
        values = [norm(v, p) for p in (1, 1.5, 2, 4, 10, 60)]
        assert values == sorted(values, reverse=True)
        assert all(m <= x <= 6 ** (1 / p) * m for x, p in zip(values, (1, 1.5, 2, 4, 10, 60), strict=True))


def test_unit_balls(drawn):
    """A learner would match a norm to the wrong outline."""
    one, two, most = figures("A unit ball holds all vectors", r"$L_1$ says $#$, $L_2$ says $#$, $L_\infty$ says $#$")
    assert (norm((1, 1), 1), round(norm((1, 1), 2), 2), 1) == (one, two, most)
    for p in (1, 2):
        assert [norm(point, p) for point in drawn["ball"](float(p))] == pytest.approx([1] * 160)
    assert all(max(abs(x), abs(y)) == pytest.approx(1) for x, y in drawn["ball"](math.inf))


def test_normalising_a_vector():
    """A learner would be told a wrong unit vector, or that normalising keeps the length."""
    unit = figures("dividing a non-zero vector by its $L_2$ norm", r"\hat v = (#, #)")
    short = figures("dividing a non-zero vector by its $L_2$ norm", "For $v = (#, #)$ the result")
    long = figures("dividing a non-zero vector by its $L_2$ norm", "is gone: $(#, #)$ gives")
    assert all(unit == pytest.approx(np.array(v) / np.linalg.norm(v)) for v in (short, long)) and short != long
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.zeros(2) / np.linalg.norm(np.zeros(2))).all()


# --- matrix products -----------------------------------------------------------


def test_readings_of_a_matrix_product():
    """A learner would be told a wrong sum, or a reading of the product that gives another matrix."""
    rng = np.random.default_rng(RNG_SEED)
    x, w = rng.normal(size=(3, 4)), rng.normal(size=(4, 5))
    y = x @ w
    assert np.allclose(y, [[sum(x[i, k] * w[k, j] for k in range(4)) for j in range(5)] for i in range(3)])
    assert np.allclose(y, np.einsum("ik,kj->ij", x, w))
    assert np.allclose(y, sum(np.outer(x[:, k], w[k]) for k in range(4)))
    assert np.allclose(y[1], sum(x[1, k] * w[k] for k in range(4)))
    told = r"$(#, #)$ as a row times the column $(#, #)$ gives $#\cdot# + #\cdot# = #$"
    a, b, c, d, *terms, total = figures("How is a single entry", told)
    assert terms == [a, c, b, d] and total == a * c + b * d


def test_shapes_through_two_layers():
    """A learner would be told wrong shapes for a batch on its way through two layers."""
    words = "Find the error: a batch"
    given = figures(
        words,
        r"$#\times #$ goes through layers $XW_1W_2$ with $W_1$ of shape $#\times #$ and $W_2$ of shape $#\times #$",
    )
    x, w1, w2 = (np.zeros((int(given[k]), int(given[k + 1]))) for k in (0, 2, 4))
    with pytest.raises(ValueError, match="mismatch"):
        x @ w1 @ w2
    chain = figures(words, r"$# \to # \to #$. Only the batch size $#$ is free")
    assert chain == [w1.shape[0], w1.shape[1], given[5], x.shape[0]]
    rows, columns, needed, wrong = figures(words, r"$XW_1$ is $#\times #$, so $W_2$ needs $#$ rows, not $#$")
    assert ((rows, columns), needed, wrong) == ((x @ w1).shape, w1.shape[1], w2.shape[0])


def test_costs_and_storage():
    """A learner would be told a wrong count of steps or of stored numbers."""
    told = r"A batch of $#$ vectors with $#$ features through $#$ neurons takes $#\cdot #\cdot # \approx #$ million"
    *given, n, d, m, millions = figures("How many operations does it take", told)
    assert round(n * d * m / 1e6, 1) == millions and given == [n, d, m]
    (exponent,) = figures("How many operations does it take", r"Strassen, 1969: about $n^{#}$")
    assert round(math.log2(7), 2) == exponent
    states("Which is cheaper for", "takes $2n^2$ multiply-adds, $(AB)x$ takes $n^3 + n^2$", "a factor of about $n/2$")
    rank, per_rank, whole = figures(
        "You store a $1000", r"Below $r = #$: the factors hold $#\thinspace r$ numbers, the matrix $#$"
    )
    n, d, rows, columns = figures(
        "You store a $1000", r"a $#\times#$ matrix as two factors of shapes $#\times r$ and $r\times#$"
    )
    assert (rows, columns) == (n, d)
    assert (per_rank, whole, rank) == (n + d, n * d, whole / per_rank)
    (low,) = figures("You store a $1000", r"At $r = #$ you store a tenth")
    assert low * per_rank == whole / 10


def test_transposes():
    """A learner would be told a wrong transpose of a product, or a wrong way to move a matrix across a dot product."""
    rng = np.random.default_rng(RNG_SEED)
    a, b, x, y = (rng.normal(size=s) for s in ((3, 4), (4, 5), 4, 3))
    assert np.allclose((a @ b).T, b.T @ a.T)
    assert np.allclose((a @ b).T, [[sum(a[j, d] * b[d, i] for d in range(4)) for j in range(3)] for i in range(5)])
    assert (a @ x) @ y == pytest.approx(x @ (a.T @ y))
    q, k = rng.normal(size=(2, 3, 4))
    assert np.allclose(q @ k.T, [[u @ v for v in k] for u in q])
    centred = a - a.mean(axis=0)
    assert np.allclose(centred.T @ centred / 3, np.cov(a.T, bias=True))
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    assert (turn @ x) @ (turn @ a[0]) == pytest.approx(x @ a[0]) and np.allclose(np.linalg.inv(turn), turn.T)


# --- rank, eigenvalues, singular values ------------------------------------------


def test_ranks():
    """A learner would be told a wrong rank, or that defective matrices have a rank that they lack."""
    assert np.linalg.matrix_rank(matrix("What is the rank of a matrix")) == 1
    rng = np.random.default_rng(RNG_SEED)
    outer = card("What is the rank of a matrix?").split("the same, so")[1]
    columns = [re.findall(r"\d", m) for m in re.findall(r"pmatrix\}(.*?)\\end", outer)]
    assert np.array_equal(np.outer(*(np.array(c, int) for c in columns[1:])), np.array(columns[0], int).reshape(3, 2))
    states("What is the rank of a matrix?", "has rank $1$: every row is a multiple of $(1, 2)$")
    told = r"$A$ has shape $#\times #$ and $B$ has shape $#\times #$. … that the $#\times #$ matrix"
    a, inner, same, b, *outer = figures("What is the largest rank", told)
    assert inner == same and outer == [a, b]
    product = rng.normal(size=(60, int(inner))) @ rng.normal(size=(int(inner), 60))
    (largest,) = figures("What is the largest rank", r"$#$. Everything must pass")
    assert np.linalg.matrix_rank(product) == largest
    defective = sp.Matrix(matrix('Find the error: "The rank of a square matrix').astype(int))
    words = 'Find the error: "The rank of a square matrix'
    rank, eigenvalue, *singular = figures(words, r"has rank $#$, but both its eigenvalues are $#$… are $#$ and $#$.")
    assert defective.rank() == rank and defective.eigenvals() == {int(eigenvalue): 2}
    assert np.linalg.svd(matrix(words))[1].tolist() == singular
    x = rng.normal(size=(3, 5))
    assert np.linalg.eigvalsh(x.T @ x).min() > -1e-12


def test_eigenvectors_of_the_picture(drawn):
    """A learner would be told that a vector is an eigenvector which is none, or a wrong eigenvalue."""
    words = "The picture shows four vectors"
    a = matrix(words)
    assert np.array_equal(a, drawn["SYMMETRIC"])
    told = r"sends $(1, 1)$ to $(#, #)$, so the eigenvalue is $#$, and $(1, -1)$ to itself, eigenvalue $#$. "
    told += r"$(1, 0)$ goes to $(#, #)$"
    x, y, first, second, *other = figures(words, told)
    assert (a @ [1, 1]).tolist() == [x, y] == [first, first]
    assert (a @ [1, -1]).tolist() == [second, -second]
    assert (a @ [1, 0]).tolist() == other


def test_trace_and_determinant():
    """A learner would be told a wrong trace or determinant, or a matrix without real eigenvectors that has some."""
    trace, determinant = figures("are $3$ and $-2$", r"is their sum, $#$; the determinant is their product, $#$")
    basis = np.random.default_rng(RNG_SEED).normal(size=(2, 2))
    m = basis @ np.diag([3.0, -2.0]) @ np.linalg.inv(basis)
    assert (np.trace(m), np.linalg.det(m)) == pytest.approx((trace, determinant))
    turn = sp.Matrix(matrix("every real square matrix has a real eigenvector").astype(int))
    assert set(turn.eigenvals()) == {sp.I, -sp.I}


def test_singular_values_of_the_picture(drawn):
    """A learner would be told wrong half-axes, or a wrong way to compute singular values."""
    a = np.array(drawn["MATRIX"])
    s1, s2 = figures("turns the unit circle into an ellipse", r"In the picture $\sigma_1 = #$ and $\sigma_2 = #$")
    assert np.linalg.svd(a)[1] == pytest.approx([s1, s2])
    half = math.sqrt(0.5)
    assert np.hypot(*drawn["image"](half, half)) == pytest.approx(s1)
    assert np.hypot(*drawn["image"](-half, half)) == pytest.approx(s2)
    wide = np.random.default_rng(RNG_SEED).normal(size=(3, 5))
    assert np.sqrt(np.linalg.eigvalsh(wide.T @ wide)[::-1][:3]) == pytest.approx(np.linalg.svd(wide)[1])
    u, s, vt = np.linalg.svd(wide)
    assert (u.shape, vt.shape) == ((3, 3), (5, 5)) and np.allclose(u @ np.eye(3, 5) * 0 + u * s @ vt[:3], wide)


def test_best_low_rank_approximation():
    """A learner would be told a wrong error, or that the truncated SVD is best when something beats it."""
    (frobenius,) = figures("Predict the error in the Frobenius norm", r"$#$: the dropped ones")
    (spectral,) = figures("Predict the error in the Frobenius norm", r"the largest dropped value, $#$")
    kept, *dropped = figures("Predict the error in the Frobenius norm", "values $#$, $#$ and $#$, and you keep")
    assert kept > max(dropped) and dropped == figures("Predict the error in the Frobenius norm", r"\sqrt{#^2 + #^2}$")
    rest = np.diag([0.0, *dropped])
    assert (np.linalg.norm(rest), np.linalg.norm(rest, 2)) == (frobenius, spectral)
    rng = np.random.default_rng(RNG_SEED)
    a = rng.normal(size=(6, 5))
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    error = np.linalg.norm(a - (u[:, :2] * s[:2]) @ vt[:2])
    assert error == pytest.approx(math.sqrt((s[2:] ** 2).sum()))
    for _ in range(100):
        left = u[:, :2] * s[:2] + 0.1 * rng.normal(size=(6, 2))
        right = np.linalg.lstsq(left, a, rcond=None)[0]
        assert np.linalg.norm(a - left @ right) >= error - 1e-12


def test_condition_numbers():
    """A learner would be told a wrong condition number, or that eigenvalues give it for every matrix."""
    words = "Both eigenvalues of this matrix are"
    (kappa,) = figures(words, r"twice and $\kappa \approx #$")
    shear = matrix(words)
    assert np.linalg.cond(shear) == pytest.approx(kappa, abs=0.5)
    assert np.linalg.eigvals(shear) == pytest.approx([1, 1])
    assert np.linalg.cond(np.array([[0.6, 0.8], [0.8, -0.6]])) == pytest.approx(1)
    rng = np.random.default_rng(RNG_SEED)
    for _ in range(100):
        a, b, change = rng.normal(size=(4, 4)), rng.normal(size=4), 1e-3 * rng.normal(size=4)
        x, moved = np.linalg.solve(a, b), np.linalg.solve(a, b + change)
        relative = np.linalg.norm(moved - x) / np.linalg.norm(x)
        assert relative <= np.linalg.cond(a) * np.linalg.norm(change) / np.linalg.norm(b) * (1 + 1e-9)
    power, accurate = figures("You solve $Ax = b$", "condition number of $10^#$, and $b$ is accurate to # digits")
    left, again, digits = figures("You solve $Ax = b$", r"About #: up to $\log_{10} 10^# = #$ digits can be lost")
    assert (again, digits, left) == (power, math.log10(10**power), accurate - digits)


# --- derivatives ---------------------------------------------------------------


def test_derivative_examples():
    """A learner would be told a wrong slope, partial derivative or directional derivative."""
    x, y, h = sp.symbols("x y h")
    at, secant, tangent = figures("What is the derivative", r"at $x = #$ the secant has slope $# + h$, so $f'(3) = #$")
    assert sp.simplify(((at + h) ** 2 - at**2) / h - (h + secant)) == 0 == secant - tangent
    f = x**2 * y
    *point, by_x, by_y = figures("What does the partial derivative", r"at $(#, #)$ they are $#$ and $#$")
    assert [float(f.diff(s).subs({x: point[0], y: point[1]})) for s in (x, y)] == [by_x, by_y]
    g = x**2 + 3 * y
    px, py, gx, gy = figures("What is the gradient of a function", r"at $(#, #)$ it is $(#, #)$")
    assert [float(g.diff(s).subs({x: px, y: py})) for s in (x, y)] == [gx, gy]
    words = "Predict the slope of"
    states(
        words, r"$f(x,y) = x^2 + 3y$ at $(1, 0)$ in the direction $u = (0.6, 0.8)$", "step of $0.6$ in $x$ and of $0.8$"
    )
    *terms, slope = figures(words, r"= #\cdot # + #\cdot # = #")
    assert terms == [gx, 0.6, gy, 0.8] and slope == pytest.approx(gx * 0.6 + gy * 0.8)
    assert slope == figures(words, r"$#$: the slope along")[0]
    told = figures("Derive the chain rule", r"(#x+#)^# = #(#x+#)\cdot #$")
    a, b, n, outer, c, d, inner = (int(number) for number in told)
    assert sp.expand(((a * x + b) ** n).diff(x) - outer * (c * x + d) * inner) == 0


def test_root_by_its_tangent():
    """A learner would be told a wrong estimate of a root, or a wrong true value."""
    estimate, true = figures("with a derivative and no calculator", r"About $#$ (the true value is $#$)")
    (asked,) = figures("with a derivative and no calculator", r"\sqrt{#}$ with")
    x, h = figures("with a derivative and no calculator", r"$x = #$ and $h = #$, so")
    states(
        "with a derivative and no calculator", r"f'(x) = \frac{1}{2\sqrt x}$", r"the estimate is $2 + \frac14\cdot0.1$"
    )
    assert x + h == asked == 4.1 and estimate == pytest.approx(math.sqrt(x) + h / (2 * math.sqrt(x)))
    assert round(math.sqrt(4.1), 4) == true


def test_gradient_is_the_steepest_direction(drawn):
    """A learner would be told a wrong direction of steepest ascent, or that it always aims at the optimum."""
    point = np.array([1.0, 1.0])
    gradient = np.array([2 * point[0], 20 * point[1]])
    angles = np.linspace(0, 2 * math.pi, 3601)
    slopes = np.cos(angles) * gradient[0] + np.sin(angles) * gradient[1]
    assert angles[slopes.argmax()] == pytest.approx(math.atan2(gradient[1], gradient[0]), abs=2e-3)
    assert slopes.max() == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
    (x, y), unit = drawn["contour_point"]()
    assert unit[0] * 6 * y == pytest.approx(unit[1] * 2 * x)
    along = np.array([-y * 3, x]) / np.hypot(3 * y, x)  # the tangent of x^2 + 3 y^2 = const
    assert np.dot(unit, along) == pytest.approx(0)
    assert angle(unit, [x, y]) > 10


# --- chain rule ------------------------------------------------------------------


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


def jacobian(f, x):
    return np.array([(f(x + 1e-6 * e) - f(x - 1e-6 * e)) / 2e-6 for e in np.eye(len(x))]).T


def test_jacobians():
    """A learner would be told a wrong Jacobian for a linear map, an elementwise function or a row times a matrix."""
    rng = np.random.default_rng(RNG_SEED)
    a, x, w = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2))
    assert np.allclose(jacobian(lambda z: a @ z, x), a, atol=1e-7)
    assert np.allclose(jacobian(lambda z: z @ w, x), w.T, atol=1e-7)
    assert np.allclose(jacobian(lambda z: np.maximum(z, 0), x), np.diag((x > 0) * 1.0), atol=1e-7)
    g = rng.normal(size=2)
    assert np.allclose(jacobian(lambda z: np.array([g @ (z @ w)]), x)[0], g @ w.T, atol=1e-7)


def test_backward_sweep_gives_the_gradient():
    """A learner would multiply transposed Jacobians in a wrong order."""
    rng = np.random.default_rng(RNG_SEED)
    first, second, target = rng.normal(size=(5, 4)), rng.normal(size=(3, 5)), rng.normal(size=3)
    x = rng.normal(size=4)

    def loss(x):
        return np.array([((second @ np.tanh(first @ x) - target) ** 2).sum()])

    hidden = np.tanh(first @ x)
    j1, j2 = (1 - hidden**2)[:, None] * first, second
    swept = j1.T @ (j2.T @ (2 * (second @ hidden - target)))
    assert np.allclose(swept, jacobian(loss, x)[0], atol=1e-6)
    n, same, factor = figures("A loss is computed through layers", r"$#\times#$ Jacobians… of about $#$ for each layer")
    assert n == same and factor == n**3 / n**2
    states("A loss is computed through layers", "$10^6$ multiply-adds for each layer", "$10^9$ each")


def test_graphs_with_gradients(drawn):
    """A learner would be told a wrong gradient in a computational graph, or see one in its picture."""
    words = "Predict the gradient of $L$ with respect to $w$"
    x, w, b = sp.symbols("x w b")
    loss = (x * w + b) ** 2
    at = drawn["SQUARED"]
    point = {x: at["x"], w: at["w"], b: at["b"]}
    values, back = drawn["squared_graph"](**at)
    assert values["L"] == loss.subs(point)
    assert [back[k] for k in "xwb"] == [loss.diff(s).subs(point) for s in (x, w, b)]
    (told,) = figures(words, r"$#$. The gradient starts as $1$")
    by_w, by_x = (
        figures(words, r"$4$ on unchanged, and the product multiplies it by the *other* input, $x = #$")[0],
        at["x"],
    )
    assert (told, by_w) == (back["w"], by_x)
    numbers = figures(
        words,
        r"all gradients: # at the output, # behind the square, # behind the addition and at b, # at w and # at x",
    )
    assert numbers == [back["L"], back["s"], back["p"], back["w"], back["x"]] and back["b"] == back["p"]
    front = figures(
        words, "inputs x = # and w = # meet … value #; b = minus # is added, which gives #; squaring gives L = #."
    )
    assert front == [at["x"], at["w"], values["p"], -at["b"], values["s"], values["L"]]
    states(words, rf"the slope $2\cdot{values['s']:g} = {back['s']:g}$")
    svg = drawn["graph_backward"]()
    assert all(f">{back[k]:g}<" in svg for k in "xwbpsL")
    total, upper, lower = figures("is used twice in this graph", r"$#$: the gradients of the two paths add up, $# + #$")
    words = "is used twice in this graph"
    at, drawn_at, added, inner, out, other, by_inner = figures(
        words,
        'The input $x = #$ is … x = # goes straight … adds #, giving #, … the output is #"… input, $#$. '
        "… it multiplies by $#$",
    )
    assert (
        (upper, lower) == (at + added, at) == (inner, at) == (other, by_inner) and drawn_at == at and out == at * inner
    )
    assert total == upper + lower == float((x**2 + x).diff(x).subs({x: at}))
    states(words, "$L = x^2 + x$ has the slope $2x + 1 = 7$")


def test_difference_quotients():
    """A learner would be told wrong quotients, or a step that loses all digits where it does not."""
    words = "Which estimates a derivative better"
    h, one_sided, central = figures(words, r"with $h = #$ the first gives $#$, the second $#$")
    assert round((math.exp(h) - 1) / h, 4) == one_sided
    assert round((math.exp(h) - math.exp(-h)) / (2 * h), 5) == central
    assert "$h = 10^{-15}$" in card("You check a gradient by finite differences")
    errors = {k: abs((math.exp(1 + 10.0**-k) - math.exp(1 - 10.0**-k)) / (2 * 10.0**-k) - math.e) for k in range(2, 16)}
    assert errors[15] > 0.05 and min(errors, key=errors.get) in (5, 6)
    states("You check a gradient by finite differences", "is about $h = 10^{-5}$", "you then divide by $10^{-15}$")


# --- curvature ---------------------------------------------------------------------


def test_hessian_example():
    """A learner would be told a wrong Hessian or a wrong curvature along a direction."""
    x, y = sp.symbols("x y")
    h = sp.hessian(x**2 * y, (x, y))
    assert h == sp.Matrix([[2 * y, 2 * x], [2 * x, 0]])
    at = h.subs({x: 1, y: 2})
    assert at == sp.Matrix([[4, 2], [2, 0]])
    states("What is the Hessian", r"at $(1, 2)$ it is", r"2y & 2x \\ 2x & 0", r"4 & 2 \\ 2 & 0")
    states("The Hessian of $f$ at a point has the rows", r"in the direction $(1, -1)$", r"With $u = (1, -1)/\sqrt2$")
    states("The Hessian of $f$ at a point has the rows", "rows $(4, 2)$ and $(2, 0)$", "$0$: to second order")
    states(
        "The Hessian of $f$ at a point has the rows", r"$\frac12(4 - 2 - 2 + 0) = 0$", "along the first axis it is $4$"
    )
    u = sp.Matrix([1, -1]) / sp.sqrt(2)
    assert sp.simplify((u.T * at * u)[0]) == 0


def test_second_order_taylor():
    """A learner would be told a wrong number, or a wrong Newton step."""
    told = r"e^{#} \approx 1 + # + # = #$, and the true value is $#$"
    h, first, second, model, true = figures("What is the second-order Taylor", told)
    assert (first, model) == (h, pytest.approx(1 + first + second)) and second == pytest.approx(h * h / 2)
    assert round(math.exp(h), 5) == true
    states("What is the second-order Taylor", r"\frac12\delta^\top \nabla^2 f(x)\thinspace\delta")
    states(
        "Derive Newton's step", r"g^\top\delta + \frac12\delta^\top A\delta", r"g + A\delta = 0", r"$\delta = -A^{-1}g$"
    )
    a, b, c, g1, g2, d1, d2 = sp.symbols("a b c g1 g2 d1 d2")
    h, g, d = sp.Matrix([[a, b], [b, c]]), sp.Matrix([g1, g2]), sp.Matrix([d1, d2])
    model = g.dot(d) + (d.T * h * d)[0] / 2
    newton = dict(zip((d1, d2), -h.inv() * g, strict=True))
    assert [sp.simplify(model.diff(s).subs(newton)) for s in (d1, d2)] == [0, 0]


def test_signs_of_the_curvature():
    """A learner would be told a wrong curvature of the valley, or a wrong reading of the signs."""
    states("say about the shape of its surface", "For $f(x, y) = x^2 + 10y^2$ the Hessian")
    along, across = figures("say about the shape of its surface", r"\mathrm{diag}(#, #)")
    x, y = sp.symbols("x y")
    assert sp.hessian(x**2 + 10 * y**2, (x, y)) == sp.diag(int(along), int(across)) and across / along == 10
    assert [(x**3).diff(x, k).subs(x, 0) for k in (1, 2)] == [0, 0] == [(x**4).diff(x, k).subs(x, 0) for k in (1, 2)]
    rng = np.random.default_rng(RNG_SEED)
    h = rng.normal(size=(4, 4))
    values, vectors = np.linalg.eigh(h + h.T)
    u = rng.normal(size=4)
    u /= np.linalg.norm(u)
    assert u @ (h + h.T) @ u == pytest.approx((values * (vectors.T @ u) ** 2).sum())


def test_hessian_vector_product_and_power_iteration():
    """A learner would be told that the gradient of g·v is Hv when it is not, or a wrong limit of the iteration."""
    x = sp.symbols("x1:4", real=True)
    v = sp.Matrix([2, -1, 3])
    loss = sp.exp(x[0] * x[1]) + x[2] ** 3 * x[0] + sp.sin(x[1])
    directional = sp.Matrix([loss.diff(s) for s in x]).dot(v)
    product = sp.Matrix([directional.diff(s) for s in x])
    assert sp.simplify(product - sp.hessian(loss, x) * v) == sp.zeros(3, 1)
    power, entries = figures(
        "How can you multiply the Hessian", r"For $10^#$ parameters the matrix itself would have $10^{#}$"
    )
    assert entries == 2 * power
    basis = np.linalg.qr(np.random.default_rng(RNG_SEED).normal(size=(4, 4)))[0]
    h = basis @ np.diag([3.0, 1.0, 0.2, -5.0]) @ basis.T
    u = np.ones(4)
    for _ in range(200):
        u = h @ u / np.linalg.norm(h @ u)
    assert u @ h @ u == pytest.approx(-5)


def test_newton_step():
    """A learner would be told a wrong Newton step, a wrong cost, or that it always goes downhill."""
    words = "Show that one Newton step"
    told = r"gradient $(#, #)$, Hessian $\mathrm{diag}(#, #)$, step $(#, #)$"
    g1, g2, h1, h2, d1, d2 = figures(words, told)
    states(words, "For $x^2 + 10y^2$ at $(1, 1)$: gradient")
    x, y = sp.symbols("x y")
    loss, at = x**2 + 10 * y**2, {x: 1, y: 1}
    assert [float(loss.diff(s).subs(at)) for s in (x, y)] == [g1, g2]
    assert sp.hessian(loss, (x, y)) == sp.diag(int(h1), int(h2))
    assert np.linalg.solve(np.diag([h1, h2]), [-g1, -g2]).tolist() == [d1, d2]
    root, best, start = np.random.default_rng(RNG_SEED).normal(size=(3, 5, 5))
    h = root @ root.T + 1e-3 * np.eye(5)
    assert start[0] - np.linalg.solve(h, h @ (start[0] - best[0])) == pytest.approx(best[0])
    size, entries, work = figures(
        "Why is Newton's method", r"P = 10^#$ that is $10^{#}$ numbers and $10^{#}$ operations"
    )
    assert (entries, work) == (2 * size, 3 * size)
    states("Why is Newton's method", "has $P^2$ entries and solving with it costs about $P^3$")
    here, there = figures("Predict where Newton's step,", r"*higher*: $#$ instead of $#$")
    words = "Predict where Newton's step,"
    told = r"The gradient is $(#, #)$ and the Hessian $\mathrm{diag}(#, #)$, so the step is $(#, #)$"
    *gradient, first, second, down, up = figures(words, told)
    point, end = np.array(figures(words, "leads from $(#, #)$")), figures(words, "To $(#, #)$, the saddle")
    saddle = np.diag([first, second])
    assert [2 * point[0], -2 * point[1]] == gradient and [first, second] == [2, -2]
    landed = point - np.linalg.solve(saddle, gradient)
    assert (
        (landed - point).tolist() == [down, up]
        and landed.tolist() == end == [0, 0]
        and (here, there) == (0, point[0] ** 2 - point[1] ** 2)
    )


def test_tilted_valley():
    """A learner would be told a wrong direction or condition number of a tilted valley, or that a diagonal helps."""
    words = "Why does dividing the gradient by the diagonal"
    *floor, a, b, c, d = figures(words, r"A valley runs along $(#, #)$: the Hessian has the rows $(#, #)$ and $(#, #)$")
    high, low = figures(words, r"stays $#/#$")
    states(words, f"Both diagonal entries are ${a:g}$")
    h = np.array([[a, b], [c, d]])
    assert h @ floor == pytest.approx(low * np.array(floor))
    assert a == d
    assert np.linalg.eigvalsh(h) == pytest.approx([low, high])
    assert np.linalg.cond(np.diag(1 / np.diag(h)) @ h) == pytest.approx(high / low)


# --- walking downhill ----------------------------------------------------------------


def test_learning_rates_that_lower_the_loss():
    """A learner would be told a wrong bound on the learning rate, or a wrong walk at it."""
    told = r"$\lVert g\rVert^2 = #$, $g^\top Ag = #$, so the bound is about $#$"
    shown = figures("Derive from the second-order Taylor", told)
    states(
        "Derive from the second-order Taylor",
        r"exactly for $\eta \lt 2\lVert g\rVert^2/(g^\top A g)$",
        r"$L = x^2 + 10y^2$ at $(1,1)$",
    )
    states(
        "Derive from the second-order Taylor",
        r"{}+ \frac12\eta^2 g^\top A g",
        r"\frac12\eta\thinspace g^\top Ag \lt \lVert g\rVert^2",
    )
    g, h = np.array([2.0, 20.0]), np.diag([2.0, 20.0])
    bound = 2 * (g @ g) / (g @ h @ g)
    assert [g @ g, g @ h @ g, round(bound, 4)] == shown

    def loss(p):
        return p[0] ** 2 + 10 * p[1] ** 2

    start = np.ones(2)
    assert loss(start - 0.999 * bound * g) < loss(start) < loss(start - 1.001 * bound * g)
    x = 1.0
    walk = [x := x - 1.0 * 2 * x for _ in range(4)]
    words = "Predict what gradient descent on $f(x)"
    states(words, r"$f(x) = x^2$ does from $x = 1$ with learning rate $\eta = 1$", r"$\lambda = 2$", r"2/\lambda = 1$")
    assert walk == [-1, 1, -1, 1] and "jumps between $1$ and $-1$" in card("Predict what gradient descent on $f(x)")


def test_speed_of_gradient_descent_on_a_quadratic():
    """A learner would be told a wrong best learning rate, factor or number of steps."""
    words = "Gradient descent with the best fixed learning rate"
    (kappa,) = figures(words, r"takes at $\kappa = #$")
    (steps,) = figures(words, r"About $#$. The factor")
    over, under, rho = figures(words, r"\frac{#}{#} \approx #$")
    states(
        words,
        r"by $\frac{\kappa - 1}{\kappa + 1}$ in each",
        r"\approx e^{-2/\kappa}$, a factor of $10$ takes $\frac{\kappa}{2}\log 10",
    )
    states(
        "Derive the best fixed learning rate",
        r"$\eta = \frac{2}{\lambda_{\min} + \lambda_{\max}}$. In",
        r"by $\frac{\kappa - 1}{\kappa + 1}$, with",
        r"$1 - \eta\lambda_{\min} = \eta\lambda_{\max} - 1$ gives",
    )
    states(
        "Why does gradient descent crawl",
        r"at most $\eta = 2/\lambda_{\max}$",
        r"$2\lambda_{\min}/\lambda_{\max} = 2/\kappa$",
    )
    etas = np.linspace(1e-4, 0.03, 30001)
    spectrum = np.linspace(1, kappa, 40)
    worst = abs(1 - etas[:, None] * spectrum).max(axis=1)
    assert etas[worst.argmin()] == pytest.approx(2 / (1 + kappa), rel=1e-3)
    assert worst.min() == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-4)
    assert (over, under, rho) == (kappa - 1, kappa + 1, round(over / under, 2))
    assert round(math.log(10) / -math.log(over / under)) == steps
    assert round(math.log(10) / 2, 2) == figures(words, r"\approx #\thinspace\kappa")[0]


def test_double_well_traps_gradient_descent(drawn):
    """A learner would be told a wrong resting point or height of the example with two minima."""
    told = r"f(x) = x^4 - #x^2 + #x$. From $x = #$ the walk ends near $#$, where $f \approx #$, "
    told += r"though $f \approx #$ at $#$"
    a, b, start, rest, height, lowest_height, lowest = figures("Where does gradient descent with small steps", told)
    x = start
    for _ in range(2000):
        x -= 0.01 * (4 * x**3 - 2 * a * x + b)
    assert (round(x, 2), round(x**4 - a * x**2 + b * x, 2)) == (rest, height)
    low = min(np.roots([4, 0, -2 * a, b]).real)
    assert (round(low, 2), round(low**4 - a * low**2 + b * low, 2)) == (lowest, lowest_height)
    assert all(drawn["two_valleys"](v) == pytest.approx(v**4 - a * v**2 + b * v) for v in (-1.3, 0.2, 1.5))


def test_saddle_holds_only_an_exact_start(drawn):
    """A learner would be told that descent stays at a saddle which it leaves, or a valley drawn that is no ravine."""
    for push, stays in ((0.0, True), (1e-6, False)):
        x, y = 1.0, push
        for _ in range(500):
            x, y = x - 0.1 * 2 * x, y + 0.1 * 2 * y
        assert (abs(x) < 1e-9 and abs(y) < 1) == stays
    states("starts exactly at $(1, 0)$", "on $f(x, y) = x^2 - y^2$", "saddle point $(0, 0)$", "gradient $(2x, -2y)$")
    walk = drawn["ravine_walk"]()
    assert all(p[1] * q[1] < 0 and 0 < q[0] / p[0] < 1 for p, q in itertools.pairwise(walk))


# --- references ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        ("Two words have cosine similarity", "Ethayarajh (2019)"),
        ("What is the best approximation of a matrix", "Eckart and Young (1936)"),
        ("have at $x = 0$?", "Bertoin et al. (2021)"),
        ("into one backward sweep", "Linnainmaa, 1970; for networks Rumelhart, Hinton and Williams, 1986."),
        ("How can you multiply the Hessian", "Pearlmutter, 1994, with a forward derivative along $v$"),
        ("starts exactly at $(1, 0)$", "Lee et al., 2016."),
        ("Why are saddle points, rather", "Bray and Dean, 2007; Dauphin et al., 2014."),
        ("sits exactly on a saddle point", "Jin et al., 2017."),
    ],
)
def test_references(words, reference):
    """A learner would look for a paper in a wrong year."""
    states(words, reference)


# --- pictures ----------------------------------------------------------------


def test_pictures_are_what_the_script_draws(drawn):
    """A learner would see a picture that the script in the repository no longer draws."""
    for name, draw in drawn["PICTURES"].items():
        assert (CONTENT / "media" / f"{name}.svg").read_text(encoding="utf-8") == draw()
        assert f"media/{name}.svg" in BOTH.text
