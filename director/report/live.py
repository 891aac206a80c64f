"""A job that is watched: what the page says besides the report."""

from collections.abc import Iterator

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_remade
from director.core.artifacts import Asked
from director.core.model import Model
from director.core.requests import allow_command
from director.core.words import listed
from director.job.job import Job
from director.job.lock import is_held
from director.report.status import JobStatus
from director.stages.approval import document_of, waiting_for_approval


class Wait(Model):
    """Something that a person has to do."""

    told: str
    command: str


class Live(Model):
    """What a page tells of a job that is watched."""

    revision: str
    """Of the files that the page is made from."""
    asked: tuple[str, ...] = ()
    """The calls in flight."""
    is_at_work: bool = False
    """Whether a director holds the job."""
    waits: tuple[Wait, ...] = ()
    """Empty while a director is at work."""


def live_of(job: Job, status: JobStatus, *, revision: str) -> Live:
    """Return what there is to tell now. Raises PlanError for a plan that cannot be built."""
    if is_held(job.directory):
        return Live(revision=revision, is_at_work=True, asked=tuple(_asked(job.directory)))
    return Live(revision=revision, waits=(*_approvals(job), *_requests(status)))


def _asked(directory: JobDirectory) -> Iterator[str]:
    for path in sorted(directory.calls.glob("*.json")):
        if asked := read_remade(path, Asked):
            yield f"{asked.key.role.replace('_', ' ')} for {asked.key.task}, attempt {asked.key.attempt}"


def _approvals(job: Job) -> Iterator[Wait]:
    for name in waiting_for_approval(job):
        document = document_of(job, name)
        also = f" and the tests on {job.identity.branch}" if name == "plan" else ""
        told = f"{document.name} waits for your approval. Read {document}{also}, edit it if you like, then:"
        yield Wait(told=told, command="director approve")


def _requests(status: JobStatus) -> Iterator[Wait]:
    for node in status.nodes:
        if node.requests:
            files = listed([request.path for request in node.requests])
            yield Wait(told=f"{node.id} asks for files: {files}.", command=allow_command(node.id, node.requests))
