"""Draw the loss curves of the debugging chapter.

Plain Python: `python content/pictures/debugging.py` rewrites the SVG files in `content/media`. The curves are drawn as
such runs typically look; none was measured. Their names and titles say what is seen, never what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log10
from pathlib import Path
from random import Random

MEDIA = Path(__file__).resolve().parent.parent / "media"

# Legible on white and on #2c2c2c alike.
BLUE, AMBER, GREEN, GREY = "#3b82f6", "#d97706", "#0d9668", "#7b8494"
WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 50, 328, 20, 180

Point = tuple[float, float]
Curve = Callable[[float], float]


def number(value: float) -> str:
    """A coordinate with at most one decimal, the same on every machine."""
    return f"{round(value, 1) + 0.0:g}"


def text(at: Point, words: str, colour: str = GREY, anchor: str = "middle", size: int = 14) -> str:
    return (
        f'<text x="{number(at[0])}" y="{number(at[1])}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}">{words}</text>'
    )


def noise_of(seed: int) -> Callable[[], float]:
    draws = Random(seed)  # noqa: S311  # the same jitter on every machine
    return lambda: draws.gauss(0, 1)


def polyline(points: list[Point], colour: str = GREY, width: float = 2, dash: str = "") -> str:
    places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linejoin="round" stroke-linecap="round"{dashed}/>'
    )


class Chart:
    """A chart of losses over steps. `steps` and `top` are the values at the ends of its axes."""

    def __init__(self, steps: float, top: float, x: str = "step", y: str = "loss") -> None:
        self.steps, self.top = steps, top
        self.parts = [
            polyline([(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], width=1.5),
            text((RIGHT, BOTTOM + 34), x, anchor="end"),
            text((LEFT - 8, TOP - 6), y),
        ]

    def at(self, step: float, loss: float) -> Point:
        return LEFT + (RIGHT - LEFT) * step / self.steps, BOTTOM - (BOTTOM - TOP) * min(loss, self.top) / self.top

    def ticks_x(self, *values: tuple[float, str]) -> None:
        for value, words in values:
            x, y = self.at(value, 0)
            self.parts += [polyline([(x, y), (x, y + 4)], width=1.5), text((x, y + 18), words, size=12)]

    def ticks_y(self, *values: tuple[float, str]) -> None:
        for value, words in values:
            x, y = self.at(0, value)
            self.parts += [
                polyline([(x, y), (x - 4, y)], width=1.5),
                text((x - 8, y + 4), words, anchor="end", size=12),
            ]

    def curve(self, loss: Curve, colour: str, noise: float = 0, seed: int = 1, dash: str = "", end: float = 1) -> None:
        jitter = noise_of(seed)
        xs = [self.steps * end * i / 220 for i in range(221)]
        self.parts.append(polyline([self.at(x, loss(x) + noise * jitter()) for x in xs], colour, dash=dash))

    def label(self, step: float, loss: float, words: str, colour: str, anchor: str = "start") -> None:
        self.parts.append(text(self.at(step, loss), words, colour, anchor))

    def save(self, name: str, title: str) -> None:
        MEDIA.mkdir(parents=True, exist_ok=True)
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'height="{HEIGHT}" font-family="sans-serif" role="img">\n<title>{title}</title>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )
        (MEDIA / name).write_bytes(svg.encode())


def falling(start: float, end: float, scale: float) -> Curve:
    """A loss that falls from `start` to `end`, fast at first."""
    return lambda x: end + (start - end) * exp(-((x / scale) ** 0.7))


def bouncing() -> None:
    chart = Chart(2000, 2.6)
    chart.ticks_x((0, "0"), (1000, "1,000"), (2000, "2,000"))
    chart.ticks_y((2.3, "2.3"), (1.5, "1.5"))
    jitter = noise_of(4)
    fall = falling(2.3, 1.5, 12)
    points = [(x, fall(x) + 0.3 * jitter() * min(1, x / 80)) for x in range(0, 2001, 12)]
    chart.parts.append(polyline([chart.at(*point) for point in points], BLUE, 1.5))
    chart.save("curve-bouncing.svg", "Training loss over 2,000 steps")


def early_bump() -> None:
    chart = Chart(10_000, 11)
    chart.ticks_x((0, "0"), (5000, "5,000"), (10_000, "10,000"))
    chart.ticks_y((10.4, "10.4"), (7.4, "7.4"))

    def loss(x: float) -> float:
        fall = falling(10.4, 7.35, 120)(x)
        return fall + 2.6 * exp(-(((x - 500) / 220) ** 2)) - 0.25 * x / 10_000

    chart.curve(loss, BLUE, 0.06)
    chart.save("curve-early-bump.svg", "Training loss over 10,000 steps")


def turning(x: float) -> float:
    """The validation loss that turns."""
    return falling(2.4, 0.35, 1100)(x) + 0.00014 * x


def u_turn() -> None:
    chart = Chart(10_000, 2.6)
    chart.ticks_x((0, "0"), (2500, "2,500"), (5000, "5,000"), (7500, "7,500"), (10_000, "10,000"))
    train = falling(2.4, 0.05, 1500)
    chart.curve(train, BLUE, 0.02)
    chart.curve(turning, AMBER, 0.02, seed=2)
    chart.label(9900, 0.32, "training", BLUE, "end")
    chart.label(9900, 1.95, "validation", AMBER, "end")
    chart.save("curve-u-turn.svg", "Training and validation loss over 10,000 steps")


def three_floors() -> None:
    chart = Chart(20_000, 0.75)
    chart.ticks_x((0, "0"), (10_000, "10,000"), (20_000, "20,000"))
    chart.ticks_y((0.693, "0.69"), (0.325, "0.33"))
    for scale, colour, words, loss in (
        (3600, GREEN, "small", 0.62),
        (1600, AMBER, "medium", 0.545),
        (700, BLUE, "large", 0.47),
    ):
        chart.curve(falling(0.693, 0.325, scale), colour, 0.004, seed=int(scale))
        chart.label(19_800, loss, words, colour, "end")
    chart.save("curve-three-floors.svg", "Training losses of three models over 20,000 steps")


def sawtooth() -> None:
    chart = Chart(5, 2.6, x="epoch")
    chart.ticks_x(*((i, f"{i}") for i in range(6)))

    def loss(x: float) -> float:
        return 0.4 + 1.6 * exp(-x / 0.8) + 0.6 * (x % 1 if x < 5 else 1)

    chart.curve(loss, BLUE, 0.03)
    chart.save("curve-sawtooth.svg", "Training loss over five epochs")


def stairs() -> None:
    chart = Chart(4, 2.6, x="epoch")
    chart.ticks_x(*((i, f"{i}") for i in range(5)))

    def train(x: float) -> float:
        return falling(2.4, 1.45, 0.16)(x) if x < 1 else 1.45 - 0.42 * min(int(x), 3) - 0.02 * (x % 1)

    chart.curve(train, BLUE, 0.025)
    chart.curve(lambda x: falling(2.4, 1.5, 0.17)(x) + 0.11 * max(0, x - 1) ** 1.4, AMBER, 0.012, seed=3)
    chart.label(3.95, 0.45, "training", BLUE, "end")
    chart.label(3.95, 2.28, "validation", AMBER, "end")
    chart.save("curve-stairs.svg", "Training and validation loss over four epochs")


def two_spikes() -> None:
    chart = Chart(20_000, 4.2)
    chart.ticks_x((0, "0"), (10_000, "10,000"), (20_000, "20,000"))
    base = falling(4.2, 2.2, 2500)

    def loss(x: float) -> float:
        first = 0.9 * exp(-(((x - 7000) / 130) ** 2))
        second = 1.1 * exp(-(x - 14_000) / 2500) + 0.55 if x > 14_000 else 0
        return base(x) + first + second

    chart.curve(loss, BLUE, 0.02)
    chart.label(7000, 3.62, "A", AMBER, "middle")
    chart.label(14_000, 4.05, "B", AMBER, "middle")
    chart.save("curve-two-spikes.svg", "Training loss over 20,000 steps with two spikes, A and B")


def validation_below() -> None:
    chart = Chart(5000, 2.6)
    chart.ticks_x((0, "0"), (2500, "2,500"), (5000, "5,000"))
    chart.curve(falling(2.4, 0.75, 700), BLUE, 0.03)
    chart.curve(falling(2.3, 0.5, 600), AMBER, 0.01, seed=2)
    chart.label(4900, 1.12, "training", BLUE, "end")
    chart.label(4900, 0.2, "validation", AMBER, "end")
    chart.save("curve-validation-below.svg", "Training and validation loss over 5,000 steps")


def sudden_drop() -> None:
    chart = Chart(9000, 2.6)
    chart.ticks_x((0, "0"), (3000, "3,000"), (6000, "6,000"), (9000, "9,000"))

    def loss(x: float) -> float:
        early = falling(2.4, 0.95, 350)(min(x, 6000))
        return early if x < 6000 else 0.62 + (early - 0.62) * exp(-(x - 6000) / 60)

    jitter = noise_of(5)
    xs = [9000 * i / 220 for i in range(221)]
    points = [chart.at(x, loss(x) + (0.07 if x < 6000 else 0.02) * jitter()) for x in xs]
    chart.parts.append(polyline(points, BLUE))
    chart.save("curve-sudden-drop.svg", "Training loss over 9,000 steps")


def gradient_by_layer() -> None:
    chart = Chart(13, 8, x="layer", y="gradient norm")
    chart.parts[2] = text((LEFT - 40, TOP - 6), "gradient norm", anchor="start")
    chart.ticks_x((1, "1"), (6, "6"), (12, "12"))
    chart.ticks_y((7, "1"), (4, "10⁻³"), (1, "10⁻⁶"))
    for layer in range(1, 13):
        height = 7 + log10(0.28 ** (12 - layer))
        (x, y), (_, floor) = chart.at(layer, height), chart.at(layer, 0)
        chart.parts.append(polyline([(x, floor), (x, y)], BLUE, 12).replace('stroke-linecap="round"', ""))
    chart.save("gradient-by-layer.svg", "Gradient norms of twelve layers on a logarithmic scale")


def main() -> None:
    for draw in (
        bouncing, early_bump, u_turn, three_floors, sawtooth, stairs, two_spikes, validation_below, sudden_drop,
        gradient_by_layer,
    ):  # fmt: skip
        draw()


if __name__ == "__main__":
    main()
