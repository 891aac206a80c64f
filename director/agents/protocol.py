"""What a backend is: one call in, one reply out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from director.core.calls import CallKey, Reply, RoleDefinition, Usage
from director.core.config.settings import BackendOptions, Sampling
from director.core.roles import Role
from director.core.tiers import Tier
from director.shell.processes import Limits


@dataclass(frozen=True)
class Request:
    """One question to an agent, in a fresh context."""

    key: CallKey
    tier: Tier
    role: RoleDefinition
    """Permissions and instructions; a backend gives the agent no right that is not in it."""
    prompt: str
    directory: Path
    """Where the agent works: the root of a worktree that is lent for the call, never a person's checkout."""
    log_directory: Path
    """Where the backend writes transcript.jsonl and stderr.txt."""
    limits: Limits
    mark: str
    """Marks every process that the call starts (`director.shell.processes.run`)."""
    sampling: Sampling = field(default_factory=Sampling)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that every process of the call is to be given, so that what it does can be told from what others do."""
    spent: Callable[[Usage, float | None], bool] = lambda usage, cost_usd: True
    """Told, while the call goes on, all that it has used so far and what the program says that it cost; where the
    answer is False the call is to be ended as OVER_BUDGET."""
    prompt_digest: str = ""
    """Digest of the prompt without what differs from run to run; the same in another clone."""
    earlier: tuple[str, ...] = ()
    """Prompt digests of the calls with the same key and tier that were answered before in this job, oldest first."""
    note: Callable[[str], None] = lambda text: None
    """Told, while the call goes on, what people should know, such as that the program waits for its provider."""
    output: Mapping[str, Any] | None = None
    """The JSON Schema of the answer, where it is to be one JSON object: a program that can hold its model to a schema
    does so and answers with the object as text. The prompt says the same in words, for programs that cannot."""


@dataclass(frozen=True)
class Surroundings:
    """What every call of a backend in one job shares."""

    options: BackendOptions
    repository: Path
    """The user's repository: relative paths in the configuration start here; never a place to work in."""
    state_directory: Path
    """A private directory of the job that the backend may use for the program's own configuration and data; what is in
    `calls` below it goes when the next run begins."""
    roles: Callable[[], Mapping[Role, RoleDefinition]]
    """Every role definition, by name."""
    tiers: tuple[Tier, ...] = ()
    """Every tier of the job that this backend plays."""
    mark: str = ""
    """Marks every process that outlives a call, such as a server (`director.shell.processes`)."""
    environment: Callable[[], Mapping[str, str]] = dict
    """Variables that every such process is to be given; to be asked for when a call is made, not before."""
    trial: int | None = None
    """Which trial of a profile the job is, where it is an arm of a bench; for answers that are played."""


@dataclass(frozen=True)
class Standing:
    """What a backend knows of its program, for `director doctor`."""

    program: str = ""
    """Its path; empty where there is none."""
    version: str = ""
    """Empty where it is not known."""
    login: str = ""
    """Whether it can log in, in words; empty where that cannot be known without asking a model."""
    is_model: bool = True
    """Whether a model would answer; not where answers are played, and there is nobody to ask."""


class Backend(Protocol):
    """One agent program. What follows this class may be offered besides.

    `ask` returns a reply for everything that went wrong in the call: end, detail. Where no call can be made at all it
    raises ConfigError for what the user has to change, such as a program that is not installed, or AgentError. It
    raises Interrupted when director is asked to stop.
    """

    def __init__(self, surroundings: Surroundings) -> None: ...

    def check(self, tier: Tier) -> None:
        """Raise ConfigError if it can be known, before anything is begun, that no call of a tier would work."""
        ...

    def ask(self, request: Request) -> Reply:
        """Put the request to the agent and wait for its reply."""
        ...

    def recall(self, log_directory: Path, directory: Path) -> Reply | None:
        """Read from its log directory what a call had come to when director was killed, or None if nothing tells.

        DONE if the program had come to its end, with the reply that `ask` would have returned; else INTERRUPTED, with
        what had been used. `directory` is where the agent worked.
        """
        ...


@runtime_checkable
class Closes(Protocol):
    """A backend that keeps something running between calls."""

    def close(self) -> None:
        """End it; called once, when no call is under way any more, and before a new run begins."""
        ...


@runtime_checkable
class Examines(Protocol):
    """A backend that can say how its program stands."""

    def examine(self, tier: Tier) -> Standing:
        """Look at the program without asking a model. Raises ConfigError as `check` does."""
        ...


@runtime_checkable
class OffersModels(Protocol):
    """A backend whose program can list models."""

    def models(self) -> Sequence[str]:
        """Return the models as tiers name them. Raises ConfigError or AgentError where the program cannot tell."""
        ...
