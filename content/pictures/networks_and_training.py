"""Draw the pictures of the neural-network, optimisation and regularisation chapters.

Plain Python: `python content/pictures/networks_and_training.py` rewrites the SVG
files in `content/media`. Curves, paths and points of contact are computed here.
"""

from __future__ import annotations

from math import cos, erf, hypot, log10, pi, sin, sqrt, tanh
from pathlib import Path
from random import Random

MEDIA = Path(__file__).resolve().parent.parent / "media"

# Legible on white and on #2c2c2c alike.
BLUE, AMBER, GREEN, GREY = "#3b82f6", "#d97706", "#0d9668", "#7b8494"
WIDTH = 360

Point = tuple[float, float]


# --- a very small drawing kit -------------------------------------------------


def number(value: float) -> str:
    """A coordinate with at most one decimal, the same on every machine."""
    return f"{round(value, 1) + 0.0:g}"


def text(at: Point, words: str, colour: str = GREY, anchor: str = "middle", size: int = 14) -> str:
    return (
        f'<text x="{number(at[0])}" y="{number(at[1])}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}">{words}</text>'
    )


def polyline(points: list[Point], colour: str = GREY, width: float = 2.5, dash: str = "") -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
    )


def line(a: Point, b: Point, colour: str = GREY, width: float = 1.5, dash: str = "") -> str:
    return polyline([a, b], colour, width, dash)


def area(points: list[Point], colour: str) -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon points="{places}" fill="{colour}" fill-opacity="0.25" stroke="{colour}" stroke-width="2"/>'


def dot(at: Point, colour: str, radius: float = 4) -> str:
    return f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="{radius:g}" fill="{colour}"/>'


def box(x: float, y: float, width: float, height: float, colour: str, fill: float, radius: float = 0) -> str:
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="{radius:g}" '
        f'fill="{colour}" fill-opacity="{fill:g}" stroke="{colour}" stroke-width="1.5"/>'
    )


def arrow(a: Point, b: Point, colour: str = GREY, width: float = 2) -> str:
    """A line from a to b with a head of two short strokes."""
    length = hypot(b[0] - a[0], b[1] - a[1])
    ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    heads = []
    for turn in (-1, 1):
        c, s = cos(0.5), sin(0.5) * turn
        heads.append((b[0] - 8 * (ux * c - uy * s), b[1] - 8 * (ux * s + uy * c)))
    return line(a, b, colour, width) + polyline([heads[0], b, heads[1]], colour, width)


def save(name: str, height: int, title: str, parts: list[str]) -> None:
    MEDIA.mkdir(parents=True, exist_ok=True)
    body = "\n".join(parts)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" role="img">\n<title>{title}</title>\n{body}\n</svg>\n'
    )
    (MEDIA / name).write_bytes(svg.encode())


class Plane:
    """Maps plane coordinates to the picture: equal or unequal scales, y upwards."""

    def __init__(self, origin: Point, x_unit: float, y_unit: float) -> None:
        self.origin, self.x_unit, self.y_unit = origin, x_unit, y_unit

    def __call__(self, x: float, y: float) -> Point:
        return self.origin[0] + x * self.x_unit, self.origin[1] - y * self.y_unit

    def curve(self, points: list[Point]) -> list[Point]:
        return [self(x, y) for x, y in points]


def span(start: float, end: float, steps: int) -> list[float]:
    return [start + (end - start) * i / steps for i in range(steps + 1)]


# --- neural networks ----------------------------------------------------------


def gelu(x: float) -> float:
    return x * 0.5 * (1 + erf(x / sqrt(2)))


def relu_gelu() -> None:
    plane = Plane((180, 190), 52, 52)
    xs = span(-3.2, 3.2, 128)
    parts = [
        line(plane(-3.3, 0), plane(3.3, 0)),
        line(plane(0, -0.6), plane(0, 3.3)),
    ]
    for tick in (-3, -2, -1, 1, 2, 3):
        x, y = plane(tick, 0)
        parts += [line((x, y), (x, y + 5)), text((x, y + 26), f"{tick}".replace("-", "−"))]
    for tick in (1, 2, 3):
        x, y = plane(0, tick)
        parts += [line((x, y), (x - 5, y)), text((x - 10, y + 5), f"{tick}", anchor="end")]
    parts += [
        polyline(plane.curve([(-3.2, 0), (0, 0), (3.2, 3.2)]), AMBER, 2.5, "7 5"),
        polyline(plane.curve([(x, gelu(x)) for x in xs]), BLUE),
        line((40, 34), (72, 34), AMBER, 2.5, "7 5"),
        text((80, 39), "A", AMBER, "start", 16),
        line((40, 60), (72, 60), BLUE, 2.5),
        text((80, 65), "B", BLUE, "start", 16),
    ]
    save("relu-gelu.svg", 230, "Two activation functions", parts)


