"""What happens while a job is worked on, for whoever shows it to people."""

from collections.abc import Callable
from dataclasses import dataclass

from director.core.calls import CallKey, CallRecord
from director.core.tiers import Tier


@dataclass(frozen=True)
class CallStarted:
    """An agent was asked."""

    key: CallKey
    tier: Tier


@dataclass(frozen=True)
class CallEnded:
    """An agent's call came to its end."""

    key: CallKey
    record: CallRecord


@dataclass(frozen=True)
class Waiting:
    """A call waits until its tier may be asked again."""

    key: CallKey
    tier: Tier
    until: float
    """Seconds since the epoch."""
    reason: str


@dataclass(frozen=True)
class Step:
    """A task went on to its next step: `gate`, `review`, `landing`."""

    task: str
    text: str


@dataclass(frozen=True)
class Note:
    """Something a person should know."""

    text: str
    task: str = ""
    hint: str = ""


Event = CallStarted | CallEnded | Waiting | Step | Note
Tell = Callable[[Event], None]
