"""director run, from the plan to an integrated branch."""

import json
from pathlib import Path
from typing import Any

import pytest

from director.artifacts.attempts import Answered
from director.cli.main import main
from director.job.job import Job
from director.stages import node as node_stage
from director.tasks.graph import Graph
from tests.project import CONFIG, Project, code_of, node, unittest_of
from tests.running import plan_here

RED = {"alpha.py": code_of("alpha", "'wrong'")}
GREEN = {"alpha.py": code_of("alpha")}


def test_a_run_lands_every_node_as_a_commit_of_its_own(project: Project) -> None:
    project.plan()

    done = project.director("run", "-n", "8")

    assert done.code == 0, done.out + done.err
    assert f"git merge {project.branch}" in done.out
    subjects = project.git("log", "--format=%s", project.branch).splitlines()
    assert {"Write alpha", "Write beta", "Write gamma"} <= set(subjects)
    assert project.git("rev-parse", "--abbrev-ref", "HEAD") == "main"


def test_a_second_run_asks_nobody_and_runs_nothing(project: Project) -> None:
    project.plan()
    project.director("run")
    asked = project.asked()

    done = project.director("run", "-v")

    assert done.code == 0
    assert project.asked() == asked
    assert "done in" not in done.out


def test_one_node_can_be_built_alone(project: Project) -> None:
    project.plan()

    done = project.director("run:beta")

    assert done.code == 0
    assert sorted(path.stem for path in project.file("merged").iterdir()) == ["alpha", "beta"]


def test_tests_that_were_seen_red_are_not_run_again_before_the_work_until_other_work_has_landed(
    tmp_path: Path,
) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha"), node("beta")])
    project.plan()

    project.director("run:alpha")
    project.director("run:beta")

    spans = [json.loads(line) for line in project.file("spans.jsonl").read_text().splitlines()]
    assert [span["task"] for span in spans if span["name"] == "before"] == ["run:beta"]
    red = project.file("logs/tests/alpha/1/red.txt").read_text()
    assert project.file("logs/run/alpha/1/before.txt").read_text() == red
    assert "No module named 'alpha'" in project.file("logs/run/alpha/1/prompt.md").read_text()


