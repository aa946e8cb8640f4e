"""Attacks by everything but the text of a card: settings, names, pictures, the lock, files that are no text."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from deckbuilder.cli.main import main
from deckbuilder.pipeline import Options, build, check
from deckbuilder.waivers import allowed
from tests.attacks.harmless import Judge, sides_of
from tests.attacks.test_corpus import codes
from tests.support.apkg import opened
from tests.support.learner import Learner
from tests.support.pictures import png

NOTES = "# Attacks\n\n1) What comes of it?\n\n    An answer.\n"
PYTHON_MARKDOWN = "flavour: python-markdown\nmarkdown_extensions:"
OPENS_TAG = re.compile(r"<[A-Za-z/!?]")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    """A deck of one question, with a file beside it that is none of its business."""
    folder = tmp_path / "deck"
    folder.mkdir()
    (folder / "notes.md").write_text(NOTES, "utf-8")
    (tmp_path / "secret.png").write_bytes(png(1, 1))
    return folder


def outcome(deck: Path) -> tuple[Path | None, list[str]]:
    """Build the deck; return the package, None where it is refused, and the codes of what was found."""
    output = deck.parent / "out" / "deck.apkg"
    result = build(deck, Options(output=output))
    assert output.exists() == (not result.failed)
    if result.failed:
        assert not (deck / "deck.lock").exists() or "lock" in deck.parent.name
    return result.apkg, codes(result)


# ── settings and names ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ('name: "<img src=x onerror=alert(1)>"', ["DB115"]),
        ('name: "a\\u202eb"', ["DB115"]),
        ('name: "a\\u0000b"', ["DB115"]),
        ("name: a < b & c {{Answer}}", []),
        (f"name: {'long ' * 200}", ["DB115"]),
        ('version: "<b>1</b> [sound:a.mp3] \\\\(x\\\\) {{Key}}"', []),
        ('tags: ["<img/src=x/onerror=alert(1)>"]', ["DB115"]),
        ('tags: ["[sound:a.mp3]"]', ["DB115"]),
        ('tags: ["\\\\(\\\\href{javascript:alert(1)}{x}\\\\)"]', ["DB115"]),
        ("tags: [R&D, \"{{Answer}}\", a::b]", []),
        ('tag_prefix: "<svg/onload=alert(1)>"', ["DB115"]),
        ('description: "<script>alert(1)</script> <b onclick=alert(1)>b</b> <img src=https://e.example/>"', ["DB402"]),
        ('description: "a <a href=javascript:alert(1)>b</a> {{Answer}} 1 < 2 & 3"', ["DB402"]),
        ("source_url: javascript:alert(1)//{path}", ["DB115"]),
        ("source_url: https://example.org/><script>alert(1)</script>[sound:a.mp3]{path}#L{line}", []),
        ("id: ../../x", ["DB115"]),
        ("exclude: ['" + "*a" * 60 + "b']", []),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", ["DB111"]),
        ("name: " + "[" * 5_000, ["DB112"]),
        ("tags: [" + "a, " * 30_000 + "b]", ["DB112"]),
        ("name: !!python/object/apply:os.system ['touch written']", ["DB115"]),
        ("name: !!python/name:os.system ''", ["DB110", "DB115"]),
        ("subdecks: !!bool x", ["DB110", "DB115"]),
        ("version: !!timestamp 99999-01-01", ["DB110"]),
        ("subdecks: 0x" + "f" * 5_000, ["DB115"]),
        ("a" * 5_000 + ": 1", ["DB110"]),
        ("a" * 1_000 + ": 1", ["DB114"]),
        (PYTHON_MARKDOWN + " [pymdownx.snippets]", ["DB407"]),
        (PYTHON_MARKDOWN + " [os, 'pymdownx.snippets:SnippetExtension']", ["DB407"]),
        (PYTHON_MARKDOWN + " [codehilite: {cssfile: written}]", ["DB407"]),
        (PYTHON_MARKDOWN + " [codehilite: {css_class: \"\\uFDD2db-card\"}]", []),
        (f"{PYTHON_MARKDOWN} [pymdownx.superfences: {{custom_fences: [{{name: a, class: b, format: c}}]}}]", []),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_setting_brings_nothing_into_anki(
    settings: str, found: list[str], deck: Path, cards: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, whoever opens or reviews a stranger's deck would run what its deck.yml says."""
    monkeypatch.chdir(deck.parent)
    (deck / "deck.yml").write_text(settings + "\n", "utf-8")
    apkg, codes_found = outcome(deck)
    assert codes_found == found
    assert {path.name for path in deck.parent.iterdir()} <= {"deck", "out", "secret.png"}
    if apkg:
        assert cards.faults(apkg) == []
        assert cards.faults_of_decks(apkg) == []


