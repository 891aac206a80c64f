"""One line of metrics.jsonl for each time that a node was worked on."""

import time
from datetime import UTC, datetime
from typing import Any

from director.artifacts.files import append_record
from director.core.metrics import NodeMetrics
from director.job.job import Job


def record_node(job: Job, node: str, started: float, **measured: Any) -> None:
    """Append what was measured of a node; `started` is a time of the monotonic clock."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    seconds = round(time.monotonic() - started, 3)
    record = {"time": now, "job": job.identity.id, "node": node, "seconds": seconds, **measured}
    append_record(job.directory.metrics, NodeMetrics.model_validate(record))
