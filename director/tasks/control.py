"""The graph as doit holds it: its tasks, what a person names of them, and the database of what was built."""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from doit.control import TaskControl
from doit.dependency import DatabaseException
from doit.exceptions import InvalidTask
from doit.task import Task

from director.artifacts.built import Built
from director.core.errors import ConfigError
from director.tasks.checker import ContentChecker
from director.tasks.dependency import BaselineDependency
from director.tasks.graph import Graph, TaskDict
from director.tasks.journal import Journal


class GraphControl(TaskControl):  # type: ignore[misc]
    """doit's tasks and targets; what waits for a file waits for its maker, in a time that grows with the graph.

    doit looks through the list of what a task waits for once for each of its files.
    """

    @staticmethod
    def set_implicit_deps(targets: dict[str, str], task_list: Sequence[Task]) -> None:
        """Note who makes each target, and have each task wait for those who make what it reads."""
        for task in task_list:
            for target in task.targets:
                if target in targets:
                    raise InvalidTask(f"'{target}' is a target of both '{task.name}' and '{targets[target]}'")
                targets[target] = task.name
        for task in task_list:
            makers = dict.fromkeys(targets[path] for path in sorted(task.file_dep) if path in targets)
            known = set(task.task_dep)
            task.task_dep.extend(name for name in makers if name not in known)


def control_of(graph: Graph) -> GraphControl:
    """Return every task of a graph that can be known now."""
    return control_tasks(graph.create_doit_tasks())


def control_tasks(dicts: Iterable[TaskDict]) -> GraphControl:
    """Return the tasks that dictionaries describe."""
    return GraphControl(make_tasks(dicts))


class _Task(Task):  # type: ignore[misc]
    """A task of director's, whose fields are well-formed: doit's look at each of them takes a third of the time."""

    @staticmethod
    def check_attr(*_: Any) -> None:
        """Look at nothing."""


def make_tasks(dicts: Iterable[TaskDict]) -> list[Task]:
    """Turn task dictionaries into doit's tasks, as doit does; a group comes before its tasks."""
    tasks: dict[str, Task] = {}
    for fields in dicts:
        group, name = fields.pop("basename"), fields.pop("name", "")
        if name is None:
            tasks[group] = _Task(group, None, has_subtask=True, **fields)
        elif name:
            full_name = f"{group}:{name}"
            tasks[full_name] = _Task(full_name, subtask_of=group, **fields)
            tasks[group].task_dep.append(full_name)
        else:
            tasks[group] = _Task(group, **fields)
    return list(tasks.values())


def needs_in(tasks: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what each task waits for."""
    return {name: list(task.task_dep) for name, task in tasks.items()}


def database(graph: Graph) -> AbstractContextManager[BaselineDependency]:
    """Open doit's database of the job."""
    return database_at(graph.job.directory.database, built=Built(graph.job.directory.built))


@contextmanager
def database_at(path: Path, *, built: Built | None = None) -> Iterator[BaselineDependency]:
    """Open doit's database in a file; what tasks are built from is kept in `built`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        dependency = BaselineDependency(Journal, str(path), checker_cls=ContentChecker, built=built)
        try:
            yield dependency
        finally:
            dependency.close()
    except DatabaseException as error:
        raise ConfigError(
            f"'{path}' cannot be used: {error}", hint="it is only a cache: delete it, or make room on the disk"
        ) from error


def find_tasks(control: TaskControl, targets: Sequence[str]) -> list[str]:
    """Return the tasks that targets name: by name, by pattern, or by a file that they make.

    Raises ConfigError with a suggestion for a target that there is not.
    """
    return list(dict.fromkeys(name for target in targets for name in _tasks_of(control, target)))


def _tasks_of(control: TaskControl, target: str) -> list[str]:
    if target in control.tasks:
        return [target]
    made = control.targets.get(str(Path(target).parent.resolve() / Path(target).name))
    found = [made] if made else fnmatch.filter(control.tasks, target) if "*" in target else []
    if found:
        return found
    near = get_close_matches(target, control.tasks, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'director list --all' shows every task"
    raise ConfigError(f"there is no task '{target}'", hint=hint)
