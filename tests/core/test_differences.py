"""What is told of a difference: its first place, and what is different there."""

import pytest

from director.core.differences import WIDTH, LineChange, first_difference, node_changes, plan_change
from director.core.plan.node import Node, Plan

LONG = "some words that are the same in both of the lines and go on for longer than is shown, then "


@pytest.mark.parametrize(
    ("before", "now", "line", "said"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", 2, "'b' is now 'B'"),
        ("a\nc\n", "a\nb\nc\n", 2, "'b' is new"),
        ("a\nb\nc\n", "a\nc\n", 2, "'b' is gone"),
        ("a\nb\n", "a\n", 1, "'b' is gone"),
        ("a\n", "", 1, "'a' is gone"),
        ("", "a\n", 1, "'a' is new"),
        ("a\na\n", "a\na\na\n", 3, "'a' is new"),
        ("a\nb", "x\ny\nz", 1, "'a' is now 'x'"),
        ("a\x1b[2J\n", "b\n", 1, r"'a\x1b[2J' is now 'b'"),
        (
            LONG + "one end",
            LONG + "another end",
            1,
            "'…longer than is shown, then one end' is now '…longer than is shown, then another end'",
        ),
    ],
    ids=["changed", "new", "gone", "gone at the end", "all gone", "first", "the same again", "all", "control", "long"],
)
def test_the_first_line_that_differs_is_told(before: str, now: str, line: int, said: str) -> None:
    assert first_difference(before, now) == LineChange(line, said)


def test_ends_of_lines_are_no_difference() -> None:
    assert first_difference("a\r\nb", "a\nb\n") is None


def test_of_an_endless_line_little_is_shown() -> None:
    found = first_difference("x" * 100_000, "y" * 100_000)

    assert found is not None
    assert len(found.said) < 3 * WIDTH


def test_each_field_of_a_node_is_told_what_matters_most_first() -> None:
    before = Node(id="a", title="A", spec="parse numbers", files=("x", "y"), depends_on=("b", "c"))
    now = Node(id="a", title="B", spec="parse numbers and dates", files=("x", "z"), depends_on=("c", "b"))

    assert [(change.field, change.said) for change in node_changes(before, now)] == [
        ("spec", "the spec: 'parse numbers' is now 'parse numbers and dates'"),
        ("files", "the files: 'z' is new and 'y' is gone"),
        ("depends_on", "what it depends on: their order"),
        ("title", "the title: 'A' is now 'B'"),
    ]


def test_of_a_spec_with_many_lines_the_first_that_differs_is_told() -> None:
    (change,) = node_changes(Node(id="a", spec="one\ntwo"), Node(id="a", spec="one\n2"))

    assert change.said == "the spec, line 2: 'two' is now '2'"


@pytest.mark.parametrize(
    ("nodes", "field", "said"),
    [
        ([{"id": "a", "spec": "A"}, {"id": "b"}], "spec", "'a': the spec: 'A' is new"),
        ([{"id": "a"}, {"id": "b"}, {"id": "c"}], "", "node 'c' is new"),
        ([{"id": "b"}], "", "node 'a' is gone"),
        (
            [{"id": "a", "spec": "A"}, {"id": "b", "title": "B"}],
            "spec",
            "'a': the spec: 'A' is new, and 1 more node",
        ),
    ],
    ids=["changed", "new", "gone", "several"],
)
def test_of_a_plan_the_first_node_that_differs_is_told(nodes: list[dict[str, str]], field: str, said: str) -> None:
    before = Plan.model_validate({"nodes": [{"id": "a"}, {"id": "b"}]})

    change = plan_change(before, Plan.model_validate({"nodes": nodes}))

    assert change is not None
    assert (change.field, change.said) == (field, said)


def test_a_plan_that_is_written_in_another_way_has_no_change() -> None:
    assert plan_change(Plan(), Plan()) is None
