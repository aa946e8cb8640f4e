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
from msgspec.structs import replace

from deckbuilder.pipeline import Options, build
from deckbuilder.workers import WorkerDied, beside, shared_out

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
from deckbuilder.__main__ import run

deck, output, begun = sys.argv[1:]

def begin_and_never_end(task, tell=None):
    Path(begun, task.file.path.name).touch()
    time.sleep(60)

if __name__ == "__main__":
    drafting.draft_file = begin_and_never_end
    sys.argv[1:] = ["build", deck, "-o", output, "--jobs", "2", "--no-cache"]
    run()
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


def process_of(number: int) -> int:
    return os.getpid()


def sleep_for_long(begun: Path) -> None:
    begun.write_text(str(os.getpid()), "utf-8")
    time.sleep(600)


@pytest.fixture(params=["beside", "here"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do a task in a copy of this process, if the system can, and as all other systems do."""
    can = request.param == "beside" and sys.platform == "linux"
    monkeypatch.setattr("deckbuilder.workers._can_be_copied", lambda: can)


@pytest.mark.usefixtures("_either_way")
def test_a_task_done_beside_gives_what_it_gives_here() -> None:
    """If this failed, an edit of a large deck would build another deck, or hide a bug."""
    with beside(double, 21) as result:
        assert result() == 42
    with beside(refuse, 7) as result, pytest.raises(ValueError, match="no 7"):
        result()


if sys.platform == "linux":  # elsewhere no process is begun, and the task is done here

    def test_a_task_beside_is_done_by_another_process_that_is_gone_with_the_block(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If this failed, nothing would be gained, or an error would leave a process at work for nobody."""
        monkeypatch.setattr("deckbuilder.workers._can_be_copied", lambda: True)
        with beside(process_of, 0) as result:
            assert result() != os.getpid()
        begun = tmp_path / "begun"
        with pytest.raises(ZeroDivisionError), beside(sleep_for_long, begun):
            wait_until(lambda: begun.exists() and begun.read_text("utf-8") != "")
            raise ZeroDivisionError
        with pytest.raises(ProcessLookupError):
            os.kill(int(begun.read_text("utf-8")), 0)

    def test_a_task_beside_that_is_killed_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
        """If this failed, a machine short of memory could have a build wait for ever, or go by half a draft."""
        monkeypatch.setattr("deckbuilder.workers._can_be_copied", lambda: True)
        with beside(die, 1) as result, pytest.raises(WorkerDied):
            result()

    @pytest.mark.parametrize("how", ["drafts", "dies"])
    def test_an_edit_of_a_large_deck_is_drafted_beside(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        """If this failed, the deck would be another than one process makes, or be written without the edited file."""
        monkeypatch.setattr("deckbuilder.workers._can_be_copied", lambda: True)
        monkeypatch.setattr("deckbuilder.pipeline.WORTH_A_COPY", 0)
        deck, kept = deck_of_files(tmp_path, 4), tmp_path / "kept"
        options = Options(output=tmp_path / "made.apkg", now=1_700_000_000, cache=kept, jobs=None)
        assert not build(deck, options).failed
        for number in (1, 2):
            path = deck / f"{number}.md"
            path.write_text(path.read_text("utf-8").replace("It is", "It equals"), "utf-8")
        before = options.output.read_bytes() if options.output else b""
        if how == "dies":
            monkeypatch.setattr("deckbuilder.drafting.draft_file", die_of)
            assert [found.code for found in build(deck, options).diagnostics] == ["DB130"]
            assert (tmp_path / "made.apkg").read_bytes() == before
            return
        later = {"now": 1_700_000_100}
        lock = (deck / "deck.lock").read_bytes()
        result = build(deck, replace(options, **later))
        (deck / "deck.lock").write_bytes(lock)
        alone = build(deck, replace(options, output=tmp_path / "alone.apkg", cache=None, jobs=1, **later))
        assert (result.notes, result.diagnostics) == (alone.notes, alone.diagnostics)
        assert (tmp_path / "made.apkg").read_bytes() == (tmp_path / "alone.apkg").read_bytes()


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
    build(deck, Options(output=tmp_path / "alone.apkg", now=1_700_000_000))
    assert lock.read_text("utf-8") == text
    assert (tmp_path / "alone.apkg").read_bytes() == (tmp_path / "spawned.apkg").read_bytes()


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_being_stopped_leaves_no_process_and_no_file(tmp_path: Path, how: str) -> None:
    """If this failed, an author who stops a build, or whose editor does, would find processes that never end."""
    deck, begun = deck_of_files(tmp_path, 4), tmp_path / "begun"
    begun.mkdir()
    process = script(tmp_path, STOPPED, deck, tmp_path / "made.apkg", begun)
    wait_until(lambda: len(list(begun.iterdir())) == 2 or process.poll() is not None)
    if how == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    else:
        process.send_signal(getattr(signal, how))
    _, said = process.communicate()
    assert said == {"SIGINT": "Interrupted.\n", "SIGTERM": "Stopped.\n", "SIGKILL": ""}[how]
    wait_until(lambda: not is_running(process.pid))
    assert not (tmp_path / "made.apkg").exists()
    assert not (deck / "deck.lock").exists()
