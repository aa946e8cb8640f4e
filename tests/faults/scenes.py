"""Commands that meet trouble at every single point, and what is left of their files.

    python -m tests.faults.scenes [SCENE …] [--share N] [--every]

A process of its own, so that it has one thread and its children can be forked, which costs them nothing.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from click.testing import CliRunner

from deckbuilder.__main__ import run
from deckbuilder.cli import main as command
from deckbuilder.files import _PREFIX as TEMPORARY
from deckbuilder.identity import guids
from tests.faults.points import ERRORS, Point, Trouble, Watch, failing, full_from, signalled
from tests.support.author import DAY, FIRST, Author

NOW = FIRST + DAY
EXPLAINED = re.compile(r"^(.+:\d+:\d+: error\[DB\d+\] |Error: )\S", re.MULTILINE)
SECONDS = 60
SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has none, and plays no scene
_LOG = 9


@dataclass
class Ending:
    """How a run ended: exit code (negative: the signal), what it said, its points, what its folder holds."""

    code: int
    said: str
    points: list[Point] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """A command that is run again and again from the same beginning.

    `prepare` makes that beginning; `recover` is what a user does before trying again. With `shows_errors` the command
    writes what it can in spite of errors.
    """

    arguments: tuple[str, ...]
    prepare: Callable[[Path], None]
    recover: Callable[[Path], None] = lambda _: None
    shows_errors: bool = False


class Stage:
    """A scene, played in a folder."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.start, self.now, self.said = folder / "start", folder / "now", folder / "said"
        for place in ("tmp", "cache", "work"):
            (self.start / place).mkdir(parents=True)
        scene.prepare(self.start / "work")
        self.reset()
        self.old = state(self.now)
        self.whole = self.play()
        assert self.whole.code == 0, self.whole.said
        self.new = self.whole.state

    def reset(self) -> None:
        """Begin again."""
        shutil.rmtree(self.now, ignore_errors=True)
        shutil.copytree(self.start, self.now, symlinks=True)

    def play(self, trouble: Trouble = lambda _: None) -> Ending:
        """Run the command in a process of its own, and return how it ended."""
        log = self.said.with_name("points")
        for path in (self.said, log):
            path.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._run(trouble, log)
        signal.alarm(SECONDS)  # a child that hangs must not let the tests hang
        _, status = os.waitpid(child, 0)
        signal.alarm(0)
        points = [Point(number, *line.split("\t")) for number, line in enumerate(log.read_text().splitlines(), 1)]  # type: ignore[arg-type]
        return Ending(os.waitstatus_to_exitcode(status), self.said.read_text("utf-8"), points, state(self.now))

    def _run(self, trouble: Trouble, log: Path) -> None:
        """Be the command, in a child that was just forked; ends the process."""
        code: object = 99
        try:
            os.chdir(self.now / "work")
            os.environ |= {"TMPDIR": str(self.now / "tmp"), "XDG_CACHE_HOME": str(self.now / "cache")}
            tempfile.tempdir = str(self.now / "tmp")
            sys.argv = ["deckbuilder", *self.scene.arguments]
            _redirect(self.said, log)

            def logged(point: Point) -> None:
                os.write(_LOG, f"{point.name}\t{point.kind}\t{point.path}\n".encode())
                trouble(point)

            guids.random_id.__globals__["secrets"] = _Counted()  # or no two runs could be compared
            Watch(self.now, logged).install()
            run()
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 0 if code is None else 1)


class _Counted:
    """In the place of `secrets`: the same ids in every run."""

    def __init__(self) -> None:
        self.given = 0

    def token_bytes(self, size: int) -> bytes:
        self.given += 1
        return self.given.to_bytes(size)


def _redirect(said: Path, log: Path) -> None:
    """Let this process be heard by files alone."""
    for path, number in ((Path(os.devnull), 0), (said, 1), (said, 2), (log, _LOG)):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))


def state(folder: Path) -> dict[str, str]:
    """Return a print of every file that is not git's own or kept as a cache, and each folder."""
    found = {}
    for here, folders, files in os.walk(folder):
        inside = Path(here).relative_to(folder).as_posix()
        if inside == "cache" or inside.endswith(".git"):
            folders.clear()
            continue
        for name in folders:
            found[f"{inside}/{name}/"] = "folder"
        for name in files:
            found[f"{inside}/{name}"] = sha256((Path(here) / name).read_bytes()).hexdigest()[:12]
    return found


def _changed_lines(old: dict[str, str], found: dict[str, str]) -> list[str]:
    return sorted(
        f"{'+' if name not in old else '-' if name not in found else '~'} {name}"
        for name in old.keys() | found.keys()
        if old.get(name) != found.get(name)
    )


