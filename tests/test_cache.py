"""What is kept for the next build: never seen in what is built, whatever became of it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent, indent
from typing import TypeAlias, cast

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from deckbuilder import cache
from deckbuilder.cli.main import main
from deckbuilder.identity.guids import numbered_ids
from deckbuilder.pipeline import _DRAFT, BuildResult, Options, build
from deckbuilder.rendering.drafts import Recipe
from deckbuilder.source.passage import Line
from tests.support.drills import STEP
from tests.support.pictures import png

Writing: TypeAlias = Callable[..., str]

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
MORE_NOTES = (
    *NOTES,
    "Prove it step by step.\n\n   <!-- card: {steps: cards} -->\n   It holds.\n\n   1. **Begin.** with $a$\n"
    "   2. **Go on.** with $b$ <!-- step: {id: second} -->\n   3. **End.** with ![a curve](curve.png)",
    "How much is each?\n\n   ```drill\n   variants: 2\n   cards: per-variant\n   example: {a: 2, b: 1}\n   params:\n"
    "     a: {range: [1, 9], step: 1}\n     b: {choices: [1, 4]}\n   ask: What is @{a} + @{b}?\n   answer: a + b\n"
    "   levels:\n     hard: {params: {a: {range: [11, 19], step: 1}}, example: {a: 12, b: 4}}\n   ```",
    "How much is it now?\n\n   ```drill\n   variants: 4\n   example: {a: 3}\n   params: {a: {range: [1, 5]}}\n"
    "   ask: |\n     What is @{a} times\n     $ 2$?\n   answer: a * 3\n   ```",
    "What is listed?\n\n   <!-- lint: {DB703: they are one thing} -->\n   - a\n   - b\n   - c\n   - d",
    "What is a long mean?\n\n   The sum by the number, as above.",
    "What is a very long mean?\n\n   <!-- card: {id: long-mean, tags: [mean, long]} -->\n   The sum by the number.",
    "What has points?\n\n   An answer.\n\n   **Key points**\n\n   - one $x_i$\n   - two",
)
BOOKS = ("https://example.org/one", "https://example.org/two")
SETTINGS = (
    "",
    "version: '2'\n",
    "tags: [all]\nsubdecks: 1\ntag_prefix: ''\n",
    "source_url: https://example.org/{path}#L{line}\n",
    "ignore: {DB201: they are for later, DB702: nobody asks for it}\n",
    "flavour: python-markdown\nmarkdown_extensions: [footnotes, admonition]\n",
    "flavour: python-markdown\nmarkdown_extensions: [nl2br]\n",
    "questions: headings\n",
)


def chapter(numbers: list[int], book: int, blank_lines: int, title: str = "One") -> str:
    """Return a file of some of the notes, in an order, its definitions at its end."""
    items = "\n\n".join(f"{place}. {MORE_NOTES[number]}" for place, number in enumerate(numbers, start=1))
    gap = "\n" * blank_lines
    return f"# {title}\n{gap}\n## Section\n\n{items}\n\n## Books\n\n[book]: {BOOKS[book]}\n"


def headed(numbers: list[int], book: int, blank_lines: int, title: str) -> str:
    """Return the same with the questions as headings."""
    parts = [MORE_NOTES[number].partition("\n") for number in numbers]
    items = "\n\n".join(f"## {question}\n{dedent(answer)}" for question, _, answer in parts)
    return f"---\nquestions: headings\n---\n{chr(10) * blank_lines}# {title}\n\n{items}\n\n[book]: {BOOKS[book]}\n"


def outcome(deck: Path, kept: Path | None, now: int = NOW, jobs: int = 1) -> tuple[object, ...]:
    """Build and return everything that came of it; the lock is put back as it was."""
    lock, package = deck / "deck.lock", deck.parent / "made.apkg"
    before = lock.read_bytes() if lock.exists() else None
    package.unlink(missing_ok=True)
    result = build(deck, Options(output=package, now=now, retire=True, cache=kept, jobs=jobs, new_id=numbered_ids()))
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


@dataclass(frozen=True)
class Edition:
    """A deck as it is at one time: its settings, its picture, and of each of two files how it is written."""

    settings: str = ""
    picture: bytes = PICTURE
    notes: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    writings: tuple[Writing, Writing] = (chapter, chapter)
    books: tuple[int, int] = (0, 0)
    blank_lines: tuple[int, int] = (0, 0)

    def write(self, deck: Path) -> None:
        (deck / "deck.yml").write_text(f"name: Kept\n{self.settings}", encoding="utf-8")
        (deck / "curve.png").write_bytes(self.picture)
        for name, written, *what in zip(
            ("one", "two"), self.writings, self.notes, self.books, self.blank_lines, strict=True
        ):
            (deck / f"{name}.md").write_text(written(*what, name), encoding="utf-8")


@st.composite
def histories(draw: st.DrawFn) -> list[Edition]:
    """Return a deck and what it becomes, edit by edit: notes come, go and move, and all around them changes."""
    order = draw(st.permutations(range(len(MORE_NOTES))))
    left, there, here = order[8:], order[4:8], order[:4]
    found = [Edition(notes=(tuple(here), tuple(there)), settings=draw(st.sampled_from(SETTINGS)))]
    for _ in range(draw(st.integers(1, 4))):
        edition = found[-1]
        notes = [list(edition.notes[0]), list(edition.notes[1])]
        match draw(st.sampled_from(["add", "move", "drop", "settings", "picture", "writings", "books", "blank_lines"])):
            case "add":
                notes[draw(st.integers(0, 1))].insert(draw(st.integers(0, 4)), left.pop())
            case "move" if notes[0]:
                notes[draw(st.integers(0, 1))].insert(draw(st.integers(0, 4)), notes[0].pop())
            case "drop" if len(notes[1]) > 1:
                notes[1].pop(draw(st.integers(0, len(notes[1]) - 1)))
            case "settings":
                edition = replace(edition, settings=draw(st.sampled_from(SETTINGS)))
            case "picture":
                edition = replace(edition, picture=edition.picture + b"1")
            case "writings":
                edition = replace(edition, writings=draw(st.sampled_from([(headed, chapter), (chapter, headed)])))
            case "books" | "blank_lines" as part:
                edition = replace(edition, **{part: draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))})
        found.append(replace(edition, notes=(tuple(notes[0]), tuple(notes[1]))))
    return found


@given(histories())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_shows_that_anything_was_kept(
    tmp_path_factory: pytest.TempPathFactory, editions: list[Edition]
) -> None:
    """Otherwise a card would show what its note said before the last edit, or a finding point to the wrong line."""
    folder = tmp_path_factory.mktemp("edits")
    deck = small_deck(folder)
    for number, edition in enumerate(editions):
        edition.write(deck)
        plain = outcome(deck, None, NOW + number)
        assert outcome(deck, folder / "kept", NOW + number) == plain
        assert outcome(deck, folder / "kept", NOW + number) == plain
        if plain[2]:
            (deck / "deck.lock").write_bytes(cast("bytes", plain[2]))


CHANGES = {
    **{f"settings {number}": {"settings": text} for number, text in enumerate(SETTINGS)},
    "picture": {"picture": PICTURE + b"1"},
    "headings": {"writings": (headed, headed)},
    "definition": {"books": (1, 1)},
    "lines": {"blank_lines": (2, 3)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_seen(tmp_path: Path, change: str) -> None:
    """Otherwise an author would change a setting or a picture, and nothing would come of it for now."""
    deck, every = small_deck(tmp_path), tuple(range(len(MORE_NOTES)))
    before = Edition(notes=(every[::2], every[1::2]))
    for edition in (before, replace(before, **CHANGES[change]), before):
        edition.write(deck)
        plain = outcome(deck, None)
        assert plain[1] or edition is not before, "no package was made, so nothing is compared"
        assert outcome(deck, tmp_path / "kept") == plain


def test_a_drill_follows_the_lock(tmp_path: Path) -> None:
    """Otherwise a variant that a merge brought with deck.lock would not be on the card."""
    deck = small_deck(tmp_path)
    (deck / "one.md").write_text(chapter([9], 0, 0), encoding="utf-8")
    lock = deck / "deck.lock"
    lock.write_bytes(cast("bytes", outcome(deck, tmp_path / "kept")[2]))
    assert outcome(deck, tmp_path / "kept")[2] == lock.read_bytes()
    slot = json.loads(next(line for line in lock.read_text("utf-8").splitlines() if "slots" in line))["slots"][0]
    value = slot["values"]["a"]
    other = next(str(number) for number in range(1, 10) if f'{{"a": "{number}"}}' not in lock.read_text("utf-8"))
    text = lock.read_text("utf-8").replace(f'"values": {{"a": "{value}"}}', f'"values": {{"a": "{other}"}}')
    lock.write_text(text.replace(f'"": "{int(value) + 1}"', f'"": "{int(other) + 1}"'), encoding="utf-8")
    plain = outcome(deck, None)
    assert f"What is {other} + 1?".encode() in cast("bytes", plain[1])
    assert outcome(deck, tmp_path / "kept") == plain


def test_the_libraries_versions_are_read_as_they_are_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise what an older renderer made would stay on the cards, with its faults."""
    from importlib.metadata import version

    found = cache._versions()
    assert all(version(name) in known for name, known in zip(cache.LIBRARIES, found, strict=False))
    names = [f"{name.lower().replace('-', '_')}-9.9.dist-info" for name in (*cache.LIBRARIES, cache.EXTENSIONS)]
    for name in names:
        (tmp_path / name).mkdir()
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        assert cache._versions() == names
    monkeypatch.setattr(cache, "_installed", dict)  # as of libraries in an archive
    assert all(version(name) == known for name, known in zip(cache.LIBRARIES, cache._versions(), strict=False))


