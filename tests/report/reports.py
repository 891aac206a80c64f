"""A report made by hand: every text in it is what the test wants it to be."""

from typing import Any

from director.core.calls import CallRecord, End, Usage
from director.core.measures import total, totals
from director.core.metrics import NodeMetrics
from director.core.plan.node import Node
from director.core.requests import FileRequest
from director.core.roles import Role
from director.core.spans import PASSED, Span, SpanKind
from director.core.tiers import Tier
from director.report.model import AttemptReport, GateReport, NodeReport, Passage, Report, RunReport
from director.report.status import JobStatus, NodeStatus

HOSTILE = (
    "</pre></script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`\u202e@all #1 | [x](javascript:1)\x00"
)
"""Something that an agent may write."""


def span(kind: SpanKind, name: str, **more: Any) -> Span:
    """A stretch of time."""
    here = {"job": "j", "run": "r", "worker": 0, "task": "run:a", "outcome": PASSED, "start": 100.0, "seconds": 1.0}
    return Span(**here | {"id": f"{kind}-{name}", "kind": kind, "name": name} | more)


def run_of(*spans: Span, critical: tuple[str, ...] = ()) -> RunReport:
    """A run of these spans."""
    start = min(entry.start for entry in spans)
    seconds = max(entry.start + entry.seconds for entry in spans) - start
    workers = max(entry.worker for entry in spans) + 1
    return RunReport(run="r", start=start, seconds=seconds, workers=workers, spans=spans, critical=critical)


def called(node: str, cost: float | None = 0.0125, *, role: Role = Role.EXECUTOR, model: str = "p/cheap") -> CallRecord:
    """A call for a node."""
    return CallRecord(
        time="2026-01-02T03:04:05.000+00:00",
        job="j",
        role=role,
        task=f"run:{node}",
        node=node,
        attempt=1,
        tier=Tier(backend="replay", model=model),
        end=End.DONE,
        usage=Usage(input=1000, cached_input=200, output=50),
        cost_usd=cost,
        cost_source="unknown" if cost is None else "program",
        seconds=2.0,
    )


def node_of(
    name: str, state: Any = "landed", *, needs: tuple[str, ...] = (), text: str = "", **more: Any
) -> NodeReport:
    """A node in a state, with one call; a failed one has an attempt whose feedback is the text."""
    asked = (FileRequest(path="other.py", reason=text or "it must"),) if state == "failed" else ()
    attempt = AttemptReport(
        task=f"run:{name}",
        number=1,
        role=Role.EXECUTOR,
        state="failed" if state == "failed" else "passed",
        end="done",
        prompt=text or "do it",
        reply=text or "done",
        feedback=(text or "it is red") if state == "failed" else "",
        outputs=(Passage(name="gate", text=text or "1 failed"),),
        reviews=(Passage(name="review stage two", text=text or "fine"),),
        diff=text,
        requests=asked,
    )
    status = NodeStatus(
        id=name,
        title=text or f"Write {name}",
        state=state,
        tier="replay:p/cheap",
        attempts=1,
        cost_usd=0.0125,
        seconds=3,
        requests=asked,
    )
    made = {
        "node": Node(
            id=name,
            title=text or f"Write {name}",
            spec=text or "Do it.",
            depends_on=needs,
            files=(text or f"{name}.py",),
            tests=(f"test_{name}.py",),
            test_cmd=text or "true",
        ),
        "status": status,
        "calls": (called(name),),
        "attempts": (attempt,),
        "diff": text or "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n",
        "measured": NodeMetrics(time="", job="j", node=name, outcome="landed", agent_seconds=2.0),
    }
    return NodeReport(**made | more)


def report_of(*nodes: NodeReport, text: str = "Write the modules", **more: Any) -> Report:
    """A report of these nodes."""
    calls = [call for node in nodes for call in node.calls]
    money = total(calls)
    status = JobStatus(
        job="20260102-abcdef",
        branch="director/job-20260102-abcdef",
        nodes=tuple(node.status for node in nodes),
        pending=tuple(f"run:{node.node.id}" for node in nodes if node.status.state != "landed"),
        cost_usd=money.cost_usd,
        unpriced_calls=money.unpriced_calls,
        calls=money.calls,
        executor_completion=0.5 if nodes else None,
        stage_two_rate=None,
        watch_it_fail_rate=None,
    )
    made = {
        "status": status,
        "task": text,
        "base": "0" * 40,
        "tip": "1" * 40,
        "totals": money,
        "roles": totals(calls, lambda call: call.role.value),
        "models": totals(calls, lambda call: str(call.tier)),
        "planning": total(()),
        "documents": (Passage(name="spec.md", text=text),),
        "attempts": (),
        "nodes": nodes,
        "integration": (),
        "runs": (),
        "version": "1",
    }
    return Report(**made | more)


def gate_of(state: Any, text: str = "boom", name: str = "lint") -> GateReport:
    """A gate of integration."""
    return GateReport(name=name, command="make lint", state=state, seconds=1.5, output=text)
