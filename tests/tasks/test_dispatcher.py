"""The dispatcher: the critical path first, everything expanded at once, in time that grows with the graph."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from doit.control import TaskControl
from doit.exceptions import InvalidDodoFile
from doit.task import DelayedLoader, Task
from hypothesis import given
from hypothesis import strategies as st

from director.tasks.dispatcher import CriticalPathDispatcher


def make(name: str, *task_dep: str, weight: float | None = None, **fields: Any) -> Task:
    return Task(name, None, task_dep=task_dep, meta=None if weight is None else {"weight": weight}, **fields)


def dispatcher(tasks: Sequence[Task], *selected: str) -> CriticalPathDispatcher:
    control = TaskControl(tasks)
    control.process(list(selected) or None)
    return CriticalPathDispatcher(control.tasks, control.targets, control.selected_tasks)


def order(tasks: Sequence[Task], *selected: str, status: Mapping[str, str] | None = None) -> list[str]:
    """Return the names in the order in which a runner with one worker meets them; each ends well or as said."""
    generator = dispatcher(tasks, *selected).generator
    names, node = [], None
    while (node := next(generator, None) if node is None else send(generator, node)) is not None:
        names.append(node.task.name)
        node.run_status = (status or {}).get(node.task.name, "successful")
    return names


def send(generator: Any, node: Any) -> Any:
    try:
        return generator.send(node)
    except StopIteration:
        return None


def test_the_longest_path_goes_first() -> None:
    tasks = [make("short"), make("c", "b"), make("b", "a"), make("a")]

    assert order(tasks) == ["a", "b", "short", "c"]


def test_a_heavy_task_makes_its_path_long() -> None:
    tasks = [make("c", "b"), make("b", "a"), make("a"), make("heavy", weight=10), make("last", weight=0.5)]

    assert order(tasks) == ["heavy", "a", "b", "c", "last"]


def test_equal_paths_go_in_the_order_of_definition() -> None:
    tasks = [make(name) for name in "dbeac"]

    assert order(tasks) == list("dbeac")
    assert order(tasks, "c", "b", "e") == list("bec")


def test_only_what_is_selected_makes_a_path_long() -> None:
    tasks = [make("b"), make("a"), make("after a", "a"), make("after that", "after a")]

    assert order(tasks, "a", "b") == ["b", "a"]


def test_what_is_selected_brings_its_dependencies() -> None:
    tasks = [make("c", "b"), make("b", "a"), make("a"), make("other")]

    assert order(tasks, "c") == ["a", "b", "c"]


def test_a_task_selected_twice_is_met_once() -> None:
    assert order([make("a")], "a", "a") == ["a"]


def test_a_group_comes_after_its_tasks() -> None:
    group = Task("group", None, task_dep=["group:x", "group:y"], has_subtask=True)
    tasks = [group, make("group:x"), make("group:y", "group:x"), make("alone", weight=1.5)]

    assert order(tasks) == ["group:x", "alone", "group:y", "group"]


def test_a_group_adds_nothing_to_a_path() -> None:
    group = Task("group", None, task_dep=["group:x"], has_subtask=True)
    tasks = [make("first"), group, make("group:x"), make("last")]

    assert order(tasks) == ["first", "group:x", "last", "group"]


def test_a_file_that_another_task_makes_is_a_dependency() -> None:
    tasks = [make("reader", file_dep=["file"]), make("writer", targets=["file"])]

    assert order(tasks) == ["writer", "reader"]


def test_a_setup_task_runs_before_a_task_that_has_to_run() -> None:
    tasks = [make("a", setup=["prepare"]), make("prepare")]

    assert order(tasks, "a", status={"a": "run"})[:3] == ["a", "prepare", "a"]


def test_a_setup_task_does_not_run_for_a_task_that_is_up_to_date() -> None:
    tasks = [make("a", setup=["prepare"]), make("prepare")]

    assert order(tasks, "a", status={"a": "up-to-date"}) == ["a"]


def test_calculated_dependencies_are_waited_for() -> None:
    calculated = make("calculated")
    calculated.values = {"task_dep": ["found"]}
    tasks = [make("a", calc_dep=["calculated"]), calculated, make("found")]

    assert order(tasks, "a") == ["calculated", "found", "a"]


def test_tasks_of_a_delayed_creator_are_met() -> None:
    def create() -> Any:
        yield {"name": "x", "actions": None}

    tasks = [make("first"), Task("delayed", None, loader=DelayedLoader(create, executed="first"))]

    assert order(tasks) == ["first", "delayed:x", "delayed"]


def test_a_circle_is_refused_with_its_path() -> None:
    tasks = [make("a", "b"), make("b", "c"), make("c", "a"), make("other")]

    with pytest.raises(InvalidDodoFile, match="tasks need each other in a circle: a -> b -> c -> a"):
        dispatcher(tasks)


def test_a_circle_through_a_setup_task_is_refused() -> None:
    tasks = [make("a", setup=["b"]), make("b", "a")]

    with pytest.raises(InvalidDodoFile, match="circle"):
        dispatcher(tasks)


def test_a_circle_that_is_not_selected_does_not_matter() -> None:
    tasks = [make("a", "b"), make("b", "a"), make("other")]

    assert order(tasks, "other") == ["other"]


def chain(length: int) -> list[Task]:
    return [make(str(number), *([str(number - 1)] if number else [])) for number in range(length)]


def test_no_task_remembers_its_ancestors() -> None:
    nodes = dispatcher(chain(100), "99").nodes

    assert {len(node.ancestors) for node in nodes.values()} == {1}


def test_a_deep_chain_selected_from_its_end_is_quick() -> None:
    tasks = chain(5_000)
    started = time.process_time()

    names = order(tasks, "4999")

    assert names == [str(number) for number in range(5_000)]
    assert time.process_time() - started < 2


def test_a_wide_graph_is_quick() -> None:
    tasks = [make("all", *[str(number) for number in range(10_000)]), *[make(str(n)) for n in range(10_000)]]
    started = time.process_time()

    names = order(tasks)

    assert names == [*[str(number) for number in range(10_000)], "all"]
    assert time.process_time() - started < 2


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """A random graph without circles, its tasks defined in random order."""
    size = draw(st.integers(1, 12))
    needed = {f"t{n}": [f"t{m}" for m in range(n) if draw(st.booleans())] for n in range(size)}
    return {name: needed[name] for name in draw(st.permutations(sorted(needed)))}


@given(graphs(), st.data())
def test_every_task_is_met_once_and_after_its_dependencies(graph: dict[str, list[str]], data: st.DataObject) -> None:
    weights = {name: data.draw(st.floats(0, 10)) for name in graph}
    tasks = [make(name, *needed, weight=weights[name]) for name, needed in graph.items()]

    names = order(tasks)

    assert sorted(names) == sorted(graph)
    assert all(names.index(needed) < names.index(name) for name in graph for needed in graph[name])


@given(graphs(), st.data())
def test_a_task_that_cannot_be_done_holds_up_nothing_else(graph: dict[str, list[str]], data: st.DataObject) -> None:
    broken = data.draw(st.sampled_from(sorted(graph)))
    tasks = [make(name, *needed) for name, needed in graph.items()]

    names = order(tasks, status={broken: "failure"})

    assert sorted(names) == sorted(graph)
