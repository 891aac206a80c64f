"""Build targets of the graph: plan first where the plan is not fresh, then what was asked for."""

import fnmatch
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from doit.control import TaskControl
from doit.dependency import DatabaseException
from doit.loader import generate_tasks
from doit.task import Stream, Task

from director.artifacts.built import Built
from director.artifacts.files import read_bytes
from director.core.errors import ConfigError, ExitCode
from director.job.surroundings import check_surroundings
from director.job.work import working
from director.stages.measuring import record_run
from director.tasks.checker import ContentChecker
from director.tasks.dependency import BaselineDependency
from director.tasks.dispatcher import CriticalPathDispatcher
from director.tasks.graph import PLANNING, Graph
from director.tasks.journal import Journal
from director.tasks.results import conclude
from director.tasks.runner import GraphRunner

DEFAULT_PARALLEL = 4
DEFAULT_TARGETS = ("integrate",)
MAX_ROUNDS = 4
"""A critique may revise the plan while it is built; then the graph is read again."""


@dataclass(frozen=True)
class BuildOptions:
    """How a build goes on."""

    parallel: int = DEFAULT_PARALLEL
    fail_fast: bool = False
    always: bool = False
    """Run what is asked for even if it is up to date."""


def build(graph: Graph, targets: Sequence[str], *, reporter: Any, options: BuildOptions) -> ExitCode:
    """Bring targets up to date and return the exit code of the run.

    No task of a node is made from a plan that is not fresh: planning is a run of its own, after which the graph is
    read anew. Raises ConfigError for a target that there is not, and before anything is begun where there is no task
    yet, no commit, or something that every job needs is missing; JobLocked if another director holds the job.
    """
    if not graph.job.directory.task.exists():
        raise ConfigError("there is no task yet", hint='say what you want done: director plan "…"')
    if not graph.job.directory.identity.exists():
        graph.job.repository.commit("HEAD")
    check_surroundings(graph.job)
    started = time.monotonic()
    with working(graph.job):
        code = _rounds(graph, targets, reporter=reporter, options=options)
        conclude(graph.job)
        if graph.job.directory.identity.exists():
            record_run(
                graph.job,
                graph.needs,
                targets=tuple(targets),
                exit_code=int(code),
                workers=options.parallel,
                seconds=round(time.monotonic() - started, 3),
            )
        return code


def _rounds(graph: Graph, targets: Sequence[str], *, reporter: Any, options: BuildOptions) -> ExitCode:
    for _ in range(MAX_ROUNDS):
        plan = read_bytes(graph.job.directory.plan)
        code = _round(graph, targets, reporter=reporter, options=options)
        if code is not ExitCode.DONE or read_bytes(graph.job.directory.plan) == plan:
            return code
    return code


def _round(graph: Graph, targets: Sequence[str], *, reporter: Any, options: BuildOptions) -> ExitCode:
    early = [name for name in targets if name in PLANNING]
    if len(early) == len(targets) and targets:
        return run_tasks(list(graph.planning_tasks()), early, graph, reporter=reporter, options=options)
    once = BuildOptions(parallel=options.parallel, fail_fast=options.fail_fast)
    code = run_tasks(list(graph.planning_tasks()), ["slices"], graph, reporter=reporter, options=once)
    if code is not ExitCode.DONE:
        return code
    return run_tasks(list(graph.create_doit_tasks()), targets, graph, reporter=reporter, options=options)


def run_tasks(
    dicts: list[dict[str, Any]], targets: Sequence[str], graph: Graph, *, reporter: Any, options: BuildOptions
) -> ExitCode:
    """Run some of these tasks and what they need."""
    control = TaskControl(make_tasks(dicts))
    control.process(find_tasks(control, targets or DEFAULT_TARGETS))
    graph.needs.update((name, list(task.task_dep)) for name, task in control.tasks.items())
    with database(graph) as dependency:
        runner = GraphRunner(
            dependency, reporter, not options.fail_fast, options.always, Stream(2), num_process=options.parallel
        )
        ready = graph.job.spans.ready
        runner.run_all(CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks, ready))
    return runner.exit_code


def make_tasks(dicts: list[dict[str, Any]]) -> list[Task]:
    """Turn task dictionaries into doit's tasks."""
    return list(generate_tasks(Graph.basename, (task for task in dicts)))


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
