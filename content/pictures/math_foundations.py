"""Draw the pictures of the linear algebra and calculus notes as SVG files beside the notes."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

MEDIA = Path(__file__).resolve().parent.parent / "media"
BLUE, AMBER, GREEN, PURPLE, GREY = "#3b82f6", "#d97706", "#0d9a6c", "#a855f7", "#7c8493"

Point = tuple[float, float]


def svg(title: str, width: int, height: int, shapes: list[str]) -> str:
    """Return a whole SVG document."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="16" role="img">',
        f"<title>{title}</title>",
        *shapes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def number(value: float) -> str:
    """Return a coordinate with at most two decimals and no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def polyline(points: list[Point], colour: str, width: float = 2, dash: str = "", closed: bool = False) -> str:
    """Return a stroke through the points."""
    path = "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points) + (" Z" if closed else "")
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    stroke = f'stroke="{colour}" stroke-width="{number(width)}" stroke-linejoin="round"{dashed}'
    return f'<path d="{path}" fill="none" {stroke}/>'


def arrow(start: Point, end: Point, colour: str, width: float = 3) -> str:
    """Return a straight arrow with a filled head."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    neck = (end[0] - 10 * math.cos(angle), end[1] - 10 * math.sin(angle))
    corners = [
        end,
        *((end[0] - 13 * math.cos(angle + turn), end[1] - 13 * math.sin(angle + turn)) for turn in (0.42, -0.42)),
    ]
    head = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
    return polyline([start, neck], colour, width) + f'\n<polygon points="{head}" fill="{colour}"/>'


def label(at: Point, text: str, colour: str, anchor: str = "middle") -> str:
    """Return a piece of text with its baseline at the point."""
    return f'<text x="{number(at[0])}" y="{number(at[1])}" fill="{colour}" text-anchor="{anchor}">{text}</text>'


def projection() -> str:
    """Draw a = (2, 4), b = (4, 2), the projection (3.2, 1.6) of a onto the line of b, and the rejection."""

    def place(x: float, y: float) -> Point:
        return 48 + 56 * x, 262 - 56 * y

    origin, a, b, foot = place(0, 0), place(2, 4), place(4, 2), place(3.2, 1.6)
    along, across = (0.894, 0.447), (-0.447, 0.894)
    size = 0.24
    right_angle = [
        place(3.2 - size * along[0], 1.6 - size * along[1]),
        place(3.2 + size * (across[0] - along[0]), 1.6 + size * (across[1] - along[1])),
        place(3.2 + size * across[0], 1.6 + size * across[1]),
    ]
    shapes = [
        polyline([place(-0.7, -0.35), place(5.3, 2.65)], GREY, 1.5),
        arrow(origin, b, BLUE),
        polyline([a, foot], AMBER, 3, dash="7 5"),
        polyline(right_angle, GREY, 1.5),
        arrow(origin, a, GREY),
        arrow(origin, foot, GREEN, 5),
        label((a[0] - 14, a[1] + 4), "a", GREY),
        label((b[0] + 8, b[1] + 24), "b", BLUE),
        label((place(2.75, 3)[0] + 8, place(2.75, 3)[1]), "rejection", AMBER, "start"),
        label((place(1.75, 0.4)[0], place(1.75, 0.4)[1] + 8), "projection", GREEN, "start"),
        label((origin[0] - 4, origin[1] - 12), "0", GREY),
    ]
    return svg("Projection of a vector a onto the line of a vector b", 360, 300, shapes)


def ball(p: float, steps: int = 160) -> list[Point]:
    """Return points on the outline of the unit ball of L_p in the plane."""
    points = []
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        x, y = math.cos(angle), math.sin(angle)
        length = max(abs(x), abs(y)) if math.isinf(p) else (abs(x) ** p + abs(y) ** p) ** (1 / p)
        points.append((x / length, y / length))
    return points


