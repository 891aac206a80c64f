"""What a job has cost, and whether another call may be started."""

from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.core.calls import CallRecord
from director.core.errors import LimitReached
from director.core.roles import Role
from director.job.ledger import Ledger
from tests.job.jobs import record


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    return JobDirectory(tmp_path / ".director")


def make_call(ledger: Ledger, entry: CallRecord) -> None:
    with ledger.call(entry.role) as settle:
        settle(entry)


def is_allowed(ledger: Ledger, role: Role = Role.EXECUTOR) -> bool:
    try:
        with ledger.call(role):
            return True
    except LimitReached:
        return False


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

    with pytest.raises(LimitReached) as caught, ledger.call(Role.EXECUTOR):
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

    assert is_allowed(ledger, Role.EXECUTOR)


def test_a_call_like_the_dearest_of_its_role_has_to_fit(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.0)
    make_call(ledger, record(cost=0.4))
    make_call(ledger, record(cost=0.25))

    assert not is_allowed(ledger)


def test_a_call_in_flight_holds_its_place(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.2)
    make_call(ledger, record(cost=0.5))

    with ledger.call(Role.EXECUTOR):
        assert not is_allowed(ledger)

    assert is_allowed(ledger)


def test_a_call_that_was_settled_no_longer_holds_its_place(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.5)
    make_call(ledger, record(cost=0.5))

    with ledger.call(Role.EXECUTOR) as settle:
        settle(record(cost=0.5))

        assert is_allowed(ledger)


def test_a_call_that_failed_without_a_record_gives_its_place_back(directory: JobDirectory) -> None:
    ledger = Ledger(directory, ceiling=1.2)
    make_call(ledger, record(cost=0.5))

    with pytest.raises(KeyError), ledger.call(Role.EXECUTOR):
        raise KeyError

    assert is_allowed(ledger)
    assert ledger.spent == 0.5
