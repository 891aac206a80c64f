"""One node, from its stale marker to its landed commit."""

import time
from dataclasses import dataclass
from pathlib import Path

from director.artifacts.attempts import Answered, history
from director.artifacts.files import read_remade, write_model
from director.core.artifacts import Merged, Scope
from director.core.attempts import Rung, came_to_end
from director.core.calls import CallKey, End
from director.core.errors import Rejected, StageFailed
from director.core.events import Step
from director.core.landed import Landed, in_doubt, in_effect
from director.core.plan.node import Node
from director.core.requests import FileRequest, read_requests
from director.core.roles import Role
from director.core.watch import watch_it_fail
from director.job.arrivals import Arrival
from director.job.asking import Question, Workplace, arrived, ask
from director.job.inputs import Work, read_work
from director.job.job import Job
from director.prompts.render import render
from director.stages.gate import check_lock, check_tests, pass_node_gate
from director.stages.guidance import guidance, shown_files
from director.stages.ladder import climb
from director.stages.landing import land, trailers
from director.stages.measuring import record_node
from director.stages.news import news_since
from director.stages.returning import bring_back_work
from director.stages.reuse import keep, reuse
from director.stages.review import Change, needs_stage_two, review_change
from director.stages.testing import TestRun, run_before

FRESH_SECONDS = 10.0
"""What the tests said before the work is told as it was so long ago; later they are run again, if anything landed."""


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
    work = read_work(job, node_id)
    if settled := _settled(job, work) or bring_back_work(job, work):
        _stamp(job, work.node, settled)
        record_node(job, node_id, started, outcome="cutoff")
        return
    if reused := reuse(job, work, message=_message(job, work)):
        _stamp(job, work.node, reused.commit)
        record_node(job, node_id, started, outcome="landed", tier=reused.tier, saved_usd=reused.saved_usd)
        return
    try:
        passed, rung = climb(
            job,
            task=work.task,
            inputs=work.inputs,
            roles=_roles(job),
            attempt=lambda rung, log: _attempt(job, work, rung, log),
        )
    except StageFailed:
        last = history(job.directory, work.task)[-1]
        escalated = last.role is Role.ESCALATION
        record_node(job, node_id, started, outcome="failed", attempts=last.number, escalated=escalated)
        raise
    _stamp(job, work.node, passed.commit)
    record_node(job, node_id, started, outcome="landed", **_measured(job, work, passed, rung))
    keep(job, work, passed.commit, rung)


def has_given_up(job: Job, node_id: str) -> bool:
    """Tell whether the last ladder of a node came to its end without a result."""
    return came_to_end(history(job.directory, f"run:{node_id}"), rungs=len(_roles(job)))


def _roles(job: Job) -> list[Role]:
    return [Role.EXECUTOR] * job.config.limits.max_attempts + [Role.ESCALATION]


def _settled(job: Job, work: Work) -> str | None:
    """Return the commit by which the job branch satisfies the node already, so that no agent is asked.

    Either it was made from the very same inputs, or the same work was asked for and its gate is green at the tip.
    """
    tip = job.tip()
    landed = job.branch.commits(tip)
    own = [entry for entry in in_effect(landed) if entry.task == work.task]
    if not own:
        return _green_again(job, work, tip, before=in_doubt(landed, work.task))
    if own[-1].inputs == work.inputs:
        return own[-1].commit
    return own[-1].commit if own[-1].work == work.node.work_digest() and _is_green(job, work, tip) else None


def _green_again(job: Job, work: Work, tip: str, *, before: Landed | None) -> str | None:
    """Let the work that an update had made red count again if it is green by now: an empty commit says so."""
    if before is None or before.work != work.node.work_digest() or not _is_green(job, work, tip):
        return None
    message, log = _message(job, work), job.directory.logs(work.task)
    commit = job.repository.commit_tree(job.repository.tree(tip), parent=tip, message=message)
    return land(job, Arrival(commit, base=tip, allowed=frozenset(), message=message, node=work.node, log=log))


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
    known = read_remade(job.directory.merged(node.id), Merged)
    if known is None or known.files != files or not _is_on_branch(job, known.commit):
        write_model(job.directory.merged(node.id), Merged(node=node.id, commit=commit, files=files))


def _is_on_branch(job: Job, commit: str) -> bool:
    return any(landed.commit == commit for landed in job.landed())


