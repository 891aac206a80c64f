"""Run a recorded job again, from its cassette, in a repository that is thrown away: no model is asked."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from director.artifacts.cassettes import document_of, read_cassette
from director.artifacts.directory import JobDirectory
from director.artifacts.files import write_text
from director.core.cassette import Cassette, Origin, Result
from director.core.comparison import Comparison, compare
from director.core.config.settings import Config, Telemetry, Tiers
from director.core.errors import ConfigError, ExitCode, Interrupted
from director.core.events import Event, Tell
from director.git.new import borrow_repository
from director.git.removal import remove_tree
from director.git.repository import Repository
from director.job.job import Approvals, Job, silent
from director.job.lifecycle import begin_job, set_task
from director.shell.scratch import scratch_directory
from director.tasks.build import BuildOptions, build
from director.tasks.graph import Graph

DEFAULT_DIRECTORY = ".director"
_PLAYED, _RECORDED = "played.yaml", "recorded.yaml"


@dataclass(frozen=True)
class Recorded:
    """A recording from which a job can be run again."""

    cassette: Cassette
    origin: Origin
    result: Result


def read_recorded(path: Path, name: str) -> Recorded:
    """Read a recording. Raises ConfigError if no whole job can be run from it."""
    cassette = read_cassette(path, name)
    if cassette.job is None:
        raise ConfigError(f"'{name}' does not say what its job started from", hint="record one: --record FILE")
    if cassette.result is None:
        hint = "run the command again that was stopped, with the same --record"
        raise ConfigError(f"'{name}' does not say what became of the job: its run was killed", hint=hint)
    lacking = cassette.result.calls - len(cassette.calls)
    if lacking > 0:
        calls = f"{lacking} of the {cassette.result.calls} calls of the job"
        raise ConfigError(
            f"'{name}' lacks {calls}", hint="a recording begins with the job and goes through all its runs"
        )
    return Recorded(cassette, cassette.job, cassette.result)


def rerun(
    recorded: Recorded,
    repository: Repository,
    *,
    config: Config,
    overrides: Path,
    parallel: int,
    reporter: "Failures",
    strict: bool,
) -> Comparison:
    """Run a recorded job again with a configuration and the user's templates, and return how it came out.

    Raises ConfigError if its base is not here, Interrupted if director is to stop.
    """
    with scratch_directory() as scratch:
        job = _prepare(Path(scratch) / "repository", recorded, repository, _playing(config), tell=reporter)
        if overrides.is_dir():
            shutil.copytree(overrides, job.directory.overrides)
        with _worktrees_removed(job):
            _build(job, recorded, parallel=parallel, reporter=reporter)
        replayed = read_cassette(job.record, _RECORDED) if job.record and job.record.exists() else Cassette(version=1)
        return compare(recorded.cassette, replayed, failures=reporter.failures, strict=strict)


class Failures:
    """Listens to a build and keeps why its tasks failed; tells another listener of the job's events."""

    def __init__(self, tell: Tell = silent) -> None:
        self.failures: dict[str, str] = {}
        self._tell = tell

    def __call__(self, event: Event) -> None:
        """Pass an event on."""
        self._tell(event)

    def add_failure(self, task: Any, fail: Any) -> None:
        """Keep the first line that says why a task failed."""
        self.failures[task.name] = fail.get_msg().strip().partition("\n")[0]

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Pass over everything else that doit reports."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_: None


def _playing(config: Config) -> Config:
    """Return a configuration with which every role is played, at whatever cost, and nobody else told."""
    tier = f"replay:{DEFAULT_DIRECTORY}/{_PLAYED}"
    tiers = Tiers(**dict.fromkeys(Tiers.model_fields, tier))
    limits = config.limits.model_copy(update={"cost_ceiling_usd": None})
    here = {"tiers": tiers, "backends": {}, "pricing": {}, "limits": limits, "telemetry": Telemetry()}
    return config.model_copy(update=here)


def _prepare(root: Path, recorded: Recorded, source: Repository, config: Config, *, tell: Tell) -> Job:
    """Begin the job in a repository of its own, with the documents that were edited by hand as they stood."""
    root.mkdir()
    repository = borrow_repository(source, root, commit=recorded.origin.base)
    directory = JobDirectory(root / DEFAULT_DIRECTORY)
    played = Cassette(version=1, calls=recorded.cassette.answered)
    write_text(directory.path / _PLAYED, document_of(played))
    set_task(repository, directory, recorded.origin.task, new=False)
    begin_job(repository, directory, base=recorded.origin.base)
    for name, text in recorded.result.edited.items():
        write_text(directory.path / name, text)
    return Job(repository, directory, config, tell=tell, record=directory.path / _RECORDED, checkout=source.root)


@contextmanager
def _worktrees_removed(job: Job) -> Iterator[None]:
    try:
        yield
    finally:
        remove_tree(job.cache)


def _build(job: Job, recorded: Recorded, *, parallel: int, reporter: Failures) -> None:
    """Build what was recorded, stage by stage: each gate is passed in the way in which it was."""
    for targets, gate in _stages(recorded):
        was_asked = any(call.task == gate for call in recorded.cassette.calls)
        approvals = Approvals.CRITIQUE if was_asked else Approvals.AUTO
        graph = Graph(replace(job, approvals=approvals))
        code = build(graph, targets, reporter=reporter, options=BuildOptions(parallel=parallel))
        if code is ExitCode.INTERRUPTED:
            raise Interrupted("director was asked to stop")
        if code is not ExitCode.DONE:
            return


def _stages(recorded: Recorded) -> Iterator[tuple[list[str], str]]:
    made = recorded.result.tasks
    yield ["gate:spec"], "gate:spec"
    if "decompose" in made or "plan.json" in recorded.result.edited:
        yield ["gate:plan"], "gate:plan"
    built = [task for task in made if task.startswith("run:")]
    if "integrate" in made or built:
        yield ["integrate"] if "integrate" in made else built, "gate:plan"
