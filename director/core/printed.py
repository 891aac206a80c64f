"""What `cache`, `doctor`, `models`, `explain` and `pending` print with --json."""

from typing import Literal

from director.core.calls import End
from director.core.forecast import Likely
from director.core.model import Model
from director.core.outlook import Asks, Whole
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
    asks: Asks = Asks.NOBODY
    """Whether it would ask an agent."""
    cost_usd: Likely | None = None
    """What it is likely to cost; at most this where it only may ask. None where it asks nobody or nobody knows."""
    seconds: Likely | None = None
    """How long it is likely to take; None where nobody knows."""


class PendingTasks(Model):
    """What `director pending --json` prints."""

    version: Literal[1] = 1
    pending: tuple[PendingTask, ...]
    """In the order in which they would be done."""
    whole: Whole | None = None
    """What they are likely to come to together; None if nothing is pending."""


class ChangedPlace(Model):
    """Where an input of a task differs from what the task was built from."""

    file: str
    """From the repository's root; a path of the file system for what lies elsewhere."""
    line: int | None = None
    """As the file is now; None where there is no line to show."""
    said: str = ""
    """What differs there, in words; empty where the place says all."""
    landed_by: str = ""
    """The task that brought it onto the job branch, and the commit; empty for what is not on the branch."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        landed = f" (landed by {self.landed_by})" if self.landed_by else ""
        return ": ".join(filter(None, (place, self.said))) + landed


class ExplainedReason(Model):
    """Why a task is stale."""

    text: str
    places: tuple[ChangedPlace, ...] = ()
    """Where, as far as it is known what the task was built from."""

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.text, "; ".join(map(str, self.places)))))


class Cause(Model):
    """A pending task with which another one may change."""

    chain: tuple[str, ...]
    """From the task that is read to the one that is stale by itself."""
    reasons: tuple[ExplainedReason, ...]
    """Why that one is."""


class BuiltInput(Model):
    """What a task was built from."""

    file: str
    said: str
    """What it is to the task."""
    commit: str = ""
    """The commit that brought the result of another node; empty for everything else."""


class Made(Model):
    """Who made what is up to date, as far as it is recorded."""

    commit: str = ""
    """On the job branch; empty for what does not land there."""
    branch: str = ""
    time: str = ""
    """UTC, ISO 8601."""
    by: str = ""
    """The tier, or who approved; empty where nobody was asked."""
    attempts: int = 0
    """Of the ladder that passed."""
    calls: int = 0
    """Of all its ladders, those of its node's tests aside."""
    cost_usd: float = 0.0
    """Of the calls whose cost is known."""
    unpriced_calls: int = 0
    """Calls whose cost is not known."""


class ExplainedTask(Model):
    """Why a task is up to date, or is not."""

    task: str
    pending: bool
    reasons: tuple[ExplainedReason, ...] = ()
    """Why the task itself is stale."""
    causes: tuple[Cause, ...] = ()
    """Why what it needs is."""
    followers: tuple[str, ...] = ()
    """Where everything is explained: pending tasks that may change with it and are not stale by themselves."""
    inputs: tuple[BuiltInput, ...] = ()
    """What a task that is up to date was built from: each is as it was."""
    made: Made | None = None
    """None for a task that is pending."""


class Explanation(Model):
    """What `director explain --json` prints."""

    version: Literal[1] = 1
    tasks: tuple[ExplainedTask, ...]
    """The one that was asked for, or all that are stale by themselves, in the order in which they would be done."""


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
