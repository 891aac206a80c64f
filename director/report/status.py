"""The state of a job, computed from its plan, markers and records."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Literal

from director.artifacts.attempts import history
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_records
from director.core.attempts import Attempt, Outcome
from director.core.calls import CallRecord, node_of
from director.core.leftover import Leftover
from director.core.measures import executor_completion, last_of_each, stage_two_rate, total, watch_it_fail_rate
from director.core.metrics import NodeMetrics
from director.core.model import Model
from director.core.plan.node import Node, Plan
from director.core.requests import FileRequest, unanswered

State = Literal["landed", "failed", "ready", "waiting"]


class NodeStatus(Model):
    """One node at a glance."""

    id: str
    title: str
    state: State
    """`ready`: nothing that it needs is pending; `waiting`: something is."""
    tier: str = ""
    """Whose attempt landed."""
    attempts: int = 0
    """Attempts of all ladders."""
    escalated: bool = False
    cost_usd: float = 0.0
    unpriced_calls: int = 0
    """Calls whose cost is not known; they are not in `cost_usd`."""
    seconds: float = 0.0
    """Wall-clock time of its ladders."""
    requests: tuple[FileRequest, ...] = ()
    """Files that a failed node asks for and that its allowlist does not hold yet."""


class JobStatus(Model):
    """What `director status --json` prints: the whole job at a glance."""

    version: Literal[1] = 1
    job: str
    """Empty before there is one, as is `branch`."""
    branch: str
    nodes: tuple[NodeStatus, ...]
    pending: tuple[str, ...]
    """Every task that is not up to date."""
    cost_usd: float
    unpriced_calls: int
    calls: int
    executor_completion: float | None
    """Share of the nodes worked on that the executor tier landed; a node that failed counts. None before the first."""
    stage_two_rate: float | None
    """Share of the landed nodes that the reviewer read."""
    watch_it_fail_rate: float | None
    """Share of the landed nodes, where it is known, whose executor saw the tests fail first."""
    leftovers: tuple[Leftover, ...] = ()
    """What nodes that are no longer planned left on the branch, until somebody keeps or reverts it."""


def job_status(
    directory: JobDirectory,
    *,
    job: str,
    branch: str,
    plan: Plan,
    pending: Collection[str],
    leftovers: Sequence[Leftover] = (),
) -> JobStatus:
    """Return the state of a job."""
    calls = read_records(directory.costs, CallRecord)
    metrics = read_records(directory.metrics, NodeMetrics)
    worked_on = last_of_each(metrics)
    money = total(calls)
    by_node: dict[str, list[CallRecord]] = defaultdict(list)
    for call in calls:
        by_node[node_of(call.task)].append(call)
    nodes = [_node_status(directory, node, pending=pending, metrics=metrics) for node in plan.nodes]
    return JobStatus(
        job=job,
        branch=branch,
        nodes=tuple(_with_money(node, by_node[node.id]) for node in nodes),
        pending=tuple(sorted(pending)),
        cost_usd=money.cost_usd,
        unpriced_calls=money.unpriced_calls,
        calls=money.calls,
        executor_completion=executor_completion(worked_on),
        stage_two_rate=stage_two_rate(worked_on),
        watch_it_fail_rate=watch_it_fail_rate(worked_on),
        leftovers=tuple(leftovers),
    )


def _node_status(
    directory: JobDirectory, node: Node, *, pending: Collection[str], metrics: Sequence[NodeMetrics]
) -> NodeStatus:
    own = [entry for entry in metrics if entry.node == node.id]
    landed = next((entry for entry in reversed(own) if entry.tier), None)
    attempts = history(directory, f"run:{node.id}")
    state = _state(node, pending, last=attempts[-1] if attempts else None)
    return NodeStatus(
        id=node.id,
        title=node.title,
        state=state,
        tier=str(landed.tier) if landed else "",
        attempts=len(attempts),
        escalated=bool(landed and landed.escalated),
        seconds=sum(entry.seconds for entry in own),
        requests=unanswered(attempts[-1].requests, files=node.files) if state == "failed" else (),
    )


def _state(node: Node, pending: Collection[str], *, last: Attempt | None) -> State:
    if f"run:{node.id}" not in pending:
        return "landed"
    if last and last.outcome is Outcome.FAILED and not _has_what_it_asked_for(node, last):
        return "failed"
    return "waiting" if any(f"run:{needed}" in pending for needed in node.depends_on) else "ready"


def _has_what_it_asked_for(node: Node, last: Attempt) -> bool:
    return bool(last.requests) and not unanswered(last.requests, files=node.files)


def _with_money(node: NodeStatus, calls: Sequence[CallRecord]) -> NodeStatus:
    money = total(calls)
    return node.model_copy(update={"cost_usd": money.cost_usd, "unpriced_calls": money.unpriced_calls})
