"""What is kept for the next build: never seen in what is built, whatever became of it."""

from __future__ import annotations

import os
import pickle
import sqlite3
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deckbuilder import cache
from deckbuilder.cli.main import main
from deckbuilder.pipeline import BuildResult, Options, build
from deckbuilder.rendering.options import RenderOptions
from deckbuilder.rendering.remembered import remembered
from deckbuilder.rendering.renderer import render
from deckbuilder.source.passage import Line, Passage
from tests.support.pictures import png

NOW = 1_700_000_000
PICTURE = png()

NOTES = (
    "What is a mean?\n\n   The sum by the number: $\\frac{1}{n} \\sum x$.\n\n   - it moves\n   - it is *one* number",
    "Why a picture?\n\n   ![a curve](curve.png) and ![](curve.png)",
    "Derive it.\n\n   $$\n   y = x\n   $$\n\n   1. **First.** take it\n   2. **Then.** keep it",
    "Implement it.\n\n   ```python\n   def f(x):\n       return x\n   ```\n\n   **Complexity:** $O(1)$.",
    "What is removed?\n\n   <script>alert(1)</script> and a <b>bold</b>, $ x^2$ and [here](a.md): \\begin{align}",
    "What is defined?\n\n   See [the book][book] and $x$y.",
    "What is hinted at? (Hint: a mean)\n\n   An answer. TODO say\n   more $a<b$.",
    "What is not answered?",
    "What\tstands by tabs?\n\n\tAn answer after a tab.\n\n\t> said by somebody\n   lazily",
    "How much is it?\n\n   ```drill\n   variants: 3\n   example: {a: 2}\n   params:\n     a: {range: [1, 9], step: 1}\n"
    "   ask: What is @{a} + 1?\n   answer: a + 1\n   ```",
)
BOOKS = ("https://example.org/one", "https://example.org/two")


def chapter(numbers: list[int], book: int, blank_lines: int, title: str = "One") -> str:
    """Return a file of some of the notes, in an order, its definitions at its end."""
    items = "\n\n".join(f"{place}. {NOTES[number]}" for place, number in enumerate(numbers, start=1))
    gap = "\n" * blank_lines
    return f"# {title}\n{gap}\n## Section\n\n{items}\n\n## Books\n\n[book]: {BOOKS[book]}\n"


def outcome(deck: Path, kept: Path | None) -> tuple[object, ...]:
    """Build and return everything that came of it; the lock is put back as it was."""
    lock, package = deck / "deck.lock", deck.parent / "made.apkg"
    before = lock.read_bytes() if lock.exists() else None
    package.unlink(missing_ok=True)
    result = build(deck, Options(output=package, now=NOW, retire=True, cache=kept))
    made = package.read_bytes() if package.exists() else b""
    after = lock.read_bytes() if lock.exists() else b""
    if before is None:
        lock.unlink(missing_ok=True)
    else:
        lock.write_bytes(before)
    return said(result), made, after


def said(result: BuildResult) -> tuple[object, ...]:
    return result.questions, result.notes, result.diagnostics


def small_deck(folder: Path) -> Path:
    """Write a deck without errors."""
    deck = folder / "deck"
    deck.mkdir(parents=True)
    (deck / "deck.yml").write_text("name: Kept\n", encoding="utf-8")
    (deck / "curve.png").write_bytes(PICTURE)
    (deck / "one.md").write_text(chapter([0, 2, 3], 0, 0), encoding="utf-8")
    (deck / "two.md").write_text(chapter([4, 5], 0, 0, "Two"), encoding="utf-8")
    return deck


chapters = st.tuples(
    st.lists(st.integers(0, len(NOTES) - 1), min_size=1, max_size=5, unique=True), st.integers(0, 1), st.integers(0, 2)
)


