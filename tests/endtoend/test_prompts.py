"""What agents are told in a whole run."""

import json

import pytest

from director.cli.main import main
from tests.project import Project, code_of, node
from tests.running import plan_here


def test_the_next_attempt_is_told_of_every_earlier_one_and_of_what_landed_meanwhile(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    project.calls[3]["text"] = json.dumps({"nodes": [node("alpha"), node("beta")]})
    first = {"files": {"beta.py": code_of("beta", "first")}, "seconds": 3}
    project.set_call("executor", "run:beta", first, {"files": {"beta.py": code_of("beta", "second")}})
    project.set_call("escalation", "run:beta", {"attempt": 3, "files": {"beta.py": code_of("beta")}})
    project.set_call("reviewer", "run:beta", {"attempt": 3, "text": '{"findings": []}'})
    plan_here(project)

    code = main(["run", "-n", "2"])

    assert code == 0
    prompts = [project.file(f"logs/run/beta/{number}/prompt.md").read_text() for number in (1, 2, 3)]
    news = "What has landed since that last attempt, and stands in this worktree:\n- 'alpha' (Write alpha): alpha.py\n"
    assert [news in prompt for prompt in prompts] == [False, True, False]
    assert ["attempt 1, executor: " in prompt for prompt in prompts] == [False, False, True]
    assert "'first' != 'beta'" in prompts[1]
    assert "'second' != 'beta'" in prompts[2]
    assert "'first' != 'beta'" in prompts[2]


def test_every_role_that_writes_plans_or_judges_is_told_what_the_repository_says(project: Project) -> None:
    (project.root / "AGENTS.md").write_text("Be brief.\n")
    project.git("add", "AGENTS.md")
    project.git("commit", "-qm", "guidance")
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": "broken ("}}, {"files": {"alpha.py": "broken ("}})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": {"alpha.py": code_of("alpha")}})
    project.set_call("reviewer", "run:alpha", {"attempt": 3, "text": '{"findings": []}'})
    plan_here(project)

    code = main(["run:alpha", "--repo", str(project.root)])

    prompts = {
        str(path.parent.relative_to(project.file("logs")))
        for path in project.file("logs").rglob("prompt.md")
        if "`AGENTS.md`:\n```\nBe brief.\n" in path.read_text()
    }
    assert code == 0
    assert prompts == {
        "recon/1",
        "decompose/1",
        *(f"tests/{name}/1" for name in ("alpha", "beta", "gamma")),
        "run/alpha/1",
        "run/alpha/2",
        "run/alpha/3",
        "run/alpha/3/review-two",
    }
