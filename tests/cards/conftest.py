"""Reviewers that close themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.cards.browser import Reviewer
from tests.cards.client import Client

Open = Callable[..., Reviewer]


@pytest.fixture
def reviewer(browser: Browser) -> Iterator[Open]:
    """Opens a client: `reviewer(DESKTOP, night=True, width=320)`."""
    opened: list[Reviewer] = []

    def open_client(client: Client, **options: Any) -> Reviewer:
        opened.append(Reviewer(browser, client, **options))
        return opened[-1]

    yield open_client
    for one in opened:
        one.close()
