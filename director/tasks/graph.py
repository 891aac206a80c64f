"""The job as doit tasks: artifacts are targets, and whatever reads an artifact depends on its file.

    job → recon → spec → gate:spec → decompose → slices → tests:ID → gate:plan → run:ID → integrate

Tasks of nodes exist as far as plan.json does. `plan` is the group of everything before `run:ID`.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from doit.tools import config_changed

from director.artifacts.files import read_remade, write_model
from director.artifacts.plans import read_plan
from director.core.artifacts import Approval, GatesRun, Merged, TestLock
from director.core.errors import ConfigError, DirectorError
from director.core.landed import Landed, last_update
from director.core.plan.node import Node, Plan, Slice, slice_of
from director.job.job import Job
from director.tasks.claims import Claim, are_sound, claim
from director.tasks.outcomes import Outcome, action

TaskDict = dict[str, Any]
PLANNING = ("job", "recon", "spec", "gate:spec", "decompose", "slices")
"""The tasks that exist before there is a plan."""
SURROUNDINGS = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EISDIR, errno.ENOTDIR}
)
"""What the system refuses through no fault of director: rights, room, something else in the place of a file."""
_WEIGHTS = {"easy": 1.0, "medium": 2.0, "hard": 4.0}


class Graph:
    """The tasks of one job. `create_doit_tasks` is where doit looks for them."""

    basename = "director"

    def __init__(self, job: Job) -> None:
        self.job = job
        self.needs: dict[str, list[str]] = {}
        """What each task waits for, as far as it was built."""

    def create_doit_tasks(self) -> Iterator[TaskDict]:
        """Yield every task that can be known now."""
        for known in ("_commits", "_landed"):
            self.__dict__.pop(known, None)
        yield from self.planning_tasks()
        if self.job.directory.plan.exists():
            yield from self.node_tasks(read_plan(self.job.directory.plan))

    def _is_on_branch(self, task: str, path: Path, model: type[Merged] | type[TestLock]) -> Claim:
        """Return a claim for doit: that an artifact is not spoiled and the job branch holds what it stands for."""

        def holds() -> bool:
            made = read_remade(path, model)
            landed = self._landed.get(task, [])
            return made.commit in landed if isinstance(made, Merged) else bool(made and landed)

        return claim(holds)

    @cached_property
    def _landed(self) -> dict[str, list[str]]:
        """The commits on the job branch by the task that made them, as they were when doit first asked."""
        landed: dict[str, list[str]] = {}
        for entry in self._commits:
            landed.setdefault(entry.task, []).append(entry.commit)
        return landed

    @cached_property
    def _commits(self) -> list[Landed]:
        with suppress(DirectorError):
            return self.job.landed()
        return []  # without a branch nothing has landed

    def planning_tasks(self) -> Iterator[TaskDict]:
        """Yield the tasks that lead to the plan."""
        directory = self.job.directory
        slices = [directory.node(name) for name in self._planned_ids()]
        start = self._task("job", "begin the job at a commit", targets=[directory.identity])
        yield start | {"uptodate": [True]}
        is_given = directory.source.exists()
        yield from self._given_spec() if is_given else self._made_spec()
        yield _group("gate", "approvals of the specification and the plan")
        yield self._gate("spec", "approve the specification", [directory.spec])
        yield self._task(
            "decompose",
            "plan the specification as nodes",
            file_dep=[directory.spec, *([] if is_given else [directory.recon]), directory.approved("spec")],
            targets=[directory.plan],
        )
        yield self._task(
            "slices",
            "give each node its own part of the plan",
            file_dep=[directory.plan],
            targets=slices,
            uptodate=[are_sound(slices, Slice)],
            clean=True,
        )

    def _made_spec(self) -> Iterator[TaskDict]:
        directory = self.job.directory
        yield self._task(
            "recon",
            "explore the repository",
            file_dep=[directory.task, directory.identity],
            targets=[directory.recon],
        )
        yield self._task(
            "spec",
            "turn the task into a specification",
            file_dep=[directory.task, directory.recon],
            targets=[directory.spec],
        )

    def _given_spec(self) -> Iterator[TaskDict]:
        yield {"basename": "recon", "actions": None, "doc": "nothing: the specification is given"}
        yield self._task("spec", "take what is given", targets=[self.job.directory.spec]) | {"uptodate": [True]}

    def node_tasks(self, plan: Plan) -> Iterator[TaskDict]:
        """Yield the tasks of the plan's nodes, and what gathers them."""
        job, directory = self.job, self.job.directory
        ids = [planned.id for planned in plan.nodes]
        job.nodes.clear()
        job.nodes.update((planned.id, slice_of(planned)) for planned in plan.nodes)
        yield _group("tests", "the locked tests of every node")
        for planned in plan.nodes:
            yield self._tests(planned)
        yield self._gate("plan", "approve the plan and its tests", [directory.plan, *map(directory.lock, ids)])
        everything = [*PLANNING, *(f"tests:{name}" for name in ids), "gate:plan"]
        yield {"basename": "plan", "actions": None, "task_dep": everything, "doc": "everything up to an approved plan"}
        gates = config_changed({"gates": job.config.active_gates()})
        yield self._task(
            "baseline",
            "run the repository's gates before anything is done",
            file_dep=[directory.identity],
            targets=[directory.baseline],
            uptodate=[gates, self._baseline_is_measured],
            clean=True,
        )
        yield _group("run", "every node, landed on the job branch")
        for planned in plan.nodes:
            yield self._run(planned)
        yield self._task(
            "integrate",
            "run every gate on everything together",
            file_dep=[directory.baseline, *map(directory.merged, ids)],
            targets=[directory.integration],
            task_dep=["gate:plan"],
            uptodate=[config_changed({"gates": job.config.active_gates()}), self._tip_is_integrated],
            clean=True,
        )

    def _planned_ids(self) -> list[str]:
        plan = self.job.directory.plan
        return [planned.id for planned in read_plan(plan).nodes] if plan.exists() else []

    def _task(
        self,
        name: str,
        doc: str,
        *,
        file_dep: list[Path] | None = None,
        targets: list[Path],
        **more: Any,
    ) -> TaskDict:
        """Return a task of ours; its output is never captured, since doit's capture mixes the tasks of threads."""
        kind, _, node_name = name.partition(":")
        return {
            "basename": kind,
            **({"name": node_name} if node_name else {}),
            "doc": doc,
            "actions": [partial(self._act, name)],
            "file_dep": [str(path) for path in file_dep or ()],
            "targets": [str(path) for path in targets],
            "io": {"capture": False},
            "verbosity": 2,
            "meta": {"weight": 1.0},
            **more,
        }

    def _act(self, name: str) -> bool | Outcome:
        return action(telling(partial(self._measured, name)))()

    def _measured(self, name: str) -> None:
        if name == "job":  # before it there are no records
            self.perform(name)
            return
        with self.job.spans.task(name), self.job.at_work.expected(name):
            self.perform(name)

    def perform(self, task: str) -> None:
        """Do what a task is for."""
        from director.tasks.actions import perform  # noqa: PLC0415 (agents, prompts, gates: only once a task runs)

        perform(self.job, task)

    def _gate(self, name: str, doc: str, documents: list[Path]) -> TaskDict:
        job = self.job
        task = self._task(
            f"gate:{name}",
            doc,
            file_dep=documents,
            targets=[job.directory.approved(name)],
            uptodate=[are_sound([job.directory.approved(name)], Approval)],
        )
        return task | {"meta": {"rewrites": [str(documents[0])], "weight": 1.0}}

    def _tests(self, planned: Node) -> TaskDict:
        job, name = self.job, planned.id
        task = self._task(
            f"tests:{name}",
            f"write the tests of: {planned.title or name}",
            file_dep=[job.directory.node(name)],
            targets=[job.directory.lock(name)],
            task_dep=["gate:spec"],
            uptodate=[self._is_on_branch(f"tests:{name}", job.directory.lock(name), TestLock)],
            clean=True,
        )
        task["meta"] |= self._restoring(name)
        return task

    def _run(self, planned: Node) -> TaskDict:
        directory, name = self.job.directory, planned.id
        needed = [directory.merged(dependency) for dependency in planned.depends_on]
        task = self._task(
            f"run:{name}",
            planned.title or name,
            file_dep=[directory.node(name), directory.lock(name), *needed],
            targets=[directory.merged(name)],
            task_dep=["gate:plan"],
            uptodate=[self._is_on_branch(f"run:{name}", directory.merged(name), Merged)],
            clean=True,
        )
        task["meta"] = self._restoring(name) | {"weight": _WEIGHTS[planned.estimated_difficulty]}
        return task

    def _restoring(self, name: str) -> dict[str, Any]:
        """Return what puts a node's slice back before its task begins: agents may have been at the file."""
        path, value = self.job.directory.node(name), self.job.nodes[name]
        return {"restore": lambda: write_model(path, value)}

    def _baseline_is_measured(self) -> bool:
        """Tell whether the gates were run at the commit of the base branch that the job stands on."""
        measured = read_remade(self.job.directory.baseline, GatesRun)
        return measured is not None and measured.commit == (last_update(self._commits) or self.job.identity.base)

    def _tip_is_integrated(self) -> bool:
        """Tell whether the job branch still stands where it was integrated: the branch is an input like any file."""
        integrated = read_remade(self.job.directory.integration, GatesRun)
        try:
            return integrated is not None and self.job.tip() == integrated.commit
        except DirectorError:
            return False


def refusal_of(error: OSError, *, place: str) -> ConfigError:
    """Return what a person is told about an error of the surroundings; `place` is meant where it names no file."""
    said = (error.strerror or str(error)).lower()
    where = f"'{error.filename}'" if error.filename else place
    return ConfigError(f"{where} cannot be used: {said}", hint="see to its rights and to the room on the disk")


def telling(function: Callable[[], None]) -> Callable[[], None]:
    """Return the function so that an error of the surroundings is told as one."""

    def run() -> None:
        try:
            function()
        except OSError as error:
            if error.errno not in SURROUNDINGS:
                raise
            raise refusal_of(error, place="a file of the job") from error

    return run


def _group(name: str, doc: str) -> TaskDict:
    """Describe a group, before the first of its tasks."""
    return {"basename": name, "name": None, "doc": doc}
