"""What an agent of the protocol tells: one JSON-RPC message a line."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from director.agents.acp.messages import Block, Failure, Message, Params, Result, Tokens, Tool, Update
from director.agents.driving.endings import DETAIL_LENGTH, Ending, failed, last_line
from director.agents.driving.loose import read_line, read_value
from director.agents.driving.reading import Reading, shown_path
from director.core.calls import End, ToolEvent, ToolKind, Usage
from director.core.roles import Permission

AUTH_REQUIRED = -32000
"""The protocol's error of an agent that nobody has logged in to."""
LOGIN = "log in with the program itself, or name the variable of its key in `env` under [backends.acp]"
WANTED_LENGTH = 300
"""What is kept of a tool use that failed."""
_STATUSES = range(400, 600)
_KINDS = {Permission.READ: ToolKind.READ, Permission.EDIT: ToolKind.EDIT, Permission.RUN: ToolKind.RUN}
_STOPS = {
    "refusal": "the model refused to go on",
    "max_tokens": "the answer broke off: the model may say no more",
    "max_turn_requests": "the agent has asked its model as often as it may",
    "cancelled": "the agent gave up",
}


class Updates(Reading):
    """The state of a call by the messages of its agent."""

    most_lines = 1_000_000  # a message of the agent comes in pieces, often a word each

    def __init__(self, directory: PurePath) -> None:
        super().__init__(directory)
        self._tools: dict[str, Tool] = {}
        self._ended: set[str] = set()
        self._message = ""
        self._said: list[str] = []
        self._is_broken_off = True
        """Whether what is said next is a new message."""

    def read(self, line: bytes) -> None:
        """Take note of one message."""
        message = read_line(line, Message)
        if message is None:
            return
        self.is_begun = True
        if message.method == "session/update":
            self._update(message.params)
        elif message.method == "session/request_permission":
            self._use(message.params.tool)
        elif message.error:
            self.failure = _ending(message.error)
        elif message.result.stop_reason:
            self._stop(message.result)

    def known(self, wanted: Tool) -> Tool:
        """Return what is known of a use of a tool, given what a request for permission says of it."""
        return self._tools.get(wanted.id, Tool()) + wanted

    @property
    def text(self) -> str:
        """The agent's last message."""
        return "".join(self._said).strip()

    @property
    def events(self) -> Sequence[ToolEvent]:
        """The uses of tools, in the order in which they began."""
        return [_event(tool, self.directory) for tool in self._tools.values()]

    def _update(self, params: Params) -> None:
        update = read_value(params.update, Update) or Update()
        match update.kind:
            case "agent_message_chunk":
                self._say(update)
            case "tool_call" | "tool_call_update":
                self._use(params.update)
            case "usage_update" if update.cost and update.cost.currency == "USD":
                self.cost_usd = update.cost.amount or None

    def _say(self, update: Update) -> None:
        block = read_value(update.content, Block) or Block()
        if self._is_broken_off or update.message != self._message:
            self._said, self._message, self._is_broken_off = [], update.message, False
        self._said.append(block.text)

    def _use(self, told: dict[str, Any]) -> None:
        later = read_value(told, Tool)
        if later is None or not later.id:
            return
        tool = self._tools[later.id] = self.known(later)
        self._is_broken_off = True
        if tool.status in ("completed", "failed") and tool.id not in self._ended:
            self._ended.add(tool.id)
            self.use_tool(f"{tool.kind} {tool.title} {tool.input} {tool.output} {tool.content}")
            self.finish_step()

    def _stop(self, result: Result) -> None:
        self.usage = _usage(result.usage or Tokens())
        has_used_nothing = result.usage is None and "usage" in result.model_fields_set
        self.is_done = result.stop_reason == "end_turn" and bool(self.text) and not has_used_nothing
        if not self.is_done:
            self.failure = self._unanswered(result.stop_reason)

    def _unanswered(self, reason: str) -> Ending:
        """Say why there is no answer. Codex ends well after an error, tells it as its message, and no tokens."""
        if reason == "end_turn":
            return failed(last_line(self.text)) if self.text else Ending(End.ERROR, "no answer: it gave no reason")
        said = _STOPS.get(reason, f"it stopped for the reason '{reason[:WANTED_LENGTH]}'")
        return Ending(End.ERROR, f"{said}: {self.text}"[:DETAIL_LENGTH] if self.text else said)


def _usage(tokens: Tokens) -> Usage:
    """Read the tokens. OpenCode keeps thoughts out of the output, Codex does not: the total tells."""
    rest = tokens.total - tokens.input - tokens.cached - tokens.cache_write
    return Usage(
        input=tokens.input,
        cached_input=tokens.cached,
        cache_write=tokens.cache_write,
        output=max(tokens.output, rest),
        reasoning=tokens.thought,
    )


def _event(tool: Tool, directory: PurePath) -> ToolEvent:
    """Describe the use of a tool. One that failed, was refused or never came to its end is OTHER."""
    kind = _KINDS[tool.needs] if tool.needs else ToolKind.OTHER
    exit_code = tool.exit_code if kind is ToolKind.RUN else None
    detail = _detail(kind, tool, directory)
    if tool.status == "completed" or (tool.status == "failed" and exit_code is not None):
        return ToolEvent(kind=kind, detail=detail, exit_code=exit_code)
    what = "failed" if tool.status == "failed" else "did not come to its end"
    return ToolEvent(kind=ToolKind.OTHER, detail=f"{tool.kind} {detail} {what}".strip()[:WANTED_LENGTH])


def _detail(kind: ToolKind, tool: Tool, directory: PurePath) -> str:
    if kind is ToolKind.RUN:
        return tool.command
    shown = (shown_path(path, directory) for path in tool.paths) if tool.needs else ()
    return ", ".join(dict.fromkeys(shown)) or tool.title


def _ending(failure: Failure) -> Ending:
    """Tell an error of JSON-RPC; Gemini gives the status of its provider as the code."""
    if failure.code == AUTH_REQUIRED:
        return Ending(End.REFUSED, f"{failure.message or 'authentication required'}: {LOGIN}")
    status = failure.code if failure.code in _STATUSES else None
    body = str(failure.data)[:DETAIL_LENGTH] if failure.data else ""
    return failed(failure.message or f"error {failure.code}", status=status, body=body)
