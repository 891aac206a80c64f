"""director plan, from the task to locked tests."""

import json
from pathlib import Path

import pytest

from tests.project import Project, code_of, node, unittest_of


def test_planning_pauses_at_both_gates_and_goes_on_after_an_approval(project: Project) -> None:
    first = project.director("plan", "write the modules")
    second = project.director("approve")
    third = project.director("plan", "--continue")

    assert (first.code, second.code, third.code) == (4, 4, 0)
    assert "spec.md waits for your approval" in first.out
    assert "director approve" in first.out
    assert "plan.json waits for your approval" in second.out
    assert project.read("approved/plan.json")["by"] == "human"


def test_auto_has_the_planner_criticise_and_asks_nobody_else(project: Project) -> None:
    done = project.director("plan", "write the modules", "--auto")

    assert done.code == 0
    assert "planner gate:spec 1" in project.asked()
    assert project.read("approved/spec.json")["by"] == "critique"


def test_without_critique_the_gates_open_by_themselves(project: Project) -> None:
    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert done.code == 0
    assert not [key for key in project.asked() if "gate:" in key]
    assert project.read("approved/spec.json")["by"] == "auto"


def test_a_critique_revises_the_spec_once(project: Project) -> None:
    revised = json.dumps({"verdict": "revise", "problems": ["no errors"], "revised": "# Better"})
    project.set_call("planner", "gate:spec", {"text": revised})

    done = project.director("plan", "write the modules", "--auto")

    assert done.code == 0
    assert project.file("spec.md").read_text() == "# Better\n"
    assert project.director("pending", "plan").out.startswith("nothing is pending")


def test_a_critique_that_revises_the_plan_has_the_new_plan_built(project: Project) -> None:
    plan = {"nodes": [node("alpha"), node("beta")]}
    revised = json.dumps({"verdict": "revise", "problems": ["gamma is not needed"], "revised": json.dumps(plan)})
    project.set_call("planner", "gate:plan", {"text": revised})

    done = project.director("run", "--auto", "-q") if project.director("plan", "x", "--auto").code == 0 else None

    assert done and done.code == 0, done
    assert sorted(path.name for path in project.file("merged").iterdir()) == ["alpha.json", "beta.json"]


def test_the_tests_of_a_node_that_left_the_plan_leave_the_branch(project: Project) -> None:
    project.plan()
    plan = project.read("plan.json")
    plan["nodes"] = [entry for entry in plan["nodes"] if entry["id"] != "gamma"]
    project.file("plan.json").write_text(json.dumps(plan))

    done = project.director("plan", "--auto", "--no-critique")

    assert done.code == 0, done.out
    assert "'gamma' is no longer planned" in done.out
    assert project.git("ls-tree", "--name-only", project.branch, "test_gamma.py") == ""
    assert not project.file("tests/gamma.json").exists()


def test_a_test_file_that_was_renamed_in_the_plan_leaves_the_branch(project: Project) -> None:
    project.plan()
    text = project.file("plan.json").read_text().replace("test_alpha", "test_first")
    project.file("plan.json").write_text(text)
    project.set_call("test_author", "tests:alpha", {"files": {"test_first.py": unittest_of("alpha")}})

    done = project.director("plan", "--auto", "--no-critique")

    assert done.code == 0, done.out
    names = project.git("ls-tree", "--name-only", project.branch).splitlines()
    assert "test_first.py" in names
    assert "test_alpha.py" not in names


def test_tests_are_locked_by_the_bytes_of_the_commit(project: Project) -> None:
    project.plan()

    locked = project.read("tests/alpha.json")["files"]

    assert locked == {"test_alpha.py": project.git("rev-parse", f"{project.branch}:test_alpha.py")}


@pytest.mark.parametrize(
    "text", ["a=b", "two\nlines", 'it\'s "quoted"', "-x is what I want", "--like an option", "key = value"]
)
def test_any_text_can_be_a_task(project: Project, text: str) -> None:
    done = project.director("plan", "--auto", text, "--no-critique", "-q")

    assert done.code == 0, done.err
    assert project.file("task.md").read_text() == f"{text}\n"


def test_a_task_comes_from_a_file_or_from_standard_input(project: Project) -> None:
    (project.root / "what.md").write_text("from a file\n")

    from_file = project.director("plan", "--file", "what.md")
    from_stdin = project.director("plan", "-", "--new", stdin="from a pipe\n")

    assert (from_file.code, from_stdin.code) == (4, 4)
    assert project.file("task.md").read_text() == "from a pipe\n"


def test_the_job_starts_from_head_and_leaves_the_checkout_alone(project: Project) -> None:
    (project.root / "README.md").write_text("not committed\n")
    before = project.git("status", "--porcelain=v2", "--branch")

    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert "uncommitted work" in done.out
    job = project.read("job.json")
    assert job["base"] == project.git("rev-parse", "HEAD")
    assert job["branch"] == f"director/job-{job['id']}"
    assert project.git("status", "--porcelain=v2", "--branch") == before
    assert project.git("show", f"{project.branch}:README.md") == "A project."


