"""How much a deck may hold: refused where it is too much, at its place, and before it is in memory."""

from __future__ import annotations

import re
import socket
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from textwrap import indent

import pytest

from deckbuilder.limits import DEFAULTS, VARIABLE, limits
from deckbuilder.pipeline import BuildResult, Options, build, check
from deckbuilder.rendering.cleaning import MAX_ATTRIBUTES, MAX_OPEN_TAGS
from deckbuilder.rendering.code import MAX_HIGHLIGHTED
from deckbuilder.rendering.svg import MAX_DRAWN
from deckbuilder.source.gfm import MAX_NESTING
from deckbuilder.yaml_text import MAX_DEPTH, MAX_NODES
from tests.attacks.test_corpus import codes
from tests.support.pictures import png

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = "# Limits\n\n1) What is one?\n\n    The first.\n\n2) What is two?\n\n    The second.\n"


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    """A deck of two questions with two pictures."""
    folder = tmp_path / "deck"
    folder.mkdir()
    (folder / "notes.md").write_text(QUESTIONS, "utf-8")
    (folder / "more.md").write_text("# More\n\n1) q\n\n    ![a](a.png) ![b](b.png)\n", "utf-8")
    (folder / "a.png").write_bytes(png(1_500, 1_000) + b"a" * 900_000)
    (folder / "b.png").write_bytes(png(1_000, 900) + b"b" * 900_000)
    return folder


