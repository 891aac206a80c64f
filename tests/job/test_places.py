"""Places for agents and tests: how many at once, who is first, and what happens to those who wait."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from director.core.errors import Interrupted, Postponed
from director.job import places
from director.job.places import Places, side_by_side
from director.shell import processes
from tests.running import wait_until


class Crowd:
    """Threads that want a place each, and the order in which they came in."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.inside: list[str] = []
        self.errors: list[BaseException] = []
        self.leave = threading.Event()
        self._threads: list[threading.Thread] = []

    def join(self, name: str, urgency: float = 0.0) -> None:
        """Have one more thread wait for a place; return when it waits, or is in."""
        before = len(self.places._waiting) + len(self.inside)
        self._threads.append(threading.Thread(target=self._enter, args=(name, urgency)))
        self._threads[-1].start()
        wait_until(lambda: len(self.places._waiting) + len(self.inside) > before)

    def disperse(self) -> None:
        """Let all leave, and wait for that."""
        self.leave.set()
        for thread in self._threads:
            thread.join(5)

    def _enter(self, name: str, urgency: float) -> None:
        try:
            with self.places.place(urgency, name):
                self.inside.append(name)
                self.leave.wait(5)
        except (Postponed, Interrupted) as error:
            self.errors.append(error)


def test_no_more_are_at_work_than_there_are_places() -> None:
    crowd = Crowd(Places(2))

    for name in ("a", "b", "c"):
        crowd.join(name)

    assert crowd.inside == ["a", "b"]
    crowd.disperse()
    assert crowd.inside == ["a", "b", "c"]


def test_the_most_urgent_goes_first_and_among_equals_the_first() -> None:
    crowd = Crowd(Places(1))

    crowd.join("first")
    for name, urgency in {"small": 1.0, "large": 5.0, "large too": 5.0, "none": 0.0}.items():
        crowd.join(name, urgency)
    crowd.disperse()

    assert crowd.inside == ["first", "large", "large too", "small", "none"]


def test_a_place_is_kept_for_somebody_more_urgent_who_is_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOMENT_SECONDS", 60.0)
    crowd = Crowd(Places(1))

    with crowd.places.expected("large", 5.0), crowd.places.expected("as small", 1.0):
        crowd.join("small", 1.0)
        crowd.join("large", 5.0)
        crowd.disperse()

    assert crowd.inside == ["large", "small"]


def test_a_place_is_not_kept_for_somebody_who_will_not_come_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOMENT_SECONDS", 60.0)
    crowd = Crowd(Places(1))

    with crowd.places.expected("large", 5.0):
        crowd.join("small", 1.0)

    wait_until(lambda: crowd.inside == ["small"])
    crowd.disperse()


def test_a_place_is_not_kept_for_long() -> None:
    crowd = Crowd(Places(1))

    with crowd.places.expected("large", 5.0):
        crowd.join("small", 1.0)
        wait_until(lambda: crowd.inside == ["small"])
        crowd.disperse()


def test_who_is_ready_ahead_is_not_in_the_way_of_somebody_more_urgent() -> None:
    agents = Crowd(Places(1))
    worktrees = Crowd(Places(2, then=agents.places))
    for name in ("at work", "ready ahead"):
        worktrees.join(name, 1.0)
        agents.join(name, 1.0)

    worktrees.join("as urgent", 1.0)
    worktrees.join("more urgent", 2.0)
    agents.join("more urgent", 2.0)
    agents.disperse()
    worktrees.disperse()

    assert worktrees.inside[:3] == ["at work", "ready ahead", "more urgent"]
    assert agents.inside == ["at work", "more urgent", "ready ahead"]


def test_a_place_comes_free_also_when_the_work_fails() -> None:
    one = Places(1)

    with suppress(ValueError), one.place():
        raise ValueError

    with one.place():
        pass


def test_who_waits_when_nobody_is_let_in_any_more_is_put_off() -> None:
    crowd = Crowd(Places(1))
    crowd.join("a")
    crowd.join("b")

    crowd.places.close()
    wait_until(lambda: bool(crowd.errors))
    crowd.disperse()

    assert crowd.inside == ["a"]
    assert [type(error) for error in crowd.errors] == [Postponed]


def test_who_waits_when_director_is_to_stop_is_interrupted() -> None:
    crowd = Crowd(Places(1))
    crowd.join("a")
    crowd.join("b")

    processes.request_stop()
    try:
        wait_until(lambda: bool(crowd.errors))
    finally:
        processes.clear_stop()
        crowd.disperse()

    assert [type(error) for error in crowd.errors] == [Interrupted]


def test_more_places_let_in_who_waits() -> None:
    crowd = Crowd(Places(1))
    crowd.join("a")
    crowd.join("b")

    crowd.places.open(2)

    wait_until(lambda: crowd.inside == ["a", "b"])
    crowd.disperse()


def test_calls_side_by_side_are_made_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=5)

    side_by_side([meeting.wait] * 3, at_once=3)


def test_of_calls_side_by_side_the_first_that_fails_is_told_and_none_is_begun_after_it() -> None:
    made: list[int] = []

    def call(number: int) -> Callable[[], None]:
        def fail() -> None:
            made.append(number)
            time.sleep(0.05)
            if number < 2:
                raise ValueError(number)

        return fail

    with pytest.raises(ValueError, match="0"):
        side_by_side([call(number) for number in range(20)], at_once=2)

    assert len(made) < 20
