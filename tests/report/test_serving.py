"""Who is served what: asked of a real server, as a browser or a stranger would ask."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage

import pytest

from director.core.errors import ConfigError
from director.report import serving
from director.report.html import page_policy

PROGRAM = """
from director.report.serving import Source, listen, serve
listener = listen(0)
print(listener.getsockname()[1], flush=True)
serve(Source(page=lambda: "<!doctype html><p>the page", revision=lambda: "one"), listener)
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: str


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a page is served that never changes."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.terminate()


def ask(port: int, path: str = "/", *, method: str = "GET", host: str = "127.0.0.1:PORT") -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host.replace("PORT", str(port)))
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return Answer(answer.status, answer.headers, body)


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT"])
def test_who_asks_for_this_machine_gets_the_page(port: int, host: str) -> None:
    answer = ask(port, host=host)

    assert (answer.status, answer.body) == (200, "<!doctype html><p>the page")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/events", "/else"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example:PORT",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1:PORT.evil.example",
        "localhost.evil.example:PORT",
        "user@localhost:PORT",
        "127.0.0.2:PORT",
        "0.0.0.0:PORT",
        "",
    ],
)
def test_who_asks_by_another_name_gets_nothing(port: int, host: str, path: str) -> None:
    answer = ask(port, path, host=host)

    assert (answer.status, answer.body) == (421, "this page is only for this machine\n")


@pytest.mark.parametrize("path", ["/", "/events", "/else"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_nothing_can_be_done_but_to_read(port: int, method: str, path: str) -> None:
    answer = ask(port, path, method=method)

    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert "the page" not in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/.director/config.toml",
        "/../config.toml",
        "/%2e%2e/config.toml",
        "//",
        "/events/",
        "/favicon.ico",
    ],
)
def test_nothing_is_served_but_the_page_and_its_news(port: int, path: str) -> None:
    answer = ask(port, path)

    assert (answer.status, answer.body) == (404, "Not Found")


@pytest.mark.parametrize(("path", "host"), [("/", "localhost:PORT"), ("/else", "localhost:PORT"), ("/", "evil")])
def test_every_answer_says_what_a_browser_may_do_with_it(port: int, path: str, host: str) -> None:
    headers = ask(port, path, host=host).headers

    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == f"{page_policy(is_live=True)}; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert [name for name in headers if name.lower().startswith("access-control-") or name.lower() == "server"] == []


def test_a_head_of_the_news_ends_at_once(port: int) -> None:
    answer = ask(port, "/events", method="HEAD")

    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_only_this_machine_is_listened_to() -> None:
    with serving.listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_told() -> None:
    with serving.listen(0) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(ConfigError, match=f"port {port} cannot be used: address already in use") as told:
            serving.listen(port)

    assert told.value.hint == "name another one: --port N; 0 takes one that is free"


def news(monkeypatch: pytest.MonkeyPatch, *revisions: str) -> list[str]:
    """What is told while the files look like this, one after the other."""
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0)
    left = list(revisions)

    async def listen() -> list[str]:
        return [text async for text in serving.tell_news(lambda: left.pop(0), lambda: not left)]

    return asyncio.run(listen())


def test_a_change_is_told_when_it_has_come_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert news(monkeypatch, "a", "a", "b", "c", "c", "c") == ["data: a\n\n", "data: c\n\n"]


def test_what_never_rests_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    told = news(monkeypatch, "start", *(str(number) for number in range(2 * serving.PATIENT_LOOKS)))

    assert told == ["data: start\n\n", "data: 4\n\n", "data: 9\n\n"]


def test_where_nothing_changes_a_word_is_sent_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told = news(monkeypatch, *["a"] * (2 * serving.SILENT_LOOKS + 1))

    assert told == ["data: a\n\n", ": nothing new\n\n", ": nothing new\n\n"]
