"""What `cache`, `doctor`, `models` and `pending` print with --json."""

from typing import Literal

from director.core.calls import End
from director.core.model import Model
from director.core.roles import Role


class CheckResult(Model):
    """What the doctor found at one place."""

    name: str
    said: str
    advice: str
    """What could be better, though nothing is missing."""
    missing: str
    """Empty if nothing is."""
    remedy: str


class TrialAnswer(Model):
    """What a tier answered that was asked for one word."""

    end: End
    text: str
    seconds: float
    cost_usd: float | None
    """None: nobody knows."""


class RolePlayer(Model):
    """Who plays a role, and what was found out about it."""

    role: Role
    tier: str
    backend: str
    program: str
    """Path of the agent program; empty where there is none."""
    version: str
    """Of the program; empty where it is not known."""
    login: str
    """By what it logs in, in words; empty where that cannot be known without asking a model."""
    answer: TrialAnswer | None
    """None without --live, and where there is no model to ask."""
    missing: str
    """Empty if nothing is."""
    remedy: str


class Diagnosis(Model):
    """What `director doctor --json` prints."""

    version: Literal[1] = 1
    fine: bool
    """Whether nothing is missing."""
    checks: tuple[CheckResult, ...]
    roles: tuple[RolePlayer, ...]
    """Empty where the configuration cannot be used."""
    cost_usd: float
    """Of the answers whose cost is known."""
    unpriced_calls: int
    """Answers whose cost is not known."""


class Lack(Model):
    """What is missing, and what helps."""

    missing: str
    remedy: str


class Offers(Model):
    """What `director models --json` prints."""

    version: Literal[1] = 1
    models: dict[str, tuple[str, ...]]
    """Tiers that each backend's program offers."""
    errors: dict[str, Lack]
    """Backends that could not list theirs."""


class PendingTask(Model):
    """A task that is not up to date."""

    task: str
    reasons: tuple[str, ...]
    """Why the task itself is stale; empty if only what it needs is."""
    needs: tuple[str, ...]
    """Pending tasks whose results it reads."""


class PendingTasks(Model):
    """What `director pending --json` prints."""

    version: Literal[1] = 1
    pending: tuple[PendingTask, ...]
    """In the order in which they would be done."""


class CachedPatch(Model):
    """A patch in the user's cache."""

    key: str
    node: str
    title: str
    job: str
    tier: str
    """Whose attempt it was."""
    made: str
    """When, UTC, ISO 8601."""
    used: float
    """When it was made or landed last; seconds since the epoch."""
    hits: int
    """How often it landed."""
    cost_usd: float
    unpriced_calls: int
    bytes: int


class CacheContents(Model):
    """What `director cache --json` prints."""

    version: Literal[1] = 1
    directory: str
    bytes: int
    max_mb: int
    hits: int
    saved_usd: float
    """What the hits would have cost."""
    patches: tuple[CachedPatch, ...]
    """The least recently used first."""
