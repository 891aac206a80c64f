"""What records come to: sums and shares, the same wherever they are told."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from director.core.calls import CallRecord, Usage
from director.core.graph import topological_order
from director.core.metrics import NodeMetrics, RoleTotals
from director.core.spans import Span, SpanKind
from director.core.watch import WatchItFail

Key = TypeVar("Key")
Entry = TypeVar("Entry")
TARGET_COMPLETION = 0.7
"""The share of nodes that the executor tier is to land without escalation."""


def total(calls: Iterable[CallRecord]) -> RoleTotals:
    """Return what calls come to."""
    known = list(calls)
    cost_usd, unpriced_calls = bill(known)
    return RoleTotals(
        calls=len(known),
        usage=_total_usage(call.usage for call in known),
        cost_usd=cost_usd,
        unpriced_calls=unpriced_calls,
    )


def bill(calls: Sequence[CallRecord]) -> tuple[float, int]:
    """Return what calls cost in dollars, as far as that is known, and of how many it is not."""
    known = [call.cost_usd for call in calls if call.cost_usd is not None]
    return round(sum(known), 6), len(calls) - len(known)


def _total_usage(usages: Iterable[Usage]) -> Usage:
    known = list(usages)
    return Usage(**{name: sum(getattr(usage, name) for usage in known) for name in Usage.model_fields})


def totals(calls: Iterable[CallRecord], key: Callable[[CallRecord], Key]) -> dict[Key, RoleTotals]:
    """Return what calls come to, by a key, in the order in which the keys first occur."""
    return {name: total(found) for name, found in grouped(calls, key).items()}


def grouped(entries: Iterable[Entry], key: Callable[[Entry], Key]) -> dict[Key, list[Entry]]:
    """Return entries by a key, in the order in which the keys first occur."""
    found: dict[Key, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[key(entry)].append(entry)
    return found


def last_of_each(metrics: Iterable[NodeMetrics]) -> list[NodeMetrics]:
    """Return the last ladder of each node that was worked on.

    A node that was satisfied already was not, nor was one that was taken from the cache.
    """
    ladders = (entry for entry in metrics if entry.outcome != "cutoff" and entry.saved_usd is None)
    return list({entry.node: entry for entry in ladders}.values())


def executor_completion(worked_on: Sequence[NodeMetrics]) -> float | None:
    """Return the share of nodes that the executor tier landed without escalation; a node that failed counts."""
    return share([entry.outcome == "landed" and not entry.escalated for entry in worked_on])


def escalation_rate(worked_on: Sequence[NodeMetrics]) -> float | None:
    """Return the share of nodes that were escalated."""
    return share([entry.escalated for entry in worked_on])


def stage_two_rate(worked_on: Sequence[NodeMetrics]) -> float | None:
    """Return the share of landed nodes that the reviewer read."""
    return share([entry.stage_two for entry in worked_on if entry.outcome == "landed"])


def watch_it_fail_rate(worked_on: Sequence[NodeMetrics]) -> float | None:
    """Return the share of landed nodes, where it is known, whose executor saw the tests fail first."""
    seen = [entry.watch_it_fail for entry in worked_on if entry.outcome == "landed"]
    return share([verdict is WatchItFail.OBSERVED for verdict in seen if verdict is not WatchItFail.UNKNOWN])


def share(claims: Sequence[bool]) -> float | None:
    """Return how many of the claims are true; None where there are none."""
    return sum(claims) / len(claims) if claims else None


def seconds_of(spans: Iterable[Span], kind: SpanKind, *, outside: frozenset[SpanKind] = frozenset()) -> float:
    """Add up the spans of a kind that lie within none of the kinds `outside`."""
    known = list(spans)
    by_id = {span.id: span for span in known}

    def is_within(span: Span) -> bool:
        parent = by_id.get(span.parent)
        return parent is not None and (parent.kind in outside or is_within(parent))

    return round(sum(span.seconds for span in known if span.kind is kind and not is_within(span)), 3)


def critical_path(needs: Mapping[str, Sequence[str]], seconds: Mapping[str, float]) -> list[str]:
    """Return the chain of tasks that took longest, first task first; `needs` says what each task waits for."""
    longest: dict[str, float] = {}
    before: dict[str, str] = {}
    for task in topological_order(needs):
        last = max(needs[task], key=lambda other: longest.get(other, 0.0), default="")
        longest[task] = longest.get(last, 0.0) + seconds.get(task, 0.0)
        before[task] = last
    task = max(longest, key=lambda name: longest[name], default="")
    chain: list[str] = []
    while task:
        chain.append(task)
        task = before.get(task, "")
    return [name for name in reversed(chain) if name in seconds]