def test_a_heading_brings_nothing_into_the_list_of_decks(deck: Path, cards: Judge) -> None:
    """If this failed, a heading that quotes HTML would be HTML on the page of its deck."""
    headings = ["`<img src=x onerror=alert(1)>`", "&lt;script&gt;alert(1)&lt;/script&gt;", "a < b \u202e \u200f c"]
    text = "".join(
        f"# {heading}\n\n{number}) What is it, {number}?\n\n    It.\n\n" for number, heading in enumerate(headings)
    )
    (deck / "notes.md").write_text(text, "utf-8")
    apkg, _ = outcome(deck)
    assert apkg
    assert cards.faults(apkg) == []
    assert cards.faults_of_decks(apkg) == []
    with Learner() as learner:
        learner.import_package(apkg)
        names = learner.decks()
    assert any("a < b" in name for name in names)
    assert not any(OPENS_TAG.search(name) or "\u202e" in name for name in names)


ODD_NAMES = [
    '"><script>alert(1)<x>.md', r"\(\href{javascript:alert(1)}{x}\).md", "a\nb.md", "a\x1b[2Jb.md", "\u202eb.md",
]  # fmt: skip
NAMES = [
    "a'b&c.md",
    "[sound:a.mp3].md",
    "{{Answer}}.md",
    *(ODD_NAMES if os.name == "posix" else []),
    *([os.fsdecode(b"\xff\xfe.md")] if sys.platform == "linux" else []),
]  # fmt: skip


@pytest.mark.parametrize("url", ["", "source_url: https://example.org/{path}#L{line}\n"], ids=["text", "link"])
@pytest.mark.parametrize("name", [name for name in NAMES if "\udcff" not in name], ids=ascii)
def test_the_name_of_a_file_is_only_a_name(name: str, url: str, deck: Path, cards: Judge) -> None:
    """If this failed, a file's name, which stands at the foot of each of its cards, could be more than a name."""
    (deck / "notes.md").rename(deck / name)
    (deck / "deck.yml").write_text(f"name: A\n{url}", "utf-8")
    apkg, found = outcome(deck)
    assert found == []
    assert apkg
    assert cards.faults(apkg) == []


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_report_can_name_it(name: str, form: str, deck: Path) -> None:
    """If this failed, a file's name would end a command in a traceback, in place of what is wrong with the file."""
    (deck / "notes.md").rename(deck / name)
    (deck / name).write_text(NOTES + "\n2) Another one.\n", "utf-8")
    run = CliRunner().invoke(main, ["check", str(deck), "--format", form])
    assert isinstance(run.exception, SystemExit | None)
    assert run.exit_code == (1 if "\udcff" in name else 0), "a name that is no text is refused"
    assert "\x1b" not in run.output
    assert form in ("json", "sarif") or "\u202e" not in run.output  # those two are for programs


def test_a_drill_carries_no_options_of_pygments_past_the_filter(deck: Path) -> None:
    r"""If this failed, a `\r` that YAML makes would hide a fence from the filter, and Pygments can name files."""
    (deck / "deck.yml").write_text(f"{PYTHON_MARKDOWN} [codehilite, attr_list]\n", "utf-8")
    fence = r'"a\r\r```{.python lineseparator=PASSED filename=PASSED linenos=table}\rb = @{a}\r```\r"'
    drill = f"params: {{a: {{range: [1, 40]}}}}\nexample: {{a: 2}}\nask: {fence}\nanswer: a\nsteps: [{fence}]\n"
    block = "".join(f"    {line}\n" for line in ("```drill", *drill.splitlines(), "```"))
    (deck / "notes.md").write_text(f"# T\n\n1) How much?\n\n{block}", "utf-8")
    apkg, _ = outcome(deck)
    assert apkg
    shown = [text for side in sides_of(apkg) for text in side.fields.values()]
    assert any("linenos" in text for text in shown), "what may be said of a fence's lines is done"
    assert not any("PASSED" in text for text in shown)


