"""Landing: the job branch never holds a red test of a landed node, whoever else lands or moves the branch meanwhile."""

import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.project import CONFIG, Project, call, code_of, node, unittest_of
from tests.running import Running, plan_here, wait_until

EIGHT = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
FIRST_PARENTS = "--format=%H %(trailers:key=Director-Task,valueonly,separator=%x2C)"


def assert_always_green(project: Project, place: Path) -> None:
    """Run, at every commit of the job branch, the tests of all nodes that had landed up to it, all at once."""
    commits = project.git("log", "--first-parent", "--reverse", FIRST_PARENTS, f"main..{project.branch}")
    landed: set[str] = set()
    for line in commits.splitlines():
        commit, _, task = line.partition(" ")
        kind, _, name = task.partition(":")
        landed = landed | {name} if kind == "run" else landed - {name}
        tree = export(project, commit, place / commit)
        tests = [f"test_{name}" for name in sorted(landed)]
        done = subprocess.run([sys.executable, "-m", "unittest", *tests], cwd=tree, capture_output=True)
        assert done.returncode == 0 or not tests, (line, done.stderr.decode())


def export(project: Project, commit: str, place: Path) -> Path:
    archive = subprocess.run(
        ["git", "archive", "--format=zip", commit], cwd=project.root, capture_output=True, check=True
    ).stdout
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        files.extractall(place)
    return place


def project_of(root: Path, nodes: list[dict[str, Any]], *calls: dict[str, Any], config: str = CONFIG) -> Project:
    """Make a project; calls given here replace those of the same role, task and attempt."""
    project = Project.create(root, nodes, config=config)
    replaced = {(entry["role"], entry["task"]) for entry in calls}
    project.calls = [entry for entry in project.calls if (entry["role"], entry["task"]) not in replaced]
    project.calls += calls
    project.save()
    return project


def executor(name: str, files: dict[str, str], **more: Any) -> dict[str, Any]:
    return call("executor", f"run:{name}", files=files, **more)


@contextmanager
def own_worktree(project: Project) -> Iterator[Path]:
    """Check the job branch out beside the repository, as a user does who wants to commit to it."""
    place = project.root.with_name("own")
    project.git("worktree", "add", "-q", str(place), project.branch)
    yield place
    project.git("worktree", "remove", "--force", str(place))


def commit_on_branch(project: Project, **files: str) -> str:
    with own_worktree(project) as place:
        for name, content in files.items():
            path = place / name.replace("__", ".")
            path.write_text(content)
        for words in (["add", "."], ["commit", "-qm", "by the user"]):
            subprocess.run(["git", *words], cwd=place, check=True)
    return project.git("rev-parse", project.branch)


def is_on_branch(project: Project, commit: str) -> bool:
    return commit in project.git("rev-list", project.branch).splitlines()


def executors(project: Project) -> list[str]:
    return sorted(key.removeprefix("executor ") for key in project.asked() if key.startswith("executor"))


def loud_tests(name: str, among: list[str]) -> str:
    """Tests that are green as long as at most one of the modules is loud."""
    return unittest_of(name) + (
        "\n    def test_only_one_is_loud(self):\n        import importlib.util\n"
        f"        there = [name for name in {among} if importlib.util.find_spec(name)]\n"
        "        loud = [name for name in there if importlib.import_module(name).LOUD]\n"
        "        self.assertLessEqual(len(loud), 1)\n"
    )


def loud_project(root: Path, names: list[str]) -> Project:
    """Make a project whose nodes are green alone and red together; the second attempt of each fits to the others."""
    calls = []
    for name in names:
        calls.append(call("test_author", f"tests:{name}", files={f"test_{name}.py": loud_tests(name, names)}))
        for attempt, loud in ((1, True), (2, False)):
            code = f"LOUD = {loud}\n\n\n{code_of(name)}"
            calls.append(executor(name, {f"{name}.py": code}, attempt=attempt, seconds=2 - attempt))
    return project_of(root, [node(name) for name in names], *calls)


def test_of_nodes_that_are_red_together_one_lands_and_the_others_are_told_the_combined_output_and_completed(
    tmp_path: Path,
) -> None:
    names = EIGHT[:3]
    project = loud_project(tmp_path / "repository", names)
    plan_here(project)

    done = project.director("run", "-n", "8")

    assert done.code == 0, done.out + done.err
    again = [key for key in executors(project) if key.endswith(" 2")]
    assert len(again) == 2
    for key in again:
        told = project.file(f"logs/{key.split()[0].replace(':', '/')}/2/prompt.md").read_text()
        assert "test_only_one_is_loud" in told
        assert "AssertionError: 2 not less than or equal to 1" in told
    assert_always_green(project, tmp_path)


