"""What OpenCode tells while it runs: its events, read without trust in their shape.

One JSON object a line: `step_start`, `tool_use`, `text`, `step_finish`, `error`. A line that is no event is skipped: a
killed program leaves half a line, and others may write to its output.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from director.core import backoff
from director.core.calls import End, ToolEvent, ToolKind, Usage

DETAIL_LENGTH = 2000
"""A longer reason is cut, for it may hold a whole response."""
STOP = "stop"
"""The reason of a step after which the model asks for nothing more."""
WANTED_LENGTH = 300
"""What is kept of a tool use that failed: OpenCode repeats its whole set of rules."""

_KINDS = {
    ToolKind.READ: {"read", "grep", "glob", "list"},
    ToolKind.EDIT: {"edit", "write", "apply_patch", "patch", "multiedit"},
    ToolKind.RUN: {"bash", "shell"},
}
_PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)
_RATE = re.compile(r"rate.?limit|too many requests|overloaded|quota|usage limit|resource.exhausted", re.IGNORECASE)
_REFUSED_NAMES = {"ProviderAuthError"}


class _Loose(BaseModel):
    """A part of a foreign format: what we do not need is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _amount(value: Any) -> Any:
    """Return 0 for what is no amount: OpenCode writes null, or less than nothing, where it cannot tell."""
    return value if isinstance(value, int | float) and math.isfinite(value) and value > 0 else 0


_Tally = Annotated[int, BeforeValidator(lambda value: int(_amount(value)))]
_Dollars = Annotated[float, BeforeValidator(_amount)]


class _Cache(_Loose):
    read: _Tally = 0
    write: _Tally = 0


class _Tokens(_Loose):
    input: _Tally = 0
    output: _Tally = 0
    reasoning: _Tally = 0
    cache: _Cache = _Cache()


class _Time(_Loose):
    start: float = 0


class _State(_Loose):
    status: str = ""
    input: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    error: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    time: _Time = _Time()


class Part(_Loose):
    """The part of a message that an event is about."""

    id: str = ""
    message: str = Field(default="", alias="messageID")
    tool: str = ""
    state: _State = Field(default_factory=_State)
    text: str = ""
    reason: str = ""
    """Of a finished step: `tool-calls` if another one follows."""
    tokens: _Tokens = _Tokens()
    cost: _Dollars = 0


class _Reason(_Loose):
    message: str = ""
    status: int | None = Field(default=None, alias="statusCode")
    body: str = Field(default="", alias="responseBody")
    headers: dict[str, Any] = Field(default_factory=dict, alias="responseHeaders")


class Failure(_Loose):
    """What went wrong, as OpenCode says it."""

    name: str = ""
    data: _Reason = Field(default_factory=_Reason)


class Event(_Loose):
    """One line of the transcript."""

    type: str
    part: Part = Field(default_factory=Part)
    error: Failure = Field(default_factory=Failure)


@dataclass(frozen=True)
class Ending:
    """How a call ended, and why."""

    end: End
    detail: str = ""
    retry_after: float | None = None


def read_events(lines: Iterable[str | bytes]) -> list[Event]:
    """Read the lines that are events; a part that is told again, such as one that was compacted later, counts once."""
    events: dict[tuple[str, str], Event] = {}
    for number, line in enumerate(lines):
        if event := read_event(line):
            events.setdefault((event.type, event.part.id or str(number)), event)
    return list(events.values())


def read_event(line: str | bytes) -> Event | None:
    """Read one line; None if it is not an event."""
    try:
        return Event.model_validate(json.loads(line))
    except (ValueError, RecursionError, ValidationError):
        return None


def total_usage(events: Iterable[Event]) -> Usage:
    """Add up the tokens of all steps. OpenCode keeps cached input out of input, and reasoning out of output."""
    total = Usage()
    for tokens in (event.part.tokens for event in events if event.type == "step_finish"):
        total += Usage(
            input=tokens.input,
            cached_input=tokens.cache.read,
            cache_write=tokens.cache.write,
            output=tokens.output + tokens.reasoning,
            reasoning=tokens.reasoning,
        )
    return total


