"""What a build would do, and why, in words. Nothing is run.

doit's own listing looks at each task alone: a task below a stale one counts as up to date. Here it is pending too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doit.control import TaskControl

from director.artifacts.files import read_remade
from director.core.graph import closure, topological_order
from director.core.plan.node import Slice
from director.tasks.control import control_of, database, find_tasks, make_tasks, needs_in
from director.tasks.dependency import BaselineDependency
from director.tasks.graph import Graph

_CLAIM = "what it made is spoiled, or is not on the job branch"
_CLAIMS = {
    "baseline": "the gate commands or the base changed, or its file is spoiled",
    "integrate": "the gate commands or the job branch changed",
    "slices": "a file of it is spoiled",
    "gate": "its file is spoiled",
}
"""Why a task is stale whose inputs are not."""


@dataclass(frozen=True)
class Pending:
    """A task that is not up to date."""

    task: str
    reasons: tuple[str, ...]
    """Why the task itself is stale; empty if only what it needs is."""
    needs: tuple[str, ...] = ()
    """Pending tasks whose results it reads."""

    def why(self) -> str:
        """Return the reasons as one line."""
        return "; ".join(self.reasons or (f"may change with {', '.join(self.needs)}",))


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
        for name in topological_order(needed):
            task = control.tasks[name]
            if name in wanted and task.actions:
                _look(graph, dependency, control, task, found)
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
        return [*own[0].reasons, *(f"'{needed}' is pending" for needed in own[0].needs)]
    members = _members(graph, name)
    return [f"'{entry.task}' is pending" for entry in found if entry.task in members]


def _members(graph: Graph, name: str) -> set[str]:
    """Return the tasks of a group; none for a task that has something to do itself."""
    tasks = {task.name: task for task in make_tasks(graph.create_doit_tasks())}
    task = tasks.get(name)
    return set(task.task_dep) if task and not task.actions else set()


def _look(
    graph: Graph, dependency: BaselineDependency, control: TaskControl, task: Any, found: dict[str, Pending]
) -> None:
    makers = {control.targets[path] for path in task.file_dep if path in control.targets}
    needs = [name for name in task.task_dep if name in found and name in makers and _reaches(graph, name, task)]
    own = _own_reasons(graph, dependency, control, task, found)
    if own or needs:
        found[task.name] = Pending(task.name, tuple(own), tuple(needs))


def _reaches(graph: Graph, needed: str, task: Any) -> bool:
    """Tell whether a pending task would change what this one reads: of the slices, only those that differ do."""
    if needed != "slices":
        return True
    node = graph.job.nodes.get(task.name.partition(":")[2])
    return node is None or read_remade(graph.job.directory.node(node.id), Slice) != node


def _own_reasons(
    graph: Graph, dependency: BaselineDependency, control: TaskControl, task: Any, found: dict[str, Pending]
) -> list[str]:
    if dependency.status_is_ignore(task):
        return [f"you had it ignored: 'director forget {task.name}' undoes that"]
    status = dependency.get_status(task, control.tasks, get_log=True)
    if status.status == "up-to-date":
        return []
    said = [f"'{_shown(graph, path)}' does not exist" for path in status.reasons["missing_target"][:1]]
    absent = [path for path in status.reasons["missing_file_dep"] if control.targets.get(path) not in found]
    said += [f"'{_shown(graph, path)}' is missing" for path in absent]
    said += [_changed(graph, path) for path in sorted(_changes(dependency, task, status))]
    said += [f"it now depends on '{_shown(graph, path)}'" for path in status.reasons["added_file_dep"]]
    said += [f"it no longer depends on '{_shown(graph, path)}'" for path in status.reasons["removed_file_dep"]]
    if status.reasons["uptodate_false"] and not status.reasons["missing_target"]:
        said.append(_CLAIMS.get(task.name.partition(":")[0], _CLAIM))
    return said or (["that it was built is not recorded"] if status.reasons["changed_file_dep"] else [])


def _changes(dependency: BaselineDependency, task: Any, status: Any) -> set[str]:
    """Leave out what is new or missing: that is said in other words."""
    if not dependency.backend.in_(task.name):
        return set()
    others = {*status.reasons["added_file_dep"], *status.reasons["missing_file_dep"]}
    return set(status.reasons["changed_file_dep"]) - others


def _changed(graph: Graph, path: str) -> str:
    directory, place = graph.job.directory, Path(path)
    said = {
        directory.nodes: "its part of the plan changed",
        directory.lock("").parent: f"the locked tests of '{place.stem}' changed",
        directory.merged("").parent: f"the result of '{place.stem}' changed",
    }
    return said.get(place.parent, f"'{_shown(graph, path)}' changed")


def _shown(graph: Graph, path: str) -> str:
    place, root = Path(path), graph.job.directory.path
    return str(place.relative_to(root)) if place.is_relative_to(root) else path
