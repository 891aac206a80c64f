"""What carries messages between an agent and the protocol's library: its input is a pipe, its output a file.

The agent's messages go to the file as they arrive and are read from there: what has arrived is kept, whatever happens
to us. The library is given what it has to answer or waits for, in a shape that it can bear; the rest is only read.
"""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import IO, Any

from director.agents.acp.messages import Failure, Identity
from director.agents.driving.lines import Lines
from director.agents.driving.loose import Loose, read_line

LOOK_SECONDS = 0.02
"""How often it is looked whether the agent has said something."""


class _Envelope(Loose):
    id: Identity = None
    method: str | None = None
    params: Any = None
    result: Any = None
    error: Failure | None = None


class Wire:
    """A transport of `acp.connection.Connection`."""

    def __init__(self, stdin: IO[bytes], lines: Lines, read: Callable[[bytes], None], is_over: threading.Event) -> None:
        """Each line is given to `read` first. `is_over` is set when the agent writes no more."""
        self._stdin = stdin
        self._lines = lines
        self._read = read
        self._is_over = is_over

    async def send(self, message: dict[str, Any]) -> None:
        """Write a message. Raises BrokenPipeError if it is a request, and the agent reads no more."""
        try:
            self._stdin.write(json.dumps(message, default=str).encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError:
            if "method" in message:
                raise

    async def receive(self) -> dict[str, Any] | None:
        """Wait for a message that is for the library; None when there will be no more."""
        while True:
            is_over = self._is_over.is_set()
            for line in self._lines.whole():
                self._read(line)
                if message := _message_of(line):
                    return message
            if is_over or self._lines.are_too_many:
                return None
            await asyncio.sleep(LOOK_SECONDS)

    async def close(self) -> None:
        """Leave the input open: it belongs to whoever started the agent."""


def _message_of(line: bytes) -> dict[str, Any] | None:
    """Return a request, or the answer to one of ours."""
    if b'"id"' not in line:
        return None
    envelope = read_line(line, _Envelope)
    if envelope is None or envelope.id is None:
        return None
    if envelope.method:
        return {"id": envelope.id, "method": envelope.method, "params": envelope.params}
    if envelope.error:
        return {"id": envelope.id, "error": envelope.error.model_dump()}
    return {"id": envelope.id, "result": envelope.result}
