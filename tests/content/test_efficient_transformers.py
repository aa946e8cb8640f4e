"""The chapter on efficient transformers: its numbers, derivations and pictures, computed again."""

from __future__ import annotations

import math
import re
import runpy

import numpy as np
import pytest

from tests.support.chapters import CONTENT, Chapter

CHAPTER = Chapter("13-efficient-transformers")
card, states = CHAPTER.card, CHAPTER.states
KIB, MIB, GIB = 2**10, 2**20, 2**30


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


# --- FlashAttention ------------------------------------------------------------------


def test_attention_waits_for_memory():
    """A learner would be told wrongly that textbook attention is short of bandwidth."""
    text = card("moving the $n\\times n$ scores")
    operations, trips = 4 * 64, 4 * 2
    assert f"four trips of 2 bytes are {trips} bytes" in text
    assert f"$4\\cdot64 = {operations}$ operations. That is {operations // trips} operations a byte" in text
    assert round(312e12 / 1.55e12, -1) == 200 and "can do about 200 in the time it moves a byte" in text


def test_separate_softmaxes_cannot_be_averaged():
    """A learner would be told wrong weights of separately normalised tiles."""
    text = card("take the softmax of each tile alone")
    tiles = [np.zeros(2), np.zeros(1)]
    np.testing.assert_allclose(softmax(np.concatenate(tiles)), 1 / 3)
    np.testing.assert_allclose(np.concatenate([softmax(t) / 2 for t in tiles]), [1 / 4, 1 / 4, 1 / 2])
    assert r"$\frac13, \frac13, \frac13$" in text and r"$\frac14, \frac14, \frac12$" in text


def test_online_softmax_update():
    """A learner would be told a wrong update of the running sums."""
    states(
        "Derive how an online softmax",
        r"m' &= \max(m, \max_i t_i)\\ \ell' &= e^{m - m'}\ell + \sum_i e^{t_i - m'}\\",
        r"u' &= e^{m - m'}u + \sum_i e^{t_i - m'}w_i",
        r"e^{s_j - m'} = e^{m - m'}e^{s_j - m}",
    )
    rng = np.random.default_rng(0)
    scores, values = 30 * rng.normal(size=12), rng.normal(size=(12, 3))
    m, total, u = -np.inf, 0.0, np.zeros(3)
    for at in range(0, 12, 4):
        t, w = scores[at : at + 4], values[at : at + 4]
        new = max(m, t.max())
        total = np.exp(m - new) * total + np.exp(t - new).sum()
        u = np.exp(m - new) * u + np.exp(t - new) @ w
        m = new
    np.testing.assert_allclose(u / total, softmax(scores) @ values)


@pytest.fixture(scope="module")
def pictures():
    return runpy.run_path(str(CONTENT / "pictures" / "contemporary.py"))


def test_third_tile_of_the_picture(pictures):
    """A learner would be told wrongly what happens to the sum when a larger score appears."""
    text = card("after two of three tiles")
    sums = pictures["running_sums"]()
    assert [f"{total:.2f}" for _, total in sums] == ["1.37", "1.87", "1.62"]
    assert "m = 2 and ℓ = 1.37, below the second m = 2 and ℓ = 1.87" in text and "to $1.62$" in text
    assert f"$e^{{2 - 4}} = {math.exp(-2):.3f}$" in text
    assert f"{0.135 * 1.87 + 1 + math.exp(-1):.2f}" == "1.62"
    assert "A row of six attention scores in three tiles: 1 and 2, 0 and 1, 4 and 3" in text
    assert pictures["TILES"] == ((1, 2), (0, 1), (4, 3))


def test_memory_of_the_scores():
    """A learner would be told wrong sizes of the weights and of what replaces them, or a wrong way to rebuild them."""
    text = states(
        "textbook attention stores all weights", r"a_{ij} = e^{s_{ij} - \ell_i}", r"\ell_i = \log\sum_j e^{s_{ij}}"
    )
    assert f"one layer take {32 * 8192**2 * 2 / 1e9:.1f} GB in 16 bits" in text
    assert f"$32\\cdot8192\\cdot4$ bytes $\\approx {32 * 8192 * 4 / 1e6:.2f}$ MB" in text
    scores = np.array([1.0, 3.0, -2.0])
    np.testing.assert_allclose(np.exp(scores - np.log(np.exp(scores).sum())), softmax(scores))


