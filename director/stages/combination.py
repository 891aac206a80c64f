"""What the combination with others must still do: the tests that run before a landing (docs/decisions/0003)."""

from pathlib import Path

from director.artifacts.files import read_remade
from director.core.artifacts import TestLock
from director.core.errors import Rejected
from director.core.landed import standing
from director.core.plan.node import Node
from director.job.job import Job
from director.stages.gate import check_tests
from director.stages.landing import Candidate
from director.stages.work import Work


def check_combined(job: Job, work: Work, candidate: Candidate, *, base: str, log: Path) -> None:
    """Run in the combined tree the tests of this node and of those whose work the combination could have broken.

    Those are the nodes that landed since the base. If the node changes what existed before, rather than only adding
    files, they are all landed nodes.
    """
    landed = job.landed(candidate.tip)
    since = {entry.commit for entry in job.repository.landed(base, candidate.tip)}
    adds_only = all(change.is_new for change in candidate.changes)
    if not since and adds_only:
        return
    for node, commit in standing(landed).items():
        is_concerned = node != work.node.id and (commit in since or not adds_only)
        if is_concerned and (other := _planned(job, node)):
            _check_other(job, other, candidate.commit, log)
    if since:
        check_tests(job, work.node, candidate.commit, log=log / "combined.txt")


def _planned(job: Job, node: str) -> Node | None:
    """Return a landed node; of one that left the plan its lock tells how it is tested."""
    if node in job.nodes:
        return job.nodes[node]
    lock = read_remade(job.directory.lock(node), TestLock)
    return Node(id=node, test_cmd=lock.test_cmd) if lock else None


def _check_other(job: Job, node: Node, commit: str, log: Path) -> None:
    try:
        check_tests(job, node, commit, log=log / f"combined-{node.id}.txt")
    except Rejected as red:
        raise Rejected(f"with this change the landed node '{node.id}' is no longer green: {red.message}") from red
