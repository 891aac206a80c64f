"""Records: what was spent and measured is the same wherever it is told, also after a run that was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project, code_of, node

COST = 0.01
"""What each call of the cassette reports."""


def told(project: Project) -> dict[str, Any]:
    """Return what `director status` tells."""
    status: dict[str, Any] = json.loads(project.director("status", "--json").out)
    return status


def summed(lines: list[dict[str, Any]], name: str) -> float:
    return sum(totals[name] for line in lines for totals in line["roles"].values())


def assert_totals_agree(project: Project, *, calls: int) -> None:
    """Compare every place that tells what was spent."""
    costs, status = project.records("costs.jsonl"), told(project)
    runs, nodes = project.measured("run"), project.measured()
    of_nodes = [record for record in costs if record["node"]]
    assert len(costs) == status["calls"] == calls
    spent = [sum(record["cost_usd"] for record in costs), status["cost_usd"], sum(run["cost_usd"] for run in runs)]
    by_tier = sum(totals["cost_usd"] for run in runs for totals in run["models"].values())
    assert [*spent, summed(runs, "cost_usd"), by_tier] == pytest.approx([calls * COST] * 5)
    assert (summed(runs, "calls"), summed(nodes, "calls")) == (calls, len(of_nodes))
    assert sum(entry["cost_usd"] for entry in status["nodes"]) == pytest.approx(len(of_nodes) * COST)


def test_totals_agree_to_the_cent(project: Project) -> None:
    project.plan()
    assert project.director("run").code == 0

    assert_totals_agree(project, calls=9)


def test_totals_agree_after_a_run_was_killed(project: Project) -> None:
    project.plan()
    beta = next(call for call in project.calls if call["task"] == "run:beta")
    beta["seconds"] = 60
    project.save()
    process = subprocess.Popen([sys.executable, "-m", "director", "run", "-q"], cwd=project.root)
    until = time.monotonic() + 30
    while not project.file("merged/gamma.json").exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    beta["seconds"] = 0
    project.save()

    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert_totals_agree(project, calls=9)


def test_a_run_tells_its_time_its_tiers_and_what_its_workers_were_at(project: Project) -> None:
    project.plan()
    project.director("run", "-n", "2")

    plan, run = project.measured("run")
    assert (plan["targets"], run["targets"], run["workers"], run["exit_code"]) == (["plan"], ["integrate"], 2, 0)
    assert (run["landed"], run["failed"], run["cutoff"]) == (3, 0, 0)
    assert (run["executor_completion"], run["escalation_rate"], run["stage_two_rate"]) == (1.0, 0.0, 0.0)
    assert 0 < run["critical_path_seconds"] <= run["seconds"]
    assert 0 < run["parallel_efficiency"] <= 1
    assert set(run["tiers"].values()) == {"replay:.director/cassette.yaml"}
    assert set(run["versions"]) == {"director", "python", "doit", "git"}


def test_spans_lie_within_each_other_and_tell_workers_apart(project: Project) -> None:
    project.plan()
    project.director("run", "-n", "2")

    spans = {span["id"]: span for span in project.records("spans.jsonl")}
    kinds = {span["kind"] for span in spans.values()}
    assert {"task", "attempt", "call", "gate", "landing", "queue"} <= kinds
    for span in spans.values():
        if outer := spans.get(span["parent"]):
            assert outer["start"] - 0.01 <= span["start"]
            assert span["start"] + span["seconds"] <= outer["start"] + outer["seconds"] + 0.01
            assert (span["task"], span["worker"]) == (outer["task"], outer["worker"])
    assert {span["worker"] for span in spans.values() if span["task"].startswith("run:")} == {0, 1}


def test_a_node_tells_where_its_time_went(project: Project) -> None:
    wrong, right = {"files": {"alpha.py": "wrong\n"}, "seconds": 0.3}, {"files": {"alpha.py": code_of("alpha")}}
    project.set_call("executor", "run:alpha", wrong, right)
    project.plan()
    project.director("run")

    alpha = next(entry for entry in project.measured() if entry["node"] == "alpha")
    assert 0.3 <= alpha["agent_seconds"] < alpha["seconds"]
    assert 0 < alpha["gate_seconds"] < alpha["seconds"]
    assert (alpha["review_seconds"], alpha["attempts"]) == (0, 2)
    assert set(alpha["roles"]) == {"test_author", "executor"}


def test_tests_that_are_green_and_then_red_on_the_same_tree_are_flaky(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    third_is_red = f"echo x >> {runs}; test $(wc -l < {runs}) -ne 3 && {sys.executable} -m unittest test_alpha"
    flaky = Project.create(tmp_path / "flaky", [{**node("alpha"), "test_cmd": third_is_red}])
    flaky.set_call("executor", "run:alpha", *[{"files": {"alpha.py": code_of("alpha")}}] * 2)
    config = flaky.file("config.toml")
    config.write_text(config.read_text() + "flake_runs = 2\n")
    flaky.plan()
    flaky.director("run")

    (alpha,) = flaky.measured()
    assert (alpha["flaky"], alpha["attempts"]) == (True, 2)