def test_traffic_of_tiles():
    """A learner would be told a wrong order of the memory traffic."""
    text = states("tiled attention moves about", r"\frac{nd}{M}\cdot nd = \frac{n^2d^2}{M}", "$d^2/M$ is $0.08$")
    assert f"{64**2 / 50_000:.2f}" == "0.08" and "$n/(M/d) = nd/M$" in text


# --- KV cache -------------------------------------------------------------------------


def test_tokens_pushed_through_the_network():
    """A learner would be told a wrong saving of the cache."""
    assert f"$1 + 2 + \\dots + 1000 = {sum(range(1001)):,}$".replace(",", "{,}") in card("What does a KV cache store")


def test_cache_equals_recomputation():
    """A learner would be told wrongly that causal keys never change, or that bidirectional ones do."""
    card("both directions")
    rng = np.random.default_rng(1)
    w = rng.normal(size=(2, 3, 4, 4)) / 2

    def keys(x, causal):
        """The keys of the second of two attention layers."""
        for q, k, v in w:
            scores = (x @ q) @ (x @ k).T
            if causal:
                scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
            last = x @ k
            x = x + np.array([softmax(row) for row in scores]) @ (x @ v)
        return last

    x = rng.normal(size=(5, 4))
    np.testing.assert_allclose(keys(x, True)[:4], keys(x[:4], True))
    assert np.abs(keys(x, False)[:4] - keys(x[:4], False)).max() > 0.01


def cache(layers, heads, width, tokens=1, batch=1, size=2):
    return 2 * layers * heads * width * tokens * batch * size


def test_cache_sizes():
    """A learner would be told wrong sizes of a KV cache."""
    text = states(
        "How many bytes does a KV cache take",
        r"2\cdot n_{\text{layers}}\cdot n_{\text{kv}}\cdot d_k\cdot n\cdot B\cdot b",
    )
    assert cache(32, 32, 128) == 512 * KIB and "512 KiB a token" in text
    assert cache(32, 32, 128, 4096) == 2 * GIB and "2 GiB for one sequence of 4,096" in text
    text = card("cached in 16 bits. Estimate its cache")
    sizes = [cache(80, heads, 128) for heads in (64, 8, 1)]
    assert sizes == [2.5 * MIB, 320 * KIB, 40 * KIB] and "2.5 MiB, 320 KiB and 40 KiB." in text
    whole = [f"{size * 4096 / GIB:.4g}" for size in sizes]
    assert whole == ["10", "1.25", "0.1562"] and "10 GiB, 1.25 GiB and 0.16 GiB" in text
    assert "With 64 query heads and 8 key–value heads the cache is an eighth." in card("grouped-query attention share")


def test_bound_on_the_rate_of_decoding():
    """A learner would be told a wrong highest rate of decoding."""
    text = card("Estimate the highest rate")
    rate = 2000 / 14
    assert f"\\approx {rate:.0f}\\text{{ per second}}" in text and "About 140 tokens" in text
    work = 2 * 7e9
    assert work == 14e9 and f"is {work * rate / 1e12:.0f} TFLOP/s" in text and work * rate < 0.01 * 312e12


# --- fewer keys and values ------------------------------------------------------------


