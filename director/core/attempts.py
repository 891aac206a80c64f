"""The ladder: which attempt comes next, from the attempts that were made."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from director.core.model import Model
from director.core.roles import Role


class Outcome(StrEnum):
    """What became of an attempt."""

    LANDED = "landed"
    FAILED = "failed"


class Attempt(Model):
    """outcome.json of an attempt: one rung of a ladder, and what became of it."""

    version: Literal[1] = 1
    inputs: str
    """Digest of everything that the attempt was made from."""
    number: int
    """Position in the ladder, from 1."""
    role: Role
    outcome: Outcome
    feedback: str = ""
    """What the next attempt is told."""
    tree_ref: str = ""
    """Where the attempt's tree is kept if it did not land."""


class Rung(Model):
    """An attempt that is to be made."""

    number: int
    role: Role
    feedback: str = ""


def next_rung(ladder: Sequence[Attempt], *, max_attempts: int) -> Rung | None:
    """Return the attempt that follows, or None when the ladder is at its end.

    The executor has `max_attempts`, then the escalation tier has one.
    """
    made = len(ladder)
    if made > max_attempts:
        return None
    role = Role.ESCALATION if made == max_attempts else Role.EXECUTOR
    return Rung(number=made + 1, role=role, feedback=ladder[-1].feedback if ladder else "")


def current_ladder(history: Sequence[Attempt], *, inputs: str, max_attempts: int) -> list[Attempt]:
    """Return the attempts of the ladder that is still being climbed.

    A ladder begins anew when the inputs changed or when the one before it came to its end.
    """
    ladder: list[Attempt] = []
    for attempt in history:
        if attempt.inputs != inputs:
            ladder = []
            continue
        if attempt.number == 1 or next_rung(ladder, max_attempts=max_attempts) is None:
            ladder = []
        ladder.append(attempt)
    if ladder and (ladder[-1].outcome is Outcome.LANDED or next_rung(ladder, max_attempts=max_attempts) is None):
        return []
    return ladder
