"""An author with a deck in a git repository of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.author import Author


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Author(tmp_path / "repository")
