"""Anki's library, if it is installed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TypeVar

from deckbuilder import rules
from deckbuilder.diagnostics import CannotGoOn, Span

Result = TypeVar("Result")


def require_anki(place: str) -> None:
    """Raise CannotGoOn with how to install the library if it is missing; `place` is what the user named."""
    if find_spec("anki") is None or find_spec("anki.collection") is None:
        raise CannotGoOn(rules.ANKI_MISSING.at(Span(place)))


def off_the_main_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` gives, done in a thread: on the main one Anki 25.9 prints a complaint about slow calls."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(work).result()
