"""Talks to an OpenCode server: requests, and the stream of its events.

Whatever it answers, or does not, is an error in words; nothing that comes from it is held in memory beyond a bound.
"""

import json
import socket
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from director.agents.driving.endings import DETAIL_LENGTH
from director.agents.driving.lines import LINE_BYTES
from director.agents.driving.loose import Loose, read_line
from director.core.errors import AgentError

HOST = "127.0.0.1"
ANSWER_BYTES = 16 * 1024 * 1024
REQUEST_SECONDS = 120.0
"""Between two pieces of an answer: the first request for a directory takes seconds, more where the machine is busy."""
SILENCE_SECONDS = 120.0
"""Without any event; the server itself tells every ten seconds that it is there."""
_USER = "opencode"


class ServerError(AgentError):
    """The server did not answer, or not well."""


class RefusedError(ServerError):
    """The server answered that it does not do what it was asked."""


class _Data(Loose):
    message: str = ""


class _Refusal(Loose):
    """An answer that says what is wrong."""

    name: str = ""
    data: _Data = _Data()
    message: str = ""


class Client:
    """A server's client; may be used by many threads."""

    def __init__(self, port: int, password: str) -> None:
        self._port = port
        self._authorization = "Basic " + b64encode(f"{_USER}:{password}".encode()).decode()

    def get(self, path: str, directory: Path, *, seconds: float = REQUEST_SECONDS) -> Any:
        """Return the answer to a question about a directory. Raises ServerError."""
        return self._ask("GET", path, directory, None, seconds)

    def post(self, path: str, directory: Path, body: Mapping[str, Any], *, seconds: float = REQUEST_SECONDS) -> Any:
        """Have something done in a directory and return the answer. Raises ServerError."""
        return self._ask("POST", path, directory, body, seconds)

    def delete(self, path: str, directory: Path, *, seconds: float = REQUEST_SECONDS) -> None:
        """Have something deleted. Raises ServerError."""
        self._ask("DELETE", path, directory, None, seconds)

    @contextmanager
    def events(self, directory: Path) -> Iterator["Stream"]:
        """Listen to what happens in a directory. Raises ServerError."""
        with self._answer("GET", "/event", directory, None, SILENCE_SECONDS) as (response, connected):
            if response.status != 200:
                raise _refused(response.status, response.read(ANSWER_BYTES))
            yield Stream(response, connected)

    def _ask(self, method: str, path: str, directory: Path, body: Mapping[str, Any] | None, seconds: float) -> Any:
        with self._answer(method, path, directory, body, seconds) as (response, _):
            data = response.read(ANSWER_BYTES + 1)
        if len(data) > ANSWER_BYTES:
            raise ServerError("the OpenCode server's answer is too long")
        if response.status >= 400:
            raise _refused(response.status, data)
        try:
            return json.loads(data) if data else None
        except (ValueError, RecursionError) as error:
            raise ServerError(f"the OpenCode server's answer to '{method} {path}' is no JSON") from error

    @contextmanager
    def _answer(
        self, method: str, path: str, directory: Path, body: Mapping[str, Any] | None, seconds: float
    ) -> Iterator[tuple[HTTPResponse, socket.socket]]:
        connection = HTTPConnection(HOST, self._port, timeout=seconds)
        headers = {"Authorization": self._authorization, "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode(errors="replace")
        try:
            connection.connect()
            connected = connection.sock
            connection.request(method, f"{path}?{urlencode({'directory': str(directory)})}", content, headers)
            with connection.getresponse() as response:
                yield response, connected
        except TimeoutError as error:
            raise ServerError(
                f"the OpenCode server did not answer '{method} {path}' within {seconds:g} seconds"
            ) from error
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ServerError(f"the connection to the OpenCode server broke: {reason}") from error
        finally:
            connection.close()


class Stream:
    """The events of a directory, as they come."""

    def __init__(self, response: HTTPResponse, connected: socket.socket) -> None:
        self._response = response
        self._connected = connected

    def events(self) -> Iterator[bytes]:
        """Yield each event, which is one JSON object, until the connection ends. One that is too long is left out."""
        is_inside = False
        while line := self._response.readline(LINE_BYTES):
            is_end = line.endswith(b"\n")
            if is_end and not is_inside and line.startswith(b"data:"):
                yield line[5:]
            is_inside = not is_end

    def close(self) -> None:
        """End the connection: who waits for an event waits no longer."""
        with suppress(OSError):
            self._connected.shutdown(socket.SHUT_RDWR)


def _refused(status: int, data: bytes) -> RefusedError:
    refusal = read_line(data, _Refusal) or _Refusal()
    said = refusal.data.message or refusal.message or refusal.name or data.decode(errors="replace").strip()
    return RefusedError(f"the OpenCode server refused: {said[:DETAIL_LENGTH] or 'it does not say why'} (HTTP {status})")