def _attempt(job: Job, work: Work, rung: Rung, log: Path) -> Passed:
    answered = _execute(job, work, rung, log)
    try:
        return _accept(job, work, rung, log, answered)
    except Rejected as rejected:
        kept = job.identity.kept_ref(work.task, log.name)
        raise Rejected(rejected.message, tree_ref=kept, requests=rejected.requests) from rejected


def _execute(job: Job, work: Work, rung: Rung, log: Path) -> Answered:
    key = CallKey(role=rung.role, task=work.task, attempt=rung.number)
    question = Question(key, log, f"{work.inputs} {rung.number}")
    if answered := arrived(job, question):
        return answered
    job.tell(Step(work.task, "tests before"))
    before, since = run_before(job, work.node, log=log), time.monotonic()
    job.tell(Step(work.task, "waits for its turn"))
    with job.at_work.workplace():
        if time.monotonic() - since > FRESH_SECONDS:
            before = run_before(job, work.node, log=log)
        tip = job.tip()
        prompt = _prompt(job, work, rung, commit=tip, before=before)
        with job.pool.slot("agent", tip) as slot:
            message, ref = _message(job, work), job.identity.kept_ref(work.task, log.name)
            scope = Scope(slot=slot.name, base=tip, allowed=work.node.files, message=message, ref=ref)
            return ask(job, question, prompt, Workplace(slot, scope, renew=lambda: slot.prepare(tip)))


def _prompt(job: Job, work: Work, rung: Rung, *, commit: str, before: TestRun) -> str:
    node = work.node
    return render(
        "execute",
        job.directory.overrides,
        node=node,
        already_green=before.passed,
        failing=before.told(),
        files=shown_files(job, commit, node.files),
        tests=shown_files(job, commit, node.tests),
        guidance=guidance(job, commit, [*node.files, *node.tests]),
        feedback=rung.feedback,
        earlier=rung.earlier,
        news=news_since(job, rung.tree_ref, task=work.task, tip=commit),
    )


def _message(job: Job, work: Work) -> str:
    title = work.node.title or work.node.id
    known_by = trailers(job, task=work.task, inputs=work.inputs, work=work.node.work_digest())
    return f"{title}\n\n{known_by}"


def _accept(job: Job, work: Work, rung: Rung, log: Path, answered: Answered) -> Passed:
    _gate(job, work, answered, log)
    base = job.repository.parent(answered.commit)
    escalated = rung.role is Role.ESCALATION
    change = Change(work.node, base, answered.commit, number=rung.number, escalated=escalated, inputs=work.inputs)
    findings = _review(job, change, log)
    job.tell(Step(work.task, "landing"))
    arrival = Arrival(
        answered.commit,
        base=base,
        allowed=frozenset(work.node.files),
        message=_message(job, work),
        kept=job.identity.kept_ref(work.task, log.name),
        node=work.node,
        log=log,
    )
    commit = land(job, arrival)
    return Passed(commit, answered, stage_two=findings is not None, findings=len(findings or ()))


def _gate(job: Job, work: Work, answered: Answered, log: Path) -> None:
    """Pass the node's gate. A failure of an agent that asks for files is the last; a green one is only noted."""
    job.tell(Step(work.task, "gate"))
    requests = _requests(work.node, answered)
    try:
        pass_node_gate(job, work.node, work.lock, answered, log=log)
    except Rejected as rejected:
        raise Rejected(rejected.message, requests=requests) from rejected
    for request in requests:
        job.note(f"it is green without a file that it asked for: {request}", task=work.task)


def _requests(node: Node, answered: Answered) -> tuple[FileRequest, ...]:
    done = answered.reply.end is End.DONE
    return read_requests(answered.reply.text, files=node.files, tests=node.tests) if done else ()


def _review(job: Job, change: Change, log: Path) -> tuple[object, ...] | None:
    if job.config.review.stage_one_llm:
        review_change(job, change, log=log, stage="one")
    if not needs_stage_two(job, change):
        return None
    job.tell(Step(f"run:{change.node.id}", "review"))
    return review_change(job, change, log=log, stage="two")


def _measured(job: Job, work: Work, passed: Passed, rung: Rung) -> dict[str, object]:
    events = passed.answered.reply.events
    return {
        "attempts": rung.number,
        "tier": job.config.tier(rung.role),
        "escalated": rung.role is Role.ESCALATION,
        "stage_two": passed.stage_two,
        "findings": passed.findings,
        "watch_it_fail": watch_it_fail(events, test_cmd=work.node.test_cmd, tests=work.node.tests),
    }
