"""Draw the pictures of the probability and regression chapters.

Plain Python: `python content/pictures/probability_and_regression.py` rewrites the
SVG files in `content/media`. The curves are computed here, not drawn by eye.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import cos, erf, exp, inf, log, pi, sin, sqrt
from pathlib import Path

MEDIA = Path(__file__).resolve().parent.parent / "media"

BLUE, AMBER, GREEN, GREY = "#3b82f6", "#d97706", "#059669", "#7b8494"
WIDTH = 360

Point = tuple[float, float]
Curve = Callable[[float], float]


# --- a very small drawing kit -------------------------------------------------


def number(value: float) -> str:
    """A coordinate with at most one decimal, the same on every machine."""
    return f"{round(value, 1) + 0.0:g}"


def text(x: float, y: float, words: str, colour: str = GREY, anchor: str = "middle", *, size: int = 14) -> str:
    place = f'x="{number(x)}" y="{number(y)}" fill="{colour}" text-anchor="{anchor}" font-size="{size}"'
    return f"<text {place}>{words}</text>"


def line(a: Point, b: Point, colour: str = GREY, width: float = 1.5, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{number(a[0])}" y1="{number(a[1])}" x2="{number(b[0])}" y2="{number(b[1])}" '
        f'stroke="{colour}" stroke-width="{width}" stroke-linecap="round"{dashed}/>'
    )


def polyline(points: list[Point], colour: str, width: float = 2.5, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    stroke = f'stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"'
    return f'<polyline points="{places}" fill="none" {stroke}{dashed}/>'


def polygon(points: list[Point], colour: str, opacity: float = 0.25) -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon points="{places}" fill="{colour}" fill-opacity="{opacity}"/>'


def dot(p: Point, colour: str, radius: float = 4.5, hollow: bool = False) -> str:
    look = f'fill="none" stroke="{colour}" stroke-width="2"' if hollow else f'fill="{colour}"'
    return f'<circle cx="{number(p[0])}" cy="{number(p[1])}" r="{radius}" {look}/>'


def bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" fill="{colour}"/>'


def arrow(a: Point, b: Point, colour: str, width: float = 2.5) -> str:
    """A line from a to b with a head of two short strokes."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = sqrt(dx * dx + dy * dy)
    ux, uy = dx / length, dy / length
    heads = []
    for turn in (-1, 1):
        c, s = cos(0.45), sin(0.45) * turn
        heads.append((b[0] - 10 * (ux * c - uy * s), b[1] - 10 * (ux * s + uy * c)))
    return line(a, b, colour, width) + polyline([heads[0], b, heads[1]], colour, width)


def save(name: str, height: int, title: str, parts: list[str]) -> None:
    body = "\n".join(parts)
    MEDIA.mkdir(parents=True, exist_ok=True)
    (MEDIA / name).write_bytes(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="sans-serif">\n<title>{title}</title>\n{body}\n</svg>\n'
        ).encode()
    )


class Panel:
    """A rectangle of the picture with its own x and y scale."""

    def __init__(self, left: float, top: float, width: float, height: float, *, x: Point, y: Point) -> None:
        self.left, self.top, self.width, self.height, self.x, self.y = left, top, width, height, x, y

    def at(self, x: float, y: float) -> Point:
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def axes(self) -> list[str]:
        corner = self.at(self.x[0], self.y[0])
        return [line(corner, self.at(self.x[1], self.y[0])), line(corner, self.at(self.x[0], self.y[1]))]

    def curve(self, function: Curve, colour: str, *, span: Point | None = None, dash: str = "", n: int = 120) -> str:
        low, high = span or self.x
        grid = [low + (high - low) * i / n for i in range(n + 1)]
        return polyline([self.at(x, function(x)) for x in grid], colour, dash=dash)

    def under(self, function: Curve, low: float, high: float, colour: str, *, n: int = 60) -> str:
        grid = [low + (high - low) * i / n for i in range(n + 1)]
        return polygon([self.at(low, 0), *(self.at(x, function(x)) for x in grid), self.at(high, 0)], colour)


# --- what is drawn --------------------------------------------------------------


def normal(x: float, mean: float, sd: float) -> float:
    return exp(-(((x - mean) / sd) ** 2) / 2) / (sd * sqrt(2 * pi))