def is_temporary(name: str) -> bool:
    return name.rpartition("/")[2].startswith(TEMPORARY) and name.endswith(".tmp")


def problems_of(stage: Stage, ending: Ending, what: str, where: Point) -> Iterator[str]:
    """Yield what is wrong with the end of a run that met trouble."""
    old, new, found = stage.old, stage.new, dict(ending.state)
    if what == "fail" and "/now/tmp" in where.path:  # what cannot be removed stays
        found = without_tmp(found)
    elif what == "fail" and where.name == "unlink":
        found = {name: kept for name, kept in without_tmp(found).items() if not is_temporary(name)}
    elif ending.code == -SIGKILL:
        found = without_tmp(found)
        whole = {*old.values(), *new.values()}
        found = {name: kept for name, kept in found.items() if not (is_temporary(name) and kept in whole)}
    if stage.scene.shows_errors and EXPLAINED.search(ending.said):
        return
    torn = [name for name, kept in found.items() if kept not in {old.get(name), new.get(name)}]
    torn += [name for name in old.keys() & new.keys() if name not in found]
    if torn:
        yield f"left torn or over: {sorted(torn)}"
    if "Traceback" in ending.said:
        yield f"a traceback: {ending.said.strip().splitlines()[-1]}"
    if ending.code not in TROUBLES[what]:
        yield f"exit code {ending.code}"
    if ending.code == 0 and found != new:
        yield f"done, but not: {_changed_lines(new, found)}"
    if ending.code == 1 and found != old:
        yield f"failed, but changed: {_changed_lines(old, found)}"
    if ending.code == 1 and not EXPLAINED.search(ending.said):
        yield f"not explained: {ending.said!r}"
    if ending.code in {-signal.SIGINT, -signal.SIGTERM}:
        if found not in (old, new, {**old, **new}):  # what is no longer wanted goes last
            yield f"half done: {_changed_lines(old, found)}"
        if ending.said not in {"Interrupted.\n", "Stopped.\n"}:
            yield f"says {ending.said!r}"


def without_tmp(found: dict[str, str]) -> dict[str, str]:
    return {name: kept for name, kept in found.items() if not name.startswith("tmp/")}


def troubles(stage: Stage, what: str, every: bool) -> Iterator[tuple[Point, str, Trouble]]:
    """Yield each point with each trouble of a sort that may come there, or one of a row of like points."""
    for point in stage.whole.points if every else thinned(stage.whole.points):
        if what == "fail":
            for error in ERRORS[point.kind]:
                # What is not there at all need not be: without deck.yml it is another deck.
                if error != errno.ENOENT or not point.path.endswith(("/deck.yml", "/.gitignore", "/RELEASES.md")):
                    yield point, os.strerror(error), failing(point.number, error)
        elif what == "full":
            if point.kind == "write":
                yield point, what, full_from(point.number)
        else:
            sent = {"kill": SIGKILL, "interrupt": signal.SIGINT, "terminate": signal.SIGTERM}[what]
            yield point, what, signalled(point.number, sent)


def thinned(points: list[Point]) -> list[Point]:
    """Return the first two and the last of the points that do the same to the same file."""
    alike: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        alike.setdefault((point.name, point.path), []).append(point)
    kept = {point.number for row in alike.values() for point in (*row[:2], row[-1])}
    return [point for point in points if point.number in kept]


def played(stage: Stage, what: str, *, every: bool, share: int, first: int) -> tuple[dict[int, int], list[str]]:
    """Play a scene with trouble at every point, or one in `share` and those that decide, and return how often it ended
    how, and what is wrong."""
    codes: dict[int, int] = {}
    problems: list[str] = []
    for number, (point, how, trouble) in enumerate(troubles(stage, what, every)):
        if (number - first) % share and not (what == "fail" and is_decisive(point)):
            continue
        stage.reset()
        ending = stage.play(trouble)
        codes[ending.code] = codes.get(ending.code, 0) + 1
        where = f"{how} at {point.number}, {point.name} {point.path.removeprefix(str(stage.now))}"
        problems += [f"{where}: {problem}" for problem in problems_of(stage, ending, what, point)]
        problems += [f"{where}: {problem}" for problem in problems_afterwards(stage, ending)]
    return codes, problems


def is_decisive(point: Point) -> bool:
    """Whether some files of a command may be new and others old here, if it does not see to it that they are not."""
    return point.name in {"fsync", "replace"} and "/now/work/" in point.path


