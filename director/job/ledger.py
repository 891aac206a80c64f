"""What the job has cost, and whether another call may be started."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record, read_records
from director.core.calls import CallRecord
from director.core.errors import LimitReached
from director.core.roles import Role


class Ledger:
    """The records of costs.jsonl, and the calls in flight, which are counted before they end."""

    def __init__(self, directory: JobDirectory, *, ceiling: float | None) -> None:
        self._path = directory.costs
        self._ceiling = ceiling
        self._lock = threading.Lock()
        self._records = read_records(self._path, CallRecord)
        self._in_flight: dict[object, float] = {}

    @property
    def spent(self) -> float:
        """US dollars of all calls whose cost is known."""
        return sum(record.cost_usd or 0.0 for record in self._records)

    @property
    def unpriced(self) -> int:
        """Number of calls whose cost is not known."""
        return sum(record.cost_usd is None for record in self._records)

    @contextmanager
    def call(self, role: Role) -> Iterator[Callable[[CallRecord], None]]:
        """Hold the place of a call; give what writes it down when it ended, in place of what was expected.

        Raises LimitReached if the ceiling leaves no room for it.
        """
        place = object()
        with self._lock:
            expected = self._expected(role)
            self._check(expected)
            self._in_flight[place] = expected

        def settle(record: CallRecord) -> None:
            with self._lock:
                append_record(self._path, record)
                self._records.append(record)
                self._in_flight.pop(place, None)

        try:
            yield settle
        finally:
            with self._lock:
                self._in_flight.pop(place, None)

    def _expected(self, role: Role) -> float:
        """The dearest call of the role so far: nothing is known before the first one."""
        return max((record.cost_usd or 0.0 for record in self._records if record.role is role), default=0.0)

    def _check(self, expected: float) -> None:
        if self._ceiling is None:
            return
        in_flight = sum(self._in_flight.values())
        committed = self.spent + in_flight
        if committed >= self._ceiling or committed + expected > self._ceiling:
            raise LimitReached(
                f"the job has cost ${self.spent:.2f} (${in_flight:.2f} more in flight) of ${self._ceiling:.2f};"
                " no new call is started",
                hint="raise limits.cost_ceiling_usd in config.toml and run the same command again",
            )
