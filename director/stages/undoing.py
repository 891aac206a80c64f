"""Take commits of ours on the job branch back, without a checkout: a three-way merge with the commit as the base."""

from collections.abc import Sequence
from pathlib import Path

from director.core.plan.node import Node
from director.job.arrivals import Arrival
from director.job.job import Job
from director.stages.landing import land

_NOWHERE = Path()


def take_back(job: Job, commits: Sequence[str], *, tip: str, message: str) -> str:
    """Return a commit on the tip without what earlier ones, given from the oldest to the newest, brought to it.

    No ref moves. Raises MergeConflict where something that came later stands on them.
    """
    made = tip
    for commit in reversed(commits):
        before = job.repository.tree(job.repository.parent(commit))
        opposite = job.repository.commit_tree(before, parent=commit, message="what was there before")
        made = job.repository.commit_tree(job.repository.merge_trees(made, opposite), parent=tip, message=message)
    return made


def land_without(
    job: Job,
    made: str,
    commits: Sequence[str],
    *,
    task: str,
    message: str,
    node: Node | None = None,
    log: Path = _NOWHERE,
) -> str:
    """Land what `take_back` made; it may change what these commits had changed. Raises Rejected.

    `node` is whose work it brings back: the tests of others that it could break are run, with what they say in `log`.
    """
    ref, allowed = job.identity.kept_ref(task, "taken-back"), frozenset(job.repository.touched(commits))
    job.repository.keep(ref, made)
    base = job.repository.parent(made)
    return land(job, Arrival(made, base=base, allowed=allowed, message=message, kept=ref, node=node, log=log))
