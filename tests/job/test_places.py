"""Places for agents and tests: how many at once, who is first, and what happens to those who wait."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from director.core.errors import Interrupted, Postponed
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
            with self.places.place(urgency):
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


def test_a_place_comes_free_also_when_the_work_fails() -> None:
    places = Places(1)

    with suppress(ValueError), places.place():
        raise ValueError

    with places.place():
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
