"""What became of a job, for its recording: computed from its records and its branch."""

from director.artifacts.attempts import history, numbered
from director.artifacts.documents import is_hand_edited
from director.artifacts.files import read_remade, read_text
from director.artifacts.plans import read_plan
from director.core.artifacts import GatesRun
from director.core.attempts import Outcome
from director.core.cassette import Result, TaskResult
from director.core.errors import DirectorError
from director.job.job import Job

_PLANNING = ("recon", "spec", "gate:spec", "decompose", "gate:plan")


def conclude(job: Job) -> None:
    """Write into the recording, if calls are recorded, what became of the job so far."""
    if job.recording and job.directory.identity.exists():
        job.recording.conclude(result_of(job))


def result_of(job: Job) -> Result:
    """Return what became of a job so far."""
    found = {task: _result_of(job, task) for task in (*_PLANNING, *_node_tasks(job))} | {"integrate": _integrated(job)}
    documents = (job.directory.source, job.directory.recon, job.directory.spec, job.directory.plan)
    edited = [document for document in documents if is_hand_edited(job.directory, document)]
    return Result.model_validate(
        {
            "tasks": {task: result for task, result in found.items() if result},
            "tree": job.repository.tree(job.tip()),
            "calls": job.ledger.answered,
            "edited": {document.name: read_text(document) for document in edited},
        }
    )


def _node_tasks(job: Job) -> list[str]:
    try:
        nodes = [node.id for node in read_plan(job.directory.plan).nodes]
    except DirectorError:
        return []  # there is no plan yet, or none that can be built
    return [f"{kind}:{node}" for kind in ("tests", "run") for node in nodes]


def _result_of(job: Job, task: str) -> TaskResult | None:
    made = history(job.directory, task)
    return TaskResult(outcome=made[-1].outcome, attempts=len(made), role=made[-1].role) if made else None


def _integrated(job: Job) -> TaskResult | None:
    if not numbered(job.directory, "integrate"):
        return None
    green = read_remade(job.directory.integration, GatesRun)
    return TaskResult(outcome=Outcome.PASSED if green and green.commit == job.tip() else Outcome.FAILED)
