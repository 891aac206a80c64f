"""The nodes' own parts of the plan, and what a node that left the plan left behind."""

from collections.abc import Sequence

from director.artifacts.files import read_remade, write_model
from director.artifacts.plans import read_plan
from director.core.artifacts import TestLock
from director.core.digests import digest
from director.core.plan.node import Node, slice_of
from director.git.slots import Slot
from director.job.arrivals import Arrival
from director.job.job import Job
from director.job.leftovers import find_leftovers
from director.stages.base import base_of
from director.stages.landing import land, trailers


def write_slices(job: Job) -> None:
    """Write each node's own slice of the plan; one that has not changed is left alone.

    The tests of a node that left the plan before its work landed are taken off the job branch: nothing will ever
    make them green. Of one that had landed it is told what it left there.
    """
    plan = read_plan(job.directory.plan)
    for node in plan.nodes:
        write_model(job.directory.node(node.id), slice_of(node))
    current = {node.id for node in plan.nodes}
    taken = {path for node in plan.nodes for path in (*node.files, *node.tests)}
    gone = sorted(path.stem for path in job.directory.nodes.glob("*.json") if path.stem not in current)
    if gone:
        _take_leave(job, gone, plan.nodes, taken=taken)
    _release_locks(job, current, taken=taken)


def restore_base(job: Job, slot: Slot, paths: set[str]) -> None:
    """Put files of a slot back to what they are at the job's base; what is not there goes."""
    for path, content in job.repository.read(base_of(job), sorted(paths)).items():
        place = slot.tree / path
        if content is None:
            place.unlink(missing_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


def _take_leave(job: Job, gone: Sequence[str], planned: Sequence[Node], *, taken: set[str]) -> None:
    landed = {entry.task for entry in job.landed()}
    told = {leftover.node: leftover for leftover in find_leftovers(job, planned)}
    for node in gone:
        if f"run:{node}" not in landed:
            _withdraw_tests(job, node, kept=taken)
        elif leftover := told.get(node):
            job.note(str(leftover), task="slices", hint=leftover.hint)
        job.directory.node(node).unlink()


def _release_locks(job: Job, current: set[str], *, taken: set[str]) -> None:
    """Delete the locks of nodes that left whose tests are now files of planned nodes, which write them anew."""
    for path in job.directory.lock("").parent.glob("*.json"):
        lock = read_remade(path, TestLock) if path.stem not in current else None
        if lock and taken & lock.files.keys():
            path.unlink()


def _withdraw_tests(job: Job, node: str, *, kept: set[str]) -> None:
    lock = read_remade(job.directory.lock(node), TestLock)
    if lock is None:
        return
    paths = set(lock.files) - kept
    message = f"tests: withdraw those of {node}\n\n"
    message += trailers(job, task=f"tests:{node}", inputs=digest(["withdrawn", sorted(paths)]))
    tip = job.tip()
    with job.pool.slot("reader", tip) as slot:
        restore_base(job, slot, paths)
        tree = slot.snapshot(sorted(paths))
    commit = job.repository.commit_tree(tree, parent=tip, message=message)
    land(job, Arrival(commit, base=tip, allowed=frozenset(paths), message=message))
    job.directory.lock(node).unlink()
    job.note(f"'{node}' is no longer planned: its tests were taken off the branch", task="slices")
