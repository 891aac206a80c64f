"""Serve a page that follows a job: on this machine alone, for reading alone, and nothing but the page and its news.

A page of another site may have its name lead to 127.0.0.1 and then ask as if it were ours ("DNS rebinding"): whoever
does not ask for this machine by name gets nothing. What a browser may do with the page is said with every answer.
"""

import socket
from asyncio import sleep
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from director.core.errors import ConfigError
from director.report.html import page_policy

ADDRESS = "127.0.0.1"
STREAM = "text/event-stream"
LOOK_SECONDS = 0.4
"""How often the files are looked at for each page that is open."""
PATIENT_LOOKS = 5
"""Files that change all the time are told after so many looks, others as soon as they rest."""
SILENT_LOOKS = 25
"""After so many looks without news a word is sent: only so it is seen that nobody listens any more."""
_ENDING_SECONDS = 2


@dataclass(frozen=True)
class Source:
    """What is served. Both functions may take a while, and are called in threads."""

    page: Callable[[], str]
    revision: Callable[[], str]
    """Tells by another text that the page has changed."""


def listen(port: int) -> socket.socket:
    """Begin to listen on this machine; 0 takes a port that is free. Raises ConfigError if the port is taken."""
    try:
        return socket.create_server((ADDRESS, port))
    except OSError as error:
        raise ConfigError(
            f"port {port} cannot be used: {(error.strerror or str(error)).lower()}",
            hint="name another one: --port N; 0 takes one that is free",
        ) from error


def serve(source: Source, listener: socket.socket) -> None:
    """Serve until a signal says that it is enough, which then has its usual effect."""
    server: uvicorn.Server
    app = make_app(source, port=listener.getsockname()[1], is_over=lambda: server.should_exit)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_ENDING_SECONDS,
        )
    )
    server.run(sockets=[listener])


def make_app(source: Source, *, port: int, is_over: Callable[[], bool]) -> ASGIApp:
    """Return the application; streams end as soon as `is_over`."""

    def page(_: Request) -> Response:
        return HTMLResponse(source.page())

    def events(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type=STREAM)
        return StreamingResponse(tell_news(source.revision, is_over), media_type=STREAM)

    routes = [Route("/", page), Route("/events", events)]
    return Guarded(Router(routes, redirect_slashes=False), port=port)


async def tell_news(revision: Callable[[], str], is_over: Callable[[], bool]) -> AsyncIterator[str]:
    """Yield the revision as server-sent events: now, and whenever another one has come to rest."""
    told, before, looks = "", "", 0
    while not is_over():
        now = await run_in_threadpool(revision)
        looks += 1
        if now != told and (not told or now == before or looks >= PATIENT_LOOKS):
            told, looks = now, 0
            yield f"data: {now}\n\n"
        elif now == told and looks >= SILENT_LOOKS:
            looks = 0
            yield ": nothing new\n\n"
        before = now
        await sleep(LOOK_SECONDS)


class Guarded:
    """Refuses whoever does not ask for this machine, or wants to do more than read."""

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in (ADDRESS, "localhost", "[::1]"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_headers())
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, answer)

    def _refusal(self, scope: Scope) -> Response | None:
        if Headers(scope=scope).get("host", "").lower() not in self._hosts:
            return PlainTextResponse("this page is only for this machine\n", status_code=421)
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("there is nothing to do here but to read\n", 405, headers={"Allow": "GET, HEAD"})
        return None


def _headers() -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"{page_policy(is_live=True)}; frame-ancestors 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
