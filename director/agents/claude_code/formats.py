"""The lines that Claude Code writes, as far as they are read."""

from typing import Any

from pydantic import Field

from director.agents.driving.loose import Dollars, Loose, Tally, read_value
from director.core.calls import Usage


class Used(Loose):
    """What one message has used so far."""

    input: Tally = Field(default=0, alias="input_tokens")
    output: Tally = Field(default=0, alias="output_tokens")
    cached: Tally = Field(default=0, alias="cache_read_input_tokens")
    written: Tally = Field(default=0, alias="cache_creation_input_tokens")


class Block(Loose):
    """A part of a message: a text, the use of a tool, or what the tool answered."""

    type: str = ""
    text: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Any] = Field(default_factory=dict)
    use: str = Field(default="", alias="tool_use_id")
    content: Any = None
    is_error: bool = False


class Message(Loose):
    """A message of the model, or what its tools answered."""

    id: str = ""
    content: Any = None
    usage: Used = Used()

    @property
    def blocks(self) -> list[Block]:
        """Return its parts; one that is nothing of the kind is left out."""
        parts = self.content if isinstance(self.content, list) else []
        return [block for part in parts if (block := read_value(part, Block))]


class Spoken(Loose):
    """A message of the model (`assistant`) or what its tools answered (`user`)."""

    message: Message = Message()
    error: str | None = None
    """Set where the message is the program's own, about an error of its provider."""


class Part(Loose):
    """A message as it is made, bit by bit."""

    type: str = ""
    message: Message = Message()
    usage: Used = Used()


class Streamed(Loose):
    """A `stream_event`."""

    event: Part = Part()


class Retry(Loose):
    """The program asks its provider again."""

    error: str = ""
    status: int | None = Field(default=None, alias="error_status")
    attempt: Tally = 0
    most: Tally = Field(default=0, alias="max_retries")
    delay: Tally = Field(default=0, alias="retry_delay_ms")


class Limit(Loose):
    """How a limit of the subscription stands."""

    status: str = ""
    resets: Tally = Field(default=0, alias="resetsAt")


class Limited(Loose):
    """A `rate_limit_event`."""

    limit: Limit = Field(default=Limit(), alias="rate_limit_info")


class Model(Loose):
    """What one model was used for in a call."""

    input: Tally = Field(default=0, alias="inputTokens")
    output: Tally = Field(default=0, alias="outputTokens")
    cached: Tally = Field(default=0, alias="cacheReadInputTokens")
    written: Tally = Field(default=0, alias="cacheCreationInputTokens")
    reasoning: Tally = Field(default=0, alias="thinkingTokens")
    basis: str = Field(default="", alias="costBasis")
    """Where its price is from; `unknown` for one that was guessed."""

    @property
    def usage(self) -> Usage:
        """Return the tokens in our words."""
        return Usage(
            input=self.input,
            cached_input=self.cached,
            cache_write=self.written,
            output=self.output,
            reasoning=self.reasoning,
        )


class Result(Loose):
    """The last line."""

    subtype: str = ""
    is_error: bool = False
    status: int | None = Field(default=None, alias="api_error_status")
    text: str | None = Field(default=None, alias="result")
    structured: Any = Field(default=None, alias="structured_output")
    errors: list[Any] = Field(default_factory=list)
    cost: Dollars = Field(default=0, alias="total_cost_usd")
    models: dict[str, Model] = Field(default_factory=dict, alias="modelUsage")

    @property
    def words(self) -> str:
        """Return what went wrong, as the program says it."""
        said = [self.text, *(error for error in self.errors if isinstance(error, str))]
        return "; ".join(text for text in said if text) or self.subtype


class Head(Loose):
    """What a line is about."""

    type: str
    subtype: str = ""
