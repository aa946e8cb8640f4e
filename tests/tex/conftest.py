"""MathJax itself, on a page of the browser that the card tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.tex.mathjax import MathJax, mathjax


@pytest.fixture(scope="session")
def jax(browser: Browser) -> Iterator[MathJax]:
    """MathJax 3.2.2 as Anki configures it."""
    with mathjax(browser) as opened:
        yield opened
