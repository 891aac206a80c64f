"""What pi tells: messages, uses of tools and its own retries; one JSON object a line, single words among them.

A message is told once for each of its words, then as a whole (`message_end`), and again with its turn and with its run;
only the whole one counts. An error of the provider is a message too, with a `stopReason` and an `errorMessage`.
"""

import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from pydantic import Field

from director.agents.driving.endings import Ending, failed
from director.agents.driving.loose import Dollars, Loose, Tally, read_line
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import End, ToolEvent, ToolKind, Usage

WANTED_LENGTH = 300
"""What is kept of a tool use that failed."""
_LINES = 1_000_000
_WORDS = (b'{"type":"message_update"', b'{"type":"tool_execution_update"')
"""How lines begin that only say again what a later one says as a whole."""
_RETRIES = {
    "auto_retry_start": True,
    "auto_retry_end": False,
    "summarization_retry_scheduled": True,
    "summarization_retry_finished": False,
}
"""Whether pi asks its provider again from then on."""
_STATUS = re.compile(r"\s*(\d{3}):?\s*")
_KINDS = {
    ToolKind.READ: {"read", "grep", "find", "ls"},
    ToolKind.EDIT: {"edit", "write"},
    ToolKind.RUN: {"bash"},
}


class _Cost(Loose):
    total: Dollars = 0


class _Usage(Loose):
    input: Tally = 0
    output: Tally = 0
    reasoning: Tally = 0
    cached: Tally = Field(default=0, alias="cacheRead")
    written: Tally = Field(default=0, alias="cacheWrite")
    cost: _Cost = _Cost()


class _Block(Loose):
    type: str = ""
    text: str = ""


class _Message(Loose):
    role: str = ""
    content: list[_Block] | str = ""
    usage: _Usage = _Usage()
    stop: str = Field(default="", alias="stopReason")
    error: str = Field(default="", alias="errorMessage")


class _Result(Loose):
    """What a tool answered, or what a compaction came to."""

    content: list[_Block] = Field(default_factory=list)
    structured: Any = Field(default=None, alias="structuredContent")
    usage: _Usage = _Usage()


class _Refusal(Loose):
    """What a provider answered, where pi repeats it."""

    message: str = ""


class _Event(Loose):
    """One line of the transcript."""

    type: str
    message: _Message = _Message()
    call: str = Field(default="", alias="toolCallId")
    tool: str = Field(default="", alias="toolName")
    args: dict[str, Any] = Field(default_factory=dict)
    answer: _Result = Field(default=_Result(), alias="result")
    is_error: bool = Field(default=False, alias="isError")
    error: str = Field(default="", alias="errorMessage")
    success: bool = True
    aborted: bool = False


class Events(Reading):
    """The state of a call by pi's events."""

    most_lines = _LINES

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self._text = ""
        self._stop = ""
        """Why the last message ended."""
        self._begun: dict[str, _Event] = {}
        """Uses of tools that have not come to an end yet."""
        self._told: dict[str, ToolEvent | None] = {}

    def read(self, line: bytes) -> None:
        """Take note of one line."""
        if line.startswith(_WORDS) or (event := read_line(line, _Event)) is None:
            return
        self.is_begun = True
        match event.type:
            case "message_end" if event.message.role == "assistant":
                self._answer(event.message)
            case "turn_end":
                self.finish_step()
            case "tool_execution_start" | "tool_execution_end":
                self._use(event)
            case "compaction_end":
                self._spend(event.answer.usage)
            case kind if kind in _RETRIES:
                self.retry = _failed(event.error) if _RETRIES[kind] else None
            case "agent_settled":
                self.is_done = self._stop == "stop" and not event.aborted

    @property
    def text(self) -> str:
        """The text of the last message that has one."""
        return self._text

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools that came to an end, in the order in which they began."""
        return [event for event in self._told.values() if event]

    def _answer(self, message: _Message) -> None:
        self._spend(message.usage)
        self._stop = message.stop
        self.is_done = False
        self.failure = _failure(message)
        if not self.failure and (text := _text(message.content)):
            self._text = text

    def _spend(self, usage: _Usage) -> None:
        """Add up. pi keeps cached input out of input; it says that what it has no price for costs nothing."""
        self.usage += Usage(
            input=usage.input,
            cached_input=usage.cached,
            cache_write=usage.written,
            output=usage.output,
            reasoning=usage.reasoning,
        )
        self.cost_usd = ((self.cost_usd or 0.0) + usage.cost.total) or None

    def _use(self, event: _Event) -> None:
        if event.type == "tool_execution_start":
            self._begun[event.call], self._told[event.call] = event, None
            return
        begun = self._begun.pop(event.call, event)
        self._told[event.call] = _tool_event(begun, event, self.directory)
        self.use_tool(json.dumps([begun.tool, begun.args, _text(event.answer.content)]))


def _text(content: list[_Block] | str) -> str:
    if isinstance(content, str):
        return content.strip()
    return "\n".join(block.text for block in content if block.type == "text" and block.text.strip())


def _failure(message: _Message) -> Ending | None:
    match message.stop:
        case "stop" | "toolUse":
            return None
        case "length":
            return Ending(End.ERROR, "the answer was cut off at the longest output that the model may have")
        case _:
            return _failed(message.error or f"it ended without an answer ({message.stop or 'no reason given'})")


def _failed(error: str) -> Ending:
    """Tell an error by its words: `STATUS: {"message": …}` where it is the provider's."""
    status = _STATUS.match(error)
    body = error[status.end() :] if status else error
    said = read_line(body, _Refusal) or _Refusal()
    return failed(said.message or body or error, status=int(status[1]) if status else None, body=body)


def _tool_event(begun: _Event, ended: _Event, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed did nothing, but for a command that ran and says its status."""
    kind = next((kind for kind, names in _KINDS.items() if begun.tool in names), ToolKind.OTHER)
    detail = _detail(begun.args, directory)
    told = ended.answer.structured
    exit_code = told.get("exit_code") if kind is ToolKind.RUN and isinstance(told, dict) else None
    if ended.is_error and exit_code is None:
        wanted = " ".join(filter(None, (begun.tool, detail)))
        return ToolEvent(kind=ToolKind.OTHER, detail=f"{wanted}: {_text(ended.answer.content)}"[:WANTED_LENGTH])
    return ToolEvent(
        kind=kind, detail=detail or begun.tool, exit_code=exit_code if isinstance(exit_code, int) else None
    )


def _detail(args: dict[str, Any], directory: PurePath) -> str:
    given = {name: value for name, value in args.items() if isinstance(value, str)}
    return given.get("command") or shown_path(given.get("path") or given.get("pattern", ""), directory)
