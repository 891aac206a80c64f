"""One question to an agent and its answer."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from director.core.model import Model
from director.core.price import Price, PriceSource
from director.core.roles import Output, Permission, Role
from director.core.tiers import Tier


class End(StrEnum):
    """How an agent call ended."""

    DONE = "done"
    ERROR = "error"
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    """The program may not work for us: its login, its rights, an unpaid bill."""
    OVER_BUDGET = "over_budget"
    """It was ended because the job's cost ceiling was reached."""
    INTERRUPTED = "interrupted"
    """director was stopped before the program had come to its end."""


class ToolKind(StrEnum):
    """What an agent did with a tool."""

    READ = "read"
    EDIT = "edit"
    RUN = "run"
    OTHER = "other"


class ToolEvent(Model):
    """One use of a tool; a reply lists them in order."""

    kind: ToolKind
    detail: str = ""
    """The command that was run, or the path that was read or edited."""
    exit_code: int | None = None
    """Exit status of a command, where the program tells it."""


class Usage(Model):
    """Tokens of one call."""

    input: int = 0
    """Fresh input: neither read from a cache nor written to one."""
    cached_input: int = 0
    cache_write: int = 0
    output: int = 0
    """Everything the model wrote, reasoning included."""
    reasoning: int = 0
    """The part of `output` that was reasoning, where the program tells it."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input=self.input + other.input,
            cached_input=self.cached_input + other.cached_input,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
        )


def node_of(task: str) -> str:
    """Return the node that a doit task is about; empty for planning."""
    return task.partition(":")[2] if task.startswith(("run:", "tests:")) else ""


class CallKey(Model):
    """What a call is about: the key of a cassette's entry and of a record."""

    role: Role
    task: str
    """The doit task on whose behalf the agent is asked, such as `spec` or `run:parser`."""
    attempt: int = 1
    """Counts the attempts of one ladder, from 1."""

    def __str__(self) -> str:
        return f"{self.role} {self.task} {self.attempt}"


class Reply(Model):
    """What came back."""

    end: End
    text: str = ""
    """The agent's last message."""
    detail: str = ""
    """Why the call did not end well, in the program's words."""
    usage: Usage = Usage()
    cost_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """What the program reports to have cost; None where it does not say."""
    retry_after: float | None = None
    """Seconds until a rate-limited tier may be asked again, where the program says so."""
    events: tuple[ToolEvent, ...] = ()
    seconds: float = 0.0


class RoleDefinition(Model):
    """A role as templates/roles/NAME.md defines it."""

    name: Role
    description: str
    permissions: frozenset[Permission]
    temperature: float | None = None
    output: Mapping[str, Output] = Field(default_factory=dict)
    """Which JSON object answers a kind of task, such as `decompose` or `gate`; other tasks are answered in words."""
    instructions: str
    """The body of the file: the system prompt."""

    def output_of(self, task: str) -> Output | None:
        """Return the form of the answer to a task, such as `gate:spec`; None for words."""
        return self.output.get(task.partition(":")[0])


class CallRecord(Model):
    """One line of costs.jsonl: one call."""

    version: Literal[1] = 1
    id: str = ""
    """Unique: a call that a killed run left behind is not counted twice."""
    time: str
    """When the call ended, UTC, ISO 8601."""
    job: str
    role: Role
    task: str
    node: str = ""
    """The node that the call was for; empty for planning."""
    attempt: int
    tier: Tier
    """The backend and the model."""
    end: End
    usage: Usage
    cost_usd: float | None
    """What counts; None: nobody knows."""
    cost_source: PriceSource
    """Who says so."""
    price: Price | None = None
    """The price that is known of the tier."""
    price_source: PriceSource = PriceSource.UNKNOWN
    """Who says so."""
    computed_usd: float | None = None
    """The usage at this price."""
    reported_usd: float | None = None
    """What the program said that the call cost."""
    seconds: float
    prompt: str = ""
    """Digest of the prompt without what differs from run to run."""
