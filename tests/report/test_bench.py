"""How long an arm was at work, and what past calls there are."""

from pathlib import Path

from director.artifacts.directory import JobDirectory
from director.artifacts.files import append_record
from director.core.spans import Span, SpanKind
from director.report.bench import seconds_at_work
from director.report.past import past_calls
from tests.job.jobs import record


def span(start: float, seconds: float, *, run: str = "r", task: str = "run:alpha", kind: str = "task") -> Span:
    return Span(
        id="s", job="j", run=run, worker=0, task=task, kind=SpanKind(kind), name=task, start=start, seconds=seconds
    )


def test_nodes_side_by_side_take_the_time_of_the_longest() -> None:
    assert seconds_at_work([span(100, 10), span(102, 20, task="run:beta")]) == 22


def test_the_time_between_two_runs_does_not_count() -> None:
    assert seconds_at_work([span(100, 10), span(5000, 5, run="later")]) == 15


def test_judging_and_waiting_for_a_worker_do_not_count() -> None:
    spans = [span(100, 10), span(110, 50, task="", kind="gate"), span(0, 100, kind="queue")]

    assert seconds_at_work(spans) == 10


def test_an_arm_that_never_began_took_no_time() -> None:
    assert seconds_at_work([]) == 0


def test_past_calls_are_those_of_the_job_its_archive_and_its_benches(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path)
    for cost, place in enumerate(("", "archive/old", "bench/plan", "bench/cheap/1", "bench/archive/x/full/1"), 1):
        append_record(JobDirectory(tmp_path / place).costs, record(cost=float(cost)))

    assert sorted(call.cost_usd or 0 for call in past_calls(directory)) == [1, 2, 3, 4, 5]
