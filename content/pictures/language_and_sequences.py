"""Draw the pictures of the chapters on language and on sequence models.

Plain Python: `python content/pictures/language_and_sequences.py` rewrites the SVG files in `content/media`.
"""

from __future__ import annotations

from math import cos, hypot, sin
from pathlib import Path

MEDIA = Path(__file__).resolve().parent.parent / "media"

# Legible on white and on #2c2c2c alike.
BLUE, AMBER, GREEN, GREY = "#3b82f6", "#d97706", "#0d9668", "#7b8494"
WIDTH = 360

Point = tuple[float, float]

# The tree of the card on greedy search: first tokens, each with its probability and those of what may follow.
TREE = {
    "it": (0.5, {"is": 0.4, "rains": 0.35, "was": 0.25}),
    "there": (0.4, {"is": 0.9, "was": 0.1}),
    "so": (0.1, {"be": 0.6, "it": 0.4}),
}


# --- a very small drawing kit -------------------------------------------------


def number(value: float) -> str:
    """A coordinate with at most one decimal, the same on every machine."""
    return f"{round(value, 1) + 0.0:g}"


def text(at: Point, words: str, colour: str = GREY, anchor: str = "middle", size: int = 15) -> str:
    return (
        f'<text x="{number(at[0])}" y="{number(at[1])}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}">{words}</text>'
    )


def indexed(at: Point, letter: str, index: str, colour: str = GREY, anchor: str = "middle") -> str:
    """A letter with a subscript."""
    return text(at, f'{letter}<tspan dy="4" font-size="11">{index}</tspan>', colour, anchor)


def polyline(points: list[Point], colour: str = GREY, width: float = 2, dash: str = "") -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
    )


def arrow(points: list[Point], colour: str = GREY, width: float = 2, dash: str = "") -> str:
    """A line through the points with a head of two short strokes at the last one."""
    a, b = points[-2:]
    length = hypot(b[0] - a[0], b[1] - a[1])
    ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    heads = []
    for turn in (-1, 1):
        c, s = cos(0.5), sin(0.5) * turn
        heads.append((b[0] - 8 * (ux * c - uy * s), b[1] - 8 * (ux * s + uy * c)))
    return polyline(points, colour, width, dash) + polyline([heads[0], b, heads[1]], colour, width)


def box(centre: Point, width: float, height: float, colour: str, radius: float = 6) -> str:
    x, y = centre[0] - width / 2, centre[1] - height / 2
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="{radius:g}" '
        f'fill="{colour}" fill-opacity="0.1" stroke="{colour}" stroke-width="1.5"/>'
    )


def sign(at: Point, mark: str, colour: str) -> str:
    """A small circle with a sign of arithmetic in it."""
    return box(at, 24, 24, colour, 12) + text((at[0], at[1] + 5), mark, colour, size=16)


def save(name: str, height: int, title: str, parts: list[str]) -> None:
    MEDIA.mkdir(parents=True, exist_ok=True)
    body = "\n".join(parts)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" role="img">\n<title>{title}</title>\n{body}\n</svg>\n'
    )
    (MEDIA / name).write_bytes(svg.encode())


# --- pictures -----------------------------------------------------------------


def rnn_unrolled() -> None:
    y, places = 150, (82, 162, 242, 322)
    parts = [
        box((202, 40), 284, 34, AMBER),
        indexed((104, 45), "W", "h", AMBER),
        text((216, 45), "the same at every step", AMBER),
    ]
    parts.append(indexed((20, y + 5), "h", "0"))
    before = 36.0
    for step, x in enumerate(places, 1):
        parts += [
            box((x, y), 40, 36, BLUE),
            indexed((x - 3, y + 5), "h", str(step), BLUE),
            arrow([(x, y + 66), (x, y + 22)]),
            indexed((x - 3, y + 84), "x", str(step)),
            arrow([(before, y - 7), (x - 22, y - 7)]),
            arrow([(x, y - 21), (x, 61)], AMBER, 2, "5 4"),
        ]
        if step > 1:
            parts.append(arrow([(x - 24, y + 8), (before + 2, y + 8)], AMBER, 2, "5 4"))
        before = x + 22.0
    parts += [
        arrow([(328, y - 20), (345, y - 42)]),
        text((351, y - 47), "L", GREY),
        arrow([(356, y - 38), (342, y - 12)], AMBER, 2, "5 4"),
        polyline([(40, 262), (68, 262)]),
        text((76, 267), "forward", GREY, "start"),
        polyline([(180, 262), (208, 262)], AMBER, 2, "5 4"),
        text((216, 267), "gradient", AMBER, "start"),
    ]
    save("rnn-unrolled.svg", 280, "An unrolled recurrent network, with gradients flowing back", parts)


