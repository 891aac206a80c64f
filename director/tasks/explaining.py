"""Why a task is up to date or is not, down to its causes: the pending tasks above it that are stale by themselves."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from director.core.printed import Cause, ExplainedTask, Explanation
from director.tasks.control import control_of, find_tasks
from director.tasks.graph import Graph
from director.tasks.made import inputs_of, made_of
from director.tasks.pending import Pending, pending_tasks
from director.tasks.places import Places

Entries = Mapping[str, Pending]
"""Pending tasks by name, in the order in which they would be done."""


def explain(graph: Graph, name: str = "") -> Explanation:
    """Explain a task; or, for a group and by default for all there is, what of it is stale by itself."""
    entries = {entry.task: entry for entry in pending_tasks(graph, (name,) if name else ())}
    places = Places(graph.job)
    asked = _tasks_named(graph, name) if name else []
    is_group = not all(task.actions for task in asked)
    explained = _asked(graph, asked, entries, places) if asked and not is_group else _everything(entries, places)
    return Explanation(tasks=tuple(explained))


def _tasks_named(graph: Graph, name: str) -> list[Any]:
    control = control_of(graph)
    return [control.tasks[found] for found in find_tasks(control, (name,))]


def _asked(graph: Graph, asked: Sequence[Any], entries: Entries, places: Places) -> Iterator[ExplainedTask]:
    for task in asked:
        if task.name in entries:
            yield _pending(entries[task.name], entries, places)
        else:
            yield ExplainedTask(
                task=task.name, pending=False, inputs=inputs_of(graph.job, task), made=made_of(graph.job, task.name)
            )


def _everything(entries: Entries, places: Places) -> Iterator[ExplainedTask]:
    """Yield what is stale by itself, each with the tasks that may change with it: every one once."""
    leader: dict[str, str] = {}
    followers: dict[str, list[str]] = defaultdict(list)
    for name, entry in entries.items():
        leader[name] = name if entry.reasons else leader[entry.needs[0]]
        if not entry.reasons:
            followers[leader[name]].append(name)
    for name, entry in entries.items():
        if entry.reasons:
            reasons = places.explained(entry.reasons)
            yield ExplainedTask(task=name, pending=True, reasons=reasons, followers=tuple(followers[name]))


def _pending(entry: Pending, entries: Entries, places: Places) -> ExplainedTask:
    reasons = places.explained(entry.reasons)
    causes = tuple(
        Cause(chain=chain, reasons=places.explained(entries[chain[-1]].reasons)) for chain in _chains(entry, entries)
    )
    return ExplainedTask(task=entry.task, pending=True, reasons=reasons, causes=causes)


def _chains(entry: Pending, entries: Entries) -> Iterator[tuple[str, ...]]:
    """Yield the shortest way to each of the nearest tasks that are stale by themselves.

    What the slices do to a node is among its own reasons.
    """
    above: dict[str, str] = {}
    queue = [name for name in entry.needs if name != "slices" or not entry.reasons]
    above.update(dict.fromkeys(queue, ""))
    for name in queue:
        if entries[name].reasons:
            yield _chain(name, above)
            continue
        for needed in entries[name].needs:
            if needed not in above:
                above[needed] = name
                queue.append(needed)


def _chain(name: str, above: Mapping[str, str]) -> tuple[str, ...]:
    chain = []
    while name:
        chain.append(name)
        name = above[name]
    return tuple(reversed(chain))
