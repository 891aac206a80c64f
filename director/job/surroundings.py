"""What a job needs around it, looked at before anything is begun: so that a refusal leaves nothing behind."""

import os
from pathlib import Path

from director.artifacts.files import read_model
from director.core.artifacts import JobIdentity
from director.core.errors import ConfigError
from director.job.job import Job, worktrees_of


def check_surroundings(job: Job) -> None:
    """Raise ConfigError where nothing can be written, or no agent could be asked."""
    git = job.repository.common_dir
    for place in (job.directory.path, git / "objects", git / "refs", worktrees_of("any")):
        require_writable(place)
    job.check_agents()
    if job.recording:
        job.recording.check(read_model(job.directory.identity, JobIdentity))


def require_writable(place: Path) -> None:
    """Raise ConfigError unless a directory, or what is there of the way to it, can be written."""
    there = next(above for above in (place, *place.parents) if above.exists())
    if not there.is_dir():
        raise ConfigError(f"'{there}' is not a directory", hint="director writes there: move it away")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigError(
            f"'{there}' cannot be written", hint="director writes there: see to its rights, or to how it is mounted"
        )
