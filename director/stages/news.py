"""What landed while an attempt was made: its successor works on another state than it did."""

from director.core.landed import UPDATE, Landed
from director.job.job import Job
from director.prompts.render import show_name

_TOLD = 20
_FILES_TOLD = 10
_KINDS = {"tests": "the tests of ", "revert": "no longer "}


def news_since(job: Job, tree_ref: str, *, task: str, tip: str) -> list[str]:
    """Return a line for each commit of another task that is on the tip and was not there for an earlier attempt.

    `tree_ref` keeps what that attempt left. Nothing is told where it is gone.
    """
    base = job.repository.tip(f"{tree_ref}~1") if tree_ref else None
    if base is None or base == tip:
        return []
    others = [landed for landed in job.repository.landed(base, tip) if landed.task != task]
    left_out = len(others) - _TOLD
    more = [f"{left_out} commits before these"] if left_out > 0 else []
    return [*more, *(_told(job, landed) for landed in others[-_TOLD:])]


def _told(job: Job, landed: Landed) -> str:
    files = job.repository.changed(job.repository.parent(landed.commit), landed.commit)
    left_out = len(files) - _FILES_TOLD
    shown = [*(show_name(path) for path in files[:_FILES_TOLD]), *([f"{left_out} more"] if left_out > 0 else [])]
    return f"{_called(job, landed.task)}: {', '.join(shown) or 'no file'}"


def _called(job: Job, task: str) -> str:
    if task == UPDATE:
        return "new commits of the base branch"
    kind, _, name = task.partition(":")
    node = job.nodes.get(name)
    title = f" ({node.title})" if node and node.title else ""
    return f"{_KINDS.get(kind, '')}'{name}'{title}"
