"""What the modules of the APIs have in common: a question as it was read, an answer as it is sent, an error."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.agents.models.scripts import Message, ToolCall

Json = dict[str, Any]
FRESH, CACHED, OUTPUT, REASONING = 600, 400, 50, 20
"""What every answer says to have used, in each API's words; the reasoning is a part of the output."""


@dataclass(frozen=True)
class Question:
    """What a request asks, whichever API it came by."""

    model: str
    messages: tuple[Message, ...]
    tools: Mapping[str, Json]
    """The schema of the arguments by the name of the tool."""
    streamed: bool
    forced_tool: str | None = None
    """The one tool that has to be used, if the request names it."""


@dataclass(frozen=True)
class Reply:
    """What is sent back: a text, or tools to use."""

    model: str
    text: str = ""
    calls: Sequence[ToolCall] = ()
    stamp: int = field(default_factory=time.monotonic_ns)
    """Tells this answer from all others; every identifier of the answer contains it."""

    def call_id(self, index: int) -> str:
        """Return what the program calls the use of a tool."""
        return f"call_{self.stamp}_{index}"


class Trouble(StrEnum):
    """What an API refuses a request for."""

    KEY = "key"
    RATE = "rate"
    SERVER = "server"
    OVERLOADED = "overloaded"
    OVERFLOW = "overflow"
    MODEL = "model"
    ADDRESS = "address"


@dataclass(frozen=True)
class Refusal:
    """An error answer."""

    status: int
    trouble: Trouble
    message: str


@dataclass(frozen=True)
class Api:
    """How one API reads and writes."""

    read: Callable[[str, Json], Question]
    """Reads a request from its path and its body."""
    whole: Callable[[Reply], Json]
    events: Callable[[Reply], list[Json]]
    """The same as server-sent events; one with a `type` is sent under that name."""
    refusal: Callable[[Refusal], Json]
    overflow: str
    """What the API says of a prompt that is too long."""
    closing_event: str | None = None


def parts(text: str, length: int = 400) -> list[str]:
    """Cut a text into the pieces that a stream brings."""
    return [text[start : start + length] for start in range(0, len(text), length)]


def dump(value: object) -> str:
    """Return JSON on one line."""
    return json.dumps(value, ensure_ascii=False)
