"""Waits for tiers that are rate limited: their calls wait for the same moment, and one of them tries first."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from director.core.backoff import backoff
from director.core.calls import End, Reply
from director.core.errors import Interrupted, LimitReached
from director.core.tiers import Tier
from director.shell import processes

LOOK_SECONDS = 0.2
"""How often a waiting call looks whether director was asked to stop."""

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
        turn = Turn()
        try:
            yield turn
        finally:
            with self._changed:
                if is_trying:
                    limit.is_being_tried = False
                if turn.reply:
                    self._note(limit, turn.reply)
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
                if limit.until - limit.since > self._longest:
                    raise _too_long(tier, limit)
                if limit.until > told:
                    told = limit.until
                    tell(told, limit.reason)
                self._changed.wait(min(left, LOOK_SECONDS) if left > 0 else LOOK_SECONDS)
                if processes.is_stopping():
                    raise Interrupted("director was asked to stop")

    def _note(self, limit: _Limit, reply: Reply) -> None:
        now = self._now()
        if reply.end is not End.RATE_LIMITED:
            limit.refusals, limit.until = 0, 0.0
            return
        if now >= limit.until:  # not one of several calls that were out when the limit was met
            limit.refusals += 1
        if limit.refusals == 1:
            limit.since = now
        wait = backoff(limit.refusals) if reply.retry_after is None else reply.retry_after
        limit.until = max(limit.until, now + wait)
        limit.reason = reply.detail


def _too_long(tier: Tier, limit: _Limit) -> LimitReached:
    moment = datetime.fromtimestamp(limit.until).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return LimitReached(
        f"'{tier}' is rate limited until {moment}: {limit.reason or 'it does not say why'}",
        hint="run the same command again then, or allow longer waits with limits.rate_limit_wait_secs in config.toml",
    )
