"""The chapter on sequence models: its numbers, examples and derivations, computed anew."""

from __future__ import annotations

import itertools
import math
import runpy

import numpy as np
import pytest

from tests.support.chapters import CONTENT, Chapter
from tests.support.deck_drills import all_drills, assert_solved_by, most_common, slope, wrong_sums

CHAPTER = Chapter("10-sequence-models")
card, states = CHAPTER.card, CHAPTER.states


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# --- recurrent networks ------------------------------------------------------------------


def rnn(X, Wx, Wh, b):
    states_ = [np.zeros(len(b))]
    for x in X:
        states_.append(np.tanh(x @ Wx + states_[-1] @ Wh + b))
    return states_


def test_sequential_time():
    """A learner would be told a wrong time for reading a text step by step."""
    states("takes 20 microseconds on a GPU", "Still 20 milliseconds.")
    assert pytest.approx(20e-3) == 1_000 * 20e-6


def test_forgetting():
    """A learner would be told a wrong weight of the first input."""
    text = states("how much does the first input still weigh", r"$0.9^{99} \approx 0.00003$")
    h = 0.0
    for t in range(1, 101):
        h = 0.9 * h + (t == 1)
    assert h == pytest.approx(0.9**99) == pytest.approx(0.00003, rel=0.02) and "$h_{100}$" in text


def test_words_between():
    """A learner would be told a wrong distance in the example sentence."""
    text = card("long-term dependency problem")
    between = "which the man who lived next door had left on the kitchen table"
    assert between in text and f'"plural" for {len(between.split())} words' in text
    assert f"through {len(between.split())} matrices" in text


def test_backpropagation_through_time():
    """A learner would be told a wrong gradient of the recurrent weights."""
    states(
        "Derive backpropagation through time",
        r"\delta_t &= g_t\odot(1 - h_t^2)\\ g_{t-1} &= \delta_tW_h^\top\\",
        r"\frac{\partial L}{\partial W_h} &= \sum_{t=1}^n h_{t-1}^\top\delta_t",
    )
    states("Along how many routes", "Along four", "passes three further steps")
    rng = np.random.default_rng(0)
    X, Wx, Wh, b, end = (rng.normal(size=size) for size in ((4, 2), (2, 3), (3, 3), 3, 3))
    h = rnn(X, Wx, Wh, b)
    g, total = end, np.zeros((3, 3))
    for t in range(4, 0, -1):
        delta = g * (1 - h[t] ** 2)
        total += np.outer(h[t - 1], delta)
        g = delta @ Wh.T
    np.testing.assert_allclose(total, slope(lambda W: rnn(X, Wx, W, b)[-1] @ end, Wh), atol=1e-8)


def test_vanishing_bound():
    """A learner would be told a wrong bound on gradients through time."""
    text = states(
        "Derive a bound which shows",
        r"\lVert g_k\rVert \le (\gamma s)^{n-k}\lVert g_n\rVert",
        r"$g_{t-1} = g_tD_tW_h^\top$",
        r"g_k = g_n(D_nW_h^\top)(D_{n-1}W_h^\top)\cdots(D_{k+1}W_h^\top)",
    )
    rng = np.random.default_rng(1)
    for _ in range(50):
        W, g = rng.normal(size=(4, 4)) * 0.6, rng.normal(size=4)
        bound, s = np.linalg.norm(g), np.linalg.norm(W, 2)
        for _ in range(6):
            g = (g * (1 - np.tanh(rng.normal(size=4)) ** 2)) @ W.T
            bound *= s
            assert np.linalg.norm(g) <= bound + 1e-12
    z = np.linspace(-5, 5, 10_001)
    assert (1 - np.tanh(z) ** 2).max() == pytest.approx(1)
    assert (sigmoid(z) * (1 - sigmoid(z))).max() == pytest.approx(1 / 4)
    assert r"$\gamma = 1$, for the sigmoid $\gamma = 1/4$" in text
    assert 0.9**50 < 0.0055 and r"$0.9^{50} \approx 0.005$" in text


