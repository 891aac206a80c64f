"""What past records say of further tasks."""

from typing import Any

from director.core.calls import CallRecord, End
from director.core.forecast import Likely, Past
from director.core.roles import Role
from director.core.spans import Span, SpanKind
from director.core.tiers import parse_tier
from tests.job.jobs import record

TIERS = dict.fromkeys(Role, "replay:big") | {Role.EXECUTOR: "replay:small"}


def called(cost: float | None, *, task: str = "run:a", role: Role = Role.EXECUTOR, **more: Any) -> CallRecord:
    tier = parse_tier(more.pop("tier", TIERS[role]))
    return record(role, cost, task=task, tier=tier, **more)


def likely(past: Past, kind: str = "run") -> tuple[float, float, float, int] | None:
    found = past.task_cost(kind, TIERS)
    return found and (found.median, found.low, found.high, found.records)


def span(task: str, kind: SpanKind, seconds: float, *, run: str = "1", **more: Any) -> Span:
    fields = {"id": "s", "job": "job", "worker": 0, "name": task, "start": 0.0}
    return Span(run=run, task=task, kind=kind, seconds=seconds, **fields, **more)


def worked(task: str, seconds: float, call: str, **more: Any) -> list[Span]:
    return [span(task, SpanKind.CALL, 0.1, call=call), span(task, SpanKind.TASK, seconds, **more)]


def test_a_task_costs_what_its_attempts_and_reviews_cost_together() -> None:
    escalated = [
        called(0.1),
        called(0.2, attempt=2),
        called(1.0, attempt=3, role=Role.ESCALATION),
        called(0.5, attempt=3, role=Role.REVIEWER),
    ]

    assert likely(Past([*escalated, called(0.3, task="run:b"), called(0.4, task="run:c")])) == (0.4, 0.3, 1.8, 3)


def test_a_task_that_was_done_anew_is_two_records() -> None:
    assert likely(Past([called(0.1), called(0.3)])) == (0.2, 0.1, 0.3, 2)


def test_a_call_that_was_never_answered_begins_no_further_record() -> None:
    refused = [called(0.0, end=End.RATE_LIMITED), called(0.0, end=End.INTERRUPTED)]

    assert likely(Past([*refused, called(0.3)])) == (0.3, 0.3, 0.3, 1)


def test_a_task_that_nobody_answered_is_no_record() -> None:
    assert likely(Past([called(0.0, end=End.RATE_LIMITED)])) is None


def test_a_record_of_another_tier_is_no_evidence() -> None:
    other = [called(9.0, task="run:b", tier="replay:other"), called(9.0, task="run:c")]
    other.append(called(9.0, task="run:c", attempt=2, role=Role.ESCALATION, tier="replay:other"))

    assert likely(Past([called(0.1), *other])) == (0.1, 0.1, 0.1, 1)


def test_a_task_of_unknown_cost_tells_no_cost() -> None:
    assert likely(Past([called(0.1), called(None, attempt=2)])) is None


def test_the_gates_of_spec_and_plan_are_kinds_of_their_own() -> None:
    past = Past([called(0.1, task="gate:spec", role=Role.PLANNER), called(0.5, task="gate:plan", role=Role.PLANNER)])

    assert likely(past, "gate:plan") == (0.5, 0.5, 0.5, 1)


def test_calls_of_a_tier_stand_in_and_say_so() -> None:
    past = Past([called(0.1, tier="replay:new"), called(0.3, tier="replay:new", role=Role.REVIEWER)])

    assert past.call_cost("replay:new") == Likely(median=0.2, low=0.1, high=0.3, records=2, by_other_calls=True)
    assert past.call_cost("replay:never") is None


def test_a_task_takes_as_long_as_those_that_asked_the_same_tiers_and_passed() -> None:
    calls = [called(0.1, id="1"), called(0.1, id="2", tier="replay:other"), called(0.1, id="3")]
    spans = [
        *worked("run:a", 10.0, "1"),
        *worked("run:b", 20.0, "2"),
        *worked("run:c", 30.0, "3", outcome="StageFailed"),
        *worked("run:d", 40.0, "lost"),
        span("run:e", SpanKind.TASK, 50.0),
        span("run:f", SpanKind.QUEUE, 60.0),
    ]

    found = Past(calls, spans).task_seconds("run", TIERS, asks=True)

    assert found == Likely(median=10.0, low=10.0, high=10.0, records=1)


def test_a_task_that_asks_nobody_takes_as_long_as_it_did() -> None:
    spans = [span("integrate", SpanKind.TASK, seconds, run=str(seconds)) for seconds in (1.0, 2.0, 6.0)]

    found = Past([], spans).task_seconds("integrate", TIERS, asks=False)

    assert found == Likely(median=2.0, low=1.0, high=6.0, records=3)