def tent(x: float) -> float:
    return 2 * max(0.0, x) - 4 * max(0.0, x - 0.5)


def tent_depth() -> None:
    parts = []
    for depth in (1, 2, 3):
        plane = Plane((14 + 120 * (depth - 1), 125), 92, 92)
        pieces = 2**depth
        points = []
        for x in span(0, 1, pieces):
            y = x
            for _ in range(depth):
                y = tent(y)
            points.append((x, y))
        parts += [
            line(plane(0, 0), plane(1.06, 0)),
            line(plane(0, 0), plane(0, 1.1)),
            polyline(plane.curve(points), BLUE),
            text(plane(0.5, -0.22), f"{depth} layer" + ("s" if depth > 1 else ""), GREY),
            text(plane(0.5, -0.42), f"{pieces} pieces", BLUE),
        ]
    save("tent-depth.svg", 175, "The tent map composed once, twice and three times", parts)


def weights(rng: Random, width: int, variance: float) -> list[list[float]]:
    """A square matrix of Gaussian weights with this variance over the number of inputs."""
    return [[rng.gauss(0, sqrt(variance / width)) for _ in range(width)] for _ in range(width)]


def times(row: list[float], matrix: list[list[float]]) -> list[float]:
    return [sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*matrix, strict=True)]


def size(row: list[float]) -> float:
    return sqrt(sum(a * a for a in row) / len(row))


def sizes_by_depth(scale: float, layers: int = 20, width: int = 120) -> list[float]:
    """The root mean square of the activations behind 0, 1, … ReLU layers with weights of variance scale/width."""
    rng = Random(3)  # noqa: S311 - a picture, not a secret
    row = [rng.gauss(0, 1) for _ in range(width)]
    row = [a / size(row) for a in row]
    found = [1.0]
    for _ in range(layers):
        row = [max(0.0, a) for a in times(row, weights(rng, width, scale))]
        found.append(size(row))
    return found


def gradients_by_depth(skips: bool, blocks: int = 20, width: int = 64) -> list[float]:
    """The size of the gradient before each of the tanh blocks, the first one first, relative to the one at the end."""
    rng = Random(5)  # noqa: S311 - a picture, not a secret
    row = [rng.gauss(0, 1) for _ in range(width)]
    gradient = [rng.gauss(0, 1) for _ in range(width)]
    end = size(gradient)
    steps = []
    for _ in range(blocks):
        matrix = weights(rng, width, 0.25)
        out = [tanh(a) for a in times(row, matrix)]
        steps.append((matrix, [1 - a * a for a in out]))
        row = [a + b for a, b in zip(row, out, strict=True)] if skips else out
    found = [1.0]
    for matrix, slopes in reversed(steps):
        back = [a * b for a, b in zip(gradient, slopes, strict=True)]
        passed = [sum(a * b for a, b in zip(back, weights_out, strict=True)) for weights_out in matrix]
        gradient = [a + b for a, b in zip(gradient, passed, strict=True)] if skips else passed
        found.append(size(gradient) / end)
    return found[::-1]


def decades(plane: Plane, low: int, high: int, step: int, right: float) -> list[str]:
    """Axes with a logarithmic scale of these powers of ten on the left."""
    parts = [line(plane(0, low), plane(right, low)), line(plane(0, low), plane(0, high))]
    for power in range(low, high + 1, step):
        x, y = plane(0, power)
        exponent = f"{power}".replace("-", "−")
        label = "1" if power == 0 else f'10<tspan dy="-6" font-size="11">{exponent}</tspan>'
        parts += [line((x - 5, y), (x, y)), text((x - 9, y + 5), label, anchor="end")]
    return parts


