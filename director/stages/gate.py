"""The gate of a node: deterministic, in a clean checkout, never a model's opinion."""

from collections.abc import Callable
from pathlib import Path

from director.artifacts.attempts import Answered
from director.core.artifacts import TestLock
from director.core.calls import End
from director.core.errors import Rejected
from director.core.plan.node import Node
from director.job.job import Job
from director.stages.testing import TestRun, run_in_candidate, was_counted


def pass_node_gate(job: Job, node: Node, lock: TestLock, answered: Answered, *, log: Path) -> None:
    """Let an attempt through or raise Rejected with what the next one is told."""
    if answered.reply.end is not End.DONE:
        raise Rejected(f"the agent's call ended with {answered.reply.end}: {answered.reply.detail}")
    if answered.notes:
        raise Rejected("\n".join(answered.notes))
    check_lock(job, lock, answered.commit)
    check_tests(job, node, answered.commit, log=log / "gate.txt")


def check_lock(job: Job, lock: TestLock, commit: str) -> None:
    """Raise Rejected unless the tests in a commit are the locked ones, byte for byte."""
    blobs = job.repository.blobs(commit, lock.files)
    changed = sorted(path for path, blob in lock.files.items() if blobs[path] != blob)
    if changed:
        raise Rejected(f"the locked tests are not as they were locked: {', '.join(changed)}")


def check_tests(
    job: Job, node: Node, commit: str, *, log: Path, run_in: Callable[..., TestRun] = run_in_candidate
) -> None:
    """Raise Rejected unless a node's test command is green in a clean checkout, `flake_runs` times in a row."""
    runs, counted = job.config.limits.flake_runs, was_counted(job, node.id)
    for number in range(1, runs + 1):
        run = run_in(job, commit, node.test_cmd, output=log)
        if not run.proves(counted=counted):
            flaky = f" (run {number} of {runs}: the runs before were green)" if number > 1 else ""
            raise Rejected(f"`{node.test_cmd}` failed in a clean checkout{flaky}: {run.told()}")
