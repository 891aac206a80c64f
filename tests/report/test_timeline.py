"""What was going on when, as a picture."""

from director.core.spans import SpanKind
from director.report.timeline import Bar, Timeline, draw_timeline
from tests.report.reports import run_of, span


def bar(drawn: Timeline, told: str) -> Bar:
    return next(bar for bar in drawn.bars if bar.told.startswith(told))


def test_without_runs_there_is_nothing_to_draw() -> None:
    drawn = draw_timeline([], [])

    assert (drawn.lanes, drawn.stretches, drawn.bars) == ((), (), ())


def test_each_worker_has_a_lane_and_a_bar_is_as_long_as_it_took() -> None:
    short = span(SpanKind.TASK, "run:a", task="run:a", seconds=1)
    long = span(SpanKind.TASK, "run:b", task="run:b", seconds=4, worker=1)

    drawn = draw_timeline([run_of(short, long)], ["a"])

    assert [lane.label for lane in drawn.lanes] == ["worker 1", "worker 2"]
    assert round(bar(drawn, "run:b").width / bar(drawn, "run:a").width, 1) == 4
    assert bar(drawn, "run:b").y > bar(drawn, "run:a").y
    assert (bar(drawn, "run:a").node, bar(drawn, "run:b").node) == ("a", "")


def test_the_time_between_runs_is_folded_and_told() -> None:
    first = run_of(span(SpanKind.TASK, "spec", task="spec", start=100, seconds=5))
    second = run_of(span(SpanKind.TASK, "run:a", start=3705, seconds=5))

    drawn = draw_timeline([first, second], [])

    assert [stretch.fold for stretch in drawn.stretches] == ["", "1:00:00 later"]
    assert drawn.stretches[1].x - drawn.stretches[0].x - drawn.stretches[0].width < 100


def test_the_critical_path_is_marked_on_its_tasks_alone() -> None:
    task, call = span(SpanKind.TASK, "run:a"), span(SpanKind.CALL, "executor", parent="task-run:a")
    other = span(SpanKind.TASK, "run:b", task="run:b", worker=1)

    drawn = draw_timeline([run_of(task, call, other, critical=("run:a",))], [])

    assert [bar.told for bar in drawn.bars if bar.critical] == ["run:a: task, 1.0 s"]


def test_tests_that_are_red_before_the_work_did_not_fail() -> None:
    before = span(SpanKind.GATE, "before", outcome="red")
    gate = span(SpanKind.GATE, "gate", outcome="red", start=102.0)
    broken = span(SpanKind.CALL, "executor", outcome="AgentError", start=104.0)

    drawn = draw_timeline([run_of(before, gate, broken)], [])

    assert [bar.told for bar in drawn.bars if bar.failed] == [
        "run:a: gate gate, 1.0 s, red",
        "run:a: call executor, 1.0 s, AgentError",
    ]


def test_what_lies_within_a_review_is_drawn_over_it() -> None:
    call = span(SpanKind.CALL, "reviewer", parent="review-stage two", start=100.0, seconds=0.9)
    review = span(SpanKind.REVIEW, "stage two")

    drawn = draw_timeline([run_of(call, review)], [])

    assert [bar.style for bar in drawn.bars] == ["review", "call"]
    assert drawn.bars[1].height < drawn.bars[0].height


def test_the_wait_of_a_task_for_a_worker_is_no_bar() -> None:
    drawn = draw_timeline([run_of(span(SpanKind.QUEUE, "run:a"), span(SpanKind.TASK, "run:a"))], [])

    assert [bar.style for bar in drawn.bars] == ["task"]
