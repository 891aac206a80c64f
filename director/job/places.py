"""How much is at work at once: places for agents, and others for tests, so that neither waits for the other."""

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import copy_context
from itertools import count
from typing import NamedTuple

from director.core.errors import Interrupted, Postponed
from director.core.spans import SpanKind
from director.job.spans import Spans
from director.shell import cores, processes

DEFAULT_AGENTS = 4
WAIT_SECONDS = 0.05
"""A shorter wait is none."""
_LOOK_SECONDS = 0.25
"""How often somebody who waits looks whether director is to stop, and whether they waited long enough for others."""
_MOMENT_SECONDS = 0.5
"""So long a place is kept for somebody who is expected."""
_AGENTS_AHEAD, _MOST_AHEAD = 4, 4
"""For so many agents one worktree is made ready ahead, and so many at most."""


class _Entry(NamedTuple):
    """Somebody who waits for a place, in the order in which they are let in."""

    haste: float
    """The urgency, negative."""
    number: int
    since: float
    """On the monotonic clock."""
    let_in: threading.Event


class Places:
    """So many places; a free one goes to the most urgent of those who wait, and among equals to the first.

    It is kept for a moment for somebody more urgent who is expected. Where those who hold a place go on to wait for one
    of `then`, whoever would be the first of them there is let in although there is no place left: they are in the way.
    """

    def __init__(self, number: int, *, then: "Places | None" = None) -> None:
        self.number = number
        self._then = then
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._expected: dict[str, float] = {}
        self._arrivals = count()
        self._taken = 0
        self._is_closed = False

    def open(self, number: int) -> None:
        """Have so many places from now on."""
        with self._lock:
            self.number, self._is_closed = number, False
            self._let_in()

    def close(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._is_closed = True

    @contextmanager
    def expected(self, name: str, urgency: float) -> Iterator[None]:
        """Have somebody expected until they come, or until they will not come any more."""
        with self._lock:
            self._expected[name] = urgency
        try:
            yield
        finally:
            with self._lock:
                self._forget(name)

    @contextmanager
    def place(self, urgency: float = 0.0, name: str = "") -> Iterator[None]:
        """Hold a place. Raises Postponed when nobody is let in any more, Interrupted if director is to stop."""
        with self._lock:
            entry = _Entry(-urgency, next(self._arrivals), time.monotonic(), threading.Event())
            heapq.heappush(self._waiting, entry)
            self._forget(name)
        try:
            self._wait(entry)
            yield
        finally:
            with self._lock:
                if entry in self._waiting:
                    self._waiting.remove(entry)
                    heapq.heapify(self._waiting)
                else:
                    self._taken -= 1
                self._let_in()

    def _forget(self, name: str) -> None:
        self._expected.pop(name, None)
        self._let_in()

    def _wait(self, entry: _Entry) -> None:
        while not entry.let_in.wait(_LOOK_SECONDS):
            if processes.is_stopping():
                raise Interrupted("director was asked to stop")
            if self._is_closed:
                raise Postponed("nothing new is begun after a failure")
            with self._lock:
                self._let_in()

    def _let_in(self) -> None:
        while self._waiting and not self._is_closed and self._has_room(self._waiting[0]):
            heapq.heappop(self._waiting).let_in.set()
            self._taken += 1

    def _has_room(self, entry: _Entry) -> bool:
        if self._taken >= self.number:
            return self._then is not None and self._then.would_be_first(-entry.haste)
        is_late = time.monotonic() - entry.since >= _MOMENT_SECONDS
        return is_late or not any(urgency > -entry.haste for urgency in self._expected.values())

    def would_be_first(self, urgency: float) -> bool:
        """Tell whether some wait here, and all of them are less urgent."""
        with self._lock:
            return bool(self._waiting) and urgency > -self._waiting[0].haste


class AtWork:
    """The places of a run: for agents as many as a person said, for tests no more than there are cores.

    An agent's worktree is made equal to a commit, and what the agent left there is kept, while others work: there are
    some more workplaces than agents where there are enough of these. Not many, or they would be of old commits.
    """

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._agents, self._tests = Places(0), Places(0)
        self._workplaces = Places(0, then=self._agents)
        self.urgency: dict[str, float] = {}
        """How much waits for each task."""
        self.open(DEFAULT_AGENTS)

    @property
    def tests_at_once(self) -> int:
        """How many test commands may run at once."""
        return self._tests.number

    @property
    def tasks_at_once(self) -> int:
        """How many tasks may be under way: as many at their tests or their landing as with an agent, and some more."""
        return 2 * self._agents.number + self._tests.number

    def open(self, agents: int) -> None:
        """Let so many agents work at once."""
        self._agents.open(agents)
        self._workplaces.open(agents + min(agents // _AGENTS_AHEAD, _MOST_AHEAD))
        self._tests.open(min(agents, cores.count()))

    def close(self) -> None:
        """Let no further agent begin."""
        self._agents.close()
        self._workplaces.close()

    def expected(self, task: str) -> AbstractContextManager[None]:
        """Keep a workplace for a moment for a task that has begun, if it is more urgent than those who are there."""
        return self._workplaces.expected(task, self.urgency.get(task, 0.0))

    def workplace(self) -> AbstractContextManager[None]:
        """Hold a worktree's place, for an agent that is to work for the task that the thread is at."""
        return self._held(self._workplaces, "workplaces")

    def agent(self) -> AbstractContextManager[None]:
        """Hold a place among the agents, for the task that the thread is at."""
        return self._held(self._agents, "agents")

    def test(self) -> AbstractContextManager[None]:
        """Hold a place among the tests, for the task that the thread is at."""
        return self._held(self._tests, "tests")

    @contextmanager
    def _held(self, places: Places, name: str) -> Iterator[None]:
        with ExitStack() as held:
            with self._spans.within(SpanKind.QUEUE, name, least=WAIT_SECONDS):
                task = self._spans.current
                held.enter_context(places.place(self.urgency.get(task, 0.0), task))
            yield


def side_by_side(calls: Iterable[Callable[[], None]], *, at_once: int) -> None:
    """Make calls in threads of their own; what the first of them raises, in their order, is raised.

    After something was raised, no further call is begun.
    """
    made = list(calls)
    if at_once < 2 or len(made) < 2:
        for call in made:
            call()
        return
    with ThreadPoolExecutor(min(at_once, len(made))) as pool:
        futures = [pool.submit(copy_context().run, call) for call in made]
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()
