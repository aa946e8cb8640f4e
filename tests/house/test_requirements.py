"""What a fresh machine installs: pinned, hashed, and the same for those who build and those who test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([a-z0-9.-]+)==([^\s;]+)((?: ;[^\\\n]*)?)(.*(?:\n +--hash=sha256:[0-9a-f]{64}.*)*)", re.MULTILINE)
RUNTIME, ANKI, DEV, FUZZ = (ROOT / "requirements" / f"{name}.txt" for name in ("runtime", "anki", "dev", "fuzz"))


def text_of(path: Path) -> str:
    """Return a requirements file."""
    return path.read_text(encoding="utf-8")


def pins_of(path: Path) -> set[tuple[str, str, str]]:
    """Return (name, version, marker) of every pinned requirement."""
    return {(name, version, marker.strip(" ;")) for name, version, marker, _ in PIN.findall(text_of(path))}


def names_of(requirements: list[str]) -> set[str]:
    """Return the normalised names of requirements in pyproject.toml."""
    return {re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


@pytest.mark.parametrize("path", [RUNTIME, ANKI, DEV, FUZZ], ids=lambda path: path.name)
def test_everything_is_pinned_and_hashed(path: Path) -> None:
    """Otherwise a release of any library, or a tampered download, would reach whoever types `make deck`."""
    pinned = PIN.findall(text_of(path))
    assert len(pinned) == len(re.findall(r"^[a-z]", text_of(path), re.MULTILINE))
    assert [name for name, _, _, hashes in pinned if "--hash=sha256:" not in hashes] == []


@pytest.mark.parametrize("path", [RUNTIME, ANKI, DEV, FUZZ], ids=lambda path: path.name)
def test_no_index_is_named(path: Path) -> None:
    """Otherwise a learner behind a mirror or a proxy could not install."""
    assert "://" not in text_of(path)
    assert re.findall(r"^-", text_of(path), re.MULTILINE) == []


def test_tests_run_with_the_libraries_that_users_get() -> None:
    """Otherwise the tests would prove something about versions that nobody who builds a deck has."""
    assert pins_of(RUNTIME) - pins_of(DEV) == set()
    assert pins_of(ANKI) - pins_of(DEV) == set()


def test_declared_dependencies_are_pinned() -> None:
    """Otherwise a dependency added to the package would be missing after `make deck`."""
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    declared = names_of(project["project"]["dependencies"]) | names_of(project["build-system"]["requires"])
    assert declared - {name for name, _, _ in pins_of(RUNTIME)} == set()
    assert (
        names_of(project["project"]["optional-dependencies"]["anki"]) - {name for name, _, _ in pins_of(DEV)} == set()
    )


def test_actions_are_pinned_by_commit() -> None:
    """Otherwise whoever moves an action's tag would run their code where the deck is built."""
    workflows = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "action.yml"]
    used = [line for path in workflows for line in re.findall(r"uses: *([^.\s].*)", text_of(path))]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[\d.]+", action)] == []
