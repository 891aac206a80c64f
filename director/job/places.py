"""How much is at work at once: places for agents, and others for tests, so that neither waits for the other."""

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import copy_context
from itertools import count

from director.core.errors import Interrupted, Postponed
from director.core.spans import SpanKind
from director.job.spans import Spans
from director.shell import cores, processes

DEFAULT_AGENTS = 4
WAIT_SECONDS = 0.05
"""A shorter wait is none."""
_LOOK_SECONDS = 0.25
"""How often somebody who waits looks whether director is to stop."""
_AGENTS_AHEAD, _MOST_AHEAD = 4, 4
"""For so many agents one worktree is made ready ahead, and so many at most."""


class Places:
    """So many places; a free one goes to the most urgent of those who wait, and among equals to the first."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, int, threading.Event]] = []
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
    def place(self, urgency: float = 0.0) -> Iterator[None]:
        """Hold a place. Raises Postponed when nobody is let in any more, Interrupted if director is to stop."""
        with self._lock:
            entry = (-urgency, next(self._arrivals), threading.Event())
            heapq.heappush(self._waiting, entry)
            self._let_in()
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

    def _wait(self, entry: tuple[float, int, threading.Event]) -> None:
        while not entry[-1].wait(_LOOK_SECONDS):
            if processes.is_stopping():
                raise Interrupted("director was asked to stop")
            if self._is_closed:
                raise Postponed("nothing new is begun after a failure")

    def _let_in(self) -> None:
        while self._waiting and self._taken < self.number and not self._is_closed:
            heapq.heappop(self._waiting)[-1].set()
            self._taken += 1


class AtWork:
    """The places of a run: for agents as many as a person said, for tests no more than there are cores.

    An agent's worktree is made equal to a commit, and what the agent left there is kept, while others work: there are
    some more workplaces than agents where there are enough of these. Not many, or they would be of old commits.
    """

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._agents, self._workplaces, self._tests = Places(0), Places(0), Places(0)
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
                held.enter_context(places.place(self.urgency.get(self._spans.current, 0.0)))
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
