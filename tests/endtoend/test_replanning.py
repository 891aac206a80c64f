"""The task, the specification or the plan changes when work has landed: who is asked again, and who is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from director.cli.main import main
from tests.endtoend.test_published import assert_fits
from tests.project import Project, call, code_of, node, unittest_of
from tests.running import plan_here

AUTO = ("--auto", "--no-critique", "-q")
ALPHA, BETA, GAMMA = node("alpha"), node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))


@pytest.fixture
def built(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A job that is built, the working directory in its repository."""
    monkeypatch.chdir(project.root)
    plan_here(project)
    assert main(["run", "-q"]) == 0
    return project


def asked_by(project: Project, *words: str, code: int = 0) -> list[str]:
    """Run director and return who was asked."""
    before = len(project.asked())
    assert main([*words]) == code
    return project.asked()[before:]


def edit(project: Project, name: str, **fields: object) -> None:
    plan = project.read("plan.json")
    next(entry for entry in plan["nodes"] if entry["id"] == name).update(fields)
    project.file("plan.json").write_text(json.dumps(plan))


def set_nodes(project: Project, *nodes: dict[str, Any]) -> None:
    project.file("plan.json").write_text(json.dumps({"nodes": list(nodes)}))


def replies_with(project: Project, *nodes: dict[str, Any]) -> None:
    project.set_call("planner", "decompose", {"text": json.dumps({"nodes": list(nodes)})})


def add_delta(project: Project) -> dict[str, Any]:
    project.calls += [
        call("test_author", "tests:delta", files={"test_delta.py": unittest_of("delta")}),
        call("executor", "run:delta", files={"delta.py": code_of("delta")}),
    ]
    project.save()
    return node("delta", needs=("beta",))


def test_a_plan_made_anew_that_says_the_same_in_other_words_asks_nobody_else(built: Project) -> None:
    before = built.read("plan.json")
    needs_first = {"depends_on": ["first"]}
    moved = GAMMA | needs_first | {"spec": f"{GAMMA['spec']}  \n"}
    replies_with(built, moved, BETA | needs_first, ALPHA | {"id": "first"})
    built.file("spec.md").write_text("# Spec\n\nThe same modules.\n")

    assert asked_by(built, "run", *AUTO) == ["planner decompose 1"]
    assert built.read("plan.json")["nodes"][::-1] == before["nodes"]


def test_a_planner_is_told_the_plan_until_now_what_changed_and_what_has_landed(built: Project) -> None:
    before = built.file("plan.json").read_text()
    built.file("spec.md").write_text("# Spec\n\nModules, and delta.\n")
    delta = add_delta(built)
    replies_with(built, ALPHA, BETA, GAMMA, delta)

    asked = asked_by(built, "run", *AUTO)

    assert asked == ["planner decompose 1", "test_author tests:delta 1", "executor run:delta 1"]
    prompt = built.file("logs/decompose/2/prompt.md").read_text()
    assert before in prompt
    assert "--- spec.md as it was\n+++ spec.md as it is\n" in prompt
    assert "-Modules.\n+Modules, and delta." in prompt
    assert "recon.md as it was" not in prompt
    assert "in the repository as you see it: alpha, beta, gamma." in prompt
    assert "There is a plan already" not in built.file("logs/decompose/1/prompt.md").read_text()


def test_a_plan_that_was_edited_is_kept_and_one_that_is_deleted_is_made_anew_around_what_has_landed(
    built: Project,
) -> None:
    edit(built, "gamma", title="Another title", depends_on=[])
    built.file("spec.md").write_text("# Spec\n\nModules, and delta.\n")
    kept = asked_by(built, "run", *AUTO)
    replies_with(built, ALPHA, BETA, GAMMA | {"title": "Another title", "depends_on": []})
    built.file("plan.json").unlink()

    assert kept == []
    assert asked_by(built, "run", *AUTO) == ["planner decompose 1"]
    prompt = built.file("logs/decompose/2/prompt.md").read_text()
    assert '"title": "Another title"' in prompt
    assert "in the repository as you see it: alpha, beta, gamma." in prompt


