"""The buttons by which an author decides about a question in doubt, and everybody else who would press them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from deckbuilder.pipeline import Options, build, check
from tests.preview.conftest import Reader, start, stop
from tests.preview.test_server import Answer, ask

BEFORE = "# Norms\n\n1) What shape has the unit ball of the L1 norm?\n\n    A diamond with its corners on the axes.\n"
AFTER = BEFORE.replace("L1", "L2").replace("A diamond with its corners on the axes", "A ball, round in each direction")
OLD = "shape-unit-ball-l1-norm"


class Asking:
    """A deck whose one question was reworded with its answer, in a running preview."""

    def __init__(self, source: Path, address: str) -> None:
        self.source = source
        self.address = address

    @property
    def lock(self) -> bytes:
        return (self.source / "deck.lock").read_bytes()

    def index(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(ask(self.address, "deck.json").body)
        return found

    def asked(self) -> dict[str, object]:
        """Return what the page is told about the question in doubt."""
        index = self.index()
        findings = [one for card in index["cards"] for one in card["findings"]] + index["findings"]  # type: ignore[attr-defined,operator]
        (asked,) = [one["asked"] for one in findings if one["asked"]]
        return dict(asked)

    def wanted(self, same: str | None = OLD) -> dict[str, object]:
        return {"doubt": self.asked()["doubt"], "same": same}

    def post(self, body: object, *, path: str = "decide", method: str = "POST", **headers: str | None) -> Answer:
        """Ask as the page does; `headers` replace what it says, None leaves one out."""
        place = urlsplit(self.address)
        given = {
            "Host": place.netloc, "Origin": f"http://{place.netloc}", "Content-Type": "application/json",
            "X-Deckbuilder-Token": str(self.index()["token"]),
        }  # fmt: skip
        given |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[misc]
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = HTTPConnection(place.hostname or "", place.port, timeout=60)
        connection.putrequest(method, place.path + path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(text)))
        connection.endheaders(text)
        return Answer(connection.getresponse())


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    source = tmp_path / "norms"
    source.mkdir()
    (source / "notes.md").write_text(BEFORE, "utf-8")
    assert not build(source, Options(output=tmp_path / "x.apkg", now=1_700_000_000)).failed
    (source / "notes.md").write_text(AFTER, "utf-8")
    process, address = start(str(source))
    yield Asking(source, address)
    stop(process)


@pytest.mark.parametrize(("button", "same"), [("Same note, reworded", True), ("A new note", False)])
def test_a_button_decides_and_the_page_follows(browser: Browser, asking: Asking, button: str, same: bool) -> None:
    """An author would press, and nothing would happen; or the note would be the wrong one."""
    reader = Reader(browser)
    reader.page.goto(asking.address)
    buttons = reader.page.get_by_role("button", name=button)
    expect(reader.page.locator(".decision .before")).to_have_text(
        "Before: What shape has the unit ball of the L1 norm? (Norms)"
    )
    buttons.click()
    expect(reader.page.locator(".decision")).to_have_count(0)
    reader.shows("shape-unit-ball")
    reader.context.close()
    assert reader.complaints == []
    result = check(asking.source, Options(retire=True))
    assert not result.failed
    assert [note.change for note in result.notes] == ["edited" if same else "new"]
    assert (asking.source / "notes.md").read_text("utf-8") == AFTER


def test_the_page_itself_is_answered(asking: Asking) -> None:
    """The refusals below would hold because nothing is ever answered."""
    assert asking.post(asking.wanted()).status == 204
    assert not check(asking.source).failed


FOREIGN = [
    {"Origin": None},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"X_Deckbuilder_Token": None},
    {"X_Deckbuilder_Token": ""},
    {"X_Deckbuilder_Token": "wrong"},
    {"Content_Type": "text/plain"},
    {"Content_Type": "application/x-www-form-urlencoded"},
    {"Content_Type": None},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_page_cannot_decide(asking: Asking, headers: dict[str, str | None]) -> None:
    """A website, or a stranger's card in its frame, could give one card another's reviews while an author looks."""
    before = asking.lock
    answer = asking.post(asking.wanted(), **headers)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert asking.lock == before


def test_a_foreign_host_cannot_decide(asking: Asking) -> None:
    """A website that points its name at this machine could."""
    before = asking.lock
    assert asking.post(asking.wanted(), Host="evil.example").status == 421
    assert asking.lock == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_a_post_decides(asking: Asking, method: str) -> None:
    """A mere link or picture could decide, or a browser be told that another page may."""
    before = asking.lock
    answer = asking.post(asking.wanted(), method=method)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert asking.lock == before


def test_what_is_no_decision_is_refused(asking: Asking) -> None:
    """A request of any form could reach what writes the lock."""
    before, doubt = asking.lock, asking.asked()["doubt"]
    bodies = (b"", b"{", b"[" * 4_000, b'{"doubt": 1, "same": null}', [], {"doubt": doubt},
              {"doubt": doubt, "same": 1}, {"doubt": doubt, "same": None, "more": 1},
              {"doubt": doubt, "same": "x" * 5_000})  # fmt: skip
    for body in bodies:
        assert asking.post(body).status == 403
    assert asking.post(asking.wanted(), path="decide/").status in (404, 405)
    assert asking.lock == before


def test_what_is_not_asked_now_cannot_be_decided(asking: Asking) -> None:
    """A page that was left open could decide about words that are no longer there, or about any two notes."""
    before, wanted = asking.lock, asking.wanted()
    assert asking.post(wanted | {"same": "another-key"}).status == 409
    assert asking.post(wanted | {"doubt": "0" * 24}).status == 409
    (asking.source / "notes.md").write_text(AFTER.replace("each direction", "all directions"), "utf-8")
    assert asking.post(wanted).status == 409
    assert asking.lock == before
    (asking.source / "notes.md").write_text(AFTER, "utf-8")
    assert asking.post(wanted).status == 204
    assert asking.post(wanted).status == 409


def test_two_previews_have_two_tokens(asking: Asking) -> None:
    """A page of an earlier run could still decide."""
    process, address = start(str(asking.source))
    other = Asking(asking.source, address)
    try:
        assert asking.index()["token"] != other.index()["token"]
        assert asking.post(asking.wanted(), X_Deckbuilder_Token=str(other.index()["token"])).status == 403
    finally:
        stop(process)


def test_a_site_has_no_buttons(asking: Asking, tmp_path: Path, browser: Browser) -> None:
    """Readers of a published preview would press buttons that nobody answers."""
    from deckbuilder.preview.static_site import write_site

    (asking.source / "more.md").write_text("# More\n\n1) What else?\n\n    Nothing more.\n", "utf-8")
    write_site(asking.source, tmp_path / "site")
    text = (tmp_path / "site" / "deck.js").read_text("utf-8")
    assert "DB303" in text
    assert '"asked": {' not in text
    assert '"token"' not in text