def problems_afterwards(stage: Stage, ending: Ending) -> Iterator[str]:
    """Yield what is wrong when the command is run again where it met trouble."""
    if ending.code == 0:
        return
    stage.scene.recover(stage.now / "work")
    for left in (stage.now / "tmp").iterdir():  # a while later
        os.utime(left, (NOW, NOW))
    again = stage.play()
    if again.code or again.state != stage.new:
        yield f"and then: exit code {again.code}, {again.said[-300:]!r}, {_changed_lines(stage.new, again.state)}"


# ── the scenes ──────────────────────────────────────────────────────────────────────────────────────────────────────

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"/>'


TROUBLES = {
    "fail": {0, 1},
    "full": {0, 1},
    "kill": {0, -SIGKILL},
    "interrupt": {0, -signal.SIGINT},
    "terminate": {0, -signal.SIGTERM},
}
"""The sorts of trouble, and the exit codes that a command may end with that meets it."""


def _written(work: Path) -> Author:
    author = Author(work)
    (author.deck / "dot.svg").write_text(PICTURE, "utf-8")
    (author.deck / "more").mkdir()
    (author.deck / "more" / "other.md").write_text("# Other\n\n1. What is a dot?\n\n   ![A dot](../dot.svg)\n", "utf-8")
    author.commit()
    return author


def _edited(work: Path) -> None:
    author = _written(work)
    author.published("1.0", FIRST)
    author.edit("One of length one.", "One whose length is one. ![A dot](dot.svg)")
    author.edit("4) When", "4) What is the trace?\n\n    The sum of the diagonal.\n\n5) When")
    author.commit()


def _new(work: Path) -> None:
    _written(work)


def _empty(work: Path) -> None:
    (work / ".gitignore").write_text("*.pyc\n", "utf-8")


def _emptied(work: Path) -> None:
    shutil.rmtree(work / "notes", ignore_errors=True)
    (work / ".gitattributes").unlink(missing_ok=True)
    _empty(work)


def _shown(work: Path) -> None:
    from deckbuilder.preview.static_site import write_site

    _edited(work)
    write_site(work / "content", work / "site")
    (work / "site" / "old.js").write_text("of an earlier edition", "utf-8")
    (work / "content" / "more" / "other.md").write_text("# Other\n\n1. What is a dot?\n\n   A point.\n", "utf-8")


def _lost(work: Path) -> None:
    _edited(work)
    (work / "content" / "deck.lock").unlink()


def _checked_out(work: Path) -> None:
    Author(work).git("checkout", "--quiet", "--", ".")


SCENES = {
    "build": Scene(("build", "-o", "build/deck.apkg"), _edited),
    "first": Scene(("build",), _new),
    "check": Scene(("check",), _edited),
    "diff": Scene(("diff", "--against", "build/deck.apkg"), _edited),
    "drills": Scene(("drill", "list"), _edited),
    "init": Scene(("init", "notes/mine"), _empty, recover=_emptied),
    "lock": Scene(("lock", "restore", "build/deck.apkg"), _lost),
    "release": Scene(("release", "1.1", "-o", "build/deck.apkg"), _edited, recover=_checked_out),
    "preview": Scene(("preview", "--static", "site"), _shown, shows_errors=True),
}


def main() -> int:
    """Play scenes with every sort of trouble, and print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenes", nargs="*", choices=[*SCENES, []], help="which [default: all]")
    parser.add_argument("--share", type=int, default=1, help="try one in so many points")
    parser.add_argument("--every", action="store_true", help="try every point, those of a row of like ones too")
    parser.add_argument("--folder", type=Path, help="where [default: a temporary folder]")
    asked = parser.parse_args()
    os.environ.pop("CI", None)  # these decks are made here and have no lock yet
    sound = True
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        for name in asked.scenes or SCENES:
            folder = (asked.folder or Path(temporary)).resolve() / name
            warm_up(SCENES[name], folder / "warm")
            stage = Stage(SCENES[name], folder)
            for shift, what in enumerate(TROUBLES):
                codes, problems = played(stage, what, every=asked.every, share=asked.share, first=shift)
                sound = sound and not problems
                print(f"{what}: exit codes {codes}" if len(asked.scenes) == 1 else f"{name}, {what}: {codes}")
                print("".join(f"  {problem}\n" for problem in problems), end="", flush=True)
    return 0 if sound else 1


def warm_up(scene: Scene, work: Path) -> None:
    """Run the command here once, so that no child has to import what all of them need."""
    os.environ |= {"XDG_CACHE_HOME": str(work / "cache"), "SOURCE_DATE_EPOCH": str(NOW)}
    work.mkdir(parents=True)
    scene.prepare(work)
    before = Path.cwd()
    os.chdir(work)
    done = CliRunner().invoke(command, list(scene.arguments))
    os.chdir(before)
    assert done.exit_code == 0, done.output


if __name__ == "__main__":
    sys.exit(main())
