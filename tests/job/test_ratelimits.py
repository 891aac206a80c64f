"""Waiting for a tier that is rate limited, by a clock that stands still until it is moved."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from director.core.backoff import LONGEST_SECONDS
from director.core.calls import End, Reply
from director.core.errors import Interrupted, LimitReached
from director.core.tiers import Tier
from director.job import ratelimits
from director.job.ratelimits import RateLimits
from director.shell import processes

TIER = Tier(backend="replay", model="cassette.yaml")
OTHER = Tier(backend="replay", model="other.yaml")
START = 1_800_000_000.0
DONE = Reply(end=End.DONE)


def refused(wait: float | None = None, why: str = "slow down") -> Reply:
    return Reply(end=End.RATE_LIMITED, detail=why, retry_after=wait)


def wait_until(claim: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < until
        time.sleep(0.005)


@dataclass
class Call:
    """A call in a thread of its own, which ends when it is told how."""

    bench: "Bench"
    tier: Tier = TIER
    told: list[tuple[float, str]] = field(default_factory=list)
    error: Interrupted | LimitReached | None = None

    def __post_init__(self) -> None:
        self.began, self._may_end = threading.Event(), threading.Event()
        self._outcome: Reply | Interrupted = DONE
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self.bench.limits.turn(self.tier, lambda until, why: self.told.append((until, why))) as turn:
                self.began.set()
                self._may_end.wait(20)
                if isinstance(self._outcome, Interrupted):
                    raise self._outcome
                turn.end(self._outcome)
        except (Interrupted, LimitReached) as error:
            self.error = error

    def end(self, outcome: Reply | Interrupted = DONE) -> None:
        assert self.began.wait(5)
        self._outcome = outcome
        self._may_end.set()
        self.join()

    def join(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


@dataclass
class Bench:
    """The limits of a job whose clock is moved by hand."""

    now: float = START
    longest: float = 3600

    def __post_init__(self) -> None:
        self.limits = RateLimits(longest=self.longest, now=lambda: self.now)

    def call(self, tier: Tier = TIER) -> Call:
        return Call(self, tier)

    def waiting(self, number: int) -> list[Call]:
        """Start calls that have to wait."""
        calls = [self.call() for _ in range(number)]
        wait_until(lambda: all(call.told for call in calls))
        return calls


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(ratelimits, "LOOK_SECONDS", 0.01)
    yield Bench()
    processes.clear_stop()


def test_calls_to_a_tier_that_answers_do_not_wait_for_each_other(bench: Bench) -> None:
    one, other = bench.call(), bench.call()

    other.end()
    one.end()

    assert (one.told, other.told) == ([], [])


def test_all_calls_to_a_tier_that_refused_one_wait_for_the_same_moment(bench: Bench) -> None:
    bench.call().end(refused(30))

    calls = bench.waiting(4)

    assert [call.told for call in calls] == [[(START + 30, "slow down")]] * 4
    assert not any(call.began.is_set() for call in calls)


def test_another_tier_is_not_held_up(bench: Bench) -> None:
    bench.call().end(refused(30))

    other = bench.call(OTHER)
    other.end()

    assert (other.error, other.told) == (None, [])


def test_after_the_wait_one_tries_first_and_the_others_follow_when_it_succeeded(bench: Bench) -> None:
    bench.call().end(refused(30))
    calls = bench.waiting(4)

    bench.now = START + 30
    wait_until(lambda: any(call.began.is_set() for call in calls))
    time.sleep(0.1)
    (first,) = [call for call in calls if call.began.is_set()]
    others = [call for call in calls if call is not first]
    first.end()

    assert all(call.began.wait(5) for call in others)
    assert [len(call.told) for call in calls] == [1] * 4


def test_when_the_one_that_tries_is_refused_the_others_wait_anew(bench: Bench) -> None:
    bench.call().end(refused(30))
    calls = bench.waiting(3)

    bench.now = START + 30
    wait_until(lambda: any(call.began.is_set() for call in calls))
    (first,) = [call for call in calls if call.began.is_set()]
    others = [call for call in calls if call is not first]
    first.end(refused(60, "still too many"))
    wait_until(lambda: all(len(call.told) == 2 for call in others))

    assert [call.told[1] for call in others] == [(START + 90, "still too many")] * 2
    assert not any(call.began.is_set() for call in others)


def test_a_try_that_raised_gives_the_try_to_another(bench: Bench) -> None:
    bench.call().end(refused(30))
    calls = bench.waiting(2)

    bench.now = START + 30
    wait_until(lambda: any(call.began.is_set() for call in calls))
    (first,) = [call for call in calls if call.began.is_set()]
    (other,) = [call for call in calls if call is not first]
    first.end(Interrupted("director was asked to stop"))

    assert isinstance(first.error, Interrupted)
    assert other.began.wait(5)
    other.end()
    bench.call().end()


def test_the_wait_grows_with_refusals_in_a_row_and_is_forgotten_after_a_success(bench: Bench) -> None:
    waits = []
    bench.call().end(refused())
    for _ in range(3):
        (call,) = bench.waiting(1)
        waits.append(call.told[0][0] - bench.now)
        bench.now = call.told[0][0]
        call.end(refused())
    (call,) = bench.waiting(1)
    bench.now = call.told[0][0]
    call.end()

    bench.call().end(refused())
    (again,) = bench.waiting(1)

    assert waits == [5, 10, 20]
    assert again.told[0][0] - bench.now == 5


def test_several_calls_that_were_out_when_the_limit_was_met_count_as_one_refusal(bench: Bench) -> None:
    calls = [bench.call() for _ in range(8)]
    assert all(call.began.wait(5) for call in calls)

    for number, call in enumerate(calls):
        bench.now = START + number * 0.01
        call.end(refused())
    (waiting,) = bench.waiting(1)
    bench.now = waiting.told[0][0]
    waiting.end(refused())
    (next_one,) = bench.waiting(1)

    assert waiting.told[0][0] - START == pytest.approx(5, abs=0.1)
    assert next_one.told[0][0] - bench.now == 10


def test_a_straggler_is_no_new_refusal(bench: Bench) -> None:
    straggler, other = bench.call(), bench.call()
    assert straggler.began.wait(5)
    other.end(refused())

    bench.now = START + 7
    straggler.end(refused())
    (waiting,) = bench.waiting(1)

    assert waiting.told[0][0] - bench.now == 5


def test_a_success_of_a_call_that_was_out_before_does_not_end_the_wait(bench: Bench) -> None:
    straggler, other = bench.call(), bench.call()
    assert straggler.began.wait(5)
    other.end(refused(60))
    (waiting,) = bench.waiting(1)

    straggler.end()
    time.sleep(0.1)

    assert not waiting.began.is_set()


def test_the_longest_of_the_waits_that_were_told_counts(bench: Bench) -> None:
    one, other = bench.call(), bench.call()
    assert one.began.wait(5)
    other.end(refused(60))
    one.end(refused(20))

    (waiting,) = bench.waiting(1)

    assert waiting.told == [(START + 60, "slow down")]


def test_a_moment_that_hardly_moves_is_told_once(bench: Bench) -> None:
    calls = [bench.call() for _ in range(8)]
    assert all(call.began.wait(5) for call in calls)
    calls[0].end(refused(30))
    (waiting,) = bench.waiting(1)

    for call in calls[1:]:
        bench.now += 0.01
        call.end(refused(30))
    time.sleep(0.1)

    assert [until for until, _ in waiting.told] == [START + 30]


def test_a_wait_that_was_too_short_before_is_not_believed_again(bench: Bench) -> None:
    bench.call().end(refused(0))
    bench.call().end(refused(0))
    (second,) = bench.waiting(1)
    bench.now = second.told[0][0]
    second.end(refused(0))
    (third,) = bench.waiting(1)

    assert second.told[0][0] - START == 5
    assert third.told[0][0] - bench.now == 10


def test_a_wait_that_is_too_long_is_a_limit_that_was_reached_with_its_moment(bench: Bench) -> None:
    bench.call().end(refused(3601, "weekly quota"))

    late = bench.call()
    late.join()

    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(START + 3601))
    assert isinstance(late.error, LimitReached)
    assert late.error.message.startswith(f"'replay:cassette.yaml' is rate limited until {moment}")
    assert late.error.message.endswith(": weekly quota")
    assert late.error.hint == (
        "run the same command again then, or allow longer waits with limits.rate_limit_wait_secs in config.toml"
    )
    assert late.told == []


def test_those_who_wait_already_stop_waiting_when_it_takes_too_long(bench: Bench) -> None:
    bench.call().end(refused(30))
    calls = bench.waiting(3)

    bench.now = START + 30
    wait_until(lambda: any(call.began.is_set() for call in calls))
    (first,) = [call for call in calls if call.began.is_set()]
    first.end(refused(7200))
    for call in calls:
        call.join()

    assert [type(call.error) for call in calls if call is not first] == [LimitReached] * 2


def test_waits_in_a_row_are_added_up(bench: Bench) -> None:
    bench.longest = 1000
    bench.__post_init__()
    bench.call().end(refused(600))
    (call,) = bench.waiting(1)
    bench.now = call.told[0][0]
    call.end(refused(600))

    late = bench.call()
    late.join()

    assert isinstance(late.error, LimitReached)


def test_nobody_is_turned_away_while_another_tries_after_a_wait_that_was_too_long(bench: Bench) -> None:
    bench.call().end(refused(7200))
    bench.now = START + 7200
    trying = bench.call()
    assert trying.began.wait(5)

    other = bench.call()
    time.sleep(0.1)
    trying.end()
    other.end()

    assert (other.error, other.told) == (None, [])


def test_with_no_wait_allowed_a_refusal_is_a_limit_at_once(bench: Bench) -> None:
    bench.longest = 0
    bench.__post_init__()
    bench.call().end(refused())

    late = bench.call()
    late.join()

    assert isinstance(late.error, LimitReached)


def test_a_provider_that_gives_no_reason_is_named_all_the_same(bench: Bench) -> None:
    bench.call().end(refused(7200, ""))

    late = bench.call()
    late.join()

    assert "it does not say why" in str(late.error)


@pytest.mark.parametrize("wait", [1e300, float("inf"), 1e12])
def test_an_absurd_wait_is_told_as_a_limit(bench: Bench, wait: float) -> None:
    bench.call().end(refused(wait))

    late = bench.call()
    late.join()

    assert isinstance(late.error, LimitReached)


def test_a_stop_ends_every_wait_at_once(bench: Bench) -> None:
    bench.call().end(refused(LONGEST_SECONDS))
    calls = bench.waiting(3)
    started = time.monotonic()

    processes.request_stop()
    for call in calls:
        call.join()

    assert time.monotonic() - started < 2
    assert [type(call.error) for call in calls] == [Interrupted] * 3


def test_a_stop_also_ends_the_wait_for_one_that_tries(bench: Bench) -> None:
    bench.call().end(refused(30))
    bench.now = START + 30
    trying = bench.call()
    assert trying.began.wait(5)
    other = bench.call()

    processes.request_stop()
    other.join()

    assert isinstance(other.error, Interrupted)