def test_a_failed_attempt_is_tried_again_with_the_output_of_the_gate(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": GREEN})
    project.plan()

    done = project.director("run")

    assert done.code == 0
    assert "AssertionError" in project.file("logs/run/alpha/2/prompt.md").read_text()


def test_a_node_is_escalated_once_and_reviewed(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": GREEN})
    project.set_call("reviewer", "run:alpha", {"attempt": 3, "text": '{"findings": []}'})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    asked = [key for key in project.asked() if "run:alpha" in key]
    assert asked == ["executor run:alpha 1", "executor run:alpha 2", "escalation run:alpha 3", "reviewer run:alpha 3"]
    assert project.measured()[0]["escalated"] is True


def test_a_critical_finding_sends_the_work_back(project: Project) -> None:
    finding = {"severity": "critical", "message": "it only pleases the tests"}
    review = {"text": json.dumps({"findings": [finding]})}
    project.file("config.toml").write_text(CONFIG + "\n[review]\nstage_two_file_threshold = 1\n")
    files = GREEN | {"extra.py": "x = 1\n"}
    project.calls[3]["text"] = json.dumps({"nodes": [node("alpha") | {"files": ["alpha.py", "extra.py"]}]})
    project.set_call("executor", "run:alpha", {"files": files}, {"files": files})
    project.set_call("reviewer", "run:alpha", review, {"text": '{"findings": []}'})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    assert "it only pleases the tests" in project.file("logs/run/alpha/2/prompt.md").read_text()


def test_a_reviewer_that_answers_nonsense_never_blocks(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": GREEN})
    project.set_call("reviewer", "run:alpha", {"attempt": 3, "text": "looks good to me"})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out


def test_after_a_failure_independent_nodes_go_on_and_dependents_are_named_as_waiting(project: Project) -> None:
    nodes = [node("alpha"), node("beta", needs=("alpha",)), node("gamma")]
    project.calls[3]["text"] = json.dumps({"nodes": nodes})
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": RED})
    project.plan()

    done = project.director("run")

    assert done.code == 1
    assert project.file("merged/gamma.json").exists()
    assert "run:beta         waits for run:alpha" in done.out
    ref = f"refs/director/{project.read('job.json')['id']}/alpha/3"
    assert ref in done.out
    assert project.git("show", f"{ref}:alpha.py") == RED["alpha.py"].strip()


def test_a_run_after_a_failure_tries_again_with_a_new_ladder(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": RED})
    project.plan()
    assert project.director("run").code == 1
    project.set_call("executor", "run:alpha", {"files": GREEN})

    done = project.director("run")

    assert done.code == 0, done.out
    assert project.asked().count("executor run:alpha 1") == 2


def test_fail_fast_starts_nothing_new_after_a_failure_and_ends_what_is_begun(project: Project) -> None:
    nodes = [node("alpha"), node("beta"), node("gamma", needs=("beta",))]
    project.calls[3]["text"] = json.dumps({"nodes": nodes})
    project.set_call("executor", "run:alpha", {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 2, "files": RED})
    project.set_call("executor", "run:beta", {"files": {"beta.py": code_of("beta")}, "seconds": 3})
    project.plan()

    done = project.director("run", "--fail-fast", "-n", "2", "--max-attempts", "1")

    assert done.code == 1
    assert [path.stem for path in project.file("merged").iterdir()] == ["beta"]
    assert "executor run:gamma 1" not in project.asked()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (GREEN | {"test_alpha.py": "import unittest\n"}, "test_alpha.py"),
        (GREEN | {"README.md": "mine\n"}, "README.md"),
        (GREEN | {"new/deep/file.py": "x\n"}, "new/deep/file.py"),
        (GREEN | {".gitignore": "*\n"}, ".gitignore"),
    ],
    ids=["a locked test", "another file", "a new directory", "ignore rules"],
)
def test_what_is_changed_outside_the_allowlist_fails_the_attempt(
    project: Project, files: dict[str, str], said: str
) -> None:
    project.set_call("executor", "run:alpha", {"files": files}, {"files": GREEN})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    assert f"'{said}'" in project.file("logs/run/alpha/2/prompt.md").read_text()
    tree = project.git("ls-tree", "-r", "--name-only", project.branch).splitlines()
    assert "new/deep/file.py" not in tree


def test_byproducts_and_ignored_files_do_not_matter_and_do_not_land(project: Project) -> None:
    files = GREEN | {"__pycache__/alpha.pyc": "x", ".pytest_cache/.gitignore": "*\n", ".pytest_cache/v": "1"}
    project.set_call("executor", "run:alpha", {"files": files})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    assert "pycache" not in project.git("ls-tree", "-r", "--name-only", project.branch)


def test_two_nodes_that_are_green_alone_and_red_together_do_not_both_land(project: Project) -> None:
    nodes = [node("alpha"), node("beta")]
    project.calls[3]["text"] = json.dumps({"nodes": nodes})
    lonely = unittest_of("beta") + (
        "\n    def test_alone(self):\n        import os\n        self.assertFalse(os.path.exists('alpha.py'))\n"
    )
    project.set_call("test_author", "tests:beta", {"files": {"test_beta.py": lonely}})
    slow = {"files": {"beta.py": code_of("beta")}, "seconds": 2}
    project.set_call("executor", "run:beta", slow, slow)
    project.set_call("escalation", "run:beta", {"attempt": 3, "files": {"beta.py": code_of("beta")}})
    project.plan()

    done = project.director("run", "-n", "2")

    assert done.code == 1
    assert project.git("ls-tree", "--name-only", project.branch, "beta.py") == ""
    assert "test_alone" in project.file("logs/run/beta/2/prompt.md").read_text()


def test_a_change_that_breaks_a_landed_node_does_not_land(project: Project) -> None:
    beta = node("beta", needs=("alpha",)) | {"files": ["beta.py", "alpha.py"]}
    project.calls[3]["text"] = json.dumps({"nodes": [node("alpha"), beta]})
    breaking = {"beta.py": code_of("beta"), "alpha.py": code_of("alpha", "'broken'")}
    project.set_call("executor", "run:beta", {"files": breaking}, {"files": {"beta.py": code_of("beta")}})
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    assert "'alpha' is no longer green" in project.file("logs/run/beta/2/prompt.md").read_text()
    assert project.git("show", f"{project.branch}:alpha.py") == code_of("alpha").strip()


def test_integration_names_the_gate_that_is_red_and_the_baseline(project: Project) -> None:
    project.file("config.toml").write_text(CONFIG + '\n[gates]\nempty = ""\nlint = "test ! -e beta.py"\n')
    project.plan()

    done = project.director("run")

    assert done.code == 1
    assert "the gate 'lint' is red" in done.out
    assert "it was green at the base" in done.out
    assert "landed since the last green state: alpha" in done.out
    project.file("config.toml").write_text(CONFIG + '\n[gates]\nlint = "true"\n')
    assert project.director("run").code == 0


def test_a_gate_that_is_red_before_anything_is_done_is_told(project: Project) -> None:
    project.file("config.toml").write_text(CONFIG + '\n[gates]\ndocs = "test -e DOCS.md"\n')
    project.plan()

    done = project.director("run")

    assert done.code == 1
    assert "the gate 'docs' is red before anything is done" in done.out
    assert "it was red at the base already" in done.out


def test_no_secret_of_the_environment_reaches_a_test(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hidden-value")
    project.file("config.toml").write_text(CONFIG + '\n[gates]\nenv = "env; exit 1"\n')
    project.plan()

    project.director("run")

    said = "".join(path.read_text(errors="replace") for path in project.file("logs").rglob("*") if path.is_file())
    assert "PATH=" in said
    assert "hidden-value" not in said


def test_the_cost_ceiling_stops_new_calls_with_exit_code_5(project: Project) -> None:
    project.plan()
    spent = len(project.asked()) * 0.01
    project.file("config.toml").write_text(CONFIG + f"cost_ceiling_usd = {spent:.3f}\n")

    done = project.director("run")

    assert done.code == 5
    assert "cost_ceiling_usd" in done.out
    assert not [key for key in project.asked() if "executor" in key]


def test_tests_that_hang_are_ended(project: Project) -> None:
    hang = code_of("alpha") + "\nimport time\ntime.sleep(60)\n"
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": hang}}, {"files": GREEN})
    project.file("config.toml").write_text(CONFIG + "test_timeout_secs = 2\n")
    project.plan()

    done = project.director("run")

    assert done.code == 0, done.out
    assert "it was ended after" in project.file("logs/run/alpha/2/prompt.md").read_text()


def test_a_job_branch_that_was_deleted_is_told_and_not_built_on(project: Project) -> None:
    project.plan()
    project.director("run:alpha")
    branch = project.branch
    tip = project.git("rev-parse", branch)
    project.git("branch", "-D", branch)

    done = project.director("run")
    project.git("branch", branch, tip)

    assert done.code == 2
    assert f"'{branch}' is gone" in done.out + done.err
    assert project.director("run").code == 0


def test_a_task_that_has_begun_is_expected_at_its_place_until_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    plan_here(project)
    seen: dict[str, set[str]] = {}
    perform, ask = Graph.perform, node_stage.ask

    def performing(graph: Graph, task: str) -> None:
        seen[task] = set(graph.job.at_work._workplaces._expected)
        perform(graph, task)

    def asking(job: Job, *rest: Any) -> Answered:
        seen["ask"] = set(job.at_work._workplaces._expected)
        return ask(job, *rest)

    monkeypatch.setattr(Graph, "perform", performing)
    monkeypatch.setattr(node_stage, "ask", asking)

    assert main(["run", "--repo", str(project.root), "-q", "-n", "1"]) == 0
    assert "run:alpha" in seen["run:alpha"]
    assert "run:alpha" not in seen["ask"]
