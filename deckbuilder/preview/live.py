"""The deck that is being written: prepared anew on every save, the last good cards kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeAlias

from watchfiles import awatch

from deckbuilder.cache import Cache
from deckbuilder.pipeline import Prepared, looking, prepare
from deckbuilder.preview.deck import PreviewCard, PreviewDeck, preview_deck

PAUSE = 40
"""Milliseconds without a change after which a save is complete: editors write, rename and touch in one go."""

FIRST_LOOK = 500
"""Milliseconds after which a watch that has just begun looks whether anything was saved before it had."""

_Stamps: TypeAlias = dict[str, tuple[int, int]]


class LiveDeck:
    """The deck at `source` as it last was. `changed` is called with each new state of it."""

    def __init__(self, source: Path, changed: Callable[[PreviewDeck], None]) -> None:
        self.source = source
        self.deck = PreviewDeck()
        self._changed = changed
        self._memory = Cache()
        self._folders: frozenset[Path] = frozenset({source if source.is_dir() else source.parent})
        self._stamps: _Stamps = {}
        self._news = asyncio.Condition()
        self._stopped = asyncio.Event()
        self._cards: dict[str, PreviewCard] = {}
        self._failure: Exception | None = None
        self._when_failed: Callable[[], None] = lambda: None

    def card(self, imprint: str) -> PreviewCard | None:
        """Return the card that shows just this, of the present deck or of the one before, which a page may list."""
        return self._cards.get(imprint)

    async def reload(self) -> None:
        """Prepare the deck again and tell everyone."""
        self._stamps = await asyncio.to_thread(self._stamps_now)  # first: what is saved meanwhile is news
        prepared, result = await asyncio.to_thread(prepare, self.source, looking(), self._memory)
        before = self.deck
        self.deck = preview_deck(prepared, result, before)
        self._cards = {card.imprint: card for card in (*before.cards, *self.deck.cards)}
        self._folders = self._watched(prepared)
        self._changed(self.deck)
        async with self._news:
            self._news.notify_all()

    def when_failed(self, act: Callable[[], None]) -> None:
        """Let `act` be called if watching ends by a bug."""
        self._when_failed = act

    def raise_failure(self) -> None:
        """Raise the bug that watching ended by, if there was one."""
        if self._failure:
            raise self._failure

    async def watch(self) -> None:
        """Reload on every save until `stop`."""
        try:
            await self._watch()
        except Exception as bug:  # nobody awaits a task while the server runs
            self._failure = bug
            self._when_failed()

    async def _watch(self) -> None:
        while not self._stopped.is_set():
            folders = self._folders
            begun = False
            watching = awatch(
                *folders,
                step=PAUSE,
                debounce=400,
                recursive=self.source.is_dir(),
                stop_event=self._stopped,
                rust_timeout=FIRST_LOOK,
                yield_on_timeout=True,
            )
            async for changes in watching:
                # What was saved between the last preparation and the watch's beginning no watch tells of.
                missed = not begun and await asyncio.to_thread(self._stamps_now) != self._stamps
                begun = True
                if changes or missed:
                    await self.reload()
                if self._folders != folders:
                    break

    async def stop(self) -> None:
        """End `watch` and every stream of `versions`."""
        self._stopped.set()
        async with self._news:
            self._news.notify_all()

    async def versions(self) -> AsyncIterator[int]:
        """Yield the deck's version now, and again whenever it changes."""
        seen = -1
        while not self._stopped.is_set():
            if self.deck.version != seen:
                seen = self.deck.version
                yield seen
            async with self._news:
                while self.deck.version == seen and not self._stopped.is_set():
                    await self._news.wait()

    def _stamps_now(self) -> _Stamps:
        """Return when each watched file was last written, and its size."""
        stamps: _Stamps = {}
        for folder in self._folders:
            for here, folders, names in os.walk(folder):
                folders[:] = [name for name in folders if not name.startswith(".")] if self.source.is_dir() else []
                for name in names:
                    path = os.path.join(here, name)  # noqa: PTH118  # many files, often
                    with contextlib.suppress(OSError):  # gone meanwhile
                        status = os.stat(path)  # noqa: PTH116
                        stamps[path] = status.st_mtime_ns, status.st_size
        return stamps

    def _watched(self, prepared: Prepared | None) -> frozenset[Path]:
        """Return the folders to watch: the deck's; for a lone file the one it lies in and those of its pictures."""
        if self.source.is_dir():
            return frozenset({self.source})
        folder = self.source.parent
        uses = [use for note in prepared.notes for use in note.rendered.pictures] if prepared else []
        pictures = {(folder / use.src).parent for use in uses}
        return frozenset({folder} | {path for path in pictures if path.is_dir()})
