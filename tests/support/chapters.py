"""The chapters of the deck in content/, read for the tests that compute them anew."""

from __future__ import annotations

import re
from pathlib import Path

CONTENT = Path(__file__).resolve().parents[2] / "content"


class Chapter:
    """The Markdown of one chapter or several, by the names of their files without their ending."""

    def __init__(self, *names: str) -> None:
        self.text = "".join((CONTENT / f"{name}.md").read_text(encoding="utf-8") for name in names)

    def written(self, words: str) -> str:
        """Return the one question, with its answer, whose first line contains these words."""
        items = re.split(r"(?m)^(?=\d+\) |#)", self.text)
        found = [item for item in items if words in item.split("\n", 1)[0]]
        assert len(found) == 1, f"{len(found)} cards ask {words!r}"
        return found[0]

    def card(self, words: str) -> str:
        """Return the same with its white space made even."""
        return re.sub(r"\s+", " ", self.written(words))

    def states(self, words: str, *passages: str) -> str:
        """Return the one card that these words find, in which every one of these passages must stand."""
        text = self.card(words)
        missing = [passage for passage in passages if passage not in text]
        assert not missing, f"the card {words!r} does not state {missing}"
        return text
