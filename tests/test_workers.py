"""Work that is shared out: the same comes of it, and however it ends, nothing of it goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deckbuilder.pipeline import Options, build
from deckbuilder.workers import WorkerDied, shared_out

ROOT = Path(__file__).parents[1]
SPAWNED = """
import sys, multiprocessing
from pathlib import Path
from deckbuilder import workers
from deckbuilder.pipeline import Options, build
if __name__ == "__main__":
    workers._context = lambda: multiprocessing.get_context("spawn")
    result = build(Path(sys.argv[1]), Options(output=Path(sys.argv[2]), now=1_700_000_000, jobs=2))
    assert not result.failed, result.diagnostics
"""
STOPPED = """
import sys, time
from pathlib import Path
from deckbuilder import drafting
from deckbuilder.cli import main

def begin_and_never_end(task, tell=None):
    Path(sys.argv[3], task.file.path.name).touch()
    time.sleep(60)

if __name__ == "__main__":
    drafting.draft_file = begin_and_never_end
    main(["build", sys.argv[1], "-o", sys.argv[2], "--jobs", "2", "--no-cache"])
"""


def double(number: int) -> int:
    return 2 * number


def refuse(number: int) -> int:
    raise ValueError(f"no {number}")


def die(number: int) -> int:
    os._exit(number)


def deck_of_files(folder: Path, count: int) -> Path:
    deck = folder / "deck"
    deck.mkdir()
    for number in range(count):
        (deck / f"{number}.md").write_text(
            f"# Part {number}\n\n1) What is {number}?\n\n   It is ${number}$.\n", "utf-8"
        )
    return deck


def test_each_result_comes_with_its_number() -> None:
    """If this failed, the notes of one file could stand under the name of another."""
    assert dict(shared_out(double, range(20), 3)) == {number: 2 * number for number in range(20)}


def test_what_a_task_raises_comes_through() -> None:
    """If this failed, a bug would end without its traceback, or not at all."""
    with pytest.raises(ValueError, match="no 1"):
        list(shared_out(refuse, [1], 2))


def test_a_worker_that_dies_is_told_of() -> None:
    """If this failed, a build would wait for ever for a process that the system has ended."""
    with pytest.raises(WorkerDied):
        list(shared_out(die, [1, 2], 2))


def test_a_worker_that_dies_leaves_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this failed, a machine short of memory could retire half of a deck."""
    deck, made = deck_of_files(tmp_path, 4), tmp_path / "made.apkg"
    monkeypatch.setattr("deckbuilder.drafting.draft_file", die_of)
    result = build(deck, Options(output=made, jobs=2, cache=tmp_path / "kept"))
    assert [found.code for found in result.diagnostics] == ["DB130"]
    assert not made.exists()
    assert not (deck / "deck.lock").exists()


def die_of(task: object, tell: object = None) -> None:
    os._exit(1)


def script(folder: Path, text: str, *arguments: Path) -> subprocess.Popen[str]:
    """Run a script in a session of its own, as a terminal runs a command."""
    path = folder / "script.py"
    path.write_text(text, "utf-8")
    return subprocess.Popen(
        [sys.executable, str(path), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.02)


def is_running(session: int) -> bool:
    """Whether any process of a session is left."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


def test_processes_that_begin_from_nothing_make_the_same(tmp_path: Path) -> None:
    """If this failed, macOS and Windows would build another deck than Linux, or none."""
    deck, lock = deck_of_files(tmp_path, 4), tmp_path / "deck" / "deck.lock"
    process = script(tmp_path, SPAWNED, deck, tmp_path / "spawned.apkg")
    _, said = process.communicate()
    assert process.returncode == 0, said
    text = lock.read_text("utf-8")
    lock.unlink()
    build(deck, Options(output=tmp_path / "alone.apkg", now=1_700_000_000))
    assert lock.read_text("utf-8") == text
    assert (tmp_path / "alone.apkg").read_bytes() == (tmp_path / "spawned.apkg").read_bytes()


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_being_stopped_leaves_no_process_and_no_file(tmp_path: Path, how: str) -> None:
    """If this failed, an author who stops a build, or whose editor does, would find processes that never end."""
    deck, begun = deck_of_files(tmp_path, 4), tmp_path / "begun"
    begun.mkdir()
    process = script(tmp_path, STOPPED, deck, tmp_path / "made.apkg", begun)
    wait_until(lambda: len(list(begun.iterdir())) == 2 or process.poll() is not None)
    if how == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    else:
        process.kill()
    _, said = process.communicate()
    assert said.strip() == ("Aborted!" if how == "SIGINT" else "")
    wait_until(lambda: not is_running(process.pid))
    assert not (tmp_path / "made.apkg").exists()
    assert not (deck / "deck.lock").exists()
