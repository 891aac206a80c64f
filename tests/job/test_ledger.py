"""What a job has cost, and whether another call may be started."""

import threading
from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.core.calls import CallRecord, End
from director.core.errors import LimitReached
from director.core.roles import Role
from director.core.tiers import Tier
from director.job.ledger import Ledger
from tests.job.jobs import record

TIER = Tier(backend="replay", model="cassette.yaml")


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path / ".director")


def make_call(ledger: Ledger, entry: CallRecord) -> None:
    with ledger.call(entry.role, entry.tier) as place:
        ledger.settle(entry, place)


def is_allowed(ledger: Ledger, role: Role = Role.EXECUTOR, tier: Tier = TIER) -> bool:
    try:
        with ledger.call(role, tier):
            return True
    except LimitReached:
        return False


def is_admitted(ledger: Ledger, role: Role = Role.EXECUTOR) -> bool:
    """Tell whether a call is let in, rather than having to wait."""
    admitted = threading.Event()

    def call() -> None:
        with ledger.call(role, TIER):
            admitted.set()

    threading.Thread(target=call, daemon=True).start()
    return admitted.wait(0.5)


def test_nothing_is_spent_at_first(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=None)

    assert (ledger.spent, ledger.unpriced) == (0.0, 0)


def test_what_calls_cost_is_added_up(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=None)

    make_call(ledger, record(Role.PLANNER, 1.25))
    make_call(ledger, record(Role.EXECUTOR, 0.5))

    assert ledger.spent == 1.75


def test_calls_without_a_known_cost_are_counted(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)

    make_call(ledger, record(cost=None))
    make_call(ledger, record(cost=0.5))
    make_call(ledger, record(cost=None))

    assert (ledger.spent, ledger.unpriced) == (0.5, 2)


def test_another_director_knows_what_was_spent_before(directory: JobDirectory) -> None:
    make_call(Ledger(directory, ceiling=None), record(cost=0.75))
    make_call(Ledger(directory, ceiling=None), record(cost=None))

    ledger = Ledger(directory, ceiling=0.7)

    assert (ledger.spent, ledger.unpriced) == (0.75, 1)
    assert not is_allowed(ledger)


def test_a_ceiling_that_was_reached_is_told_with_what_was_spent(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(cost=1.25))

    with pytest.raises(LimitReached) as caught, ledger.call(Role.EXECUTOR, TIER):
        pass

    assert str(caught.value) == (
        "the job has cost $1.25 ($0.00 more in flight) of $1.00; no new call is started\n"
        "hint: raise limits.cost_ceiling_usd in config.toml and run the same command again"
    )


def test_without_a_ceiling_everything_is_allowed(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=None)
    make_call(ledger, record(cost=1_000_000))

    assert is_allowed(ledger)


def test_a_first_call_of_a_role_is_allowed_below_the_ceiling(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(Role.PLANNER, 0.99))

    assert is_allowed(ledger, Role.EXECUTOR, Tier(backend="replay", model="other.yaml"))


def test_a_call_like_the_dearest_of_its_role_has_to_fit(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(cost=0.4))
    make_call(ledger, record(cost=0.25))

    assert not is_allowed(ledger)


def test_a_call_waits_while_those_in_flight_may_take_the_room_that_is_left(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.2)
    make_call(ledger, record(cost=0.5))

    with ledger.call(Role.EXECUTOR, TIER) as place:
        assert not is_admitted(ledger)
        ledger.settle(record(cost=0.1), place)

    assert is_admitted(ledger)


def test_a_call_that_waited_is_turned_away_when_the_room_is_taken(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.2)
    make_call(ledger, record(cost=0.5))

    with ledger.call(Role.EXECUTOR, TIER) as place:
        ledger.settle(record(cost=0.6), place)

        assert not is_allowed(ledger)


def test_under_a_ceiling_the_first_call_of_its_kind_goes_alone(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=4.0)

    with ledger.call(Role.EXECUTOR, TIER) as place:
        assert not is_admitted(ledger)
        ledger.settle(record(cost=1.25), place)

    assert is_admitted(ledger)


def test_without_a_ceiling_first_calls_go_together(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=None)

    with ledger.call(Role.EXECUTOR, TIER):
        assert is_admitted(ledger)


def test_a_role_that_was_not_asked_yet_may_cost_what_its_tier_did(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(Role.PLANNER, 0.6))

    assert not is_allowed(ledger, Role.ESCALATION)
    assert is_allowed(ledger, Role.ESCALATION, Tier(backend="replay", model="other.yaml"))


def test_a_call_in_flight_may_go_on_until_all_that_is_known_reaches_the_ceiling(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(cost=0.2))

    with ledger.call(Role.EXECUTOR, TIER) as one, ledger.call(Role.EXECUTOR, TIER) as other:
        assert one.use(0.3)
        assert other.use(0.4)
        assert not one.use(0.4)


def test_a_call_that_failed_without_a_record_gives_its_place_back(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.2)
    make_call(ledger, record(cost=0.5))

    with pytest.raises(KeyError), ledger.call(Role.EXECUTOR, TIER):
        raise KeyError

    assert is_allowed(ledger)
    assert ledger.spent == 0.5


def test_a_call_counts_once(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=None)
    ledger.settle(record(cost=0.5, id="a"))

    ledger.settle(record(cost=0.5, id="a"))
    again = Ledger(directory, ceiling=None)
    again.settle(record(cost=0.5, id="a"))

    assert (ledger.spent, again.spent) == (0.5, 0.5)


def test_under_a_ceiling_the_first_call_of_a_role_goes_alone_also_where_its_tier_was_asked_before(
    directory: JobDirectory,
) -> None:
    ledger = Ledger(directory, ceiling=4.0)
    make_call(ledger, record(Role.PLANNER, 0.01))

    with ledger.call(Role.EXECUTOR, TIER) as place:
        assert not is_admitted(ledger)
        ledger.settle(record(cost=1.25), place)

    assert is_admitted(ledger)


@pytest.mark.parametrize("end", [End.RATE_LIMITED, End.ERROR, End.INTERRUPTED, End.REFUSED])
def test_a_call_that_was_turned_away_does_not_tell_what_others_cost(directory: JobDirectory, end: End) -> None:
    ledger = Ledger(directory, ceiling=4.0)
    make_call(ledger, record(cost=None, end=end))

    with ledger.call(Role.EXECUTOR, TIER):
        assert not is_admitted(ledger)


def test_another_tier_of_a_role_is_a_kind_of_its_own(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=4.0)
    make_call(ledger, record(cost=0.01, tier=Tier(backend="replay", model="cheap.yaml")))

    with ledger.call(Role.EXECUTOR, TIER):
        assert not is_admitted(ledger)
