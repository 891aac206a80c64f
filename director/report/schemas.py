"""The JSON Schemas of what director writes for other programs and people; published as schemas/NAME.schema.json."""

import json
from typing import Any

from pydantic import TypeAdapter

from director.artifacts.attempts import Answered
from director.core.artifacts import Approval, Asked, GatesRun, JobIdentity, Merged, Seen, Source, TestLock
from director.core.attempts import Attempt
from director.core.bench.arms import ArmIdentity, Frozen, Judged
from director.core.bench.forecast import Forecast
from director.core.bench.summary import BenchSummary
from director.core.calls import CallRecord
from director.core.cassette import Cassette
from director.core.comparison import Comparison
from director.core.described import DescribedSchema
from director.core.leftover import Kept
from director.core.metrics import Metrics
from director.core.patches import Patch, Reuse
from director.core.plan.node import Plan, Slice
from director.core.printed import CacheContents, Diagnosis, Explanation, Offers, PendingTasks
from director.core.spans import Span
from director.job.lock import Holder
from director.report.status import JobStatus

SCHEMAS: dict[str, Any] = {
    "approval": Approval,
    "bench-arm": ArmIdentity,
    "bench-forecast": Forecast,
    "bench-frozen": Frozen,
    "bench-quality": Judged,
    "bench-summary": BenchSummary,
    "cache": CacheContents,
    "call": Asked,
    "cassette": Cassette,
    "comparison": Comparison,
    "costs": CallRecord,
    "doctor": Diagnosis,
    "explain": Explanation,
    "gates": GatesRun,
    "holder": Holder,
    "job": JobIdentity,
    "kept": Kept,
    "lock": TestLock,
    "marker": Merged,
    "metrics": Metrics,
    "models": Offers,
    "node": Slice,
    "outcome": Attempt,
    "patch": Patch,
    "pending": PendingTasks,
    "plan": Plan,
    "reply": Answered,
    "reuse": Reuse,
    "seen": Seen,
    "source": Source,
    "spans": Span,
    "status": JobStatus,
}
"""What is published, by name; docs/records.md says what each of them describes."""


def schema_text(name: str) -> str:
    """Return schemas/NAME.schema.json, made from the model."""
    made = TypeAdapter(SCHEMAS[name]).json_schema(schema_generator=DescribedSchema)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
