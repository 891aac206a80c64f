"""Read what attempts left in their directories; what is torn or missing is left out."""

from pathlib import Path

from director.artifacts.attempts import Answered, numbered
from director.artifacts.files import read_remade
from director.core.attempts import Attempt, Outcome
from director.core.calls import End, Reply
from director.core.errors import GitError
from director.job.job import Job
from director.report.model import AttemptReport, Passage
from director.report.room import Room

_OUTPUTS = {
    "before": "tests before the work",
    "red": "tests, which have to be red",
    "gate": "gate",
    "combined": "tests after combination",
}


def read_attempts(job: Job, task: str, room: Room) -> tuple[AttemptReport, ...]:
    """Return the attempts at a task in order."""
    return tuple(_read(job, task, log, room) for log in numbered(job.directory, task))


def read_diff(job: Job, commit: str, room: Room) -> str:
    """Return what a commit changed; nothing if it is no longer there."""
    try:
        patch = job.repository.diff(job.repository.parent(commit), commit, limit=2 * room.limit)
    except GitError:
        return ""
    return room.shown(patch)


def _read(job: Job, task: str, log: Path, room: Room) -> AttemptReport:
    outcome = read_remade(log / "outcome.json", Attempt)
    answered = read_remade(log / "reply.json", Answered)
    has_failed = outcome is not None and outcome.outcome is Outcome.FAILED
    return AttemptReport(
        task=task,
        number=int(log.name),
        role=outcome.role if outcome else "",
        state=outcome.outcome.value if outcome else "unfinished",
        end=_end(answered.reply) if answered else "",
        prompt=room.read(log / "prompt.md"),
        reply=room.shown(answered.reply.text) if answered else "",
        feedback=room.shown(outcome.feedback) if outcome else "",
        outputs=tuple(Passage(name=_name(path), text=room.read(path)) for path in sorted(log.glob("*.txt"))),
        reviews=tuple(_review(path, room) for path in sorted(log.glob("review-*"))),
        requests=outcome.requests if outcome else (),
        diff=read_diff(job, answered.commit, room) if has_failed and answered and answered.commit else "",
    )


def _review(log: Path, room: Room) -> Passage:
    answered = read_remade(log / "reply.json", Answered)
    text = answered.reply.text if answered else "[no answer]"
    return Passage(name=log.name.replace("-", " stage ", 1), text=room.shown(text))


def _end(reply: Reply) -> str:
    return reply.end.value if reply.end is End.DONE or not reply.detail else f"{reply.end.value}: {reply.detail}"


def _name(output: Path) -> str:
    name, _, node = output.stem.partition("-")
    return _OUTPUTS.get(name, name) + (f", those of {node}" if node else "")
