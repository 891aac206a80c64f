"""What records come to."""

from typing import Any

import pytest

from director.core.calls import CallRecord, Usage
from director.core.measures import (
    critical_path,
    escalation_rate,
    executor_completion,
    last_of_each,
    seconds_of,
    stage_two_rate,
    total,
    totals,
    watch_it_fail_rate,
)
from director.core.metrics import NodeMetrics
from director.core.spans import Span, SpanKind


def call(role: str = "executor", cost: float | None = 0.1, **more: Any) -> CallRecord:
    given = {
        "time": "2026-01-02T03:04:05Z",
        "job": "j",
        "role": role,
        "task": "run:a",
        "attempt": 1,
        "tier": {"backend": "replay", "model": "c"},
        "end": "done",
        "usage": {"input": 10, "output": 1},
        "cost_usd": cost,
        "cost_source": "unknown" if cost is None else "program",
        "seconds": 1.0,
    }
    return CallRecord.model_validate(given | more)


def node(name: str, outcome: str = "landed", **more: Any) -> NodeMetrics:
    return NodeMetrics.model_validate(
        {"time": "2026-01-02T03:04:05Z", "job": "j", "node": name, "outcome": outcome} | more
    )


def span(name: str, kind: SpanKind, seconds: float, parent: str = "") -> Span:
    return Span(
        id=name, parent=parent, job="j", run="r", worker=0, task="t", kind=kind, name=name, start=0, seconds=seconds
    )


def test_a_total_counts_calls_of_unknown_cost_and_leaves_them_out_of_the_sum() -> None:
    found = total([call(), call(cost=None), call(cost=0.2)])

    assert (found.calls, found.cost_usd, found.unpriced_calls) == (3, pytest.approx(0.3), 1)
    assert found.usage == Usage(input=30, output=3)


def test_totals_are_told_apart_by_a_key_and_agree_with_the_whole() -> None:
    calls = [call("planner", 1.0), call("executor", 0.25), call("planner", 0.5)]

    by_role = totals(calls, lambda entry: entry.role)

    assert {str(role): found.cost_usd for role, found in by_role.items()} == {"planner": 1.5, "executor": 0.25}
    assert sum(found.cost_usd for found in by_role.values()) == total(calls).cost_usd


def test_of_each_node_its_last_ladder_counts_and_what_was_satisfied_already_does_not() -> None:
    metrics = [node("a", "failed"), node("b"), node("a", escalated=True), node("b", "cutoff")]

    worked_on = last_of_each(metrics)

    assert [(entry.node, entry.outcome) for entry in worked_on] == [("a", "landed"), ("b", "landed")]
    assert (executor_completion(worked_on), escalation_rate(worked_on)) == (0.5, 0.5)


def test_rates_of_nothing_are_unknown() -> None:
    assert executor_completion([]) is None
    assert stage_two_rate([node("a", "failed")]) is None
    assert watch_it_fail_rate([node("a")]) is None


def test_nodes_whose_transcript_tells_nothing_do_not_count_as_watched_or_not() -> None:
    worked_on = [node("a", watch_it_fail="observed"), node("b", watch_it_fail="not_observed"), node("c")]

    assert watch_it_fail_rate(worked_on) == 0.5


def test_time_within_a_landing_is_not_counted_as_a_gates() -> None:
    spans = [
        span("attempt", SpanKind.ATTEMPT, 9),
        span("gate", SpanKind.GATE, 2, "attempt"),
        span("landing", SpanKind.LANDING, 4, "attempt"),
        span("combined", SpanKind.GATE, 3, "landing"),
    ]

    assert seconds_of(spans, SpanKind.GATE, outside=frozenset({SpanKind.LANDING})) == 2
    assert seconds_of(spans, SpanKind.LANDING) == 4


def test_the_critical_path_is_the_chain_that_took_longest() -> None:
    needs = {"c": ["a", "b"], "a": ["plan"], "b": ["plan"], "plan": [], "d": ["plan"]}

    assert critical_path(needs, {"plan": 1, "a": 5, "b": 2, "c": 1, "d": 6.5}) == ["plan", "d"]
    assert critical_path(needs, {"a": 5, "b": 2, "c": 2, "d": 6.5}) == ["a", "c"]
    assert critical_path({}, {}) == []


def test_nodes_from_the_cache_were_not_worked_on() -> None:
    metrics = [node("a"), node("b", saved_usd=0.0), node("c", "failed")]

    assert [entry.node for entry in last_of_each(metrics)] == ["a", "c"]
