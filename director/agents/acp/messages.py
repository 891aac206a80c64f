"""The protocol's messages, read without trust in their shape; what one program alone tells is named where it is read.

The protocol's own models are used where they are strict about what we answer. For what agents tell they are not: they
drop a whole message for a field that we do not need, and the offers of models that are not in their schema yet.
"""

import re
import shlex
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from director.agents.driving.loose import Dollars, Loose, Tally
from director.core.roles import Permission

_NEEDS = {
    "read": Permission.READ,
    "search": Permission.READ,
    "edit": Permission.EDIT,
    "delete": Permission.EDIT,
    "move": Permission.EDIT,
    "execute": Permission.RUN,
}
_EXIT_NAMES = ("exit_code", "exitCode", "exit")
_EXIT_WORDS = re.compile(r"exit code:? (\d{1,3})\b", re.IGNORECASE)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


Text = Annotated[str, BeforeValidator(_text)]
"""A text; what is none counts as empty."""
Table = Annotated[dict[str, Any], BeforeValidator(_dict)]


class Block(Loose):
    """A piece of content: of a message, or of what a tool did."""

    type: Text = ""
    text: Text = ""
    path: Text = ""


class Tool(Loose):
    """A use of a tool, as far as it is told; later messages tell more of it."""

    id: Text = Field(default="", alias="toolCallId")
    kind: Text = ""
    title: Text = ""
    status: Text = ""
    content: Annotated[tuple[Block, ...], BeforeValidator(_dicts)] = ()
    locations: Annotated[tuple[Block, ...], BeforeValidator(_dicts)] = ()
    input: Table = Field(default_factory=dict, alias="rawInput")
    output: Any = Field(default=None, alias="rawOutput")
    meta: Table = Field(default_factory=dict, alias="_meta")

    def __add__(self, later: "Tool") -> "Tool":
        """Return it with what a later message says; what that leaves out, or leaves empty, stays."""
        told = {name: value for name in later.model_fields_set if (value := getattr(later, name))}
        return self.model_copy(update=told)

    @property
    def needs(self) -> Permission | None:
        """What a role must be allowed for it; None for what no role is."""
        return _NEEDS.get(self.kind)

    @property
    def paths(self) -> list[str]:
        """The files that it reads or changes."""
        named = [block.path for block in (*self.content, *self.locations)]
        given = [value for name, value in self.input.items() if name.lower().replace("_", "") in ("path", "filepath")]
        return list(dict.fromkeys(path for path in (*named, *given) if isinstance(path, str) and path))

    @property
    def command(self) -> str:
        """The command that it runs."""
        match self.input.get("command"):
            case str() as line:
                return line
            case list() as words:
                return shlex.join(map(str, words))
            case _:
                return self.title

    @property
    def exit_code(self) -> int | None:
        """The exit status of the command; None where it is not told.

        The protocol has no place for it. OpenCode and Codex put it into the raw output, or beside it; Claude Code says
        it in words where it is not 0.
        """
        outer = _dict(self.output)
        for place in (outer, _dict(outer.get("metadata")), _dict(self.meta.get("terminal_exit"))):
            for name in _EXIT_NAMES:
                if isinstance(code := place.get(name), int) and not isinstance(code, bool):
                    return code
        said = _EXIT_WORDS.match(self.output) if isinstance(self.output, str) else None
        return int(said[1]) if said else None


class Money(Loose):
    """What a session has cost so far."""

    amount: Dollars = 0
    currency: Text = ""


class Update(Loose):
    """What a session tells while a prompt is answered; a tool's use is read as `Tool`."""

    kind: Text = Field(default="", alias="sessionUpdate")
    message: Text = Field(default="", alias="messageId")
    content: Any = None
    cost: Money | None = None


class Params(Loose):
    """What comes with a notification or a request of the agent."""

    update: Table = Field(default_factory=dict)
    tool: Table = Field(default_factory=dict, alias="toolCall")


class Tokens(Loose):
    """What a prompt has used: cached tokens are not part of the input."""

    total: Tally = Field(default=0, alias="totalTokens")
    input: Tally = Field(default=0, alias="inputTokens")
    output: Tally = Field(default=0, alias="outputTokens")
    thought: Tally = Field(default=0, alias="thoughtTokens")
    cached: Tally = Field(default=0, alias="cachedReadTokens")
    cache_write: Tally = Field(default=0, alias="cachedWriteTokens")


class Result(Loose):
    """The answer to a request of ours, as far as it ends a prompt."""

    stop_reason: Text = Field(default="", alias="stopReason")
    usage: Annotated[Tokens | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)] = None


class Failure(Loose):
    """An error of JSON-RPC."""

    code: Annotated[int, BeforeValidator(lambda value: value if isinstance(value, int) else 0)] = 0
    message: Text = ""
    data: Any = None


Identity = int | str | None
"""By what an answer is known to belong to a request."""


class Message(Loose):
    """One line of the agent."""

    method: Text = ""
    params: Annotated[Params, BeforeValidator(_dict)] = Params()
    result: Annotated[Result, BeforeValidator(_dict)] = Result()
    error: Annotated[Failure | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)] = None


class Implementation(Loose):
    """Who the agent is."""

    name: Text = ""
    title: Text = ""
    version: Text = ""


class Hello(Loose):
    """How the agent introduces itself."""

    version: Tally = Field(default=0, alias="protocolVersion")
    agent: Annotated[Implementation, BeforeValidator(_dict)] = Field(default=Implementation(), alias="agentInfo")


class Choice(Loose):
    """A model or a mode that a session offers."""

    value: Text = ""
    model: Text = Field(default="", alias="modelId")
    id: Text = ""
    options: Annotated[tuple["Choice", ...], BeforeValidator(_dicts)] = ()
    """Of a group: what is in it."""

    @property
    def names(self) -> list[str]:
        """What it is chosen by; of a group, all that is in it."""
        own = self.value or self.model or self.id
        return [name for choice in self.options for name in choice.names] if self.options else [own] if own else []


class Option(Loose):
    """A setting of a session."""

    id: Text = ""
    category: Text = ""
    options: Annotated[tuple[Choice, ...], BeforeValidator(_dicts)] = ()


class Modes(Loose):
    """The modes of a session, where it has them beside its settings."""

    available: Annotated[tuple[Choice, ...], BeforeValidator(_dicts)] = Field(default=(), alias="availableModes")


class Models(Loose):
    """The models of a session, where it has them beside its settings: not in the schema, but offered."""

    available: Annotated[tuple[Choice, ...], BeforeValidator(_dicts)] = Field(default=(), alias="availableModels")


class Session(Loose):
    """A session that was opened."""

    id: str = Field(alias="sessionId")
    settings: Annotated[tuple[Option, ...], BeforeValidator(_dicts)] = Field(default=(), alias="configOptions")
    modes: Annotated[Modes, BeforeValidator(_dict)] = Modes()
    models: Annotated[Models, BeforeValidator(_dict)] = Models()

    def setting(self, category: str) -> Option:
        """Return the setting of a category, such as `model`; without choices if there is none."""
        return next((option for option in self.settings if category in (option.category, option.id)), Option())

    def offered(self, category: str) -> list[str]:
        """Return what may be chosen of a category, `model` or `mode`."""
        beside = self.models.available if category == "model" else self.modes.available
        choices = self.setting(category).options or beside
        return list(dict.fromkeys(name for choice in choices for name in choice.names))
