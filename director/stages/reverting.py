"""Take a landed node off the job branch: its work and its tests, by a commit that passes the gates of every landing."""

from collections.abc import Sequence
from dataclasses import dataclass

from director.core.errors import ConfigError, MergeConflict, StageFailed
from director.core.graph import closure, topological_order
from director.core.landed import Landed, in_effect
from director.core.plan.node import Node
from director.core.words import listed, quoted
from director.job.job import Job
from director.stages.combination import find_red
from director.stages.landing import Candidate, trailers
from director.stages.undoing import land_without, take_back, touched

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
    landed = in_effect(everything)
    for node in nodes:
        if not _is_there(node, landed) and not _is_off(node, everything):
            there = sorted({entry.task[len("run:") :] for entry in landed if entry.task.startswith("run:")})
            hint = f"landed: {listed(there, limit=_NAMED)}" if there else "nothing has landed yet"
            raise ConfigError(f"'{node}' has not landed, so there is nothing to revert", hint=hint)
    _refuse_needed(nodes, landed, planned)
    return [_reversal(job, node, landed) for node in _in_order(nodes, landed, planned)]


def revert_node(job: Job, reversal: Reversal) -> None:
    """Land the commit without a node and forget that it was there; a second time only what is left of that is done.

    Raises StageFailed where later work stands on it, and where the tests of another landed node are red without it.
    """
    if not reversal.is_done:
        with job.spans.task(reversal.task):
            _land_without(job, reversal)
    for path in (job.directory.merged, job.directory.lock, job.directory.kept):
        path(reversal.node).unlink(missing_ok=True)


def without_node(job: Job, reversal: Reversal) -> str:
    """Return a commit on the tip without a node; no ref moves. Raises StageFailed where later work stands on it."""
    try:
        return take_back(job, reversal.commits, tip=job.tip(), message=_message(job, reversal))
    except MergeConflict as conflict:
        raise _stands_on_it(job, reversal, conflict) from conflict


def _message(job: Job, reversal: Reversal) -> str:
    undone = [f"run:{reversal.node}", f"tests:{reversal.node}"]
    return f"revert {reversal.node}\n\n{trailers(job, task=reversal.task, undoes=undone)}"


def _land_without(job: Job, reversal: Reversal) -> None:
    def check(candidate: Candidate) -> None:
        log = job.directory.logs(reversal.task)
        if red := find_red(job, candidate, without=reversal.node, log=log):
            raise _needed(reversal.node, red)

    made = without_node(job, reversal)
    message = _message(job, reversal)
    land_without(job, made, reversal.commits, task=reversal.task, message=message, check=check)


def _needed(node: str, red: dict[str, str]) -> StageFailed:
    names = listed([quoted(name) for name in red], limit=_NAMED)
    said = "\n".join(red.values())
    hint = f"revert them too: {_command([*red, node])}"
    return StageFailed(f"'{node}' is not reverted: without it the tests of {names} are red\n{said}", hint=hint)


def _stands_on_it(job: Job, reversal: Reversal, conflict: MergeConflict) -> StageFailed:
    """Name the nodes that landed later and changed the same files."""
    later = in_effect(job.repository.landed(reversal.commits[0], job.tip()))
    others = [entry for entry in later if entry.commit not in reversal.commits]
    own = set(reversal.files)
    names = [node for entry in others if (node := _node_of(entry)) and own & touched(job, [entry.commit])]
    by_hand = f"take it off by hand, by a commit on {job.identity.branch}"
    hint = f"revert first what stands on it: {_command([*names, reversal.node])}" if names else by_hand
    said = conflict.message.partition(": ")[2]
    return StageFailed(
        f"'{reversal.node}' cannot be reverted, for later work changed the same lines: {said}", hint=hint
    )


def _refuse_needed(nodes: Sequence[str], landed: Sequence[Landed], planned: Sequence[Node]) -> None:
    standing = {node.id: node for node in planned if _is_there(node.id, landed)}
    users: dict[str, list[str]] = {}
    for node in standing.values():
        for needed in node.depends_on:
            users.setdefault(needed, []).append(node.id)
    left = [name for name in closure(nodes, users) if name not in nodes]
    if left:
        names = listed([quoted(name) for name in left], limit=_NAMED)
        on = listed([quoted(name) for name in nodes], limit=_NAMED)
        said = f"{names} landed and depend{'s' if len(left) == 1 else ''} on {on}"
        raise ConfigError(said, hint=f"revert all of them: {_command([*nodes, *left])}")


def _in_order(nodes: Sequence[str], landed: Sequence[Landed], planned: Sequence[Node]) -> list[str]:
    """Return nodes with those that need others before these, and otherwise what landed last first."""
    places = {_node_of(entry): place for place, entry in enumerate(landed)}
    needed = {node.id: node.depends_on for node in planned}
    by_time = sorted(dict.fromkeys(nodes), key=lambda node: places.get(node, -1))
    return topological_order({node: needed.get(node, ()) for node in by_time})[::-1]


def _reversal(job: Job, node: str, landed: Sequence[Landed]) -> Reversal:
    tasks = (f"tests:{node}", f"run:{node}")
    commits = tuple(entry.commit for entry in landed if entry.task in tasks) if _is_there(node, landed) else ()
    return Reversal(node, commits, files=tuple(sorted(touched(job, commits))))


def _is_there(node: str, landed: Sequence[Landed]) -> bool:
    return any(entry.task == f"run:{node}" for entry in landed)


def _is_off(node: str, everything: Sequence[Landed]) -> bool:
    own = [entry.task for entry in everything if _node_of(entry) == node]
    return own[-1:] == [f"revert:{node}"]


def _node_of(entry: Landed) -> str:
    return entry.task.partition(":")[2]


def _command(nodes: Sequence[str]) -> str:
    return f"director revert {' '.join(dict.fromkeys(nodes))}"