def test_nilpotent_counterexample():
    """A learner would be given a counterexample that is none."""
    states(
        "Give a counterexample",
        r"0 & 2\cr 0 & 0",
        "Its largest singular value is 2, but $W_h^2 = 0$",
        "after two steps",
    )
    W = np.array([[0, 2], [0, 0]])
    assert np.linalg.norm(W, 2) == 2 and not (W @ W).any()


def test_near_terms_dominate():
    """A learner would be told wrong shares of near and far terms."""
    text = states("yet its total gradient is of healthy size", "share from $k$ steps back is $0.7^k$")
    shares = 0.7 ** np.arange(500)
    shares /= shares.sum()
    assert f"hold {shares[:5].sum():.0%} of the sum" in text
    assert f"from 20 steps on holds {shares[20:].sum():.2%}" in text


def test_clipping():
    """A learner would be told wrong clipped gradients."""
    states("A gradient is $g = (6, 8)$", "it gives $(3, 4)$", "gives $(5, 5)$")
    g = np.array([6.0, 8.0])
    np.testing.assert_allclose(g * min(1, 5 / np.linalg.norm(g)), [3, 4])
    np.testing.assert_allclose(np.clip(g, -5, 5), [5, 5])
    states("Why can't vanishing ones be cured", "distance 50 contributes $10^{-6}$", "a factor of a million")


# --- LSTM and GRU ----------------------------------------------------------------------------


def lstm(x, h, c, W):
    f, i, o, g = (np.concatenate([x, h, [1]]) @ W[k] for k in range(4))
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(new), new, sigmoid(f)


def test_the_cell_as_residual_path():
    """A learner would be told a wrong factor on the direct path of an LSTM."""
    states("What does the forget gate", r"f_t &= \sigma(x_tW_f + h_{t-1}U_f + b_f)\\ c_t &= f_t\odot c_{t-1}")
    states("What does the input gate", r"i_t\odot\tilde c_t", r"\tilde c_t &= \tanh(x_tW_c + h_{t-1}U_c + b_c)")
    states("What does the output gate", r"h_t = o_t\odot\tanh(c_t)")
    states("Along which path", r"c_t = f_t\odot c_{t-1} + i_t\odot\tilde c_t")
    states("reaches $c_k$ from $c_n$", r"\odot f_n\odot f_{n-1}\odot\cdots\odot f_{k+1}", "collects $n - k$ gates")
    rng = np.random.default_rng(2)
    X, W, h0 = rng.normal(size=(3, 2)), rng.normal(size=(4, 6, 3)), rng.normal(size=3)

    def run(c, seen=None):
        """The last cell state, the product of forget gates, and the hidden states that the gates saw."""
        h, product, hidden = h0, np.ones(3), []
        for t, x in enumerate(X):
            hidden.append(h if seen is None else seen[t])
            h, c, f = lstm(x, hidden[-1], c, W)
            product = product * f
        return c, product, hidden

    c0 = rng.normal(size=3)
    _, product, hidden = run(c0)
    direct = np.array([slope(lambda c, j=j: run(c, hidden)[0][j], c0) for j in range(3)])
    np.testing.assert_allclose(direct, np.diag(product), atol=1e-8)
    full = np.array([slope(lambda c, j=j: run(c)[0][j], c0) for j in range(3)])
    assert not np.allclose(full, direct, atol=1e-3)


def test_gates_below_one_vanish():
    """A learner would be told wrong remainders of a gradient after many gates."""
    text = card("In an LSTM gradients neither vanish nor explode")
    assert f"$0.9^{{100}} \\approx {0.9**100:.5f}$; with $0.99$, {0.99**100:.0%}" in text


def test_forget_bias():
    """A learner would be told wrong shares that survive, or a wrong rule for the bias."""
    text = states("all forget gates of an LSTM start", r"$0.5^{20} \approx 10^{-6}$", "bias near $\\log T$")
    gate = float(sigmoid(1))
    assert pytest.approx(1e-6, rel=0.05) == 0.5**20
    assert f"${gate:.2f}^{{20}} \\approx {gate**20:.3f}$" in text
    assert gate**20 / 0.5**20 == pytest.approx(2000, rel=0.01) and "two thousand times" in text
    for span in (20, 100, 1000):
        assert sigmoid(math.log(span)) == pytest.approx(1 - 1 / span, abs=1.1 / span**2)


