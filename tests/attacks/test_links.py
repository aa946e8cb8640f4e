"""Links, pipes and devices in a stranger's checkout, in the place of every file that a command reads or writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.author import Author

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices as Linux and macOS have them")

SECRET = "a-secret-of-this-machine"
NOTES = "# Attacks\n\n1) What comes of it?\n\n    An answer.\n"
FORMS = ("text", "json", "github", "sarif")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's checkout with a deck of one question, as the present folder; a secret lies outside it."""
    folder = tmp_path / "checkout"
    (folder / "content").mkdir(parents=True)
    (folder / "content" / "notes.md").write_text(NOTES, "utf-8")
    (tmp_path / "secret").write_text(f"{SECRET}=1\n", "utf-8")
    (tmp_path / "outside").mkdir()
    monkeypatch.chdir(folder)
    return folder


def deckbuilder(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own, with a secret in its environment, for at most a minute."""
    return subprocess.run(
        [sys.executable, "-m", "deckbuilder", *arguments],
        capture_output=True, text=True, timeout=60, env=os.environ | {"A_SECRET": SECRET},
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def put(path: Path, what: str) -> None:
    """Put a link to `what` at `path`; "pipe" stands for a pipe."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(what)


TARGETS = ["/proc/self/environ", "/dev/zero", "/dev/stdin", "pipe", "../../secret"]


@pytest.mark.parametrize("what", TARGETS)
@pytest.mark.parametrize("file", ["x.md", "deck.yml", "deck.lock", "notes.deck.lock"])
def test_a_link_out_of_the_deck_is_refused_and_nothing_of_it_is_shown(file: str, what: str, checkout: Path) -> None:
    """If this failed, a pull request could print this machine's secrets into a public log, or never end."""
    put(checkout / "content" / file, what)
    source = "content/notes.md" if file == "notes.deck.lock" else "content"
    for form in FORMS if what == TARGETS[0] else ("text",):
        run = deckbuilder("check", source, "--format", form)
        assert run.returncode == 1
        assert SECRET not in run.stdout + run.stderr
        assert "DB102" in run.stdout + run.stderr
        assert "Traceback" not in run.stderr


def test_a_file_too_large_to_read_is_not_read_for_the_report(checkout: Path) -> None:
    """If this failed, a file refused for its size would fill the memory all the same, to show its first line."""
    with (checkout / "content" / "x.md").open("wb") as file:
        file.write(b"the first line\n")
        file.truncate(200 << 20)
    run = deckbuilder("check", "content")
    assert run.returncode == 1
    assert "DB106" in run.stderr
    assert "the first line" not in run.stderr


@pytest.mark.parametrize("command", ["build", "check", "diff", "push"])
def test_the_deck_itself_may_not_be_a_link_out_of_the_checkout(command: str, checkout: Path) -> None:
    """If this failed, `content` in a pull request could be a link to the maintainer's own notes, and publish them."""
    outside = checkout.parent / "outside"
    (outside / "diary.md").write_text(NOTES.replace("An answer", SECRET), "utf-8")
    (checkout / "deck").symlink_to(outside)
    source = (checkout / "deck").as_posix() if command == "check" else "deck"
    run = deckbuilder(command, source, *(["--dry-run", "--collection", "c.anki2"] if command == "push" else []))
    assert run.returncode == 1
    assert SECRET not in run.stdout + run.stderr
    assert sorted(path.name for path in outside.iterdir()) == ["diary.md"]


def test_a_link_within_the_checkout_is_fine(checkout: Path) -> None:
    """If this failed, a folder that is linked under a second name could not be built under it."""
    (checkout / "deck").symlink_to("content")
    (checkout / "content" / "again.md").symlink_to("notes.md")
    run = deckbuilder("check", "deck/notes.md")
    assert run.returncode == 0, run.stderr


def test_nothing_is_written_through_a_link(checkout: Path) -> None:
    """If this failed, `build` in a pull request could be a link to a folder whose files the package replaces."""
    outside = checkout.parent / "outside"
    (checkout / "build").symlink_to(outside)
    run = deckbuilder("build")
    assert run.returncode == 1
    assert "leads it out of this folder" in run.stderr
    assert list(outside.iterdir()) == []
    assert not (checkout / "content" / "deck.lock").exists()
    assert deckbuilder("build", "--output", (outside / "x.apkg").as_posix()).returncode == 0, "named, it is meant"


@pytest.mark.parametrize("what", ["pipe", "/dev/zero", "../../secret"])
def test_the_last_package_is_no_link_either(what: str, checkout: Path) -> None:
    """If this failed, comparing with the last build would wait for a pipe or read what a link leads to."""
    assert deckbuilder("build").returncode == 0
    put(checkout / "build" / "content.apkg", what)
    (checkout / "content" / "notes.md").write_text(NOTES.replace("An answer", "Another"), "utf-8")
    run = deckbuilder("diff")
    assert SECRET not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("what", ["pipe", "/dev/zero", "../../secret", "loop.apkg"])
@pytest.mark.parametrize(
    "command", ["verify build/x.apkg", "lock restore build/x.apkg", "diff build/x.apkg build/x.apkg", "resolve"]
)
def test_no_command_waits_for_a_package(command: str, what: str, checkout: Path) -> None:
    """If this failed, a pipe or a device in the place of a package would keep whoever looks at it for ever."""
    put(checkout / "build" / "x.apkg", what)
    put(checkout / "build" / "content.apkg", what)
    put(checkout / "build" / "loop.apkg", "loop.apkg")
    run = deckbuilder(*command.split())
    assert run.returncode == 1 or command == "resolve"
    assert SECRET not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("what", ["../../secret", "/proc/self/environ", "/dev/zero"])
@pytest.mark.parametrize("file", ["RELEASES.md", "deck.yml"])
def test_a_release_copies_nothing_that_a_link_leads_to(
    file: str, what: str, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If this failed, a secret of the maintainer's would be in the list of releases, committed and published."""
    author = Author(checkout / "own")
    monkeypatch.chdir(author.root)
    put(author.deck / file, what)
    author.commit()
    run = deckbuilder("release", "1.0")
    assert run.returncode == 1
    assert SECRET not in run.stdout + run.stderr
    assert (author.deck / file).is_symlink()
    assert not (author.root / "build").exists()


@pytest.mark.parametrize("file", [".gitattributes", ".gitignore"])
def test_init_reads_no_pipe(file: str, checkout: Path) -> None:
    """If this failed, `init` in a stranger's checkout would wait for ever, or copy what a link leads to."""
    put(checkout / file, "../secret")
    run = deckbuilder("init", "new")
    assert run.returncode == 1
    assert not (checkout / "new").exists()
    put(checkout / file, "pipe")
    assert deckbuilder("init", "new").returncode == 1


def test_a_folder_that_pretends_to_be_a_repository_runs_nothing(checkout: Path) -> None:
    """If this failed, a pull request could run any program by the settings of a `.git` that is not called so."""
    subprocess.run(["git", "init", "--quiet"], check=True)
    deck = checkout / "content"
    for folder in ("objects", "refs/heads"):
        (deck / folder).mkdir(parents=True)
    (deck / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    ran = checkout.parent / "ran"
    worktree = f'worktree = "{deck.as_posix()}"\n\tfsmonitor = "touch {ran.as_posix()}; false"'
    (deck / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\t{worktree}\n", "utf-8")
    for command in (["check"], ["build"], ["resolve"], ["release", "1.0"], ["build", "content/notes.md"]):
        run = deckbuilder(*command)
        assert run.returncode == 1, "a missing lock is not made anew while nobody can say whether git knows it"
        assert "pretends to be a git repository" in run.stderr
        assert not ran.exists()
    assert not (deck / "deck.lock").exists()
