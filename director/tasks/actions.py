"""What each task of a job's graph does."""

from collections.abc import Callable, Mapping

from director.job.job import Job
from director.job.lifecycle import begin_job
from director.stages import acceptance, approval, given, integration, node, planning, slices

_ACTIONS: Mapping[str, Callable[[Job, str], None]] = {
    "job": lambda job, _: _begin(job),
    "recon": lambda job, _: planning.write_recon(job),
    "spec": lambda job, _: _specify(job),
    "gate": approval.pass_gate,
    "decompose": lambda job, _: planning.write_plan(job),
    "slices": lambda job, _: slices.write_slices(job),
    "tests": acceptance.write_tests,
    "baseline": lambda job, _: integration.measure_baseline(job),
    "run": node.run_node,
    "integrate": lambda job, _: integration.integrate(job, list(job.nodes)),
}
"""By the kind of task; each is given the job and what stands after the kind, such as a node."""


def perform(job: Job, task: str) -> None:
    """Do what a task is for."""
    kind, _, name = task.partition(":")
    _ACTIONS[kind](job, name)


def _specify(job: Job) -> None:
    write = given.require_given if job.directory.source.exists() else planning.write_spec
    write(job)


def _begin(job: Job) -> None:
    begin_job(job.repository, job.directory)
    job.branch.hold()
