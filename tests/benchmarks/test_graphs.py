"""How fast nobody can be."""

import pytest

from benchmarks.speed.graphs import Work, greedy_schedule, layered, lower_bound, mixed, wide


@pytest.mark.parametrize(
    ("works", "bound"),
    [
        (wide(16, seconds=0.5), 1.0),
        ([Work("a", (), 1.0), Work("b", ("a",), 2.0), Work("c", (), 0.5)], 3.0),
        ([Work("a", (), 1.0), Work("b", ("a",), 1.0), *wide(32, seconds=1.0)], 4.25),
    ],
)
def test_nobody_is_faster_than_all_work_shared_out_or_the_longest_path(works: list[Work], bound: float) -> None:
    assert lower_bound(works, at_once=8) == bound


def test_a_schedule_starts_the_longest_path_first() -> None:
    works = [*wide(6, seconds=1.0), Work("n00006", (), 1.0), Work("n00007", ("n00006",), 2.0)]

    assert greedy_schedule(works, at_once=3) == 3.0


def test_a_schedule_waits_for_what_a_node_needs() -> None:
    assert greedy_schedule([Work("a", (), 1.0), Work("b", ("a",), 1.0)], at_once=8) == 2.0


@pytest.mark.parametrize("works", [layered(64, seed=1, seconds=0.5), mixed(64, seed=1)], ids=["layered", "mixed"])
def test_a_schedule_is_not_faster_than_the_lower_bound(works: list[Work]) -> None:
    assert greedy_schedule(works, at_once=8) >= lower_bound(works, at_once=8)


def test_a_node_of_a_layer_needs_only_nodes_of_the_layer_before() -> None:
    works = layered(64, seed=1, layers=8)

    layer = {work.id: number // 8 for number, work in enumerate(works)}
    assert all(layer[need] == layer[work.id] - 1 for work in works for need in work.needs)
    assert all(work.needs for work in works[8:])
