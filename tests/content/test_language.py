"""The language chapter: its numbers, examples and derivations, computed anew."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter

import numpy as np
import pytest
import sympy as sp

from tests.support.chapters import Chapter
from tests.support.deck_drills import all_drills, assert_solved_by, most_common, slope, wrong_sums

CHAPTER = Chapter("09-language")
card, states = CHAPTER.card, CHAPTER.states


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def figures(value: float) -> str:
    """A whole number as TeX writes it, with commas."""
    return f"{round(value):,}".replace(",", "{,}")


# --- tokenisation --------------------------------------------------------------------


def pairs(words):
    found = Counter()
    for word, times in words.items():
        for pair in itertools.pairwise(word):
            found[pair] += times
    return found


def merged(word, pair):
    pieces, i = [], 0
    while i < len(word):
        both = word[i : i + 2] == pair
        pieces.append("".join(word[i : i + 2]) if both else word[i])
        i += 2 if both else 1
    return tuple(pieces)


def bpe(corpus, rounds):
    """Learn merges: for each round the pair, its count, the best count of another pair, and the tokens left."""
    words = {tuple(word): times for word, times in corpus.items()}
    for _ in range(rounds):
        (pair, times), *others = pairs(words).most_common()
        words = {merged(word, pair): count for word, count in words.items()}
        yield pair, times, others[0], sum(len(word) * count for word, count in words.items())


def test_bpe_by_hand():
    """A learner would be shown a wrong order of merges, or wrong counts of pairs or tokens."""
    text = card("Predict the first three BPE merges")
    corpus = {word: int(times) for word, times in re.findall(r"- `(\w+)` × (\d+)", text)}
    assert len(corpus) == 4
    assert f"starts with {sum(len(word) * times for word, times in corpus.items())} characters" in text
    for number, (pair, times, (other, count), left) in enumerate(bpe(corpus, 3), 1):
        assert count < times
        assert f"| {number} | `{' '.join(pair)}`: {times} | `{' '.join(other)}`: {count} | {left} |" in text
    assert "`a t`, then `c at`, then `h at`." in text


def test_merges_apply_in_the_order_learned():
    """A learner would be told wrong tokens of a new word."""
    text = states("has learned the merges below", "Into `s` and `hed`", "would give `sh`, `e`, `d`")
    rules = [tuple(left.split()) for left in re.findall(r"- `([a-z ]+)` →", text)]
    word = tuple("shed")
    for rule in rules:
        word = merged(word, rule)
    assert word == ("s", "hed")
    known, rest, longest = {"".join(rule) for rule in rules} | set("shed"), "shed", []
    while rest:
        piece = max((rest[:n] for n in range(1, len(rest) + 1) if rest[:n] in known), key=len)
        longest.append(piece)
        rest = rest[len(piece) :]
    assert longest == ["sh", "e", "d"]


def test_no_pair_is_more_frequent_than_the_one_merged_before():
    """A learner would be told wrongly that the savings of later merges can only shrink."""
    states("Does a late merge shorten the text", "every next pair is at most as frequent as the one before it")
    rng = np.random.default_rng(0)
    for _ in range(30):
        corpus = {"".join(rng.choice(list("abc"), 7)): int(rng.integers(1, 9)) for _ in range(6)}
        counts = [times for _, times, _, _ in itertools.islice(bpe(corpus, 5), 5)]
        assert counts == sorted(counts, reverse=True)


def test_the_vocabulary_of_gpt2():
    """A learner would be told a wrong number of merges."""
    text = card("GPT-2 uses byte-level BPE and has 50,257 tokens")
    assert 50_257 - 256 - 1 == 50_000 and "50,000. The rest is 256 single bytes, plus one token" in text


def test_bytes_of_characters():
    """A learner would be told wrong lengths of characters in UTF-8."""
    states("decoding each token as soon as it arrives", "The emoji 😀 takes four bytes, a letter of Hindi three")
    assert len("😀".encode()) == 4 and {len(chr(c).encode()) for c in range(0x0900, 0x0980)} == {3}
    with pytest.raises(UnicodeDecodeError):
        "😀".encode()[:2].decode()
    states("has learned no merges for Devanagari", "a word of six code points", "Eighteen: UTF-8 spends three bytes")
    word = "नमस्ते"
    assert len(word) == 6 and len(word.encode()) == 18


def test_wordpiece_score():
    """A learner would be told the wrong pair, or a wrong score."""
    text = card("Which of these pairs would WordPiece merge first")
    numbers = re.findall(r"occurs (\d+) times; `\w` ([\d,]+) times, `\w` ([\d,]+) times", text)
    (qu, q, u), (es, e, s) = ([int(n.replace(",", "")) for n in row] for row in numbers)
    assert qu / (q * u) > es / (e * s) and es > qu
    assert f"${qu}/{figures(q * u)} \\approx {qu / (q * u):.4f}$" in text
    assert f"${es}/{figures(e * s)} = {es / (e * s):.5f}$" in text


def test_unigram_segmentation():
    """A learner would be told the less probable segmentation."""
    text = card("A unigram tokenizer knows")
    un, able, unable = map(float, re.search(r"probabilities ([\d.]+), ([\d.]+) and ([\d.]+)\.", text[:200]).groups())
    assert un * able > unable and f"${un}\\cdot {able} = {un * able:.4f}$ exceeds ${unable}$" in text


# --- embeddings ------------------------------------------------------------------------


def test_an_embedding_table_is_a_linear_layer():
    """A learner would be told wrong products of one-hot vectors, or a wrong cost of looking a word up."""
    states("Why is a dense vector a better input", "One-hot vectors are all orthogonal")
    text = states(
        "Which layer, fed with one-hot vectors", "A linear layer without bias", r"xE = E_w \quad\text{if } x_w = 1"
    )
    eye, table = np.eye(5), np.random.default_rng(4).normal(size=(5, 3))
    assert eye[0] @ eye[1] == 0
    np.testing.assert_array_equal(eye[2] @ table, table[2])
    assert 50_000 * 300 == 15e6 and "reads 300 numbers, where the product would multiply 15 million" in text


def test_skip_gram_gradient():
    """A learner would be told a wrong gradient, or a wrong meaning of the dot product."""
    states(
        "Derive the gradient of",
        r"\frac{\partial\log p(o\mid c)}{\partial v_c} = u_o - \sum_{w\in\mathcal{V}}p(w\mid c)u_w",
        r"\frac{\sum_w\exp(u_w^\top v_c)u_w}{\sum_{w}\exp(u_{w}^\top v_c)} = \sum_w p(w\mid c)u_w",
    )
    text = card("What does the dot product of a context vector")
    assert r"u_o^\top v_c = \log p(o\mid c) + \log Z_c" in text and math.log(2) == pytest.approx(0.69, abs=0.005)
    rng = np.random.default_rng(1)
    U, v = rng.normal(size=(6, 3)), rng.normal(size=3)

    def log_p(centre):
        return U[2] @ centre - np.log(np.exp(U @ centre).sum())

    p = np.exp(U @ v) / np.exp(U @ v).sum()
    np.testing.assert_allclose(slope(log_p, v), U[2] - p @ U, atol=1e-7)
    assert U[2] @ v == pytest.approx(log_p(v) + np.log(np.exp(U @ v).sum()))


def test_positives_alone_teach_nothing():
    """A learner would be told wrongly that training on true pairs alone ends in equal, ever longer vectors."""
    states("trained on observed pairs only", r"every pair has $\sigma(r^2)$, which goes to 1 as $r$ grows")
    assert sigmoid(1.0) < sigmoid(4.0) < sigmoid(9.0) < 1


def test_negative_sampling():
    """A learner would be told a wrong loss of negative sampling."""
    text = states(
        "Derive the loss of skip-gram with negative sampling",
        r"L = -\log\sigma(u_o^\top v_c) - \sum_{i=1}^k\log\sigma(-u_{w_i}^\top v_c)",
        r"$1 - \sigma(z) = \sigma(-z)$",
        "with $k = 5$, six instead of 50,000",
    )
    assert r"$k + 1$ dot products" in text
    z = sp.symbols("z", real=True)
    s = 1 / (1 + sp.exp(-z))
    assert sp.simplify(1 - s - s.subs(z, -z)) == 0


def test_shifted_pmi():
    """A learner would be told a wrong optimum of negative sampling."""
    states(
        "learns the pointwise mutual information shifted",
        r"x = \log\frac{N_{wc}D}{N_wN_c} - \log k = \mathrm{PMI}(w, c) - \log k",
        r"$k\frac{N_wN_c}{D}\log\sigma(-x)$",
        r"$N_{wc}\sigma(-x) = M\sigma(x)$",
        r"$e^x = N_{wc}/M$",
    )
    nwc, nw, nc, total, k = 12, 40, 90, 1000, 5
    noise = k * nw * nc / total
    grid = np.linspace(-6, 6, 240_001)
    best = grid[np.argmax(nwc * np.log(sigmoid(grid)) + noise * np.log(sigmoid(-grid)))]
    assert best == pytest.approx(math.log(nwc * total / (nw * nc)) - math.log(k), abs=1e-4)
    assert nwc * sigmoid(-best) == pytest.approx(noise * sigmoid(best), abs=1e-3)


def test_rank_of_the_factorisation():
    """A learner would be told wrong numbers of pairs and of parameters."""
    text = states("Which assumption fails for real embeddings", "rank at most $d$")
    assert 50_000**2 == 2.5e9 and "has 2.5 billion pairs" in text
    assert 2 * 50_000 * 300 == 30e6 and r"$2\cdot 50{,}000\cdot 300 = 30$ million" in text


def test_glove():
    """A learner would be told a wrong rank, or wrong biases for which GloVe fits the PMI."""
    states("What does the GloVe loss fit", r"$f(x) = \min(1, (x/100)^{3/4})$")
    states(
        "in which sense GloVe factorises", r"P = W\tilde W^\top + b\mathbf{1}^\top + \mathbf{1}\tilde b^\top", "$d + 2$"
    )
    rng = np.random.default_rng(2)
    W, C, b, c = rng.normal(size=(9, 3)), rng.normal(size=(9, 3)), rng.normal(size=9), rng.normal(size=9)
    one = np.ones(9)
    assert np.linalg.matrix_rank(W @ C.T + np.outer(b, one) + np.outer(one, c)) == 5
    # without zero counts and biases, and with equal weights, truncated SVD is the least-squares fit (Eckart and Young)
    logs = rng.normal(size=(6, 6))
    u, s, v = np.linalg.svd(logs)
    best = np.square(logs - (u[:, :2] * s[:2]) @ v[:2]).sum()
    assert best == pytest.approx((s[2:] ** 2).sum())
    states(
        "What would the biases have to be",
        r"$b_i = \log X_i$ and $\tilde b_j = \log X_j - \log X_{\text{all}}$",
        r"w_i^\top\tilde w_j &\approx \log X_{ij} - \log\frac{X_iX_j}{X_{\text{all}}}\\ &= \mathrm{PMI}(i, j)",
    )
    X = rng.integers(1, 20, size=(4, 4)).astype(float)
    rows, columns, total = X.sum(1), X.sum(0), X.sum()
    dots = np.log(X) - np.log(rows)[:, None] - (np.log(columns) - np.log(total))
    joint = X / total
    np.testing.assert_allclose(dots, np.log(joint / np.outer(joint.sum(1), joint.sum(0))))


def test_mixed_senses():
    """A learner would be told wrong cosines of a vector that mixes two senses."""
    text = states("A corpus uses *bank* 90%", "The mix $(0.9, 0.1)$")
    mix = np.array([0.9, 0.1])
    money, river = mix / np.linalg.norm(mix)
    assert f"a cosine of {money:.2f} with money and {river:.2f} with river" in text


def test_analogies():
    """A learner would be told wrongly that excluding the inputs decides an analogy when the offset is short."""
    states("Find the weakness", "Without it the nearest word is very often $c$ or $b$ itself")
    c, right, far = np.array([1.0, 0]), np.array([0.8, 0.2]), np.array([0.0, 1])
    target = c + np.array([0.02, 0.05])
    nearness = [target @ v / np.linalg.norm(target) / np.linalg.norm(v) for v in (c, right, far)]
    assert nearness == sorted(nearness, reverse=True)
    states("Why can vector arithmetic such as", r"$(v_{\text{king}} - v_{\text{man}})^\top u_c$")


# --- language models ---------------------------------------------------------------------


def test_chain_rule():
    """A learner would be told wrongly that the factorisation holds for every distribution, in any order."""
    states("Which assumption about language", "None.", r"$p(a, b, c) = p(a)p(b\mid a)p(c\mid a, b)$", "Any other order")
    p = np.random.default_rng(3).dirichlet(np.ones(24)).reshape(2, 3, 4)
    for order in itertools.permutations(range(3)):
        q = p.transpose(order)
        first, second = q.sum((1, 2)), q.sum(2)
        rebuilt = first[:, None, None] * (second / first[:, None])[:, :, None] * (q / second[:, :, None])
        np.testing.assert_allclose(rebuilt, q)


def test_loss_is_cross_entropy():
    """A learner would be told a wrong loss of a language model."""
    states(
        "Derive the training loss",
        r"L(\theta) = -\frac1n\sum_{t=1}^n\log p_\theta(x_t\mid x_{\lt t})",
        r"-\sum_{v\in\mathcal{V}}y_{t,v}\log p_\theta(v\mid x_{\lt t}) = -\log p_\theta(x_t\mid x_{\lt t})",
    )
    p, one_hot = np.array([0.2, 0.5, 0.3]), np.array([0, 0, 1])
    assert -(one_hot * np.log(p)).sum() == pytest.approx(-math.log(0.3))


def test_loss_of_token_frequencies():
    """A learner would be told a wrong loss for a model that knows only how frequent the tokens are."""
    text = states(
        "falls quickly from $\\log 50{,}257 \\approx 10.8$ nats to about 7.5",
        "How frequent each token is",
        r"-\sum_{v\in\mathcal{V}}p_v\log p_v",
    )
    assert f"{math.log(50_257):.1f}" == "10.8" and "between 7 and 8 nats" in text
    zipf = 1 / np.arange(1, 50_258)
    zipf /= zipf.sum()
    assert 7 < -(zipf * np.log(zipf)).sum() < 8


def test_perplexity():
    """A learner would be told a wrong formula or meaning of perplexity."""
    states(
        "Derive perplexity from",
        r"\mathrm{PPL} = e^L = \Bigl(\prod_{t=1}^n p(x_t\mid x_{\lt t})\Bigr)^{-1/n}",
        r"$\mathrm{PPL} = (K^{-n})^{-1/n} = K$",
        r"$2^{L/\log 2} = e^L$",
    )
    p = np.array([0.5, 0.1, 0.9, 0.02])
    loss = -np.log(p).mean()
    assert math.exp(loss) == pytest.approx(p.prod() ** (-1 / 4)) == pytest.approx(2 ** (loss / math.log(2)))
    text = card("What does it mean, intuitively")
    assert f"$\\log 100 \\approx {math.log(100):.1f}$ nats, or {math.log2(100):.1f} bits" in text
    # the first guess may be right far more often than once in a hundred times
    p = np.r_[0.3, np.full(7000, 0.7 / 7000)]
    assert p.max() > 0.01 and math.exp(-(p * np.log(p)).sum()) > 100


def test_bits_per_byte():
    """A learner would be told that the wrong model is the better one."""
    text = card("Model A has perplexity 16, model B only 8")
    a, b = math.log2(16) / 4, math.log2(8) / 2.5
    assert "A has tokens of 4 bytes on average, B of 2.5." in text and a < b
    assert f"$4/4 = {a:.1f}$ bit per byte" in text and f"$3/2.5 = {b:.1f}$ bits per byte" in text


def test_ngrams():
    """A learner would be told wrong numbers of trigrams, or a wrong effect of add-one smoothing."""
    text = states("a trigram model of a vocabulary of 10,000 words", "A thousandth", "$10{,}000^3 = 10^{12}$")
    assert 10_000**3 == 10**12 and 10**9 / 10**12 == 1 / 1000 and "at most $10^9$ places" in text
    text = states("Add-one smoothing pretends", r"$(9 + 1)/(10 + 10{,}000) \approx 0.001$", "$10{,}000$ invented")
    assert pytest.approx(0.001, rel=2e-3) == (9 + 1) / (10 + 10_000)
    assert f"{9_998 / 10_010:.1%} of the mass now lies on words that were never seen there" in text


def test_exposure_bias():
    """A learner would be told a wrong share of texts without an error."""
    assert f"$0.99^{{100}} \\approx {0.99**100:.2f}$" in card("What is exposure bias")


def test_scheduled_sampling_is_not_consistent():
    """A learner would be told a wrong distribution that training on one's own samples leads to."""
    text = states("The data are two sentences", "probability one half each", "in a quarter of the samples")
    data = {("black", "cat"): 0.5, ("white", "dog"): 0.5}
    counts = Counter()
    for own, (_, target) in itertools.product(("black", "white"), data):
        counts[own, target] += 0.5 * 0.5
    assert counts["black", "cat"] / (counts["black", "cat"] + counts["black", "dog"]) == 0.5
    assert counts["black", "dog"] == 0.25 and '"black dog" in a quarter' in text


