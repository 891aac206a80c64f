"""Where nodes and fields stand in the text of a plan."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from director.core.plan.places import PlanText

PLAN = """\
{
  "nodes": [
    {"id": "a",
     "spec": "{\\n\\"id\\": \\"b\\"",
     "files": ["x"]},

    {
      "id": "b", "spec": "later"
    }
  ]
}
"""


@pytest.mark.parametrize(
    ("node", "field", "line"),
    [("a", "spec", 4), ("a", "files", 5), ("a", "", 3), ("b", "spec", 8), ("b", "", 7), ("b", "title", 7)],
)
def test_a_line_is_that_of_the_field_or_else_of_the_node(node: str, field: str, line: int) -> None:
    assert PlanText(PLAN).line(node, field) == line


def test_a_node_that_there_is_not_has_no_line() -> None:
    assert PlanText(PLAN).line("c", "spec") is None


@given(specs=st.lists(st.text(), min_size=1, max_size=5), indent=st.sampled_from([None, 0, 3]))
def test_what_stands_at_a_place_is_the_fields_value(specs: list[str], indent: int | None) -> None:
    text = json.dumps({"nodes": [{"spec": spec, "id": str(name)} for name, spec in enumerate(specs)]}, indent=indent)
    plan = PlanText(text)

    for name, spec in enumerate(specs):
        place = plan.field(str(name), "spec")
        assert place is not None
        assert text[place:].startswith(json.dumps(spec))
        assert plan.line(str(name), "spec") == text.count("\n", 0, place) + 1
