"""Judge an arm at its tip: the same tests, gates and held-out tests for all, in clean checkouts."""

from pathlib import Path

from director.artifacts.attempts import numbered
from director.artifacts.directory import JobDirectory
from director.core.bench.arms import Frozen, Judged, Yardstick
from director.core.config.settings import Config
from director.core.digests import digest
from director.core.errors import Rejected
from director.core.events import Step
from director.core.plan.node import Node, Plan
from director.job.job import Job
from director.stages.testing import TestRun, run_in_candidate, tells_count


def yardstick_of(config: Config, *, holdout: str) -> Yardstick:
    """Return what arms are judged by, from the configuration that planned."""
    return Yardstick(gates=config.active_gates(), flake_runs=config.limits.flake_runs, holdout=holdout)


def judge(job: Job, frozen: Frozen, plan: Plan, yardstick: Yardstick, *, planning: JobDirectory) -> Judged:
    """Return how good an arm's tip is by the frozen plan and its tests; the job has the configuration that judges."""
    tip, logs = job.tip(), job.directory.logs("judge")
    at_tip = job.repository.blobs(tip, frozen.locked)
    nodes = {}
    for node in plan.nodes:
        job.tell(Step("judge", f"tests of {node.id}"))
        is_locked = all(at_tip[path] == blob for path, blob in frozen.tests[node.id].items())
        nodes[node.id] = is_locked and _is_green(job, node, tip, yardstick, logs=logs, planning=planning)
    gates = {}
    for name, command in yardstick.gates.items():
        job.tell(Step("judge", name))
        run = _run(job, tip, command, output=logs / "gates" / f"{name}.txt")
        gates[name] = run is not None and run.finished.succeeded
    return Judged(
        commit=tip,
        yardstick=yardstick.digest,
        tests=digest(at_tip),
        nodes=nodes,
        gates=gates,
        holdout=_holdout(job, tip, yardstick, logs=logs),
    )


def _is_green(job: Job, node: Node, tip: str, yardstick: Yardstick, *, logs: Path, planning: JobDirectory) -> bool:
    output, counted = logs / "nodes" / f"{node.id}.txt", _was_counted(planning, node)
    runs = (_run(job, tip, node.test_cmd, output=output) for _ in range(yardstick.flake_runs))
    return all(run is not None and run.proves(counted=counted) for run in runs)


def _run(job: Job, tip: str, command: str, *, output: Path) -> TestRun | None:
    """Run a command at the tip; None if the arm's work cannot even be set up."""
    try:
        return run_in_candidate(job, tip, command, output=output)
    except Rejected:
        return None


def _was_counted(planning: JobDirectory, node: Node) -> bool:
    """Tell whether the runner said how many tests ran when they were seen red."""
    seen = [attempt / "red.txt" for attempt in numbered(planning, f"tests:{node.id}")]
    return any(output.is_file() and tells_count(output) for output in seen[-1:])


def _holdout(job: Job, tip: str, yardstick: Yardstick, *, logs: Path) -> bool | None:
    if not yardstick.holdout:
        return None
    job.tell(Step("judge", "held-out tests"))
    run = _run(job, tip, yardstick.holdout, output=logs / "holdout.txt")
    return run is not None and run.passed
