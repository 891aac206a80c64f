"""What a combination with others must still do: the tests that run before a landing (docs/decisions/0003)."""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from director.artifacts.files import read_remade
from director.core.artifacts import TestLock
from director.core.errors import Rejected
from director.core.landed import Landed, standing
from director.core.plan.node import Node
from director.job.arrivals import Arrival
from director.job.job import Job
from director.job.places import side_by_side
from director.stages.gate import check_tests


@dataclass(frozen=True)
class Coupled:
    """An arrival, and the commit with which it would land on the tip or on the arrival before it."""

    arrival: Arrival
    commit: str
    adds_only: bool
    """Whether it only adds files to what it lands on."""


def check_train(job: Job, train: Sequence[Coupled], *, tip: str) -> None:
    """Run where a train ends the tests of its nodes and of those whose work it could have broken. Raises Rejected.

    Those are the nodes that landed since the base of a commit in it. If one changes what existed before, rather than
    only adding files, they are all landed nodes. A commit that stands on its own base alone, and only adds files, was
    tested already.
    """
    landed = job.landed(tip)
    since = {entry.commit for base in _bases(train) for entry in _since(job, landed, base, tip)}
    nodes = [coupled for coupled in train if coupled.arrival.node]
    adds_only = all(coupled.adds_only for coupled in nodes)
    if not nodes or (len(train) == 1 and adds_only and not since):
        return
    own, end = [coupled.arrival for coupled in train if coupled.arrival.node], train[-1].commit
    others = _others(job, landed, own, since=since if adds_only else None)
    calls = [partial(_check_other, job, node, end, own[0].log) for node in others]
    if since or len(train) > 1:
        calls += [partial(_check_own, job, arrival, end) for arrival in own]
    side_by_side(calls, at_once=job.at_work.tests_at_once)


def _others(job: Job, landed: Sequence[Landed], own: Sequence[Arrival], *, since: Set[str] | None) -> Iterator[Node]:
    """Yield the nodes besides their own that landed, or that landed `since`."""
    names = {arrival.node.id for arrival in own if arrival.node}
    for name, commit in standing(landed).items():
        is_concerned = name not in names and (since is None or commit in since)
        if is_concerned and (node := _planned(job, name)):
            yield node


def _bases(train: Iterable[Coupled]) -> set[str]:
    return {coupled.arrival.base for coupled in train}


def _since(job: Job, landed: Sequence[Landed], base: str, tip: str) -> Sequence[Landed]:
    """Return what landed after a commit of the branch."""
    if base == tip:
        return ()
    at = next((place for place, entry in enumerate(landed) if entry.commit == base), None)
    return job.repository.landed(base, tip) if at is None else landed[at + 1 :]


def find_red(job: Job, commit: str, *, without: str, log: Path) -> dict[str, str]:
    """Run the tests of every landed node but one in a commit on the tip; return the red ones with what was said."""
    red: dict[str, str] = {}
    calls = [
        partial(_note_red, job, node, commit, log, red)
        for name in standing(job.landed())
        if name != without and (node := _planned(job, name))
    ]
    side_by_side(calls, at_once=job.at_work.tests_at_once)
    return dict(sorted(red.items()))


def _note_red(job: Job, node: Node, commit: str, log: Path, red: dict[str, str]) -> None:
    try:
        check_tests(job, node, commit, log=log / f"combined-{node.id}.txt")
    except Rejected as rejected:
        red[node.id] = rejected.message


def _planned(job: Job, node: str) -> Node | None:
    """Return a landed node; of one that left the plan its lock tells how it is tested."""
    if node in job.nodes:
        return job.nodes[node]
    lock = read_remade(job.directory.lock(node), TestLock)
    return Node(id=node, test_cmd=lock.test_cmd) if lock else None


def _check_own(job: Job, arrival: Arrival, commit: str) -> None:
    if arrival.node:
        check_tests(job, arrival.node, commit, log=arrival.log / "combined.txt")


def _check_other(job: Job, node: Node, commit: str, log: Path) -> None:
    try:
        check_tests(job, node, commit, log=log / f"combined-{node.id}.txt")
    except Rejected as red:
        raise Rejected(f"with this change the landed node '{node.id}' is no longer green: {red.message}") from red
