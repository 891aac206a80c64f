import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.plan.widening import widened


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"nodes": [{"id": "a", "files": ["x"]}]}', '{"nodes": [{"id": "a", "files": ["x", "y", "z z"]}]}'),
        ('{"nodes":[{"files":["x"],"id":"a"}]}', '{"nodes":[{"files":["x", "y", "z z"],"id":"a"}]}'),
        (
            '{\n  "nodes": [\n    {"id": "b", "files": ["x"]},\n    {"id": "a", "files": [\n      "x"\n'
            "    ]}\n  ]\n}\n",
            '{\n  "nodes": [\n    {"id": "b", "files": ["x"]},\n    {"id": "a", "files": [\n      "x",\n      "y",\n'
            '      "z z"\n    ]}\n  ]\n}\n',
        ),
        (
            '{"nodes": [{"spec": "\\"id\\": \\"a\\", \\"files\\": [\\"no\\"]", "id": "a", "files": ["[,]{"] }]}\r\n',
            '{"nodes": [{"spec": "\\"id\\": \\"a\\", \\"files\\": [\\"no\\"]", "id": "a", '
            '"files": ["[,]{", "y", "z z"] }]}\r\n',
        ),
    ],
    ids=["one line", "no blanks", "a line each", "text that looks like it"],
)
def test_further_files_stand_after_the_last_one_in_the_same_style(before: str, after: str) -> None:
    assert widened(before, "a", ["y", "z z"]) == after


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FILES = st.lists(st.text(), min_size=1, max_size=3)


@given(
    nodes=st.lists(st.tuples(FILES, st.dictionaries(st.text().map("x-{}".format), VALUES, max_size=3)), min_size=1),
    further=FILES,
    indent=st.sampled_from([None, 0, 2]),
    data=st.data(),
)
def test_nothing_else_of_a_plan_changes(
    nodes: list[tuple[list[str], dict[str, object]]], further: list[str], indent: int | None, data: st.DataObject
) -> None:
    plan = {"version": 1, "nodes": [{**more, "id": str(n), "files": files} for n, (files, more) in enumerate(nodes)]}
    chosen = data.draw(st.integers(min_value=0, max_value=len(nodes) - 1))
    expected = json.loads(json.dumps(plan))
    expected["nodes"][chosen]["files"] += further

    text = widened(json.dumps(plan, indent=indent), str(chosen), further)

    assert json.loads(text) == expected
