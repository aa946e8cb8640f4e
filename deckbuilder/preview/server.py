"""The live preview's server: on this machine only, for this machine's own pages only, with nothing but the deck.

Every address begins with a token that changes from run to run, so that no other page and no other user of the machine
can guess one. What can be asked for is named here or in the prepared deck; no path is ever made of an address.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path, PurePosixPath
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deckbuilder.preview import page_files
from deckbuilder.preview.deck import PreviewDeck, sides_of
from deckbuilder.preview.live import LiveDeck, Stale
from deckbuilder.preview.mathjax import fonts_script, mathjax_files, mathjax_folder
from deckbuilder.preview.refusals import PreviewRefused

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 4747

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
"""Inline styles are those of cards without JavaScript, whose frames inherit this policy."""

_FRAME_POLICY: Final = (
    "default-src 'none'; script-src {origin} 'unsafe-inline'; style-src 'unsafe-inline'; img-src {origin} data:; "
    "font-src data:; base-uri {origin}; form-action 'none'; frame-ancestors {origin}"
)
"""A card's own scripts and styles are inline, as in Anki. Its frame has no origin, so 'self' is spelt out."""

DECIDE: Final = "decide"
DECIDE_HEADER: Final = "x-deckbuilder-token"
"""The one address that writes, and the header for the token that only a page that can read the deck knows."""

_LONGEST: Final = 4_096  # bytes of a decision

_FRAME_FILES: Final = ("frame.js", "mathjax-fonts.js", "mathjax/", "media/")
"""What a card's frame loads, giving its origin as `null`; by the token it is ours all the same."""


def application(live: LiveDeck, token: str, port: int, ready: Callable[[], None] | None = None) -> ASGIApp:
    """Return the preview of a live deck as an application; `ready` is called once it answers."""
    site = _Site(live)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(live.watch())
        if ready:
            ready()
        yield
        await live.stop()
        await watching

    routes = [
        Route("/", site.page),
        Route("/frame.html", site.frame),
        Route("/deck.json", site.index),
        Route("/events", site.events),
        Route(f"/{DECIDE}", site.decide, methods=["POST"]),
        Route("/sides/{imprint}.json", site.sides),
        Route("/media/{name}", site.media),
        Route("/mathjax-fonts.js", site.fonts),
        Route("/mathjax/{path:path}", site.mathjax),
        Route("/{part}", site.part),
    ]
    # Without redirects: an address is right, or there is nothing.
    inside = Mount(f"/{token}", app=Router(routes, redirect_slashes=False))
    app = Starlette(routes=[inside], lifespan=lifespan)
    app.router.redirect_slashes = False
    return _Guard(app, token, port)


