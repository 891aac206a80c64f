"""Take a landed node off the job branch: its work and its tests, by a commit that passes the gates of every landing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from director.core.errors import ConfigError, ExitCode, MergeConflict, StageFailed
from director.core.graph import Dependencies, closure, dependents, topological_order
from director.core.landed import Landed, brought
from director.core.plan.node import Node
from director.core.words import listed, quoted
from director.job.job import Job
from director.stages.combination import find_red
from director.stages.landing import trailers
from director.stages.measuring import record_run
from director.stages.undoing import land_without, take_back

_NAMED = 20


@dataclass(frozen=True)
class Reversal:
    """A node that is to be taken off the branch."""

    node: str
    commits: tuple[str, ...]
    """Those that brought its tests and its work, oldest first; none if it is off already."""
    files: tuple[str, ...] = ()
    """What they changed."""

    @property
    def task(self) -> str:
        """How the commit is known that takes it off."""
        return f"revert:{self.node}"

    @property
    def is_done(self) -> bool:
        """Tell whether the branch holds that commit already."""
        return not self.commits


def find_reversals(job: Job, nodes: Sequence[str], *, planned: Sequence[Node]) -> list[Reversal]:
    """Return what is to be taken off for nodes, those that need others before these.

    Raises ConfigError for one that has not landed, and where a landed node that stays depends on one of them.
    """
    everything = job.repository.landed(job.identity.base, job.tip())
    there = _landed_nodes(everything)
    for node in nodes:
        if node not in there and not _is_off(node, everything):
            hint = f"landed: {listed(sorted(there), limit=_NAMED)}" if there else "nothing has landed yet"
            raise ConfigError(f"'{node}' has not landed, so there is nothing to revert", hint=hint)
    needs = {node.id: node.depends_on for node in planned if node.id in there}
    _refuse_needed(nodes, needs)
    return [_reversal(job, node, there.get(node, [])) for node in _in_order(nodes, needs, there)]


def revert_nodes(job: Job, reversals: Sequence[Reversal], *, done: Callable[[Reversal], None]) -> None:
    """Land a commit without each node and forget that it was there; of one that is off, do only what is left of that.

    `done` is told of each. Raises StageFailed where later work stands on a node, and where the tests of another landed
    node are red without it; those before it stay reverted.
    """
    started, code = time.monotonic(), ExitCode.FAILED
    try:
        for reversal in reversals:
            _revert(job, reversal)
            done(reversal)
        code = ExitCode.DONE
    finally:
        tasks = {reversal.task: () for reversal in reversals}
        seconds = round(time.monotonic() - started, 3)
        record_run(job, tasks, targets=tuple(tasks), exit_code=int(code), workers=1, seconds=seconds)


def without_node(job: Job, reversal: Reversal, *, tip: str) -> str:
    """Return a commit on a tip without a node; no ref moves. Raises StageFailed where later work stands on it."""
    try:
        return take_back(job, reversal.commits, tip=tip, message=_message(job, reversal))
    except MergeConflict as conflict:
        raise _stands_on_it(job, reversal, conflict) from conflict


def _revert(job: Job, reversal: Reversal) -> None:
    if not reversal.is_done:
        with job.spans.task(reversal.task):
            _land_without(job, reversal)
    for path in (job.directory.merged, job.directory.lock, job.directory.kept):
        path(reversal.node).unlink(missing_ok=True)


def _message(job: Job, reversal: Reversal) -> str:
    undone = [f"run:{reversal.node}", f"tests:{reversal.node}"]
    return f"revert {reversal.node}\n\n{trailers(job, task=reversal.task, undoes=undone)}"


def _land_without(job: Job, reversal: Reversal) -> None:
    made = without_node(job, reversal, tip=job.tip())
    if red := find_red(job, made, without=reversal.node, log=job.directory.logs(reversal.task)):
        raise _needed(reversal.node, red)
    land_without(job, made, reversal.commits, task=reversal.task, message=_message(job, reversal))


def _needed(node: str, red: dict[str, str]) -> StageFailed:
    names = listed([quoted(name) for name in red], limit=_NAMED)
    said = "\n".join(red.values())
    hint = f"revert them too: {_command([*red, node])}"
    return StageFailed(f"'{node}' is not reverted: without it the tests of {names} are red\n{said}", hint=hint)


def _stands_on_it(job: Job, reversal: Reversal, conflict: MergeConflict) -> StageFailed:
    """Name the nodes that landed later and changed the same files."""
    own, files = set(reversal.commits), set(reversal.files)
    later = brought(job.repository.landed(reversal.commits[0], job.tip()))
    others = {node: [entry.commit for entry in landed if entry.commit not in own] for node, landed in later.items()}
    names = [node for node, commits in others.items() if files & job.repository.touched(commits)]
    by_hand = f"take it off by hand, by a commit on {job.identity.branch}"
    hint = f"revert first what stands on it: {_command([*names, reversal.node])}" if names else by_hand
    said = conflict.message.partition(": ")[2]
    return StageFailed(
        f"'{reversal.node}' cannot be reverted, for later work changed the same lines: {said}", hint=hint
    )


def _refuse_needed(nodes: Sequence[str], needs: Dependencies) -> None:
    left = [name for name in closure(nodes, dependents(needs)) if name not in nodes]
    if left:
        names = listed([quoted(name) for name in left], limit=_NAMED)
        on = listed([quoted(name) for name in nodes], limit=_NAMED)
        said = f"{names} landed and depend{'s' if len(left) == 1 else ''} on {on}"
        raise ConfigError(said, hint=f"revert all of them: {_command([*nodes, *left])}")


def _in_order(nodes: Sequence[str], needs: Dependencies, there: dict[str, list[Landed]]) -> list[str]:
    """Return nodes with those that need others before these, and otherwise what landed last first."""
    oldest_first = [node for node in there if node in nodes]
    off = [node for node in dict.fromkeys(nodes) if node not in there]
    return [*off, *topological_order({node: needs.get(node, ()) for node in oldest_first})[::-1]]


def _reversal(job: Job, node: str, landed: Sequence[Landed]) -> Reversal:
    commits = tuple(entry.commit for entry in landed)
    return Reversal(node, commits, files=tuple(sorted(job.repository.touched(commits))))


def _landed_nodes(everything: Sequence[Landed]) -> dict[str, list[Landed]]:
    """Return the commits of each node whose work is on the branch, the nodes as they landed last."""
    found = {
        node: landed
        for node, landed in brought(everything).items()
        if any(entry.task == f"run:{node}" for entry in landed)
    }
    places = {entry.commit: place for place, entry in enumerate(everything)}
    return dict(sorted(found.items(), key=lambda item: places[item[1][-1].commit]))


def _is_off(node: str, everything: Sequence[Landed]) -> bool:
    own = [entry.task for entry in everything if entry.task.partition(":")[2] == node]
    return own[-1:] == [f"revert:{node}"]


def _command(nodes: Sequence[str]) -> str:
    return f"director revert {' '.join(dict.fromkeys(nodes))}"
