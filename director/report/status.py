"""The state of a job, computed from its plan, markers and records."""

from collections.abc import Collection, Sequence, Set
from typing import Literal

from director.artifacts.attempts import count_closed, history
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_records
from director.core.attempts import Attempt, Outcome
from director.core.calls import CallRecord, node_of
from director.core.leftover import Leftover
from director.core.measures import (
    bill,
    executor_completion,
    grouped,
    last_of_each,
    stage_two_rate,
    total,
    watch_it_fail_rate,
)
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
    saved_usd: float | None = None
    """What it had cost to make what was taken from the cache; null if an agent did the work."""
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
    reused: int = 0
    """Nodes that were taken from the cache."""
    saved_usd: float = 0.0
    """What it had cost to make them."""
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
    asked, measured = grouped(calls, lambda call: node_of(call.task)), grouped(metrics, lambda entry: entry.node)
    stale = frozenset(pending)
    nodes = tuple(
        _node_status(directory, node, pending=stale, own=measured.get(node.id, ()), calls=asked.get(node.id, ()))
        for node in plan.nodes
    )
    saved = [node.saved_usd for node in nodes if node.saved_usd is not None]
    return JobStatus(
        job=job,
        branch=branch,
        nodes=nodes,
        pending=tuple(sorted(pending)),
        cost_usd=money.cost_usd,
        unpriced_calls=money.unpriced_calls,
        calls=money.calls,
        reused=len(saved),
        saved_usd=round(sum(saved), 6),
        executor_completion=executor_completion(worked_on),
        stage_two_rate=stage_two_rate(worked_on),
        watch_it_fail_rate=watch_it_fail_rate(worked_on),
        leftovers=tuple(leftovers),
    )


def _node_status(
    directory: JobDirectory, node: Node, *, pending: Set[str], own: Sequence[NodeMetrics], calls: Sequence[CallRecord]
) -> NodeStatus:
    task = f"run:{node.id}"
    landed = next((entry for entry in reversed(own) if entry.tier), None)
    last = next(reversed(history(directory, task)), None) if task in pending else None
    state = _state(node, pending, last=last)
    cost_usd, unpriced_calls = bill(calls)
    return NodeStatus(
        id=node.id,
        title=node.title,
        state=state,
        tier=str(landed.tier) if landed else "",
        attempts=count_closed(directory, task),
        escalated=bool(landed and landed.escalated),
        cost_usd=cost_usd,
        unpriced_calls=unpriced_calls,
        saved_usd=landed.saved_usd if landed else None,
        seconds=sum(entry.seconds for entry in own),
        requests=unanswered(last.requests, files=node.files) if last and state == "failed" else (),
    )


def _state(node: Node, pending: Set[str], *, last: Attempt | None) -> State:
    if f"run:{node.id}" not in pending:
        return "landed"
    if last and last.outcome is Outcome.FAILED and not _has_what_it_asked_for(node, last):
        return "failed"
    return "waiting" if any(f"run:{needed}" in pending for needed in node.depends_on) else "ready"


def _has_what_it_asked_for(node: Node, last: Attempt) -> bool:
    return bool(last.requests) and not unanswered(last.requests, files=node.files)
