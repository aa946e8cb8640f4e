"""Draw the pictures of the chapters on contemporary models.

Plain Python: `python content/pictures/contemporary.py` rewrites the SVG files in
`content/media`. The numbers on them are computed here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from math import exp, log10
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from networks_and_training import (  # noqa: E402
    AMBER,
    BLUE,
    GREEN,
    GREY,
    WIDTH,
    Plane,
    Point,
    arrow,
    box,
    dot,
    line,
    polyline,
    span,
    text,
)

MEDIA = HERE.parent / "media"


def svg(height: int, title: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" role="img">\n<title>{title}</title>\n{body}\n</svg>\n'
    )


# --- efficient transformers ---------------------------------------------------

TILES = ((1, 2), (0, 1), (4, 3))


def running_sums() -> list[tuple[float, float]]:
    """The maximum and normaliser of an online softmax after each tile."""
    m, total, out = float("-inf"), 0.0, []
    for tile in TILES:
        new = max(m, *tile)
        total = total * exp(m - new) + sum(exp(s - new) for s in tile)
        m = new
        out.append((m, total))
    return out


def online_softmax() -> str:
    parts = [text((180, 24), "scores of one query, tile by tile")]
    sums = running_sums()
    for i, tile in enumerate(TILES):
        left, last = 18 + 116 * i, i == len(TILES) - 1
        colour = AMBER if last else BLUE
        for j, score in enumerate(tile):
            parts.append(box(left + 46 * j, 40, 46, 42, colour, 0.15))
            parts.append(text((left + 46 * j + 23, 67), str(score), colour, size=17))
        parts.append(arrow((left + 46, 92), (left + 46, 124), colour))
        m, total = sums[i]
        parts.append(text((left + 46, 148), "m = ?" if last else f"m = {m:g}", colour, size=16))
        parts.append(text((left + 46, 172), "ℓ = ?" if last else f"ℓ = {total:.2f}", colour, size=16))
        if not last:
            parts.append(arrow((left + 92, 153), (left + 116 + 8, 153), GREY))
    return svg(190, "An online softmax over three tiles", parts)


def kv_cache() -> str:
    parts, cell = [], 29
    for step in range(1, 5):
        y = 30 + 46 * (step - 1)
        parts.append(text((8, y + 20), f"step {step}", GREY, "start"))
        for token in range(1, step + 1):
            colour, x = (AMBER if token == step else BLUE), 62 + (2 * cell + 4) * (token - 1)
            for j, name in enumerate("kv"):
                parts.append(box(x + cell * j, y, cell, 30, colour, 0.2))
                parts.append(text((x + cell * j + cell / 2, y + 20), f"{name}{token}", colour))
        end = 62 + (2 * cell + 4) * step
        parts.append(arrow((end + 19, y + 15), (end + 1, y + 15), GREEN))
        parts.append(text((end + 22, y + 20), f"q{step}", GREEN, "start"))
    parts += [
        text((62, 228), "new", AMBER, "start"),
        text((106, 228), "read from the cache", BLUE, "start"),
    ]
    return svg(240, "A KV cache over four decoding steps", parts)


ROUTES = {1: "A", 2: "B", 3: "A", 4: "C", 5: "A", 6: "C"}
CAPACITY = 2


def expert_routing() -> str:
    parts = [text((50, 22), "tokens"), text((285, 22), "experts")]
    tops = {"A": 36, "B": 116, "C": 196}
    filled = dict.fromkeys(tops, 0)
    for name, top in tops.items():
        parts.append(box(236, top, 104, 62, BLUE, 0.08, 8))
        parts.append(text((322, top + 37), name, BLUE, size=17))
        parts += [box(242, top + 5 + 27 * slot, 50, 25, GREY, 0, 4) for slot in range(CAPACITY)]
    for token, name in ROUTES.items():
        y = 52 + 39 * (token - 1)
        dropped = filled[name] == CAPACITY
        colour = AMBER if dropped else GREEN
        parts.append(dot((50, y), colour, 15))
        parts.append(text((50, y + 5), str(token), "#ffffff"))
        slot = min(filled[name], CAPACITY - 1)
        target = (230.0, tops[name] + 17.5 + 27 * slot) if not dropped else (230.0, tops[name] + 58.0)
        if dropped:
            parts.append(line((68, y), target, colour, 2, "6 5"))
        else:
            parts.append(arrow((68, y), target, colour, 1.8))
            parts.append(text((267, tops[name] + 22 + 27 * slot), str(token), colour))
            filled[name] += 1
    return svg(270, "Six tokens routed to three experts with two slots each", parts)


# --- scaling and adapting -------------------------------------------------------


def fitted_loss(parameters: float, tokens: float) -> float:
    """The loss that Besiroglu et al. (2024) fitted to the runs of Hoffmann et al. (2022)."""
    return 1.8172 + 482.01 / parameters**0.3478 + 2085.43 / tokens**0.3658


BUDGET = 1e20
SIZES = ((1e8, "0.1B", AMBER), (1e9, "1B", GREEN), (1e10, "10B", BLUE))


def loss_against_compute() -> str:
    plane = Plane((48 - 18 * 49, 60 + 4.5 * 62), 49, 62)
    parts = [line(plane(18, 1.9), plane(24.2, 1.9)), line(plane(18, 1.9), plane(18, 4.4))]
    for power in range(18, 25):
        x, y = plane(power, 1.9)
        parts.append(line((x, y), (x, y + 5)))
        if power % 2 == 0:
            parts.append(
                f'<text x="{x:g}" y="{y + 24:g}" fill="{GREY}" text-anchor="middle" font-size="14">'
                f'10<tspan dy="-6" font-size="11">{power}</tspan></text>'
            )
    for tick in (2, 3, 4):
        x, y = plane(18, tick)
        parts += [line((x, y), (x - 5, y)), text((x - 10, y + 5), f"{tick}", anchor="end")]
    labels: dict[str, Point] = {"0.1B": (23.0, 2.74), "1B": (23.7, 2.29), "10B": (19.5, 3.95)}
    for size, name, colour in SIZES:
        curve = [(c, fitted_loss(size, 10**c / 6 / size)) for c in span(18, 24.2, 200)]
        parts.append(polyline(plane.curve([(c, y) for c, y in curve if y <= 4.4]), colour))
        parts.append(text(plane(*labels[name]), name, colour))
    mark = log10(BUDGET)
    parts.append(line(plane(mark, 1.9), plane(mark, 4.4), GREY, 1.5, "4 5"))
    parts.append(text((plane(18, 0)[0], 58), "loss", anchor="start"))
    parts.append(text((198, plane(0, 1.9)[1] + 46), "training compute, FLOPs"))
    return svg(278, "Loss against compute for three model sizes", parts)


PICTURES: dict[str, Callable[[], str]] = {
    "online-softmax": online_softmax,
    "kv-cache": kv_cache,
    "expert-routing": expert_routing,
    "loss-against-compute": loss_against_compute,
}


def main() -> None:
    MEDIA.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (MEDIA / f"{name}.svg").write_bytes(draw().encode())


if __name__ == "__main__":
    main()
