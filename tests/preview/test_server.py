"""What the server gives, and all that it does not."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from tests.preview.conftest import Deck


class Answer:
    """What the server said to one request."""

    def __init__(self, response: HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def ask(address: str, path: str, *, method: str = "GET", host: str | None = None, **headers: str) -> Answer:
    """Ask for a path below the preview's address, or for one of the whole server if it begins with a slash."""
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=60)
    target = path if path.startswith("/") else place.path + path
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", place.netloc if host is None else host)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return Answer(connection.getresponse())


FRAME = ("frame.js", "mathjax-fonts.js", "mathjax/tex-chtml-full.js")
GIVEN = ("", "page.js", "page.css", "frame.html", "deck.json", *FRAME)
SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


@pytest.mark.parametrize("path", GIVEN)
def test_what_the_page_is_made_of_is_given(address: str, path: str) -> None:
    """The page would stay empty."""
    answer = ask(address, path)
    assert answer.status == 200
    assert answer.body
    assert answer.headers.items() >= SAFE.items()
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_cards_sides_and_pictures_are_given(address: str, deck: Deck) -> None:
    """Cards would be blank, or without their pictures."""
    index = json.loads(ask(address, "deck.json").body)
    card = next(card for card in index["cards"] if card["key"] == "dot-product")
    sides = json.loads(ask(address, f"sides/{card['imprint']}.json").body)
    name = sides["back"].partition('src="')[2].partition('"')[0]
    picture = ask(address, f"media/{name}")
    assert picture.body == (deck.folder / "media" / "arrow.svg").read_bytes()
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["content-security-policy"]


ASTRAY = [
    "media/../deck.json/..", "media/..%2f1-vectors.md", "media/%2e%2e/1-vectors.md", "media/..%5c1-vectors.md",
    "media/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd", "media//etc/passwd", "media/%2fetc%2fpasswd",
    "media/....//....//etc/passwd", "media/arrow.svg", "media/arrow.svg%00", "media/", "mathjax/../conf.py",
    "mathjax/..%2f..%2f..%2fetc%2fpasswd", "mathjax/%2e%2e/%2e%2e/RECORD", "mathjax//etc/passwd", "mathjax/latest.js",
    "mathjax/%2fetc%2fpasswd", "1-vectors.md", "deck.lock", "deck.yml", "server.py", "..%2fserver.py", "desktop.css",
    "page%2findex.html", "index.html", "sides/..%2fdeck.json", "sides/x.json", "%00", "../", "/etc/passwd",
    "//etc/passwd", "/", "/deck.json", "/frame.html", "/media/arrow.svg", "/robots.txt", "/wrong-token-here/",
    "/wrong-token-here/deck.json",
]  # fmt: skip


@pytest.mark.parametrize("path", ASTRAY)
def test_no_path_leads_out_of_the_deck(address: str, path: str) -> None:
    """Whoever could ask would read any file of the author's."""
    assert ask(address, path).status in (400, 404, 405)


FOREIGN_HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "0.0.0.0:{port}",
                 "127.0.0.1.evil.example:{port}", "[::1]:{port}", "localhost.:{port}", ""]  # fmt: skip


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["", "deck.json"])
def test_a_foreign_host_is_refused(address: str, host: str, path: str) -> None:
    """A website could point its own name at this machine and read the deck as if it were its own page."""
    answer = ask(address, path, host=host.format(port=urlsplit(address).port))
    assert answer.status in (400, 421)
    assert b"cards" not in answer.body


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_its_own_names_are_answered(address: str, name: str) -> None:
    """An author who types localhost would be turned away."""
    port = urlsplit(address).port
    assert ask(address, "deck.json", host=f"{name}:{port}").status == 200
    assert ask(address, "deck.json", Origin=f"http://{name.lower()}:{port}").status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "https://{host}", ""]
)
def test_a_foreign_origin_is_refused(address: str, origin: str) -> None:
    """A website that has guessed the address could read the deck."""
    for path in ("", "deck.json", "events", "sides/x.json"):
        assert ask(address, path, Origin=origin.format(host=urlsplit(address).netloc)).status == 403


def test_a_cards_own_frame_gets_what_it_shows_and_no_more(address: str) -> None:
    """Browsers call the origin of a card's frame `null`: its maths would be raw, or the whole deck open to it."""
    for path in FRAME:
        answer = ask(address, path, Origin="null")
        assert answer.status == 200
        assert "access-control-allow-origin" not in answer.headers
    assert ask(address, "frame.js", Origin="https://evil.example").status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_there_is_nothing_to_write(address: str, method: str) -> None:
    """A request could change something, or a browser be told that another page may ask."""
    answer = ask(address, "deck.json", method=method)
    assert answer.status == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_pages_say_what_they_may_load(address: str) -> None:
    """A card that carried a script past the cleaning could send away what it sees, or be framed by a website."""
    page = ask(address, "").headers["content-security-policy"]
    assert "default-src 'none'" in page
    assert "script-src 'self';" in page
    assert "frame-ancestors 'none'" in page
    frame = ask(address, "frame.html").headers["content-security-policy"]
    assert "default-src 'none'" in frame
    assert "connect-src" not in frame
    assert "https:" not in frame