@pytest.mark.parametrize(
    ("limit", "code", "file", "line"),
    [
        ("files=1", "DB140", "", 1),
        ("questions=2", "DB140", "", 1),
        ("heading=5", "DB140", "notes.md", 3),
        ("field=20", "DB140", "more.md", 3),
        ("question=27", "DB140", "more.md", 3),
        ("lines=6", "DB140", "notes.md", 7),
        ("pictures-mb=1", "DB406", "more.md", 5),
        ("megapixels=1", "DB406", "more.md", 5),
        ("fils=1", "DB141", "", 1),
        ("files=-1", "DB141", "", 1),
        ("files=0", "DB141", "", 1),
        ("files", "DB141", "", 1),
        ("files=1e9", "DB141", "", 1),
    ],
)
def test_too_much_is_refused_at_its_place(
    limit: str, code: str, file: str, line: int, deck: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a deck could fill the machine that builds it, or its author not learn what is too much."""
    monkeypatch.setenv(VARIABLE, limit)
    result = build(deck, Options(output=deck.parent / "deck.apkg"))
    found = [one for one in result.diagnostics if one.is_error]
    assert {one.code for one in found} == {code}
    assert {(Path(one.span.file).name, one.span.line) for one in found} == {(file or "deck", line)}
    assert not (deck.parent / "deck.apkg").exists()
    name = limit.partition("=")[0]
    if code != "DB141":
        assert any(f"{VARIABLE}={name}=NUMBER" in one.message + one.help for one in found)


@pytest.mark.parametrize("limit", ["file-mb=1", "text-mb=1", "picture-mb=1"])
def test_what_has_too_many_bytes_is_refused(limit: str, deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a limit in megabytes would be another number of bytes than it says, or none."""
    monkeypatch.setenv(VARIABLE, limit)
    assert codes(check(deck)) == []
    (deck / "long.md").write_text("# T\n\n" + "x" * 1_000_000, "utf-8")
    (deck / "a.png").write_bytes(png() + b"a" * 1_000_000)
    expected = {"file-mb=1": "DB106", "text-mb=1": "DB140", "picture-mb=1": "DB406"}
    assert expected[limit] in codes(check(deck))
    monkeypatch.setenv(VARIABLE, limit.replace("=1", "=2"))
    assert codes(check(deck)) == []


def test_who_builds_may_raise_limits_and_a_deck_may_not(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a large deck of one's own could not be built, or a stranger's would set its own bounds."""
    monkeypatch.setenv(VARIABLE, "megapixels=1, files=1")
    assert "DB140" in codes(check(deck))
    monkeypatch.setenv(VARIABLE, "megapixels=2 files=2")
    assert codes(check(deck)) == []
    assert limits()["field"] == DEFAULTS["field"][0]
    for setting in ("limits: {files: 9}", "files: 9", f"{VARIABLE}: files=9"):
        (deck / "deck.yml").write_text(f"name: A\n{setting}\n", "utf-8")
        assert "DB114" in codes(check(deck))


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _huge_text(deck: Path) -> None:
    _sparse(deck / "huge.md", 2_000_000_000)


def _huge_settings(deck: Path) -> None:
    _sparse(deck / "deck.yml", 2_000_000_000)


def _huge_lock(deck: Path) -> None:
    _sparse(deck / "deck.lock", 2_000_000_000)


def _huge_picture(deck: Path) -> None:
    _sparse(deck / "a.png", 2_000_000_000)


def _many_pixels(deck: Path) -> None:
    (deck / "a.png").write_bytes(png(60_000, 60_000))


def _many_texts(deck: Path) -> None:
    for number in range(20):
        _sparse(deck / f"{number}.md", 60_000_000)


def _many_aliases(deck: Path) -> None:
    names = "abcdefghij"
    pairs = pairwise(names)
    levels = "".join(f"{after}: &{after} [{', '.join([f'*{name}'] * 10)}]\n" for name, after in pairs)
    (deck / "deck.yml").write_text(f"a: &a [x]\n{levels}", "utf-8")


def _large_numbers(deck: Path) -> None:
    drill = "variants: 3\nparams: {w: {range: [1, 9]}}\nexample: {w: 2}\nask: '@{w}'\nanswer: 9**9**9**9*w\n"
    (deck / "drill.md").write_text(f"# T\n\n1) One drill.\n\n    ```drill\n{indent(drill, '    ')}    ```\n", "utf-8")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_huge_text, "DB140"),
        (_huge_settings, "DB106"),
        (_huge_lock, "DB106"),
        (_huge_picture, "DB406"),
        (_many_pixels, "DB406"),
        (_many_texts, "DB140"),
        (_many_aliases, "DB111"),
        (_large_numbers, "DB530"),
    ],
)
def test_refusing_takes_no_memory(make: Callable[[Path], None], code: str, deck: Path) -> None:
    """If this failed, the machine would be out of memory before it could say that a file is too large."""
    _peak(deck)  # what is loaded once
    _, usual = _peak(deck)
    make(deck)
    result, peak = _peak(deck)
    assert code in codes(result)
    assert peak < usual + 500_000


def _peak(deck: Path) -> tuple[BuildResult, int]:
    """Check the deck; return the result, and the most bytes that were held at once."""
    tracemalloc.start()
    try:
        return check(deck), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_build_opens_no_connection(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, whoever runs a host that a stranger's deck names would know when and where it is built."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a build opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    remote = "![a](https://elsewhere.example/a.png) <https://elsewhere.example/> ![b](//elsewhere.example/b.png)"
    (deck / "remote.md").write_text(f"# T\n\n1) q\n\n    {remote}\n", "utf-8")
    result = build(deck, Options(output=deck.parent / "deck.apkg"))
    assert codes(result) == ["DB405"]
    assert result.apkg


@pytest.mark.parametrize(
    "extensions", ["[]", "[codehilite]", "[pymdownx.highlight, pymdownx.superfences]", "[pymdownx.extra]"]
)
def test_long_code_is_coloured_by_nobody(extensions: str, tmp_path: Path) -> None:
    """If this failed, a block of blanks in the right language would keep a build busy for minutes."""
    (tmp_path / "deck.yml").write_text(f"flavour: python-markdown\nmarkdown_extensions: {extensions}\n", "utf-8")
    code = "    ```autoit\n    x" + " " * 50_000 + "x\n    ```\n"
    (tmp_path / "notes.md").write_text(f"# T\n\n1) q\n\n{code}", "utf-8")
    begun = time.process_time()
    result = check(tmp_path, Options(write=False))
    assert not result.failed
    assert time.process_time() - begun < 10


def _rows(*cells: tuple[str, str, str]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def test_the_page_on_limits_names_all_of_them(rewrite_fixtures: bool) -> None:
    """If this failed, whoever meets a limit would not find how much it is and how to raise it."""
    page = ROOT / "docs" / "limits.md"
    raised = _rows(*((f"`{name}`", f"{most:,}", what) for name, (most, what) in DEFAULTS.items()))
    fixed = _rows(
        ("blocks inside one another", f"{MAX_NESTING}", "DB214, DB410"),
        ("HTML elements open at once", f"{MAX_OPEN_TAGS}", "DB402, taken out"),
        ("attributes of an element", f"{MAX_ATTRIBUTES}", "DB402, taken out"),
        ("characters of a block of code that is coloured", f"{MAX_HIGHLIGHTED:,}", "stays plain"),
        ("elements that an SVG draws", f"{MAX_DRAWN:,}", "DB406"),
        ("levels, and nodes, of a piece of YAML", f"{MAX_DEPTH}, and {MAX_NODES:,}", "DB112"),
        ("characters, names, levels, variants and steps of a drill", "see [drills](drills.md)", "DB514, DB535"),
    )
    text = page.read_text("utf-8")
    tables = re.findall(r"\|---\|---\|---\|\n((?:(?:\||LIMITS|BOUNDS).*\n)+)", text)
    assert len(tables) == 2
    if rewrite_fixtures:
        for old, new in zip(tables, (raised, fixed), strict=True):
            text = text.replace(old, new + "\n")
        page.write_text(text, "utf-8")
        tables = [raised + "\n", fixed + "\n"]
    assert tables == [raised + "\n", fixed + "\n"]


def test_every_test_that_security_names_is_there() -> None:
    """If this failed, SECURITY.md would promise what nothing holds."""
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    lines = [line for line in text.split("\n") if line.startswith("| ") and "| tested in |" not in line]
    rows = [line.strip("| ").split("|") for line in lines]
    assert len(rows) > 15
    for promise, *_, tests in rows:
        named = re.findall(r"`(tests/[^`]+)`", tests)
        assert named, promise
        for name in named:
            assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("piece", ["[", "![", "[[", "[a](", "<a ", "``a`", "<http://a", "*a", "_a*"])
def test_python_markdown_is_not_given_what_would_keep_it_busy(piece: str, tmp_path: Path) -> None:
    """If this failed, one answer of a stranger's could keep a build busy for hours: its time grows with the square."""
    (tmp_path / "deck.yml").write_text("flavour: python-markdown\n", "utf-8")
    (tmp_path / "notes.md").write_text(f"# T\n\n1) q\n\n    {piece * (20_000 // len(piece))}\n", "utf-8")
    errors = [(one.code, one.span.line) for one in check(tmp_path).diagnostics if one.is_error]
    assert errors in ([("DB413", 5)], [("DB105", 1), ("DB413", 3)])
    table = "\n".join(f"    | [a{n}](https://example.org/{n}) | `b[{n}]` |" for n in range(200))
    notes = f"# T\n\n1) q\n\n    | a | b |\n    |---|---|\n{table}\n\n    ```python\n    {'[' * 5_000}\n    ```\n"
    (tmp_path / "notes.md").write_text(notes, "utf-8")
    assert not check(tmp_path).failed, "tables of links and long code are no attack"


LONG_LINES = [
    "a",
    "word ",
    "*",
    "**a ",
    "_a",
    "[",
    "[a](",
    "<",
    "<a ",
    "<!--",
    "` `` ",
    "$a ",
    "$$",
    "\\",
    "&",
    "www.a",
    "~a",
    "|a",
]
PLACES = ["1) q\n\n    {}\n", "1) {}\n\n    a\n", "1) q (Hint: {})\n\n    a\n", "## {}\n\n1) q\n\n    a\n"]


@pytest.mark.parametrize("piece", LONG_LINES)
def test_a_line_of_ten_megabytes_is_refused_unread(piece: str, tmp_path: Path) -> None:
    """If this failed, one line of a stranger's file could keep a build busy for hours, and fill the memory."""
    for number, place in enumerate(PLACES):
        size = 1_000_000 if number else 10_000_000
        line = place.format(piece * (size // len(piece)))
        (tmp_path / "notes.md").write_text(f"# T\n\n{line}", "utf-8")
        assert "DB140" in codes(check(tmp_path))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (">" * 100_000 + " a", ["DB105", "DB214"]),
        ("> " * 100_000 + "a", ["DB105", "DB214"]),
        ("- " * 100_000 + "a", ["DB105", "DB214"]),
        ("1) q\n\n    " + "> " * 40_000 + "a", ["DB214", "DB410", "DB603"]),
        ("1) q\n\n    " + "<b>" * 20_000 + "a", ["DB402"]),
        ("1) q\n\n    $" + "{" * 40_000 + "$", ["DB409"]),
        ("1) q <!-- card: " + "[" * 9_000 + " -->\n\n    a", ["DB112"]),
        ("# h\n" * 100_000, ["DB105"]),
        ("".join(f"{'#' * (n % 6 + 1)} h{n}\n" for n in range(20_000)), ["DB105"]),
        ("# h\n" * 1_000_000, ["DB140"]),
    ],
    ids=[
        "quotes",
        "quotes with blanks",
        "lists",
        "quotes in an answer",
        "tags",
        "braces",
        "YAML",
        "headings",
        "levels",
        "a million headings",
    ],
)
def test_what_is_nested_or_repeated_without_end_is_told(text: str, found: list[str], tmp_path: Path) -> None:
    """If this failed, a stranger's file of a few kilobytes could end a build in a traceback."""
    (tmp_path / "notes.md").write_text(f"# T\n\n{text}\n", "utf-8")
    assert sorted({*codes(check(tmp_path))} - {"DB402"} | {code for code in found if code == "DB402"}) == found
