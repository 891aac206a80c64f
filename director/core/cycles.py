"""Cycles in a graph given as name to the names it depends on."""

from collections.abc import Iterator

from director.core.graph import Dependencies


def find_cycles(dependencies: Dependencies) -> Iterator[list[str]]:
    """Yield cycles as paths whose first and last names are equal; without their last steps no cycle is left."""
    done: set[str] = set()
    for start in dependencies:
        if start not in done:
            yield from _cycles_below(start, dependencies, done)


def _cycles_below(start: str, dependencies: Dependencies, done: set[str]) -> Iterator[list[str]]:
    path, places = [start], {start: 0}
    ahead = [iter(dependencies.get(start, ()))]
    while path:
        needed = next(ahead[-1], None)
        if needed is None:
            ahead.pop()
            del places[path[-1]]
            done.add(path.pop())
        elif needed in places:
            yield [*path[places[needed] :], needed]
        elif needed not in done:
            places[needed] = len(path)
            path.append(needed)
            ahead.append(iter(dependencies.get(needed, ())))
