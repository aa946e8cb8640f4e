"""The judge of cards, one for all attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.attacks.harmless import Judge, judge


@pytest.fixture(scope="session")
def cards(browser: Browser) -> Iterator[Judge]:
    """What says of cards whether they are harmless."""
    with judge(browser) as opened:
        yield opened
