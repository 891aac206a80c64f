"""The graph of a job whose plan is given: what would make the plan is not in it, so nobody can be asked for one."""

from collections.abc import Collection, Iterable, Iterator

from director.core.errors import StageFailed
from director.core.plan.node import Plan
from director.job.job import Job
from director.tasks.graph import Graph, TaskDict


class GivenPlan(Graph):
    """The slices of a plan, and what is kept of the tasks of its nodes."""

    def __init__(self, job: Job, *, kept: Collection[str]) -> None:
        """`kept` are groups of tasks, such as `tests` and `run`."""
        super().__init__(job)
        self._kept = kept

    def planning_tasks(self) -> Iterator[TaskDict]:
        """Yield only the slices."""
        return _only(super().planning_tasks(), {"slices"})

    def node_tasks(self, plan: Plan) -> Iterator[TaskDict]:
        """Yield the tasks of the groups that are kept."""
        return _only(super().node_tasks(plan), self._kept)


class ArmGraph(GivenPlan):
    """The nodes of an arm: each has one ladder, however often the bench is run again."""

    def __init__(self, job: Job) -> None:
        super().__init__(job, kept={"run", "baseline", "integrate"})

    def perform(self, task: str) -> None:
        """Do what a task is for, unless it is a node whose ladder came to its end in an earlier run."""
        kind, _, name = task.partition(":")
        if kind == "run":
            self._run_node(task, name)
        else:
            super().perform(task)

    def _run_node(self, task: str, name: str) -> None:
        from director.stages.node import has_given_up  # noqa: PLC0415 (only once a task runs, as in Graph.perform)

        hint = f"every attempt is in {self.job.directory.logs(task)}; a bench gives each node one ladder"
        if has_given_up(self.job, name):
            raise StageFailed(f"'{task}' was given up before", hint=hint)
        try:
            super().perform(task)
        except StageFailed as failed:
            raise StageFailed(failed.message, hint=hint) from failed


def _only(tasks: Iterable[TaskDict], kept: Collection[str]) -> Iterator[TaskDict]:
    """Yield the tasks of some groups, without what they would wait for outside of them."""
    for task in tasks:
        if task["basename"] in kept:
            needed = [name for name in task.get("task_dep", ()) if name.partition(":")[0] in kept]
            yield task | ({"task_dep": needed} if "task_dep" in task else {})
