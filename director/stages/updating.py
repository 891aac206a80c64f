"""Bring new commits of the base branch into the job branch: what they break is found by tests, and counts no more.

The combination is a commit with two parents, the job's first. It is tested before the branch moves, so a run that is
killed has changed nothing, and the same command begins again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from director.artifacts.attempts import numbered
from director.artifacts.files import read_remade
from director.core.artifacts import TestLock
from director.core.errors import ConfigError, MergeConflict, Rejected
from director.core.landed import UPDATE, standing
from director.core.plan.node import Node
from director.job.inputs import read_lock
from director.job.job import Job
from director.job.places import side_by_side
from director.stages.base import base_of
from director.stages.gate import check_tests
from director.stages.landing import trailers
from director.stages.testing import run_in_checkout


@dataclass(frozen=True)
class Update:
    """New commits of the base branch, and what they do to the job."""

    revision: str
    """The last one of them."""
    commits: tuple[str, ...]
    """Those that hold no work of the job, the last one first."""
    files: int
    """How many files of the job branch they change."""
    tested: tuple[str, ...]
    """The landed nodes."""
    red: Mapping[str, str]
    """Why each landed node is red that no longer counts."""
    rewritten: tuple[str, ...]
    """Nodes whose locked tests are no longer as they were locked: they are to be written anew."""

    @property
    def undoes(self) -> tuple[str, ...]:
        """The tasks whose commits count no more."""
        return (*(f"tests:{node}" for node in self.rewritten), *(f"run:{node}" for node in self.red))


def update(job: Job, revision: str, *, dry_run: bool = False) -> Update | None:
    """Merge a revision into the job branch and say what that breaks; None if the branch holds it already.

    With `dry_run` everything is tested and nothing moves. Raises ConfigError for a revision that cannot be merged,
    MergeConflict with the files if it does not combine.
    """
    commit, tip = job.repository.commit(revision), job.tip()
    common = job.repository.merge_base(tip, commit)
    if common == commit:
        return None
    if common is None:
        raise ConfigError(
            f"'{revision}' and the job have no commit in common", hint=f"the job began at {job.identity.base[:12]}"
        )
    tree, kept = _combine(job, tip, commit), f"{job.identity.kept_refs}landing/update"
    candidate = job.repository.commit_tree(tree, parent=tip, merged=commit, message="a candidate\n")
    job.repository.keep(kept, candidate)  # a `git gc` of the user's may run while it is tested
    found = _judge(job, tip, commit, candidate)
    if not dry_run:
        merged = job.repository.commit_tree(tree, parent=tip, merged=commit, message=_message(job, found))
        job.branch.move(merged, old=tip)
    job.repository.drop(kept)
    return found


def _combine(job: Job, tip: str, commit: str) -> str:
    try:
        return job.repository.merge_trees(tip, commit)
    except MergeConflict as conflict:
        branch = job.identity.branch
        raise MergeConflict(
            f"{commit[:12]} does not combine with {branch}",
            places=conflict.places,
            hint=f"combine them on a branch of your own, 'git switch -c combined {branch}' and 'git merge "
            f"{commit[:12]}', then run 'director update combined'",
        ) from conflict


def _message(job: Job, found: Update) -> str:
    """Return the message of the merge, which names the commit of the base branch that the job stands on from now on."""
    base = found.commits[0] if found.commits else base_of(job)
    known_by = trailers(job, task=UPDATE, inputs=base, undoes=found.undoes)
    return f"Update to {found.revision[:12]}\n\n{known_by}"


def _judge(job: Job, tip: str, revision: str, candidate: str) -> Update:
    """Test every landed node in the combination, and look at every lock."""
    locks = {path.stem: read_remade(path, TestLock) for path in sorted(job.directory.lock("").parent.glob("*.json"))}
    nodes = [node for name in standing(job.landed(tip)) if (node := _tested(job, name, locks.get(name)))]
    return Update(
        revision=revision,
        commits=tuple(job.repository.beside(tip, revision)),
        files=len(job.repository.changed(tip, candidate)),
        tested=tuple(node.id for node in nodes),
        red=_red(job, nodes, candidate),
        rewritten=tuple(name for name, lock in locks.items() if lock and _is_rewritten(job, lock, candidate)),
    )


def _tested(job: Job, name: str, lock: TestLock | None) -> Node | None:
    """Return how a landed node is tested; None for one that left the plan and whose lock is gone."""
    if lock is None and not job.directory.node(name).exists():
        return None
    return Node(id=name, test_cmd=(lock or read_lock(job, name)).test_cmd)


def _is_rewritten(job: Job, lock: TestLock, candidate: str) -> bool:
    return job.directory.node(lock.node).exists() and job.repository.blobs(candidate, lock.files) != lock.files


def _red(job: Job, nodes: Collection[Node], candidate: str) -> dict[str, str]:
    """Return why landed nodes are red in the combination."""
    logs = job.directory.logs(UPDATE) / str(len(numbered(job.directory, UPDATE)) + 1)
    found: dict[str, str] = {}

    def check(node: Node) -> None:
        try:
            check_tests(job, node, candidate, log=logs / f"{node.id}.txt", run_in=run_in_checkout)
        except Rejected as red:
            found[node.id] = red.summary

    with job.spans.task(UPDATE):
        side_by_side([partial(check, node) for node in nodes], at_once=job.at_work.tests_at_once)
    return {node.id: found[node.id] for node in nodes if node.id in found}