# --- drills ----------------------------------------------------------------------------------


def bpe_counts(a, b, c, d):
    rounds = list(bpe({"lot": a, "log": b, "dog": c, "dot": d}, 2))
    return {
        "first pair occurs": rounds[0][1],
        "second pair occurs": rounds[1][1],
        "tokens left": rounds[1][3],
    }


def shifted_pmi(i, j, l, e, q):  # noqa: E741
    joint, word, context = 2.0 ** (i - e), 2.0 ** (j - e), 2.0 ** (l - e)
    return {"dot product": np.log(joint / (word * context)) - np.log(2.0**q)}


def bits_per_byte(ka, kb, na, nb, bytes):
    return {name: -np.log2(2.0**-k) * n / bytes for name, k, n in (("A", ka, na), ("B", kb, nb))}


def bigrams(V, counts, alpha):
    table = np.zeros(int(V))
    table[:3] = counts
    table = (table + alpha) / (table + alpha).sum()
    return {"cat": table[0], "all unseen": table[3:].sum()}


SOLVED = {
    "bpe-merges-drill": bpe_counts,
    "shifted-pmi-drill": shifted_pmi,
    "bits-per-byte-drill": bits_per_byte,
    "bigram-smoothing-drill": bigrams,
}


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
    assert {key for key, drill in all_drills().items() if drill.span.file.endswith("09-language.md")} == SOLVED.keys()
