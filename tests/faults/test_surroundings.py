"""What surrounds the command: streams that are closed, full or not read, signals, rights, folders, locales, disks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.program import COMMAND, deck_in, files_in, lock_of, obey_modes, ran
from tests.support.killing import rows_of, scene, state

ROOT = Path(__file__).parents[2]


def test_signals_and_exit_codes_are_documented() -> None:
    """Scripts that call the command would have to find out for themselves what its exit codes mean."""
    text = (ROOT / "README.md").read_text("utf-8")
    for code in ("0", "1", "2", "3", "130"):
        assert f"{code} " in text[text.index("Exit codes: ") :].partition("\n\n")[0]


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "XDG_CACHE_HOME": None, "USERPROFILE": None, "LOCALAPPDATA": None},
        {"HOME": "here", "XDG_CACHE_HOME": "there"},
        {"LC_ALL": "C", "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "nonsense", "LANG": "nonsense", "PYTHONUTF8": None},
        {"TMPDIR": "nowhere", "TEMP": "nowhere", "TMP": "nowhere"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=["no home", "relative folders", "ASCII", "no locale", "no TMPDIR", "ASCII streams"],
)
def test_the_environment_changes_nothing(tmp_path: Path, environment: dict[str, str | None]) -> None:
    """A package built in a container, a hook or a cron job would be another, or fail where people wait for it."""
    deck = deck_in(tmp_path)
    (deck / "Einführung → 2.md").write_text("# Ä\n\n1. Was ist „ä“?\n\n   Ein Umlaut: 😀. ![](ö.svg)\n", "utf-8")
    shutil.copy(deck / "dot.svg", deck / "ö.svg")
    for _ in range(2):  # the first build gives each note its GUID
        plain = ran("build", "content", "-o", "a.apkg", at=tmp_path, environment={"SOURCE_DATE_EPOCH": "1700000000"})
        assert plain.returncode == 0, plain.stderr
    lock = (deck / "deck.lock").read_bytes()
    given = {"SOURCE_DATE_EPOCH": "1700000000", **environment}
    done = ran("build", "content", "-o", "b.apkg", "--format", "json", at=tmp_path, environment=given)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.apkg").read_bytes() == (tmp_path / "b.apkg").read_bytes()
    assert (deck / "deck.lock").read_bytes() == lock
    told = json.loads(done.stdout)
    assert "Was ist „ä“?" in [note["question"] for note in told["notes"]]
    assert "content/Einführung → 2.md" in [note["file"] for note in told["notes"]]
    assert {path.name for path in tmp_path.iterdir()} == {"content", "a.apkg", "b.apkg"}


def test_a_clock_that_was_set_back_is_told(tmp_path: Path) -> None:
    """Changes would be stamped earlier than the last ones, and Anki would drop them."""
    deck = deck_in(tmp_path)
    assert ran("build", "content", at=tmp_path).returncode == 0
    lock = (deck / "deck.lock").read_text("utf-8")
    ahead = lock.replace(f'"born": {lock_of(deck).born}', '"born": 4000000000')
    (deck / "deck.lock").write_text(ahead, "utf-8")
    before = files_in(tmp_path)
    done = ran("build", "content", at=tmp_path)
    assert done.returncode == 1
    assert "error[DB311]" in done.stderr
    assert files_in(tmp_path) == before


if os.name == "posix":  # Windows has neither these streams and signals nor modes of folders

    @pytest.mark.parametrize("output", ["/dev/full", os.devnull])
    def test_an_output_that_takes_nothing_is_told_and_nothing_is_undone(tmp_path: Path, output: str) -> None:
        """A log on a full disk would end in a traceback, and nobody would know whether the deck was built."""
        deck = deck_in(tmp_path)
        full = Path(output).exists() and output != os.devnull  # macOS has no such device
        stdout = os.open(output if full else os.devnull, os.O_WRONLY if full else os.O_RDONLY)
        done = ran("build", "content", at=tmp_path, stdout=stdout, stderr=subprocess.PIPE)
        os.close(stdout)
        assert done.returncode == 3
        assert done.stderr.startswith("Error: the report cannot be written: ")
        assert done.stderr.count("\n") == 1
        assert lock_of(deck).notes

    def test_an_output_that_nobody_reads_ends_as_in_other_programs(tmp_path: Path) -> None:
        """`deckbuilder build | head -1` would end in a traceback."""
        deck_in(tmp_path)
        for arguments in (("check", "content"), ("--help",)):
            reading, writing = os.pipe()
            os.close(reading)
            done = ran(*arguments, at=tmp_path, stdout=writing, stderr=subprocess.PIPE)
            os.close(writing)
            assert (done.returncode, done.stderr) == (-signal.SIGPIPE, "")

    @pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
    @pytest.mark.parametrize("command", ["build", "check"])
    def test_closed_streams_are_done_without(tmp_path: Path, command: str, closed: tuple[int, ...]) -> None:
        """A daemon's build would crash, or its report end up inside the package that was opened in its place."""
        deck = deck_in(tmp_path)
        (deck / "more" / "open.md").write_text("# Open\n\n1. Why?\n", "utf-8")
        line = " ".join([*COMMAND, command, "content", *(f"{number}>&-" for number in closed)])
        done = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)
        assert 1 in closed or "Faults: 5 notes" in done.stdout
        if command == "build":
            assert len(lock_of(deck).notes) == 5
            assert (tmp_path / "build" / "faults.apkg").read_bytes().startswith(b"PK\3\4")

    @pytest.mark.parametrize(("sent", "said"), [("SIGINT", "Interrupted.\n"), ("SIGTERM", "Stopped.\n")])
    def test_being_stopped_is_said_in_a_line(tmp_path: Path, sent: str, said: str) -> None:
        """Ctrl-C would show the inside of the program, and a loop in a shell go on with the next deck."""
        deck_in(tmp_path)
        program = (
            "import os, signal, sys; from deckbuilder import pipeline; from deckbuilder.__main__ import run\n"
            f"pipeline.read_files = lambda *_: os.kill(os.getpid(), signal.{sent})\n"
            "sys.argv[1:] = ['build', 'content']; run()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr, done.stdout) == (-getattr(signal, sent), said, "")
        assert not (tmp_path / "build").exists()

    def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
        """`nohup deckbuilder build` would end with the terminal all the same."""
        deck_in(tmp_path)
        program = (
            "import os, signal, sys; from deckbuilder import pipeline; from deckbuilder.__main__ import run\n"
            "real = pipeline.read_files\n"
            "pipeline.read_files = lambda *a: os.kill(os.getpid(), signal.SIGHUP) or real(*a)\n"
            "sys.argv[1:] = ['check', 'content']; run()"
        )
        line = ["sh", "-c", f"trap '' HUP; exec {sys.executable} -c \"$1\"", "-", program]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    # ── folders and rights ──────────────────────────────────────────────────────────────────────────────────────────

    def test_a_folder_that_is_no_more(tmp_path: Path) -> None:
        """Whoever removed the folder that the shell is in would get a traceback."""
        here = tmp_path / "here"
        here.mkdir()
        deck = deck_in(tmp_path)
        for words, code in ((("check",), "DB101"), (("build", deck), "DB610"), (("init",), "DB610")):
            here.mkdir(exist_ok=True)
            done = ran(*words, at=here, before=here.rmdir)
            assert (done.returncode, code in done.stderr) == (1, True), done.stderr
            assert "Traceback" not in done.stderr

    READ_ONLY = {
        "build": ("build", "content"),
        "build elsewhere": ("build", "content", "-o", "../made.apkg"),
        "release": ("release", "1.0"),
        "init": ("init", "other"),
        "preview": ("preview", "content", "--static", "site"),
    }

    @pytest.mark.parametrize("name", READ_ONLY)
    def test_a_folder_that_may_not_be_written(tmp_path: Path, name: str) -> None:
        """A checkout that is mounted read-only would end in a traceback, or in half of what a command writes."""
        work = tmp_path / "work"
        deck = deck_in(work)
        for line in ("init -q", "add -A", "-c user.name=A -c user.email=a@example.org commit -qm One"):
            subprocess.run(["git", *line.split()], cwd=work, check=True)
        before = files_in(tmp_path)
        for folder in (work, deck, deck / "more"):
            folder.chmod(0o555)
        done = ran(*READ_ONLY[name], at=work, before=obey_modes)
        for folder in (work, deck, deck / "more"):
            folder.chmod(0o755)
        assert done.returncode == 1
        assert "Permission denied" in done.stderr
        assert "error[DB610]" in done.stderr or done.stderr.splitlines()[-1].startswith("Error: site cannot be written")
        assert files_in(tmp_path) == before

    def test_reading_needs_no_right_to_write(tmp_path: Path) -> None:
        """A check in CI, on a checkout and a cache that are read-only, would fail."""
        deck = deck_in(tmp_path)
        kept = tmp_path / "cache"
        kept.mkdir(mode=0o555)
        for folder in (tmp_path, deck, deck / "more"):
            folder.chmod(0o555)
        nowhere = {"XDG_CACHE_HOME": str(kept), "TMPDIR": str(kept)}
        done = [ran(*words, at=tmp_path, before=obey_modes, environment=nowhere) for words in (
            ("check", "content"), ("drill", "list"), ("diff", "content"),
        )]  # fmt: skip
        for folder in (tmp_path, deck, deck / "more"):
            folder.chmod(0o755)
        assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]

    def test_what_is_made_follows_the_umask(tmp_path: Path) -> None:
        """Notes that somebody keeps to themselves would be readable by all once they are built."""
        deck = deck_in(tmp_path)
        assert ran("build", "content", at=tmp_path, before=lambda: os.umask(0o077) and None).returncode == 0
        made = (tmp_path / "build", tmp_path / "build" / "faults.apkg", deck / "deck.lock")
        assert [path.stat().st_mode & 0o077 for path in made] == [0, 0, 0]

    # ── disks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def nothing_may_grow(limit: int = 0) -> None:
        """Let no file of this process become longer than so many bytes, as on a disk that is full."""
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    @pytest.mark.parametrize("limit", [0, 1, 2_000, 20_000, 60_000, 110_000])
    @pytest.mark.parametrize("command", ["build", "release", "init", "preview"])
    def test_a_disk_that_takes_no_more(tmp_path: Path, command: str, limit: int) -> None:
        """SQLite and the system itself refuse in their own ways: a package would be cut short, a lock half written."""
        deck = deck_in(tmp_path)
        for line in ("init -q", "add -A", "-c user.name=A -c user.email=a@example.org commit -qm One"):
            subprocess.run(["git", *line.split()], cwd=tmp_path, check=True)
        words = {"release": ("release", "1.0"), "init": ("init", "x"), "preview": ("preview", "--static", "x")}
        before = files_in(tmp_path)
        done = ran(*words.get(command, (command,)), at=tmp_path, before=lambda: nothing_may_grow(limit))
        assert done.returncode == 1 or (command, limit) in FITS, done.stdout
        if done.returncode == 1:
            assert "DB610" in done.stderr or "cannot be written" in done.stderr, done.stderr
            assert any(why in done.stderr for why in ("File too large", "is full", "I/O", "No usable temporary"))
            assert {name: kept for name, kept in files_in(tmp_path).items() if name in before} == before
            assert not list(deck.rglob(".deckbuilder-*.tmp"))
            assert not (tmp_path / "build").exists()

    FITS = {("init", 2_000), ("init", 20_000), ("init", 60_000), ("init", 110_000)}
    """What needs no longer files than that."""

    # ── collections ─────────────────────────────────────────────────────────────────────────────────────────────────

    @pytest.mark.parametrize("limit", [0, 1_000, 60_000, 150_000])
    def test_a_disk_that_takes_no_more_of_a_push(tmp_path: Path, limit: int) -> None:
        """Anki's own library refuses in its way: a push would end in a traceback, or leave a collection torn."""
        stage = scene("push", tmp_path)
        stage.reset()
        before, collection = state(stage.now), stage.now / "Me" / "collection.anki2"
        done = ran("push", "content", "--collection", collection, "-y", at=stage.now / "repository",
                   before=lambda: nothing_may_grow(limit))  # fmt: skip
        assert done.returncode == 1, done.stdout
        assert "error[DB8" in done.stderr or "error[DB610]" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        assert rows_of(collection) == before["Me/collection.anki2"]
        assert state(stage.now) == before

    @pytest.mark.parametrize("limit", [0, 1_000, 150_000])
    def test_a_disk_that_takes_no_more_of_a_proof(tmp_path: Path, limit: int) -> None:
        """`verify` would end in a traceback, as if the package were at fault."""
        deck_in(tmp_path)
        assert ran("build", "content", "-o", "made.apkg", at=tmp_path).returncode == 0
        done = ran("verify", "made.apkg", at=tmp_path, before=lambda: nothing_may_grow(limit))
        assert done.returncode == 1
        assert "error[DB8" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
