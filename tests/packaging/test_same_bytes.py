"""Equal plans give equal bytes, on any machine: what lets a release be checked by building it again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from deckbuilder.packaging.plan import DeckPlan, MediaFile, PackagePlan
from deckbuilder.packaging.writer import package_bytes
from tests.support.plans import CONCEPT, RELEASED, VECTORS, note, note_type, package

ROOT = Path(__file__).parents[2]
SHA256_OF_THE_SAMPLE = "6f924f2ccd11f66a92f831c336e96fb60172a3863e9351dbf78b4ff8a40de28f"
"""What every machine must arrive at. It was found equal with seven versions of SQLite from 3.39 to 3.54, built with and
without secure deletion. A change of it changes every deck's package, once: that belongs in the changelog."""


def sample() -> PackagePlan:
    """Return a plan large enough that SQLite splits pages on every level and spills texts over."""
    derivation = note_type("Derivation", css="section { color: #123 }")
    notes = [
        note(
            f"n{number:04}",
            question=f"Which <b>∇</b> is number {number}?",
            answer="word &lt; " * (number % 700),
            tags=(f"t::{number % 7}", "review"),
            note_type=derivation if number % 3 else CONCEPT,
            created=RELEASED + number // 100,
            modified=RELEASED + number,
            position=number,
        )
        for number in range(900)
    ]
    media = tuple(MediaFile(f"picture-{number}.svg", b"<svg/>" * number) for number in range(12))
    return package(*notes, note_types=(CONCEPT, derivation), decks=(DeckPlan(7, "Review"), VECTORS), media=media)


def digest() -> str:
    """Return the SHA-256 of the sample's package."""
    return hashlib.sha256(package_bytes(sample())).hexdigest()


def test_every_machine_arrives_at_the_same_bytes() -> None:
    """The maintainer's release and a learner's own build of the same commit would differ for no reason to be seen."""
    assert digest() == SHA256_OF_THE_SAMPLE


@pytest.mark.parametrize(
    ("hash_seed", "zone", "locale"),
    [("0", "UTC", "C"), ("4242", "Asia/Kathmandu", "C.UTF-8"), ("1", "NZ", "tr_TR.UTF-8")],
)
def test_neither_process_nor_place_changes_a_byte(tmp_path: Path, hash_seed: str, zone: str, locale: str) -> None:
    """A build at a colleague's desk, or tomorrow, would count as a new release."""
    surroundings = {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale, "TMPDIR": str(tmp_path)}
    built = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import digest; print(digest())"],
        cwd=tmp_path,
        env=os.environ | surroundings | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert built.stdout.strip() == digest()


def test_the_order_of_the_plan_changes_no_byte_that_it_does_not_mean() -> None:
    """Notes gathered by several processes arrive in any order; their ids and places are what counts."""
    plan = sample()
    turned = replace(plan, notes=plan.notes[::-1], media=plan.media[::-1])
    assert package_bytes(turned) == package_bytes(plan)
