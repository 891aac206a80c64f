"""Stretches of time: what was worked on, by which worker, from when to when. One line of spans.jsonl each."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator

from director.core.model import Model

PASSED, RED = "passed", "red"
Milliseconds = Annotated[float, AfterValidator(lambda seconds: round(seconds, 3))]
"""Seconds, to the millisecond."""


class SpanKind(StrEnum):
    """What was going on."""

    TASK = "task"
    """A doit task, from its first action to its end."""
    ATTEMPT = "attempt"
    """An attempt of a ladder."""
    CALL = "call"
    """An agent, from the question to the reply."""
    GATE = "gate"
    """A command in a clean checkout: a node's tests, or a gate of the repository."""
    REVIEW = "review"
    """A review of a diff, its call included."""
    LANDING = "landing"
    """From the wait for other landings to the moved branch, tests of the combination included."""
    WAIT = "wait"
    """A call that waits for its tier or for room below the cost ceiling."""
    QUEUE = "queue"
    """A task that could go on and waits: for a worker, or for a place among the agents or the tests."""


class Span(Model):
    """One stretch of time; a span lies within its parent."""

    version: Literal[1] = 1
    id: str
    parent: str = ""
    """Empty for a task."""
    job: str
    run: str
    """Which run of director it was."""
    worker: int
    """Which of the run's workers; counted from 0."""
    task: str
    kind: SpanKind
    name: str
    """What it is called: the gate, the role, the number of the attempt."""
    start: Milliseconds
    """Seconds since the epoch."""
    seconds: Milliseconds
    call: str = ""
    """Of a call: the id of its line in costs.jsonl."""
    outcome: str = PASSED
    """`passed`, `red` for a command that failed, or the name of the error that ended it."""
