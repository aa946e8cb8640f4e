"""What all tests share: nothing of the developer's own environment, and no silent skip where skips are forbidden."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SKIPS_FORBIDDEN = os.environ.get("DECKBUILDER_NO_SKIPS") == "1"
"""Set where everything that a test may want is installed, so that a skip can only be a hole."""

PERSONAL = (
    "CI",
    "SOURCE_DATE_EPOCH",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "GITHUB_ACTIONS",
    "DECKBUILDER_LIMITS",
)
"""Variables that change what deckbuilder writes; a test that wants one sets it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that brings fixture files up to date."""
    parser.addoption("--rewrite-fixtures", action="store_true", help="write what comes out into the fixture files")


@pytest.fixture(scope="session")
def rewrite_fixtures(pytestconfig: pytest.Config) -> bool:
    """Whether a test of a fixture file writes what comes out instead of comparing it."""
    return bool(pytestconfig.getoption("--rewrite-fixtures"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one browser of the run."""
    from tests.cards.browser import find_browser, open_browser  # of no use to most tests

    path = find_browser()
    if path is None:
        pytest.skip("no Chromium or Chrome: install one, or name it in the variable CHROMIUM")
    with open_browser(path) as opened:
        yield opened


def pytest_configure() -> None:
    """Make a run the same whoever starts it, and never a question of how busy the machine is."""
    for name in PERSONAL:
        os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background: children would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="deckbuilder-cache-of-tests-")
    settings.register_profile("unhurried", deadline=None)
    if (
        "CI" not in os.environ
    ):  # there hypothesis chooses its own profile: unhurried too, and the same examples each time
        settings.load_profile("unhurried")


def pytest_unconfigure() -> None:
    """Leave nothing of the caches of commands that were run."""
    shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test into a failure where skips are forbidden."""
    report = yield
    if SKIPS_FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} would skip, which is forbidden here: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure where skips are forbidden."""
    report = yield
    if SKIPS_FORBIDDEN and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} would skip, which is forbidden here: {_reason(report)}"
    return report


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return what the skip gave as its reason: the third part of (file, line, reason)."""
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
