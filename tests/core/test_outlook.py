"""What a build of pending tasks is likely to come to."""

import pytest

from director.core.amounts import dollars_between, time_between
from director.core.calls import CallRecord
from director.core.forecast import Likely, Past
from director.core.outlook import Asks, Expected, Outlook, outlook
from director.core.roles import Role
from director.core.spans import SpanKind
from tests.core.test_forecast import TIERS, called, span, worked

SURE, MAYBE, NOBODY = Asks.SURELY, Asks.MAYBE, Asks.NOBODY


def ahead(*expected: Expected, pasts: list[Past], workers: int = 4) -> Outlook:
    return outlook(expected, [lambda past=past: past for past in pasts], TIERS, workers=workers)  # type: ignore[misc]


def node(name: str, asks: Asks = SURE, *after: str) -> Expected:
    return Expected(f"run:{name}", asks, tuple(f"run:{needed}" for needed in after))


def known(*costs: float) -> Past:
    calls: list[CallRecord] = []
    spans = []
    for place, cost in enumerate(costs):
        calls.append(called(cost, task=f"run:{place}", id=str(place)))
        spans += worked(f"run:{place}", 100 * cost, str(place))
    return Past(calls, spans)


def ends(likely: Likely | None) -> tuple[float, float, float] | None:
    return likely and (likely.median, likely.low, likely.high)


def test_the_whole_is_the_sum_of_its_tasks_and_what_may_be_cut_off_is_not_sure() -> None:
    found = ahead(node("a"), node("b", MAYBE, "a"), node("c", NOBODY), pasts=[known(0.1, 0.2, 0.6)])

    assert {task: ends(likely) for task, likely in found.costs.items()} == {
        "run:a": (0.2, 0.1, 0.6),
        "run:b": (0.2, 0.1, 0.6),
    }
    assert ends(found.whole.cost_usd) == (0.4, 0.1, 1.2)
    assert (found.whole.sure_usd, found.whole.unknown) == (0.2, ())


def test_the_time_is_that_of_a_schedule_with_so_many_workers() -> None:
    tasks = [node("a"), node("b"), node("c", SURE, "a")]

    together = ahead(*tasks, pasts=[known(0.1)], workers=2)
    in_turn = ahead(*tasks, pasts=[known(0.1)], workers=1)

    assert ends(together.whole.seconds) == (20.0, 20.0, 20.0)
    assert ends(in_turn.whole.seconds) == (30.0, 30.0, 30.0)


def test_what_may_be_cut_off_takes_no_time_at_the_least() -> None:
    found = ahead(node("a"), node("b", MAYBE, "a"), pasts=[known(0.1, 0.3)])

    assert ends(found.whole.seconds) == (40.0, 10.0, 60.0)


def test_the_past_of_other_jobs_is_read_only_where_the_job_has_none() -> None:
    def never() -> Past:
        raise AssertionError

    found = outlook([node("a")], [lambda: known(0.1), never], TIERS, workers=1)

    assert ends(found.costs["run:a"]) == (0.1, 0.1, 0.1)
    assert ends(ahead(node("a"), pasts=[Past([]), known(0.2)]).costs["run:a"]) == (0.2, 0.2, 0.2)


def test_without_records_nothing_is_counted_and_that_is_said() -> None:
    found = ahead(node("a"), Expected("tests:a", SURE, ()), Expected("integrate", NOBODY, ()), pasts=[Past([])])

    assert (found.costs, found.whole.cost_usd, found.whole.seconds) == ({}, None, None)
    assert found.whole.unknown == (
        "what a call of 'replay:small' costs: there is no record of one",
        "what a call of 'replay:big' costs: there is no record of one",
        "how long these take: run, tests and integrate: there is no record of one with the tiers of now",
    )


def test_another_call_of_the_tier_stands_in_and_that_is_said() -> None:
    past = Past([called(0.7, task="gate:spec", role=Role.PLANNER)], [span("gate:spec", SpanKind.TASK, 1.0)])

    found = ahead(Expected("tests:a", SURE, ()), pasts=[past])

    assert ends(found.costs["tests:a"]) == (0.7, 0.7, 0.7)
    assert found.whole.unknown == (
        "how long these take: tests: there is no record of one with the tiers of now",
        "what these cost: tests: there is no record of one; a call of the tier for others is counted",
    )


def test_a_plan_of_10_000_nodes_is_looked_at_quickly() -> None:
    tasks = [node(str(place), MAYBE, *([str(place - 1)] if place else [])) for place in range(10_000)]

    found = ahead(*tasks, pasts=[known(0.1)])

    assert ends(found.whole.cost_usd) == (1000.0, 0.0, 1000.0)


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ((0.04, 0.01, 0.12), "$0.04 ($0.01–$0.12)"),
        ((0.0031, 0.0031, 0.0031), "$0.0031"),
        ((0.0, 0.0, 0.0), "$0.0000"),
        ((12.5, 3.0, 40.0), "$12.50 ($3.00–$40.00)"),
    ],
)
def test_an_amount_of_money_is_told_with_its_range(amounts: tuple[float, float, float], said: str) -> None:
    assert dollars_between(*amounts) == said


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ((120.0, 60.0, 360.0), "2 min (1–6)"),
        ((0.4, 0.2, 0.9), "0.4 s (0.2–0.9)"),
        ((40.0, 12.0, 95.0), "40 s (12–95)"),
        ((30.0, 30.0, 30.0), "30 s"),
        ((9000.0, 5400.0, 18000.0), "2.5 h (1.5–5.0)"),
    ],
)
def test_a_stretch_of_time_is_told_with_its_range(amounts: tuple[float, float, float], said: str) -> None:
    assert time_between(*amounts) == said
