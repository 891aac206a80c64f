"""A plan that is written for other programs is the same plan when it is read again."""

import json

from hypothesis import given
from hypothesis import strategies as st

from director.core.plan.exchange import Header, exported
from director.core.plan.node import Plan
from director.core.plan.validation import parse_plan

HEADER = Header("job", "Albums", "/repository", "2026-01-02T03:04:05", "director/job-1", "f" * 40)
IDS = ("lex", "parse", "run")
TEXT = st.text(st.characters(exclude_categories=("C",), exclude_characters="\u2028\u2029"), max_size=20)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Make a plan that can be built."""
    names = draw(st.lists(st.sampled_from(IDS), min_size=1, unique=True))
    nodes = [
        {
            "id": name,
            "title": draw(TEXT),
            "spec": f"Do it. {draw(TEXT)}",
            "files": [f"src/{name}.py"],
            "depends_on": draw(st.lists(st.sampled_from(names[:place]), unique=True)) if place else [],
            "test_cmd": f"pytest {draw(TEXT)}",
            "tests": [f"tests/test_{name}.py"],
            "estimated_difficulty": draw(st.sampled_from(["easy", "medium", "hard"])),
        }
        for place, name in enumerate(names)
    ]
    return Plan.model_validate({"nodes": nodes})


@given(plans())
def test_what_is_imported_is_what_was_exported(plan: Plan) -> None:
    hashes = {node.id: dict.fromkeys(node.tests, "0" * 64) for node in plan.nodes}

    read = parse_plan(exported(plan, HEADER, hashes), source="it")

    assert read.model_dump() == plan.model_dump()
    assert [node.test_hashes for node in read.nodes] == [hashes[node.id] for node in plan.nodes]
    assert (read.task, read.base) == (HEADER.task, HEADER.base)


def test_a_node_whose_tests_are_not_written_has_no_hashes() -> None:
    plan = Plan.model_validate({"nodes": [{"id": "lex"}]})

    whole = json.loads(exported(plan, HEADER, {}))

    assert whole["nodes"][0]["test_hashes"] == {}
    assert whole["job_branch"] == "director/job-1"