def normal_below(x: float) -> float:
    return (1 + erf(x / sqrt(2))) / 2


def softmax(logits: list[float], temperature: float = 1.0) -> list[float]:
    weights = [exp((z - max(logits)) / temperature) for z in logits]
    return [w / sum(weights) for w in weights]


def two_peaks(x: float) -> float:
    return 0.5 * normal(x, -2, 0.6) + 0.5 * normal(x, 2, 0.6)


def reverse_divergence(mean: float, sd: float, n: int = 400) -> float:
    """KL(q || p) of q = N(mean, sd^2) against two_peaks, by the trapezium rule."""
    low, step = mean - 6 * sd, 12 * sd / n
    total = 0.0
    for i in range(n + 1):
        x = low + i * step
        q = normal(x, mean, sd)
        total += (0.5 if i in (0, n) else 1) * q * (log(q) - log(two_peaks(x)))
    return total * step


def best_reverse_fit() -> Point:
    """The mean and standard deviation that minimise KL(q || p), to two decimals, on the right-hand peak."""
    grid = [(m / 100, s / 100) for m in range(180, 221, 2) for s in range(50, 71, 2)]
    return min(grid, key=lambda fit: reverse_divergence(*fit))


def forward_fit() -> Point:
    """KL(p || q) is least for the Gaussian with p's own mean and variance."""
    return 0.0, sqrt(2**2 + 0.6**2)


def polynomial_fit_errors(points: int = 20, noise: float = 1.0, highest: int = 9) -> list[tuple[int, float, float]]:
    """Degree, squared bias and variance of least-squares polynomials for sin(5x).

    Exact averages over the inputs: what the orthogonal polynomials of a degree leave of the true
    curve is the bias, and each fitted coefficient adds noise^2 / points of variance.
    """
    grid = [i / (points - 1) for i in range(points)]
    left = [sin(5 * x) for x in grid]
    basis: list[list[float]] = []
    rows = []
    for degree in range(highest + 1):
        column = [x**degree for x in grid]
        for _ in range(2):
            for q in basis:
                overlap = sum(a * b for a, b in zip(q, column, strict=True))
                column = [c - overlap * a for a, c in zip(q, column, strict=True)]
        length = sqrt(sum(c * c for c in column))
        q = [c / length for c in column]
        basis.append(q)
        overlap = sum(a * b for a, b in zip(q, left, strict=True))
        left = [c - overlap * a for a, c in zip(q, left, strict=True)]
        rows.append((degree, sum(c * c for c in left) / points, noise**2 * (degree + 1) / points))
    return rows


def double_descent_risk(p: int, n: int = 40, features: int = 100, noise: float = 0.2, decay: float = 0.7) -> float:
    """Expected squared error on new data of (least-norm) least squares on the first p of all features.

    Inputs are independent standard normals, the true squared weights fall as j^-decay and sum to 1.
    The formula is that of Belkin, Hsu and Xu (2020).
    """
    squares = [j**-decay for j in range(1, features + 1)]
    used = sum(squares[:p]) / sum(squares)
    missed = 1 - used + noise**2
    if p <= n - 2:
        return missed * (1 + p / (n - p - 1))
    if p >= n + 2:
        return used * (1 - n / p) + missed * (1 + n / (p - n - 1))
    return inf


def least_squares_line(xs: list[float], ys: list[float]) -> Point:
    """Intercept and slope."""
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / sum((x - mx) ** 2 for x in xs)
    return my - slope * mx, slope


def logistic_fit(xs: list[float], ys: list[float], penalty: float = 0.1) -> Point:
    """Intercept and slope of a logistic regression with penalty/2 * slope^2 on the slope, by Newton's method."""
    b = w = 0.0
    for _ in range(60):
        ps = [1 / (1 + exp(-(b + w * x))) for x in xs]
        gb = sum(p - y for p, y in zip(ps, ys, strict=True))
        gw = sum((p - y) * x for p, y, x in zip(ps, ys, xs, strict=True)) + penalty * w
        s = [p * (1 - p) for p in ps]
        hbb, hbw, hww = (
            sum(s),
            sum(v * x for v, x in zip(s, xs, strict=True)),
            sum(v * x * x for v, x in zip(s, xs, strict=False)) + penalty,
        )
        det = hbb * hww - hbw**2
        b, w = b - (hww * gb - hbw * gw) / det, w - (hbb * gw - hbw * gb) / det
    return b, w


