"""Spans: which stretches of time are kept, and within which others."""

import threading
from pathlib import Path

import pytest

from director.artifacts.files import read_records
from director.core.errors import Rejected
from director.core.spans import Span, SpanKind
from director.job.spans import Spans


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "spans.jsonl"


@pytest.fixture
def spans(place: Path) -> Spans:
    return Spans(place, job=lambda: "j", run="r")


def test_a_span_lies_within_the_one_that_its_thread_is_in(spans: Spans, place: Path) -> None:
    with spans.task("run:a"), spans.within(SpanKind.ATTEMPT, "1"), spans.within(SpanKind.GATE, "gate"):
        pass

    gate, attempt, task = read_records(place, Span)
    assert [span.kind for span in (gate, attempt, task)] == [SpanKind.GATE, SpanKind.ATTEMPT, SpanKind.TASK]
    assert (gate.parent, attempt.parent, task.parent) == (attempt.id, task.id, "")
    assert {span.task for span in (gate, attempt, task)} == {"run:a"}
    assert task.start <= attempt.start <= gate.start
    assert task.seconds >= attempt.seconds >= gate.seconds


def test_what_is_raised_is_the_outcome(spans: Spans, place: Path) -> None:
    with spans.task("run:a"):
        with pytest.raises(Rejected), spans.within(SpanKind.ATTEMPT, "1"):
            raise Rejected("no")
        with spans.within(SpanKind.ATTEMPT, "2"):
            pass

    assert [span.outcome for span in read_records(place, Span)] == ["Rejected", "passed", "passed"]


def test_tasks_side_by_side_have_workers_of_their_own_and_give_them_back(spans: Spans, place: Path) -> None:
    both = threading.Barrier(2)

    def work(name: str) -> None:
        with spans.task(name):
            both.wait()
        both.wait()
        with spans.task(f"{name}-again"):
            both.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    workers = {span.task: span.worker for span in read_records(place, Span)}
    assert sorted((workers["a"], workers["b"])) == sorted((workers["a-again"], workers["b-again"])) == [0, 1]


def test_a_span_that_cannot_be_written_ends_no_work(tmp_path: Path) -> None:
    spans = Spans(tmp_path, job=lambda: "j", run="r")

    with spans.task("run:a"):
        pass


def test_listeners_are_told_of_every_span(spans: Spans) -> None:
    told: list[Span] = []
    spans.listeners.append(told.append)

    with spans.task("run:a"), spans.within(SpanKind.CALL, "executor"):
        pass

    assert [span.name for span in told] == ["executor", "run:a"]