def init_depth() -> None:
    plane = Plane((64, 125), 13, 24)
    parts = decades(plane, -4, 4, 2, 21)
    for name, scale, colour in (("A", 4, AMBER), ("B", 2, BLUE), ("C", 1, GREEN)):
        points = [(i, log10(v)) for i, v in enumerate(sizes_by_depth(scale))]
        parts.append(polyline(plane.curve(points), colour))
        x, y = plane(*points[-1])
        parts.append(text((x + 14, y + 5), name, colour, size=16))
    for layer in (0, 5, 10, 15, 20):
        x, y = plane(layer, -4)
        parts += [line((x, y), (x, y + 5)), text((x, y + 21), str(layer))]
    parts += [text(plane(10, -5.75), "layer"), text((72, 16), "size of the activations", anchor="start")]
    save("init-depth.svg", 272, "Activations by depth for three initialisations", parts)


def skip_gradients() -> None:
    plane = Plane((64, 70), 13, 20)
    parts = decades(plane, -7, 2, 1, 21)[:2] + decades(plane, -6, 2, 2, 21)[2:]
    for name, skips, colour in (("A", False, AMBER), ("B", True, BLUE)):
        points = [(i, log10(v)) for i, v in enumerate(gradients_by_depth(skips))]
        parts.append(polyline(plane.curve(points), colour))
        x, y = plane(*points[3])
        parts.append(text((x, y + (-14 if skips else 26)), name, colour, size=16))
    for block in (0, 5, 10, 15, 20):
        x, y = plane(block, -7)
        parts += [line((x, y), (x, y + 5)), text((x, y + 21), str(block) if block else "input")]
    parts += [text(plane(10, -9.3), "block"), text((72, 16), "size of the gradient", anchor="start")]
    save("skip-gradients.svg", 268, "The gradient at each of 20 blocks, with and without skip connections", parts)


def graph_batching() -> None:
    nodes = [(70, 40), (30, 100), (110, 100), (40, 170), (100, 170)]
    edges = [(0, 1), (0, 2), (1, 2), (3, 4)]
    colours = [BLUE] * 3 + [AMBER] * 2
    parts = [line(nodes[a], nodes[b], colours[a], 2.5) for a, b in edges]
    for i, at in enumerate(nodes):
        parts += [dot(at, colours[i], 15), text((at[0], at[1] + 5), str(i), "#ffffff")]
    cell, left, top = 31, 182, 38
    linked = {*edges, *((b, a) for a, b in edges)}
    for row in range(5):
        parts.append(text((left - 13, top + cell * row + 21), str(row), colours[row]))
        parts.append(text((left + cell * row + cell / 2, top - 9), str(row), colours[row]))
        for column in range(5):
            same = colours[row] == colours[column]
            x, y = left + cell * column, top + cell * row
            parts.append(box(x, y, cell, cell, colours[row] if same else GREY, 0.1 if same else 0))
            mark = "1" if (row, column) in linked else "0"
            parts.append(text((x + cell / 2, y + 21), mark, colours[row] if mark == "1" else GREY))
    parts += [
        text((70, 216), "one batch"),
        text((left + 2.5 * cell, 216), "block-diagonal adjacency"),
    ]
    save("graph-batching.svg", 226, "Two graphs joined into one batch", parts)


# --- optimisation -------------------------------------------------------------


def descent(rate: float, momentum: float, steps: int, start: Point, curvature: Point) -> list[Point]:
    """The path of gradient descent with momentum on a quadratic without cross term."""
    place, velocity, path = list(start), [0.0, 0.0], [start]
    for _ in range(steps):
        for i in (0, 1):
            velocity[i] = momentum * velocity[i] + curvature[i] * place[i]
            place[i] -= rate * velocity[i]
        path.append((place[0], place[1]))
    return path


def momentum_ravine() -> None:
    curvature, start, rate, steps = (1.0, 20.0), (-3.0, 0.55), 0.092, 16
    parts = []
    for i, (momentum, colour, name) in enumerate(((0.0, AMBER, "gradient descent"), (0.6, BLUE, "with momentum"))):
        top = 150 * i
        plane = Plane((300, top + 60), 90, 90)
        rings = []
        for level in (0.15, 0.7, 1.7, 3.1, 4.9):
            rx, ry = sqrt(2 * level / curvature[0]), sqrt(2 * level / curvature[1])
            rings.append(polyline([plane(rx * cos(a), ry * sin(a)) for a in span(0, 2 * pi, 96)], GREY, 1))
        window = f'<clipPath id="window{i}"><rect x="0" y="{top + 2}" width="{WIDTH}" height="116"/></clipPath>'
        parts.append(f'{window}<g clip-path="url(#window{i})">' + "\n".join(rings) + "</g>")
        path = plane.curve(descent(rate, momentum, steps, start, curvature))
        parts.append(polyline(path, colour, 2))
        parts += [dot(p, colour, 2.8) for p in path]
        parts.append(text((WIDTH / 2, top + 137), f"{name}, {steps} steps", colour))
    save("momentum-ravine.svg", 294, "Gradient descent in a narrow valley, without and with momentum", parts)