def test_gru():
    """A learner would be told wrong sizes, or wrongly that a GRU's state is bounded."""
    states("Which two gates of the LSTM", r"h_t = (1 - z_t)\odot h_{t-1} + z_t\odot\tilde h_t")
    text = card("Which of the two can keep an exact count")
    block = 512 * 512 + 512 * 512 + 512
    assert f"{3 * block / 1e6:.2f} instead of {4 * block / 1e6:.1f} million" in text and 1 - 3 / 4 == 1 / 4
    rng, h = np.random.default_rng(3), 0.0
    for _ in range(200):
        z = sigmoid(rng.normal() * 3)
        h = (1 - z) * h + z * np.tanh(rng.normal() * 9)
        assert -1 <= h <= 1


# --- sequence to sequence ------------------------------------------------------------------------


def test_bits_of_a_sentence():
    """A learner would be told wrong numbers of bits."""
    text = states(
        "1,000 floats of 32 bits hold 32,000 bits", f"$30\\log_2 50{{,}}000 \\approx {30 * math.log2(50_000):.0f}$"
    )
    assert 1_000 * 32 == 32_000 and 30 * math.log2(50_000) < 500 and "under 500 bits" in text


def test_reversed_source():
    """A learner would be told wrong distances between corresponding words."""
    states("Feeding the source in reverse order", "$n$ steps apart", "pair $i$ is $2i - 1$ apart: 1, 3, 5")
    for n in (1, 2, 7, 30):
        source, target = np.arange(1, n + 1), n + np.arange(1, n + 1)
        assert set(target - source) == {n}
        distances = target - source[::-1]
        np.testing.assert_array_equal(distances, 2 * np.arange(1, n + 1) - 1)
        assert distances.mean() == n


def test_number_of_sequences():
    """A learner would be told a wrong size of the search space."""
    states("find the most probable sequence of 20 tokens", r"$32{,}000^{20} \approx 10^{90}$")
    assert round(20 * math.log10(32_000)) == 90


def search(chances, steps, width):
    """Beam search: the best prefix of so many tokens, with its probability."""
    beam = [((), 1.0)]
    for _ in range(steps):
        wider = [((*prefix, token), p * q) for prefix, p in beam for token, q in chances(prefix).items()]
        beam = sorted(wider, key=lambda entry: -entry[1])[:width]
    return beam[0]


def test_greedy_loses_on_the_drawn_tree():
    """A learner would be told a wrong result of greedy or beam search, or see another tree than the card's."""
    tree = runpy.run_path(str(CONTENT / "pictures" / "language_and_sequences.py"))["TREE"]
    text = card("Greedy search takes the likeliest token")
    assert "start: it 0.5, there 0.4, so 0.1" in text
    for word, (_, children) in tree.items():
        assert f"fter {word}: " + ", ".join(f"{child} {p:g}" for child, p in children.items()) in text
        assert sum(children.values()) == pytest.approx(1)

    def chances(prefix):
        return tree[prefix[0]][1] if prefix else {word: p for word, (p, _) in tree.items()}

    greedy, beam, best = (search(chances, 2, width) for width in (1, 2, 99))
    assert greedy[0] == ("it", "is") and beam == best and best[0] == ("there", "is")
    assert f"$0.5\\cdot 0.4 = {greedy[1]:.2f}$; the best is *there is* with $0.4\\cdot 0.9 = {best[1]:.2f}$" in text


def test_beam_search_is_not_exact():
    """A learner would be given a wrong example of a beam that misses the best."""
    text = states(
        "Beam search with width 2 runs", "first token: A 0.4, B 0.35, C 0.25", "after A the likeliest has 0.3"
    )
    first, then = {"A": 0.4, "B": 0.35, "C": 0.25}, {"A": 0.3, "B": 0.4, "C": 1.0}

    def chances(prefix):
        return {"next": then[prefix[0]]} if prefix else first

    (beam, p), (best, q) = search(chances, 2, 2), search(chances, 2, 3)
    assert beam[0] == "B" and best[0] == "C"
    assert f"$0.35\\cdot 0.4 = {p:.2f}$" in text and f"$0.25\\cdot 1.0 = {q:.2f}$" in text