def test_a_settled_drill_is_not_settled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the build after the first one would draw and try every variant once more."""
    deck = small_deck(tmp_path)
    (deck / "one.md").write_text(chapter([9, 11], 0, 0), encoding="utf-8")
    (deck / "deck.lock").write_bytes(cast("bytes", outcome(deck, tmp_path / "kept")[2]))
    plain = outcome(deck, None)
    monkeypatch.setattr("deckbuilder.drafting.settle", refuse)
    assert outcome(deck, tmp_path / "kept") == plain


def test_any_number_of_processes_makes_the_same(tmp_path: Path) -> None:
    """Otherwise what learners get would hang on the machine that it was built on."""
    deck = small_deck(tmp_path)
    for number in range(5):
        (deck / f"{number}.md").write_text(chapter([number, number + 10], 0, number, f"More {number}"), "utf-8")
    plain = outcome(deck, None)
    assert plain[1], "no package was made, so nothing is compared"
    for jobs in (2, 3):
        assert outcome(deck, tmp_path / f"kept-{jobs}", jobs=jobs) == plain
        assert outcome(deck, tmp_path / f"kept-{jobs}", jobs=1) == plain


def test_what_is_kept_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise every build would take as long as the first."""
    deck = small_deck(tmp_path)
    first = outcome(deck, tmp_path / "kept")
    monkeypatch.setattr("deckbuilder.drafting.draft_file", refuse)
    monkeypatch.setattr("deckbuilder.drafting.settle", refuse)
    assert outcome(deck, tmp_path / "kept") == first