def test_nodes_that_end_at_the_same_moment_all_land_one_after_the_other(tmp_path: Path) -> None:
    calls = [executor(name, {f"{name}.py": code_of(name)}, seconds=1) for name in EIGHT]
    project = project_of(tmp_path / "repository", [node(name) for name in EIGHT], *calls)
    plan_here(project)

    done = project.director("run", "-n", "8")

    assert done.code == 0, done.out + done.err
    assert executors(project) == sorted(f"run:{name} 1" for name in EIGHT)
    subjects = project.git("log", "--first-parent", "--format=%s", f"main..{project.branch}").splitlines()
    assert sorted(subjects[:8]) == sorted(f"Write {name}" for name in EIGHT)
    assert_always_green(project, tmp_path)


def test_commits_that_others_put_on_the_branch_during_landings_are_kept_as_refs_and_no_landing_is_lost(
    tmp_path: Path,
) -> None:
    names = EIGHT[:4]
    calls = [executor(name, {f"{name}.py": code_of(name)}, seconds=1) for name in names]
    project = project_of(tmp_path / "repository", [node(name) for name in names], *calls)
    plan_here(project)
    ref, made, over = f"refs/heads/{project.branch}", [], threading.Event()

    def commit_again_and_again() -> None:
        while not over.wait(0.3) and len(made) < 12:
            tip = project.git("rev-parse", ref)
            commit = project.git("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", f"by another {len(made)}")
            moved = subprocess.run(["git", "update-ref", ref, commit, tip], cwd=project.root, capture_output=True)
            made.extend([commit] if moved.returncode == 0 else [])

    other = threading.Thread(target=commit_again_and_again)
    other.start()
    done = project.director("run", "-n", "8")
    over.set()
    other.join()

    assert made
    assert done.code == 0, done.out + done.err
    held = set(project.git("rev-list", "--all").splitlines())
    assert set(made) <= held
    assert executors(project) == sorted(f"run:{name} 1" for name in names)
    assert {f"Write {name}" for name in names} <= set(project.git("log", "--format=%s", ref).splitlines())
    assert_always_green(project, tmp_path)


@pytest.mark.parametrize(
    ("files", "first", "users", "said"),
    [
        (["alpha.py"], {}, {"alpha__py": "# mine\n"}, "CONFLICT (add/add): Merge conflict in alpha.py"),
        (["alpha.py", "data/inner.txt"], {"data/inner.txt": "x\n"}, {"data": "mine\n"}, "CONFLICT (file/directory)"),
    ],
    ids=["the same file", "a file in place of a directory"],
)
def test_what_does_not_combine_with_what_came_meanwhile_is_told_to_a_new_attempt_on_the_new_tip(
    tmp_path: Path, files: list[str], first: dict[str, str], users: dict[str, str], said: str
) -> None:
    """The run is stopped while a candidate's gate is at work; before the next one the user commits to the branch."""
    slow = tmp_path / "slow"
    slow.touch()
    wait = f"import os, time\n\nwhile os.path.exists({str(slow)!r}):\n    open({str(slow) + '.reached'!r}, 'w')\n"
    late = {"alpha.py": wait + "    time.sleep(0.05)\n\n\n" + code_of("alpha")}
    green = {"alpha.py": code_of("alpha")}
    calls = [executor("alpha", late | first, attempt=1), executor("alpha", green, attempt=2)]
    project = project_of(tmp_path / "repository", [node("alpha") | {"files": files}], *calls)
    plan_here(project)
    stopped = Running.start(project, "run")
    wait_until(slow.with_name("slow.reached").exists)
    stopped.process.terminate()
    assert stopped.ends() == 130
    slow.unlink()

    commit = commit_on_branch(project, **users)
    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert executors(project) == ["run:alpha 1", "run:alpha 2"]
    assert said in project.file("logs/run/alpha/2/prompt.md").read_text()
    assert is_on_branch(project, commit)
    assert project.git("show", f"{project.branch}:alpha.py") == green["alpha.py"].strip()
    assert_always_green(project, tmp_path)


def test_a_commit_of_the_users_on_the_branch_between_runs_is_built_upon(tmp_path: Path) -> None:
    nodes = [node("alpha"), node("beta", needs=("alpha",))]
    project = project_of(tmp_path / "repository", nodes)
    plan_here(project)
    assert project.director("run:alpha").code == 0

    commit = commit_on_branch(project, NOTES="mine\n")
    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert is_on_branch(project, commit)
    assert project.git("show", f"{project.branch}:NOTES") == "mine"
    assert executors(project) == ["run:alpha 1", "run:beta 1"]
    assert project.director("pending").out == "nothing is pending: everything is up to date\n"
    assert_always_green(project, tmp_path)