def unit_balls() -> str:
    """Draw the outlines of the unit balls of L1, L2 and L-infinity, with letters for names: which is which is asked."""

    def place(x: float, y: float) -> Point:
        return 180 + 122 * x, 150 - 122 * y

    shapes = [
        polyline([place(-1.2, 0), place(1.2, 0)], GREY, 1),
        polyline([place(0, -1.2), place(0, 1.2)], GREY, 1),
        label((place(1, 0)[0] + 12, place(1, 0)[1] + 18), "1", GREY),
        label((place(0, 1)[0] - 12, place(0, 1)[1] - 8), "1", GREY),
    ]
    for name, p, colour, share in (("A", 1.0, AMBER, 0.36), ("B", 2.0, BLUE, 0.58), ("C", math.inf, PURPLE, 0.88)):
        shapes.append(polyline([place(x, y) for x, y in ball(p)], colour, 2.5, closed=True))
        shapes.append(label((place(share, 0)[0], place(0, share)[1] + 6), name, colour))
    return svg("Unit balls of three norms in the plane", 360, 300, shapes)


def dot_or_angle() -> str:
    """Draw a = (1, 0), b = (1, 1) and the beginning of c = (10, 100)."""

    def place(x: float, y: float) -> Point:
        return 110 + 90 * x, 200 - 90 * y

    origin, end = place(0, 0), place(0.165, 1.65)
    shapes = [
        polyline([origin, end], AMBER, 3),
        polyline([end, place(0.22, 2.2)], AMBER, 3, dash="4 5"),
        arrow(origin, place(1, 0), GREY),
        arrow(origin, place(1, 1), BLUE),
        label((place(1, 0)[0] + 8, place(1, 0)[1] + 6), "a = (1, 0)", GREY, "start"),
        label((place(1, 1)[0] + 8, place(1, 1)[1] + 4), "b = (1, 1)", BLUE, "start"),
        label((place(0.2, 2)[0] + 12, place(0, 1.85)[1]), "c = (10, 100)", AMBER, "start"),
    ]
    return svg("A short vector at 45 degrees and a very long one that is almost perpendicular", 360, 216, shapes)


SYMMETRIC = ((2.0, 1.0), (1.0, 2.0))
"""The matrix of the picture of eigenvectors."""


def eigenvectors() -> str:
    """Draw four vectors, each with what the symmetric matrix makes of it."""
    (a, b), (c, d) = SYMMETRIC
    shapes = []
    vectors = [("A", (1.0, 0.0), AMBER), ("B", (1.0, 1.0), GREEN), ("C", (0.0, 1.0), BLUE), ("D", (1.0, -1.0), PURPLE)]
    for index, (name, (x, y), colour) in enumerate(vectors):
        left, foot = ((28, 126), (208, 126), (28, 268), (208, 222))[index]

        def place(u: float, v: float, left: float = left, foot: float = foot) -> Point:
            return left + 36 * u, foot - 36 * v

        shapes += [
            arrow(place(0, 0), place(a * x + b * y, c * x + d * y), colour, 3),
            arrow(place(0, 0), place(x, y), GREY, 3 if name != "D" else 8),
            f'<circle cx="{number(left)}" cy="{number(foot)}" r="4" fill="{GREY}"/>',
            label((left + 108, (126, 126, 268, 268)[index]), name, colour),
        ]
        if name == "D":
            shapes.append(arrow(place(0, 0), place(x, y), colour, 2.5))
    return svg("Four vectors and their images under a matrix", 360, 286, shapes)


MATRIX = ((1.5, 1.3), (-0.5, 0.9))
"""The matrix of the picture of singular values: they are 2 and 1, and its eigenvalues are complex."""


def image(x: float, y: float) -> Point:
    """Return what the matrix makes of a vector."""
    (a, b), (c, d) = MATRIX
    return a * x + b * y, c * x + d * y


def indexed(*letters: str) -> str:
    """Return letters that each carry a subscript, as `v1` is written in print."""
    small = '<tspan font-size="12" dy="4">{}</tspan>'
    back = '<tspan dy="-4">{}</tspan>'
    first, *rest = letters
    return first[0] + small.format(first[1]) + "".join(back.format(a) + small.format(b) for a, b in rest)


