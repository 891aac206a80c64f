"""The repository's own gates, in clean checkouts: before anything was done, and of everything together."""

from functools import partial
from pathlib import Path

from director.artifacts.attempts import numbered
from director.artifacts.files import read_remade, write_model
from director.core.artifacts import GateOutcome, GatesRun
from director.core.errors import StageFailed
from director.core.events import Step
from director.core.landed import UPDATE
from director.core.plan.node import Node
from director.job.inputs import read_slice
from director.job.job import Job
from director.job.places import side_by_side
from director.stages.base import base_of
from director.stages.testing import TestRun, run_in_checkout, was_counted


def measure_baseline(job: Job) -> None:
    """Run the repository's gates at the base and tell which of them were red before anything was done."""
    base = base_of(job)
    outcomes = {}
    for name, command in job.config.active_gates().items():
        job.tell(Step("baseline", name))
        run = run_in_checkout(job, base, command, output=job.directory.logs("baseline") / f"{name}.txt")
        outcomes[name] = GateOutcome(command=command, exit_code=_status(run))
        if not run.finished.succeeded:
            job.note(f"the gate '{name}' is red before anything is done: `{command}`", task="baseline")
    write_model(job.directory.baseline, GatesRun(commit=base, gates=outcomes))


def integrate(job: Job, nodes: list[str]) -> None:
    """Run every node's tests and the repository's gates at the tip. Raises StageFailed with the first that is red."""
    tip = job.tip()
    logs = job.directory.logs("integrate") / str(len(numbered(job.directory, "integrate")) + 1)
    tests = [partial(_pass_tests, job, read_slice(job, name), tip, logs / "nodes" / f"{name}.txt") for name in nodes]
    side_by_side(tests, at_once=job.at_work.tests_at_once)
    outcomes = {}
    for name, command in job.config.active_gates().items():
        outcomes[name] = _pass_gate(job, name, command, tip, logs / "gates" / f"{name}.txt")
    write_model(job.directory.integration, GatesRun(commit=tip, gates=outcomes))


def _pass_tests(job: Job, node: Node, tip: str, output: Path) -> None:
    job.tell(Step("integrate", f"tests of {node.id}"))
    run = run_in_checkout(job, tip, node.test_cmd, output=output)
    if not run.proves(counted=was_counted(job, node.id)):
        raise _red(job, f"the tests of '{node.id}' are red", node.test_cmd, run, tip)


def _pass_gate(job: Job, name: str, command: str, tip: str, output: Path) -> GateOutcome:
    job.tell(Step("integrate", name))
    run = run_in_checkout(job, tip, command, output=output)
    if not run.finished.succeeded:
        raise _red(job, f"the gate '{name}' is red", command, run, tip)
    return GateOutcome(command=command, exit_code=0)


def _red(job: Job, what: str, command: str, run: TestRun, tip: str) -> StageFailed:
    since = _landed_since_green(job, tip)
    return StageFailed(
        f"integration failed: {what} on {job.identity.branch}\n"
        f"{_before(job, command)}; landed since the last green state: {', '.join(since) or 'nothing'}\n"
        f"`{command}`: {run.told()}",
        hint="mend it on the job branch or edit the plan, then run 'director run' again",
    )


def _before(job: Job, command: str) -> str:
    baseline = read_remade(job.directory.baseline, GatesRun)
    found = [gate for gate in (baseline.gates.values() if baseline else ()) if gate.command == command]
    if not found:
        return "it was not run at the base"
    return "it was red at the base already" if found[0].exit_code else "it was green at the base"


def _landed_since_green(job: Job, tip: str) -> list[str]:
    green = read_remade(job.directory.integration, GatesRun)
    landed = job.repository.landed(green.commit if green else job.identity.base, tip)
    names = ("an update of the base" if entry.task == UPDATE else entry.task for entry in landed)
    return [name.removeprefix("run:") for name in names if not name.startswith("tests:")]


def _status(run: TestRun) -> int:
    return run.finished.exit_code if run.finished.succeeded or run.finished.exit_code else -1
