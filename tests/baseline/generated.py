"""Decks of every kind, made from a number: the same number gives the same deck on every machine and for ever.

The draws are our own (splitmix64), so that no version of Python changes them. A deck is a story of one to three
stages, each a set of sources with the time of its build; the last stage's sources are the deck.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from tests.support.pictures import png

COUNT: Final = 1_000
FIRST: Final = 1_600_000_000
DAY: Final = 86_400

_One = TypeVar("_One")
_MASK: Final = (1 << 64) - 1


class Chance:
    """A stream of numbers that follows from a seed (splitmix64; Steele, Lea and Flood, 2014)."""

    def __init__(self, seed: int) -> None:
        self._state = seed * 0x9E3779B97F4A7C15 & _MASK

    def below(self, bound: int) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
        return ((mixed ^ mixed >> 31) >> 11) % bound

    def one_in(self, bound: int) -> bool:
        return self.below(bound) == 0

    def pick(self, choices: Sequence[_One]) -> _One:
        return choices[self.below(len(choices))]

    def sample(self, choices: Sequence[_One], count: int) -> list[_One]:
        left = list(choices)
        return [left.pop(self.below(len(left))) for _ in range(min(count, len(left)))]


class Stage(NamedTuple):
    """The sources of one build by path, when it was built, and the version that was released then, if any."""

    files: dict[str, bytes]
    at: int
    version: str = ""


class Item(NamedTuple):
    """A question: its first block without a number, what follows without a blank line, its answer, its comment."""

    prompt: str
    data: str = ""
    answer: str = ""
    card: str = ""


# ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_THINGS = (
    "kernel", "lattice", "gradient", "monsoon", "sonnet", "enzyme", "turbine", "glacier", "ledger", "cipher", "keel",
    "violin", "prism", "reef", "compiler", "tariff", "neuron", "sextant", "yeast", "fresco", "piston", "dialect",
    "comet", "loom", "quorum", "estuary", "isotope", "syllable", "pulley", "mortgage", "Österreich", "Übung", "naïveté",
    "संज्ञा", "قاعدة", "量子", "частица", "λόγος",
)  # fmt: skip
_QUALITIES = (
    "convex", "silent", "early", "brittle", "sparse", "northern", "formal", "warm", "hidden", "linear", "acute", "late",
    "rapid", "shallow", "common", "stable",
)  # fmt: skip
_DOES = (
    "bends the light", "keeps its shape", "loses heat at night", "carries the load", "repeats after a while",
    "needs more room than before", "follows from the first law", "grows with the square of its size",
    "ends where it began", "depends on the order", "hides a second cause", "costs more than it saves",
)  # fmt: skip
_MATH = (
    "$x^2 + y^2 = r^2$", "$a<b$ and $c \\le d$", "$\\lVert v \\rVert_2$", "$\\frac{a}{b}$", "$n!$", "$P(A|B)$",
    "$\\mathrm{Na}^+$", "$\\sum_{i=1}^{n} i$", "$50\\%$",
)  # fmt: skip
_BLOCKS = (
    "$$\\int_0^1 x\\,dx = \\tfrac12$$",
    "```python\ndef f(x):\n    if x < 0:\n        return -x\n\n    return x  # not more\n```",
    "```\nplain  text,   with blanks\n```",
    "| sign | meaning |\n|---|:-:|\n| `+` | plus |\n| `-` | *minus* |",
    "- first\n- second, with **bold**\n    - inside\n- third",
    "> It is said that *nothing* is lost.",
    "1. one\n2. two\n3. three",
    "A [link](https://example.org/a?b=1&c=2), a [reference][ref], `code` and ~~none~~.",
    "<details><summary>More</summary>\n\nFolded away, with $z_1$.\n\n</details>",
    "Two lines  \nwith a break, and \\* a star; 5 < 6 & 7 > 2.",
    "![A square](media/square.png)",
    "Text beside ![a bar](media/bar.png) a picture.",
    "    indented code",
)
_SHORT = ("Yes.", "No.", "56", "$x$", "`x++`", "Two.", "Vienna", "हाँ", "-5", "C++")
_TAGS = ("exam", "week::3", "Basics", "Größe", "日本", "to-learn")


def _sentence(chance: Chance, number: int) -> str:
    quality, thing, does = chance.pick(_QUALITIES), chance.pick(_THINGS), chance.pick(_DOES)
    return f"A {quality} {thing} {does}, as case {number} shows."


def _prompt(chance: Chance, number: int) -> str:
    quality, thing = chance.pick(_QUALITIES), chance.pick(_THINGS)
    asked = (
        f"What makes the {quality} {thing} number {number} differ from a {chance.pick(_THINGS)}?",
        f"Why does *{quality}* {thing} {number} obey {chance.pick(_MATH)}?",
        f"When is `{thing}_{number}` called {quality}?",
        f"Name the {number} parts of a {quality} {thing}",
        f"{thing.capitalize()} {number}: which {quality} rule holds?",
        f"What is\nthe {quality} {thing}\nof chapter {number}?",
    )
    return chance.pick(asked)


def _hinted(chance: Chance, prompt: str) -> str:
    if chance.one_in(5):
        return f"{prompt} (Hint: think of {chance.pick(_MATH)}.)"
    if chance.one_in(9):
        return f"{prompt} (Hint 1: begin at the end. Hint 2: a {chance.pick(_THINGS)} helps.)"
    return prompt


def _prose(chance: Chance, number: int) -> str:
    if chance.one_in(5):
        return chance.pick(_SHORT)
    parts = [_sentence(chance, number)]
    if chance.one_in(2):
        parts.append(f"{_sentence(chance, number + 1)}\nIt is {chance.pick(_MATH)} in the end.")
    parts += [chance.pick(_BLOCKS) for _ in range(chance.below(3))]
    if chance.one_in(8):
        parts.append("**Hint:** it is easier than it looks.")
    if chance.one_in(8):
        parts.append("**Key points**\n\n- the first\n- the second, $k$\n- the third")
    if chance.one_in(12):
        parts.append("TODO: a picture of it.")
    if chance.one_in(14):
        return f"<details><summary>Answer</summary>\n\n{_blocks(parts)}\n\n</details>"
    return _blocks(parts)


def _blocks(parts: Sequence[str]) -> str:
    return "\n\n".join(parts)


# ── kinds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _concept(chance: Chance, number: int) -> Item:
    data = chance.pick(("", "", "", "- $x = (1, 2)$\n- $w = (3, 4)$", "```\nf(3)\n```"))
    return Item(_hinted(chance, _prompt(chance, number)), data, _prose(chance, number), _card(chance, number))


def _derivation(chance: Chance, number: int) -> Item:
    verb = chance.pick(("Derive", "Prove", "Show"))
    prompt = f"{verb} the {chance.pick(_QUALITIES)} rule {number} of the {chance.pick(_THINGS)}"
    steps = [
        f"{place}. **{title} ({number}).** {_sentence(chance, number + place)}\n\n    $$a_{place} = b^{place}$$"
        + (f" <!-- step: {{id: s{place}}} -->" if chance.one_in(6) else "")
        for place, title in enumerate(chance.sample(("Expand", "Sort", "Insert", "Divide", "Compare"), 3), start=1)
    ]
    if chance.one_in(4):
        steps = [f"{place}. {_sentence(chance, number * 10 + place)}" for place in (1, 2, 3)]
    parts = [f"The result is {chance.pick(_MATH)}.", "\n".join(steps) if chance.one_in(2) else _blocks(steps)]
    if chance.one_in(2):
        parts.append(_sentence(chance, number))
    says = "steps: cards" if chance.one_in(2) else ""
    return Item(_hinted(chance, prompt), "", _blocks(parts), _card(chance, number, says, may_be_concept=False))


def _implementation(chance: Chance, number: int) -> Item:
    name = f"f{number}"
    prompt = f"Implement `{name}`, the {chance.pick(_QUALITIES)} {chance.pick(_THINGS)}"
    parts = []
    if chance.one_in(2):
        parts.append(f'```python signature\ndef {name}(x):\n    """Return it."""\n```')
    if chance.one_in(2):
        parts.append(f"```python test\nassert {name}(1) < 2\n```")
    parts.append(f"```python\ndef {name}(x):\n    return [y for y in range(x) if y & 1]\n```")
    if chance.one_in(2):
        parts.append(f"**Complexity:** $O(n^{number % 4})$ time.")
    if chance.one_in(2):
        parts.append("**Pitfalls**\n\n- an empty list\n- `x < 0`")
    if chance.one_in(2):
        parts.append(_sentence(chance, number))
    return Item(_hinted(chance, prompt), "", _blocks(parts), _card(chance, number))


def _drill(chance: Chance, number: int) -> Item:
    low, high = 2 + chance.below(3), 8 + chance.below(5)
    lines = [
        "```drill",
        f"variants: {1 + chance.below(5)}",
        f"params: {{a: {{range: [{low}, {high}]}}, b: {{choices: [0.1, 0.5, 1/3, 2]}}}}",
        f"example: {{a: {low}, b: 0.5}}",
        "let: {p: a*b, q: p + 1}",
        f"ask: With $a=@{{a}}$ and $b=@{{b}}$, what is the {chance.pick(_THINGS)}?",
        "steps:",
        "  - $p = @{a} \\cdot @{b} = @{p}$",
        "  - $q = @{p} + 1 = @{q}$",
        "answer: q" if chance.one_in(2) else "answer: {$q$: q, $p$: p}",
        "tolerance: 0.001",
    ]
    if chance.one_in(3):
        lines += [f"where: [a != {low + 1}]", "check: [q > 1]"]
    if chance.one_in(3):
        lines += ["cards: per-variant"]
    elif chance.one_in(2):
        lines += ["levels:", "  harder:", "    params:", "      a: {range: [20, 30]}", "    example: {a: 21}"]
    lines.append("```")
    answer = "\n".join(lines)
    if chance.one_in(3):
        answer += f"\n\n{_sentence(chance, number)}"
    prompt = f"One step {number} of the {chance.pick(_QUALITIES)} {chance.pick(_THINGS)}."
    return Item(_hinted(chance, prompt), "", answer, _card(chance, number, may_be_concept=False))


def _same_words(chance: Chance, number: int) -> Item:
    return Item("Give an example.", "", f"{_sentence(chance, number)} It is example {number}.")


def _unanswered(chance: Chance, number: int) -> Item:
    return Item(_prompt(chance, number), "", chance.pick(("", "TODO: later")))


def _decomposed(item: Item) -> Item:
    """Return a question as some keyboards and PDFs give it: letters and their marks apart."""
    prompt, data, answer = (unicodedata.normalize("NFD", text) for text in (item.prompt, item.data, item.answer))
    return Item(prompt, data, answer, item.card)


def _card(chance: Chance, number: int, says: str = "", *, may_be_concept: bool = True) -> str:
    said = [says] if says else []
    if chance.one_in(5):
        said.append(f"id: own-{number}")
    if chance.one_in(4):
        said.append(f"tags: [{', '.join(chance.sample(_TAGS, 1 + chance.below(2)))}]")
    if chance.one_in(10) and may_be_concept:
        said.append("kind: concept")
    return f"<!-- card: {{{', '.join(said)}}} -->" if said else ""


_KINDS: tuple[Callable[[Chance, int], Item], ...] = (
    _concept, _concept, _concept, _concept, _derivation, _implementation, _unanswered,
)  # fmt: skip


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────────

Sections = dict[tuple[str, tuple[str, ...]], list[Item]]
"""The questions of a deck by file and headings."""


def _sections(chance: Chance) -> Sections:
    found: Sections = {}
    number = 0
    for file in range(1 + (chance.below(3) if chance.one_in(3) else 0)):
        for part in range(1 + chance.below(3)):
            title = f"{chance.pick(_THINGS).capitalize()} {file}{part}"
            below = (title,) if chance.one_in(3) else (title, f"{chance.pick(_QUALITIES).capitalize()} {part}")
            items = []
            for _ in range(1 + chance.below(3)):
                number += 1
                item = (chance.pick(_KINDS) if number > 1 else _concept)(chance, number)  # a deck has a note
                items.append(_decomposed(item) if chance.one_in(15) else item)
            if chance.one_in(4):
                number += 1
                items.append(_same_words(chance, number))
            if chance.one_in(9):
                number += 1
                items.append(_drill(chance, number))
            found[f"{file + 1}-notes.md", below] = items
    return found


def _text(sections: Sections, file: str, form: str, chance: Chance) -> str:
    lines = ["---", "questions: headings", "---", ""] if form == "headings-file" else []
    last: tuple[str, ...] = ()
    for (name, section), items in sections.items():
        if name != file:
            continue
        for depth, title in enumerate(section, start=1):
            if last[:depth] != section[:depth]:
                lines += [f"{'#' * depth} {title}", ""]
        last = section
        if len(section) == 1 and section[0].endswith("1"):
            lines += ["<!-- deck: {tags: [part]} -->", ""]
        for number, item in enumerate(items, start=1):
            lines += _item(item, len(section), number, form, chance)
    return "\n".join([*lines, "", "[ref]: https://example.org/ref", ""])


def _item(item: Item, depth: int, number: int, form: str, chance: Chance) -> list[str]:
    if form != "list":
        prompt = " ".join(item.prompt.split())
        head = [f"{'#' * (depth + 1)} {prompt}", *([item.card] if item.card else [])]
        return [*head, "", *([item.data, ""] if item.data else []), item.answer, ""]
    mark = f"{number}{chance.pick(').')}"
    first, *more = item.prompt.split("\n")
    lines = [f"{mark} {first}", *(f"   {line}" for line in more)]
    if item.card:
        lines[-1] += f" {item.card}"
    lines += [f"   {line}" if line else "" for line in item.data.split("\n") if item.data]
    return [*lines, "", *(f"    {line}" if line else "" for line in item.answer.split("\n")), ""]


def _settings(chance: Chance, number: int) -> tuple[dict[str, str], str]:
    """Return the settings of deck.yml, and the form of the questions."""
    settings = {"name": f"Deck {number}"}
    form = "list"
    if chance.one_in(5):
        form = chance.pick(("headings", "headings-file"))
        if form == "headings":
            settings["questions"] = "headings"
    if chance.one_in(6):
        settings["flavour"] = "python-markdown"
        settings["markdown_extensions"] = chance.pick(("[tables, fenced_code]", "[extra]"))
    if chance.one_in(4):
        settings["tags"] = f"[{', '.join(chance.sample(_TAGS, 2))}]"
    if chance.one_in(4):
        settings["tag_prefix"] = chance.pick(('""', "Topic::a", "संज्ञा"))
    if chance.one_in(4):
        settings["subdecks"] = str(chance.below(4))
    if chance.one_in(4):
        settings["id"] = f"deck-of-{number}"
    if chance.one_in(8):
        settings["source_url"] = "https://example.org/{path}#L{line}"
    return settings, form


def _files(sections: Sections, settings: dict[str, str], form: str, seed: int) -> dict[str, bytes]:
    chance = Chance(seed)
    files = {"deck.yml": "".join(f"{key}: {value}\n" for key, value in settings.items()).encode()}
    for file in dict.fromkeys(name for name, _ in sections):
        files[file] = _text(sections, file, form, chance).encode()
    files["media/square.png"], files["media/bar.png"] = png(), png(40, 3)
    return files


# ── stories ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def story(number: int) -> list[Stage]:
    """Return how deck `number` came about, stage by stage."""
    chance = Chance(number + 1)
    settings, form = _settings(chance, number)
    sections = _sections(chance)
    release = chance.one_in(3)
    stages = []
    for stage in range(1 + chance.below(3)):
        if stage:
            sections = _edited(chance, sections, stage)
        at = FIRST + number * 1000 + stage * DAY
        version = f"{stage + 1}.0" if release else ""
        if version:
            settings = settings | {"version": f'"{version}"'}
        stages.append(Stage(_files(sections, settings, form, number), at, version))
    return stages


def _edited(chance: Chance, sections: Sections, stage: int) -> Sections:
    """Return the deck after a day's work: every edit is one that the program takes without asking."""
    edited = {place: list(items) for place, items in sections.items()}
    places = [place for place, items in edited.items() if items]
    for _ in range(1 + chance.below(3)):
        place = chance.pick(places)
        at = chance.below(len(edited[place]))
        item = edited[place][at]
        doing = chance.below(6)
        if doing == 0 and not item.answer.startswith("```drill") and item.answer:
            edited[place][at] = item._replace(answer=f"{item.answer}\n\nAnd of stage {stage} more is known.")
        elif doing == 1 and not item.card and item.answer and item.prompt != "Give an example.":
            edited[place][at] = item._replace(card=f"<!-- card: {{id: later-{stage}-{at}-{len(edited[place])}}} -->")
        elif doing == 2 and len(edited[place]) > 1:
            edited[place].append(edited[place].pop(at))
        elif doing == 3 and len(edited[place]) > 2:
            del edited[place][at]
        elif doing == 4 and item.answer and "\n" not in item.answer:
            edited[place][at] = item._replace(answer="")
        elif doing == 5 and len(edited[place]) > 1 and item.prompt != "Give an example.":
            edited[chance.pick(places)].append(edited[place].pop(at))
    has_notes = any(item.answer and not item.answer.startswith("TODO") for items in edited.values() for item in items)
    return edited if has_notes else sections
