"""What was measured of nodes and of runs: metrics.jsonl. Every call is counted in one line of each kind."""

import platform
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from director import __version__
from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record, read_records
from director.core.calls import CallRecord
from director.core.measures import (
    escalation_rate,
    executor_completion,
    last_of_each,
    seconds_of,
    stage_two_rate,
    total,
    totals,
    watch_it_fail_rate,
)
from director.core.metrics import NodeMetrics, RunMetrics
from director.core.spans import PASSED, Span, SpanKind
from director.job.ledger import Ledger

_LANDING = frozenset({SpanKind.LANDING})
_REVIEW = frozenset({SpanKind.REVIEW})


class Measures:
    """The lines of metrics.jsonl.

    A line counts the calls that ended since the last one of its kind, also those of a run that was killed: so the lines
    add up to what was spent, whatever happened.
    """

    def __init__(self, directory: JobDirectory, ledger: Ledger) -> None:
        self._path = directory.metrics
        self._ledger = ledger
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()
        for entry in read_records(self._path, NodeMetrics):
            self._counted[entry.node] += sum(role.calls for role in entry.roles.values())
        runs = read_records(self._path, RunMetrics)
        self._counted[""] = sum(role.calls for run in runs for role in run.roles.values())
        self._worked_on: list[NodeMetrics] = []

    def record_node(self, spans: Sequence[Span], *, node: str, **measured: Any) -> None:
        """Append what was measured of a node that was worked on."""
        with self._lock:
            calls = [call for call in self._ledger.records if call.node == node][self._counted[node] :]
            entry = NodeMetrics(
                time=_now(),
                node=node,
                roles=totals(calls, lambda call: call.role),
                flaky=_is_flaky(spans),
                queue_seconds=seconds_of(spans, SpanKind.QUEUE),
                agent_seconds=seconds_of(spans, SpanKind.CALL, outside=_REVIEW),
                wait_seconds=seconds_of(spans, SpanKind.WAIT),
                gate_seconds=seconds_of(spans, SpanKind.GATE, outside=_LANDING),
                review_seconds=seconds_of(spans, SpanKind.REVIEW),
                landing_seconds=seconds_of(spans, SpanKind.LANDING),
                **measured,
            )
            append_record(self._path, entry)
            self._counted[node] += len(calls)
            self._worked_on.append(entry)

    def record_run(self, agents: float, *, git: str, **measured: Any) -> None:
        """Append what was measured of a run that is over.

        `agents` says how many seconds its agents were at work, all together, `git` the version of git.
        """
        with self._lock:
            calls = self._ledger.records[self._counted[""] :]
            outcomes = Counter(entry.outcome for entry in self._worked_on)
            worked_on = last_of_each(self._worked_on)
            room = measured["workers"] * measured["seconds"]
            everything = total(calls)
            entry = RunMetrics(
                time=_now(),
                landed=outcomes["landed"],
                failed=outcomes["failed"],
                cutoff=outcomes["cutoff"],
                executor_completion=executor_completion(worked_on),
                escalation_rate=escalation_rate(worked_on),
                stage_two_rate=stage_two_rate(worked_on),
                watch_it_fail_rate=watch_it_fail_rate(worked_on),
                parallel_efficiency=round(min(agents / room, 1.0), 3) if agents and room else None,
                cost_usd=everything.cost_usd,
                unpriced_calls=everything.unpriced_calls,
                roles=totals(calls, lambda call: call.role),
                models=totals(calls, _tier_of),
                versions={**_versions(), "git": git},
                **measured,
            )
            append_record(self._path, entry)
            self._counted[""] += len(calls)
            self._worked_on.clear()


def _tier_of(call: CallRecord) -> str:
    return str(call.tier)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _versions() -> dict[str, str]:
    return {"director": __version__, "python": platform.python_version(), "doit": version("doit")}


def _is_flaky(spans: Sequence[Span]) -> bool:
    """Tell whether a gate was green and then red in one attempt: on the very same tree."""
    green: set[tuple[str, str]] = set()
    for span in (span for span in spans if span.kind is SpanKind.GATE):
        if span.outcome == PASSED:
            green.add((span.parent, span.name))
        elif (span.parent, span.name) in green:
            return True
    return False
