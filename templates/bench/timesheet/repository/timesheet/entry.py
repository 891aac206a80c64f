"""One line of a timesheet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Work on a project; `start` and `end` are minutes since the midnight at which its day began."""

    day: str
    start: int
    end: int
    project: str

    @property
    def minutes(self) -> int:
        """How long it took."""
        return self.end - self.start
