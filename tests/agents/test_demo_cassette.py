"""The demo's cassette tells a true story: its tests are red, its failures fail, its results pass."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from director.artifacts.cassettes import read_cassette
from director.core.attempts import Outcome
from director.core.calls import CallKey
from director.core.cassette import Entry
from director.core.config.settings import Config
from director.core.graph import topological_order
from director.core.plan.node import Node, Plan
from director.core.plan.validation import find_problems
from director.core.replies import Critique, ReviewReply, Severity, Verdict, parse_reply
from director.core.roles import Role
from director.core.testruns.outcome import ran_no_tests, why_not_red
from director.core.watch import WatchItFail, watch_it_fail
from director.job.configuration import load_config
from director.prompts.templates import template_path
from director.shell.processes import shell_argv

DEMO = template_path("demo")
CASSETTE = read_cassette(DEMO / "cassette.yaml", "cassette.yaml")
PLAN = parse_reply(next(entry.text for entry in CASSETTE.calls if entry.task == "decompose"), Plan)
NODES = {node.id: node for node in PLAN.nodes}
LADDERS = {
    "money": [(1, Role.EXECUTOR, Outcome.PASSED)],
    "rules": [(1, Role.EXECUTOR, Outcome.FAILED), (2, Role.EXECUTOR, Outcome.PASSED)],
    "statement": [(1, Role.EXECUTOR, Outcome.PASSED)],
    "budget": [
        (1, Role.EXECUTOR, Outcome.FAILED),
        (2, Role.EXECUTOR, Outcome.FAILED),
        (3, Role.ESCALATION, Outcome.PASSED),
    ],
    "report": [(1, Role.EXECUTOR, Outcome.PASSED)],
    "cli": [(1, Role.EXECUTOR, Outcome.PASSED)],
}
ATTEMPTS = [pytest.param(node, *rung, id=f"{node}-{rung[0]}") for node, ladder in LADDERS.items() for rung in ladder]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the demo's repository as it is before the job."""
    copy = tmp_path / "ledger"
    shutil.copytree(DEMO / "repository", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def entry(role: Role, task: str, attempt: int = 1) -> Entry:
    found = CASSETTE.entry(CallKey(role=role, task=task, attempt=attempt))
    assert found is not None, f"{role} {task} {attempt}"
    return found


def write(repository: Path, entries: Iterable[Entry]) -> None:
    for answer in entries:
        for path, content in answer.files.items():
            (repository / path).write_text(content or "", encoding="utf-8")


def run(repository: Path, command: str) -> tuple[int, str]:
    """Run a command as a gate does; return its exit status and output."""
    done = subprocess.run(shell_argv(command), cwd=repository, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def authored(node: str) -> Entry:
    return entry(Role.TEST_AUTHOR, f"tests:{node}")


def finished(node: str) -> Entry:
    """Return the attempt that passes."""
    number, role, _ = LADDERS[node][-1]
    return entry(role, f"run:{node}", number)


def below(node: str) -> list[str]:
    """Return the nodes that have landed when this one starts."""
    found = dict.fromkeys(NODES[node].depends_on)
    for name in NODES[node].depends_on:
        found |= dict.fromkeys(below(name))
    return list(found)


def config() -> Config:
    return load_config(DEMO, DEMO)


def test_the_plan_has_no_problems() -> None:
    assert find_problems(PLAN) == []


def test_the_plan_has_a_diamond_a_chain_and_nodes_that_run_at_once() -> None:
    dependencies = {node.id: sorted(node.depends_on) for node in PLAN.nodes}

    assert dependencies == {
        "money": [],
        "rules": [],
        "statement": ["money"],
        "budget": ["money"],
        "report": ["budget", "rules", "statement"],
        "cli": ["report"],
    }
    assert len(topological_order(dependencies)) == len(NODES)


def test_the_cassette_answers_every_call_of_the_job_and_no_other() -> None:
    planning = ["explorer recon", "brainstorm spec", "planner gate:spec", "planner decompose", "planner gate:plan"]
    tests = [f"test_author tests:{node}" for node in NODES]
    runs = [f"{role} run:{node} {number}" for node, ladder in LADDERS.items() for number, role, _ in ladder]

    assert sorted(call.label for call in CASSETTE.calls) == sorted([*planning, *tests, *runs, "reviewer run:budget"])


def test_the_critiques_approve() -> None:
    verdicts = [parse_reply(entry(Role.PLANNER, gate).text, Critique).verdict for gate in ("gate:spec", "gate:plan")]

    assert verdicts == [Verdict.APPROVE, Verdict.APPROVE]


def test_the_review_of_the_escalated_node_has_one_minor_finding_at_a_line_that_exists() -> None:
    review = parse_reply(entry(Role.REVIEWER, "run:budget", 3).text, ReviewReply)

    (finding,) = review.findings
    lines = (finished("budget").files[finding.file] or "").splitlines()
    assert finding.severity is Severity.MINOR
    assert finding.line is not None
    assert lines[finding.line - 1].strip().startswith("status = Status(")


def test_every_role_is_replayed_from_where_the_demo_puts_the_cassette() -> None:
    assert {str(config().tier(role)) for role in Role} == {"replay:.director/demo.yaml"}


def test_the_repository_is_green_before_the_job(repository: Path) -> None:
    results = {name: run(repository, command)[0] for name, command in config().active_gates().items()}

    assert results == {"compile": 0, "test": 0}


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_an_agent_writes_only_what_its_node_allows(node: Node) -> None:
    attempts = [entry(role, f"run:{node.id}", number) for number, role, _ in LADDERS[node.id]]

    assert set(authored(node.id).files) == set(node.tests)
    assert all(set(attempt.files) == set(node.files) for attempt in attempts)


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_tests_are_red_before_anything_is_implemented(repository: Path, node: Node) -> None:
    write(repository, [authored(node.id)])

    status, output = run(repository, node.test_cmd)

    assert "No module named 'ledger." in output
    assert why_not_red(exit_code=status, timed_out=False, output=output, tests=node.tests) is None


@pytest.mark.parametrize("node", NODES.values(), ids=NODES)
def test_tests_are_still_red_when_all_that_a_node_needs_has_landed(repository: Path, node: Node) -> None:
    write(repository, [authored(node.id), *(finished(name) for name in below(node.id))])

    status, _ = run(repository, node.test_cmd)

    assert status != 0


@pytest.mark.parametrize(("node", "number", "role", "outcome"), ATTEMPTS)
def test_an_attempt_ends_as_it_is_meant_to(
    repository: Path, node: str, number: int, role: Role, outcome: Outcome
) -> None:
    landed = [answer for name in below(node) for answer in (authored(name), finished(name))]
    write(repository, [*landed, authored(node), entry(role, f"run:{node}", number)])

    status, output = run(repository, NODES[node].test_cmd)

    assert (status == 0) == (outcome is Outcome.PASSED), output
    assert "Error: No module" not in output
    assert not ran_no_tests(output)


def test_the_gates_are_green_at_the_end(repository: Path) -> None:
    write(repository, [answer for node in NODES for answer in (authored(node), finished(node))])

    results = {name: run(repository, command) for name, command in config().active_gates().items()}

    assert {name: status for name, (status, _) in results.items()} == {"compile": 0, "test": 0}, results


def test_most_executors_see_the_tests_fail_before_they_write() -> None:
    verdicts = {
        node.id: watch_it_fail(finished(node.id).events, test_cmd=node.test_cmd, tests=node.tests)
        for node in PLAN.nodes
    }

    assert [node for node, verdict in verdicts.items() if verdict is not WatchItFail.OBSERVED] == ["statement"]


def test_escalation_and_planning_cost_more_than_execution() -> None:
    cheap = [cost(call) for call in CASSETTE.calls if call.role in (Role.EXECUTOR, Role.EXPLORER)]
    dear = [cost(call) for call in CASSETTE.calls if call.role not in (Role.EXECUTOR, Role.EXPLORER)]

    assert max(cheap) < min(dear)
    assert 1 < sum(cheap) + sum(dear) < 3


def test_all_calls_together_take_a_few_seconds() -> None:
    assert sum(call.seconds for call in CASSETTE.calls) < 12


def cost(call: Entry) -> float:
    assert call.cost_usd is not None
    return call.cost_usd


def test_the_tokens_of_every_reply_are_told() -> None:
    assert [call.label for call in CASSETTE.calls if not (call.usage.input and call.usage.output)] == []