def test_a_plan_that_changed_waits_for_approval_again(built: Project) -> None:
    built.file("spec.md").write_text("# Spec\n\nModules, and delta.\n")
    replies_with(built, ALPHA, BETA, GAMMA, add_delta(built))

    assert asked_by(built, "plan", "-q", code=4) == []
    assert asked_by(built, "approve", "-q", code=4) == ["planner decompose 1", "test_author tests:delta 1"]
    assert asked_by(built, "approve", "-q") == []
    assert asked_by(built, "run", "-q") == ["executor run:delta 1"]


def test_another_task_whose_specification_stays_asks_those_who_read_the_task_alone(built: Project) -> None:
    built.file("task.md").write_text("write the modules, please\n")

    assert asked_by(built, "run", *AUTO) == ["explorer recon 1", "brainstorm spec 1"]
    prompt = built.file("logs/spec/2/prompt.md").read_text()
    assert "-x\n+write the modules, please" in prompt
    assert "<spec>\n# Spec\n\nModules.\n" in prompt


def test_another_task_whose_plan_stays_builds_no_node(built: Project) -> None:
    built.file("task.md").write_text("write the modules, please\n")
    built.set_call("brainstorm", "spec", {"text": "# Spec\n\nModules, please."})

    assert asked_by(built, "run", *AUTO) == ["explorer recon 1", "brainstorm spec 1", "planner decompose 1"]


def test_a_spec_that_is_edited_and_edited_back_before_a_run_asks_nobody(built: Project) -> None:
    edit(built, "alpha", spec="It returns 'omega'.")
    built.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": unittest_of("alpha", "'omega'")}})
    assert asked_by(built, "plan", *AUTO) == ["test_author tests:alpha 1"]
    edit(built, "alpha", spec=ALPHA["spec"])

    assert asked_by(built, "run", *AUTO) == []
    assert built.git("show", f"{built.branch}:test_alpha.py") == unittest_of("alpha").strip()
    assert main(["pending"]) == 0


def test_tests_written_anew_with_the_same_bytes_do_not_fail_and_an_edit_taken_back_asks_nobody(built: Project) -> None:
    edit(built, "alpha", spec="Say it in other words.")
    assert asked_by(built, "plan", *AUTO) == ["test_author tests:alpha 1"]
    edit(built, "alpha", spec=ALPHA["spec"])

    assert asked_by(built, "run", *AUTO) == []


def test_a_spec_that_returns_to_what_landed_before_has_its_work_back_and_asks_nobody(built: Project) -> None:
    tree = built.git("rev-parse", f"{built.branch}^{{tree}}")
    edit(built, "gamma", spec="It returns 'omega'.")
    built.set_call("test_author", "tests:gamma", {"files": {"test_gamma.py": unittest_of("gamma", "'omega'")}})
    built.set_call("executor", "run:gamma", {"files": {"gamma.py": code_of("gamma", "'omega'")}})
    asked = asked_by(built, "run", *AUTO)
    edit(built, "gamma", spec=GAMMA["spec"])
    again = asked_by(built, "run", *AUTO)
    back = built.git("rev-parse", f"{built.branch}^{{tree}}")
    edit(built, "gamma", spec="It returns 'omega'.")

    assert asked == ["test_author tests:gamma 1", "executor run:gamma 1"]
    assert again == []
    assert back == tree
    assert asked_by(built, "run", *AUTO) == []
    assert "omega" in built.git("show", f"{built.branch}:gamma.py")


def test_former_work_that_is_not_green_any_more_asks_the_executor(built: Project) -> None:
    edit(built, "gamma", spec="It returns alpha's.")
    built.set_call("test_author", "tests:gamma", {"files": {"test_gamma.py": unittest_of("gamma", "'omega'")}})
    built.set_call("executor", "run:gamma", {"files": {"gamma.py": code_of("gamma", "'omega'")}})
    asked_by(built, "run", *AUTO)
    edit(built, "gamma", spec=GAMMA["spec"], test_cmd=f"{GAMMA['test_cmd']} # and more")
    built.set_call("test_author", "tests:gamma", {"files": {"test_gamma.py": unittest_of("gamma", "'psi'")}})
    built.set_call("executor", "run:gamma", {"files": {"gamma.py": code_of("gamma", "'psi'")}})

    assert asked_by(built, "run", *AUTO) == ["test_author tests:gamma 1", "executor run:gamma 1"]


