"""Begin a bench: its planning job, in a directory of its own. Nothing of an earlier bench is deleted."""

import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from director.artifacts.bench import BenchDirectory
from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, read_text, write_text
from director.core.artifacts import JobIdentity
from director.core.config.settings import Config
from director.core.errors import ConfigError
from director.core.plan.validation import parse_plan
from director.git.repository import Repository
from director.job.configuration import config_text
from director.job.lifecycle import begin_job, write_ignore_rules
from director.stages.planning import plan_text

_AGAIN = "put it aside with 'director bench --new …' (nothing is deleted)"


def begin_bench(
    repository: Repository,
    directory: JobDirectory,
    config: Config,
    *,
    task: str | None,
    plan: Path | None,
    base: str,
    new: bool,
) -> JobDirectory:
    """Return the job directory of the planning job, begun if it was not; `plan` is a plan to take instead of one made.

    Raises ConfigError for another task, plan or base than the bench here has, unless `new`.
    """
    bench, given = BenchDirectory.of(directory), _given_plan(plan)
    text = task if task is not None or plan is None else f"Build the plan '{plan.name}'."
    if new and bench.planning.path.exists():
        archive_bench(bench)
    place = bench.planning
    _check_same(place, text, given)
    write_ignore_rules(directory.path)
    if given is not None:
        write_text(place.plan, given)
    if text is not None:  # after the plan: a task that stands there says that the plan does
        write_text(place.task, text.strip() + "\n")
    write_text(place.config, config_text(config))
    if directory.overrides.is_dir() and not place.overrides.exists():
        shutil.copytree(directory.overrides, place.overrides)
    is_new = not place.identity.exists()
    identity = begin_job(repository, place, base=base)
    if not is_new and base != "HEAD" and identity.base != repository.commit(base):
        raise ConfigError(f"the bench here started from {identity.base[:12]}, not from '{base}'", hint=_AGAIN)
    return place


def archive_bench(bench: BenchDirectory) -> Path:
    """Move the files of a bench aside; its branches and refs stay."""
    target = bench.archive / _name_of(bench)
    while target.exists():
        target = target.with_name(target.name + "-again")
    target.mkdir(parents=True)
    kept = {bench.archive.name, "lock", bench.planning.holder.name, bench.planning.path.name}
    entries = [entry for entry in sorted(bench.path.iterdir()) if entry.name not in kept]
    for entry in (*entries, bench.planning.path):  # the plan goes last: until then, this can be done again
        shutil.move(entry, target / entry.name)
    return target


def _name_of(bench: BenchDirectory) -> str:
    with suppress(ConfigError):
        if identity := read_model(bench.planning.identity, JobIdentity):
            return identity.id
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S")


def _given_plan(path: Path | None) -> str | None:
    if path is None:
        return None
    text = read_text(path)
    if text is None:
        raise ConfigError(f"there is no plan at '{path}'", hint="--plan names a plan.json")
    return plan_text(parse_plan(text, source=f"'{path}'"))


def _check_same(place: JobDirectory, task: str | None, plan: str | None) -> None:
    known = read_text(place.task)
    if known is None:
        if task is None:
            raise ConfigError("there is no task yet", hint='say what the arms are to do: director bench "…"')
        return
    if task is not None and known.strip() != task.strip():
        raise ConfigError(f"the bench in '{place.path.parent}' has another task", hint=_AGAIN)
    if plan is not None and read_text(place.plan) != plan:
        raise ConfigError(f"the bench in '{place.path.parent}' has another plan", hint=_AGAIN)
