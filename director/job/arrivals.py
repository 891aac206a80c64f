"""Commits that wait to land on the job branch: whoever comes to land them takes all that wait."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from director.core.errors import Rejected
from director.core.plan.node import Node


@dataclass(frozen=True)
class Arrival:
    """A commit that is to land."""

    commit: str
    base: str
    """The commit that it was made from."""
    allowed: frozenset[str]
    """The only files that it may change."""
    message: str
    """Of the commit that combines it with what landed meanwhile."""
    kept: str = ""
    """The ref that keeps it until it is on the branch."""
    node: Node | None = None
    """Whose work it is, and whose tests must be green with it; None where it brings none."""
    log: Path = Path()
    """The directory for what the tests of its combination say."""


@dataclass
class Ticket:
    """An arrival, and what became of it."""

    arrival: Arrival
    landed: str = ""
    """The commit on the branch."""
    refusal: Rejected | None = None
    """Why it never will be."""

    @property
    def is_settled(self) -> bool:
        """Tell whether it has landed or never will."""
        return bool(self.landed or self.refusal)


class Arrivals:
    """What waits to land. One thread at a time lands, for all who wait by then."""

    def __init__(self) -> None:
        self._waiting: list[Ticket] = []
        self._door = threading.Lock()
        self._landing = threading.Lock()
        """Held from reading the tip to moving it."""

    def land(self, arrival: Arrival, land_all: Callable[[Sequence[Ticket]], None]) -> str:
        """Return the commit by which an arrival landed; `land_all` settles tickets. Raises what kept it from landing.

        Who waits beside one that could not even be tried does it for themselves.
        """
        ticket = Ticket(arrival)
        self._wait_for([ticket])
        with self._landing:
            if not ticket.is_settled:
                taken = self._take()
                try:
                    land_all(taken)
                except BaseException:
                    self._wait_for(other for other in taken if other is not ticket and not other.is_settled)
                    raise
        if ticket.refusal:
            raise ticket.refusal
        return ticket.landed

    def _wait_for(self, tickets: Iterable[Ticket]) -> None:
        with self._door:
            self._waiting += tickets

    def _take(self) -> list[Ticket]:
        with self._door:
            taken, self._waiting = self._waiting, []
            return taken
