"""One node, from its stale marker to its landed commit."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from director.artifacts.attempts import Answered
from director.artifacts.files import append_record, read_model, write_model
from director.core.artifacts import Merged, TestLock
from director.core.attempts import Rung
from director.core.calls import CallKey
from director.core.digests import digest
from director.core.errors import ConfigError, Rejected, StageFailed
from director.core.events import Step
from director.core.metrics import NodeMetrics
from director.core.plan import Node
from director.core.roles import Role
from director.core.watch import watch_it_fail
from director.git.repository import Landed
from director.job.asking import Question, ask
from director.job.job import Job
from director.prompts.render import render, show_files
from director.stages.acceptance import read_lock, read_slice
from director.stages.capture import Scope, capture
from director.stages.gate import check_lock, check_tests, pass_node_gate
from director.stages.guidance import guidance
from director.stages.ladder import climb
from director.stages.landing import land, trailers
from director.stages.review import Change, needs_stage_two, review_change
from director.stages.testing import TestRun, run_in_checkout


@dataclass(frozen=True)
class Work:
    """A node with everything that its result is made from."""

    node: Node
    lock: TestLock
    inputs: str
    """Digest of the slice, the locked tests and what the dependencies gave."""

    @property
    def task(self) -> str:
        """The doit task."""
        return f"run:{self.node.id}"


@dataclass(frozen=True)
class Passed:
    """An attempt that landed."""

    commit: str
    answered: Answered
    stage_two: bool
    findings: int


def run_node(job: Job, node_id: str) -> None:
    """Bring a node onto the job branch and write its marker. Raises StageFailed when its ladder ends."""
    started = time.monotonic()
    work = _read_work(job, node_id)
    if settled := _settled(job, work):
        _stamp(job, work.node, settled)
        _measure(job, work, started, outcome="cutoff")
        return
    limits = job.config.limits
    roles = [Role.EXECUTOR] * limits.max_attempts + [Role.ESCALATION]
    try:
        passed, rung = climb(
            job,
            task=work.task,
            inputs=work.inputs,
            roles=roles,
            attempt=lambda rung, log: _attempt(job, work, rung, log),
        )
    except StageFailed:
        _measure(job, work, started, outcome="failed", attempts=len(roles), escalated=True)
        raise
    _stamp(job, work.node, passed.commit)
    _measure_passed(job, work, started, passed, rung)


def _read_work(job: Job, node_id: str) -> Work:
    node, lock = read_slice(job, node_id), read_lock(job, node_id)
    given: dict[str, object] = {}
    for dependency in sorted(node.depends_on):
        marker = read_model(job.directory.merged(dependency), Merged)
        if marker is None:
            raise ConfigError(
                f"'{node_id}' needs '{dependency}', which has not landed", hint=f"run 'director run:{dependency}' first"
            )
        given[dependency] = marker.files
    return Work(node, lock, inputs=digest([node.work_digest(), lock.files, given]))


def _settled(job: Job, work: Work) -> str | None:
    """Return the commit by which the job branch satisfies the node already, so that no agent is asked.

    Either it was made from the very same inputs, or the same work was asked for and its gate is green at the tip.
    """
    tip = job.tip()
    own = [landed for landed in job.landed(tip) if landed.task == work.task]
    if not own:
        return None
    if own[-1].inputs == work.inputs:
        return own[-1].commit
    return own[-1].commit if own[-1].work == work.node.work_digest() and _is_green(job, work, tip) else None


def _is_green(job: Job, work: Work, tip: str) -> bool:
    log = job.directory.logs(work.task) / "cutoff.txt"
    try:
        check_lock(job, work.lock, tip)
        check_tests(job, work.node, tip, log=log)
    except Rejected:
        return False
    return True


def _stamp(job: Job, node: Node, commit: str) -> None:
    """Write the marker; one that gives the same contents is left alone, so that the wave stops here."""
    files = job.repository.blobs(commit, node.files)
    known = read_model(job.directory.merged(node.id), Merged)
    if known is None or known.files != files:
        write_model(job.directory.merged(node.id), Merged(node=node.id, commit=commit, files=files))


def _attempt(job: Job, work: Work, rung: Rung, log: Path) -> Passed:
    answered = _execute(job, work, rung, log)
    try:
        return _accept(job, work, rung, log, answered)
    except Rejected as rejected:
        ref = f"refs/director/{job.identity.id}/{work.node.id}/{log.name}"
        job.repository.keep(ref, answered.commit)
        raise Rejected(rejected.message, tree_ref=ref) from rejected


def _execute(job: Job, work: Work, rung: Rung, log: Path) -> Answered:
    node, tip = work.node, job.tip()
    job.tell(Step(work.task, "tests before"))
    before = run_in_checkout(job, tip, node.test_cmd, output=log / "before.txt")
    scope = Scope(base=tip, allowed=node.files, message=_message(job, work))
    with job.pool.slot("agent", tip) as slot:
        prompt = _prompt(job, node, commit=tip, before=before, feedback=rung.feedback)
        key = CallKey(role=rung.role, task=work.task, attempt=rung.number)
        question = Question(key, prompt=prompt, directory=slot.tree, log=log, inputs=f"{work.inputs} {rung.number}")
        return ask(job, question, capture=lambda: capture(job, slot, scope))


def _prompt(job: Job, node: Node, *, commit: str, before: TestRun, feedback: str) -> str:
    return render(
        "execute",
        job.directory.overrides,
        node=node,
        already_green=before.passed,
        failing=before.told(),
        files=show_files(job.repository.read(commit, node.files)),
        tests=show_files(job.repository.read(commit, node.tests)),
        guidance=guidance(job, commit, node.files),
        feedback=feedback,
    )


def _message(job: Job, work: Work) -> str:
    title = work.node.title or work.node.id
    known_by = trailers(job, task=work.task, inputs=work.inputs, work=work.node.work_digest())
    return f"{title}\n\n{known_by}"


def _accept(job: Job, work: Work, rung: Rung, log: Path, answered: Answered) -> Passed:
    job.tell(Step(work.task, "gate"))
    pass_node_gate(job, work.node, work.lock, answered, log=log)
    base = job.repository.parent(answered.commit)
    escalated = rung.role is Role.ESCALATION
    change = Change(work.node, base, answered.commit, number=rung.number, escalated=escalated, inputs=work.inputs)
    findings = _review(job, change, log)
    job.tell(Step(work.task, "landing"))
    commit = land(
        job,
        answered.commit,
        base=base,
        message=_message(job, work),
        check=lambda commit, tip: _check_combined(job, work, commit, tip=tip, base=base, log=log),
    )
    return Passed(commit, answered, stage_two=findings is not None, findings=len(findings or ()))


def _review(job: Job, change: Change, log: Path) -> tuple[object, ...] | None:
    if job.config.review.stage_one_llm:
        review_change(job, change, log=log, stage="one")
    if not needs_stage_two(job, change):
        return None
    job.tell(Step(f"run:{change.node.id}", "review"))
    return review_change(job, change, log=log, stage="two")


def _check_combined(job: Job, work: Work, commit: str, *, tip: str, base: str, log: Path) -> None:
    """Run in the combined tree the tests of this node and of those whose work the combination could have broken.

    Those are the nodes that landed since the base. If the node changes what existed before, rather than only adding
    files, they are all landed nodes.
    """
    landed = job.landed(tip)
    since = {entry.commit for entry in job.repository.landed(base, tip)}
    adds_only = not job.repository.changes_existing(tip, commit)
    if not since and adds_only:
        return
    for task in _standing(landed, since=since if adds_only else None):
        if task != work.task:
            other = read_slice(job, task.removeprefix("run:"))
            _check_other(job, other, commit, log)
    if since:
        check_tests(job, work.node, commit, log=log / "combined.txt")


def _check_other(job: Job, other: Node, commit: str, log: Path) -> None:
    try:
        check_tests(job, other, commit, log=log / f"combined-{other.id}.txt")
    except Rejected as rejected:
        raise Rejected(f"with this change the landed node '{other.id}' is no longer green: {rejected.message}") from (
            rejected
        )


def _standing(landed: list[Landed], *, since: set[str] | None) -> list[str]:
    """Return the run tasks that count as landed: those whose tests were not written anew afterwards."""
    standing: dict[str, str] = {}
    for entry in landed:
        kind, _, node = entry.task.partition(":")
        if kind == "run":
            standing[node] = entry.commit
        else:
            standing.pop(node, None)
    return [f"run:{node}" for node, commit in standing.items() if since is None or commit in since]


def _measure(job: Job, work: Work, started: float, *, outcome: str, attempts: int = 0, escalated: bool = False) -> None:
    _record(job, work, started, {"outcome": outcome, "attempts": attempts, "escalated": escalated})


def _measure_passed(job: Job, work: Work, started: float, passed: Passed, rung: Rung) -> None:
    events = passed.answered.reply.events
    measured = {
        "outcome": "landed",
        "attempts": rung.number,
        "tier": job.config.tier(rung.role),
        "escalated": rung.role is Role.ESCALATION,
        "stage_two": passed.stage_two,
        "findings": passed.findings,
        "watch_it_fail": watch_it_fail(events, test_cmd=work.node.test_cmd, tests=work.node.tests),
    }
    _record(job, work, started, measured)


def _record(job: Job, work: Work, started: float, measured: dict[str, object]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    seconds = round(time.monotonic() - started, 3)
    record = {"time": now, "job": job.identity.id, "node": work.node.id, "seconds": seconds, **measured}
    append_record(job.directory.metrics, NodeMetrics.model_validate(record))
