"""Commits of ours on the job branch, and which of them still count."""

from collections.abc import Sequence
from dataclasses import dataclass

UPDATE = "update"
"""The task of a commit that brings new commits of the base branch; its inputs name the last one of them."""


@dataclass(frozen=True)
class Landed:
    """A commit of ours on the job branch, read from its trailers."""

    commit: str
    task: str
    """What made it: the doit task `tests:ID` or `run:ID`, or the command that brought something else."""
    inputs: str = ""
    """Digest of everything that it was made from."""
    work: str = ""
    """Digest of what the executor was asked to do; empty for tests."""
    undoes: tuple[str, ...] = ()
    """Tasks whose earlier commits count no longer: it took them back, or they are no longer green with it."""


def in_effect(landed: Sequence[Landed]) -> list[Landed]:
    """Return, of commits from the oldest to the newest, those that no later one undoes."""
    undone: set[str] = set()
    kept = []
    for entry in reversed(landed):
        if entry.task not in undone:
            kept.append(entry)
        undone.update(entry.undoes)
    return kept[::-1]


def standing(landed: Sequence[Landed]) -> dict[str, str]:
    """Return the nodes whose work counts, each with the commit that brought it, of commits from the oldest on.

    A node whose tests were written anew does not count until it runs again, or has its former tests again.
    """
    tests: dict[str, str] = {}
    work: dict[str, tuple[str, str]] = {}
    for entry in landed:
        kind, _, node = entry.task.partition(":")
        if kind == "tests":
            tests[node] = entry.inputs
        elif kind == "run":
            work[node] = entry.commit, tests.get(node, "")
    return {node: commit for node, (commit, written) in work.items() if tests.get(node, "") == written}


def brought(landed: Sequence[Landed]) -> dict[str, list[Landed]]:
    """Return what brought each node to the branch, tests and work, since it was last reverted.

    What counts no longer for another reason is among it: it is in the tree all the same.
    """
    found: dict[str, list[Landed]] = {}
    for entry in landed:
        kind, _, node = entry.task.partition(":")
        if kind in ("tests", "run"):
            found.setdefault(node, []).append(entry)
        elif kind == "revert":
            found.pop(node, None)
    return found


def in_doubt(landed: Sequence[Landed], task: str) -> Landed | None:
    """Return the last commit of a task that at most updates have undone: its work is on the branch."""
    found = None
    for entry in landed:
        if entry.task == task:
            found = entry
        elif task in entry.undoes and entry.task != UPDATE:
            found = None
    return found


def undone_by(landed: Sequence[Landed], task: str) -> Landed | None:
    """Return what made the last commit of a task count no longer; None if it counts, or there is none."""
    found = None
    for entry in landed:
        if entry.task == task:
            found = None
        elif task in entry.undoes:
            found = entry
    return found


def last_update(landed: Sequence[Landed]) -> str | None:
    """Return the commit of the base branch that was brought last."""
    return next((entry.inputs for entry in reversed(landed) if entry.task == UPDATE), None)