# --- the pictures ----------------------------------------------------------------


def draw_pmf_and_pdf() -> None:
    left = Panel(14, 34, 150, 120, x=(-0.6, 3.6), y=(0, 0.5))
    right = Panel(200, 34, 150, 120, x=(-3, 3), y=(0, 0.46))
    parts = left.axes() + right.axes()
    for k, p in enumerate((1 / 8, 3 / 8, 3 / 8, 1 / 8)):
        parts += [line(left.at(k, 0), left.at(k, p), BLUE, 4), dot(left.at(k, p), BLUE)]
        parts.append(text(left.at(k, 0)[0], 172, str(k)))
        parts.append(text(left.at(k, p)[0], left.at(k, p)[1] - 9, ("1/8", "3/8", "3/8", "1/8")[k], BLUE, size=13))
    bell = partial(normal, mean=0, sd=1)
    parts += [right.under(bell, 0, 1, AMBER), right.curve(bell, AMBER)]
    for x in (0, 1):
        parts.append(text(right.at(x, 0)[0], 172, str(x)))
    share = normal_below(1) - normal_below(0)
    parts += [
        text(90, 18, "pmf: height", BLUE),
        text(275, 18, "pdf: area", AMBER),
        text(288, 192, f"area {share:.3f}", AMBER),
        text(90, 192, "heads in 3 tosses"),
    ]
    save("pmf-and-pdf.svg", 200, "A probability mass function read by height, a density read by area", parts)


def draw_temperature() -> None:
    parts = []
    for i, (temperature, colour) in enumerate(((2, GREEN), (0.5, BLUE), (1, AMBER))):
        panel = Panel(14 + 118 * i, 40, 100, 110, x=(0, 3), y=(0, 1))
        parts += panel.axes()[:1]
        parts.append(text(panel.left + 50, 18, "ABC"[i], colour, size=16))
        for k, p in enumerate(softmax([1, 2, 3], temperature)):
            x, y = panel.at(k + 0.15, p)
            parts.append(bar(x, y, 24, max(panel.top + panel.height - y, 1), colour))
            parts.append(text(x + 12, y - 5, f"{p:.2f}", colour, size=13))
            parts.append(text(x + 12, 167, str(k + 1), size=13))
    parts.append(text(180, 190, "logit"))
    save("softmax-temperature.svg", 198, "Softmax of the logits 1, 2, 3 at three temperatures", parts)


def draw_binary_entropy() -> None:
    panel = Panel(50, 24, 290, 130, x=(0, 1), y=(0, 1.05))

    def bits(p: float) -> float:
        return 0.0 if p in (0, 1) else -(p * log(p) + (1 - p) * log(1 - p)) / log(2)

    parts = [*panel.axes(), panel.curve(bits, BLUE, n=200)]
    parts += [
        line(panel.at(0.5, 0), panel.at(0.5, 1), GREY, 1, "4 4"),
        dot(panel.at(0.5, 1), BLUE),
        dot(panel.at(0.9, bits(0.9)), AMBER),
    ]
    parts += [
        text(*panel.at(0.5, 1.09), "1 bit", BLUE),
        text(panel.at(0.9, 0)[0] - 14, panel.at(0, bits(0.9))[1] + 4, f"{bits(0.9):.2f} bit", AMBER, "end"),
    ]
    for p in (0, 0.5, 0.9, 1):
        parts.append(text(panel.at(p, 0)[0], 173, str(p)))
    parts += [text(42, panel.at(0, 1)[1] + 5, "1", anchor="end"), text(42, panel.at(0, 0)[1] + 2, "0", anchor="end")]
    parts.append(text(195, 194, "probability of heads"))
    save("binary-entropy.svg", 202, "Entropy of a coin against its probability of heads", parts)


