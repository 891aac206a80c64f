"""Take commits of ours on the job branch back, without a checkout: a three-way merge with the commit as the base."""

from collections.abc import Callable, Sequence

from director.job.job import Job
from director.stages.landing import Candidate, land, nothing_more


def take_back(job: Job, commits: Sequence[str], *, tip: str, message: str) -> str:
    """Return a commit on the tip without what earlier ones, given from the oldest to the newest, brought to it.

    No ref moves. Raises MergeConflict where something that came later stands on them.
    """
    made = tip
    for commit in reversed(commits):
        before = job.repository.tree(f"{commit}^1")
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
    check: Callable[[Candidate], None] = nothing_more,
) -> str:
    """Land what `take_back` made; it may change what these commits had changed. Raises Rejected."""
    ref = job.identity.kept_ref(task, "taken-back")
    job.repository.keep(ref, made)
    base = job.repository.parent(made)
    return land(job, made, base=base, allowed=touched(job, commits), message=message, check=check, kept=ref)


def touched(job: Job, commits: Sequence[str]) -> set[str]:
    """Return the files that commits changed."""
    return {path for commit in commits for path in job.repository.changed(f"{commit}^1", commit)}
