"""Commits of ours on the job branch, and which of them still count."""

from collections.abc import Sequence
from dataclasses import dataclass


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