def singular_values() -> str:
    """Draw the unit circle with v1 and v2, and the ellipse that a matrix makes of it, with half-axes s1 u1, s2 u2."""

    def left(x: float, y: float) -> Point:
        return 66 + 46 * x, 108 - 46 * y

    def right(x: float, y: float) -> Point:
        return 252 + 46 * x, 108 - 46 * y

    half = math.sqrt(0.5)
    long, short = (half, half), (-half, half)
    turns = [2 * math.pi * step / 120 for step in range(120)]
    circle = [(math.cos(t), math.sin(t)) for t in turns]
    shapes = [
        polyline([left(x, y) for x, y in circle], BLUE, 2.5, closed=True),
        polyline([right(*image(x, y)) for x, y in circle], BLUE, 2.5, closed=True),
        arrow(left(0, 0), left(*long), AMBER),
        arrow(left(0, 0), left(*short), GREEN),
        arrow(right(0, 0), right(*image(*long)), AMBER),
        arrow(right(0, 0), right(*image(*short)), GREEN),
        arrow((124, 108), (154, 108), GREY, 2),
        label((138, 98), "A", GREY),
        label((left(*long)[0] + 4, left(*long)[1] - 4), indexed("v1"), AMBER, "start"),
        label((left(*short)[0] - 4, left(*short)[1] - 4), indexed("v2"), GREEN, "end"),
        label((66, 196), "unit circle", BLUE),
        label((252, 196), "its image", BLUE),
    ]
    return svg(
        "A matrix turns the unit circle into an ellipse whose half-axes are its singular values", 360, 210, shapes
    )


def svd_steps() -> str:
    """Draw what V transposed, Sigma and U make of the unit circle and its two marked directions, one after another."""
    half = math.sqrt(0.5)
    turned = (half, half), (-half, half)
    images = image(*turned[0]), image(*turned[1])
    s1, s2 = math.hypot(*images[0]), math.hypot(*images[1])
    u = math.atan2(images[0][1], images[0][0])
    panels: list[tuple[str, float, float, float, tuple[Point, Point]]] = [
        ("x", 1, 1, 0, turned),
        ("V\u1d40x", 1, 1, 0, ((1, 0), (0, 1))),
        ("\u03a3V\u1d40x", s1, s2, 0, ((s1, 0), (0, s2))),
        ("U\u03a3V\u1d40x", s1, s2, u, images),
    ]
    shapes = []
    for index, (name, wide, high, angle, marks) in enumerate(panels):
        left = (24, 104, 196, 304)[index]

        def place(x: float, y: float, left: float = left) -> Point:
            return left + 18 * x, 56 - 18 * y

        outline = []
        for step in range(80):
            t = 2 * math.pi * step / 80
            x, y = wide * math.cos(t), high * math.sin(t)
            outline.append(place(x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)))
        shapes.append(polyline(outline, BLUE, 2, closed=True))
        for mark, colour in zip(marks, (AMBER, GREEN), strict=True):
            shapes.append(polyline([place(0, 0), place(*mark)], colour, 3))
            tip = place(*mark)
            shapes.append(f'<circle cx="{number(tip[0])}" cy="{number(tip[1])}" r="4" fill="{colour}"/>')
        shapes.append(label((left, 128), name, BLUE))
    for start, end in ((48, 80), (128, 154), (238, 260)):
        shapes.append(arrow((start, 56), (end, 56), GREY, 1.5))
    return svg("The singular value decomposition: turn, stretch, turn", 360, 140, shapes)


def two_valleys(x: float) -> float:
    """Return the height of the curve with a high and a low valley."""
    return x**4 - 2 * x**2 + 0.5 * x


def double_well() -> str:
    """Draw two valleys and the first points of a gradient descent, whose end is asked."""

    def place(x: float, y: float) -> Point:
        return 186 + 104 * x, 142 - 58 * y

    def dot(x: float, colour: str, radius: float) -> str:
        at = place(x, two_valleys(x))
        return f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="{number(radius)}" fill="{colour}"/>'

    walk = [1.5]
    while len(walk) < 60:
        walk.append(walk[-1] - 0.015 * (4 * walk[-1] ** 3 - 4 * walk[-1] + 0.5))
    lowest = -1.0575
    shapes = [
        polyline([place(-1.62, 0), place(1.6, 0)], GREY, 1),
        polyline([place(x / 50, two_valleys(x / 50)) for x in range(-80, 77)], BLUE, 3),
        *(dot(x, AMBER, 4) for x in walk[:4]),
        dot(0.9304, GREY, 5),
        dot(lowest, GREEN, 5),
        label((place(1.5, 0)[0] - 10, place(0, two_valleys(1.5))[1] + 2), "start", AMBER, "end"),
        label((place(0.93, 0)[0], place(0, two_valleys(0.93))[1] + 26), "A", GREY),
        label((place(lowest, 0)[0], place(0, two_valleys(lowest))[1] + 26), "B", GREEN),
    ]
    return svg("Two valleys, and the first steps of a gradient descent", 360, 270, shapes)


