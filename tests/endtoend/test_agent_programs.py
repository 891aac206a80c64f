"""A whole job through each of the real agent programs: every answer comes over HTTP from a model server on loopback."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agents.model_server import ModelServer, Script, by_pattern, in_turn, run_command, write_file
from tests.agents.programs import argv_of, needs
from tests.project import Project, code_of, node, unittest_of

NODES = [node("alpha"), node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))]
CONFIG = """\
[tiers]
planner = "{backend}:loopback/planner"
executor = "{backend}:loopback/executor"

[backends.{backend}]
command = "{command}"
{options}

[backends.{backend}.provider.loopback]
base_url = "{base_url}"

[pricing."{backend}:loopback/planner"]
input = 5.0
output = 25.0
cached_input = 0.5

[pricing."{backend}:loopback/executor"]
input = 0.5
output = 2.0
"""


@dataclass(frozen=True)
class Way:
    """A way to drive a program."""

    backend: str
    options: str = ""

    def config(self, server: ModelServer) -> str:
        """Return the configuration of a job whose models are the server's."""
        argv = argv_of(self.backend)
        assert argv
        address = server.url if self.backend == "claude-code" else server.base_url
        return CONFIG.format(backend=self.backend, command=argv[0], options=self.options, base_url=address)


WAYS = {
    "opencode by server": Way("opencode"),
    "opencode by run": Way("opencode", 'mode = "run"'),
    "claude-code": Way("claude-code"),
    "codex": Way("codex"),
}


def author(name: str) -> tuple[str, Script]:
    """Write the tests of a node."""
    written = in_turn([write_file(f"test_{name}.py", unittest_of(name))], "The tests are red.")
    return rf"(?s)acceptance tests of one piece.*<title>Write {name}</title>", written


def executor(name: str, content: str, *, when: str = "") -> tuple[str, Script]:
    """See the tests of a node fail, then do its work."""
    command = run_command(f"python3 -m unittest test_{name}")
    done = in_turn([command], [write_file(f"{name}.py", content)], [command], "It is done.")
    return rf"(?s)Do one piece of work.*<title>Write {name}</title>.*{when}", done


PLANNER = by_pattern(
    ("Turn this task into a specification", in_turn("# Spec\n\nThree modules.")),
    ("Criticise this", in_turn('{"verdict": "approve", "problems": [], "revised": ""}')),
    (
        "Plan this specification as a graph",
        in_turn(json.dumps({"nodes": [{**entry, "estimated_difficulty": "easy"} for entry in NODES]})),
    ),
    *(author(entry["id"]) for entry in NODES),
)
EXECUTOR = by_pattern(
    ("Explore this repository", in_turn("A project with a README.")),
    executor("alpha", code_of("alpha")),
    executor("beta", code_of("beta"), when="was not accepted"),
    executor("beta", code_of("beta", "'wrong'")),
    executor("gamma", code_of("gamma")),
)


@pytest.mark.parametrize("way", [pytest.param(way, id=name, marks=needs(way.backend)) for name, way in WAYS.items()])
def test_a_job_is_planned_and_run_through_a_real_program(tmp_path: Path, way: Way) -> None:
    with ModelServer({"planner": PLANNER, "executor": EXECUTOR}) as server:
        project = Project.create(tmp_path / "repository", NODES, config=way.config(server))

        planned = project.director("plan", "write three modules", "--auto", timeout=300)
        done = project.director("run", "-n", "3", timeout=300)

    assert planned.code == 0, planned.out + planned.err
    assert done.code == 0, done.out + done.err
    for name in ("alpha", "beta", "gamma"):
        assert project.git("show", f"{project.branch}:{name}.py") == code_of(name).strip()
    assert sorted(key for key in project.asked() if "run:" in key) == [
        "executor run:alpha 1",
        "executor run:beta 1",
        "executor run:beta 2",
        "executor run:gamma 1",
    ]
    assert all(entry["watch_it_fail"] == "observed" for entry in project.measured())
    assert_costs_are_right(project)


def assert_costs_are_right(project: Project) -> None:
    """Every completion uses 600 fresh and 400 cached tokens in and 50 out (tests/agents/model_server.py)."""
    for record in project.records("costs.jsonl"):
        usage, priced = record["usage"], record["cost_usd"]
        turns = usage["output"] / 50
        assert usage["input"] == 600 * turns
        assert usage["cached_input"] == 400 * turns
        is_planner = record["tier"]["model"] == "loopback/planner"
        expected = turns * ((600 * 5 + 400 * 0.5 + 50 * 25) if is_planner else (1000 * 0.5 + 50 * 2)) / 1_000_000
        assert priced == pytest.approx(expected)
