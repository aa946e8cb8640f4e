"""The drills among the chapters: every variant calculated anew with NumPy from its numbers alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.content import contemporary_drills, test_attention, test_transformers
from tests.support.deck_drills import all_drills, assert_solved_by, most_common, slope, wrong_sums


def direction(first, s):
    """The whole-number vector of length 5 that has this first entry, and a second one of sign s."""
    return np.array([first, s * np.sqrt(25 - first**2)])


def projection(a, b1, s):
    """The point of the line that is nearest, by least squares."""
    b = direction(b1, s)
    (factor,), *_ = np.linalg.lstsq(b[:, None], a, rcond=None)
    return {"scalar": factor * np.linalg.norm(b), "vector": factor * b}


def condition_number(m, o, s):
    q = s * (7 - o)
    A = np.array([[m + o, q], [q, m - o]])
    large, small = np.linalg.svd(A, compute_uv=False)
    return {r"$\sigma_{\max}$": large, r"$\sigma_{\min}$": small, r"$\kappa(A)$": np.linalg.cond(A)}


def product_order(N, D, M, K):
    """Count the multiply-adds of loops."""
    X, W1, W2 = np.ones((int(N), int(D))), np.ones((int(D), int(M))), np.ones((int(M), int(K)))

    def steps(left, right):
        return left.shape[0] * sum(1 for _ in itertools.product(range(left.shape[1]), range(right.shape[1])))

    return {
        "shape": (X @ W1 @ W2).shape,
        "cost of $(XW_1)W_2$": steps(X, W1) + steps(X @ W1, W2),
        "cost of $X(W_1W_2)$": steps(W1, W2) + steps(X, W1 @ W2),
    }


def directional_derivative(a, b, c, x, y, v1, s):
    H = np.array([[2 * a, b], [b, 2 * c]])
    gradient = H @ [x, y]
    assert np.allclose(gradient, slope(lambda p: 0.5 * p @ H @ p, np.array([x, y])), atol=1e-6)
    v = direction(v1, s)
    return {r"$\nabla f$": gradient, "slope": gradient @ v / np.linalg.norm(v)}


def base_rate(base, sens, fpr):
    joint = np.array([[base * sens, base * (100 - sens)], [(100 - base) * fpr, (100 - base) * (100 - fpr)]])
    return {"probability": joint[0, 0] / joint[:, 0].sum()}


def softmax_jacobian(p1, p2, i, j):
    s = np.array([p1, p2, 1 - p1 - p2])
    jacobian = np.diag(s) - np.outer(s, s)
    return {"entry": jacobian[int(i) - 1, int(j) - 1]}


def logistic_gradient(w, b, x, y):
    def loss(all_weights):
        p = 1 / (1 + np.exp(-(all_weights[:2] @ x + all_weights[2])))
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    error = np.exp(-np.logaddexp(0, -(w @ x + b))) - y
    assert np.allclose([*(error * x), error], slope(loss, np.array([*w, b])), atol=1e-7)
    return {r"$\partial L/\partial w$": error * x, r"$\partial L/\partial b$": error}


def learning_rate_limit(lmax, lmin, s):
    """The limit as an eigenvalue says it, and gradient descent just below and just above."""
    turned = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    H = turned @ np.diag([lmax, lmin] if s > 0 else [lmin, lmax]) @ turned.T
    limit = 2 / np.linalg.eigvalsh(H).max()
    for share, converges in ((0.99, True), (1.01, False)):
        end = np.linalg.matrix_power(np.eye(2) - share * limit * H, 2000) @ [1.0, 0.3]
        assert (np.linalg.norm(end) < 1e-3) == converges
    return {r"limit of $\eta$": limit}


def weight_penalty(a, lam):
    """Soft thresholding and shrinkage, and the least loss among many weights."""
    lasso, ridge = np.clip(a - lam, 0, None) - np.clip(-a - lam, 0, None), a / (1 + lam)
    grid = np.linspace(-3, 3, 6001)
    squared = (grid - a) ** 2 / 2
    assert abs(grid[np.argmin(squared + lam * abs(grid))] - lasso) <= 1e-3
    assert abs(grid[np.argmin(squared + lam / 2 * grid**2)] - ridge) <= 1e-3
    return {"$w_1$": lasso, "$w_2$": ridge}


def batch_norm(mu, d, c, gamma, beta):
    x = mu + c * d
    return {r"$\mu$": x.mean(), r"$\sqrt v$": x.std(), "$y$": gamma * (x[0] - x.mean()) / x.std() + beta}


SOLVED = {
    "projection-drill": projection,
    "condition-number-drill": condition_number,
    "product-order-drill": product_order,
    "directional-derivative-drill": directional_derivative,
    "base-rate-drill": base_rate,
    "softmax-jacobian-drill": softmax_jacobian,
    "logistic-gradient-drill": logistic_gradient,
    "learning-rate-limit-drill": learning_rate_limit,
    "weight-penalty-drill": weight_penalty,
    "batch-norm-drill": batch_norm,
    **contemporary_drills.SOLVED,
}


@pytest.mark.parametrize("key", SOLVED)
def test_every_variant_is_right(key):
    """A learner would be shown a wrong result, perhaps in one variant of many."""
    assert_solved_by(key, SOLVED[key])


@pytest.mark.parametrize("key", SOLVED)
def test_the_result_cannot_be_known_by_heart(key):
    """A learner would remember the numbers, and put them in order, in place of working them out."""
    assert most_common(key) <= 7


@pytest.mark.parametrize("key", SOLVED)
def test_the_arithmetic_of_the_steps(key):
    """A learner would follow a solution whose numbers do not follow from one another."""
    assert wrong_sums(key) == []


def test_no_drill_of_the_chapters_goes_unsolved():
    """A new drill could be wrong without any test to say so."""
    elsewhere = ("practice.md", "09-language.md", "10-sequence-models.md")  # solved in tests of their own
    keys = {key for key, drill in all_drills().items() if not drill.span.file.endswith(elsewhere)}
    assert keys == SOLVED.keys() | test_attention.SOLVED.keys() | test_transformers.SOLVED.keys()
