"""`resolve` as an author or a script calls it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deckbuilder.cli import main
from tests.test_deciding import AFTER, BEFORE, LINE, OLD, Deck

TWO = AFTER.replace("L4 norm", "L6 norm").replace("The largest value of a functional on the unit ball", "Not much")


@pytest.fixture
def deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deck:
    monkeypatch.chdir(tmp_path)
    return Deck(tmp_path)


def run(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(main, ["resolve", *words], input=said)


def test_a_question_in_doubt_is_shown_with_a_word_diff_and_decided(deck: Deck) -> None:
    """If this failed, an author could not see what is asked, or the answer would be lost."""
    result = run(said="s\n")
    assert result.exit_code == 0, result.output
    assert "1 of 1  content/notes.md:3:4: What shape does the unit ball of the L2 norm have?" in result.stdout
    assert f"1) {OLD}  (Norms; was in build/norms.apkg)" in result.stdout
    assert "[-L1-]{+L2+} norm have?" in result.stdout
    assert "[-diamond with its corners on the axes-]{+ball, round all over+}" in result.stdout
    assert "[s]ame, [n]ew, skip [Enter], [q]uit?" in result.stdout
    assert f"wrote content/deck.lock\n  content/notes.md:3 is the same note, {OLD}\n" in result.stdout
    assert result.stdout.endswith("next: deckbuilder build content\n")
    assert deck.codes() == []


@pytest.mark.parametrize(("said", "word"), [("n\n", "a new note"), ("what\nNEW\n", "a new note"), ("1\n", "the same")])
def test_answers_are_words_letters_or_numbers(deck: Deck, said: str, word: str) -> None:
    """If this failed, a piped answer would be taken for another, or for none."""
    result = run(said=said)
    assert result.exit_code == 0, result.output
    assert f"content/notes.md:3 is {word}" in result.stdout
    assert "DB303" not in deck.codes()


@pytest.mark.parametrize("said", ["\n", "skip\n", "q\n", ""])
def test_what_is_skipped_stays_to_be_asked(deck: Deck, said: str) -> None:
    """If this failed, an author who is not sure would have decided all the same."""
    before = (deck.folder / "deck.lock").read_bytes()
    result = run(said=said)
    assert result.exit_code == 0
    assert "nothing was decided; nothing was written" in result.stdout
    assert (deck.folder / "deck.lock").read_bytes() == before
    assert deck.codes() == ["DB303"]


def test_nothing_to_decide_is_said(deck: Deck) -> None:
    """If this failed, an author would wait for a question that does not come."""
    deck.write(BEFORE)
    assert run().stdout == "there is nothing to decide\n"


def test_a_missing_lock_is_told_and_not_taken_for_nothing_to_decide(deck: Deck) -> None:
    """If this failed, an author whose lock is lost would be told that all is well."""
    (deck.folder / "deck.lock").unlink()
    result = run()
    assert result.exit_code == 1
    assert "error[DB322]" in result.stderr
    assert not (deck.folder / "deck.lock").exists()


def test_scripts_decide_by_options(deck: Deck) -> None:
    """If this failed, CI and editors could not answer."""
    result = run("content", "--same", f"{OLD}=content/notes.md:{LINE + 2}")
    assert result.exit_code == 0, result.output
    assert deck.codes() == []
    deck.write(AFTER.replace("L2", "L5").replace("A ball, round all over", "No shape that is known"))
    assert deck.codes() == ["DB303"]
    assert run("--new", "notes.md:3:4").exit_code == 0
    assert deck.codes() == []


def test_a_refused_decision_takes_all_others_with_it(deck: Deck) -> None:
    """If this failed, half of a script's decisions would be written, and the next run refuse them."""
    before = (deck.folder / "deck.lock").read_bytes()
    result = run("--same", f"{OLD}=content/notes.md:3", "--new", "content/notes.md:99")
    assert result.exit_code == 1
    assert "error[DB345]" in result.stderr
    assert (deck.folder / "deck.lock").read_bytes() == before


@pytest.mark.parametrize("words", [("--same", "x"), ("--same", "=a.md:3"), ("--same", "a=b"), ("--new", "a.md")])
def test_a_wrong_command_line_is_told_from_a_refusal(deck: Deck, words: tuple[str, str]) -> None:
    """If this failed, a script could not tell its own mistake from the deck's."""
    assert run("content", *words).exit_code == 2


