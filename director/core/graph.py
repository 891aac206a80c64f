"""Orders and lengths over a graph given as name to the names it depends on."""

import heapq
from collections.abc import Iterable, Mapping

Dependencies = Mapping[str, Iterable[str]]


def dependents(dependencies: Dependencies) -> dict[str, list[str]]:
    """Return each name with the names that depend on it."""
    result: dict[str, list[str]] = {name: [] for name in dependencies}
    for name, needed in dependencies.items():
        for dependency in needed:
            result.setdefault(dependency, []).append(name)
    return result


def topological_order(dependencies: Dependencies) -> list[str]:
    """Return the names with every dependency before its dependents; names on a cycle are left out."""
    known = {name: dependencies.keys() & needed for name, needed in dependencies.items()}
    waiting = {name: len(needed) for name, needed in known.items()}
    above = dependents(known)
    order = [name for name, count in waiting.items() if count == 0]
    for name in order:
        for dependent in above[name]:
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                order.append(dependent)
    return order


def remaining_lengths(dependencies: Dependencies, weights: Mapping[str, float]) -> dict[str, float]:
    """Return for each name the weight of the heaviest path from it to the end of the graph, itself included."""
    above = dependents(dependencies)
    lengths: dict[str, float] = {}
    for name in reversed(topological_order(dependencies)):
        longest = max((lengths[dependent] for dependent in above[name] if dependent in lengths), default=0.0)
        lengths[name] = longest + weights.get(name, 1.0)
    return lengths


def makespan(dependencies: Dependencies, seconds: Mapping[str, float], *, workers: int) -> float:
    """Return how long all names take if so many are worked on at once, those on the longest path first."""
    needed = {name: set(names) & dependencies.keys() for name, names in dependencies.items()}
    lengths = remaining_lengths(needed, {name: seconds.get(name, 0.0) for name in needed})
    above, waiting = dependents(needed), {name: len(names) for name, names in needed.items()}
    ready = [(-lengths[name], name) for name, count in waiting.items() if count == 0 and name in lengths]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            name = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + seconds.get(name, 0.0), name))
        now, done = heapq.heappop(running)
        for dependent in above[done]:
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                heapq.heappush(ready, (-lengths[dependent], dependent))
    return now


def closure(names: Iterable[str], neighbours: Dependencies) -> list[str]:
    """Return the names and everything reachable from them, each once."""
    found = dict.fromkeys(names)
    queue = list(found)
    for name in queue:
        for neighbour in neighbours.get(name, ()):
            if neighbour not in found:
                found[neighbour] = None
                queue.append(neighbour)
    return queue