def tangent() -> str:
    """Draw a curve, its tangent at a point, and two secants that approach it."""

    def curve(x: float) -> float:
        return 0.25 + 0.3 * x * x

    def place(x: float, y: float) -> Point:
        return 30 + 95 * x, 276 - 75 * y

    def straight(slope: float, x: float) -> Point:
        return place(x, curve(1) + slope * (x - 1))

    def dot(x: float, colour: str) -> str:
        return f'<circle cx="{number(place(x, 0)[0])}" cy="{number(place(0, curve(x))[1])}" r="5" fill="{colour}"/>'

    secants = [(2.9, (curve(2.9) - curve(1)) / 1.9), (2.0, (curve(2.0) - curve(1)) / 1.0)]
    shapes = [
        polyline([straight(slope, 0.5), straight(slope, end + 0.25)], GREY, 1.8, dash="6 4") for end, slope in secants
    ]
    shapes += [
        polyline([place(x / 20, curve(x / 20)) for x in range(0, 63)], BLUE, 3),
        polyline([straight(0.6, 0.1), straight(0.6, 3.15)], AMBER, 3),
        *(dot(end, GREY) for end, _ in secants),
        dot(1, AMBER),
        label((place(2.72, 0)[0], straight(0.6, 2.72)[1] + 26), "tangent", AMBER),
        label((place(1.6, 0)[0], place(0, 2.55)[1]), "secants", GREY),
        label((place(1, 0)[0] + 2, straight(0.6, 1)[1] + 24), "x", AMBER),
        label((place(2.75, 0)[0] - 10, place(0, curve(2.98))[1] - 14), "f", BLUE),
    ]
    return svg("The tangent as the limit of secants", 360, 290, shapes)


def level_curves(place: Callable[[float, float], Point], thick: float = 0.0) -> list[str]:
    """Return level curves of x^2 + 3 y^2, one of them thicker."""
    shapes = []
    for radius in (0.7, 1.35, 2.0, 2.65):
        turns = [2 * math.pi * step / 120 for step in range(120)]
        ellipse = [place(radius * math.cos(t), radius / math.sqrt(3) * math.sin(t)) for t in turns]
        shapes.append(polyline(ellipse, BLUE, 3 if radius == thick else 1.6, closed=True))
    return shapes


def contour_point() -> tuple[Point, Point]:
    """Return the point of the pictures of level curves, and the gradient of x^2 + 3 y^2 there as a unit vector."""
    angle = 0.75
    point = (2 * math.cos(angle), 2 / math.sqrt(3) * math.sin(angle))
    gradient = (2 * point[0], 6 * point[1])
    size = math.hypot(*gradient)
    return point, (gradient[0] / size, gradient[1] / size)


def gradient_question() -> str:
    """Draw level curves and four arrows at one point, of which one is the negative gradient."""

    def place(x: float, y: float) -> Point:
        return 170 + 60 * x, 150 - 60 * y

    point, (gx, gy) = contour_point()
    start, centre = place(*point), place(0, 0)
    far = math.hypot(*point)
    ways = [
        ("A", (gx, gy), AMBER),
        ("B", (-gy, gx), PURPLE),
        ("C", (-point[0] / far, -point[1] / far), GREY),
        ("D", (-gx, -gy), GREEN),
    ]
    shapes = level_curves(place)
    for name, (x, y), colour in ways:
        shapes.append(arrow(start, place(point[0] + 0.95 * x, point[1] + 0.95 * y), colour))
        at = place(point[0] + 1.15 * x, point[1] + 1.15 * y)
        shapes.append(label((at[0], at[1] + 5), name, colour))
    shapes += [
        f'<circle cx="{number(start[0])}" cy="{number(start[1])}" r="5" fill="{BLUE}"/>',
        f'<circle cx="{number(centre[0])}" cy="{number(centre[1])}" r="4" fill="{GREY}"/>',
        label((centre[0] - 8, centre[1] - 5), "min", GREY, "end"),
    ]
    return svg("Level curves of a bowl and four arrows at one point", 360, 262, shapes)


