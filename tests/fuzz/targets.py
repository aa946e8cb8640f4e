"""The kinds of input that are fuzzed: how an input becomes a deck on disk, and real inputs to begin with."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from deckbuilder.identity.lock import Delivered, Lock, LockedNote, LockedType, Release, write_lock
from deckbuilder.pipeline import Options, prepare
from tests.fuzz.invariants import NOW
from tests.support.fixtures import cases

ROOT = Path(__file__).resolve().parents[2]
_FENCE = "`" * 12
_LONGEST_SEED = 4_000

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'

NOTES = """\
# Algebra

## Vectors

1) What is a unit vector? (Hint: its length.)

    A vector of length one.

2) Show that the length of $c v$ is $|c|$ times that of $v$. <!-- card: {steps: cards, tags: [norms]} -->

    The factor leaves the root.

    1. **Square.** $\\sum_i (c v_i)^2 = c^2 \\sum_i v_i^2$
    2. **Take the root.** $\\sqrt{c^2} = |c|$

## Drills

1) Add up.

    ```drill
    variants: 3
    params: {a: {range: [1, 9]}, b: {choices: [2, 0.5, 1/3]}}
    example: {a: 2, b: 0.5}
    ask: "What is @{a} + @{b}?"
    answer: a + b
    ```
"""
"""A small deck with a part of everything, in which nothing is wrong."""

DRILL: Mapping[str, object] = {
    "variants": 3,
    "params": {"a": {"range": [1, 9]}, "b": {"choices": [2, 0.5, "1/3"]}},
    "example": {"a": 2, "b": 0.5},
    "let": {"c": "a + b"},
    "where": ["c > 1"],
    "ask": "What is $@{a} + @{b}$?",
    "steps": ["It is $@{a} + @{b:p} = @{c}$."],
    "answer": "c",
    "mistakes": {"multiplied": "a*b + 100"},
    "tolerance": 0.01,
}
"""A small drill, in which nothing is wrong."""


@dataclass(frozen=True)
class Target:
    """A kind of input. `files` lays the input out as the files of a deck; `seeds` are inputs that people wrote."""

    name: str
    files: Callable[[bytes], Mapping[str, bytes]]
    seeds: Callable[[], tuple[str, ...]]

    def lay(self, content: bytes, deck: Path) -> None:
        """Make the folder `deck` what the input says, and nothing else."""
        deck.mkdir(parents=True, exist_ok=True)
        files = self.files(content)
        for path in deck.iterdir():
            if path.name not in files:
                path.unlink()
        for name, written in files.items():
            (deck / name).write_bytes(written)

    def __str__(self) -> str:
        return self.name


# How an input becomes a deck


def _markdown(content: bytes) -> dict[str, bytes]:
    return {"deck.yml": b"name: Fuzz\nsubdecks: 3\n", "notes.md": content, "curve.svg": PICTURE}


def _headings(content: bytes) -> dict[str, bytes]:
    return {"deck.yml": b"name: Fuzz\nquestions: headings\n", "notes.md": content, "curve.svg": PICTURE}


def _python_markdown(content: bytes) -> dict[str, bytes]:
    extensions = b"[tables, fenced_code, footnotes, admonition, pymdownx.superfences, pymdownx.arithmatex]"
    settings = b"name: Fuzz\nflavour: python-markdown\nmarkdown_extensions: " + extensions + b"\n"
    return {"deck.yml": settings, "notes.md": content, "curve.svg": PICTURE}


def _edited(content: bytes) -> dict[str, bytes]:
    """Lay out the input as what became of `NOTES` after its first build."""
    return {"deck.yml": b"name: Fuzz\n", "notes.md": content, "deck.lock": _lock_of_notes().encode()}


def _metadata(content: bytes) -> dict[str, bytes]:
    """Put the input into a comment, where one of its name belongs."""
    comment = b"<!--" + content + b"-->"
    name = content.lstrip()[:4]
    section, item, step = (comment if name == wanted else b"" for wanted in (b"deck", b"card", b"step"))
    if name not in (b"deck", b"card", b"step"):
        section = item = comment
    text = (
        b"# A\n\n" + section + b"\n\n1) Derive it. " + item + b"\n\n    It is so.\n\n    1. **First.** One. " + step
        + b"\n    2. **Then.** Two.\n\n2) What is it?\n\n    This.\n"
    )  # fmt: skip
    return {"deck.yml": b"name: Fuzz\n", "notes.md": text}


def _settings(content: bytes) -> dict[str, bytes]:
    return {"deck.yml": content, "notes.md": NOTES.encode()}


def _drill(content: bytes) -> dict[str, bytes]:
    fence = _FENCE.encode()
    block = b"\n".join(b"    " + line if line else b"" for line in content.split(b"\n"))
    text = b"# A\n\n1) Work it out.\n\n    " + fence + b"drill\n" + block + b"\n    " + fence + b"\n"
    return {"deck.yml": b"name: Fuzz\n", "notes.md": text}


def _lock(content: bytes) -> dict[str, bytes]:
    return {"deck.yml": b"name: Fuzz\n", "notes.md": NOTES.encode(), "deck.lock": content}


# Inputs that people wrote


@cache
def _documents() -> tuple[str, ...]:
    """Return the Markdown of the repository: the deck, the starter, examples of kinds, what the documents show."""
    paths = [*sorted((ROOT / "content").rglob("*.md")), *sorted((ROOT / "deckbuilder").rglob("*.md"))]
    texts = [path.read_text("utf-8") for path in paths]
    for page in sorted((ROOT / "docs").glob("*.md")):
        texts += re.findall(r"^````markdown\n(.*?)^````", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return tuple(texts)


@cache
def _markdown_seeds() -> tuple[str, ...]:
    fixtures = ROOT / "tests" / "fixtures"
    found = [case.given for folder in ("source", "gfm", "lints", "tex") for case in cases(fixtures / folder)]
    for text in _documents():
        found += _questions(text) if len(text) > _LONGEST_SEED else [text]
    return _distinct([NOTES, *found])


def _questions(text: str) -> list[str]:
    """Return the questions of a long document, each in a document of its own."""
    return [f"# A\n\n## B\n\n{item}" for item in re.findall(r"(?ms)^\d+\).*?(?=^\d+\)|^#|\Z)", text)]


@cache
def _edited_seeds() -> tuple[str, ...]:
    """Return what `NOTES` may have become since their first build: nothing else, or what authors do to notes."""
    head, first, second, drill = re.split(r"(?m)^(?=1\) What|2\)|## Drills)", NOTES)
    edits = (
        NOTES.replace("## Vectors", "## Lengths"),
        NOTES.replace("unit vector? (Hint: its length.)", "unit vector, in words?"),
        NOTES.replace("A vector of length one.", "One whose length is one."),
        NOTES.replace("(Hint: its length.)", "<!-- card: {id: unit-vector} -->"),
        NOTES.replace("variants: 3", "variants: 2\nlevels: {hard: {params: {a: {range: [10, 99]}}, example: {a: 12}}}"),
        NOTES.replace("    2. **Take", "    2. **Pull out $c^2$.** It stands before the sum.\n    3. **Take"),
        head + second + first + drill,
        head + first + first + drill,
        f"{head}{drill}\n## More\n\n{first}{second}",
        head + first + drill,
        head + first + second,
    )
    return _distinct([NOTES, *edits])


@cache
def _metadata_seeds() -> tuple[str, ...]:
    texts = (*_documents(), *_markdown_seeds())
    return _distinct(comment for text in texts for comment in re.findall(r"(?s)<!--(\s*\w+:.*?)-->", text))


@cache
def _settings_seeds() -> tuple[str, ...]:
    files = [path.read_text("utf-8") for path in sorted(ROOT.glob("*/**/deck.yml")) if ".venv" not in path.parts]
    shown = re.findall(r"(?ms)^```yaml\n(.*?)^```", (ROOT / "docs" / "authoring.md").read_text("utf-8"))
    more = [
        "name: A::B\ntags: []\ntag_prefix: ''\nsubdecks: 0\nignore: {DB405: {notes.md: they may not be copied}}\n",
        'name: "é \\" \\n"\nversion: 1.2\nquestions: headings\nflavour: python-markdown\n'
        "markdown_extensions: [tables, {toc: {permalink: true, depth: 1-3}}, pymdownx.superfences, nl2br]\n",
        "description: |\n  Several lines\n\n  of <b>text</b>.\nsource_url: https://example.org/{path}#L{line}?{x}\n",
    ]
    return _distinct([*files, *shown, *more])


@cache
def _drill_seeds() -> tuple[str, ...]:
    found: list[str] = [json.dumps(DRILL)]
    pages = [page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("drills.md"))]
    for text in (*_documents(), *pages):
        for indent, block in re.findall(r"(?ms)^( *)```drill\n(.*?)^ *```", text):
            found.append("\n".join(line.removeprefix(indent) for line in block.split("\n")))
    found += [case.given for case in cases(ROOT / "tests" / "fixtures" / "drill_blocks")]
    return _distinct(found)


@cache
def _lock_seeds() -> tuple[str, ...]:
    text = _lock_of_notes()
    lines = (ROOT / "content" / "deck.lock").read_text("utf-8").split("\n\n")
    real = [line for line in lines if '"key"' not in line]
    with_parts = [line for line in lines if '"of"' in line or '"slots"' in line][:6]
    return _distinct(
        [text, write_lock(_full_lock()), "\n\n".join(real + with_parts) + "\n", text.replace("\n\n", "\n")]
    )


@cache
def _lock_of_notes() -> str:
    """Return the lock of `NOTES` after their first build."""
    return write_lock(_prepared_lock())


def _prepared_lock() -> Lock:
    with tempfile.TemporaryDirectory() as folder:
        deck = Path(folder)
        (deck / "deck.yml").write_text("name: Fuzz\n", "utf-8")
        (deck / "notes.md").write_text(NOTES, "utf-8")
        prepared, result = prepare(deck, Options(now=NOW - 1000, new_deck=True))
        assert prepared, result.diagnostics
        return prepared.lock


def _full_lock() -> Lock:
    """Return a lock that says all that a lock can say: releases, retired notes, earlier keys, decks left."""
    lock = _prepared_lock()
    notes = {
        key: replace(
            note, delivered=Delivered("1.0", note.fingerprint, "s.t"), left=("Fuzz::Old",), aliases=(f"old-{key}",)
        )
        for key, note in lock.notes.items()
    }
    gone = LockedNote(
        key="gone", guid="gone-guid", kind="concept", born=1, modified=2, fingerprint="a.b", source="s.t", answer="c",
        section=("Algebra", "Old"), text="What is gone?", retired=True, decided=("0123456789abcdef",),
    )  # fmt: skip
    types = {kind: LockedType(kind, 5, "old", Delivered("0.9", "old")) for kind in ("concept", "derivation", "drill")}
    return replace(lock, notes={**notes, "gone": gone}, types=types, release=Release("1.0", NOW - 500))


def _distinct(texts: Iterator[str] | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if len(text) <= 2 * _LONGEST_SEED))


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("metadata", _metadata, _metadata_seeds),
        Target("settings", _settings, _settings_seeds),
        Target("drill", _drill, _drill_seeds),
        Target("lock", _lock, _lock_seeds),
        Target("edited", _edited, _edited_seeds),
        Target("markdown", _markdown, _markdown_seeds),
        Target("headings", _headings, _markdown_seeds),
        Target("python-markdown", _python_markdown, _markdown_seeds),
    )
}
"""Every kind of input, by its name."""
