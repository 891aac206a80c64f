"""doit's tasks of a graph: who waits for whom, in a time that grows with the graph."""

import pytest
from doit.control import TaskControl
from doit.exceptions import InvalidTask
from doit.task import Task

from director.tasks.control import GraphControl, needs_in


def tasks() -> list[Task]:
    """A task that makes two files, one that reads both and something that nobody makes, and one that waits already."""
    return [
        Task("maker", None, targets=["one", "two"]),
        Task("other", None, targets=["three"]),
        Task("reader", None, file_dep=["one", "two", "three", "elsewhere"]),
        Task("waiting", None, file_dep=["one", "three"], task_dep=["other"]),
    ]


def test_who_reads_a_file_waits_for_its_maker_once_as_with_doit() -> None:
    ours, doits = needs_in(GraphControl(tasks()).tasks), needs_in(TaskControl(tasks()).tasks)

    assert {name: sorted(needed) for name, needed in ours.items()} == {
        name: sorted(needed) for name, needed in doits.items()
    }
    assert sorted(ours["reader"]) == ["maker", "other"]
    assert sorted(ours["waiting"]) == ["maker", "other"]


def test_the_order_of_what_a_task_waits_for_does_not_depend_on_chance() -> None:
    made = [Task(f"maker-{number}", None, targets=[f"{number}"]) for number in range(9)]
    reader = Task("reader", None, file_dep=[f"{number}" for number in range(9)])

    assert GraphControl([*made, reader]).tasks["reader"].task_dep == [task.name for task in made]


def test_a_file_has_one_maker() -> None:
    with pytest.raises(InvalidTask, match="'one' is a target of both 'thief' and 'maker'"):
        GraphControl([*tasks(), Task("thief", None, targets=["one"])])
