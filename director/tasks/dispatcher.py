"""Hands out tasks so that the longest remaining path goes first.

doit hands them out first in, first out, and finds dependencies on the way down from the selected tasks, where each
remembers all its ancestors: a chain selected from its end needs quadratic memory.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from doit.control import TaskDispatcher
from doit.exceptions import InvalidDodoFile

from director.core.cycles import find_cycles
from director.core.graph import Dependencies, closure, remaining_lengths


class ReadyQueue:
    """What doit uses of its deque of ready nodes, as a heap: the longest remaining path first, ties as defined."""

    def __init__(
        self, lengths: Mapping[str, float], positions: Mapping[str, int], ready: Callable[[str], None]
    ) -> None:
        self._lengths = lengths
        self._ready = ready
        self._positions = positions
        self._heap: list[tuple[float, int, int, Any]] = []
        self._appended = count()

    def append(self, node: Any) -> None:
        """Add a node; one whose task was made only now, by a delayed creator, comes after all others."""
        name = node.task.name
        self._ready(name)
        length, position = self._lengths.get(name, 0.0), self._positions.get(name, len(self._positions))
        heapq.heappush(self._heap, (-length, position, next(self._appended), node))

    def popleft(self) -> Any:
        """Take the node that goes first."""
        return heapq.heappop(self._heap)[-1]

    def __len__(self) -> int:
        return len(self._heap)


class CriticalPathDispatcher(TaskDispatcher):  # type: ignore[misc]
    """doit's dispatcher with everything selected expanded at once, and the critical path first."""

    def __init__(
        self,
        tasks: Mapping[str, Any],
        targets: Mapping[str, str],
        selected_tasks: Sequence[str],
        ready: Callable[[str], None] = lambda task: None,
    ) -> None:
        """`ready` is told of a task whenever it can go on, the last time when it can begin."""
        super().__init__(tasks, targets, selected_tasks)
        needed = {name: [*task.task_dep, *sorted(task.calc_dep)] for name, task in tasks.items()}
        followed = {name: needed[name] + tasks[name].setup_tasks for name in tasks}
        self.lengths = _lengths(tasks, selected_tasks, followed)
        """The longest path that remains from each task."""
        self.ready = ReadyQueue(self.lengths, {name: position for position, name in enumerate(tasks)}, ready)
        # not the setup tasks: doit starts them only for a task that is not up to date
        for name in closure(selected_tasks, needed):
            self.ready.append(self._gen_node(None, name))


def _lengths(tasks: Mapping[str, Any], selected: Sequence[str], needed: Dependencies) -> dict[str, float]:
    graph = {name: needed[name] for name in closure(selected, needed)}
    if cycle := next(find_cycles(graph), None):
        raise InvalidDodoFile(f"tasks need each other in a circle: {' -> '.join(cycle)}")
    return remaining_lengths(graph, {name: _weight(tasks[name]) for name in graph})


def _weight(task: Any) -> float:
    return float((task.meta or {}).get("weight", 0.0 if task.has_subtask else 1.0))
