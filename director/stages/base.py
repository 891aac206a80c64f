"""The commit of the base branch that a job stands on."""

from director.core.landed import last_update
from director.job.job import Job


def base_of(job: Job) -> str:
    """Return where the job began, or the commit of the base branch that it was last updated to."""
    return last_update(job.landed()) or job.identity.base