def test_beam_search_scores():
    """A learner would be told a wrong recursion, or a wrong limit in which beam search is greedy or exact."""
    states("Derive beam search", r"s(y_1, \dots, y_t) = s(y_1, \dots, y_{t-1}) + \log p(y_t\mid y_{\lt t}, x)")
    rng = np.random.default_rng(4)
    table = {
        prefix: dict(zip("abc", rng.dirichlet(np.ones(3)), strict=True))
        for n in range(4)
        for prefix in itertools.product("abc", repeat=n)
    }
    exact = max(math.prod(table[word[:t]][word[t]] for t in range(4)) for word in itertools.product("abc", repeat=4))
    assert search(table.__getitem__, 4, 81)[1] == pytest.approx(exact)
    greedy = ()
    for _ in range(4):
        greedy += (max(table[greedy], key=table[greedy].get),)
    assert search(table.__getitem__, 4, 1)[0] == greedy


def test_length():
    """A learner would be told wrong probabilities or scores of short and long outputs."""
    text = card("What is the length bias")
    assert f"$0.7^5 \\approx {0.7**5:.2f}$" in text and f"$0.7^{{10}} \\approx {0.7**10:.2f}$" in text
    text = states("Two finished translations", r"$-1.2 \gt -1.8$")
    assert f"$-1.8/4 = {-1.8 / 4:.2f}$ against $-1.2/2 = {-1.2 / 2:.1f}$" in text and -1.8 / 4 > -1.2 / 2


# --- drills --------------------------------------------------------------------------------------------


def rnn_step(x, h, Wx, Wh, b):
    return {"$h_t$": np.clip(np.einsum("i,ij->j", x, Wx) + np.einsum("i,ij->j", h, Wh) + b, 0, None)}


def lstm_step(pf, pi, po, g, c):
    f, i, o = sigmoid(np.log([pf, pi, po]))
    new = f * c + i * g
    return {"$c_t$": new, "$h_t$": o * np.tanh(new)}


def beam_search(p, q):
    def chances(prefix):
        return {"next": q[prefix[0]]} if prefix else dict(enumerate(p))

    return {name: search(chances, 2, width)[1] for name, width in (("greedy", 1), ("width 2", 2), ("exact", 3))}


SOLVED = {"rnn-step-drill": rnn_step, "lstm-step-drill": lstm_step, "beam-search-drill": beam_search}


@pytest.mark.parametrize("key", SOLVED)
def test_every_variant_is_right(key):
    """A learner would be shown a wrong result, perhaps in one variant of many."""
    assert_solved_by(key, SOLVED[key])


@pytest.mark.parametrize("key", SOLVED)
def test_the_arithmetic_of_the_steps(key):
    """A learner would follow a solution whose numbers do not follow from one another."""
    assert wrong_sums(key) == []


@pytest.mark.parametrize("key", SOLVED)
def test_the_result_cannot_be_known_by_heart(key):
    """A learner would remember the result in place of working it out."""
    assert most_common(key) <= 7


def test_no_drill_of_the_chapter_goes_unsolved():
    """A new drill could be wrong without any test to say so."""
    drills = {key for key, drill in all_drills().items() if drill.span.file.endswith("10-sequence-models.md")}
    assert drills == SOLVED.keys()


def test_the_pictures_are_those_that_the_script_draws(tmp_path):
    """A learner would see a picture that is not the one in the script."""
    script = runpy.run_path(str(CONTENT / "pictures" / "language_and_sequences.py"))
    script["main"].__globals__["MEDIA"] = tmp_path
    script["main"]()
    for drawn in tmp_path.iterdir():
        assert drawn.read_bytes() == (CONTENT / "media" / drawn.name).read_bytes()
