"""A deck on disk, the real command that shows it, and a reader with a browser."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

PATIENCE = 60_000
"""Milliseconds: how long a test may wait before it gives a page up. No test measures time."""
expect.set_options(timeout=PATIENCE)

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20" fill="red"/></svg>'
)
FILLING = "\n\n".join(f"    Paragraph {number} of a long answer." for number in range(1, 40))

VECTORS = f"""\
# Vectors

1) What is a dot product of $a$ and $b$?

    A sum of products, $\\sum_i a_i b_i$, and [more](https://example.org/more).

    ![An arrow](media/arrow.svg)

2) What is a long answer?

    The first words.

{FILLING}

3) Show that $a \\cdot a \\ge 0$. (Hint: Look at each term.)

    1) **Write it out.** It is $\\sum_i a_i^2$.
    2) **Look.** No square is negative.
"""
DRILLS = """\
# Drills

<!-- deck: {tags: [sums]} -->

1) What is the sum?

    ```drill
    params:
      a: {range: [2, 9], step: 1}
      b: {range: [11, 19], step: 1}
    example: {a: 3, b: 12}
    ask: What is @{a} + @{b}?
    answer: a + b
    variants: 4
    ```

2) What is left?

3) Implement `double(x)`.

    ```python
    def double(x):
        return 2 * x
    ```
"""


def save(path: Path, text: str) -> None:
    """Save a file as an editor does: whole, and moved into place."""
    path.with_suffix(".saving").write_text(text, "utf-8")
    path.with_suffix(".saving").replace(path)


class Deck:
    """A deck's files, for a test to write and break."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "media").mkdir(parents=True)
        self.reset()

    def reset(self) -> None:
        """Bring every file to its first state; one that is so already is not touched."""
        for name, text in {"1-vectors.md": VECTORS, "2-drills.md": DRILLS, "media/arrow.svg": PICTURE}.items():
            path = self.folder / name
            if not path.exists() or path.read_bytes() != text.encode():
                save(path, text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Save a file with one text in place of another."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        save(path, text.replace(old, new))


@pytest.fixture
def own_loop() -> Iterator[None]:
    """Let a test run an event loop: a browser that an earlier test opened has left its own running in this thread."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture(scope="session")
def one_deck(tmp_path_factory: pytest.TempPathFactory) -> Deck:
    """The deck of all tests of the run."""
    return Deck(tmp_path_factory.mktemp("preview") / "deck")


def start(*arguments: str, folder: Path | None = None) -> tuple[subprocess.Popen[str], str]:
    """Start the command, in a folder if one is named, and return it with the address that it prints."""
    command = [sys.executable, "-m", "deckbuilder", "preview", "--no-browser", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)
    assert process.stdout
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    if not found:
        process.kill()
        pytest.fail(f"no address: {said} {process.communicate()[1]}")
    return process, found[0]


def stop(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C, and return what was said on stderr."""
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="session")
def address(one_deck: Deck) -> Iterator[str]:
    """The address of the one running preview."""
    process, address = start(str(one_deck.folder))
    yield address
    stop(process)


class Reader:
    """Someone with the preview in a browser. Whatever the page complains of is in `complaints`."""

    def __init__(self, browser: Browser, **options: object) -> None:
        options = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"} | options
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def open(self, address: str) -> Reader:
        """Open the preview and wait for its first card."""
        self.page.goto(address)
        self.shows("")
        return self

    def shows(self, key: str, side: str = "", pane: str = "front") -> None:
        """Wait until a pane shows the card whose key begins so, and nothing else is on its way."""
        shown = self.page.locator(f'.pane[data-side="{pane}"][aria-busy="false"]')
        expect(shown).to_have_attribute("data-shown", re.compile(f"^{key}.*/{side or '.*'}$"))

    def card(self, pane: str = "front") -> FrameLocator:
        """Return the page in a pane."""
        return self.page.frame_locator(f'.pane[data-side="{pane}"] iframe:not(.coming)')

    def row(self, words: str) -> Locator:
        """Return the row of the list that has these words."""
        return self.page.locator("#cards a", has_text=words)

    def choose(self, words: str) -> None:
        """Click on a card of the list."""
        self.row(words).click()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def top(self) -> float:
        """Return how far down the card is scrolled."""
        return self.card().locator("html").evaluate("element => element.scrollTop")


Open = Callable[..., Reader]


@pytest.fixture
def deck(one_deck: Deck) -> Deck:
    """The deck in its first state."""
    one_deck.reset()
    return one_deck


@pytest.fixture
def reader(browser: Browser, deck: Deck, address: str) -> Iterator[Open]:
    """Opens the preview: `reader()`, `reader(address=…, color_scheme="dark")`. No page may complain of anything."""
    opened: list[Reader] = []

    def open_preview(address: str = address, **options: object) -> Reader:
        opened.append(Reader(browser, **options))
        return opened[-1].open(address)

    yield open_preview
    for one in opened:
        one.context.close()
    assert [complaint for one in opened for complaint in one.complaints] == []