def test_the_json_report_tells_doubts_and_decisions(deck: Deck) -> None:
    """If this failed, an editor could not show what is asked, nor know what was written."""
    asked = json.loads(run("--format", "json").stdout)
    assert list(asked) == ["deck", "lock", "decided", "doubts", "diagnostics"]
    assert asked["lock"] is None
    (doubt,) = asked["doubts"]
    assert (doubt["file"], doubt["line"], doubt["answer"]) == ("content/notes.md", 3, "A ball, round all over.")
    (candidate,) = doubt["candidates"]
    assert (candidate["key"], candidate["answer"]) == (OLD, "A diamond with its corners on the axes.")
    done = json.loads(run("--format", "json", "--same", f"{OLD}=content/notes.md:3").stdout)
    assert done["lock"] == "content/deck.lock"
    assert [(one["decision"], one["key"], one["line"]) for one in done["decided"]] == [("same", OLD, 3)]
    refused = run("--format", "json", "--same", "nothing=content/notes.md:3")
    assert refused.exit_code == 1
    assert [one["code"] for one in json.loads(refused.stdout)["diagnostics"]] == ["DB345"]


def test_the_build_names_the_very_lines_to_paste(deck: Deck) -> None:
    """If this failed, the help of an error would be a riddle; or what it says would not work."""
    said = CliRunner().invoke(main, ["build"]).stderr
    line = f"deckbuilder resolve content --same {OLD}=content/notes.md:3"
    assert f"`{line}`" in said
    assert "`deckbuilder resolve content --new content/notes.md:3`" in said
    assert CliRunner().invoke(main, line.split()[1:]).exit_code == 0
    assert deck.codes() == []


def test_a_lone_file_is_decided_about_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, only decks in folders could be asked about."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "my notes.md"
    path.write_text(BEFORE, "utf-8")
    assert CliRunner().invoke(main, ["build", "my notes.md", "--new-deck"]).exit_code == 0
    path.write_text(AFTER, "utf-8")
    said = CliRunner().invoke(main, ["build", "my notes.md"]).stderr
    assert f"`deckbuilder resolve 'my notes.md' --same '{OLD}=my notes.md:3'`" in said
    assert run("my notes.md", "--same", f"{OLD}=my notes.md:3").exit_code == 0
    assert CliRunner().invoke(main, ["build", "my notes.md"]).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_an_interrupt_leaves_everything_as_it_was(deck: Deck, tmp_path: Path) -> None:
    """If this failed, an author who breaks off would find half of the answers written."""
    deck.write(TWO)
    assert len(deck.desk().doubts) == 2
    before = (deck.folder / "deck.lock").read_bytes()
    command = [sys.executable, "-m", "deckbuilder", "resolve"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("s\n")
        process.stdin.flush()
        for line in process.stdout:
            if "2 of 2" in line:
                break
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode in (130, -signal.SIGINT)
    assert (deck.folder / "deck.lock").read_bytes() == before
    assert sorted(path.name for path in deck.folder.iterdir()) == ["deck.lock", "deck.yml", "notes.md"]


def silent_terminal() -> tuple[int, int]:
    """Return both ends of a terminal that does not show what is typed."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    how = termios.tcgetattr(theirs)
    how[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, how)
    return ours, theirs


def press(terminal: int, key: bytes) -> None:
    """Press a key until something comes of it: what is typed before a program reads single keys is thrown away."""
    ready: list[int] = []
    while not ready:
        os.write(terminal, key)
        ready, _, _ = select.select([terminal], [], [], 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
@pytest.mark.parametrize(("pressed", "says"), [(b"s", "is the same note"), (b"n", "is a new note"), (b"\r", "nothing")])
def test_on_a_terminal_one_key_is_an_answer(deck: Deck, tmp_path: Path, pressed: bytes, says: str) -> None:
    """If this failed, an author would press a key and wait."""
    ours, theirs = silent_terminal()
    command = [sys.executable, "-m", "deckbuilder", "resolve"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while b"uit?" not in said:
            said += os.read(ours, 4096)
        press(ours, pressed)
        with contextlib.suppress(OSError):  # the terminal is gone with the process
            while piece := os.read(ours, 4096):
                said += piece
    os.close(ours)
    assert process.returncode == 0
    assert says in said.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no terminals of this kind")
def test_ctrl_c_on_a_terminal_leaves_everything_as_it_was(deck: Deck, tmp_path: Path) -> None:
    """If this failed, breaking off would write what was answered so far."""
    deck.write(TWO)
    before = (deck.folder / "deck.lock").read_bytes()
    ours, theirs = silent_terminal()
    command = [sys.executable, "-m", "deckbuilder", "resolve"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        for key in (b"s", b"\x03"):
            asked = said.count(b"uit?")
            while said.count(b"uit?") == asked:
                said += os.read(ours, 4096)
            press(ours, key)
        with contextlib.suppress(OSError):
            while os.read(ours, 4096):
                pass
    os.close(ours)
    assert process.returncode in (130, -signal.SIGINT)
    assert (deck.folder / "deck.lock").read_bytes() == before
