"""Measures what takes time while a job is worked on, and keeps it in spans.jsonl."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from director.artifacts.files import append_record
from director.core.spans import Span, SpanKind

Listener = Callable[[Span], None]
PASSED = "passed"


@dataclass(frozen=True)
class _Inside:
    """The span that a thread is in."""

    id: str = ""
    task: str = ""
    worker: int = 0


_OUTSIDE = _Inside()
_inside: ContextVar[_Inside] = ContextVar("inside", default=_OUTSIDE)


class Spans:
    """The spans of one run; threads may open them side by side, each within the one that it is in."""

    def __init__(self, path: Path, *, job: str, run: str) -> None:
        self._path = path
        self._job = job
        self._run = run
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self.listeners: list[Listener] = []
        """Told of every span that is over."""

    @contextmanager
    def task(self, task: str) -> Iterator[None]:
        """Measure a task; the thread is one of the run's workers meanwhile."""
        with self._lock:
            worker = next(number for number in range(len(self._busy) + 1) if number not in self._busy)
            self._busy.add(worker)
        token = _inside.set(_Inside(task=task, worker=worker))
        try:
            with self.within(SpanKind.TASK, task):
                yield
        finally:
            _inside.reset(token)
            with self._lock:
                self._busy.discard(worker)

    @contextmanager
    def within(self, kind: SpanKind, name: str) -> Iterator[None]:
        """Measure a part of what the thread is at; what is raised is its outcome."""
        outer, started, moment = _inside.get(), time.monotonic(), time.time()
        inner = replace(outer, id=uuid4().hex[:16])
        token, outcome = _inside.set(inner), PASSED
        try:
            yield
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            _inside.reset(token)
            self._end(
                Span(
                    id=inner.id,
                    parent=outer.id,
                    job=self._job,
                    run=self._run,
                    worker=inner.worker,
                    task=inner.task,
                    kind=kind,
                    name=name,
                    start=round(moment, 3),
                    seconds=round(time.monotonic() - started, 3),
                    outcome=outcome,
                )
            )

    def _end(self, span: Span) -> None:
        with self._lock, suppress(OSError):  # no work is lost because it could not be measured
            append_record(self._path, span)
        for listener in self.listeners:
            listener(span)
