"""Everything that a report shows of a job. What agents wrote is in it as it is: whoever writes it out escapes it."""

from typing import Literal

from director.core.calls import CallRecord
from director.core.metrics import NodeMetrics, RoleTotals, RunMetrics
from director.core.model import Model
from director.core.plan.node import Node
from director.core.requests import FileRequest
from director.core.spans import Span
from director.report.status import JobStatus, NodeStatus


class Passage(Model):
    """A text with a name; a long one is cut, and says so where it is."""

    name: str
    text: str


class AttemptReport(Model):
    """One attempt at a task."""

    task: str
    number: int
    """Of its directory below `logs/`."""
    role: str = ""
    """Empty while it is not finished."""
    state: Literal["passed", "failed", "unfinished"]
    end: str = ""
    """How the call ended, and why if not well."""
    prompt: str = ""
    reply: str = ""
    feedback: str = ""
    """What the next attempt is told."""
    outputs: tuple[Passage, ...] = ()
    """What tests and gates said."""
    reviews: tuple[Passage, ...] = ()
    requests: tuple[FileRequest, ...] = ()
    diff: str = ""
    """What a failed attempt had written, where it is kept."""


class NodeReport(Model):
    """One node with all that happened to it."""

    node: Node
    status: NodeStatus
    calls: tuple[CallRecord, ...]
    attempts: tuple[AttemptReport, ...]
    """Those at its tests before those at its work."""
    commit: str = ""
    """Which brought it to the job branch; empty until then."""
    diff: str = ""
    tests_diff: str = ""
    measured: NodeMetrics | None = None
    """Its last ladder."""


class GateReport(Model):
    """A gate of integration."""

    name: str
    command: str
    state: Literal["passed", "failed", "pending"]
    was_red: bool = False
    """Whether it was red before anything was done."""
    seconds: float = 0.0
    output: str = ""


class RunReport(Model):
    """One run of director: what it was at, and when."""

    run: str
    start: float
    """Seconds since the epoch."""
    seconds: float
    workers: int
    spans: tuple[Span, ...]
    critical: tuple[str, ...]
    """The longest chain of tasks that needed each other."""
    measured: RunMetrics | None = None
    """None for a run that was killed, and for one that goes on."""


class Report(Model):
    """A whole job."""

    status: JobStatus
    task: str
    base: str
    tip: str
    """Of the job branch; empty if there is none."""
    totals: RoleTotals
    roles: dict[str, RoleTotals]
    models: dict[str, RoleTotals]
    """By tier."""
    planning: RoleTotals
    """Of the calls that were for no node."""
    documents: tuple[Passage, ...]
    attempts: tuple[AttemptReport, ...]
    """Those at planning."""
    nodes: tuple[NodeReport, ...]
    integration: tuple[GateReport, ...]
    runs: tuple[RunReport, ...]
    version: str
    """Of director."""

    def node(self, name: str) -> NodeReport | None:
        """Return a node by its id."""
        return next((entry for entry in self.nodes if entry.node.id == name), None)

    @property
    def landed(self) -> int:
        """How many nodes have landed."""
        return sum(node.status.state == "landed" for node in self.nodes)
