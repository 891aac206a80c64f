"""A bench as doit tasks: `bench:PROFILE:TRIAL` builds and judges one arm.

An arm is a whole graph of its own in a job directory of its own; the bench's graph only says which arms there are, and
its journal which came to their end. So an interrupted bench goes on, and a further profile runs alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from doit.task import Stream
from doit.tools import config_changed

from director.artifacts.bench import BenchDirectory
from director.artifacts.files import read_remade, write_model
from director.core.artifacts import JobIdentity
from director.core.bench.arms import Arm, Frozen, Judged, Yardstick, contest
from director.core.config.settings import Config
from director.core.errors import ConfigError, ExitCode, Interrupted, JobLocked, LimitReached, StageFailed
from director.core.events import CallEnded, CallStarted, Event, Note, Step, Waiting
from director.core.plan.node import Plan
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.job.job import Job
from director.job.work import working
from director.stages.bench.arm import came_to_its_end, prepare_arm
from director.stages.bench.judging import judge
from director.tasks.build import BuildOptions, build
from director.tasks.control import control_tasks, database_at, find_tasks
from director.tasks.dispatcher import CriticalPathDispatcher
from director.tasks.given import ArmGraph
from director.tasks.graph import TaskDict, telling
from director.tasks.outcomes import action
from director.tasks.runner import GraphRunner


@dataclass(frozen=True)
class Bench:
    """A frozen plan, and everything that its arms are run and judged with."""

    repository: Repository
    place: BenchDirectory
    frozen: Frozen
    plan: Plan
    arms: Sequence[Arm]
    profiles: dict[str, Config]
    yardstick: Yardstick
    judging: Config
    """The configuration that judges every arm: how long it may take, and how a worktree is set up for it."""
    parallel: int
    """Tasks at once in each arm."""


def run_arms(bench: Bench, targets: Sequence[str], *, reporter: Any, arms_at_once: int) -> ExitCode:
    """Run the arms that have not come to their end, and return the exit code; one that cannot be run stops no other.

    `targets` are tasks of the bench, or patterns of them; without any, all are meant. `reporter` is a listener to
    events and a reporter of doit's in one. The caller holds the bench and listens to signals.
    """
    control = control_tasks(bench_tasks(bench, reporter))
    control.process(find_tasks(control, targets or ["bench"]))
    with database_at(bench.place.database) as dependency:
        runner = GraphRunner(dependency, reporter, continue_=True, stream=Stream(2), num_process=arms_at_once)
        runner.run_all(CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks))
    return runner.exit_code


def bench_tasks(bench: Bench, reporter: Any) -> Iterator[TaskDict]:
    """Yield the group of all arms, and each arm."""
    yield {"basename": "bench", "name": None, "doc": "the plan under every profile"}
    for arm in bench.arms:
        decides = {"contest": contest(bench.profiles[arm.profile]), "yardstick": bench.yardstick.digest}
        yield {
            "basename": "bench",
            "name": arm.label,
            "doc": f"run the plan with the profile '{arm.profile}', trial {arm.trial}",
            "actions": [action(telling(_running(bench, arm, reporter)))],
            "file_dep": [str(bench.place.frozen)],
            "targets": [str(bench.place.judged(arm))],
            "uptodate": [config_changed(decides), _stands(bench, arm)],
            "io": {"capture": False},
            "verbosity": 2,
            "meta": {"weight": 1.0},
        }


def run_arm(bench: Bench, arm: Arm, *, reporter: Any) -> None:
    """Build an arm to its end and judge it. Raises StageFailed for one that cannot be run."""
    config = bench.profiles[arm.profile]
    directory = prepare_arm(bench.repository, bench.place, bench.frozen, arm, config)
    shown = ArmReporter(reporter, arm)
    job = Job(bench.repository, directory, config, tell=shown)
    _build(job, bench, arm, shown)
    judging = Job(bench.repository, directory, bench.judging, tell=shown)
    with working(judging):
        judged = judge(judging, bench.frozen, bench.plan, bench.yardstick, planning=bench.place.planning)
        write_model(bench.place.judged(arm), judged)
    remove_tree(job.cache)


def _running(bench: Bench, arm: Arm, reporter: Any) -> Callable[[], None]:
    return lambda: run_arm(bench, arm, reporter=reporter)


def _stands(bench: Bench, arm: Arm) -> Callable[[], bool]:
    """Return a claim for doit: that an arm was judged and its branch stands where it was."""

    def claim() -> bool:
        judged = read_remade(bench.place.judged(arm), Judged)
        identity = read_remade(bench.place.job(arm).identity, JobIdentity)
        return bool(judged and identity and bench.repository.tip(identity.ref) == judged.commit)

    return claim


def _build(job: Job, bench: Bench, arm: Arm, shown: "ArmReporter") -> None:
    try:
        code = build(ArmGraph(job), ["run"], reporter=shown, options=BuildOptions(parallel=bench.parallel))
    except JobLocked:
        raise
    except ConfigError as error:
        raise _cannot_run(arm, str(error)) from error
    match code:
        case ExitCode.INTERRUPTED:
            raise Interrupted("director was asked to stop")
        case ExitCode.LIMIT:
            raise LimitReached(f"the arm '{arm.label}' stopped at a limit: {shown.reason}")
        case ExitCode.BUG:
            raise RuntimeError(f"a bug in the arm '{arm.label}': {shown.reason}")
        case _ if not came_to_its_end(job):
            raise _cannot_run(arm, shown.reason)


def _cannot_run(arm: Arm, reason: str) -> StageFailed:
    return StageFailed(f"the arm '{arm.label}' could not be run: {reason}", hint="the other arms are not affected")


class ArmReporter:
    """Passes on what happens in an arm, each task with the arm before its name, and keeps why tasks failed."""

    def __init__(self, outer: Any, arm: Arm) -> None:
        self._outer = outer
        self._label = arm.label
        self._reasons: list[str] = []

    @property
    def reason(self) -> str:
        """Why the first task failed that did."""
        return self._reasons[0] if self._reasons else "it ended early"

    def __call__(self, event: Event) -> None:
        """Pass an event on."""
        match event:
            case CallStarted() | CallEnded() | Waiting():
                key = event.key.model_copy(update={"task": self._name(event.key.task)})
                self._outer(replace(event, key=key))
            case Step() | Note():
                self._outer(replace(event, task=self._name(event.task)))

    def initialize(self, tasks: Any, selected: Any) -> None:
        """Begin: the bench shows all arms."""

    def complete_run(self) -> None:
        """End: the bench goes on."""

    def add_failure(self, task: Any, fail: Any) -> None:
        """Keep why a task failed, and pass it on."""
        self._reasons.append(fail.get_msg().strip())
        self._outer.add_failure(self._named(task), fail)

    def waiting(self, task: Any, names: list[str]) -> None:
        """Pass on that a task waits."""
        self._outer.waiting(self._named(task), [self._name(name) for name in names])

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Pass on everything else that doit reports of a task."""
        if name.startswith("_"):
            raise AttributeError(name)
        report = getattr(self._outer, name)
        return lambda task, *more: report(self._named(task), *more)

    def _named(self, task: Any) -> Any:
        return SimpleNamespace(name=self._name(task.name), actions=task.actions) if hasattr(task, "name") else task

    def _name(self, task: str) -> str:
        return f"{self._label} {task}".rstrip()
