"""What OpenCode tells: `step_start`, `tool_use`, `text`, `step_finish`, `error`, `retry`; one JSON object a line.

`opencode run` writes these lines itself, but for `retry`; of a server's events they are made (translation.py).
"""

import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from pydantic import Field

from director.agents.driving.endings import DETAIL_LENGTH, Ending, failed, speaks_of_rate, told_wait
from director.agents.driving.loose import Dollars, Loose, Tally, read_line
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import End, ToolEvent, ToolKind, Usage

STOP = "stop"
"""The reason of a step after which the model asks for nothing more."""
WANTED_LENGTH = 300
"""What is kept of a tool use that failed: OpenCode repeats its whole set of rules."""
TOLD_SECONDS = 60.0
"""OpenCode itself waits for half of that before it asks again: for longer only where its provider tells it to."""
STRUCTURED = "StructuredOutput"
"""The tool by which a model gives an answer that has to fit a schema."""

_KINDS = {
    ToolKind.READ: {"read", "grep", "glob", "list"},
    ToolKind.EDIT: {"edit", "write", "apply_patch", "patch", "multiedit"},
    ToolKind.RUN: {"bash", "shell"},
}
_PATCHED = re.compile(r"^\*\*\* (?:Add|Update|Delete) File: (.+)$", re.MULTILINE)
_REFUSED_NAMES = {"ProviderAuthError"}


class _Cache(Loose):
    read: Tally = 0
    write: Tally = 0


class _Tokens(Loose):
    input: Tally = 0
    output: Tally = 0
    reasoning: Tally = 0
    cache: _Cache = _Cache()


class _Time(Loose):
    start: float = 0


class _State(Loose):
    status: str = ""
    input: dict[str, Any] = Field(default_factory=dict)
    output: str = ""
    error: str = ""
    metadata: dict[str, Any] = Field(default_factory=dict)
    time: _Time = _Time()


class _Part(Loose):
    """The part of a message that an event is about."""

    id: str = ""
    message: str = Field(default="", alias="messageID")
    tool: str = ""
    state: _State = Field(default_factory=_State)
    text: str = ""
    reason: str = ""
    """Of a finished step: `tool-calls` if another one follows."""
    tokens: _Tokens = _Tokens()
    cost: Dollars = 0


class _Reason(Loose):
    message: str = ""
    status: int | None = Field(default=None, alias="statusCode")
    body: str = Field(default="", alias="responseBody")
    headers: dict[str, Any] = Field(default_factory=dict, alias="responseHeaders")


class _Failure(Loose):
    """What went wrong, as OpenCode says it."""

    name: str = ""
    data: _Reason = Field(default_factory=_Reason)


class _Retry(Loose):
    """Why OpenCode asks its provider again, and when."""

    message: str = ""
    next: float = 0
    """Milliseconds since the epoch."""


class _Event(Loose):
    """One line of the transcript."""

    type: str
    timestamp: float = 0
    part: _Part = Field(default_factory=_Part)
    error: _Failure = Field(default_factory=_Failure)
    retry: _Retry = _Retry()


class Events(Reading):
    """The state of a call by OpenCode's events; a part that is told again, such as one compacted later, counts once."""

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self.is_answered = False
        """Whether the model said anything or used a tool."""
        self._told: set[tuple[str, str]] = set()
        self._calls: list[tuple[float, ToolEvent]] = []
        self._said: tuple[str, list[str]] = ("", [])
        """The last message that has a text, and its parts."""
        self._given = ""
        """The answer that was given by the tool for it."""

    def read(self, line: bytes) -> None:
        """Take note of one line."""
        event = read_line(line, _Event)
        if event is None or (event.part.id and (event.type, event.part.id) in self._told):
            return
        self.is_begun = True
        self._told.add((event.type, event.part.id))
        self.retry = None
        match event.type:
            case "step_start":
                self.is_done = False
            case "tool_use":
                self._use(event.part)
            case "text":
                self._say(event.part)
            case "step_finish":
                self._finish(event.part)
            case "error":
                self.is_done, self.failure = False, _ending(event.error)
            case "retry":
                self.retry = _retrying(event)

    @property
    def text(self) -> str:
        """The object that was given where one was asked for, else the text of the last message that has one."""
        return self._given or "\n".join(self._said[1])

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools, in the order in which they began."""
        return [event for _, event in sorted(self._calls, key=lambda use: use[0])]

    def _use(self, part: _Part) -> None:
        self.is_answered = True
        if part.tool == STRUCTURED and part.state.status == "completed":
            self._given = json.dumps(part.state.input, ensure_ascii=False)
            return
        self._calls.append((part.state.time.start, _tool_event(part, self.directory)))
        self.use_tool(json.dumps([part.tool, part.state.input, part.state.output]))

    def _say(self, part: _Part) -> None:
        self.is_answered = True
        if part.text.strip():
            message, said = self._said
            self._said = (part.message, [*(said if message == part.message else ()), part.text])

    def _finish(self, part: _Part) -> None:
        """Add up. OpenCode keeps cached input out of input, and reasoning out of output."""
        tokens = part.tokens
        self.usage += Usage(
            input=tokens.input,
            cached_input=tokens.cache.read,
            cache_write=tokens.cache.write,
            output=tokens.output + tokens.reasoning,
            reasoning=tokens.reasoning,
        )
        # It says 0 of every model whose price it lacks.
        self.cost_usd = ((self.cost_usd or 0.0) + part.cost) or None
        self.is_done = part.reason == STOP or bool(self._given)
        self.finish_step()


def _tool_event(part: _Part, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed did nothing: it is OTHER, and says what was wanted."""
    kind = next((kind for kind, names in _KINDS.items() if part.tool in names), ToolKind.OTHER)
    detail = _detail(kind, part, directory)
    if part.state.status == "error":
        wanted = " ".join(filter(None, (part.tool, detail)))
        return ToolEvent(kind=ToolKind.OTHER, detail=f"{wanted}: {part.state.error}"[:WANTED_LENGTH])
    exit_code = part.state.metadata.get("exit") if kind is ToolKind.RUN else None
    return ToolEvent(kind=kind, detail=detail or part.tool, exit_code=exit_code if isinstance(exit_code, int) else None)


def _detail(kind: ToolKind, part: _Part, directory: PurePath) -> str:
    given = {name: value for name, value in part.state.input.items() if isinstance(value, str)}
    if kind is ToolKind.RUN:
        return given.get("command", "")
    if patched := _PATCHED.findall(given.get("patchText", "")):
        return ", ".join(patched)
    return shown_path(given.get("filePath") or given.get("path") or given.get("pattern", ""), directory)


def _ending(failure: _Failure) -> Ending:
    data = failure.data
    ending = failed(data.message or failure.name, status=data.status, body=data.body, headers=data.headers)
    is_refused = failure.name in _REFUSED_NAMES and ending.end is End.ERROR
    return Ending(End.REFUSED, ending.detail) if is_refused else ending


def _retrying(event: _Event) -> Ending:
    """Tell what a call comes to that is not asked again."""
    message = event.retry.message[:DETAIL_LENGTH]
    wait = max((event.retry.next - event.timestamp) / 1000, told_wait(message) or 0.0, 0.0)
    if wait > TOLD_SECONDS or speaks_of_rate(message):
        return Ending(End.RATE_LIMITED, message, retry_after=wait)
    return Ending(End.ERROR, message)