def gradient_contours() -> str:
    """Draw level curves of x^2 + 3 y^2 and, at one point, the gradient and its negative."""

    def place(x: float, y: float) -> Point:
        return 170 + 60 * x, 150 - 60 * y

    point, unit = contour_point()
    shapes = level_curves(place, thick=2.0)
    start = place(*point)
    up = place(point[0] + 1.05 * unit[0], point[1] + 1.05 * unit[1])
    down = place(point[0] - 1.05 * unit[0], point[1] - 1.05 * unit[1])
    centre = place(0, 0)
    shapes += [
        polyline([start, centre], GREY, 1.5, dash="5 4"),
        arrow(start, up, AMBER),
        arrow(start, down, GREEN),
        f'<circle cx="{number(start[0])}" cy="{number(start[1])}" r="5" fill="{BLUE}"/>',
        f'<circle cx="{number(centre[0])}" cy="{number(centre[1])}" r="4" fill="{GREY}"/>',
        label((up[0] + 2, up[1] - 10), "\u2207f", AMBER),
        label((down[0] + 3, down[1] + 20), "\u2212\u2207f", GREEN),
        label((centre[0] - 8, centre[1] - 5), "min", GREY, "end"),
    ]
    return svg("The gradient stands at a right angle to the level curve", 360, 262, shapes)


def node(at: Point, name: str, colour: str = GREY) -> str:
    """Return a circle with a sign in it: an operation or a value of a computational graph."""
    circle = (
        f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="17" fill="none" stroke="{colour}" stroke-width="2"/>'
    )
    return circle + "\n" + label((at[0], at[1] + 6), name, colour)


def edge(start: Point, end: Point, colour: str = GREY) -> str:
    """Return an arrow between the rims of two nodes."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    dx, dy = 19 * math.cos(angle), 19 * math.sin(angle)
    return arrow((start[0] + dx, start[1] + dy), (end[0] - dx, end[1] - dy), colour, 1.8)


SQUARED = {"x": 2.0, "w": 3.0, "b": -4.0}
"""The inputs of the graph of (xw + b)^2."""


def squared_graph(x: float, w: float, b: float) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values and the gradients of the graph of L = (xw + b)^2, by its nodes."""
    p = x * w
    s = p + b
    values = {"x": x, "w": w, "b": b, "p": p, "s": s, "L": s * s}
    back = {"L": 1.0, "s": 2 * s}
    back |= {"p": back["s"], "b": back["s"]}
    back |= {"x": back["p"] * w, "w": back["p"] * x}
    return values, back


def signed(value: float) -> str:
    """Return a whole number with a real minus sign."""
    return f"{value:g}".replace("-", "\u2212")


def graph(gradients: bool) -> str:
    """Draw the graph of L = (xw + b)^2 with its values and, if asked, the gradients that flow back."""
    values, back = squared_graph(**SQUARED)
    places = {"x": (30, 44), "w": (30, 128), "b": (112, 190), "p": (112, 86), "s": (196, 86), "L": (280, 86)}
    signs = {"p": "\u00d7", "s": "+", "L": "( )\u00b2"}
    shapes = [edge(places[a], places[b]) for a, b in (("x", "p"), ("w", "p"), ("p", "s"), ("b", "s"), ("s", "L"))]
    shapes.append(arrow((299, 86), (342, 86), GREY, 1.8))
    for name, at in places.items():
        shapes.append(node(at, signs.get(name, name), GREY))
        out = {"x": (30, 20), "w": (30, 164), "b": (112, 226), "p": (154, 78), "s": (238, 78), "L": (322, 78)}[name]
        prefix = f"{name} = " if name in "xwb" else ""
        shapes.append(label(out, prefix + signed(values[name]), BLUE))
        if gradients or name in "wL":
            under = {"x": (84, 54), "w": (82, 134), "b": (166, 164), "p": (154, 106), "s": (238, 106), "L": (322, 106)}
            known = gradients or name == "L"
            shapes.append(label(under[name], signed(back[name]) if known else "?", AMBER))
    shapes.append(label((348, 34), "L = (xw + b)\u00b2", GREY, "end"))
    shapes.append(label((348, 176), "value", BLUE, "end"))
    shapes.append(label((348, 198), "gradient of L", AMBER, "end"))
    title = "Gradients flow back through the graph of a squared error" if gradients else "A graph with its values"
    return svg(title, 360, 236, shapes)


