"""Read a whole job for a report: no lock, no question to an agent, nothing written."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from director import __version__
from director.artifacts.attempts import numbered
from director.artifacts.files import read_records, read_remade
from director.core.artifacts import GatesRun
from director.core.calls import CallRecord
from director.core.landed import Landed
from director.core.measures import critical_path, total, totals
from director.core.metrics import NodeMetrics, RunMetrics
from director.core.plan.node import Node, Plan
from director.core.spans import RED, Span, SpanKind
from director.job.job import Job
from director.job.leftovers import find_leftovers
from director.report.attempts import read_attempts, read_diff
from director.report.model import GateReport, NodeReport, Passage, Report, RunReport
from director.report.room import Room
from director.report.status import NodeStatus, job_status

PLANNING = ("recon", "spec", "gate:spec", "decompose", "gate:plan")
SPANS = 4000
"""The last ones that are drawn."""


def read_report(job: Job, *, plan: Plan, pending: Collection[str], needs: Mapping[str, Sequence[str]]) -> Report:
    """Return everything that a report shows.

    `pending` are the tasks that are not up to date, `needs` says what each task waits for.
    """
    directory, identity, room = job.directory, job.identity, Room()
    leftovers = find_leftovers(job, plan.nodes)
    status = job_status(
        directory, job=identity.id, branch=identity.branch, plan=plan, pending=pending, leftovers=leftovers
    )
    calls = read_records(directory.costs, CallRecord)
    spans = read_records(directory.spans, Span)
    tip = job.repository.tip(identity.ref) or ""
    landed = {entry.task: entry for entry in job.landed(tip)} if tip else {}
    return Report(
        status=status,
        task=room.read(directory.task),
        base=identity.base,
        tip=tip,
        totals=total(calls),
        roles={role.value: money for role, money in totals(calls, lambda call: call.role).items()},
        models=totals(calls, lambda call: str(call.tier)),
        planning=total(call for call in calls if not call.node),
        documents=tuple(_documents(job, room)),
        nodes=tuple(_nodes(job, plan.nodes, status.nodes, calls, landed, room)),
        attempts=tuple(attempt for task in PLANNING for attempt in read_attempts(job, task, room)),
        integration=tuple(_integration(job, pending, spans, room)),
        runs=tuple(_runs(spans, needs, read_records(directory.metrics, RunMetrics))),
        version=__version__,
    )


def _documents(job: Job, room: Room) -> Iterator[Passage]:
    for path in (job.directory.recon, job.directory.spec):
        if text := room.read(path):
            yield Passage(name=path.name, text=text)


def _nodes(
    job: Job,
    nodes: Sequence[Node],
    states: Sequence[NodeStatus],
    calls: Sequence[CallRecord],
    landed: Mapping[str, Landed],
    room: Room,
) -> Iterator[NodeReport]:
    measured = {entry.node: entry for entry in read_records(job.directory.metrics, NodeMetrics)}
    for node, status in zip(nodes, states, strict=True):
        tests, work = landed.get(f"tests:{node.id}"), landed.get(f"run:{node.id}")
        yield NodeReport(
            node=Node.model_validate(node.model_dump()),
            status=status,
            calls=tuple(call for call in calls if call.node == node.id),
            diff=read_diff(job, work.commit, room) if work else "",
            tests_diff=read_diff(job, tests.commit, room) if tests else "",
            attempts=tuple(a for kind in ("tests", "run") for a in read_attempts(job, f"{kind}:{node.id}", room)),
            commit=work.commit if work else "",
            measured=measured.get(node.id),
        )


def _integration(job: Job, pending: Collection[str], spans: Sequence[Span], room: Room) -> Iterator[GateReport]:
    baseline = read_remade(job.directory.baseline, GatesRun)
    before = baseline.gates if baseline else {}
    last = next(reversed(numbered(job.directory, "integrate")), None)
    ran = {span.name: span for span in spans if span.task == "integrate" and span.kind is SpanKind.GATE}
    for name, command in job.config.active_gates().items():
        output = last / "gates" / f"{name}.txt" if last else None
        span = ran.get(name) if output and output.is_file() else None
        is_red = span is not None and span.outcome == RED
        yield GateReport(
            name=name,
            command=command,
            state="passed" if "integrate" not in pending else "failed" if is_red else "pending",
            was_red=name in before and before[name].exit_code != 0,
            seconds=span.seconds if span else 0.0,
            output=room.read(output) if output else "",
        )


def _runs(
    spans: Sequence[Span], needs: Mapping[str, Sequence[str]], measured: Sequence[RunMetrics]
) -> Iterator[RunReport]:
    of_run: dict[str, list[Span]] = {}
    for span in sorted(spans[-SPANS:], key=lambda span: span.start):
        of_run.setdefault(span.run, []).append(span)
    told = {entry.run: entry for entry in measured}
    for run, found in of_run.items():
        start = min(span.start for span in found)
        took: dict[str, float] = {}
        for span in found:
            if span.kind is SpanKind.TASK:
                took[span.task] = took.get(span.task, 0.0) + span.seconds
        yield RunReport(
            run=run,
            start=start,
            seconds=max(span.start + span.seconds for span in found) - start,
            workers=max(span.worker for span in found) + 1,
            spans=tuple(found),
            critical=tuple(critical_path(_known(needs, took), took)),
            measured=told.get(run),
        )


def _known(needs: Mapping[str, Sequence[str]], took: Mapping[str, float]) -> dict[str, list[str]]:
    """Return what tasks wait for, also those that are no longer in the graph."""
    everything = {**dict.fromkeys(took, ()), **needs}
    return {task: [need for need in needed if need in everything] for task, needed in everything.items()}