def lstm_cell() -> None:
    y, shown = 50, 190
    forget, plus, branch, out = 96, 176, 246, 286
    parts = [
        box((182, 128), 276, 218, GREY, 10),
        # the cell state
        polyline([(38, y), (forget - 13, y)], GREEN, 4.5),
        polyline([(forget + 13, y), (plus - 13, y)], GREEN, 4.5),
        arrow([(plus + 13, y), (330, y)], GREEN, 4.5),
        sign((forget, y), "×", GREEN),
        sign((plus, y), "+", GREEN),
        indexed((18, y + 5), "c", "t−1", GREEN),
        indexed((346, y + 5), "c", "t", GREEN),
        # what is written
        sign((plus, 110), "×", BLUE),
        arrow([(plus, 97), (plus, y + 14)], BLUE),
        # what is shown
        arrow([(branch, y), (branch, 93)], GREEN),
        box((branch, 108), 44, 28, GREY),
        text((branch, 113), "tanh"),
        polyline([(branch, 123), (branch, 140), (out, 140)]),
        # the gates
        box((130, shown), 136, 42, AMBER),
        text((130, shown + 5), "gates, candidate", AMBER),
        arrow([(forget, shown - 22), (forget, y + 14)], AMBER),
        indexed((forget - 12, 128), "f", "t", AMBER),
        polyline([(146, shown - 22), (146, 110)], AMBER),
        arrow([(146, 110), (plus - 13, 110)], AMBER),
        indexed((134, 150), "i", "t", AMBER),
        arrow([(plus, shown - 22), (plus, 124)], AMBER),
        indexed((190, 150), "c̃", "t", AMBER),
        arrow([(199, shown), (out - 13, shown)], AMBER),
        indexed((232, shown - 9), "o", "t", AMBER),
        sign((out, shown), "×", BLUE),
        arrow([(out, 140), (out, shown - 14)]),
        arrow([(out + 13, shown), (332, shown)], BLUE),
        indexed((346, shown + 5), "h", "t", BLUE),
        arrow([(38, shown), (61, shown)]),
        indexed((18, shown + 5), "h", "t−1"),
        arrow([(110, 262), (110, shown + 23)]),
        indexed((108, 278), "x", "t"),
    ]
    save("lstm-cell.svg", 288, "An LSTM cell, its cell state a straight line", parts)


def lift(slope: float) -> float:
    """How far from its edge a label stands: above one that rises or is level, below one that falls."""
    return 19 if slope > 10 else -8


def beam_tree() -> None:
    root = (30, 170)
    parts = [box(root, 48, 30, GREY), text((root[0], root[1] + 5), "start")]
    leaf = 24
    for word, (share, children) in TREE.items():
        rows = [leaf + 44 * i for i in range(len(children))]
        middle = (150, sum(rows) / len(rows))
        slope = middle[1] - root[1]
        aside = 76 if abs(slope) < 30 else 36  # right of a level edge, left of a steep one
        parts += [
            polyline([(root[0] + 24, root[1]), (middle[0] - 32, middle[1])]),
            text((root[0] + aside, root[1] + slope * 0.5 + (-4 if aside > 50 else 4)), f"{share:g}", AMBER),
            box(middle, 64, 30, BLUE),
            text((middle[0], middle[1] + 5), word, BLUE),
        ]
        for row, (next_word, chance) in zip(rows, children.items(), strict=True):
            parts += [
                polyline([(middle[0] + 32, middle[1]), (278, row)]),
                text((250, row + (middle[1] - row) * 0.3 + lift(row - middle[1])), f"{chance:g}", AMBER),
                box((308, row), 60, 30, BLUE),
                text((308, row + 5), next_word, BLUE),
            ]
        leaf = int(rows[-1]) + 58
    save("beam-tree.svg", leaf - 30, "A tree of two tokens with the probabilities of a model", parts)


def main() -> None:
    rnn_unrolled()
    lstm_cell()
    beam_tree()


if __name__ == "__main__":
    main()
