"""The state of a job, from hand-made records."""

from pathlib import Path
from typing import Any

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record, write_model
from director.core.attempts import Attempt, Outcome
from director.core.calls import CallRecord, End, Usage
from director.core.metrics import NodeMetrics
from director.core.plan.node import Plan
from director.core.requests import FileRequest
from director.core.roles import Role
from director.core.tiers import Tier
from director.core.watch import WatchItFail
from director.report.status import JobStatus, NodeStatus, job_status

NOW = "2026-01-02T03:04:05.000+00:00"
CHEAP, STRONG = Tier(backend="replay", model="cheap"), Tier(backend="replay", model="strong")
PLAN = Plan.model_validate(
    {"nodes": [{"id": "a", "title": "First"}, {"id": "b", "depends_on": ["a"]}, {"id": "c", "depends_on": ["a"]}]}
)
EVERYTHING = ("run:a", "run:b", "run:c", "integrate")


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path)


def called(directory: JobDirectory, task: str, cost: float | None) -> None:
    """Record a call."""
    record = CallRecord(
        time=NOW,
        job="j",
        role=Role.EXECUTOR,
        task=task,
        attempt=1,
        tier=CHEAP,
        end=End.DONE,
        usage=Usage(),
        cost_usd=cost,
        cost_source="program",
        seconds=1,
    )
    append_record(directory.costs, record)


def measured(directory: JobDirectory, node: str, outcome: str = "landed", **more: Any) -> None:
    """Record a ladder."""
    record = {"time": NOW, "job": "j", "node": node, "outcome": outcome, **more}
    append_record(directory.metrics, NodeMetrics.model_validate(record))


def attempted(directory: JobDirectory, node: str, *outcomes: Outcome) -> None:
    """Write the outcomes of a node's attempts."""
    for number, outcome in enumerate(outcomes, 1):
        attempt = Attempt(inputs="x", number=number, role=Role.EXECUTOR, outcome=outcome)
        write_model(directory.logs(f"run:{node}") / str(number) / "outcome.json", attempt)


def status(directory: JobDirectory, *pending: str, plan: Plan = PLAN) -> JobStatus:
    return job_status(directory, job="j", branch="director/job-j", plan=plan, pending=pending)


def states(found: JobStatus) -> dict[str, str]:
    return {node.id: node.state for node in found.nodes}


def node(found: JobStatus, name: str) -> NodeStatus:
    return next(node for node in found.nodes if node.id == name)


def test_without_a_plan_there_are_no_nodes_and_no_rates(directory: JobDirectory) -> None:
    found = status(directory, "recon", "job", plan=Plan())

    assert found.nodes == ()
    assert found.pending == ("job", "recon")
    assert (found.cost_usd, found.unpriced_calls, found.calls) == (0.0, 0, 0)
    assert (found.executor_completion, found.stage_two_rate, found.watch_it_fail_rate) == (None, None, None)


def test_a_node_is_ready_when_nothing_that_it_needs_is_pending(directory: JobDirectory) -> None:
    assert states(status(directory, *EVERYTHING)) == {"a": "ready", "b": "waiting", "c": "waiting"}
    assert states(status(directory, "run:b", "run:c")) == {"a": "landed", "b": "ready", "c": "ready"}
    assert states(status(directory)) == {"a": "landed", "b": "landed", "c": "landed"}


def test_a_node_whose_last_attempt_failed_has_failed_while_it_is_pending(directory: JobDirectory) -> None:
    attempted(directory, "a", Outcome.FAILED, Outcome.FAILED)

    assert states(status(directory, *EVERYTHING)) == {"a": "failed", "b": "waiting", "c": "waiting"}
    assert states(status(directory, "integrate"))["a"] == "landed"


def test_a_node_that_passed_and_became_stale_has_not_failed(directory: JobDirectory) -> None:
    attempted(directory, "a", Outcome.FAILED, Outcome.PASSED)

    assert states(status(directory, "run:a"))["a"] == "ready"


@pytest.mark.parametrize(
    ("allowed", "state", "asked"),
    [([], "failed", ["x.py", "y.py"]), (["x.py"], "failed", ["y.py"]), (["x.py", "y.py"], "ready", [])],
)
def test_a_node_that_asked_for_files_has_failed_until_it_has_them(
    directory: JobDirectory, allowed: list[str], state: str, asked: list[str]
) -> None:
    requests = tuple(FileRequest(path=path, reason="it must") for path in ("x.py", "y.py"))
    attempt = Attempt(inputs="x", number=1, role=Role.EXECUTOR, outcome=Outcome.FAILED, requests=requests)
    write_model(directory.logs("run:a") / "1" / "outcome.json", attempt)
    plan = Plan.model_validate({"nodes": [{"id": "a", "files": ["a.py", *allowed]}]})

    found = node(status(directory, "run:a", plan=plan), "a")

    assert (found.state, [request.path for request in found.requests]) == (state, asked)


def test_a_node_that_has_landed_asks_for_nothing(directory: JobDirectory) -> None:
    requests = (FileRequest(path="x.py", reason="it must"),)
    attempt = Attempt(inputs="x", number=1, role=Role.EXECUTOR, outcome=Outcome.FAILED, requests=requests)
    write_model(directory.logs("run:a") / "1" / "outcome.json", attempt)

    assert node(status(directory), "a").requests == ()


def test_the_attempts_of_all_ladders_are_counted(directory: JobDirectory) -> None:
    attempted(directory, "a", Outcome.FAILED, Outcome.FAILED, Outcome.PASSED)

    assert node(status(directory), "a").attempts == 3