def test_latent_attention():
    """A learner would be told a wrong size of the latent cache, or a shortcut that is not one."""
    text = card("multi-head latent attention cache")
    assert f"{2 * 128 * 128:,}" == "32,768" and "caches $512 + 64$ numbers" in text and "would be 32,768" in text
    states(
        "never has to build its keys", r"q_ik_j^\top = (x_iW_QW_K^\top)c_j^\top", r"(c_jW_K)^\top = W_K^\top c_j^\top"
    )
    rng = np.random.default_rng(2)
    x, c = rng.normal(size=(1, 6)), rng.normal(size=(1, 3))
    wq, wk = rng.normal(size=(6, 4)), rng.normal(size=(3, 4))
    np.testing.assert_allclose((x @ wq) @ (c @ wk).T, (x @ wq @ wk.T) @ c.T)

    def turn(angle):
        return np.kron(np.eye(2), [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])

    score = (x @ wq @ turn(0.5)) @ (c @ wk @ turn(0.2)).T
    np.testing.assert_allclose(score, x @ wq @ turn(0.3) @ wk.T @ c.T)
    assert r"W_Q\thinspace R_{i-j}W_K^\top" in card("shortcut")


# --- long contexts ---------------------------------------------------------------------


def test_reach_of_a_sliding_window():
    """A learner would be told a wrong reach of stacked windows."""
    assert f"{32 * 4096:,} tokens in theory" in card("sliding-window attention each token sees")
    n, w, layers = 40, 4, 3
    sees = np.array([[i - w <= j <= i for j in range(n)] for i in range(n)])
    reach = np.linalg.matrix_power(sees.astype(int), layers)[n - 1].nonzero()[0].min()
    assert n - 1 - reach == layers * w


def test_slow_rotary_angles():
    """A learner would be told wrong angles of the slowest rotary pair."""
    text = card("What breaks at position 20,000")
    slow = 10_000 ** (-126 / 128)
    assert f"{slow * 1e4:.2f}\\cdot10^{{-4}}$" in text
    assert f"${slow * 4096:.2f}$ by the end of training, ${slow * 20_000:.1f}$ at position 20,000" in text


# --- leaner blocks ------------------------------------------------------------------------


def rms_norm(x):
    x = np.asarray(x, float)
    return x / np.sqrt((x**2).mean())


def layer_norm(x):
    x = np.asarray(x, float)
    return (x - x.mean()) / x.std()


def test_norms():
    """A learner would be told wrong outputs of RMSNorm or layer norm."""
    text = card("RMSNorm leave out")
    assert f"$\\sqrt{{12.5}} = {math.sqrt(12.5):.2f}$" in text
    assert "$y = ({:.2f}, {:.2f})$".format(*rms_norm([3, 4])) in text
    text = card("You add 5 to every entry")
    np.testing.assert_allclose([layer_norm([-1, 1]), layer_norm([4, 6]), rms_norm([-1, 1])], [[-1, 1]] * 3)
    assert "$({:.2f}, {:.2f})$ for the shifted $(4, 6)$".format(*rms_norm([4, 6])) in text
    np.testing.assert_allclose(rms_norm([30, 40]), rms_norm([3, 4]))


def test_swiglu_width():
    """A learner would be told a wrong hidden width of a gated layer."""
    text = card("about $\\frac83d$ hidden units")
    d = 4096
    assert 3 * d * (8 / 3 * d) == pytest.approx(2 * d * 4 * d)
    assert f"${8 / 3 * d:,.1f}$".replace(",", "{,}") in text
    assert math.ceil(8 / 3 * d / 256) * 256 == 11008 and "11,008, a multiple of 256" in text


# --- mixture of experts ----------------------------------------------------------------------


def test_mixtral_parameters():
    """A learner would be told wrong numbers of total or active parameters."""
    text = card("Mixtral is called")
    layers, d, hidden = 32, 4096, 14336
    experts = layers * 3 * d * hidden / 1e9
    rest = (layers * (2 * d * d + 2 * d * 1024) + 2 * 32_000 * d) / 1e9
    assert f"one set of experts is {experts:.2f}, eight sets are {8 * experts:.1f}, and the rest is {rest:.1f}" in text
    assert f"has {8 * experts + rest:.1f} billion parameters" in text
    assert f"$2\\cdot5.64 + 1.6 = {2 * experts + rest:.1f}$" in text


