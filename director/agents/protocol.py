"""What a backend is: one call in, one reply out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

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
    """Tells people something about the call."""


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


class Backend(Protocol):
    """One agent program.

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
