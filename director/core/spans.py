"""Stretches of time: what was worked on, by which worker, from when to when. One line of spans.jsonl each."""

from enum import StrEnum
from typing import Literal

from director.core.model import Model


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
    start: float
    """Seconds since the epoch."""
    seconds: float
    outcome: str = ""
    """`passed`, or the name of what ended it."""
