"""Lines of metrics.jsonl: one for each time that a node was worked on, and one for each run."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from director.core.measures import critical_path
from director.core.roles import Role
from director.git.commands import require_version
from director.job.job import Job


def record_node(job: Job, node: str, started: float, **measured: Any) -> None:
    """Append what was measured of a node; `started` is a time of the monotonic clock."""
    job.measures.record_node(
        job.spans.take(f"run:{node}"),
        job=job.identity.id,
        run=job.run_id,
        node=node,
        seconds=round(time.monotonic() - started, 3),
        **measured,
    )


def record_run(job: Job, needs: Mapping[str, Sequence[str]], **measured: Any) -> None:
    """Append what was measured of a run in which something was done; `needs` says what each task waits for."""
    seconds = job.spans.tasks
    if not seconds:
        return
    job.measures.record_run(
        job.spans.agents,
        git=require_version(job.repository.root),
        job=job.identity.id,
        run=job.run_id,
        critical_path_seconds=round(sum(seconds[task] for task in critical_path(needs, seconds)), 3),
        tiers={role: str(job.config.tier(role)) for role in Role},
        **measured,
    )
