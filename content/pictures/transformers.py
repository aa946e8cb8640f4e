"""Draw the pictures of the chapters on attention and the transformer.

Plain Python: `python content/pictures/transformers.py` rewrites the SVG files in
`content/media`. It uses the drawing kit of `networks_and_training.py`.
"""

from __future__ import annotations

import sys
from math import cos, pi, sin
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from networks_and_training import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    Point,
    arrow,
    box,
    dot,
    line,
    polyline,
    save,
    span,
    text,
)

# --- attention ----------------------------------------------------------------

WEIGHTED = (("the", 0.1, 0), ("cat", 0.6, 10), ("sleeps", 0.3, 20))
"""The words of the weighted sum with their weights and values."""


def weighted_sum() -> None:
    base, scale, parts = 128, 130, []
    centres = (110, 210, 310)
    parts += [text((8, 90), "weight", BLUE, "start"), text((8, 189), "value", AMBER, "start")]
    output = (210, 262)
    for x, (word, weight, value) in zip(centres, WEIGHTED, strict=True):
        height = weight * scale
        parts += [
            box(x - 22, base - height, 44, height, BLUE, 0.45),
            text((x, base - height - 8), f"{weight:g}", BLUE, size=15),
            text((x, base + 20), word),
            box(x - 28, 166, 56, 36, AMBER, 0.2, 6),
            text((x, 190), f"{value}", AMBER, size=16),
            arrow((x, 204), (output[0] + (x - 210) * 0.28, 240), GREY, 1 + 4 * weight),
        ]
    parts += [
        line((60, base), (350, base)),
        box(output[0] - 40, 244, 80, 36, GREEN, 0.2, 6),
        text((output[0], 268), "?", GREEN, size=18),
        text((8, 267), "output", GREEN, "start"),
    ]
    save("attention-weighted-sum.svg", 290, "Attention as a weighted sum", parts)


MASKED = ("the", "cat", "sat", "on", "it")


def causal_mask() -> None:
    cell, left, top = 42, 100, 62
    parts = [text((left + 2.5 * cell, 16), "keys"), text((4, top - 12), "queries", anchor="start")]
    for i, word in enumerate(MASKED):
        parts += [
            text((left + cell * (i + 0.5), top - 12), word, BLUE),
            text((left - 12, top + cell * (i + 0.5) + 5), word, BLUE, "end"),
        ]
        for j in range(len(MASKED)):
            seen = j <= i
            parts.append(box(left + cell * j, top + cell * i, cell, cell, BLUE if seen else GREY, 0.5 if seen else 0))
    save("causal-mask.svg", top + 5 * cell + 10, "A causal mask", parts)


def heads() -> None:
    """Four heads of width 2: slices of the query, key and value of one token, each with its own pattern of weights."""
    colours = (BLUE, AMBER, GREEN, GREY)
    patterns = (
        [[1, 0, 0], [1, 0, 0], [0, 1, 0]],
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[1, 0, 0], [0.5, 0.5, 0], [0.33, 0.33, 0.33]],
        [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
    )
    cell, left, small = 26, 76, 20
    parts = [text((68, 33), "q, k, v", anchor="end"), text((68, 238), "joined", anchor="end")]
    for h, (colour, pattern) in enumerate(zip(colours, patterns, strict=True)):
        x = left + h * 66
        middle = x + cell
        parts += [box(x + cell * i, 14, cell, 28, colour, 0.35) for i in (0, 1)]
        parts.append(arrow((middle, 46), (middle, 70), colour))
        for r, row in enumerate(pattern):
            for c, weight in enumerate(row):
                parts.append(box(middle - 1.5 * small + small * c, 92 + small * r, small, small, colour, 0.8 * weight))
        parts += [
            text((middle, 86), f"head {h + 1}", colour),
            arrow((middle, 160), (middle, 214), colour),
            *(box(x + cell * i, 219, cell, 28, colour, 0.35) for i in (0, 1)),
        ]
    parts += [
        text((68, 127), "weights", anchor="end"),
        arrow((201, 252), (201, 274), GREY),
        box(136, 279, 130, 32, GREY, 0.15, 6),
        text((201, 300), "× output matrix"),
    ]
    save("attention-heads.svg", 320, "Four attention heads", parts)


# --- the transformer ----------------------------------------------------------


def residual_stream() -> None:
    main, bottom, parts = 46, 214, []
    parts += [
        line((26, main), (90, main), BLUE, 3),
        arrow((90, main), (115, main), BLUE, 3),
        arrow((139, main), (251, main), BLUE, 3),
        arrow((275, main), (326, main), BLUE, 3),
        text((6, main + 5), "X", BLUE, "start", 16),
        text((332, main + 5), "X″", BLUE, "start", 16),
        text((168, main - 12), "X′", BLUE, size=16),
    ]
    for start, plus, name, colour in ((54, 127, "attention", AMBER), (194, 263, "FFN", GREEN)):
        parts += [
            dot((start, main), BLUE, 4),
            arrow((start, main + 4), (start, 80), colour),
            box(start - 30, 82, 60, 30, GREY, 0.15, 6),
            text((start, 102), "norm"),
            arrow((start, 112), (start, 140), colour),
            box(start - 42, 142, 84, 34, colour, 0.2, 6),
            text((start, 164), name, colour),
            polyline([(start, 176), (start, bottom), (plus, bottom)], colour, 2),
            arrow((plus, bottom), (plus, main + 14), colour),
            f'<circle cx="{plus}" cy="{main}" r="12" fill="none" stroke="{BLUE}" stroke-width="2"/>',
            line((plus - 7, main), (plus + 7, main), BLUE, 2),
            line((plus, main - 7), (plus, main + 7), BLUE, 2),
        ]
    save("residual-stream.svg", 226, "The residual stream through one block", parts)


def rope() -> None:
    """A query and a key, before and after both have been turned by the same angle."""
    parts = []
    query, key, turn = 0.35, 1.15, 1.4
    for side, extra in ((0, 0.0), (1, turn)):
        centre: Point = (92 + 178 * side, 108)

        def at(angle: float, radius: float, centre: Point = centre) -> Point:
            return centre[0] + radius * cos(angle), centre[1] - radius * sin(angle)

        parts.append(polyline([at(a, 80) for a in span(0, 2 * pi, 72)], GREY, 1))
        parts.append(polyline([at(a, 30) for a in span(query + extra, key + extra, 24)], GREEN, 3))
        for angle, name, colour in ((query, "q", BLUE), (key, "k", AMBER)):
            if side:
                parts.append(line(centre, at(angle, 80), colour, 1.5, "4 4"))
            parts.append(arrow(centre, at(angle + extra, 80), colour, 3))
            parts.append(text((at(angle + extra, 93)[0], at(angle + extra, 93)[1] + 5), name, colour, size=16))
        middle = (query + key) / 2 + extra
        parts.append(text((at(middle, 46)[0], at(middle, 46)[1] + 5), "α", GREEN, size=16))
        parts.append(text((centre[0], 222), ("as they are", "both 100 further on")[side]))
    save("rope-rotation.svg", 234, "Rotary positions turn query and key alike", parts)


def main() -> None:
    weighted_sum()
    causal_mask()
    heads()
    residual_stream()
    rope()


if __name__ == "__main__":
    main()