CODED = """\
# A

1. What is printed by `print(1)`?

   {word} this:

   ```{language}
   x = {value}
   ```

   - and this:

     ```python
     y = "<b>" * 2
     ```
"""


def test_code_that_an_edit_leaves_is_not_coloured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a word mended beside some code would cost the loading of a lexer, a twentieth of a second."""
    deck = small_deck(tmp_path)
    (deck / "one.md").write_text(CODED.format(word="Print", language="python", value=1), encoding="utf-8")
    outcome(deck, tmp_path / "kept")
    (deck / "one.md").write_text(CODED.format(word="Show", language="python", value=1), encoding="utf-8")
    plain = outcome(deck, None)
    monkeypatch.setattr("deckbuilder.rendering.code._lexer", refuse)
    assert outcome(deck, tmp_path / "kept") == plain
    assert plain[1], "no package was made, so nothing is compared"


@pytest.mark.parametrize("changed", [{"language": "text"}, {"value": 2}, {"language": "c"}])
def test_code_is_coloured_again_when_it_or_its_language_changes(tmp_path: Path, changed: dict[str, object]) -> None:
    """Otherwise a card would show the code of an earlier release, or colour it as another language."""
    deck = small_deck(tmp_path)
    written: dict[str, object] = {"word": "Print", "language": "python", "value": "1  # \\(one\\) [sound:a.mp3]"}
    for words in (written, written | changed, written):
        (deck / "one.md").write_text(CODED.format(**words), encoding="utf-8")
        assert outcome(deck, tmp_path / "kept") == outcome(deck, None)


def test_what_is_known_of_a_deck_is_known_in_a_new_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the first build in each new checkout, and each of those of a pull request, would take the longest."""
    deck = small_deck(tmp_path / "first")
    monkeypatch.chdir(deck.parent)
    first = outcome(Path("deck"), tmp_path / "kept")
    shutil.copytree(deck, tmp_path / "second" / "deck")
    monkeypatch.chdir(tmp_path / "second")
    monkeypatch.setattr("deckbuilder.drafting.draft_file", refuse)
    monkeypatch.setattr("deckbuilder.drafting.settle", refuse)
    assert outcome(Path("deck"), tmp_path / "kept") == first
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_what_is_known_of_a_deck_elsewhere_may_be_damaged_or_of_other_cards(tmp_path: Path) -> None:
    """Otherwise a build would go by what a torn copy, or a deck of the same name, makes of the same question."""
    first = small_deck(tmp_path / "first")
    outcome(first, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    second = small_deck(tmp_path / "second")
    (second / "one.md").write_text(chapter([3, 2, 6], 1, 1), encoding="utf-8")
    plain = outcome(second, None)
    assert plain[1], "no package was made, so nothing is compared"
    assert outcome(second, tmp_path / "kept") == plain
    kept.write_bytes(kept.read_bytes()[:9000])
    third = small_deck(tmp_path / "third")
    assert outcome(third, tmp_path / "kept") == outcome(third, None)


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
    monkeypatch.setattr("deckbuilder.drafting.draft_file", refuse)
    with pytest.raises(AssertionError, match="this is known"):
        outcome(deck, tmp_path / "kept")


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.2, 0.3, 0.37, 0.44, 0.5, 0.6, 0.75, 0.9, 0.99])
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
    monkeypatch.setattr("deckbuilder.drafting.draft_file", refuse)
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


