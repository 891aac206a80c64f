"""What a bench may cost, by past calls."""

from typing import Any

from director.core.bench.forecast import Forecast, forecast
from director.core.calls import CallRecord
from director.core.forecast import Past
from director.core.roles import Role
from director.core.tiers import parse_tier
from tests.job.jobs import record

BIG = dict.fromkeys(Role, "replay:big")
SMALL = {**BIG, Role.EXECUTOR: "replay:small"}


def past(*calls: tuple[Role, str, float | None], node: str = "alpha") -> Past:
    return Past([called(*entry, node=node) for entry in calls])


def called(role: Role, tier: str, cost: float | None, *, node: str = "alpha") -> CallRecord:
    return record(role, cost, tier=parse_tier(tier), task=f"run:{node}", node=node)


def priced(known: Past, *, nodes: int | None = 4, **more: Any) -> Forecast:
    asked = {"planner": BIG, "planning": {}, "arms": {"full": 1}, "tiers": {"full": SMALL}, "single": frozenset()}
    return forecast(known, nodes=nodes, **(asked | more))


def test_a_call_costs_what_the_median_call_of_its_tier_and_role_did() -> None:
    calls = [(Role.EXECUTOR, "replay:small", cost) for cost in (0.1, 0.2, 9.0)]

    found = priced(Past([called(*entry, node=f"n{place}") for place, entry in enumerate(calls)]))

    (line,) = found.lines
    assert (line.role, line.calls, line.call_usd, line.known, line.usd) == (Role.EXECUTOR, 4, 0.2, 3, 0.8)
    assert (found.known_usd, found.unknown) == (0.8, ())


def test_a_role_that_a_tier_never_played_costs_what_its_calls_did() -> None:
    found = priced(past((Role.PLANNER, "replay:small", 0.5)))

    assert found.lines[0].call_usd == 0.5


def test_what_nobody_was_ever_paid_for_is_said_to_be_unknown() -> None:
    found = priced(Past([]))

    assert found.lines[0].call_usd is None
    assert found.known_usd == 0
    assert found.unknown == ("what a call of 'replay:small' costs: there is no record of one",)


def test_a_call_of_unknown_cost_tells_no_price() -> None:
    assert priced(past((Role.EXECUTOR, "replay:small", None))).lines[0].call_usd is None


def test_before_there_is_a_plan_the_number_of_nodes_is_said_to_be_unknown() -> None:
    found = priced(past((Role.EXECUTOR, "replay:small", 0.5)), nodes=None)

    assert (found.lines[0].calls, found.lines[0].usd, found.known_usd) == (None, None, 0)
    assert found.unknown == ("how many nodes there will be: the plan is not made yet",)


def test_attempts_and_escalations_of_the_past_are_expected_again() -> None:
    executor, escalation = (Role.EXECUTOR, "replay:small", 0.1), (Role.ESCALATION, "replay:big", 1.0)

    found = priced(past(executor, executor, escalation))

    assert [(line.role, line.calls, line.usd) for line in found.lines] == [
        (Role.EXECUTOR, 8, 0.8),
        (Role.ESCALATION, 4, 4.0),
    ]


def test_planning_is_counted_once_and_arms_as_often_as_they_run() -> None:
    known = past((Role.EXECUTOR, "replay:small", 0.1), (Role.PLANNER, "replay:big", 1.0))

    found = priced(known, planning={Role.PLANNER: 1.0, Role.TEST_AUTHOR: 4.0}, arms={"full": 3})

    assert [(line.what, line.role, line.calls) for line in found.lines] == [
        ("planning", Role.PLANNER, 1),
        ("planning", Role.TEST_AUTHOR, 4),
        ("full", Role.EXECUTOR, 12),
    ]
    assert found.arms == 3


def test_the_arm_without_decomposition_is_one_node() -> None:
    found = priced(Past([]), arms={"solo": 2}, tiers={"solo": BIG}, single=frozenset({"solo"}))

    assert found.lines[0].calls == 2


def test_an_arm_that_has_run_costs_nothing_more() -> None:
    assert priced(Past([]), arms={"full": 0}).lines == ()
