"""The numbered directories in which the attempts of a task leave their prompts, replies and gates."""

import os
from pathlib import Path
from typing import Literal

from director.artifacts.directory import JobDirectory
from director.artifacts.files import read_model, write_model
from director.core.attempts import Attempt
from director.core.calls import Reply
from director.core.model import Model


class Answered(Model):
    """reply.json: a reply that arrived, and the request that it answers."""

    version: Literal[1] = 1
    request: str
    """Digest of the request."""
    reply: Reply
    commit: str = ""
    """What the agent left in its worktree, as a commit; empty for a role that writes no files."""
    notes: tuple[str, ...] = ()
    """What was wrong with the worktree: changes outside the allowlist, and the like."""
    is_complete: bool = True
    """False as long as what the agent left in its worktree is not kept yet."""


def numbered(directory: JobDirectory, task: str) -> list[Path]:
    """Return the attempt directories of a task in order."""
    logs = directory.logs(task)
    return [logs / name for name in sorted(filter(str.isdecimal, _names(logs)), key=int)]


def open_attempt(directory: JobDirectory, task: str) -> Path:
    """Return the directory of the attempt that has no outcome yet, or make the next one."""
    made = numbered(directory, task)
    if made and not (made[-1] / "outcome.json").exists():
        return made[-1]
    attempt = directory.logs(task) / str(int(made[-1].name) + 1 if made else 1)
    attempt.mkdir(parents=True)
    return attempt


def history(directory: JobDirectory, task: str) -> list[Attempt]:
    """Return the outcomes of a task's attempts in order."""
    found = (read_model(entry / "outcome.json", Attempt) for entry in numbered(directory, task))
    return [attempt for attempt in found if attempt]


def count_closed(directory: JobDirectory, task: str) -> int:
    """Return how many attempts of a task have an outcome, without reading any: there may be very many tasks."""
    logs = str(directory.logs(task))
    done = (os.path.exists(f"{logs}/{name}/outcome.json") for name in _names(logs) if name.isdecimal())  # noqa: PTH110
    return sum(done)


def _names(directory: Path | str) -> list[str]:
    """Return the names in a directory; none where there is no directory."""
    try:
        return os.listdir(directory)  # noqa: PTH208 - names are all that is needed
    except (FileNotFoundError, NotADirectoryError):
        return []


def close_attempt(attempt: Path, outcome: Attempt) -> None:
    """Write what became of an attempt; its reply is not used again."""
    write_model(attempt / "outcome.json", outcome)
