"""Why a task is stale, in words: from what doit and the job know of its inputs and of what it made."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doit.control import TaskControl

from director.artifacts.directory import JobDirectory
from director.core.errors import DirectorError
from director.core.landed import UPDATE, undone_by
from director.core.words import listed, quoted
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
_UPDATED = {
    "run": "an update of the base branch made it red",
    "tests": "an update of the base branch changed its tests",
}
"""Why what a node made counts no longer."""
IGNORED = "you had it ignored"


@dataclass(frozen=True)
class Reason:
    """Why a task is stale."""

    text: str
    path: str = ""
    """The input that changed; empty where it is something else."""
    built: str = ""
    """The sha256 of the input as the task was built from it; empty where that is not known."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Look:
    """What a task is looked at with."""

    graph: Graph
    dependency: BaselineDependency
    control: TaskControl

    @property
    def directory(self) -> JobDirectory:
        """Where the job is."""
        return self.graph.job.directory

    def changed(self, task: Any, path: str) -> Reason:
        """Return that an input changed."""
        return Reason(f"{named(self.directory, path)} changed", path, self.dependency.saved_digest(task.name, path))


def own_reasons(look: Look, task: Any, pending: Collection[str]) -> list[Reason]:
    """Return why a task is stale by itself; empty if it is not. Inputs that `pending` tasks will make are no reason."""
    if look.dependency.status_is_ignore(task):
        return [Reason(f"{IGNORED}: 'director forget {task.name}' undoes that")]
    status = look.dependency.get_status(task, look.control.tasks, get_log=True)
    if status.status == "up-to-date":
        return []
    said = list(_said(look, task, status, pending))
    if status.reasons["uptodate_false"] and not status.reasons["missing_target"]:
        said.append(Reason(_claim(look, task.name)))
    return said or ([Reason("that it was built is not recorded")] if status.reasons["changed_file_dep"] else [])


def _claim(look: Look, task: str) -> str:
    """Return why what a task made does not count, although nothing that it reads changed."""
    kind, job = task.partition(":")[0], look.graph.job
    undone = None
    if kind in _UPDATED:
        with suppress(DirectorError):  # without a branch nothing was undone
            undone = undone_by(job.branch.commits(job.tip()), task)
    return _UPDATED[kind] if undone and undone.task == UPDATE else _CLAIMS.get(kind, _CLAIM)


def named(directory: JobDirectory, path: str) -> str:
    """Return what an input is to the task that reads it."""
    place = Path(path)
    said = {
        directory.nodes: "its part of the plan",
        directory.lock("").parent: f"the locked tests of '{place.stem}'",
        directory.merged("").parent: f"the result of '{place.stem}'",
    }
    return said.get(place.parent, f"'{shown(directory, path)}'")


def shown(directory: JobDirectory, path: str) -> str:
    """Return a path from the job's directory."""
    place = Path(path)
    return str(place.relative_to(directory.path)) if place.is_relative_to(directory.path) else path


def _said(look: Look, task: Any, status: Any, pending: Collection[str]) -> Iterator[Reason]:
    log, directory = status.reasons, look.directory
    for path in log["missing_target"][:1]:
        yield Reason(f"'{shown(directory, path)}' does not exist")
    for path in log["missing_file_dep"]:
        if look.control.targets.get(path) not in pending:
            yield Reason(f"'{shown(directory, path)}' is missing")
    for path in sorted(_changes(look, task, status)):
        yield look.changed(task, path)
    for words, paths in (("now", log["added_file_dep"]), ("no longer", log["removed_file_dep"])):
        if paths:
            yield Reason(f"it {words} depends on {listed([quoted(shown(directory, path)) for path in sorted(paths)])}")


def _changes(look: Look, task: Any, status: Any) -> set[str]:
    """Leave out what is new or missing: that is said in other words."""
    if not look.dependency.backend.in_(task.name):
        return set()
    others = {*status.reasons["added_file_dep"], *status.reasons["missing_file_dep"]}
    return set(status.reasons["changed_file_dep"]) - others
