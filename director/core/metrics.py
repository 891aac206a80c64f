"""The lines of metrics.jsonl: what was measured of each node that was worked on."""

from typing import Literal

from director.core.model import Model
from director.core.tiers import Tier
from director.core.watch import WatchItFail


class NodeMetrics(Model):
    """One run of a node's ladder."""

    version: Literal[1] = 1
    kind: Literal["node"] = "node"
    time: str
    """When it ended, UTC, ISO 8601."""
    job: str
    node: str
    outcome: Literal["landed", "failed", "cutoff"]
    """`cutoff`: the job branch satisfied the node already and no agent was asked."""
    attempts: int = 0
    """Attempts of this ladder, the last included."""
    tier: Tier | None = None
    """Whose attempt landed."""
    escalated: bool = False
    stage_two: bool = False
    """Whether the reviewer read the last attempt."""
    findings: int = 0
    """Findings of the last review."""
    watch_it_fail: WatchItFail = WatchItFail.UNKNOWN
    seconds: float = 0.0
    """Wall-clock time in this run of director."""
