"""Medians, their intervals, and what they let be said."""

from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from director.core.bench.statistics import FEWEST_TRIALS, Verdict, difference, estimate, sign_chance

NUMBERS = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).map(lambda number: round(number, 3))
SAMPLES = st.lists(NUMBERS, min_size=2, max_size=12)
FEW = settings(max_examples=25, deadline=None)


def trials(values: list[float]) -> dict[int, float]:
    return dict(enumerate(values, 1))


def test_no_value_has_no_estimate() -> None:
    assert estimate([]) is None


def test_a_single_value_has_no_interval() -> None:
    found = estimate([0.5])

    assert found
    assert (found.trials, found.median, found.low, found.high) == (1, 0.5, None, None)


@FEW
@given(SAMPLES)
def test_an_interval_holds_the_median_and_lies_within_the_values(values: list[float]) -> None:
    found = estimate(values)

    assert found
    assert found.median == round(median(values), 6)
    assert found.low is not None
    assert found.high is not None
    assert min(values) <= found.low <= found.median <= found.high <= max(values)


@FEW
@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_the_values_does_not_matter(values: list[float], source: object) -> None:
    shuffled = sorted(values, key=lambda _: source.random())  # type: ignore[attr-defined]

    assert estimate(shuffled) == estimate(values)


@FEW
@given(SAMPLES, st.integers(min_value=-1000, max_value=1000))
def test_an_interval_moves_with_the_values(values: list[float], shift: int) -> None:
    found, moved = estimate(values), estimate([value + shift for value in values])

    assert found
    assert moved
    assert moved.median == pytest.approx(found.median + shift, abs=1e-5)
    assert (moved.low, moved.high) == (
        pytest.approx((found.low or 0) + shift, abs=1e-5),
        pytest.approx((found.high or 0) + shift, abs=1e-5),
    )


@FEW
@given(SAMPLES)
def test_a_difference_from_itself_is_never_one(values: list[float]) -> None:
    found = difference(trials(values), trials(values))

    assert found
    assert (found.low, found.high) == (0, 0)
    assert found.verdict in (Verdict.NOT_DISTINGUISHABLE, Verdict.TOO_FEW_TRIALS)


@FEW
@given(SAMPLES, SAMPLES)
def test_a_difference_turned_round_says_the_opposite(first: list[float], second: list[float]) -> None:
    there, back = difference(trials(first), trials(second)), difference(trials(second), trials(first))

    assert there
    assert back
    assert there.median == pytest.approx(-back.median, abs=1e-5)
    opposite = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER}
    assert back.verdict is opposite.get(there.verdict, there.verdict)


def test_so_many_trials_that_agree_tell_a_difference() -> None:
    cheap, full = trials([1.0, 1.2, 0.9, 1.1, 1.0, 1.3]), trials([5.0, 5.5, 4.8, 5.1, 5.2, 5.0])

    found = difference(cheap, full)

    assert found
    assert found.trials == FEWEST_TRIALS
    assert found.verdict is Verdict.LOWER


def test_fewer_trials_tell_nothing_however_large_the_difference() -> None:
    found = difference(trials([1.0] * (FEWEST_TRIALS - 1)), trials([500.0] * (FEWEST_TRIALS - 1)))

    assert found
    assert found.verdict is Verdict.TOO_FEW_TRIALS


def test_trials_that_point_both_ways_are_not_distinguishable() -> None:
    found = difference(trials([1, 2, 3, 1, 2, 3]), trials([2, 1, 2, 3, 1, 2]))

    assert found
    assert found.verdict is Verdict.NOT_DISTINGUISHABLE


def test_only_trials_that_both_have_are_compared() -> None:
    found = difference({1: 1.0, 2: 2.0, 3: 9.0}, {1: 0.5, 2: 1.5, 4: 0.0})

    assert found
    assert (found.trials, found.median) == (2, 0.5)


def test_nothing_in_common_is_no_difference() -> None:
    assert difference({1: 1.0}, {2: 1.0}) is None


def test_the_same_values_give_the_same_interval_at_all_times() -> None:
    found = estimate([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.6])

    assert found
    assert (found.low, found.median, found.high) == (1.5, 3.0, 5.0)


@pytest.mark.parametrize(
    ("differences", "chance"),
    [([], 1.0), ([0.0] * 6, 1.0), ([1.0] * 5, 0.0625), ([1.0] * 6, 0.03125), ([1.0] * 5 + [-1.0], 0.21875)],
)
def test_the_sign_test_says_how_likely_chance_is(differences: list[float], chance: float) -> None:
    assert sign_chance(differences) == chance


def test_an_interval_without_0_is_no_difference_while_its_sign_may_be_chance() -> None:
    found = difference(trials([5.0, 5.0, 5.0, 5.0, 5.0, -0.1]), trials([0.0] * 6))

    assert found
    assert found.low is not None
    assert found.low > 0
    assert found.verdict is Verdict.NOT_DISTINGUISHABLE
