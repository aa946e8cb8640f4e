"""The proof of an update on Anki of several years, each version in an environment of its own: `make matrix`.

Three chains of packages are brought to a learner who imports each one at the last moment before the next is out:
releases of a deck as `release` makes them, the same edits as `build` alone stamps them, and a package that is given as
an argument, imported twice. Each package carries its deck.lock, an entry that no Anki knows.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deckbuilder.packaging.plan import LOCK_ENTRY  # noqa: E402
from deckbuilder.pipeline import Options, build  # noqa: E402  # the script is run by its path
from tests.support.author import DAY, FIRST, Author  # noqa: E402

PROOF = ROOT / "deckbuilder" / "anki" / "proof.py"
OLDER = ("2.1.66", "23.10.1", "24.11", "25.9.4")
KEEPS_STAMPS_SINCE = (25, 9)
"""From this version on an updated note keeps its author's change time instead of getting that of the import."""

_SHOWN = 80  # characters of a list of notes
NOTES, CORRECTED_TWICE = 30, 12


@dataclass(frozen=True)
class Chains:
    """Packages in the order of their publication."""

    released: tuple[Path, ...]
    built: tuple[Path, ...]


def newest() -> str:
    """Return the version of Anki that the tests run on."""
    pins = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    found = re.search(r"^anki==(\S+)", pins, re.MULTILINE)
    assert found
    return found[1]


def make_chains(folder: Path) -> Chains:
    """Build a deck three times: some notes are corrected in the second edition and again in the third."""
    return Chains(_chain(folder / "released", release=True), _chain(folder / "built", release=False))


def _chain(folder: Path, *, release: bool) -> tuple[Path, ...]:
    author = Author(folder / "repository")
    packages = []
    for edition, at in enumerate((FIRST, FIRST + DAY, FIRST + 2 * DAY)):
        author.write(_source(edition, last=False))
        build(author.deck, Options(output=author.apkg, now=at))
        if edition == 2:  # something else is written a day later, and both come out together
            author.write(_source(edition, last=True))
        if release:
            author.published(f"1.{edition}", at + DAY // 2 if edition < 2 else at + DAY)
        else:
            build(author.deck, Options(output=author.apkg, now=at + DAY // 2 if edition < 2 else at + DAY))
        packages.append(folder / f"{edition}.apkg")
        packages[-1].write_bytes(author.apkg.read_bytes())
        assert LOCK_ENTRY in zipfile.ZipFile(packages[-1]).namelist()
    return tuple(packages)


def _source(edition: int, *, last: bool) -> str:
    items = [
        f"{number}) What is the {word} of {number}?\n\n    Its {word} is "
        + (f"{number * number}, edition {edition}" if number <= CORRECTED_TWICE else f"{number * number}")
        + (", corrected last" if last and number == NOTES else "")
        + ".\n"
        for number in range(1, NOTES + 1)
        for word in [f"{'abcdefghij'[number % 10] * 4}{'klmnopqrst'[number // 10] * 4}"]
    ]
    return "# Numbers\n\n## Squares\n\n" + "\n".join(items)


def proved(python: str, packages: Sequence[Path], report: Path) -> dict[str, Any]:
    """Return the report of the proof, run by `python` with nothing but Anki around it."""
    command = [python, "-I", str(PROOF), str(report), "--late", *map(str, packages)]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def problems_with(python: str, chains: Chains, extra: Path | None, folder: Path) -> list[str]:
    """Return what is not as the documentation for learners says, for the Anki that `python` has."""
    released = proved(python, chains.released, folder / "released.json")
    version = tuple(int(part) for part in released["anki"].split(".")[:2])
    problems = [f"releases: {what}" for what in losses(released)]
    if released["updated"] != 2 * CORRECTED_TWICE + 1:
        problems.append(f"releases: {released['updated']} notes updated")
    built = proved(python, chains.built, folder / "built.json")
    missed = len(built["updates_missed"])
    kept = version >= KEEPS_STAMPS_SINCE
    if (missed == CORRECTED_TWICE) is kept:
        problems.append(f"builds: {missed} of {CORRECTED_TWICE} corrections missed")
    problems += [f"builds: {what}" for what in losses(built | {"updates_missed": []})]
    if extra:
        problems += [f"{extra.name}: {what}" for what in losses(proved(python, (extra, extra), folder / "extra.json"))]
    return problems


def losses(report: dict[str, Any]) -> list[str]:
    """Return what a learner lost, by the names of the report."""
    names = ("histories_lost", "updates_missed", "conflicting", "clutter", "edits_lost", "cards_moved")
    names = (*names, "full_sync", "problems", "media_missing")
    return [f"{name}: {str(report[name])[:_SHOWN]}" for name in names if report[name]]


def environment(version: str, home: Path) -> str:
    """Return the Python of an environment that has this Anki and nothing else; made once."""
    folder = home / version
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--only-binary=:all:", f"anki=={version}"], check=True)
        (folder / "ready").touch()
    return str(python)


def main(arguments: Sequence[str]) -> int:
    """Prove every version, say what came of it, and return 1 if one is not as documented."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, help="one more package, to be imported twice")
    parser.add_argument("--home", type=Path, default=ROOT / ".venv" / "anki", help="where the environments are kept")
    parser.add_argument("versions", nargs="*", default=[*OLDER, newest()])
    wanted = parser.parse_args(arguments)
    failed = False
    os.environ.pop("CI", None)  # these decks are made here and have no lock yet
    with tempfile.TemporaryDirectory(prefix="matrix-") as name:
        folder = Path(name)
        chains = make_chains(folder)
        for version in wanted.versions:
            problems = problems_with(environment(version, wanted.home), chains, wanted.package, folder)
            print(f"{version:8} {'; '.join(problems) or 'as documented'}", flush=True)
            failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
