"""Draw the pictures of the linear algebra and calculus notes as SVG files beside the notes."""

from __future__ import annotations

import math
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
    """Draw the outlines of the unit balls of L1, L2, L4 and L-infinity, with a legend below."""

    def place(x: float, y: float) -> Point:
        return 180 + 122 * x, 150 - 122 * y

    shapes = [
        polyline([place(-1.2, 0), place(1.2, 0)], GREY, 1),
        polyline([place(0, -1.2), place(0, 1.2)], GREY, 1),
        label((place(1, 0)[0] + 12, place(1, 0)[1] + 18), "1", GREY),
        label((place(0, 1)[0] - 12, place(0, 1)[1] - 8), "1", GREY),
    ]
    kinds = [("1", 1.0, AMBER, ""), ("2", 2.0, BLUE, ""), ("4", 4.0, GREEN, "8 4"), ("\u221e", math.inf, PURPLE, "")]
    for index, (name, p, colour, dash) in enumerate(kinds):
        shapes.append(polyline([place(x, y) for x, y in ball(p)], colour, 2.5, dash, closed=True))
        left = 26 + 84 * index
        shapes.append(polyline([(left, 318), (left + 26, 318)], colour, 3, dash))
        shapes.append(
            f'<text x="{left + 34}" y="323" fill="{colour}">L<tspan font-size="13" dy="4">{name}</tspan></text>'
        )
    return svg("Unit balls of the L1, L2, L4 and L-infinity norms in the plane", 360, 340, shapes)


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
    """Draw the unit circle with v1 and v2, and the ellipse with half-axes s1 u1 and s2 u2 that a matrix makes of it."""

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
        label((right(1.05, 0)[0], right(0, -0.22)[1]), indexed("\u03c31", "u1"), AMBER),
        label((right(*image(*short))[0] - 6, right(*image(*short))[1] - 10), indexed("\u03c32", "u2"), GREEN),
        label((66, 196), "unit circle", BLUE),
        label((252, 196), "its image", BLUE),
    ]
    return svg(
        "A matrix turns the unit circle into an ellipse whose half-axes are its singular values", 360, 210, shapes
    )


def two_valleys(x: float) -> float:
    """Return the height of the curve with a high and a low valley."""
    return x**4 - 2 * x**2 + 0.5 * x


def double_well() -> str:
    """Draw two valleys and the points of a gradient descent that ends in the higher of them."""

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
        *(dot(x, AMBER, 4) for x in walk[:12]),
        dot(walk[-1], AMBER, 6),
        dot(lowest, GREEN, 6),
        label((place(1.5, 0)[0] - 10, place(0, two_valleys(1.5))[1] + 2), "start", AMBER, "end"),
        label((place(0.93, 0)[0], place(0, two_valleys(0.93))[1] + 26), "stays here", AMBER),
        label((place(lowest, 0)[0], place(0, two_valleys(lowest))[1] + 26), "lowest point", GREEN),
    ]
    return svg("Gradient descent comes to rest in the higher of two minima", 360, 270, shapes)


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


def gradient_contours() -> str:
    """Draw level curves of x^2 + 3 y^2 and, at one point, the gradient and its negative."""

    def place(x: float, y: float) -> Point:
        return 170 + 60 * x, 150 - 60 * y

    angle = 0.75
    point = (2 * math.cos(angle), 2 / math.sqrt(3) * math.sin(angle))
    gradient = (2 * point[0], 6 * point[1])
    size = math.hypot(*gradient)
    unit = (gradient[0] / size, gradient[1] / size)
    shapes = []
    for radius in (0.7, 1.35, 2.0, 2.65):
        turns = [2 * math.pi * step / 120 for step in range(120)]
        ellipse = [place(radius * math.cos(t), radius / math.sqrt(3) * math.sin(t)) for t in turns]
        shapes.append(polyline(ellipse, BLUE, 3 if radius == 2.0 else 1.6, closed=True))
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


def main() -> None:
    """Write every picture."""
    MEDIA.mkdir(exist_ok=True)
    pictures = {
        "projection": projection,
        "unit-balls": unit_balls,
        "singular-values": singular_values,
        "double-well": double_well,
        "tangent": tangent,
        "gradient-contours": gradient_contours,
    }
    for name, draw in pictures.items():
        (MEDIA / f"{name}.svg").write_text(draw(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
