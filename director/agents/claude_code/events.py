"""What Claude Code tells: `system`, `stream_event`, `assistant`, `user`, `rate_limit_event`, `result`.

The parts of a message come twice, as they are made (`stream_event`) and as a whole (`assistant`): the former tell how
much a message has used by its end, which the latter do not know, and that the model is not silent.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from director.agents.claude_code.formats import Block, Head, Limited, Result, Retry, Spoken, Streamed, Used
from director.agents.driving.endings import Ending, failed, wait_until
from director.agents.driving.loose import read_line, read_value
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import End, ToolEvent, ToolKind, Usage

WANTED_LENGTH = 300
"""What is kept of a tool use that failed."""

_KINDS = {
    "Read": ToolKind.READ,
    "Grep": ToolKind.READ,
    "Glob": ToolKind.READ,
    "Edit": ToolKind.EDIT,
    "MultiEdit": ToolKind.EDIT,
    "NotebookEdit": ToolKind.EDIT,
    "Write": ToolKind.EDIT,
    "Bash": ToolKind.RUN,
}
_EXIT = re.compile(r"Exit code (\d{1,3})\b")
_ENDS = {
    "account_on_hold": End.REFUSED,
    "authentication_failed": End.REFUSED,
    "billing_error": End.REFUSED,
    "cloud_credential_error": End.REFUSED,
    "oauth_org_not_allowed": End.REFUSED,
    "verification_required": End.REFUSED,
    "overloaded": End.RATE_LIMITED,
    "rate_limit": End.RATE_LIMITED,
}
"""What the program's own names of errors come to."""
_UNKNOWN_PRICE = "unknown"


@dataclass
class _Use:
    """The use of a tool; the answer is None until it is there."""

    block: Block
    answer: Block | None = None


class Events(Reading):
    """The state of a call by Claude Code's events."""

    most_lines: ClassVar[int] = 1_000_000

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self._used: dict[str, Usage] = {}
        """By the model's messages, whose usage is told several times."""
        self._tool_uses: dict[str, _Use] = {}
        self._said: tuple[str, list[str]] = ("", [])
        """The last message that has a text, and its parts."""
        self._answer: str | None = None
        self._error = ""
        """The program's name of the last error."""
        self._resets: float | None = None
        """When a limit ends that was reached, in seconds since the epoch."""

    def read(self, line: bytes) -> None:
        """Take note of one line."""
        head = read_line(line, Head)
        if head is None:
            return
        self.is_begun = True
        match head.type, head.subtype:
            case "stream_event", _:
                self._stream(read_line(line, Streamed))
            case "assistant", _:
                self._speak(read_line(line, Spoken))
            case "user", _:
                self._answer_tools(read_line(line, Spoken))
            case "system", "api_retry":
                self._ask_again(read_line(line, Retry))
            case "rate_limit_event", _:
                self._limit(read_line(line, Limited))
            case "result", _:
                self._finish(read_line(line, Result))

    @property
    def text(self) -> str:
        """The answer; before it is there, the text of the last message that has one."""
        return "\n".join(self._said[1]) if self._answer is None else self._answer

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools that came to an end, in the order in which they began."""
        return [_tool_event(use.block, use.answer, self.directory) for use in self._tool_uses.values() if use.answer]

    def _stream(self, streamed: Streamed | None) -> None:
        if streamed is None:
            return
        part = streamed.event
        if part.type == "message_start":
            self._count(part.message.id, part.message.usage)
        elif part.type == "message_delta" and self._used:
            self._count(next(reversed(self._used)), part.usage)

    def _speak(self, spoken: Spoken | None) -> None:
        if spoken is None:
            return
        if spoken.error:
            self._error = spoken.error
            return
        message = spoken.message
        self._count(message.id, message.usage)
        for block in message.blocks:
            if block.type == "tool_use":
                self._tool_uses[block.id] = _Use(block)
            elif block.text.strip():
                before, said = self._said
                self._said = (message.id, [*(said if before == message.id else ()), block.text])

    def _answer_tools(self, spoken: Spoken | None) -> None:
        for block in spoken.message.blocks if spoken else ():
            if (use := self._tool_uses.get(block.use)) and use.answer is None:
                use.answer = block
                self.use_tool(json.dumps([use.block.name, use.block.input, block.content]))

    def _count(self, message: str, told: Used) -> None:
        """Add up. What is told of a message grows until it is whole."""
        if message not in self._used and self._used:
            self.finish_step()
        self.retry = None
        known = self._used.get(message, Usage())
        self._used[message] = Usage(
            input=max(known.input, told.input),
            cached_input=max(known.cached_input, told.cached),
            cache_write=max(known.cache_write, told.written),
            output=max(known.output, told.output),
        )
        self.usage = sum(self._used.values(), Usage())

    def _ask_again(self, retry: Retry | None) -> None:
        if retry is None:
            return
        self._error = retry.error
        reason = failed(f"{retry.error or 'error'}, attempt {retry.attempt} of {retry.most}", status=retry.status)
        self.retry = Ending(self._end(reason.end), reason.detail, retry_after=retry.delay / 1000)

    def _limit(self, limited: Limited | None) -> None:
        if limited and limited.limit.status == "rejected" and limited.limit.resets:
            self._resets = float(limited.limit.resets)

    def _finish(self, result: Result | None) -> None:
        """Take the totals, which are of all models."""
        if result is None:
            return
        models = result.models.values()
        if any(model.input or model.output for model in models):
            self.usage = sum((model.usage for model in models), Usage())
            is_guess = any(model.basis == _UNKNOWN_PRICE for model in models)
            self.cost_usd = None if is_guess else result.cost
        self.is_done = not result.is_error and result.subtype == "success"
        self.failure = None if self.is_done else self._failure(result)
        if self.is_done:
            self._answer = result.text or "" if result.structured is None else json.dumps(result.structured)

    def _failure(self, result: Result) -> Ending:
        ending = failed(result.words, status=result.status)
        end = self._end(ending.end)
        retry_after = wait_until(self._resets) if self._resets and end is End.RATE_LIMITED else ending.retry_after
        return Ending(end, ending.detail, retry_after=retry_after)

    def _end(self, told: End) -> End:
        """Judge an error of which the words alone tell no more than that it is one."""
        return _ENDS.get(self._error, told) if told is End.ERROR else told


def _tool_event(use: Block, answer: Block, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed did nothing, unless it is a command that says how it ended."""
    kind = _KINDS.get(use.name, ToolKind.OTHER)
    detail = _detail(kind, use, directory)
    said = _text_of(answer.content)
    ended = _EXIT.match(said) if kind is ToolKind.RUN else None
    if answer.is_error and not ended:
        wanted = " ".join(filter(None, (use.name, detail)))
        return ToolEvent(kind=ToolKind.OTHER, detail=f"{wanted}: {said}"[:WANTED_LENGTH])
    exit_code = (int(ended[1]) if answer.is_error and ended else 0) if kind is ToolKind.RUN else None
    return ToolEvent(kind=kind, detail=detail or use.name, exit_code=exit_code)


def _detail(kind: ToolKind, use: Block, directory: PurePath) -> str:
    given = {name: value for name, value in use.input.items() if isinstance(value, str)}
    if kind is ToolKind.RUN:
        return given.get("command", "")
    path = given.get("file_path") or given.get("notebook_path") or given.get("path") or given.get("pattern", "")
    return shown_path(path, directory)


def _text_of(content: object) -> str:
    """Return what a tool said, whichever way it is written."""
    if isinstance(content, list):
        return "\n".join(block.text for part in content if (block := read_value(part, Block)))
    return content if isinstance(content, str) else ""