def total_cost(events: Iterable[Event]) -> float | None:
    """Add up what the steps cost; None if it is nothing, for OpenCode says 0 of every model whose price it lacks."""
    return sum(event.part.cost for event in events if event.type == "step_finish") or None


def last_text(events: Sequence[Event]) -> str:
    """Return the text of the last message that has one."""
    parts = [event.part for event in events if event.type == "text" and event.part.text.strip()]
    return "\n".join(part.text for part in parts if part.message == parts[-1].message)


def tool_events(events: Iterable[Event], directory: PurePath) -> tuple[ToolEvent, ...]:
    """List the uses of tools in the order in which they began; paths below the directory are shown from there."""
    parts = [event.part for event in events if event.type == "tool_use"]
    return tuple(_tool_event(part, directory) for part in sorted(parts, key=lambda part: part.state.time.start))


def failures(events: Iterable[Event]) -> list[Ending]:
    """List the errors that OpenCode reported, told apart."""
    return [_ending(event.error) for event in events if event.type == "error"]


def is_done(events: Sequence[Event]) -> bool:
    """Tell whether the last step was the model's last: only then it stops of itself."""
    steps = [event for event in events if event.type in ("step_start", "step_finish", "error")]
    return bool(steps) and steps[-1].type == "step_finish" and steps[-1].part.reason == STOP


def told_wait(text: str, headers: Mapping[str, Any] | None = None) -> float | None:
    """Return how many seconds a provider asks to wait, or None."""
    said = {name: value for name, value in (headers or {}).items() if isinstance(value, str)}
    return backoff.told_wait(text, said, now=datetime.now(UTC))


def speaks_of_rate(text: str) -> bool:
    """Tell whether a provider's words mean that it is asked too often or too much."""
    return bool(_RATE.search(text))


def signature(use: Event) -> str:
    """Describe the use of a tool and what it answered."""
    return json.dumps([use.part.tool, use.part.state.input, use.part.state.output])


def _tool_event(part: Part, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed did nothing: it is OTHER, and says what was wanted."""
    kind = next((kind for kind, names in _KINDS.items() if part.tool in names), ToolKind.OTHER)
    detail = _detail(kind, part, directory)
    if part.state.status == "error":
        wanted = " ".join(filter(None, (part.tool, detail)))
        return ToolEvent(kind=ToolKind.OTHER, detail=f"{wanted}: {part.state.error}"[:WANTED_LENGTH])
    exit_code = part.state.metadata.get("exit") if kind is ToolKind.RUN else None
    return ToolEvent(kind=kind, detail=detail or part.tool, exit_code=exit_code if isinstance(exit_code, int) else None)


def _detail(kind: ToolKind, part: Part, directory: PurePath) -> str:
    given = {name: value for name, value in part.state.input.items() if isinstance(value, str)}
    if kind is ToolKind.RUN:
        return given.get("command", "")
    if patched := _PATCHED.findall(given.get("patchText", "")):
        return ", ".join(patched)
    path = given.get("filePath") or given.get("path") or given.get("pattern", "")
    return str(PurePath(path).relative_to(directory)) if PurePath(path).is_relative_to(directory) else path


def _ending(failure: Failure) -> Ending:
    status, message = failure.data.status, failure.data.message or failure.name
    detail = message if status is None else f"{message} (HTTP {status})"
    if status in (429, 529) or speaks_of_rate(message) or speaks_of_rate(failure.data.body):
        wait = told_wait(f"{message}\n{failure.data.body}", failure.data.headers)
        return Ending(End.RATE_LIMITED, detail[:DETAIL_LENGTH], retry_after=wait)
    is_refused = status in (401, 402, 403) or failure.name in _REFUSED_NAMES
    return Ending(End.REFUSED if is_refused else End.ERROR, detail[:DETAIL_LENGTH])
