"""Where things are in the pictures of a bench."""

from itertools import combinations

import pytest

from director.report.charts import WIDTH, Label, draw_cost, draw_scatter, draw_time
from tests.core.bench.summaries import arm, summary_of


def is_apart(one: Label, other: Label) -> bool:
    left, top, right, bottom = one.box
    return right <= other.box[0] or other.box[2] <= left or bottom <= other.box[1] or other.box[3] <= top


def test_an_arm_stands_at_its_cost_and_its_quality() -> None:
    picture = draw_scatter(summary_of(arm("full", cost=1.0), arm("cheap", cost=0.5, quality=0.5)))

    left, top, right, bottom = picture.frame
    full, cheap = picture.dots
    assert (full.x, full.y) == (right, top)
    assert (cheap.x, cheap.y) == ((left + right) / 2, (top + bottom) / 2)
    assert cheap.told == "cheap, trial 1: $0.5000, quality 50%"
    assert [tick.label for tick in picture.costs] == ["$0.00", "$0.20", "$0.40", "$0.60", "$0.80", "$1.00"]


def test_a_median_has_its_intervals_and_says_them() -> None:
    arms = [arm("full", trial, cost) for trial, cost in enumerate((1.0, 2.0, 4.0), 1)]

    mark = draw_scatter(summary_of(*arms)).marks[0]

    assert mark.across[0] < mark.x < mark.across[1]
    assert mark.along == (mark.y, mark.y)
    assert mark.told.startswith("full: median cost $2.0000 [$1.0000, $4.0000], median quality 100%")


@pytest.mark.parametrize("count", [2, 6, 9])
def test_names_of_profiles_that_stand_together_do_not_hide_each_other(count: int) -> None:
    picture = draw_scatter(summary_of(*(arm(f"profile-{number}", cost=1 + number / 50) for number in range(count))))

    labels = [mark.label for mark in picture.marks]
    assert all(is_apart(one, other) for one, other in combinations(labels, 2))
    assert all(label.box[0] >= 0 and label.box[2] <= WIDTH and label.box[1] >= 0 for label in labels)


def test_an_arm_whose_cost_is_not_known_or_that_did_not_end_is_missing_and_named() -> None:
    arms = [arm("full"), arm("dark", unpriced=1), arm("gone", is_done=False, quality=None)]

    picture = draw_scatter(summary_of(*arms))

    assert len(picture.dots) == 1
    assert picture.missing == ("dark", "gone")


def test_a_whisker_is_as_long_as_the_interval_and_a_single_trial_has_none() -> None:
    arms = [arm("full", 1, 1.0), arm("full", 2, 2.0), arm("cheap", 1, 0.5)]

    full, cheap = draw_cost(summary_of(*arms)).rows

    assert full.middle is not None
    assert full.low < full.middle < full.high
    assert full.value == "$1.5000 [$1.0000, $2.0000]"
    assert (cheap.low, cheap.high, cheap.value) == (cheap.middle, cheap.middle, "$0.5000")


def test_a_measure_that_is_not_known_is_said_to_be_unknown() -> None:
    (row,) = draw_cost(summary_of(arm("dark", unpriced=1))).rows

    assert (row.middle, row.dots, row.value) == (None, (), "not known")


def test_nothing_that_costs_or_takes_time_still_has_a_scale() -> None:
    summary = summary_of(arm("local", cost=0.0, seconds=0.0))

    assert draw_cost(summary).rows[0].middle == draw_time(summary).rows[0].middle == draw_cost(summary).frame[0]
    assert draw_scatter(summary).dots[0].x == draw_scatter(summary).frame[0]


@pytest.mark.parametrize(
    ("seconds", "last"), [(3.2, "4 s"), (59.0, "1:00"), (150.0, "2:30"), (7000.0, "2:00:00"), (400_000.0, "120:00:00")]
)
def test_times_are_told_in_the_steps_of_a_clock(seconds: float, last: str) -> None:
    ticks = draw_time(summary_of(arm("full", seconds=seconds))).ticks

    assert len(ticks) <= 6
    assert ticks[-1].label == last


def test_cents_are_told_where_dollars_are_not_enough() -> None:
    ticks = draw_cost(summary_of(arm("full", cost=0.0123))).ticks

    assert [tick.label for tick in ticks] == ["$0.000", "$0.005", "$0.010", "$0.015"]
