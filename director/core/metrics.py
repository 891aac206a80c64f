"""The lines of metrics.jsonl: what was measured of each node that was worked on, and of each run."""

from typing import Annotated, Literal

from pydantic import Field

from director.core.calls import Usage
from director.core.model import Model
from director.core.roles import Role
from director.core.tiers import Tier
from director.core.watch import WatchItFail


class RoleTotals(Model):
    """What the calls of a role came to."""

    calls: int = 0
    usage: Usage = Usage()
    cost_usd: float = 0.0
    """Of the calls whose cost is known."""
    unpriced_calls: int = 0
    """Calls whose cost is not known."""


class NodeMetrics(Model):
    """One run of a node's ladder."""

    version: Literal[1] = 1
    kind: Literal["node"] = "node"
    time: str
    """When it ended, UTC, ISO 8601."""
    job: str
    run: str = ""
    """Which run of director it was."""
    node: str
    outcome: Literal["landed", "failed", "cutoff"]
    """`cutoff`: the job branch satisfied the node already and no agent was asked."""
    attempts: int = 0
    """Attempts of this ladder, the last included."""
    tier: Tier | None = None
    """Whose attempt landed: the backend and the model."""
    escalated: bool = False
    stage_two: bool = False
    """Whether the reviewer read the last attempt."""
    findings: int = 0
    """Findings of the last review."""
    watch_it_fail: WatchItFail = WatchItFail.UNKNOWN
    flaky: bool = False
    """Whether the tests were green and then red on the very same tree."""
    roles: dict[Role, RoleTotals] = Field(default_factory=dict)
    """What the node's calls in this run came to, its tests included."""
    seconds: float = 0.0
    """Wall-clock time in this run of director."""
    queue_seconds: float = 0.0
    """From when it could have begun to when it began."""
    agent_seconds: float = 0.0
    """Of its calls, reviews aside."""
    wait_seconds: float = 0.0
    """Of its calls, for rate limits and room below the cost ceiling."""
    gate_seconds: float = 0.0
    """Of its commands in clean checkouts, those of landings aside."""
    review_seconds: float = 0.0
    landing_seconds: float = 0.0


class RunMetrics(Model):
    """One run of director."""

    version: Literal[1] = 1
    kind: Literal["run"] = "run"
    time: str
    """When it ended, UTC, ISO 8601."""
    job: str
    run: str
    targets: tuple[str, ...]
    """What was asked for."""
    exit_code: int
    landed: int
    """Nodes that landed in this run."""
    failed: int
    cutoff: int
    """Nodes that were satisfied already."""
    executor_completion: float | None
    """Share of the nodes worked on that the executor tier landed without escalation; None if there were none."""
    escalation_rate: float | None
    """Share of the nodes worked on that were escalated."""
    stage_two_rate: float | None
    """Share of the landed nodes that the reviewer read."""
    watch_it_fail_rate: float | None
    """Share of the landed nodes, where it is known, whose executor saw the tests fail first."""
    workers: int
    """Agents at work at once, at most."""
    seconds: float
    """Wall-clock time."""
    critical_path_seconds: float
    """Of the longest chain of tasks that needed each other, as long as each of them took in this run."""
    parallel_efficiency: float | None
    """Share of the time of so many agents in which agents were at work; None if nothing was done."""
    cost_usd: float
    unpriced_calls: int
    roles: dict[Role, RoleTotals]
    models: dict[str, RoleTotals]
    """By tier."""
    tiers: dict[Role, str]
    """Which tier played which role."""
    versions: dict[str, str]
    """Of director, Python, git and doit."""


Metrics = Annotated[
    NodeMetrics | RunMetrics,
    Field(discriminator="kind", title="Metrics", description="One line of metrics.jsonl: of a node, or of a run."),
]