def draw_two_divergences() -> None:
    parts = []
    fits = (("A", forward_fit(), 22, 0.46), ("B", best_reverse_fit(), 136, 0.72))
    for label, (mean, sd), top, highest in fits:
        panel = Panel(20, top + 8, 320, 140 * highest, x=(-5, 5), y=(0, highest))
        foot = panel.top + panel.height + 17
        parts += panel.axes()[:1]
        parts += [
            panel.under(two_peaks, -5, 5, GREY),
            panel.curve(two_peaks, GREY, dash="5 4"),
            panel.curve(partial(normal, mean=mean, sd=sd), BLUE),
        ]
        parts.append(text(24, top, label, BLUE, "start"))
        parts += [text(panel.at(x, 0)[0], foot, str(x).replace("-", "−"), size=13) for x in (-2, 0, 2)]
    parts += [text(76, 62, "p"), text(180, 60, "q", BLUE), text(76, 204, "p"), text(278, 176, "q", BLUE)]
    save(
        "kl-two-directions.svg", 270, "One Gaussian fitted to two peaks by either direction of the KL divergence", parts
    )


CANDIDATES = (("A", 5, sqrt(26 / 3), BLUE), ("B", 5, 1, AMBER), ("C", 8, sqrt(26 / 3), GREEN))
"""Name, mean, standard deviation and colour of the Gaussians that are offered for the samples 2, 4, 9."""


def draw_likelihoods() -> None:
    panel = Panel(16, 20, 328, 150, x=(-3, 15), y=(0, 0.42))
    parts = panel.axes()[:1]
    for name, mean, sd, colour in CANDIDATES:
        bell = partial(normal, mean=mean, sd=sd)
        parts.append(panel.curve(bell, colour, n=240))
        side = {"A": -1.0, "B": 0.75, "C": 1.0}[name]
        x, y = panel.at(mean + side * sd, bell(mean + side * sd))
        parts.append(text(x + 14 * side, y - 6, name, colour, size=16))
    for x in (2, 4, 9):
        parts += [dot(panel.at(x, 0), GREY, 6), text(panel.at(x, 0)[0], 192, str(x))]
    save("likelihood-of-three.svg", 200, "Three Gaussians over the samples 2, 4 and 9", parts)


def draw_projection() -> None:
    origin, fitted, target = (80, 178), (236, 162), (236, 42)
    parts = [
        polygon([(20, 206), (250, 206), (344, 128), (114, 128)], GREY, 0.22),
        arrow(origin, target, AMBER),
        arrow(origin, fitted, BLUE),
        line(fitted, target, GREEN, 2.5, "6 5"),
        polyline([(236, 150), (224, 151.2), (224, 163.2)], GREEN, 1.5),
        text(226, 34, "y", AMBER, size=16),
        text(170, 190, "ŷ = Xw", BLUE, size=15),
        text(246, 98, "y − ŷ", GREEN, "start", size=15),
        text(246, 117, "⟂ every column", GREEN, "start", size=13),
        text(136, 226, "all Xw: the column space of X"),
    ]
    save(
        "least-squares-projection.svg",
        236,
        "The fitted vector is the orthogonal projection of y onto the column space of X",
        parts,
    )


def draw_bias_variance() -> None:
    rows = polynomial_fit_errors()
    panel = Panel(46, 20, 240, 160, x=(0, 9), y=(0, 0.62))
    parts = panel.axes()
    series = (
        (BLUE, "", [b for _, b, _ in rows]),
        (AMBER, "", [v for _, _, v in rows]),
        (GREEN, "6 4", [b + v for _, b, v in rows]),
    )
    for colour, dash, values in series:
        parts.append(polyline([panel.at(d, v) for d, v in enumerate(values)], colour, dash=dash))
    best = min(rows, key=lambda row: row[1] + row[2])
    parts.append(dot(panel.at(best[0], best[1] + best[2]), GREEN))
    parts += [text(panel.at(d, 0)[0], 199, str(d), size=13) for d in range(0, 10, 3)]
    parts += [text(38, panel.at(0, v)[1] + 5, str(v), anchor="end", size=13) for v in (0, 0.2, 0.4, 0.6)]
    parts += [
        text(166, 219, "degree of the polynomial"),
        text(296, panel.at(9, rows[9][1])[1] + 1, "bias²", BLUE, "start"),
        text(296, panel.at(9, rows[9][2])[1] + 16, "variance", AMBER, "start"),
        text(296, panel.at(9, rows[9][2])[1] - 4, "sum", GREEN, "start"),
    ]
    save(
        "bias-variance-curves.svg",
        228,
        "Squared bias, variance and their sum against the degree of a polynomial",
        parts,
    )


