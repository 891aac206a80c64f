"""The acceptance tests of a node: written before the work, seen red, committed, and locked by their bytes."""

from collections.abc import Sequence
from pathlib import Path

from director.artifacts.attempts import Answered
from director.artifacts.files import read_remade, write_model
from director.core.artifacts import Scope, TestLock
from director.core.attempts import Rung
from director.core.calls import CallKey, End
from director.core.errors import MergeConflict, Rejected
from director.core.events import Step
from director.core.landed import Landed, in_doubt
from director.core.plan.node import Node
from director.core.roles import Role
from director.core.testruns.outcome import why_not_red
from director.job.arrivals import Arrival
from director.job.asking import Question, Workplace, arrived, ask
from director.job.inputs import allowlist_of_tests, inputs_of_tests, read_slice
from director.job.job import Job
from director.prompts.render import render
from director.stages.guidance import guidance, shown_files
from director.stages.ladder import climb
from director.stages.landing import land, trailers
from director.stages.slices import restore_base
from director.stages.testing import keep_seen, run_in_candidate
from director.stages.undoing import land_without, take_back


def write_tests(job: Job, node_id: str) -> None:
    """Have a node's tests written, see them red, commit them to the job branch and lock them."""
    node = read_slice(job, node_id)
    task = f"tests:{node.id}"
    inputs = inputs_of_tests(node, node.files)
    if _lock_what_landed(job, node, task):
        return
    roles = [Role.TEST_AUTHOR] * job.config.limits.test_attempts
    commit, _ = climb(
        job,
        task=task,
        inputs=inputs,
        roles=roles,
        attempt=lambda rung, log: _attempt(job, node, inputs=inputs, rung=rung, log=log),
    )
    _lock(job, node, commit, allowed=node.files)


def _lock_what_landed(job: Job, node: Node, task: str) -> bool:
    """Lock again what an earlier run committed for the same node, if the branch still holds it or had it before.

    A node that may change further files since then is the same node: its tests say what the spec says.
    """
    own = [landed for landed in job.landed() if landed.task == task]
    files = allowlist_of_tests(job, node, own[-1]) if own else None
    commit = own[-1].commit if files is not None else _bring_back_tests(job, node, own)
    if commit:
        _lock(job, node, commit, allowed=files or node.files)
    return commit is not None


def _bring_back_tests(job: Job, node: Node, own: Sequence[Landed]) -> str | None:
    """Have the tests on the branch again that were written from the same inputs before; later ones are taken back."""
    inputs = inputs_of_tests(node, node.files)
    before = [place for place, landed in enumerate(own) if landed.inputs == inputs]
    if not before:
        return None
    written, later = own[before[-1]], [landed.commit for landed in own[before[-1] + 1 :]]
    message = f"tests: {node.title or node.id}, as they were\n\n{trailers(job, task=written.task, inputs=inputs)}"
    try:
        made = take_back(job, later, tip=job.tip(), message=message)
        if job.repository.blobs(made, node.tests) != job.repository.blobs(written.commit, node.tests):
            return None
        return land_without(job, made, later, task=written.task, message=message)
    except (MergeConflict, Rejected):
        return None


def _lock(job: Job, node: Node, commit: str, *, allowed: Sequence[str]) -> None:
    blobs = job.repository.blobs(commit, node.tests)
    files = {path: blob for path, blob in blobs.items() if blob}
    lock = TestLock(node=node.id, test_cmd=node.test_cmd, files=files, allowed=tuple(sorted(allowed)))
    write_model(job.directory.lock(node.id), lock)


def _attempt(job: Job, node: Node, *, inputs: str, rung: Rung, log: Path) -> str:
    task = f"tests:{node.id}"
    message = f"tests: {node.title or node.id}\n\n{trailers(job, task=task, inputs=inputs)}"
    ref = job.identity.kept_ref(task, log.name)
    question = Question(CallKey(role=Role.TEST_AUTHOR, task=task, attempt=rung.number), log, f"{inputs} {rung.number}")
    answered = arrived(job, question) or _author(job, node, question, rung, message=message, ref=ref)
    put_aside = "".join(f"\n{note}; that was put aside" for note in answered.notes)
    if answered.reply.end is not End.DONE:
        raise Rejected(f"the call ended with {answered.reply.end}: {answered.reply.detail}{put_aside}")
    job.tell(Step(task, "red check"))
    if reason := _not_red(job, node, answered.commit, log):
        raise Rejected(f"{reason}{put_aside}")
    for note in answered.notes:
        job.note(f"{note}; put aside", task=task)
    base = job.repository.parent(answered.commit)
    allowed = frozenset({*node.tests, *_former_tests(job, node)})
    return land(job, Arrival(answered.commit, base=base, allowed=allowed, message=message, kept=ref))


def _author(job: Job, node: Node, question: Question, rung: Rung, *, message: str, ref: str) -> Answered:
    former = _former_tests(job, node)
    with job.at_work.workplace():
        tip = job.tip()
        prompt = _prompt(job, node, rung, commit=tip)
        with job.pool.slot("agent", tip) as slot:

            def renew() -> None:
                slot.prepare(tip)
                restore_base(job, slot, former)

            restore_base(job, slot, former)
            allowed = (*node.tests, *sorted(former))
            scope = Scope(slot=slot.name, base=tip, allowed=allowed, message=message, ref=ref)
            return ask(job, question, prompt, Workplace(slot, scope, renew))


def _former_tests(job: Job, node: Node) -> set[str]:
    """Return the files that were locked as the node's tests and no longer are: they go from the branch."""
    lock = read_remade(job.directory.lock(node.id), TestLock)
    return set(lock.files) - {*node.tests, *node.files} if lock else set()


def _prompt(job: Job, node: Node, rung: Rung, *, commit: str) -> str:
    paths = [*node.files, *node.tests]
    return render(
        "tests",
        job.directory.overrides,
        node=node,
        files=shown_files(job, commit, paths),
        guidance=guidance(job, commit, paths),
        feedback=rung.feedback,
        earlier=rung.earlier,
    )


def _not_red(job: Job, node: Node, commit: str, log: Path) -> str | None:
    missing = [path for path, blob in job.repository.blobs(commit, node.tests).items() if blob is None]
    if missing:
        return f"these test files were not written: {', '.join(missing)}"
    run = run_in_candidate(job, commit, node.test_cmd, output=log / "red.txt")
    keep_seen(job, commit, node.test_cmd, run, output=log / "red.txt")
    if run.passed and in_doubt(job.branch.commits(job.tip()), f"run:{node.id}"):
        return None  # the work has landed before: it may satisfy the tests already
    reason = why_not_red(exit_code=run.finished.exit_code, timed_out=run.timed_out, output=run.output, tests=node.tests)
    return f"{reason}\nThe output of `{node.test_cmd}`: {run.told()}" if reason else None
