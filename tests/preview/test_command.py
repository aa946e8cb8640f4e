"""The command: what it says, how it ends, what it refuses."""

from __future__ import annotations

import gc
import socket
from importlib import metadata
from pathlib import Path
from threading import Thread
from time import sleep
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from deckbuilder.cli import main
from deckbuilder.preview import live
from deckbuilder.preview.server import serve
from tests.preview.conftest import Deck, start, stop


def test_ctrl_c_ends_it_though_a_page_is_open(deck: Deck) -> None:
    """An author would have to kill it, or find a traceback in the terminal."""
    process, address = start(str(deck.folder))
    with urlopen(f"{address}events", timeout=60) as stream:
        assert stream.readline() == b"data: 1\n"
        said = stop(process)
    assert "5 cards" in said
    assert "The preview has ended." in said
    assert "Traceback" not in said


def test_it_looks_for_garbage_though_commands_do_not(deck: Deck, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview that is left open for a day of writing would fill the memory."""
    seen = []
    monkeypatch.setattr("deckbuilder.preview.server.serve", lambda *_: seen.append(gc.isenabled()))
    gc.disable()
    try:
        CliRunner().invoke(main, ["preview", str(deck.folder), "--no-browser"], catch_exceptions=False)
    finally:
        gc.enable()
    assert seen == [True]


def test_it_listens_on_this_machine_only(address: str) -> None:
    """Whoever shares a network with the author could read the deck."""
    port = urlsplit(address).port
    with socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # would be taken by one that listens everywhere


def test_a_port_in_use_is_said(deck: Deck) -> None:
    """An author would look at another preview's cards, or at a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = CliRunner().invoke(main, ["preview", str(deck.folder), "--no-browser", "--port", str(port)])
    assert run.exit_code == 1
    assert f"port {port} cannot be had" in run.output
    assert "--port" in run.output


def test_a_missing_package_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch, deck: Deck) -> None:
    """An author would get a traceback, and not know what to install."""
    real = metadata.distribution

    def without_uvicorn(name: str) -> metadata.Distribution:
        if name == "uvicorn":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "distribution", without_uvicorn)
    run = CliRunner().invoke(main, ["preview", str(deck.folder)])
    assert run.exit_code == 1
    assert "the preview needs uvicorn" in run.output
    assert 'pip install "anki-deckbuilder[preview]"' in run.output


@pytest.mark.parametrize("options", [[], ["--static", "site"]])
def test_a_source_that_is_not_there_is_said(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped name would open an empty page, or write an empty site."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["preview", "nowhere", "--no-browser", *options])
    assert run.exit_code == 1
    assert "there is no `nowhere`" in run.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("own_loop")
def test_a_bug_ends_the_preview_with_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The page would stand still for ever, and nobody know that or why."""
    own = Deck(tmp_path / "deck")
    real = live.prepare
    calls = []

    def prepare(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) > 1:
            raise ZeroDivisionError("a bug")
        return real(*arguments)

    def save_often() -> None:
        while len(calls) < 2:
            own.edit("1-vectors.md", "The first", "Quite the first")
            own.reset()
            sleep(0.2)

    monkeypatch.setattr(live, "prepare", prepare)
    author = Thread(target=save_often, daemon=True)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        serve(own.folder, None, lambda _: author.start(), lambda _: None)
    author.join()