def test_a_forged_recipe_of_a_drill_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the bytes from which a drill is made again would do what the cache's own bytes must not."""
    monkeypatch.chdir(tmp_path)
    deck = small_deck(tmp_path)
    block = indent(f"```drill\n{STEP}```\n", "    ")
    (deck / "drill.md").write_text(f"# Drills\n\n1) One step of descent.\n\n{block}", "utf-8")
    build(deck, Options(output=tmp_path / "first.apkg", now=NOW))  # the deck is prepared twice, with the same ids
    plain = outcome(deck, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    with sqlite3.connect(kept) as database:
        (body,) = database.execute("SELECT body FROM shelf WHERE name = 'drill.md'").fetchone()
        whole = pickle.loads(body)[_DRAFT]
        (question,) = whole.questions
        draft = structs.replace(question.draft, recipe=Recipe(pickle.dumps(_Trap())))
        forged = pickle.dumps({_DRAFT: structs.replace(whole, questions=(structs.replace(question, draft=draft),))})
        database.execute("UPDATE shelf SET digest = ?, body = ? WHERE name = 'drill.md'", (cache._seal(forged), forged))
    database.close()
    assert outcome(deck, tmp_path / "kept") == plain
    assert not (tmp_path / "trapped").exists()


def test_a_forged_frame_has_no_say_over_the_database(tmp_path: Path) -> None:
    """Otherwise whoever can write to the cache could have the build write any file that its user can write."""
    deck = small_deck(tmp_path)
    plain = outcome(deck, tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    database = sqlite3.connect(kept)
    (body,) = database.execute("SELECT body FROM shelf WHERE name = 'package'").fetchone()
    written = tmp_path / "written"
    attached = {
        digest: structs.replace(frame, tables=(f"ATTACH '{written.as_posix()}' AS other", *frame.tables))
        for digest, frame in pickle.loads(body).items()
    }
    forged = pickle.dumps(attached)
    database.execute("UPDATE shelf SET body = ?, digest = ? WHERE name = 'package'", (forged, cache._seal(forged)))
    database.commit()
    database.close()
    assert outcome(deck, tmp_path / "kept") == plain
    assert not written.exists()


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
    assert sorted(name for (name,) in database.execute("SELECT name FROM shelf")) == ["one.md", "package"]
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