def test_another_base_can_be_named(project: Project) -> None:
    first = project.git("rev-parse", "HEAD")
    project.git("commit", "-qm", "second", "--allow-empty")

    project.director("plan", "write the modules", "--base", "HEAD~1")

    assert project.read("job.json")["base"] == first


def test_a_second_task_is_refused_with_two_ways_out(project: Project) -> None:
    project.director("plan", "the first")

    done = project.director("plan", "the second")

    assert done.code == 2
    assert "director run" in done.err
    assert "--new" in done.err
    assert project.file("task.md").read_text() == "the first\n"


def test_new_puts_the_old_job_aside_whole(project: Project) -> None:
    project.director("plan", "the first")
    old = project.read("job.json")["id"]

    done = project.director("plan", "the second", "--new")

    assert done.code == 4
    assert (project.file("archive") / old / "spec.md").exists()
    assert project.read("job.json")["id"] != old


def test_a_reply_that_does_not_fit_goes_back_with_all_problems(project: Project) -> None:
    good = json.dumps({"nodes": [node("alpha")]})
    bad = json.dumps({"nodes": [node("alpha") | {"files": ["/etc/passwd"]}, node("Alpha")]})
    project.set_call("planner", "decompose", {"text": "no json"}, {"text": bad}, {"text": good})

    project.plan()

    assert [key for key in project.asked() if "decompose" in key] == [f"planner decompose {n}" for n in (1, 2, 3)]
    third = project.file("logs/decompose/3/prompt.md").read_text()
    assert "/etc/passwd" in third
    assert "Alpha" in third


def test_a_planner_that_never_fits_fails_clearly_and_keeps_its_reply(project: Project) -> None:
    project.set_call("planner", "decompose", *[{"text": "no json"}] * 3)

    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert done.code == 1
    assert "reply.json" in done.out
    assert "Traceback" not in done.out + done.err
    assert project.read("logs/decompose/3/reply.json")["reply"]["text"] == "no json"


def test_an_author_whose_tests_are_not_red_is_told_and_asked_again(project: Project) -> None:
    green = "import unittest\n\n\nclass Test(unittest.TestCase):\n    def test_nothing(self):\n        pass\n"
    project.set_call(
        "test_author",
        "tests:alpha",
        {"files": {"test_alpha.py": green}},
        {"files": {"test_alpha.py": unittest_of("alpha")}},
    )

    project.plan()

    assert "test_author tests:alpha 2" in project.asked()
    assert "pass" in project.file("logs/tests/alpha/2/prompt.md").read_text().lower()


@pytest.mark.parametrize(
    "files", [{}, {"test_alpha.py": "def broken(:\n"}, {"other.py": "x = 1\n"}], ids=["missing", "syntax", "elsewhere"]
)
def test_tests_that_are_red_for_a_wrong_reason_are_refused(project: Project, files: dict[str, str]) -> None:
    project.set_call("test_author", "tests:alpha", {"files": files}, {"files": files})

    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert done.code == 1
    assert "tests:alpha" in done.out
    assert not project.file("tests/alpha.json").exists()


def test_what_an_author_writes_elsewhere_is_put_aside(project: Project) -> None:
    files = {"test_alpha.py": unittest_of("alpha"), "alpha.py": code_of("alpha", "'not yet'")}
    project.set_call("test_author", "tests:alpha", {"files": files})

    project.plan()

    assert project.git("ls-tree", "--name-only", project.branch, "alpha.py") == ""


def test_a_plan_of_director_cli_is_accepted_as_it_is(project: Project, tmp_path: Path) -> None:
    alpha = node("alpha") | {"estimated_difficulty": "easy", "test_hashes": {}}
    header = {"job_id": "j", "task": "t", "repo": "/r", "created_at": "2026-01-01", "job_branch": "b"}
    project.director("plan", "write the modules")
    project.director("approve", "--only")
    project.file("plan.json").write_text(json.dumps(header | {"nodes": [alpha]}))

    done = project.director("plan", "--auto", "--no-critique")

    assert done.code == 0, done.out + done.err
    assert "planner decompose 1" not in project.asked()
    assert project.read("nodes/alpha.json")["estimated_difficulty"] == "easy"


def test_a_hand_edited_spec_is_kept_and_what_depends_on_it_is_built_again(project: Project) -> None:
    project.plan()
    project.file("spec.md").write_text("# Mine\n")
    project.file("task.md").write_text("another wording\n")

    done = project.director("plan", "--auto", "--no-critique")

    assert done.code == 0
    assert project.file("spec.md").read_text() == "# Mine\n"
    assert project.asked().count("explorer recon 1") == 2
    assert project.asked().count("brainstorm spec 1") == 1
    assert project.asked().count("planner decompose 1") == 2
    assert project.asked().count("test_author tests:alpha 1") == 1


def test_a_broken_hand_edit_of_the_plan_is_told_with_every_problem(project: Project) -> None:
    project.plan()
    broken = {"nodes": [node("alpha", needs=("nobody",)), node("beta") | {"test_cmd": ""}]}
    project.file("plan.json").write_text(json.dumps(broken))

    done = project.director("run")

    assert done.code == 2
    assert "nobody" in done.err
    assert "test_cmd" in done.err
    assert str(project.file("plan.json")) in done.err