def test_a_node_that_is_added_by_hand_waits_for_approval_and_asks_for_itself_alone(built: Project) -> None:
    set_nodes(built, ALPHA, BETA, GAMMA, add_delta(built))

    assert asked_by(built, "run", "-q", code=4) == ["test_author tests:delta 1"]
    assert asked_by(built, "approve", "-q") == []
    before = len(built.measured())
    assert asked_by(built, "run", "-q") == ["executor run:delta 1"]
    assert [entry["node"] for entry in built.measured()[before:]] == ["delta"]
    assert built.read("integration.json")["commit"] == built.git("rev-parse", built.branch)


def test_a_node_that_is_taken_out_by_hand_asks_nobody_and_what_it_left_is_told(
    built: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    set_nodes(built, ALPHA, BETA)

    assert asked_by(built, "run", "--auto", "--no-critique") == []
    ran = capsys.readouterr().out
    told = "'gamma' is no longer planned, and its work is still on the branch: 'gamma.py' and 'test_gamma.py'"
    hint = "hint: take it off with 'director revert gamma', or keep it with 'director keep gamma'"
    main(["status"])
    status = capsys.readouterr().out
    main(["report", "--format", "md"])
    summary = capsys.readouterr().out
    main(["report", "-o", "-"])
    page = capsys.readouterr().out

    assert told in ran
    assert hint in ran
    assert f"{told}\n{hint}\n" in status
    assert "### Left behind\n\n- " in summary
    assert "<code>director revert gamma</code> <code>director keep gamma</code>" in page
    assert main(["status", "--json"]) == 0
    left = json.loads(capsys.readouterr().out)["leftovers"]
    assert [(entry["node"], entry["files"]) for entry in left] == [("gamma", ["gamma.py", "test_gamma.py"])]


def test_what_is_kept_is_not_told_again(built: Project, capsys: pytest.CaptureFixture[str]) -> None:
    set_nodes(built, ALPHA, BETA)
    asked_by(built, "run", *AUTO)

    assert main(["keep", "gamma"]) == 0
    assert "is kept" in capsys.readouterr().out
    assert_fits("kept", built.file("kept/gamma.json").read_text())
    assert main(["status"]) == 0
    assert "gamma" not in capsys.readouterr().out
    assert main(["keep", "gamma"]) == 2
    assert "'gamma' left nothing behind that waits for a word" in capsys.readouterr().err
    assert main(["revert", "gamma", "-q"]) == 0


def test_a_node_that_comes_back_as_it_was_asks_nobody(built: Project) -> None:
    set_nodes(built, ALPHA, BETA)
    asked_by(built, "run", *AUTO)
    set_nodes(built, ALPHA, BETA, GAMMA)

    assert asked_by(built, "run", *AUTO) == []


def test_a_node_that_left_before_it_landed_and_comes_back_has_its_tests_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    plan_here(project)
    set_nodes(project, ALPHA, BETA)
    asked_by(project, "plan", *AUTO)
    set_nodes(project, ALPHA, BETA, GAMMA)

    assert asked_by(project, "plan", *AUTO) == []
    assert project.git("show", f"{project.branch}:test_gamma.py") == unittest_of("gamma").strip()


def test_the_tests_of_a_node_that_left_protect_nothing_once_another_node_writes_them(built: Project) -> None:
    delta = node("delta") | {"files": ["gamma.py"], "tests": ["test_gamma.py"], "test_cmd": GAMMA["test_cmd"]}
    changed = {"text": "", "files": {"beta.py": "# other\n" + code_of("beta")}}
    built.set_call("executor", "run:beta", changed)
    built.calls += [
        call("test_author", "tests:delta", files={"test_gamma.py": unittest_of("gamma", "'delta'")}),
        call("executor", "run:delta", files={"gamma.py": code_of("gamma", "'delta'")}),
    ]
    built.save()
    set_nodes(built, ALPHA, BETA | {"spec": "Otherwise."}, delta | {"depends_on": ["beta"]})

    asked = asked_by(built, "run", *AUTO)

    assert sorted(asked) == [
        "executor run:beta 1",
        "executor run:delta 1",
        "test_author tests:beta 1",
        "test_author tests:delta 1",
    ]
    assert not Path(built.file("tests/gamma.json")).exists()
