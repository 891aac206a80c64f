"""What a report shows of real jobs, in every state that one can be in."""

import hashlib
import json
from pathlib import Path

import pytest

from director.artifacts.directory import JobDirectory
from director.artifacts.plans import read_plan
from director.cli.main import main
from director.core.plan.node import Plan
from director.git.repository import Repository
from director.job.configuration import load_config
from director.job.job import Job
from director.report.html import report_page
from director.report.model import Report
from director.report.reading import read_report
from director.tasks.graph import Graph
from director.tasks.pending import needs_of, pending_tasks
from tests.project import Project, code_of, node
from tests.running import Running, plan_here, wait_until

GATE = '\n[gates]\nlint = "test ! -e stop"\n'


def read(project: Project) -> Report:
    directory = JobDirectory(project.root / ".director")
    graph = Graph(Job(Repository.open(project.root), directory, load_config(project.root, directory.path)))
    plan = read_plan(directory.plan) if directory.plan.exists() else Plan()
    pending = [entry.task for entry in pending_tasks(graph)]
    return read_report(graph.job, plan=plan, pending=pending, needs=needs_of(graph))


def run_here(project: Project, *words: str) -> int:
    return main(["run", *words, "--repo", str(project.root), "-q"])


def digests(directory: Path) -> dict[str, str]:
    """Every file below a directory with its digest."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def failing(tmp_path: Path) -> Project:
    """A job whose second node never passes; its last attempt asks for a file."""
    project = Project.create(tmp_path / "r", [node("alpha"), node("beta", needs=("alpha",))])
    config = project.file("config.toml")
    config.write_text(config.read_text() + GATE)
    wrong = {"files": {"beta.py": code_of("beta", "wrong")}, "cost_usd": 0.0333}
    project.set_call("executor", "run:beta", wrong, {**wrong, "text": "NEEDS FILE: other.py - it is called there"})
    plan_here(project)
    return project


def test_a_job_that_failed_halfway_is_shown_with_all_that_was_said(failing: Project) -> None:
    assert run_here(failing) == 1

    report = read(failing)

    alpha, beta = report.nodes
    assert (alpha.status.state, beta.status.state) == ("landed", "failed")
    assert [(entry.task, entry.state) for entry in alpha.attempts] == [
        ("tests:alpha", "passed"),
        ("run:alpha", "passed"),
    ]
    assert "+def alpha():" in alpha.diff
    assert "+class Test(unittest.TestCase):" in alpha.tests_diff
    first, last = beta.attempts[1:]
    assert "alpha.py has a function" not in first.prompt
    assert "beta.py has a function" in first.prompt
    assert [output.name for output in first.outputs] == ["tests before the work", "gate"]
    assert "failed in a clean checkout" in first.feedback
    assert "return 'wrong'" in first.diff
    assert [request.path for request in last.requests] == ["other.py"]
    assert (beta.diff, beta.commit) == ("", "")
    assert [gate.state for gate in report.integration] == ["pending"]


def test_totals_agree_to_the_cent_with_the_records_and_with_status(
    failing: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(failing)
    capsys.readouterr()
    main(["status", "--json", "--repo", str(failing.root)])
    status = json.loads(capsys.readouterr().out)

    report = read(failing)

    spent = sum(record["cost_usd"] for record in failing.records("costs.jsonl"))
    for amount in (
        status["cost_usd"],
        report.status.cost_usd,
        report.totals.cost_usd,
        sum(money.cost_usd for money in report.roles.values()),
        sum(money.cost_usd for money in report.models.values()),
        report.planning.cost_usd + sum(entry.status.cost_usd for entry in report.nodes),
        sum(run.measured.cost_usd for run in report.runs if run.measured),
        sum(call.cost_usd or 0 for entry in report.nodes for call in entry.calls) + report.planning.cost_usd,
    ):
        assert amount == pytest.approx(spent, abs=1e-9)
    assert status["calls"] == report.totals.calls == len(failing.records("costs.jsonl"))
    assert f"${spent:.4f}" in report_page(report, made="today")


def test_the_critical_path_takes_as_long_as_metrics_say(project: Project) -> None:
    plan_here(project)
    run_here(project)

    report = read(project)

    last = report.runs[-1]
    assert last.measured
    took = {span.task: span.seconds for span in last.spans if span.kind == "task"}
    assert sum(took[task] for task in last.critical) == pytest.approx(last.measured.critical_path_seconds, abs=0.01)
    assert last.critical[-1] == "integrate"
    assert len(report.runs) == 2


def test_a_gate_of_integration_that_is_red_is_told_with_its_output(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "r", [node("alpha")])
    config = project.file("config.toml")
    config.write_text(
        config.read_text() + '\n[gates]\nlint = "test ! -e alpha.py || { echo no alpha; exit 1; }"\ntypes = "true"\n'
    )
    plan_here(project)
    run_here(project)

    lint, types = read(project).integration

    assert (lint.state, lint.output, lint.was_red) == ("failed", "no alpha\n", False)
    assert (types.state, types.output) == ("pending", "")


def test_reading_asks_nobody_and_writes_nothing(failing: Project) -> None:
    before, asked = digests(failing.root), failing.asked()

    report_page(read(failing), made="today")

    assert digests(failing.root) == before
    assert failing.asked() == asked


def test_a_job_that_was_killed_before_there_was_a_plan_is_shown(project: Project) -> None:
    main(["plan", "write it", "--repo", str(project.root), "-q"])
    log = project.file("logs/decompose/1")
    log.mkdir(parents=True)
    (log / "prompt.md").write_text("half a prom")
    (log / "reply.json").write_text('{"torn')
    with project.file("costs.jsonl").open("a") as file:
        file.write('{"torn')

    report = read(project)

    assert report.nodes == ()
    assert [document.name for document in report.documents] == ["recon.md", "spec.md"]
    assert (report.attempts[-1].task, report.attempts[-1].state) == ("decompose", "unfinished")
    assert report.attempts[-1].prompt == "half a prom"
    assert "There is no plan yet." in report_page(report, made="today")


def test_what_is_long_is_cut_and_a_link_is_not_followed(failing: Project, tmp_path: Path) -> None:
    log = failing.file("logs/tests/beta/1")
    (log / "prompt.md").write_text("begin" + "x" * 500_000 + "end")
    (tmp_path / "secret").write_text("of another directory")
    (log / "extra.txt").symlink_to(tmp_path / "secret")

    attempt = read(failing).nodes[1].attempts[0]

    assert len(attempt.prompt) < 50_000
    assert attempt.prompt.startswith("begin")
    assert attempt.prompt.endswith("end")
    assert "left out …]" in attempt.prompt
    assert [output.text for output in attempt.outputs if output.name == "extra"] == [""]


def test_a_job_is_shown_while_it_is_built_and_after_it_was_killed(project: Project) -> None:
    plan_here(project)
    project.set_call("executor", "run:alpha", {"seconds": 60, "files": {"alpha.py": code_of("alpha")}})
    running = Running.start(project, "run", "-v")
    wait_until(
        lambda: list(project.file("calls").glob("*.json")) and project.file("logs/run/alpha/1/prompt.md").exists()
    )

    meanwhile = read(project)
    running.process.kill()
    running.ends()
    afterwards = read(project)

    for report in (meanwhile, afterwards):
        attempt = report.nodes[0].attempts[-1]
        assert (attempt.task, attempt.state, attempt.reply) == ("run:alpha", "unfinished", "")
        assert "alpha.py has a function" in attempt.prompt
        assert report.landed == 0
        assert "run:alpha" in report_page(report, made="today")