def test_an_attempt_that_is_not_over_is_not_counted(directory: JobDirectory) -> None:
    attempted(directory, "a", Outcome.FAILED)
    (directory.logs("run:a") / "2").mkdir()

    assert node(status(directory, "run:a"), "a").attempts == 1


def test_the_cost_of_a_node_is_that_of_its_tests_and_its_attempts(directory: JobDirectory) -> None:
    called(directory, "recon", 1.0)
    called(directory, "tests:a", 0.25)
    called(directory, "run:a", 0.5)
    called(directory, "run:b", 0.125)

    found = status(directory)

    assert [entry.cost_usd for entry in found.nodes] == [0.75, 0.125, 0.0]
    assert (found.cost_usd, found.calls) == (1.875, 4)


def test_a_node_that_is_called_like_a_gate_is_not_charged_for_its_approval(directory: JobDirectory) -> None:
    called(directory, "gate:a", 1.0)
    called(directory, "run:a", 0.5)

    assert node(status(directory), "a").cost_usd == 0.5


def test_calls_of_unknown_price_are_counted_and_cost_nothing(directory: JobDirectory) -> None:
    called(directory, "run:a", None)
    called(directory, "run:a", 0.5)
    called(directory, "spec", None)

    found = status(directory)

    assert (node(found, "a").cost_usd, node(found, "a").unpriced_calls) == (0.5, 1)
    assert (found.cost_usd, found.unpriced_calls) == (0.5, 2)


def test_many_small_costs_add_up_to_a_plain_number(directory: JobDirectory) -> None:
    for _ in range(10):
        called(directory, "run:a", 0.1)

    assert status(directory).cost_usd == 1.0


def test_a_node_shows_who_landed_it_and_the_time_of_all_its_ladders(directory: JobDirectory) -> None:
    measured(directory, "a", "failed", attempts=3, escalated=True, seconds=10)
    measured(directory, "a", tier=CHEAP, attempts=1, seconds=2.5)
    measured(directory, "b", tier=STRONG, attempts=3, escalated=True, seconds=4)
    measured(directory, "b", "cutoff", seconds=0.5)

    found = status(directory)

    assert (node(found, "a").tier, node(found, "a").escalated, node(found, "a").seconds) == (str(CHEAP), False, 12.5)
    assert (node(found, "b").tier, node(found, "b").escalated, node(found, "b").seconds) == (str(STRONG), True, 4.5)


def test_a_rate_counts_each_node_once_by_its_last_landing(directory: JobDirectory) -> None:
    measured(directory, "a", tier=STRONG, escalated=True, stage_two=True)
    measured(directory, "a", tier=CHEAP)
    measured(directory, "b", tier=CHEAP)
    measured(directory, "c", tier=STRONG, escalated=True, stage_two=True)
    measured(directory, "c", "cutoff")

    found = status(directory)

    assert found.executor_completion == pytest.approx(2 / 3)
    assert found.stage_two_rate == pytest.approx(1 / 3)


def test_a_node_that_failed_lowers_the_completion_of_the_executor_tier(directory: JobDirectory) -> None:
    measured(directory, "a", tier=CHEAP)
    measured(directory, "b", "failed", escalated=True)

    assert status(directory).executor_completion == 0.5


def test_watching_the_tests_fail_is_a_share_of_what_is_known(directory: JobDirectory) -> None:
    measured(directory, "a", tier=CHEAP, watch_it_fail=WatchItFail.OBSERVED)
    measured(directory, "b", tier=CHEAP, watch_it_fail=WatchItFail.NOT_OBSERVED)
    measured(directory, "c", tier=CHEAP, watch_it_fail=WatchItFail.UNKNOWN)

    assert status(directory).watch_it_fail_rate == 0.5


def test_a_torn_record_is_passed_over(directory: JobDirectory) -> None:
    called(directory, "run:a", 0.5)
    with directory.costs.open("a") as file:
        file.write('{"version": 1, "ti')

    assert (status(directory).cost_usd, status(directory).calls) == (0.5, 1)


def test_records_of_a_node_that_is_no_longer_planned_are_in_the_totals_only(directory: JobDirectory) -> None:
    called(directory, "run:gone", 0.5)

    found = status(directory)

    assert found.cost_usd == 0.5
    assert sum(entry.cost_usd for entry in found.nodes) == 0.0


def test_a_status_is_a_document_that_can_be_read_back(directory: JobDirectory) -> None:
    measured(directory, "a", tier=CHEAP)
    found = status(directory, "run:b")

    assert JobStatus.model_validate_json(found.model_dump_json()) == found


def test_a_node_from_the_cache_is_told_with_what_it_saved_and_proves_nobody(directory: JobDirectory) -> None:
    measured(directory, "a", tier=CHEAP)
    measured(directory, "b", tier=Tier(backend="cache", model=str(STRONG)), saved_usd=0.25)
    measured(directory, "b", "cutoff")

    found = status(directory)

    assert (node(found, "b").tier, node(found, "b").saved_usd) == ("cache:replay:strong", 0.25)
    assert (found.reused, found.saved_usd, found.executor_completion) == (1, 0.25, 1.0)


def test_a_node_that_was_done_again_by_an_agent_is_no_longer_from_the_cache(directory: JobDirectory) -> None:
    measured(directory, "a", tier=Tier(backend="cache", model=str(STRONG)), saved_usd=0.25)
    measured(directory, "a", tier=STRONG, escalated=True)

    found = status(directory)

    assert (found.reused, found.saved_usd, found.executor_completion) == (0, 0.0, 0.0)
