"""The gate of a node: deterministic, in a clean checkout, never a model's opinion."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from director.artifacts.attempts import Answered
from director.core.artifacts import TestLock
from director.core.calls import End
from director.core.errors import Rejected
from director.core.plan.node import Node
from director.job.job import Job
from director.job.places import side_by_side
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
    """Raise Rejected unless a node's test command is green in clean checkouts of a commit, `flake_runs` times.

    After the first time the others are side by side; what they say goes to files beside `log`.
    """
    runs, counted = job.config.limits.flake_runs, was_counted(job, node.id)

    def check(number: int) -> None:
        output = log if number == 1 else log.with_name(f"{log.stem}-{number}{log.suffix}")
        run = run_in(job, commit, node.test_cmd, output=output, name=log.stem)
        if not run.proves(counted=counted):
            flaky = f" (run {number} of {runs}: the first was green)" if number > 1 else ""
            raise Rejected(f"`{node.test_cmd}` failed in a clean checkout{flaky}: {run.told()}")

    check(1)
    side_by_side([partial(check, number) for number in range(2, runs + 1)], at_once=job.at_work.tests_at_once)
