"""Build targets of the graph: plan first where the plan is not fresh, then what was asked for."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from doit.task import Stream

from director.artifacts.files import read_bytes
from director.core.errors import ConfigError, ExitCode
from director.job.places import DEFAULT_AGENTS
from director.job.surroundings import check_surroundings
from director.job.work import working
from director.stages.measuring import record_run
from director.tasks.control import control_tasks, database, find_tasks, needs_in
from director.tasks.dispatcher import CriticalPathDispatcher
from director.tasks.graph import PLANNING, Graph, TaskDict
from director.tasks.results import conclude
from director.tasks.runner import GraphRunner

DEFAULT_TARGETS = ("integrate",)
MAX_ROUNDS = 4
"""A critique may revise the plan while it is built; then the graph is read again."""


@dataclass(frozen=True)
class BuildOptions:
    """How a build goes on."""

    parallel: int = DEFAULT_AGENTS
    """Agents at work at once."""
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
        return run_tasks(graph.planning_tasks(), early, graph, reporter=reporter, options=options)
    once = BuildOptions(parallel=options.parallel, fail_fast=options.fail_fast)
    code = run_tasks(graph.planning_tasks(), ["slices"], graph, reporter=reporter, options=once)
    if code is not ExitCode.DONE:
        return code
    return run_tasks(graph.create_doit_tasks(), targets, graph, reporter=reporter, options=options)


def run_tasks(
    dicts: Iterator[TaskDict], targets: Sequence[str], graph: Graph, *, reporter: Any, options: BuildOptions
) -> ExitCode:
    """Run some of these tasks and what they need."""
    control = control_tasks(dicts)
    control.process(find_tasks(control, targets or DEFAULT_TARGETS))
    graph.needs.update(needs_in(control.tasks))
    with database(graph) as dependency:
        at_work, ready = graph.job.at_work, graph.job.spans.ready
        at_work.open(options.parallel)
        runner = GraphRunner(
            dependency,
            reporter,
            not options.fail_fast,
            options.always,
            Stream(2),
            num_process=at_work.tasks_at_once,
            stopping=at_work.close,
        )
        dispatcher = CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks, ready)
        at_work.urgency.update(dispatcher.lengths)
        runner.run_all(dispatcher)
    return runner.exit_code