def test_a_commit_of_the_users_after_everything_is_integrated_again_and_nobody_is_asked(tmp_path: Path) -> None:
    project = project_of(tmp_path / "repository", [node("alpha")])
    plan_here(project)
    assert project.director("run").code == 0
    asked = project.asked()

    commit = commit_on_branch(project, NOTES="mine\n")
    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert project.asked() == asked
    assert project.read("integration.json")["commit"] == commit


LINT = "if test -e beta.py && ! test -e FIXED; then echo the linter wants FIXED; exit 7; fi"


def failing_project(root: Path) -> Project:
    """Make a planned project whose gate is red as soon as `beta` is there, until there is a file FIXED."""
    gates = f'\n[gates]\nlint = "{LINT}"\ndocs = "test -e README.md"\n'
    project = project_of(root, [node("alpha"), node("beta", needs=("alpha",))], config=CONFIG + gates)
    plan_here(project)
    return project


def test_a_failed_integration_names_the_gate_its_output_the_base_and_what_landed(tmp_path: Path) -> None:
    project = failing_project(tmp_path / "repository")

    done = project.director("run")

    assert done.code == 1
    for said in (
        f"integration failed: the gate 'lint' is red on {project.branch}",
        "it was green at the base; landed since the last green state: alpha, beta",
        f"`{LINT}`: it exited with 7\nthe linter wants FIXED",
        "hint: mend it on the job branch or edit the plan, then run 'director run' again",
    ):
        assert said in done.out
    assert not project.file("integration.json").exists()


def test_a_failed_integration_is_mended_by_a_commit_on_the_branch(tmp_path: Path) -> None:
    project = failing_project(tmp_path / "repository")
    assert project.director("run").code == 1
    asked = project.asked()

    commit = commit_on_branch(project, FIXED="\n")
    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert project.asked() == asked
    assert project.read("integration.json")["commit"] == commit
    assert f"take it with 'git merge {project.branch}'" in done.out


def test_a_failed_integration_is_mended_by_an_edit_of_the_plan(tmp_path: Path) -> None:
    project = failing_project(tmp_path / "repository")
    assert project.director("run").code == 1
    asked = project.asked()
    plan = project.read("plan.json")
    plan["nodes"][1] |= {"files": ["beta.py", "FIXED"], "spec": "And there is a file FIXED."}
    project.file("plan.json").write_text(json.dumps(plan))
    project.set_call("executor", "run:beta", {"files": {"beta.py": code_of("beta"), "FIXED": "x\n"}})
    project.set_call("test_author", "tests:beta", {"files": {"test_beta.py": fixed_tests()}})

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 0, done.out + done.err
    assert project.asked()[len(asked) :] == ["test_author tests:beta 1", "executor run:beta 1"]
    assert_always_green(project, tmp_path)


def fixed_tests() -> str:
    return unittest_of("beta") + "\n    def test_fixed(self):\n        open('FIXED').close()\n"


def test_what_landed_since_the_last_green_state_leaves_out_what_was_green(tmp_path: Path) -> None:
    project = failing_project(tmp_path / "repository")
    plan = project.read("plan.json")
    project.file("plan.json").write_text(json.dumps(plan | {"nodes": plan["nodes"][:1]}))
    assert project.director("run", "--auto", "--no-critique").code == 0
    project.file("plan.json").write_text(json.dumps(plan))

    done = project.director("run", "--auto", "--no-critique")

    assert done.code == 1
    assert "landed since the last green state: beta\n" in done.out


def test_a_gate_that_was_red_at_the_base_is_said_to_have_been(tmp_path: Path) -> None:
    config = CONFIG + '\n[gates]\ndocs = "echo no docs; test -e DOCS"\n'
    project = project_of(tmp_path / "repository", [node("alpha")], config=config)
    plan_here(project)

    red = project.director("run")
    commit_on_branch(project, DOCS="\n")
    green = project.director("run")

    assert red.code == 1
    assert "it was red at the base already; landed since the last green state: alpha\n" in red.out
    assert "it exited with 1\nno docs" in red.out
    assert green.code == 0, green.out + green.err


def test_a_node_whose_tests_a_commit_of_the_users_breaks_is_named_by_the_integration(tmp_path: Path) -> None:
    project = project_of(tmp_path / "repository", [node("alpha")])
    plan_here(project)
    assert project.director("run").code == 0

    commit_on_branch(project, alpha__py=code_of("alpha", "broken"))
    red = project.director("run")
    commit_on_branch(project, alpha__py=code_of("alpha"))
    green = project.director("run")

    assert red.code == 1
    assert f"integration failed: the tests of 'alpha' are red on {project.branch}" in red.out
    assert "AssertionError: 'broken' != 'alpha'" in red.out
    assert green.code == 0, green.out + green.err
