"""Entries in the order of their days."""

from collections.abc import Iterable, Iterator

from ledger.entry import Entry


class Book:
    """A collection of entries; those of one day keep the order in which they were added."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Add an entry, whatever its day."""
        self._entries.append(entry)
        self._entries.sort(key=lambda known: known.day)

    def balance(self) -> int:
        """Return the sum of all entries in cents."""
        return sum(entry.cents for entry in self._entries)

    def month(self, month: str) -> list[Entry]:
        """Return the entries of a month such as `2026-03`, oldest first."""
        return [entry for entry in self._entries if entry.month == month]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