def test_balancing_loss():
    """A learner would be told a wrong gradient, bound or counterexample of the balancing loss."""
    states(
        "Derive why the loss $E",
        r"\frac{\partial}{\partial P_e}E\sum_{e'} f_{e'}P_{e'} = Ef_e",
        r"E\sum_e P_e^2 \ge \Bigl(\sum_e P_e\Bigr)^2 = 1",
    )
    rng = np.random.default_rng(3)
    for p in rng.dirichlet(np.ones(5), size=200):
        assert 5 * (p**2).sum() >= 1
    assert 5 * (np.full(5, 0.2) ** 2).sum() == pytest.approx(1)
    text = card("uneven loads for which the balancing loss")
    router = np.array([[0.51, 0.49], [0.51, 0.49], [0, 1]])
    f = np.bincount(router.argmax(1), minlength=2) / 3
    p = router.mean(0)
    np.testing.assert_allclose(f, [2 / 3, 1 / 3])
    assert "P &= ({:.2f}, {:.2f})".format(*p) in text
    assert f"2({f[0] * p[0]:.3f} + {f[1] * p[1]:.2f}) = {2 * f @ p:.2f}" in text


def test_capacity_of_the_picture(pictures):
    """A learner would be told wrongly which token is dropped, or a wrong capacity factor."""
    text = card("Each expert here takes at most two tokens")
    routes, capacity = pictures["ROUTES"], pictures["CAPACITY"]
    kept, dropped = {}, []
    for token, expert in routes.items():
        if len(kept.setdefault(expert, [])) < capacity:
            kept[expert].append(token)
        else:
            dropped.append(token)
    assert dropped == [5] and kept == {"A": [1, 3], "B": [2], "C": [4, 6]}
    assert capacity == 1 * 1 * len(routes) / 3 and "so here $c = 1$" in text


# --- state-space models -------------------------------------------------------------------


def test_recurrence_is_a_convolution():
    """A learner would be told a wrong kernel of a linear recurrence."""
    states(
        "time-invariant linear recurrence is a convolution",
        r"$\kappa_i = c^\top A^ib$",
        r"y_t = \sum_{i=0}^{t-1}\kappa_ix_{t-i}",
        r"$h_3 = A^2bx_1 + Abx_2 + bx_3$",
    )
    rng = np.random.default_rng(4)
    a, b, c, x = rng.normal(size=(3, 3)) / 2, rng.normal(size=3), rng.normal(size=3), rng.normal(size=10)
    kernel = [c @ np.linalg.matrix_power(a, i) @ b for i in range(10)]
    h, outputs = np.zeros(3), []
    for token in x:
        h = a @ h + b * token
        outputs.append(c @ h)
    np.testing.assert_allclose(outputs, np.convolve(kernel, x)[:10])


# --- pictures --------------------------------------------------------------------------------

CHAPTERS = ("13-efficient-transformers", "14-scaling-and-adapting")
NAMES = ("online-softmax", "kv-cache", "expert-routing", "loss-against-compute")


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_what_the_script_draws(pictures, name):
    """A learner would see a picture that the script in the repository no longer draws, or one that no card shows."""
    assert set(pictures["PICTURES"]) == set(NAMES)
    drawn = pictures["PICTURES"][name]()
    assert (CONTENT / "media" / f"{name}.svg").read_text(encoding="utf-8") == drawn
    chapters = ((CONTENT / f"{chapter}.md").read_text(encoding="utf-8") for chapter in CHAPTERS)
    assert sum(f'src="media/{name}.svg"' in chapter for chapter in chapters) == 1


@pytest.mark.parametrize("name", NAMES)
def test_labels_stay_inside_the_picture(name):
    """A learner would see a label cut off at the edge of a picture."""
    svg = (CONTENT / "media" / f"{name}.svg").read_text(encoding="utf-8")
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    labels = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"[^>]* text-anchor="(\w+)" font-size="(\d+)">([^<]*)<', svg)
    assert labels
    for x, y, anchor, size, words in labels:
        wide = 0.56 * int(size) * len(words)
        left = float(x) - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        assert left >= 0 and left + wide <= width, words
        assert float(y) - int(size) >= 0 and float(y) <= height - 4, words
