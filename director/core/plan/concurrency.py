"""Which nodes of a graph may run at once, without looking at every pair of them."""

from collections.abc import Iterable

from director.core.graph import Dependencies, dependents, topological_order


class Concurrency:
    """Knows of the watched names which may run at once: those of which neither waits for the other.

    A set of names is the bits of an integer: so the graph is walked twice, and a chain of 10,000 stays cheap.
    `dependencies` has no cycle and names nothing that is not in it.
    """

    def __init__(self, dependencies: Dependencies, *, watched: Iterable[str]) -> None:
        self._names = list(dict.fromkeys(watched))
        self._bits = {name: 1 << place for place, name in enumerate(self._names)}
        order = topological_order(dependencies)
        self._place = {name: place for place, name in enumerate(order)}
        needed = self._reached(order, dependencies)
        waiting = self._reached(reversed(order), dependents(dependencies))
        self._related = {name: needed[name] | waiting[name] for name in self._names}

    def group(self, names: Iterable[str]) -> int:
        """Return watched names as one set."""
        bits = 0
        for name in names:
            bits |= self._bits[name]
        return bits

    def first_at_once(self, name: str, group: int) -> str | None:
        """Return a name of the group that may run at once with this one; a name never does with itself."""
        at_once = group & ~self._related[name]
        return self._names[(at_once & -at_once).bit_length() - 1] if at_once else None

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Return the names, every one after those that it waits for."""
        return sorted(names, key=self._place.__getitem__)

    def _reached(self, order: Iterable[str], neighbours: Dependencies) -> dict[str, int]:
        reached: dict[str, int] = {}
        for name in order:
            bits = self._bits.get(name, 0)
            for neighbour in neighbours[name]:
                bits |= reached[neighbour]
            reached[name] = bits
        return reached