@given(st.lists(st.tuples(chapters, chapters), min_size=2, max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_shows_that_anything_was_kept(
    tmp_path_factory: pytest.TempPathFactory, editions: list[tuple[tuple[list[int], int, int], ...]]
) -> None:
    """Otherwise a card would show what its note said before the last edit, or a finding point to the wrong line."""
    folder = tmp_path_factory.mktemp("edits")
    deck = small_deck(folder)
    for edition in editions:
        for name, written in zip(("one.md", "two.md"), edition, strict=True):
            (deck / name).write_text(chapter(*written, name), encoding="utf-8")
        plain = outcome(deck, None)
        assert outcome(deck, folder / "kept") == plain
        assert outcome(deck, folder / "kept") == plain


def test_what_is_kept_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise every build would take as long as the first."""
    deck = small_deck(tmp_path)
    first = outcome(deck, tmp_path / "kept")
    monkeypatch.setattr("deckbuilder.pipeline.read_document", refuse)
    monkeypatch.setattr("deckbuilder.rendering.renderer.render_github", refuse)
    assert outcome(deck, tmp_path / "kept") == first


def refuse(*given: object, **named: object) -> None:
    raise AssertionError("this is known")


def test_a_note_that_moved_is_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a line at the top of a long file would cost as much as a new file."""
    deck = small_deck(tmp_path)
    outcome(deck, tmp_path / "kept")
    (deck / "two.md").write_text(chapter([5, 4], 0, 2, "Two"), encoding="utf-8")
    plain = outcome(deck, None)
    monkeypatch.setattr("deckbuilder.rendering.renderer.render_github", refuse)
    assert outcome(deck, tmp_path / "kept") == plain


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (chapter([5], 0, 0), chapter([5], 1, 0)),
        ("# A\n\n1. What?\n\n   $ x^2$\n", "# A\n\n1.  What?\n\n    $ x^2$\n"),
        ("# A\n\n1. What?\n\n   $x$ and\n   $ x^2$\n", "# A\n\n1. What?\n\n   <!-- c -->\n   $x$ and\n   $ x^2$\n"),
    ],
    ids=["definition", "indent", "line"],
)
def test_the_same_words_elsewhere_are_not_the_same(tmp_path: Path, before: str, after: str) -> None:
    """Otherwise a link would lead where it led before, and a finding would point beside what it means."""
    deck = small_deck(tmp_path)
    (deck / "one.md").write_text(before, encoding="utf-8")
    outcome(deck, tmp_path / "kept")
    (deck / "one.md").write_text(after, encoding="utf-8")
    plain = outcome(deck, None)
    assert plain[1], "no package was made, so nothing is compared"
    assert outcome(deck, tmp_path / "kept") == plain


