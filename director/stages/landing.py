"""Put a commit onto the job branch: combined with what landed since, tested as combined, by compare and swap."""

from collections.abc import Callable

from director.core.errors import MergeConflict, Rejected, TipMoved
from director.job.job import Job


def trailers(job: Job, *, task: str, inputs: str, work: str = "") -> str:
    """Return the trailers by which a commit of ours is known again."""
    lines = [f"Director-Job: {job.identity.id}", f"Director-Task: {task}", f"Director-Inputs: {inputs}"]
    return "\n".join([*lines, f"Director-Work: {work}"] if work else lines) + "\n"


def land(job: Job, candidate: str, *, base: str, message: str, check: Callable[[str, str], None]) -> str:
    """Move the job branch to the candidate, or to its combination with the tip; return the landed commit.

    `check` is given the new commit and the tip below it, and raises Rejected if the combination must not land.
    Landings of one director wait for each other; a tip that somebody else moved meanwhile is read again.
    """
    while True:
        with job.landing:
            tip = job.tip()
            commit = candidate if tip == base else _combine(job, tip, candidate, message)
            check(commit, tip)
            try:
                job.repository.move(job.identity.ref, commit, old=tip)
            except TipMoved:
                continue
            return commit


def _combine(job: Job, tip: str, candidate: str, message: str) -> str:
    try:
        tree = job.repository.merge_trees(tip, candidate)
    except MergeConflict as conflict:
        raise Rejected(f"{conflict.message}\nThe worktree of the next attempt holds the new state.") from conflict
    return job.repository.commit_tree(tree, parent=tip, message=message)