CURVATURES = [10 ** (-2 * i / 15) for i in range(16)]
"""The eigenvalues of the Hessian of a quadratic valley, the largest one 1."""


def expected_losses(rate: float, steps: int, noise: float = 0.12) -> list[float]:
    """The expected loss of SGD on the valley: every coordinate starts with an equal share of a loss of 1."""
    squares = [2 / len(CURVATURES) / h for h in CURVATURES]
    found = []
    for _ in range(steps + 1):
        found.append(sum(h * c for h, c in zip(CURVATURES, squares, strict=True)) / 2)
        squares = [(1 - rate * h) ** 2 * c + rate**2 * noise**2 for h, c in zip(CURVATURES, squares, strict=True)]
    return found


RATES = (("A", 0.5, BLUE), ("B", 2.08, AMBER), ("C", 0.012, GREEN), ("D", 1.95, GREY))


def learning_rates() -> None:
    steps, highest = 150, 1.3
    plane = Plane((40, 190), 290 / steps, 130)
    parts = [line(plane(0, 0), plane(steps * 1.05, 0)), line(plane(0, 0), plane(0, highest))]
    parts += [text((172, 214), "steps"), text((48, 18), "loss", anchor="start")]
    for name, rate, colour in RATES:
        points = [(i, v) for i, v in enumerate(expected_losses(rate, steps)) if v < highest]
        parts.append(polyline(plane.curve(points), colour))
        x, y = plane(*points[-1])
        beside = {"A": (8, 6), "B": (-14, 14), "C": (8, 5), "D": (8, 5)}[name]
        parts.append(text((x + beside[0], y + beside[1]), name, colour, "start", 16))
    save("learning-rates.svg", 224, "Loss curves of four learning rates", parts)


# --- regularisation -----------------------------------------------------------


def shrinkage() -> None:
    plane = Plane((180, 140), 50, 42)
    parts = [line(plane(-3.3, 0), plane(3.3, 0)), line(plane(0, -3.1), plane(0, 3.1))]
    for tick in (-3, -2, -1, 1, 2, 3):
        x, y = plane(tick, 0)
        label = y + 20 if tick > 0 else y - 10  # on the side where no line runs
        parts += [line((x, y - 3), (x, y + 3)), text((x, label), f"{tick}".replace("-", "−"))]
    parts += [
        polyline(plane.curve([(-3.1, -3.1), (3.1, 3.1)]), GREY, 1.5, "3 5"),
        polyline(plane.curve([(-3.2, -1.6), (3.2, 1.6)]), AMBER, 2.5, "8 5"),
        polyline(plane.curve([(-3.2, -2.2), (-1, 0), (1, 0), (3.2, 2.2)]), BLUE, 3),
        text(plane(3.3, 0.2), "a", anchor="end"),
        text((188, 22), "w*", anchor="start"),
        line((20, 24), (50, 24), BLUE, 3),
        text((58, 29), "A", BLUE, "start", 16),
        line((20, 48), (50, 48), AMBER, 2.5, "8 5"),
        text((58, 53), "B", AMBER, "start", 16),
        line((20, 72), (50, 72), GREY, 1.5, "3 5"),
        text((58, 77), "no penalty", GREY, "start"),
    ]
    save("shrinkage.svg", 280, "How two penalties shrink one weight", parts)


CENTRE, HESSIAN = (0.6, 2.1), ((1.0, 0.35), (0.35, 0.8))


def loss(x: float, y: float) -> float:
    dx, dy = x - CENTRE[0], y - CENTRE[1]
    return 0.5 * (HESSIAN[0][0] * dx * dx + 2 * HESSIAN[0][1] * dx * dy + HESSIAN[1][1] * dy * dy)


def loss_contour(level: float) -> list[Point]:
    ring = []
    for angle in span(0, 2 * pi, 120):
        c, s = cos(angle), sin(angle)
        radius = sqrt(level / loss(CENTRE[0] + c, CENTRE[1] + s))
        ring.append((CENTRE[0] + radius * c, CENTRE[1] + radius * s))
    return ring


