"""One Chromium for all card tests, and a reviewer that shows a note's sides in it as a client does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from deckbuilder.kinds.templates import Templates, load_templates
from tests.cards.client import KINDS, SETTLE, UPDATE, Client, filled, mathjax_folder, page

ADDRESS = "http://cards.test/"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def find_browser() -> str | None:
    """Return the Chromium or Chrome to test with: what the variable CHROMIUM names, or one that is installed."""
    if named := os.environ.get("CHROMIUM"):
        return named
    on_path = (shutil.which(name) for name in NAMES)
    return next((found for found in (*on_path, *PLACES) if found and Path(found).exists()), None)


@contextmanager
def open_browser(path: str) -> Iterator[Browser]:
    """Run the browser at `path` without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


class Reviewer:
    """Shows sides of notes in one client; every script error that the page reports is in `errors`."""

    def __init__(
        self,
        browser: Browser,
        client: Client,
        *,
        night: bool = False,
        width: int = 800,
        height: int = 900,
        scripts: bool = True,
        long_page: bool | None = None,
        mathjax: bool = True,
        before: str = "",
        templates: Templates | None = None,
        **options: Any,
    ) -> None:
        self.client, self.night, self.mathjax = client, night, mathjax and scripts
        self.templates = templates or load_templates(KINDS)
        self.errors: list[str] = []
        self.long_page = (client.long_page if long_page is None else long_page) and scripts
        self._content = ""
        self._opened = False
        viewport = {"width": width, "height": height}
        self.context = browser.new_context(viewport=viewport, java_script_enabled=scripts, **options)
        self.context.route("**/*", self._serve)
        if before:
            self.context.add_init_script(before)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def show(self, note: dict[str, str], side: str) -> Page:
        """Show the `front` or `back` of `note`, and wait until its maths is set."""
        return self.put(filled(self.templates.front if side == "front" else self.templates.back, note))

    def put(self, content: str) -> Page:
        """Show any HTML the way that a side is shown."""
        content = f"<style>{self.templates.css}</style>{content}"
        if not self.long_page:
            self._load(content)
            if self.mathjax:
                self.page.evaluate(SETTLE)
            return self.page
        if not self._opened:
            self._load("")
            self._opened = True
        self.page.evaluate(UPDATE, content)
        return self.page

    def faults(self) -> list[str]:
        """Return the script errors, and what the card's own script had to swallow."""
        swallowed = self.page.evaluate("window.deckbuilder && window.deckbuilder.fault")
        return self.errors + ([swallowed] if swallowed else [])

    def close(self) -> None:
        """Close the client, and with it its storage."""
        self.context.close()

    def _load(self, content: str) -> None:
        self._content = page(self.client, content, night=self.night, mathjax=self.mathjax)
        self.page.goto(ADDRESS)

    def _serve(self, route: Route) -> None:
        address = route.request.url
        if address == ADDRESS:
            route.fulfill(body=self._content, content_type="text/html; charset=utf-8")
        elif address.startswith(ADDRESS + "mathjax/"):
            route.fulfill(path=mathjax_folder() / address.removeprefix(ADDRESS + "mathjax/"))
        else:
            route.fulfill(status=204)
