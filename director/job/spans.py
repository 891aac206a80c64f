"""Measures what takes time while a job is worked on, and keeps it in spans.jsonl."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from director.artifacts.files import append_record
from director.core.spans import PASSED, Span, SpanKind

Listener = Callable[[Span], None]


@dataclass
class Open:
    """A span that is not over yet."""

    outcome: str = PASSED
    """What to say of it, unless something is raised."""


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

    def __init__(self, path: Path, *, job: Callable[[], str], run: str) -> None:
        self._path = path
        self._job = job
        self._run = run
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._ready: dict[str, float] = {}
        self._of: dict[str, list[Span]] = defaultdict(list)
        self.tasks: dict[str, float] = {}
        """Seconds that each task of the run took."""
        self.agents = 0.0
        """Seconds that agents were at work, all together."""
        self.listeners: list[Listener] = []
        """Told of every span that is over."""

    @property
    def current(self) -> str:
        """The task that the thread is at; empty if it is at none."""
        return _inside.get().task

    def ready(self, task: str) -> None:
        """Take note that a task could begin now."""
        self._ready[task] = time.time()

    def take(self, task: str) -> list[Span]:
        """Return the spans of a task that are over, and forget them."""
        with self._lock:
            return self._of.pop(task, [])

    @contextmanager
    def task(self, task: str) -> Iterator[None]:
        """Measure a task, and how long it waited; the thread is one of the run's workers meanwhile."""
        with self._lock:
            worker = next(number for number in range(len(self._busy) + 1) if number not in self._busy)
            self._busy.add(worker)
        token = _inside.set(_Inside(task=task, worker=worker))
        self._tell_queue(task, worker)
        try:
            with self.within(SpanKind.TASK, task):
                yield
        finally:
            _inside.reset(token)
            with self._lock:
                self._busy.discard(worker)

    @contextmanager
    def within(self, kind: SpanKind, name: str, *, call: str = "", least: float = 0.0) -> Iterator[Open]:
        """Measure a part of what the thread is at, unless it takes less time; what is raised is its outcome."""
        outer, started, moment = _inside.get(), time.monotonic(), time.time()
        inner = replace(outer, id=uuid4().hex[:16])
        token, span = _inside.set(inner), Open()
        try:
            yield span
        except BaseException as error:
            span.outcome = type(error).__name__
            raise
        finally:
            _inside.reset(token)
            seconds = time.monotonic() - started
            if seconds >= least:
                ended = {"start": moment, "seconds": seconds, "outcome": span.outcome, "call": call}
                self._end(self._span(inner, kind, name, parent=outer.id, **ended))

    def _tell_queue(self, task: str, worker: int) -> None:
        since = self._ready.pop(task, None)
        if since is not None:
            at, waited = _Inside(id=uuid4().hex[:16], task=task, worker=worker), max(0.0, time.time() - since)
            self._end(self._span(at, SpanKind.QUEUE, task, parent="", start=since, seconds=waited))

    def _span(self, at: _Inside, kind: SpanKind, name: str, *, parent: str, **ended: Any) -> Span:
        place = {"id": at.id, "parent": parent, "job": self._job(), "run": self._run}
        return Span(**place, worker=at.worker, task=at.task, kind=kind, name=name, **ended)

    def _end(self, span: Span) -> None:
        with self._lock, suppress(OSError):  # no work is lost because it could not be measured
            self._of[span.task].append(span)
            if span.kind is SpanKind.TASK:
                self.tasks[span.task] = self.tasks.get(span.task, 0.0) + span.seconds
            if span.kind is SpanKind.CALL:
                self.agents += span.seconds
            append_record(self._path, span)
        for listener in self.listeners:
            listener(span)
