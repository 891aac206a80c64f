"""doit's tasks of a graph: who waits for whom, in a time that grows with the graph."""

from typing import Any

import pytest
from doit.control import TaskControl
from doit.exceptions import InvalidTask
from doit.loader import generate_tasks
from doit.task import Task

from director.tasks.control import GraphControl, make_tasks, needs_in
from director.tasks.graph import TaskDict


def tasks() -> list[Task]:
    """A task that makes two files, one that reads both and something that nobody makes, and one that waits already."""
    return [
        Task("maker", None, targets=["one", "two"]),
        Task("other", None, targets=["three"]),
        Task("reader", None, file_dep=["one", "two", "three", "elsewhere"]),
        Task("waiting", None, file_dep=["one", "three"], task_dep=["other"]),
    ]


def described() -> list[TaskDict]:
    """A task, a group, and what is in it."""
    return [
        {"basename": "plan", "actions": None, "task_dep": ["run:a"], "doc": "everything"},
        {"basename": "run", "name": None, "doc": "every node"},
        {
            "basename": "run",
            "name": "a",
            "doc": "a node",
            "actions": [print],
            "file_dep": ["one", "two"],
            "targets": ["three"],
            "task_dep": ["start"],
            "uptodate": [True],
            "io": {"capture": False},
            "verbosity": 2,
            "clean": True,
            "meta": {"weight": 2.0},
        },
        {"basename": "run", "name": "b", "doc": "another", "actions": [print]},
        {"basename": "start", "actions": [print], "doc": "the beginning"},
    ]


def fields_of(task: Task) -> dict[str, Any]:
    return vars(task) | {"io": task.io.capture}


def test_a_described_task_is_as_doit_makes_it() -> None:
    ours, doits = make_tasks(described()), generate_tasks("graph", (fields for fields in described()))

    assert list(map(fields_of, ours)) == list(map(fields_of, doits))
    assert [(task.name, task.task_dep, task.subtask_of, task.has_subtask) for task in ours][:3] == [
        ("plan", ["run:a"], None, False),
        ("run", ["run:a", "run:b"], None, True),
        ("run:a", ["start"], "run", False),
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
