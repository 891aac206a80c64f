"""What a build would do, and why, in words. Nothing is run.

doit's own listing looks at each task alone: a task below a stale one counts as up to date. Here it is pending too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from director.artifacts.files import read_remade
from director.core.graph import closure, topological_order
from director.core.plan.node import Slice
from director.tasks.control import control_of, database, find_tasks, make_tasks, needs_in
from director.tasks.graph import Graph
from director.tasks.reasons import Look, Reason, own_reasons


@dataclass(frozen=True)
class Pending:
    """A task that is not up to date."""

    task: str
    reasons: tuple[Reason, ...]
    """Why the task itself is stale; empty if only what it needs is."""
    needs: tuple[str, ...] = ()
    """Pending tasks whose results it reads."""
    after: tuple[str, ...] = ()
    """Pending tasks that it waits for: these, and others that only come first."""


def pending_tasks(graph: Graph, targets: tuple[str, ...] = ()) -> list[Pending]:
    """Return what a build of the targets would look at, in order; by default everything there is."""
    return list(_pending(graph, targets))


def is_up_to_date(graph: Graph, targets: tuple[str, ...] = ()) -> bool:
    """Tell whether nothing is pending; it is looked no further than to the first task that is."""
    return next(_pending(graph, targets), None) is None


def _pending(graph: Graph, targets: tuple[str, ...]) -> Iterator[Pending]:
    control = control_of(graph)
    selected = find_tasks(control, targets) if targets else list(control.tasks)
    needed = needs_in(control.tasks)
    wanted = set(closure(selected, needed))
    found: dict[str, Pending] = {}
    with database(graph) as dependency:
        dependency.look_once()
        look = Look(graph, dependency, control)
        for name in topological_order(needed):
            task = control.tasks[name]
            if name in wanted and (task.file_dep or task.targets):  # what reads and makes nothing is a group
                _look(look, task, found)
                if name in found:
                    yield found[name]


def needs_of(graph: Graph) -> dict[str, list[str]]:
    """Return what each task waits for."""
    return needs_in(control_of(graph).tasks)


def changed_with(graph: Graph, name: str) -> list[str]:
    """Return the pending tasks that may change with another pending one, in order."""
    found: dict[str, Pending] = {}
    for entry in pending_tasks(graph):
        if entry.task == name or found.keys() & set(entry.needs):
            found[entry.task] = entry
    return [task for task in found if task != name]


def reasons(graph: Graph, name: str) -> list[str]:
    """Return why one task, or one of a group, is pending; empty if it is up to date."""
    found = pending_tasks(graph, (name,))
    own = [entry for entry in found if entry.task == name]
    if own:
        return [*map(str, own[0].reasons), *(f"'{needed}' is pending" for needed in own[0].needs)]
    members = _members(graph, name)
    return [f"'{entry.task}' is pending" for entry in found if entry.task in members]


def _members(graph: Graph, name: str) -> set[str]:
    """Return the tasks of a group; none for a task that has something to do itself."""
    tasks = {task.name: task for task in make_tasks(graph.create_doit_tasks())}
    task = tasks.get(name)
    return set(task.task_dep) if task and not task.actions else set()


def _look(look: Look, task: Any, found: dict[str, Pending]) -> None:
    waits = sorted(name for name in task.task_dep if name in found)
    makers = {look.control.targets.get(path) for path in task.file_dep} if waits else set()
    needs = [name for name in waits if name in makers]
    own = own_reasons(look, task, found)
    if "slices" in needs and (node := task.name.partition(":")[2]):
        part = _part_changed(look, task, node)
        own += [reason for reason in part if reason not in own]
        needs = needs if part else [name for name in needs if name != "slices"]
    if own or needs:
        found[task.name] = Pending(task.name, tuple(own), tuple(needs), tuple(waits))


def _part_changed(look: Look, task: Any, node: str) -> list[Reason]:
    """Return whether slices that are to be written will change this one: only those that differ are."""
    path = look.directory.node(node)
    known = read_remade(path, Slice)
    if known == look.graph.job.nodes[node]:
        return []
    return [look.changed(task, str(path)) if known else Reason("its part of the plan is new")]
