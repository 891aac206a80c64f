"""What Codex tells: `thread.started`, `turn.started`, `item.started`, `item.completed`, `error`, `turn.completed`,
`turn.failed`.

Only whole items are told, and what was used only at the end: a call that is ended before has no usage.
"""

import json
import re
import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from pydantic import Field

from director.agents.driving.endings import Ending, failed, wait_until
from director.agents.driving.loose import Loose, Tally, read_line
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import End, ToolEvent, ToolKind, Usage

WANTED_LENGTH = 300
"""What is kept of a tool use that failed."""

_RECONNECTING = re.compile(r"Reconnecting\.\.\. \d+/\d+ \((.*)\)", re.DOTALL)
_STATUS = re.compile(r"\bstatus:? (\d{3})\b")
_REFUSED = re.compile(
    r"not logged in|log ?in again|sign in again|could not be refreshed|check your plan and billing"
    r"|invalid api key|incorrect api key|missing environment variable",
    re.IGNORECASE,
)
_BUSY = re.compile(r"at capacity|usage limit", re.IGNORECASE)
_CLOCK = re.compile(r"try again at (?:(\w{3}) (\d{1,2})(?:st|nd|rd|th), (\d{4}) )?(\d{1,2}:\d\d [AP]M)", re.IGNORECASE)
_SHELL_ARGUMENTS = ("-c", "-lc")


class _Change(Loose):
    path: str = ""


class _Item(Loose):
    """One thing that the agent said or did."""

    id: str = ""
    type: str = ""
    text: str = ""
    command: str = ""
    output: str = Field(default="", alias="aggregated_output")
    exit_code: int | None = None
    status: str = ""
    changes: list[_Change] = Field(default_factory=list)


class _Used(Loose):
    input: Tally = Field(default=0, alias="input_tokens")
    cached: Tally = Field(default=0, alias="cached_input_tokens")
    written: Tally = Field(default=0, alias="cache_write_input_tokens")
    output: Tally = Field(default=0, alias="output_tokens")
    reasoning: Tally = Field(default=0, alias="reasoning_output_tokens")


class _Failure(Loose):
    message: str = ""


class _Event(Loose):
    """One line of the transcript."""

    type: str
    item: _Item = _Item()
    usage: _Used = _Used()
    message: str = ""
    error: _Failure = _Failure()


class Events(Reading):
    """The state of a call by Codex's events."""

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self._said = ""
        self._uses_by_item: dict[str, ToolEvent | None] = {}
        """None while a tool is at work."""

    def read(self, line: bytes) -> None:
        """Take note of one line."""
        event = read_line(line, _Event)
        if event is None:
            return
        self.is_begun = True
        match event.type:
            case "item.started" | "item.completed":
                self._note(event.item, is_over=event.type == "item.completed")
            case "error":
                self._err(event.message)
            case "turn.failed":
                self.is_done, self.failure = False, ending_of(event.error.message)
            case "turn.completed":
                self._finish(event.usage)

    @property
    def text(self) -> str:
        """The last message; with a schema that is the JSON object."""
        return self._said

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools that came to an end, in the order in which they began."""
        return [event for event in self._uses_by_item.values() if event]

    def _note(self, item: _Item, *, is_over: bool) -> None:
        # A warning of the program's own is an item too.
        if item.type == "error":
            return
        self.retry = None
        if not is_over:
            self._uses_by_item[item.id] = None
        elif item.type == "agent_message":
            self._said = item.text or self._said
        elif event := _tool_event(item, self.directory):
            self._uses_by_item[item.id] = event
            self.use_tool(json.dumps([item.type, event.detail, item.output]))
            self.finish_step()

    def _err(self, message: str) -> None:
        """Take note of an error: of one that the program tries to get over by itself, or of its last."""
        if again := _RECONNECTING.fullmatch(message):
            self.retry = ending_of(again[1])
        else:
            self.failure = ending_of(message)

    def _finish(self, used: _Used) -> None:
        """Add up. Codex counts cached input, and what is written to a cache, as input too."""
        self.usage += Usage(
            input=max(used.input - used.cached - used.written, 0),
            cached_input=used.cached,
            cache_write=used.written,
            output=used.output,
            reasoning=used.reasoning,
        )
        self.is_done, self.failure = True, None


def ending_of(message: str, *, now: datetime | None = None) -> Ending:
    """Tell an error by its words; Codex gives nothing else."""
    status = _STATUS.search(message)
    ending = failed(message or "it gave no reason", status=int(status[1]) if status else None)
    if _REFUSED.search(message):
        return Ending(End.REFUSED, ending.detail)
    if _BUSY.search(message):
        wait = ending.retry_after if ending.retry_after is not None else _clock_wait(message, now)
        return Ending(End.RATE_LIMITED, ending.detail, retry_after=wait)
    return ending


def _clock_wait(message: str, now: datetime | None) -> float | None:
    """Return how long it is until a time of the local day, such as `Nov 25th, 2026 3:04 PM` or `3:04 PM`."""
    said = _CLOCK.search(message)
    if said is None:
        return None
    month, day, year, clock = said.groups()
    today = now or datetime.now()
    date = f"{month} {day} {year}" if month else today.strftime("%b %d %Y")
    try:
        return wait_until(datetime.strptime(f"{date} {clock}", "%b %d %Y %I:%M %p").timestamp())
    except ValueError:
        return None


def _tool_event(item: _Item, directory: PurePath) -> ToolEvent | None:
    """Describe the use of a tool; None for an item that is none. One that failed did nothing: it is OTHER."""
    match item.type:
        case "command_execution":
            command = _unwrapped(item.command)
            if item.exit_code is None or item.status not in ("completed", "failed"):
                return ToolEvent(kind=ToolKind.OTHER, detail=f"{command}: {item.status}"[:WANTED_LENGTH])
            return ToolEvent(kind=ToolKind.RUN, detail=command, exit_code=item.exit_code)
        case "file_change":
            paths = ", ".join(shown_path(change.path, directory) for change in item.changes)
            if item.status != "completed":
                return ToolEvent(kind=ToolKind.OTHER, detail=f"edit {paths}: {item.status}"[:WANTED_LENGTH])
            return ToolEvent(kind=ToolKind.EDIT, detail=paths)
        case "mcp_tool_call" | "web_search" | "collab_tool_call":
            return ToolEvent(kind=ToolKind.OTHER, detail=item.type)
    return None


def _unwrapped(command: str) -> str:
    """Return what the shell was given to run."""
    try:
        argv = shlex.split(command)
    except ValueError:
        return command
    return argv[2] if len(argv) == 3 and argv[1] in _SHELL_ARGUMENTS else command
