"""Put a commit onto the job branch: combined with what landed since, tested as combined, by compare and swap."""

from collections.abc import Callable

from director.core.errors import MergeConflict, Rejected, TipMoved
from director.job.job import Job


def trailers(job: Job, *, task: str, inputs: str, work: str = "") -> str:
    """Return the trailers by which a commit of ours is known again."""
    lines = [f"Director-Job: {job.identity.id}", f"Director-Task: {task}", f"Director-Inputs: {inputs}"]
    return "\n".join([*lines, f"Director-Work: {work}"] if work else lines) + "\n"


def land(
    job: Job, candidate: str, *, base: str, message: str, check: Callable[[str, str], None], kept: str = ""
) -> str:
    """Move the job branch to the candidate, or to its combination with the tip; return the landed commit.

    `check` is given the new commit and the tip below it, and raises Rejected if the combination must not land. `kept`
    is the ref that keeps the candidate: it goes when the candidate is on the branch.
    Landings of one director wait for each other; a tip that somebody else moved meanwhile is read again.
    """
    while True:
        with job.landing:
            tip = job.tip()
            commit = candidate if tip == base else _combine(job, tip, candidate, message)
            check(commit, tip)
            try:
                job.branch.move(commit, old=tip, drop=_kept(job, kept, is_combined=commit != candidate))
            except TipMoved:
                continue
            return commit


def _combine(job: Job, tip: str, candidate: str, message: str) -> str:
    try:
        tree = job.repository.merge_trees(tip, candidate)
    except MergeConflict as conflict:
        raise Rejected(f"{conflict.message}\nThe worktree of the next attempt holds the new state.") from conflict
    commit = job.repository.commit_tree(tree, parent=tip, message=message)
    job.repository.keep(_landing_ref(job), commit)  # a `git gc` of the user's may run while it is tested
    return commit


def _landing_ref(job: Job) -> str:
    return f"{job.identity.kept_refs}landing/combined"


def _kept(job: Job, ref: str, *, is_combined: bool) -> list[str]:
    """Return the refs that are needed no longer when a commit has landed."""
    return [name for name in (ref, _landing_ref(job) if is_combined else "") if name]