# ── waivers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

WAIVED = """\
# Attacks

1) What comes of it?

    An answer. ![a](https://elsewhere.example/a.png) $\\newcommand{\\a}{b} \\a$

    <!-- lint: {DB405: trust me, DB429: trust me} -->
"""


@pytest.mark.parametrize("place", ["comment", "section", "deck.yml"])
def test_strict_cannot_be_switched_off_by_the_text_that_it_checks(place: str, deck: Path) -> None:
    """If this failed, a pull request would waive the very findings that `--strict` is there to refuse."""
    comment = "<!-- lint: {DB405: trust me, DB429: trust me} -->"
    text = WAIVED
    if place == "section":
        text = WAIVED.replace(f"    {comment}\n", "").replace("1)", f"{comment}\n\n1)")
    if place == "deck.yml":
        text = WAIVED.replace(f"    {comment}\n", "")
        (deck / "deck.yml").write_text("ignore: {DB405: trust me, DB429: {notes.md: trust me}}\n", "utf-8")
    (deck / "notes.md").write_text(text, "utf-8")
    assert codes(check(deck)) == [], "without --strict an author may let them stand"
    strict = check(deck, Options(strict=True))
    assert [found.code for found in strict.diagnostics if found.is_error] == ["DB405", "DB429"]
    told = [found.code for found in strict.diagnostics if not found.is_error]
    assert told == ["DB793", "DB793"], "and is told why they do not count"
    outside = (allowed("DB405"), allowed("DB429"))
    assert not check(deck, Options(strict=True, allow=outside)).failed
    waivers = deck.parent / "waivers.yml"
    waivers.write_text("DB405: looked at\nDB429: {'*.md': looked at}\n", "utf-8")
    assert not check(deck, Options(strict=True, waivers=waivers)).failed


@pytest.mark.parametrize("what", ["inside", "link", "linked folder", "pipe", "error", "history"])
def test_a_file_of_waivers_is_the_maintainers_own(what: str, deck: Path) -> None:
    """If this failed, a pull request could bring the file along, or a waiver of an error or of lost histories."""
    (deck / "notes.md").write_text(WAIVED, "utf-8")
    waivers = deck.parent / "waivers.yml"
    waivers.write_text({"error": "DB303: x\n", "history": "DB308: x\n"}.get(what, "DB405: x\nDB429: x\n"), "utf-8")
    if what == "inside":
        waivers = waivers.rename(deck / "waivers.yml")
    elif what == "link":
        (deck / "w.yml").symlink_to(waivers)
        waivers = deck / "w.yml"
    elif what == "linked folder":
        (deck / "more").mkdir()
        (deck.parent / "aside").symlink_to(deck / "more")
        waivers = waivers.rename(deck.parent / "aside" / "waivers.yml")
    elif what == "pipe":
        waivers.unlink()
        os.mkfifo(waivers)
    found = check(deck, Options(strict=True, waivers=waivers))
    assert found.failed
    assert {one.code for one in found.diagnostics} & {"DB102", "DB791", "DB794"}


# ── the lock ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", '"><script>alert(1)</script>'),
        ("key", r"\(\href{javascript:alert(1)}{x}\)"),
        ("key", "a\u202eb"),
        ("key", "a" * 1_000),
        ("guid", "<img src=x onerror=alert(1)>"),
        ("guid", "a b"),
        ("deck", "<img src=x onerror=alert(1)>"),
        ("deck", "a\u0007b"),
        ("text", "\ud800"),
        ("was", ["<b>"]),
        ("left", ["<svg/onload=alert(1)>"]),
        ("mod", 10**30),
        ("born", 10**13),
        ("mod", -1),
        ("slots", [{"n": "<b>"}]),
        ("slots", [{"slot": 1, "values": {"a": "[" * 1_000}, "answers": {}}]),  # once a traceback of 2,984 lines
        ("slots", [{"slot": 1, "values": {"a": "[" * 1_000 + "]" * 1_000}, "answers": {}}]),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_lock_may_be_a_strangers_too(field: str, value: object, deck: Path) -> None:
    """If this failed, a pull request that only touches deck.lock could bring code onto cards, or end in a traceback."""
    apkg, _ = outcome(deck)
    assert apkg
    before = apkg.read_bytes()
    lock = deck / "deck.lock"
    lines = [json.loads(line) for line in lock.read_text("utf-8").split("\n") if line]
    for line in lines:
        if field in line or (field in ("was", "left", "slots") and "key" in line):
            line[field] = value
    lock.write_text("\n\n".join(json.dumps(line) for line in lines) + "\n", "utf-8")
    result = build(deck, Options(output=apkg))
    assert codes(result) == ["DB307"]
    assert result.diagnostics[0].span.file.endswith("deck.lock")
    assert apkg.read_bytes() == before


# ── pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _made(deck: Path) -> None:
    """Put into the deck what the tricks below need."""
    (deck / "media").mkdir()
    (deck / "media" / "good.png").write_bytes(png(2, 2))
    (deck / "media" / "é.png").write_bytes(png(3, 3))
    (deck / "media" / "text.txt").write_text("x", "utf-8")
    (deck / "media" / "page.png").write_text("<script>alert(1)</script>", "utf-8")
    (deck / "media" / "folder.png").mkdir()
    (deck / "media" / "huge.png").write_bytes(png(60_000, 60_000))
    (deck / "media" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (deck / "media" / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\n", "utf-8")
    if os.name == "posix":
        (deck / "media" / "link.png").symlink_to(deck.parent / "secret.png")
        (deck / "media" / "loop.png").symlink_to("loop.png")
        (deck / "out").symlink_to(deck.parent)
        os.mkfifo(deck / "media" / "pipe.png")
        (deck / "media" / "zero.png").symlink_to("/dev/zero")


LINKS = [
    ("media/link.png", ["DB404"]),
    ("media/loop.png", ["DB403"]),
    ("out/secret.png", ["DB404"]),
    ("media/pipe.png", ["DB406"]),
    ("media/zero.png", ["DB404"]),
]
TRICKS = [
    ("media/good.png", []),
    ("./media/../media/good.png", []),
    ("media\\good.png", []),
    ("media/good.png?raw=true#x", []),
    ("media/e\u0301.png", []),
    ("media/%C3%A9.png", []),
    ("../secret.png", ["DB404"]),
    ("media/../../secret.png", ["DB404"]),
    ("..\\secret.png", ["DB404"]),
    ("%2e%2e/secret.png", ["DB404"]),
    ("media/%2e%2e%2f%2e%2e%2fsecret.png", ["DB404"]),
    ("media/..%5c..%5csecret.png", ["DB404"]),
    ("%252e%252e/secret.png", ["DB403"]),
    ("/etc/passwd", ["DB404"]),
    ("\\etc\\passwd", ["DB404"]),
    ("C:/secret.png", ["DB402"]),
    ("C%3A/secret.png", ["DB404"]),
    ("\\\\server\\share\\a.png", ["DB404"]),
    ("//server/share/a.png", ["DB405"]),
    ("file:///etc/passwd", ["DB402"]),
    ("~/secret.png", ["DB403"]),
    ("$HOME/secret.png", ["DB403"]),
    ("CON.png", ["DB404"]),
    ("media/nul", ["DB404"]),
    ("media/lpt1.png", ["DB404"]),
    ("media/aux .png", ["DB404"]),
    ("media/conin$", ["DB404"]),
    ("media/good.png::$DATA", ["DB403"]),
    ("media/good.png.", ["DB403"]),
    ("media/GOOD.PNG", ["DB403"]),
    ("media/good.png%00.txt", ["DB404"]),
    ("media/ｇood.png", ["DB403"]),
    ("media/․․/․․/secret.png", ["DB403"]),
    ("media", ["DB406"]),
    (".", ["DB406"]),
    ("media/text.txt", ["DB406"]),
    ("notes.md", ["DB406"]),
    ("deck.lock", ["DB403"]),
    ("media/page.png", ["DB406"]),
    ("media/folder.png", ["DB406"]),
    ("media/huge.png", ["DB406"]),
    ("media/broken.png", ["DB406"]),
    ("media/lfs.png", ["DB406"]),
    ("media/" + "a" * 3_000 + ".png", ["DB403"]),
    *(LINKS if os.name == "posix" else []),
]  # fmt: skip


@pytest.mark.parametrize(("path", "found"), TRICKS, ids=lambda value: ascii(value)[:50])
def test_a_picture_comes_from_inside_the_deck(path: str, found: list[str], deck: Path) -> None:
    """If this failed, building a stranger's deck could carry off a file of one's own, or wait for ever."""
    _made(deck)
    (deck / "notes.md").write_text(f'# T\n\n1) q\n\n    a <img alt="x" src="{path}">\n', "utf-8")
    apkg, codes_found = outcome(deck)
    assert codes_found == found
    if apkg and not found:
        media = opened(apkg.read_bytes()).media
        assert len(media) == 1
        assert all(re.fullmatch(r"db-[0-9a-f]{16}\.png", name) for name in media)
        assert set(media.values()) <= {png(2, 2), png(3, 3)}


USES = '<path/><use href="#a{0}"/><use href="#a{0}"/><use href="#a{0}"/><use href="#a{0}"/><use href="#a{0}"/>' * 2


@pytest.mark.parametrize(
    ("drawing", "fine"),
    [
        ('<path d="M0 0"/><text>a url(b) @import c</text>', True),
        ('<defs><linearGradient id="a"/></defs><rect fill="url(#a)"/><use href="#a"/>', True),
        ("<style>.a{fill:red;background:url(#b)}</style>", True),
        ('<sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"/>', True),
        ('<metadata><RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>', True),
        ("<script>alert(1)</script>", False),
        ('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>', False),
        ('<h:meta xmlns:h="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=//a.example"/>', False),
        ('<meta http-equiv="refresh" content="0;url=https://elsewhere.example/"/>', False),
        ('<form xmlns="http://www.w3.org/1999/xhtml" action="https://elsewhere.example/"><input/></form>', False),
        ('<form action="https://elsewhere.example/"><input/></form>', False),
        ('<html xmlns="http://www.w3.org/1999/xhtml"><body>a</body></html>', False),
        ('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math>', False),
        ('<g onload="alert(1)"/>', False),
        ('<a href="javascript:alert(1)"><text>a</text></a>', False),
        ('<a xlink:href="https://elsewhere.example/"><text>a</text></a>', False),
        ('<image href="https://elsewhere.example/a.png"/>', False),
        ('<image xlink:href="file:///etc/passwd"/>', False),
        ('<use href="https://elsewhere.example/a.svg#b"/>', False),
        ("<style>a{fill:u<title>x</title>rl(http://x)}</style>", False),
        (r'<rect mask="\75rl(http://x)"/>', False),
        ('<rect><animate attributeName="onclick" to="alert(1)"/></rect>', False),
        ('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">a</p></foreignObject>', False),
        ('<set attributeName="href" to="javascript:alert(1)"/>', False),
        ('<animate attributeName="xlink:href" values="javascript:alert(1)"/>', False),
        ('<rect style="fill:url(https://elsewhere.example/a)"/>', False),
        ('<rect fill="url(\'//elsewhere.example/a\')"/>', False),
        ("<style>@import 'https://elsewhere.example/a.css';</style>", False),
        ("<style>@im<!-- -->port 'https://elsewhere.example/a.css';</style>", False),
        ("<style><![CDATA[@im]]>port 'https://elsewhere.example/a.css';</style>", False),
        ("<style>&#64;import 'https://elsewhere.example/a.css';</style>", False),
        ("<style>.a{fill:u\\72l(https://elsewhere.example/a)}</style>", False),
        ("<style>.a{background:image-set('https://elsewhere.example/a' 1x)}</style>", False),
        ("<style>" + "a" * 8_190 + "@import 'https://elsewhere.example/a.css';</style>", False),
        ('<g id="a"><use href="#a"/></g>', False),
        ('<g id="a"><path fill="url(#b)"/></g><pattern id="b"><use href="#a"/></pattern>', False),
        ("".join(f'<g id="a{n}">{USES.format(n - 1)}</g>' for n in range(1, 9)), False),
        ("<g>" * 5_000 + "</g>" * 5_000, False),
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_a_drawing_is_only_a_drawing(drawing: str, fine: bool, deck: Path) -> None:
    """If this failed, a picture could bring a script, fetch something from elsewhere, or freeze a phone."""
    (deck / "a.svg").write_text(SVG.format(drawing), "utf-8")
    (deck / "notes.md").write_text("# T\n\n1) q\n\n    ![a](a.svg)\n", "utf-8")
    apkg, found = outcome(deck)
    assert (apkg is not None, found) == ((True, []) if fine else (False, ["DB406"]))


@pytest.mark.parametrize(
    "content",
    [
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + SVG.format("<text>&b;</text>"),
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&a;</text>"),
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><svg xmlns="http://www.w3.org/2000/svg"/></body></html>',
        '<meta http-equiv="refresh" content="0;url=https://elsewhere.example/"/>',
        "<svg><rect/></svg>",
        '<?xml-stylesheet href="https://elsewhere.example/a.css"?>' + SVG.format(""),
        "<html><script>alert(1)</script></html>",
        "",
    ],
    ids=lambda content: content[:40],
)
def test_what_stands_around_a_drawing_is_nothing_more(content: str, deck: Path) -> None:
    """If this failed, an SVG's own first lines could read files or grow without end."""
    (deck / "a.svg").write_text(content, "utf-8")
    (deck / "notes.md").write_text("# T\n\n1) q\n\n    ![a](a.svg)\n", "utf-8")
    assert outcome(deck) == (None, ["DB406"])


# ── files that are no text ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"# T\n\n1) q\n\n    a\0b\n", "DB104"),
        (b"# T\n\n1) q\n\n    \xed\xa0\x80\n", "DB103"),
        (NOTES.encode("utf-16"), "DB103"),
        (b"\xff" * 100, "DB103"),
        (b"# T\n\n1) q\n\n    \xf5\x80\x80\x80\n", "DB103"),
    ],
)
def test_what_is_no_text_is_refused_at_its_place(content: bytes, found: str, deck: Path) -> None:
    """If this failed, half of a character or a NUL would come into a learner's collection, or end in a traceback."""
    (deck / "notes.md").write_bytes(content)
    assert found in outcome(deck)[1]


def test_a_key_has_no_sign_that_turns_text_around(deck: Path) -> None:
    """If this failed, a question could have a key that reads as another's."""
    (deck / "notes.md").write_text(
        "# \u202eT\u2066\n\n1) What \u202eis\u202d this \u2067here\u200f thing?\n\n    It.\n", "utf-8"
    )
    apkg, _ = outcome(deck)
    assert apkg
    side = next(sides_of(apkg))
    assert re.fullmatch(r"[\w-]+", side.fields["Key"])
    assert re.fullmatch(r"[\w:-]+", side.fields["Tags"])


def _directory(deck: Path) -> None:
    (deck / "more.md").mkdir()


def _outside(deck: Path) -> None:
    (deck.parent / "secret.md").write_text(NOTES, "utf-8")
    (deck / "more.md").symlink_to(deck.parent / "secret.md")


def _endless(deck: Path) -> None:
    (deck / "more.md").symlink_to("/dev/zero")


def _waiting(deck: Path) -> None:
    os.mkfifo(deck / "more.md")


def _around(deck: Path) -> None:
    (deck / "again").symlink_to(deck)


UNIX: list[tuple[Callable[[Path], None], list[str]]] = [
    (_around, []),
    (_outside, ["DB102"]),
    (_endless, ["DB102"]),
    (_waiting, ["DB102"]),
]


@pytest.mark.parametrize(("make", "found"), [(_directory, []), *(UNIX if os.name == "posix" else [])])
def test_a_folder_may_hold_anything(
    make: Callable[[Path], None], found: list[str], deck: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, what lies in a folder by accident or by intent could carry off a file or hang a build."""
    monkeypatch.chdir(deck)
    make(deck)
    assert outcome(deck)[1] == found


def test_folders_may_be_nested_deeper_than_python_calls(deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a stranger's repository could end a build in a traceback by its folders alone."""
    monkeypatch.chdir(deck)
    depth = 1_200 if os.name == "posix" else 40  # where paths may not be longer
    try:
        for _ in range(depth):
            Path("a").mkdir()
            os.chdir("a")
        os.chdir(deck)
        assert outcome(deck)[1] == []
    finally:  # what tidies up after tests calls itself for each folder
        os.chdir(deck)
        names = ["a"] * depth
        while names:
            Path(*names).rmdir()
            names.pop()
