"""One movement of money."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Entry:
    """A line of an account: negative cents were spent, positive cents came in."""

    day: date
    text: str
    cents: int
    category: str = ""

    @property
    def month(self) -> str:
        """The month of the entry, such as `2026-03`."""
        return f"{self.day:%Y-%m}"
