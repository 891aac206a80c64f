"""What Gemini CLI tells: `init`, `message`, `tool_use`, `tool_result`, `error`, `result`; one JSON object a line.

What was used is told at the very end only, of all models together. A command's exit status is told only where the
command wrote nothing. An answer that broke off and was asked for again is told twice, one piece after the other.
"""

import json
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from pydantic import Field

from director.agents.driving.endings import Ending, failed
from director.agents.driving.loose import Loose, Tally, read_line
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import ToolEvent, ToolKind, Usage

WANTED_LENGTH = 300
"""What is kept of a tool use that failed."""
_LINES = 1_000_000
_KINDS = {
    ToolKind.READ: {"read_file", "read_many_files", "list_directory", "glob", "grep_search"},
    ToolKind.EDIT: {"write_file", "replace"},
    ToolKind.RUN: {"run_shell_command"},
}
_EXIT = re.compile(r"Command exited with code: (\d{1,3})")
_API_ERROR = re.compile(r"\[API Error: (.*?)\]", re.DOTALL)
_LOOP = "Loop detected"


class _Stats(Loose):
    total: Tally = Field(default=0, alias="total_tokens")
    prompt: Tally = Field(default=0, alias="input_tokens")
    said: Tally = Field(default=0, alias="output_tokens")
    """Without what was thought."""
    cached: Tally = 0
    fresh: Tally = Field(default=0, alias="input")


class _Problem(Loose):
    message: str = ""


class _Refusal(Loose):
    """What a provider answered, where Gemini CLI repeats it."""

    message: str = ""
    code: int | None = None


class _Refused(Loose):
    error: _Refusal = _Refusal()


class _Event(Loose):
    """One line of the transcript."""

    type: str
    role: str = ""
    content: str = ""
    tool: str = Field(default="", alias="tool_name")
    call: str = Field(default="", alias="tool_id")
    given: dict[str, Any] = Field(default_factory=dict, alias="parameters")
    status: str = ""
    output: Any = None
    severity: str = ""
    message: str = ""
    error: _Problem | None = None
    stats: _Stats = _Stats()


class Events(Reading):
    """The state of a call by Gemini CLI's events."""

    most_lines = _LINES

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self._said: list[str] = []
        """The pieces of the last message that has a text."""
        self._is_message_over = True
        self._are_tools_over = False
        self._problem = ""
        self._begun: dict[str, _Event] = {}
        """Uses of tools that have not come to an end yet."""
        self._told: dict[str, ToolEvent | None] = {}

    def read(self, line: bytes) -> None:
        """Take note of one line."""
        event = read_line(line, _Event)
        if event is None:
            return
        self.is_begun = True
        match event.type:
            case "message" if event.role == "assistant":
                self._go_on()
                self._say(event.content)
            case "tool_use":
                self._go_on()
                self._is_message_over = True
                self._begin(event)
            case "tool_result":
                self._use(event)
            case "error" if event.severity == "error" or event.message.startswith(_LOOP):
                self._problem = event.message
            case "result":
                self._finish(event)

    @property
    def text(self) -> str:
        """The text of the last message that has one."""
        return "".join(self._said)

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools that came to an end, in the order in which they began."""
        return [event for event in self._told.values() if event]

    def _go_on(self) -> None:
        """Take note that the model speaks again after its tools have answered."""
        if self._are_tools_over:
            self.finish_step()
        self._are_tools_over = False

    def _say(self, piece: str) -> None:
        if self._is_message_over and piece.strip():
            self._said, self._is_message_over = [], False
        self._said.append(piece)

    def _begin(self, event: _Event) -> None:
        self._begun[event.call], self._told[event.call] = event, None

    def _use(self, event: _Event) -> None:
        begun = self._begun.pop(event.call, event)
        self._are_tools_over = True
        self._told[event.call] = _tool_event(begun, event, self.directory)
        self.use_tool(json.dumps([begun.tool, begun.given, event.output]))

    def _finish(self, event: _Event) -> None:
        """Take the totals. What was thought is in the total only."""
        stats = event.stats
        output = max(stats.total - stats.prompt, stats.said)
        self.usage = Usage(input=stats.fresh, cached_input=stats.cached, output=output, reasoning=output - stats.said)
        problem = event.error.message if event.error else self._problem
        self.is_done = event.status == "success" and not problem
        self.failure = None if self.is_done else _failed(problem or "it ended without an answer")


def _failed(message: str) -> Ending:
    """Tell an error by its words, in which the provider's own stand as JSON or in brackets."""
    found = _API_ERROR.search(message)
    said = _refusal(found[1] if found else message)
    return failed(said.message or message, status=said.code, body=message)


def _refusal(text: str) -> _Refusal:
    start, end = text.find("{"), text.rfind("}")
    refused = read_line(text[start : end + 1], _Refused) if start >= 0 else None
    return refused.error if refused else _Refusal(message=text)


def _tool_event(begun: _Event, ended: _Event, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed did nothing: it is OTHER, and says what was wanted."""
    kind = next((kind for kind, names in _KINDS.items() if begun.tool in names), ToolKind.OTHER)
    detail = _detail(begun.given, directory)
    if ended.status != "success":
        wanted = " ".join(filter(None, (begun.tool, detail)))
        reason = ended.error.message if ended.error else "it failed"
        return ToolEvent(kind=ToolKind.OTHER, detail=f"{wanted}: {reason}"[:WANTED_LENGTH])
    exit_code = _exit_code(ended.output) if kind is ToolKind.RUN else None
    return ToolEvent(kind=kind, detail=detail or begun.tool, exit_code=exit_code)


def _exit_code(output: object) -> int | None:
    """Return a command's status where it is told: a command that wrote something is told by its output alone."""
    if not isinstance(output, str) or not output:
        return 0
    found = _EXIT.fullmatch(output)
    return int(found[1]) if found else None


def _detail(given: dict[str, Any], directory: PurePath) -> str:
    said = {name: value for name, value in given.items() if isinstance(value, str)}
    path = said.get("file_path") or said.get("dir_path") or said.get("path") or said.get("pattern", "")
    return said.get("command") or shown_path(path, directory)
