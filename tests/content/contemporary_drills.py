"""The drills of the contemporary chapters, calculated anew with NumPy from each variant's numbers alone."""

from __future__ import annotations

import numpy as np


def online_softmax_merge(a, b, la, lb, ya, yb):
    """Go back to weights: each block as one key of weight e^m times its normaliser."""
    weights = np.array([2.0**a * la, 2.0**b * lb])
    return {r"$\ell$": weights.sum() / 2.0 ** max(a, b), "$o$": weights @ [ya, yb] / weights.sum()}


def kv_cache(layers, heads, kv, dk, bytes, n, B):
    """Add up the sizes of arrays."""
    key = np.zeros((int(layers), int(kv), int(dk)), dtype=f"i{int(bytes)}")
    token = key.nbytes + key.nbytes
    return {"KiB a token": token / 2**10, "GiB in all": token * n * B / 2**30}


def moe_parameters(layers, d, dff, E, k):
    attention = 4 * d**2
    expert = d * dff + d * dff + dff * d
    return {
        "millions in all": layers * (attention + E * expert) / 1e6,
        "millions active": layers * (attention + k * expert) / 1e6,
    }


def training_budget(m, k):
    """Search the sizes whose training costs the given compute."""
    compute = 6 * k * m * m * 1e18
    low, high = 1e6, 1e13
    for _ in range(200):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if 6 * middle * (k * middle) < compute else (low, middle)
    return {"$N$ in billions": low / 1e9, "$D$ in billions": k * low / 1e9}


def lora_parameters(layers, d, kv, r):
    shapes = [(d, d), (d, kv)]
    trained = layers * sum(rows * r + r * columns for rows, columns in shapes)
    return {"parameters": trained, "per cent": 100 * trained / (layers * sum(x * y for x, y in shapes))}


def absmax(w):
    """Try all integers for each weight and keep the nearest."""
    levels = np.arange(-7, 8)
    s = np.abs(w).max() / 7
    q = levels[np.abs(w[:, None] - s * levels).argmin(1)]
    return {"$q$": q, "largest error": np.abs(w - s * q).max()}


def top_p(v, P):
    p = np.sort(np.append(v, 1 - v.sum()))[::-1]
    kept = next(n for n in range(1, 6) if p[:n].sum() >= P)
    return {"tokens kept": kept, "probability": p[0] / p[:kept].sum()}


def speculative(p, q):
    """The law of what is written must be p; its rejected part is what was not accepted."""
    p, q = np.append(p, 1 - p.sum()), np.append(q, 1 - q.sum())
    accepted = q * np.minimum(1, p / q)
    return {"accepted": accepted.sum(), "$r$": (p - accepted) / (p - accepted).sum()}


def speculative_tokens(alpha, g):
    """Follow the guesses one by one."""
    g = int(g)
    mean = sum(alpha**run * (1 - alpha) * (run + 1) for run in range(g)) + alpha**g * (g + 1)
    return {"tokens": mean}


SOLVED = {
    "online-softmax-merge-drill": online_softmax_merge,
    "kv-cache-drill": kv_cache,
    "moe-parameters-drill": moe_parameters,
    "training-budget-drill": training_budget,
    "lora-parameters-drill": lora_parameters,
    "absmax-drill": absmax,
    "top-p-drill": top_p,
    "speculative-drill": speculative,
    "speculative-tokens-drill": speculative_tokens,
}