def graph_forward() -> str:
    """Draw the graph with the values of the forward pass and a question mark at w."""
    return graph(gradients=False)


def graph_backward() -> str:
    """Draw the same graph with all gradients."""
    return graph(gradients=True)


def fan_out() -> str:
    """Draw L = x (x + 1) at x = 3, where x is used twice."""
    x, plus, times = (40, 84), (150, 136), (262, 84)
    shapes = [
        edge(x, plus),
        edge(plus, times),
        edge(x, times),
        arrow((281, 84), (336, 84), GREY, 1.8),
        node(x, "x"),
        node(plus, "+1"),
        node(times, "\u00d7"),
        label((40, 54), "x = 3", BLUE),
        label((216, 128), "4", BLUE),
        label((306, 76), "12", BLUE),
        label((306, 106), "1", AMBER),
        label((40, 122), "?", AMBER),
        label((340, 34), "L = x(x + 1)", GREY, "end"),
    ]
    return svg("A graph in which x is used twice", 360, 170, shapes)


def ravine_walk(steps: int = 16) -> list[Point]:
    """Return the points of gradient descent on (x^2 + 16 y^2) / 2 with learning rate 0.115."""
    walk = [(-2.55, 0.32)]
    while len(walk) < steps:
        x, y = walk[-1]
        walk.append((x * (1 - 0.115), y * (1 - 0.115 * 16)))
    return walk


def ravine() -> str:
    """Draw a narrow valley and a gradient descent that zigzags in it."""

    def place(x: float, y: float) -> Point:
        return 180 + 58 * x, 84 - 84 * y

    shapes = []
    for radius in (0.7, 1.4, 2.1, 2.8):
        turns = [2 * math.pi * step / 120 for step in range(120)]
        shapes.append(
            polyline([place(radius * math.cos(t), radius / 4 * math.sin(t)) for t in turns], BLUE, 1.6, closed=True)
        )
    walk = ravine_walk()
    shapes.append(polyline([place(*p) for p in walk], AMBER, 2.2))
    for p in walk:
        at = place(*p)
        shapes.append(f'<circle cx="{number(at[0])}" cy="{number(at[1])}" r="3.5" fill="{AMBER}"/>')
    shapes.append(f'<circle cx="{number(place(0, 0)[0])}" cy="{number(place(0, 0)[1])}" r="5" fill="{GREEN}"/>')
    shapes.append(label((place(-2.7, 0)[0] - 4, place(0, 0.32)[1] - 12), "start", AMBER))
    shapes.append(label((place(0, 0)[0] + 14, place(0, 0)[1] + 5), "min", GREEN, "start"))
    return svg("Gradient descent zigzags between the walls of a narrow valley", 360, 160, shapes)


PICTURES = {
    "dot-or-angle": dot_or_angle,
    "projection": projection,
    "unit-balls": unit_balls,
    "eigenvectors": eigenvectors,
    "singular-values": singular_values,
    "svd-steps": svd_steps,
    "tangent": tangent,
    "gradient-question": gradient_question,
    "gradient-contours": gradient_contours,
    "graph-forward": graph_forward,
    "graph-backward": graph_backward,
    "graph-fan-out": fan_out,
    "double-well": double_well,
    "ravine": ravine,
}


def main() -> None:
    """Write every picture."""
    MEDIA.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (MEDIA / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
