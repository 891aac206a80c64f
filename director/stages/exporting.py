"""The plan of a job for other programs, with the hashes of its locked tests."""

import hashlib
from datetime import UTC, datetime

from director.artifacts.files import read_remade, read_text
from director.artifacts.plans import read_plan
from director.core.artifacts import TestLock
from director.core.plan.exchange import Header, exported
from director.core.plan.node import Plan
from director.job.job import Job
from director.stages.base import base_of


def export_plan(job: Job) -> str:
    """Return the plan as it stands. Raises ConfigError if there is none."""
    directory, identity = job.directory, job.identity
    plan = read_plan(directory.plan)
    header = Header(
        job_id=identity.id,
        task=(read_text(directory.task) or "").strip(),
        repo=str(job.repository.root),
        created_at=f"{datetime.fromtimestamp(directory.plan.stat().st_mtime, UTC):%Y-%m-%dT%H:%M:%S}",
        job_branch=identity.branch,
        base=base_of(job),
    )
    return exported(plan, header, _hashes(job, plan))


def _hashes(job: Job, plan: Plan) -> dict[str, dict[str, str]]:
    """Return the sha256 of each locked test file; of a node whose tests are not written yet nothing."""
    locks = {node.id: read_remade(job.directory.lock(node.id), TestLock) for node in plan.nodes}
    paths = [path for lock in locks.values() if lock for path in lock.files]
    contents = {path: data for path, data in job.repository.read(job.tip(), paths).items() if data is not None}
    return {
        name: {path: hashlib.sha256(contents[path]).hexdigest() for path in lock.files if path in contents}
        for name, lock in locks.items()
        if lock
    }
