"""Put a commit onto the job branch: combined with what landed since, tested as combined, by compare and swap."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from director.core.errors import MergeConflict, Rejected, TipMoved
from director.core.spans import SpanKind
from director.core.words import listed, quoted
from director.git.repository import Change
from director.job.job import Job


def trailers(job: Job, *, task: str, inputs: str = "", work: str = "", undoes: Sequence[str] = ()) -> str:
    """Return the trailers by which a commit of ours is known again; earlier ones of what it undoes count no more."""
    said = {"Job": job.identity.id, "Task": task, "Inputs": inputs, "Work": work, "Undoes": " ".join(undoes)}
    return "".join(f"Director-{name}: {value}\n" for name, value in said.items() if value)


@dataclass(frozen=True)
class Candidate:
    """A commit that is to land on the tip."""

    commit: str
    tip: str
    changes: Sequence[Change]
    """How it differs from the tip."""


def nothing_more(candidate: Candidate) -> None:
    """Let a candidate land without further tests."""


def land(
    job: Job,
    commit: str,
    *,
    base: str,
    allowed: Collection[str],
    message: str,
    check: Callable[[Candidate], None] = nothing_more,
    kept: str = "",
) -> str:
    """Move the job branch to a commit, or to its combination with the tip; return what landed.

    Whatever was done to the commit on the way, it changes nothing but allowed regular files. `check` raises Rejected
    if it must not land. `kept` is the ref that keeps the commit: it goes when the commit is on the branch.
    Landings of one director wait for each other; a tip that somebody else moved meanwhile is read again.
    """
    with job.spans.within(SpanKind.LANDING, commit[:12]):
        while True:
            with job.landing:
                tip = job.tip()
                landed = commit if tip == base else _combine(job, tip, commit, message)
                candidate = Candidate(landed, tip, job.repository.changes(tip, landed))
                _check_scope(candidate, allowed)
                check(candidate)
                try:
                    job.branch.move(landed, old=tip)
                except TipMoved:
                    continue
                for ref in filter(None, (kept, _landing_ref(job))):
                    job.repository.drop(ref)
                return landed


def _check_scope(candidate: Candidate, allowed: Collection[str]) -> None:
    strange = [change.path for change in candidate.changes if change.path not in allowed or not change.is_regular]
    if strange:
        raise Rejected(f"the commit changes what it may not: {listed([quoted(path) for path in strange])}")


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