def test_another_program_finds_out_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a mended renderer would go on showing what the broken one made."""
    deck = small_deck(tmp_path)
    outcome(deck, tmp_path / "kept")
    monkeypatch.setattr(cache, "_program", lambda: b"another")
    monkeypatch.setattr("deckbuilder.pipeline.read_document", refuse)
    with pytest.raises(AssertionError, match="this is known"):
        outcome(deck, tmp_path / "kept")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.5, 0.75, 0.99])
@pytest.mark.parametrize("how", ["cut", "overwritten"])
def test_a_damaged_cache_is_as_none(tmp_path: Path, share: float, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a full disk or a crash would end in wrong cards, or in a build that fails until someone finds out."""
    deck = small_deck(tmp_path)
    plain = outcome(deck, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    content = kept.read_bytes()
    at = int(share * len(content))
    kept.write_bytes(content[:at] + (b"" if how == "cut" else b"\xa5" * 900 + content[at + 900 :]))
    assert outcome(deck, tmp_path / "kept") == plain
    assert outcome(deck, tmp_path / "kept") == plain
    monkeypatch.setattr("deckbuilder.pipeline.read_document", refuse)
    assert outcome(deck, tmp_path / "kept") == plain


def test_a_cache_that_cannot_be_written_is_as_none(tmp_path: Path) -> None:
    """Otherwise a build in a container without a home would fail."""
    deck = small_deck(tmp_path)
    plain = outcome(deck, None)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert outcome(deck, tmp_path / "file" / "kept") == plain


def test_a_cache_in_use_is_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise of two builds at once one would fail, or wait for the other."""
    monkeypatch.setattr(cache, "_WAIT", 0.05)
    deck = small_deck(tmp_path)
    plain = outcome(deck, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert outcome(deck, tmp_path / "kept") == plain
    other.execute("ROLLBACK")
    other.close()
    assert kept.exists()


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("trapped",)


def test_a_forged_cache_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise whoever can write to the cache could run what they like at the next build."""
    monkeypatch.chdir(tmp_path)
    deck = small_deck(tmp_path)
    plain = outcome(deck, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    body = pickle.dumps(_Trap())
    with sqlite3.connect(kept) as database:
        database.execute("UPDATE shelf SET digest = ?, body = ?", (cache._seal(body), body))
    database.close()
    assert outcome(deck, tmp_path / "kept") == plain
    assert not (tmp_path / "trapped").exists()


def test_what_nobody_needs_is_let_go(tmp_path: Path) -> None:
    """Otherwise the cache would grow with every file that was renamed and every deck that was ever built."""
    deck = small_deck(tmp_path)
    kept = tmp_path / "kept"
    outcome(deck, kept)
    (own,) = kept.iterdir()
    old = kept / "another.cache"
    old.write_bytes(b"of a deck that is no more")
    os.utime(old, (time.time() - 61 * 86_400,) * 2)
    (deck / "two.md").unlink()
    outcome(deck, kept)
    assert list(kept.iterdir()) == [own]
    database = sqlite3.connect(own)
    assert database.execute("SELECT name FROM shelf").fetchall() == [("one.md",)]
    database.close()


def test_caches_stay_below_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise they would fill the disk of somebody with many decks."""
    monkeypatch.setattr(cache, "KEPT_BYTES", 1000)
    deck = small_deck(tmp_path)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "another.cache").write_bytes(b"recent")
    outcome(deck, kept)
    assert "another.cache" not in [path.name for path in kept.iterdir()]
    assert len(list(kept.iterdir())) == 1


def test_the_command_keeps_in_the_users_own_folder_or_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise there would be strange files among the sources, or no way to do without."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    deck = small_deck(tmp_path)
    arguments = [str(deck), "-o", str(tmp_path / "made.apkg")]
    for extra in (["build", "--no-cache", *arguments], ["check", "--no-cache", str(deck)]):
        assert CliRunner().invoke(main, extra).exit_code == 0
    assert not (tmp_path / "home").exists()
    before = {path.name for path in deck.iterdir()}
    assert CliRunner().invoke(main, ["check", str(deck)]).exit_code == 0
    assert [path.suffix for path in (tmp_path / "home" / "deckbuilder").iterdir()] == [".cache"]
    assert {path.name for path in deck.iterdir()} == before


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "home/.cache/deckbuilder"),
        ("darwin", {}, "home/Library/Caches/deckbuilder"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/deckbuilder"),
        ("linux", {"XDG_CACHE_HOME": "xdg"}, "xdg/deckbuilder"),
    ],
)
def test_each_platform_has_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    """Otherwise users would find the cache where their platform's tools neither look nor clean up."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert cache.user_folder() == tmp_path / expected


def test_a_relative_folder_is_not_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise there would be a cache in every folder that a build was ever started in."""
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    folder = cache.user_folder()
    assert folder is None or folder.is_absolute()


def test_pieces_of_text_are_told_apart() -> None:
    """Otherwise two files cut at other places could be taken for each other."""
    assert cache.digest_of("a", "bc") != cache.digest_of("ab", "c")
    assert cache.digest_of("1") != cache.digest_of(1)


def test_lines_are_kept_as_they_are() -> None:
    """Otherwise the places of findings would move with what is kept."""
    line = Line("a line of two", 7, 2, ((5, 8, -3),))
    assert pickle.loads(pickle.dumps(line)) == line


def test_a_passage_is_known_by_the_places_of_all_its_characters() -> None:
    """Otherwise a finding in a text that was put together would point where it stood in another one."""
    shelf = cache.Shelf()
    for first, bends in ((7, ()), (7, ((4, 9, -2),)), (17, ()), (17, ((4, 19, -2),))):
        passage = Passage("x.md", (Line("see $ x^2$ here", first, 0, bends),))
        rendered = remembered(render, passage, RenderOptions(), {}, None, shelf)
        assert rendered == render(passage, RenderOptions())
        assert rendered.diagnostics
    assert len(shelf.used) == 2
