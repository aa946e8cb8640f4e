"""Builds, releases and pushes that are killed at random moments, and what is left of their files.

    python -m tests.support.killing {build,release,push} FOLDER KILLS

A process of its own, so that it has one thread and its children can be forked, which costs them nothing.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from anki.collection import Collection

from deckbuilder import pipeline
from deckbuilder.anki import proof  # imported before the first child is made
from deckbuilder.anki.push import delivery_of, rehearsed
from deckbuilder.identity.guids import numbered_ids
from deckbuilder.packaging import writer  # noqa: F401
from deckbuilder.publishing.release import release
from tests.support.author import DAY, FIRST, Author

_CONTEXT = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")


class Scene:
    """A folder in which something is done again and again from the same beginning. `work` is what gets killed."""

    def __init__(self, folder: Path, work: Callable[[Path], None]) -> None:
        self.start = folder / "start"
        self.now = folder / "now"
        self.work = work
        self.old: dict[str, str] = {}
        self.new: dict[str, str] = {}

    def reset(self) -> None:
        """Begin again."""
        shutil.rmtree(self.now, ignore_errors=True)
        shutil.copytree(self.start, self.now)

    def learn(self) -> float:
        """See what is there before and after, and return how many seconds the work takes."""
        self.reset()
        self.old = state(self.now)
        begun = time.monotonic()
        child = self.started()
        child.join()
        seconds = time.monotonic() - begun
        assert child.exitcode == 0, "the work fails without being killed"
        self.new = state(self.now)
        assert self.new != self.old
        return seconds

    def started(self) -> multiprocessing.process.BaseProcess:
        """Do the work in a process of its own."""
        child = _CONTEXT.Process(target=self.work, args=(self.now,))
        child.start()
        return child

    def problems(self) -> list[str]:
        """Return which files are neither as before nor as after.

        A whole file may still have its temporary name, if the kill came just before it was moved; that it is gone
        once the work is done again is seen to by `_finish`.
        """
        found = state(self.now)
        whole = {*self.old.values(), *self.new.values()}
        problems = [f"{name} is half there" for name, content in found.items() if content not in whole]
        problems += [f"{name} is gone" for name in self.old if name not in found]
        strange = [name for name in found if name not in self.old | self.new]
        return problems + [
            f"{name} is left over" for name in strange if not name.rpartition("/")[2].startswith(".deckbuilder-")
        ]


def state(folder: Path) -> dict[str, str]:
    """Return what every file holds that is not git's own: a collection by its rows, any other by its bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.startswith("repository/.git/") or path.suffix in {".colpkg"}:
            continue
        if ".anki2-" in path.name or ".media.db" in path.name:  # SQLite's own, read with the collection
            continue
        found[name] = rows_of(path) if path.suffix == ".anki2" else sha256(path.read_bytes()).hexdigest()
    return found


def rows_of(collection: Path) -> str:
    """Return a print of all rows of a collection that is sound; the times of its own tables aside."""
    with closing(sqlite3.connect(collection)) as database:
        database.create_collation("unicase", lambda one, other: (one > other) - (one < other))
        (sound,) = database.execute("PRAGMA quick_check").fetchone()
        assert sound == "ok", sound
        rows = [database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ("notes", "revlog")]
        columns = "id, nid, did, ord, type, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags, data"
        rows.append(database.execute(f"SELECT {columns} FROM cards ORDER BY id").fetchall())
    return sha256(repr(rows).encode()).hexdigest()


# ── what is killed ──────────────────────────────────────────────────────────────────────────────────────────────────


def _build(folder: Path) -> None:
    author = Author(folder / "repository")
    assert not pipeline.build(
        author.deck, pipeline.Options(output=author.apkg, now=FIRST + DAY, new_id=numbered_ids())
    ).failed


def _release(folder: Path) -> None:
    author = Author(folder / "repository")
    assert not release(
        author.deck, "1.1", pipeline.Options(output=author.apkg, now=FIRST + DAY, new_id=numbered_ids())
    ).failed


def _push(folder: Path) -> None:
    author = Author(folder / "repository")
    prepared, _ = pipeline.prepare(author.deck, pipeline.Options(now=FIRST + DAY, new_id=numbered_ids()))
    assert prepared is not None
    with rehearsed(folder / "Me" / "collection.anki2", delivery_of(prepared), overwrite=False) as attempt:
        assert pipeline.write(prepared, author.apkg) == []
        attempt.back_up()
        attempt.take_over()


def scene(what: str, folder: Path) -> Scene:
    """Return the scene of that name, made in `folder`."""
    work = {"build": _build, "release": _release, "push": _push}[what]
    made = Scene(folder, work)
    author = Author(made.start / "repository")
    (author.deck / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")
    author.published("1.0", FIRST)
    if what == "push":
        (made.start / "Me").mkdir()
        collection = made.start / "Me" / "collection.anki2"
        col = Collection(str(collection))
        proof._import(col, author.apkg)
        for number in col.db.list("SELECT id FROM cards"):  # type: ignore[union-attr]
            card = col.get_card(number)
            card.start_timer()
            col.sched.answerCard(card, 3)
        col.close()
        (made.start / "Me" / "collection.media.db2").unlink(missing_ok=True)
    author.edit("One of length one.", "One whose length is one. ![A dot](dot.svg)")
    author.edit("4) When", "4) What is the trace?\n\n    The sum of the diagonal.\n\n5) When")
    author.commit()
    return made


def main(what: str, folder: Path, kills: int) -> None:
    """Kill the work again and again, and print what was found as JSON."""
    stage = scene(what, folder)
    seconds = stage.learn()
    chance = random.Random(20_000)
    outcome: dict[str, object] = {"killed": 0, "old": 0, "new": 0, "between": 0, "problems": []}
    problems: list[str] = []
    for _ in range(kills):
        stage.reset()
        begun = time.monotonic()
        child = stage.started()
        child.join(chance.uniform(0, seconds))
        if not child.is_alive():  # a stall in the first run must not let all others end in time
            seconds = min(seconds, time.monotonic() - begun)
        child.kill()
        child.join()
        outcome["killed"] = int(str(outcome["killed"])) + (child.exitcode != 0)
        problems += stage.problems()
        found = state(stage.now)
        kind = "old" if found == stage.old else "new" if found == stage.new else "between"
        outcome[kind] = int(str(outcome[kind])) + 1
        _finish(what, stage, problems)
    outcome["problems"] = problems
    print(json.dumps(outcome))


def _finish(what: str, stage: Scene, problems: list[str]) -> None:
    """Do the work once more where it was killed: nothing that was left may stand in its way."""
    if what == "release":
        author = Author(stage.now / "repository")
        author.git("checkout", "--quiet", "--", ".")
    child = stage.started()
    child.join()
    if child.exitcode != 0:
        problems.append("it cannot be done again")
    elif (found := state(stage.now)) != stage.new:
        problems += [f"{name} is not what it should be" for name in found if found[name] != stage.new.get(name)]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