class _Site:
    """What there is to ask for."""

    def __init__(self, live: LiveDeck) -> None:
        self.live = live
        self.decide_token = secrets.token_urlsafe(24)
        self.mathjax_files = {path.as_posix(): mathjax_folder() / path for path in mathjax_files()}

    def page(self, _: Request) -> Response:
        return _response(page_files.read(page_files.PAGE), ".html", _PAGE_POLICY)

    def frame(self, request: Request) -> Response:
        origin = f"http://{request.headers['host']}"  # one of two, as the guard has seen to
        return _response(page_files.read(page_files.FRAME), ".html", _FRAME_POLICY.format(origin=origin))

    def part(self, request: Request) -> Response:
        name = request.path_params["part"]
        return _response(page_files.read(name), PurePosixPath(name).suffix) if name in page_files.PARTS else _nothing()

    def index(self, _: Request) -> Response:
        return _json({**page_files.index(self.live.deck), "token": self.decide_token})

    async def decide(self, request: Request) -> Response:
        """Write a decision, if the page that asks is ours and just this is asked now."""
        given = request.headers.get(DECIDE_HEADER, "")
        if not secrets.compare_digest(given.encode(), self.decide_token.encode()):
            return PlainTextResponse("Only the preview's own page decides.", 403)
        wanted = await _wanted(request)
        if wanted is None:
            return PlainTextResponse("This is no decision.", 403)
        try:
            await self.live.decide(*wanted)
        except Stale as problem:
            return PlainTextResponse(str(problem), 409)
        return Response(status_code=204)

    def sides(self, request: Request) -> Response:
        card = self.live.card(request.path_params["imprint"])
        return _json(sides_of(card)) if card else _nothing()

    def media(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = self.live.deck.media.get(name)
        # A drawing that is opened by itself must not run what a stranger may have put into it.
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        return _response(content, PurePosixPath(name).suffix.lower(), policy) if content is not None else _nothing()

    def fonts(self, _: Request) -> Response:
        return _response(fonts_script(), ".js", lasting=True)

    def mathjax(self, request: Request) -> Response:
        path = self.mathjax_files.get(request.path_params["path"])
        return _response(path.read_bytes(), ".js", lasting=True) if path else _nothing()

    async def events(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            async for version in self.live.versions():
                yield f"data: {version}\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")


async def _wanted(request: Request) -> tuple[str, str | None] | None:
    """Return the question in doubt and the key of the note that it is to be, None for a new one; None if neither."""
    if request.headers.get("content-type") != "application/json":
        return None
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST:
                return None
        wanted = json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return None
    if not isinstance(wanted, dict) or wanted.keys() != {"doubt", "same"}:
        return None
    doubt, same = wanted["doubt"], wanted["same"]
    return (doubt, same) if isinstance(doubt, str) and isinstance(same, str | None) else None


def _response(
    content: str | bytes, ending: str, policy: str = "default-src 'none'", *, lasting: bool = False
) -> Response:
    headers = {"content-security-policy": policy}
    if lasting:
        headers["cache-control"] = "max-age=86400, immutable"
    return Response(content, headers=headers, media_type=page_files.TYPES.get(ending, "application/octet-stream"))


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json")


def _nothing() -> Response:
    return PlainTextResponse("There is nothing here.", 404)


class _Guard:
    """Lets through only what this machine's own browser asks for at the preview's own address."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app = app
        self.decide = f"/{token}/{DECIDE}"
        self.frame_files = tuple(f"/{token}/{path}" for path in _FRAME_FILES)
        self.hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse to."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http":
            await (self._refusal(scope) or self.app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Return why a request is refused, None where it is not."""
        headers = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return PlainTextResponse("The preview answers at its own address only.", 421)
        ours = self.origins | {"null"} if scope["path"].startswith(self.frame_files) else self.origins
        origins = [value for name, value in headers if name == b"origin"]
        is_decision = scope["method"] == "POST" and scope["path"] == self.decide
        if any(value not in ours for value in origins) or (is_decision and not origins):
            return PlainTextResponse("The preview answers its own page only.", 403)
        if not is_decision and (scope["method"] not in ("GET", "HEAD") or scope["path"] == self.decide):
            return PlainTextResponse("Nothing can be written in this way.", 405)
        return None


def _with_headers(send: Send) -> Send:
    """Return `send` with what every answer says: never guess a type, tell nobody the address, keep nothing."""
    added = {b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer", b"cache-control": b"no-store"}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name for name, _ in message["headers"]}
            more = [(name, value) for name, value in added.items() if name not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending


def serve(source: Path, port: int | None, ready: Callable[[str], None], changed: Callable[[PreviewDeck], None]) -> None:
    """Show the deck at `source` until interrupted.

    `ready` is called with the page's address once it can be opened, `changed` with every new state of the deck. Port
    None stands for the usual one, or any that is free. Raises PreviewRefused where a port that was asked for is taken.
    """
    with _listening(port) as listener:
        number = listener.getsockname()[1]
        token = secrets.token_urlsafe(12)

        async def run() -> None:
            live = LiveDeck(source, changed)
            address = f"http://{HOST}:{number}/{token}/"
            app = application(live, token, number, lambda: ready(address))
            config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
            server = _Server(config, live)
            await live.reload()  # before anything else, so that a bug in there is not the server's to swallow
            live.when_failed(server.end)
            await server.serve(sockets=[listener])
            live.raise_failure()

        asyncio.run(run())


class _Server(uvicorn.Server):
    """A server that ends the streams to its pages first, and so never waits for them."""

    def __init__(self, config: uvicorn.Config, live: LiveDeck) -> None:
        super().__init__(config)
        self.live = live

    def end(self) -> None:
        """End as soon as may be."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every stream, then the server."""
        await self.live.stop()
        await super().shutdown(sockets)


def _listening(port: int | None) -> socket.socket:
    for number in (port,) if port is not None else (USUAL_PORT, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere it would let two previews have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
            listener.listen()
        except OSError as error:
            listener.close()
            problem = error.strerror or str(error)
            continue
        return listener
    raise PreviewRefused(f"port {port} cannot be had ({problem}); name another with --port, or none")
