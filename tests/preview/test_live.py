"""The deck that is being written, without a page: no save goes unseen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from deckbuilder.preview.live import LiveDeck

PATIENCE = 60  # seconds until a test gives up; none measures time
CHAPTER = "# A\n\n1) What is it?\n\n    {answer}\n"


@pytest.mark.usefixtures("own_loop")
@pytest.mark.parametrize("lone", [False, True], ids=["folder", "file"])
def test_what_is_saved_before_the_watch_has_begun_is_seen(tmp_path: Path, *, lone: bool) -> None:
    """If this failed, an author who saves while the preview starts would look at old cards until the next save."""
    chapter = tmp_path / "a.md"
    chapter.write_text(CHAPTER.format(answer="Old."), "utf-8")

    async def scenario() -> str:
        live = LiveDeck(chapter if lone else tmp_path, lambda deck: None)
        await live.reload()
        chapter.write_text(CHAPTER.format(answer="Quite new."), "utf-8")
        watching = asyncio.create_task(live.watch())
        async with asyncio.timeout(PATIENCE):
            seen = [await anext(versions) for versions in [live.versions()] for _ in range(2)]
        await live.stop()
        await watching
        live.raise_failure()
        assert seen[0] != seen[1]
        return "".join(card.side("back") for card in live.deck.cards)

    assert "Quite new." in asyncio.run(scenario())
