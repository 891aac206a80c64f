"""What the job has cost, and whether another call may be started."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record, read_records
from director.core.calls import CallKey, CallRecord, End
from director.core.errors import Interrupted, LimitReached
from director.core.roles import Role
from director.core.tiers import Tier
from director.shell import processes

LOOK_SECONDS = 0.2
"""How often a call that waits for its place looks whether director was asked to stop."""


class Place:
    """The place of a call in the budget, while it is in flight."""

    def __init__(self, ledger: "Ledger", expected: float, *, is_first: bool) -> None:
        self._ledger = ledger
        self.expected = expected
        """What it may cost, from the dearest call like it."""
        self.is_first = is_first
        """Whether no call of its kind has told yet what it costs."""
        self.used = 0.0
        """What it is known to have cost so far."""

    @property
    def held(self) -> float:
        """What is held for it."""
        return max(self.expected, self.used)

    def use(self, cost: float | None) -> bool:
        """Take note of what the call has cost so far; tell whether it may go on."""
        return self._ledger.use(self, cost)


class Ledger:
    """The records of costs.jsonl, and the calls in flight, which are counted before they end.

    Under a ceiling the first call of its kind goes alone: what the others will cost is known only when it has ended.
    """

    def __init__(self, directory: JobDirectory, *, ceiling: float | None) -> None:
        self._path = directory.costs
        self._ceiling = ceiling
        self._changed = threading.Condition(threading.RLock())
        self._records = read_records(self._path, CallRecord)
        self._ids = {record.id for record in self._records}
        self._in_flight: list[Place] = []

    @property
    def records(self) -> Sequence[CallRecord]:
        """Every call that has ended, in order."""
        return self._records

    @property
    def spent(self) -> float:
        """US dollars of all calls whose cost is known."""
        return sum(record.cost_usd or 0.0 for record in self._records)

    @property
    def unpriced(self) -> int:
        """Number of calls whose cost is not known."""
        return sum(record.cost_usd is None for record in self._records)

    @property
    def answered(self) -> int:
        """Number of calls that came to an end of their own."""
        return sum(record.end is not End.INTERRUPTED for record in self._records)

    def record(self, call: str) -> CallRecord | None:
        """Return the record of a call that has ended."""
        with self._changed:
            return next((record for record in reversed(self._records) if record.id == call), None)

    def prompts(self, key: CallKey, tier: Tier) -> tuple[str, ...]:
        """Return the prompt digests of a tier's calls with a key, oldest first."""
        with self._changed:
            own = [record for record in self._records if record.tier == tier and record.end is not End.INTERRUPTED]
            return tuple(
                record.prompt
                for record in own
                if (record.role, record.task, record.attempt) == (key.role, key.task, key.attempt)
            )

    @contextmanager
    def call(self, role: Role, tier: Tier) -> Iterator[Place]:
        """Hold the place of a call until it has ended, and was settled if it cost anything.

        Waits for calls in flight as long as they may leave room. Raises LimitReached if there is none, Interrupted if
        director is to stop.
        """
        place = self._admit(role, tier)
        try:
            yield place
        finally:
            self._leave(place)

    def settle(self, record: CallRecord, place: Place | None = None) -> None:
        """Write down a call that ended, once; its record stands for its place."""
        with self._changed:
            if not record.id or record.id not in self._ids:
                append_record(self._path, record)
                self._records.append(record)
                self._ids.add(record.id)
            self._leave(place)

    def use(self, place: Place, cost: float | None) -> bool:
        """Take note of what a call in flight has cost so far; tell whether the ceiling lets it go on."""
        with self._changed:
            place.used = max(place.used, cost or 0.0)
            return self._ceiling is None or self.spent + sum(other.used for other in self._in_flight) < self._ceiling

    def exhausted(self) -> LimitReached:
        """Return the error that says what was spent and how to go on."""
        in_flight = sum(place.held for place in self._in_flight)
        return LimitReached(
            f"the job has cost ${self.spent:.2f} (${in_flight:.2f} more in flight) of ${self._ceiling or 0.0:.2f};"
            " no new call is started",
            hint="raise limits.cost_ceiling_usd in config.toml and run the same command again",
        )

    def _leave(self, place: Place | None) -> None:
        with self._changed:
            if place in self._in_flight:
                self._in_flight.remove(place)
            self._changed.notify_all()

    def _admit(self, role: Role, tier: Tier) -> Place:
        with self._changed:
            while True:
                place = Place(self, self._expected(role, tier), is_first=self._is_first(role, tier))
                self._check(place)
                if self._has_room(place):
                    self._in_flight.append(place)
                    return place
                self._changed.wait(LOOK_SECONDS)
                if processes.is_stopping():
                    raise Interrupted("director was asked to stop")

    def _check(self, place: Place) -> None:
        """Raise LimitReached if there will be no room for a call, whatever those in flight come to."""
        if self._ceiling is not None and (self.spent >= self._ceiling or self.spent + place.held > self._ceiling):
            raise self.exhausted()

    def _has_room(self, place: Place) -> bool:
        """Tell whether a call fits beside those in flight; the first of its kind fits beside no other first one."""
        if self._ceiling is None:
            return True
        if place.is_first and any(other.is_first for other in self._in_flight):
            return False
        held = self.spent + sum(other.held for other in self._in_flight)
        return held < self._ceiling and held + place.held <= self._ceiling

    def _is_first(self, role: Role, tier: Tier) -> bool:
        """Tell whether no call of the role to the tier came to its end; one that was turned away tells no price."""
        told = (record for record in self._records if record.end in (End.DONE, End.TIMEOUT))
        return not any(record.role is role and record.tier == tier for record in told)

    def _expected(self, role: Role, tier: Tier) -> float:
        """Return what the dearest call of the role cost so far, else of the tier, else nothing."""
        own = [record.cost_usd or 0.0 for record in self._records if record.role is role]
        like = own or [record.cost_usd or 0.0 for record in self._records if record.tier == tier]
        return max(like, default=0.0)