def ball(order: int) -> list[Point]:
    """The unit ball of the L1 norm (its corners) or of the L2 norm."""
    return [(cos(a), sin(a)) for a in span(0, 2 * pi, 4 if order == 1 else 96)]


def contact(order: int) -> Point:
    """The point of the unit ball with the least loss, by a fine search of its rim."""
    rim = []
    for angle in span(0, 2 * pi, 7200):
        c, s = cos(angle), sin(angle)
        norm = abs(c) + abs(s) if order == 1 else 1.0
        rim.append((c / norm, s / norm))
    return min(rim, key=lambda p: loss(*p))


def l1_l2_geometry() -> None:
    parts = []
    for order, left, colour in ((1, 68, AMBER), (2, 244, GREEN)):
        plane = Plane((left, 212), 50, 50)
        touch = contact(order)
        level = loss(*touch)
        parts += [line(plane(-1.25, 0), plane(2.2, 0)), line(plane(0, -1.25), plane(0, 3.6))]
        parts.append(area(plane.curve(ball(order)), colour))
        parts += [polyline(plane.curve(loss_contour(level * f)), BLUE, 2 if f == 1 else 1.2) for f in (0.12, 0.45, 1)]
        parts += [dot(plane(*CENTRE), BLUE, 3.5), dot(plane(*touch), colour, 5.5)]
        parts.append(text((left + 6, 294), f"L{order} region", colour))
    save("l1-l2-geometry.svg", 304, "Loss contours meeting an L1 and an L2 constraint region", parts)


def batch_layer_norm() -> None:
    rows, columns, cell = 6, 5, 26
    parts = []
    for left, colour, name, chosen in (
        (42, AMBER, "batch norm", lambda row, column: column == 1),
        (212, BLUE, "layer norm", lambda row, column: row == 2),
    ):
        grid = [(row, column) for row in range(rows) for column in range(columns)]
        corner = {(row, column): (left + cell * column, 32 + cell * row) for row, column in grid}
        parts += [box(*corner[at], cell, cell, GREY, 0) for at in grid]
        parts += [box(*corner[at], cell, cell, colour, 0.5) for at in grid if chosen(*at)]
        parts.append(text((left + cell * columns / 2, 20), name, colour, size=15))
        parts.append(text((left + cell * columns / 2, 32 + cell * rows + 20), "features"))
    parts.append(
        f'<text transform="translate(28 {32 + cell * rows // 2}) rotate(-90)" fill="{GREY}" '
        'text-anchor="middle" font-size="14">tokens</text>'
    )
    save("batch-layer-norm.svg", 216, "Which entries share one mean and variance", parts)


def pre_post_ln() -> None:
    parts = []
    for centre, name, order in ((90, "post-LN", ("F", "+", "LN")), (270, "pre-LN", ("LN", "F", "+"))):
        parts.append(text((centre, 20), name, size=16))
        ys = (240, 178, 116)  # bottom to top: the way the signal goes
        parts.append(arrow((centre, 296), (centre, ys[0] + 17)))
        for i, label in enumerate(order):
            colour = {"F": BLUE, "LN": AMBER, "+": GREEN}[label]
            y = ys[i]
            if label == "+":
                parts.append(box(centre - 14, y - 14, 28, 28, GREEN, 0.1, 14))
            else:
                parts.append(box(centre - 38, y - 16, 76, 32, colour, 0.1, 6))
            parts.append(text((centre, y + 5), label, colour, size=15))
            end = ys[i + 1] + (15 if order[i + 1] == "+" else 17) if i < 2 else 42
            parts.append(arrow((centre, y - (14 if label == "+" else 16)), (centre, end)))
        join = ys[order.index("+")]
        side = centre + 62
        parts.append(polyline([(centre, 276), (side, 276), (side, join)], GREEN, 2.5))
        parts.append(arrow((side, join), (centre + 16, join), GREEN, 2.5))
        parts.append(text((centre, 312), "x"))
    save("pre-post-ln.svg", 322, "Post-LN and pre-LN residual blocks", parts)


def main() -> None:
    relu_gelu()
    tent_depth()
    init_depth()
    skip_gradients()
    graph_batching()
    momentum_ravine()
    learning_rates()
    shrinkage()
    l1_l2_geometry()
    batch_layer_norm()
    pre_post_ln()


if __name__ == "__main__":
    main()