def draw_double_descent() -> None:
    n, features, top = 40, 100, 4.0
    panel = Panel(40, 24, 304, 160, x=(0, features), y=(0, top))
    parts = panel.axes()
    parts.append(line(panel.at(n, 0), panel.at(n, top), GREY, 1.5, "4 4"))
    for low, high in ((0, n - 2), (n + 2, features)):
        risks = [(p, double_descent_risk(p)) for p in range(low, high + 1)]
        parts.append(polyline([panel.at(p, r) for p, r in risks if r <= top], BLUE))
    parts.append(
        line(panel.at(0, double_descent_risk(7)), panel.at(features, double_descent_risk(7)), AMBER, 1.5, "3 5")
    )
    parts += [text(panel.at(p, 0)[0], 202, str(p), size=13) for p in (0, 40, 100)]
    parts += [text(32, panel.at(0, r)[1] + 5, str(r), anchor="end", size=13) for r in (0, 1, 2, 3, 4)]
    parts += [
        text(192, 222, "features used"),
        text(panel.at(n, 0)[0], 16, "as many as examples (40)", GREY),
        text(340, 78, "second descent", BLUE, "end"),
        text(340, panel.at(0, double_descent_risk(7))[1] - 8, "best of the left side", AMBER, "end", size=13),
    ]
    save(
        "double-descent.svg",
        230,
        "Test error against the number of features, with a peak where it equals the number of examples",
        parts,
    )


def draw_line_and_logistic() -> None:
    zeros, ones, far = [1, 2, 3], [4, 5, 6], [20]
    panel = Panel(24, 34, 320, 150, x=(0, 21), y=(-0.3, 1.5))
    zero_one = [0] * len(zeros) + [1] * len(ones)
    near = least_squares_line(zeros + ones, zero_one)
    pulled = least_squares_line(zeros + ones + far, [*zero_one, 1])
    b, w = logistic_fit(zeros + ones + far, [*zero_one, 1])
    half = line(panel.at(0, 0.5), panel.at(21, 0.5), GREY, 1, "4 4")
    parts = [line(panel.at(0, 0), panel.at(21, 0)), half]
    parts.append(panel.curve(lambda x: near[0] + near[1] * x, GREY, span=(1.7, 7), dash="6 4"))
    parts.append(panel.curve(lambda x: pulled[0] + pulled[1] * x, AMBER))
    parts.append(panel.curve(lambda x: 1 / (1 + exp(-(b + w * x))), BLUE, n=300))
    for colour, threshold in ((BLUE, -b / w), (AMBER, (0.5 - pulled[0]) / pulled[1])):
        parts += [
            line(panel.at(threshold, 0.5), panel.at(threshold, 0), colour, 2, "3 4"),
            dot(panel.at(threshold, 0.5), colour, 3),
        ]
    parts += [dot(panel.at(x, 0), GREEN, hollow=True) for x in zeros] + [dot(panel.at(x, 1), GREEN) for x in ones + far]
    parts += [
        text(panel.at(7, 1.45)[0] + 4, 30, "line without x = 20", GREY, "start"),
        text(panel.at(13, 0)[0], panel.at(0, 0.66)[1], "line with x = 20", AMBER, "start"),
        text(panel.at(9, 1)[0], panel.at(0, 1.08)[1], "logistic", BLUE, "start"),
        text(panel.at(21, 0)[0], panel.at(0, 0.5)[1] + 16, "½", GREY, "end"),
    ]
    parts += [text(panel.at(x, 0)[0], panel.at(0, 0)[1] + 22, str(x), size=13) for x in (1, 2, 3, 4, 5, 6, 20)]
    save("line-or-logistic.svg", 196, "A least-squares line is tilted by one far point; a logistic curve is not", parts)


def main() -> None:
    draw_pmf_and_pdf()
    draw_temperature()
    draw_binary_entropy()
    draw_two_divergences()
    draw_likelihoods()
    draw_projection()
    draw_bias_variance()
    draw_double_descent()
    draw_line_and_logistic()


if __name__ == "__main__":
    main()
