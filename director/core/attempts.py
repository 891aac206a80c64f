"""The ladder: which attempt comes next, from the attempts that were made."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from director.core.model import Model
from director.core.requests import FileRequest
from director.core.roles import Role
from director.core.words import shortened

FEEDBACK_CHARACTERS = 20_000
"""What the next attempt is told of why one failed."""
BRIEF_CHARACTERS = 600
"""What later attempts are told of it."""


class Outcome(StrEnum):
    """What became of an attempt."""

    PASSED = "passed"
    FAILED = "failed"


class Attempt(Model):
    """outcome.json of an attempt: one rung of a ladder, and what became of it."""

    version: Literal[1] = 1
    inputs: str
    """Digest of everything that the ladder was begun from."""
    number: int
    """Position in the ladder, from 1."""
    role: Role
    outcome: Outcome
    feedback: str = ""
    """What the next attempt is told."""
    tree_ref: str = ""
    """Where the attempt's tree is kept if it did not pass and there was one."""
    requests: tuple[FileRequest, ...] = ()
    """Files that a failed attempt asks for: they end the ladder."""


class Rung(Model):
    """An attempt that is to be made."""

    number: int
    role: Role
    feedback: str = ""
    """Why the attempt before it failed, as much of it as is told; empty for the first."""
    earlier: tuple[str, ...] = ()
    """How those before that one failed, in short."""
    tree_ref: str = ""
    """Where the tree of the attempt before it is kept."""


def next_rung(ladder: Sequence[Attempt], roles: Sequence[Role]) -> Rung | None:
    """Return the attempt that follows the failed ones of a ladder, or None at its end.

    `roles` says who makes the first attempt, the second, and so on. An attempt that asks for files is the last.
    """
    made = len(ladder)
    if made >= len(roles) or (ladder and ladder[-1].requests):
        return None
    if not ladder:
        return Rung(number=1, role=roles[0])
    *before, last = ladder
    return Rung(
        number=made + 1,
        role=roles[made],
        feedback=shortened(last.feedback, limit=FEEDBACK_CHARACTERS),
        earlier=tuple(f"attempt {attempt.number}, {attempt.role}: {_brief(attempt.feedback)}" for attempt in before),
        tree_ref=last.tree_ref,
    )


def current_ladder(history: Sequence[Attempt], *, inputs: str, roles: Sequence[Role]) -> list[Attempt]:
    """Return the failed attempts of the ladder that is still being climbed.

    A ladder begins anew when the inputs changed, after an attempt that passed, and when the last one came to its end.
    """
    ladder: list[Attempt] = []
    for attempt in history:
        if attempt.number == 1:
            ladder = []
        ladder = [*ladder, attempt] if attempt.inputs == inputs and attempt.outcome is Outcome.FAILED else []
    return ladder if next_rung(ladder, roles) else []


def came_to_end(history: Sequence[Attempt], *, rungs: int) -> bool:
    """Tell whether the last ladder of so many rungs was climbed in vain."""
    last = history[-1] if history else None
    return bool(last and last.outcome is Outcome.FAILED and (last.requests or last.number >= rungs))


def _brief(feedback: str) -> str:
    """Return the first line of a feedback and what matters most of the rest."""
    from director.core.testruns.trimming import trim_output  # noqa: PLC0415 (start-up)

    first, _, rest = feedback.strip().partition("\n")
    first = shortened(first, limit=BRIEF_CHARACTERS)
    return "\n".join(filter(None, (first, trim_output(rest, limit=BRIEF_CHARACTERS).rstrip())))
