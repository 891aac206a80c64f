"""Complete what a killed run left: replies that had arrived, what calls had cost, locks of our refs, half-made files.

It runs before anything else does, while the job is held: the worktrees are as the agents left them.
"""

from pathlib import Path

from director.artifacts.attempts import Answered
from director.artifacts.files import read_model
from director.core.artifacts import Asked
from director.core.calls import Reply
from director.core.errors import ConfigError
from director.git.removal import remove_tree
from director.job.asking import complete, count, is_answer, settle
from director.job.entries import record_call
from director.job.job import Job


def recover(job: Job) -> None:
    """Bring the job to a state that no kill can be seen in."""
    if job.directory.identity.exists():
        job.repository.unlock(job.identity.ref, job.identity.kept_refs)
        for path in sorted(job.directory.calls.glob("*.json")):
            _complete(job, path)
    for private in job.directory.backends.glob("*/calls"):
        remove_tree(private)


def _complete(job: Job, path: Path) -> None:
    """Complete one call that was in flight; where its worktree is gone, the same question is asked again.

    Raises OSError and GitError, with the call still written down, if only the surroundings stand in the way.
    """
    try:
        asked = read_model(path, Asked)
        if asked:
            _take_over(job, asked)
    except ConfigError as error:
        job.note(f"a call of the stopped run cannot be taken over: {error.message}")
    path.unlink(missing_ok=True)


def _take_over(job: Job, asked: Asked) -> None:
    answered = _answered(job, asked)
    if answered and answered.is_complete:
        count(job, asked, answered.reply)
        record_call(job, asked, answered.reply)
        return
    reply = answered.reply if answered else _recalled(job, asked)
    if reply is None:
        return
    settle(job, asked, reply)
    if not is_answer(asked, reply):
        record_call(job, asked, reply)
    elif _is_workplace_left(job, asked):
        complete(job, asked, reply)
        record_call(job, asked, reply)
        job.note(f"took over what the {asked.key.role} had answered to the stopped run", task=asked.key.task)


def _is_workplace_left(job: Job, asked: Asked) -> bool:
    return asked.scope is None or job.pool.named(asked.scope.slot, asked.scope.base).is_whole()


def _answered(job: Job, asked: Asked) -> Answered | None:
    try:
        found = read_model(job.directory.path / asked.log / "reply.json", Answered)
    except ConfigError:
        return None
    return found if found and found.request == asked.request else None


def _recalled(job: Job, asked: Asked) -> Reply | None:
    backend = job.backend(asked.tier.backend)
    return backend.recall(job.directory.path / asked.log, Path(asked.directory))
