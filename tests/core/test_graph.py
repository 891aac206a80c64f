from collections.abc import Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from director.core.cycles import find_cycles
from director.core.graph import closure, dependents, makespan, remaining_lengths, topological_order
from director.core.plan.concurrency import Concurrency

Graph = dict[str, list[str]]

NAMES = [str(number) for number in range(7)]
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3))


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.permutations(NAMES))
    return {
        name: draw(st.lists(st.sampled_from(names[:place]), max_size=3)) if place else []
        for place, name in enumerate(names)
    }


def has_cycle(graph: Mapping[str, list[str]]) -> bool:
    left = dict(graph)
    while free := [name for name, needed in left.items() if not left.keys() & set(needed)]:
        for name in free:
            del left[name]
    return bool(left)


def waits_for(graph: Graph, one: str, other: str) -> bool:
    return any(needed == other or waits_for(graph, needed, other) for needed in graph[one])


def heaviest_path(graph: Graph, weights: Mapping[str, float], name: str) -> float:
    above = [dependent for dependent, needed in graph.items() if name in needed]
    return weights[name] + max((heaviest_path(graph, weights, dependent) for dependent in above), default=0.0)


@given(GRAPHS)
def test_the_order_respects_dependencies(graph: Graph) -> None:
    order = topological_order(graph)

    place = {name: number for number, name in enumerate(order)}
    assert all(place[needed] < place[name] for name in order for needed in graph[name] if needed in graph)


@given(acyclic_graphs())
def test_the_order_of_a_graph_without_cycles_holds_every_name_once(graph: Graph) -> None:
    assert sorted(topological_order(graph)) == sorted(graph)


@given(GRAPHS)
def test_a_cycle_is_found_if_and_only_if_there_is_one(graph: Graph) -> None:
    assert bool(next(find_cycles(graph), None)) == has_cycle(graph)


@given(GRAPHS)
def test_every_cycle_that_is_found_is_one(graph: Graph) -> None:
    inner = {name: [needed for needed in needs if needed in graph] for name, needs in graph.items()}

    cycles = list(find_cycles(inner))

    assert all(cycle[0] == cycle[-1] for cycle in cycles)
    assert all(needed in inner[name] for cycle in cycles for name, needed in pairwise(cycle))


@given(GRAPHS)
def test_without_their_last_steps_no_cycle_is_left(graph: Graph) -> None:
    last_steps = {(cycle[-2], cycle[-1]) for cycle in find_cycles(graph)}

    left = {name: [needed for needed in needs if (name, needed) not in last_steps] for name, needs in graph.items()}
    assert not has_cycle(left)
    assert bool(last_steps) == has_cycle(graph)


@given(acyclic_graphs(), st.data())
def test_remaining_lengths_are_those_of_the_heaviest_paths(graph: Graph, data: st.DataObject) -> None:
    weights = {name: float(data.draw(st.integers(1, 9))) for name in graph}

    assert remaining_lengths(graph, weights) == {name: heaviest_path(graph, weights, name) for name in graph}


def test_a_name_without_a_weight_weighs_one() -> None:
    assert remaining_lengths({"a": [], "b": ["a"]}, {"a": 3.0}) == {"a": 4.0, "b": 1.0}


@given(acyclic_graphs())
def test_nodes_may_run_at_once_if_neither_waits_for_the_other(graph: Graph) -> None:
    concurrency = Concurrency(graph, watched=graph)

    for one in graph:
        for other in graph:
            ordered = one == other or waits_for(graph, one, other) or waits_for(graph, other, one)
            found = concurrency.first_at_once(one, concurrency.group([other]))
            assert found == (None if ordered else other)


def test_a_name_is_known_by_those_that_depend_on_it() -> None:
    assert dependents({"a": [], "b": ["a"], "c": ["a", "b"]}) == {"a": ["b", "c"], "b": ["c"], "c": []}


def test_a_closure_holds_what_can_be_reached_each_once() -> None:
    graph = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["a"], "e": ["a"]}

    assert closure(["a"], graph) == ["a", "b", "c", "d"]


@given(graph=acyclic_graphs(), seconds=st.lists(st.integers(0, 9), min_size=7, max_size=7), workers=st.integers(1, 8))
def test_a_schedule_is_as_long_as_it_must_be_and_no_longer_than_work_in_turn(
    graph: Graph, seconds: list[int], workers: int
) -> None:
    took = {name: float(length) for name, length in zip(graph, seconds, strict=True)}
    longest, work = max(remaining_lengths(graph, took).values()), sum(took.values())

    found = makespan(graph, took, workers=workers)

    assert max(longest, work / workers) <= found + 1e-9
    assert found <= work / workers + longest * (workers - 1) / workers + 1e-9  # Graham's bound for greedy schedules
