"""Waits for tiers that are rate limited: their calls wait for the same moment, and one of them tries first."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from director.core.backoff import FARTHEST_SECONDS, backoff
from director.core.calls import End, Reply
from director.core.errors import Interrupted, LimitReached
from director.core.tiers import Tier
from director.shell import processes

LOOK_SECONDS = 0.2
"""How often a waiting call looks whether director was asked to stop."""
TOLD_SECONDS = 1.0
"""A moment that moves by less is not told anew."""

Tell = Callable[[float, str], None]


@dataclass
class _Limit:
    """What is known of a tier."""

    refusals: int = 0
    """In a row."""
    since: float = 0.0
    """When the first of them came."""
    until: float = 0.0
    reason: str = ""
    is_being_tried: bool = False
    """Whether a call is out to see if the tier answers again."""


@dataclass
class Turn:
    """A call's turn at a tier."""

    reply: Reply | None = field(default=None)

    def end(self, reply: Reply) -> None:
        """Say what came of it."""
        self.reply = reply


class RateLimits:
    """When which tier may be asked. Times are seconds since the epoch: a reset may be hours away, over a suspend."""

    def __init__(self, *, longest: float, now: Callable[[], float] = time.time) -> None:
        self._longest = longest
        self._now = now
        self._changed = threading.Condition()
        self._limits: dict[str, _Limit] = {}

    @contextmanager
    def turn(self, tier: Tier, tell: Tell) -> Iterator[Turn]:
        """Wait for a tier, then hold a turn at it; `tell` is told until when it waits, and why.

        Raises LimitReached if it would take longer than is allowed, Interrupted if director is to stop.
        """
        limit = self._limits.setdefault(str(tier), _Limit())
        is_trying = self._wait(tier, limit, tell)
        turn, began = Turn(), self._now()
        try:
            yield turn
        finally:
            with self._changed:
                if is_trying:
                    limit.is_being_tried = False
                if turn.reply:
                    self._note(limit, turn.reply, began)
                self._changed.notify_all()

    def _wait(self, tier: Tier, limit: _Limit, tell: Tell) -> bool:
        """Return, when the tier may be asked, whether this call tries it out."""
        told = 0.0
        with self._changed:
            while True:
                left = limit.until - self._now()
                if left <= 0 and not limit.is_being_tried:
                    limit.is_being_tried = limit.refusals > 0
                    return limit.is_being_tried
                if left > 0 and limit.until - limit.since > self._longest:
                    raise _too_long(tier, limit)
                if left > 0 and limit.until >= told + TOLD_SECONDS:
                    told = limit.until
                    tell(told, limit.reason)
                self._changed.wait(min(left, LOOK_SECONDS) if left > 0 else LOOK_SECONDS)
                if processes.is_stopping():
                    raise Interrupted("director was asked to stop")

    def _note(self, limit: _Limit, reply: Reply, began: float) -> None:
        """Take note of a reply. One to a call that was out when the limit was met says nothing new about it."""
        now, is_new = self._now(), began >= limit.until
        if reply.end is not End.RATE_LIMITED:
            if is_new:
                limit.refusals, limit.until = 0, 0.0
            return
        if is_new:
            limit.refusals += 1
            limit.since = now if limit.refusals == 1 else limit.since
        limit.until = max(limit.until, now + _wait_for(limit.refusals, reply.retry_after))
        limit.reason = reply.detail


def _wait_for(refusals: int, told: float | None) -> float:
    """Return how long to wait: as long as we are told, but where that was too short before, not less than we would."""
    if told is None:
        return backoff(refusals)
    return min(max(told, backoff(refusals - 1) if refusals > 1 else 0.0), FARTHEST_SECONDS)


def _too_long(tier: Tier, limit: _Limit) -> LimitReached:
    moment = datetime.fromtimestamp(limit.until).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return LimitReached(
        f"'{tier}' is rate limited until {moment}: {limit.reason or 'it does not say why'}",
        hint="run the same command again then, or allow longer waits with limits.rate_limit_wait_secs in config.toml",
    )
