"""The user works while a run is going: their work stays as they left it, and the run goes on to its end."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.project import CONFIG, Project, call, code_of, node, unittest_of
from tests.running import Running, plan_here, wait_until

GREEN = {"alpha.py": code_of("alpha")}
OURS = ("refs/heads/director/", "refs/director/")
NOT_THE_USERS = ("objects", "refs", "logs/refs/heads/director", "packed-refs", "info/refs")
"""What of git's directory director may write, or git itself packs; the refs are compared as refs."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A planned job of a node that takes two seconds, in a repository with work of the user's of every kind."""
    project = Project.create(tmp_path / "repository", [node("alpha")])
    project.set_call("executor", "run:alpha", {"files": GREEN, "seconds": 2})
    project.git("switch", "-qc", "side")
    write(project, "side.txt", "side\n")
    project.git("add", "side.txt")
    project.git("commit", "-qm", "on the side")
    project.git("switch", "-q", "main")
    write(project, "main.txt", "main\n")
    project.git("add", "main.txt")
    project.git("commit", "-qm", "second")
    plan_here(project)
    write(project, "staged.txt", "staged\n")
    project.git("add", "staged.txt")
    write(project, "README.md", "A project, changed.\n")
    write(project, "untracked.txt", "untracked\n")
    return project


def write(project: Project, name: str, text: str) -> None:
    (project.root / name).write_text(text)


def users_work(project: Project) -> dict[str, bytes]:
    """Return what is the user's: the checkout, git's own files but for objects, and the refs."""
    root, git = project.root, project.root / ".git"
    files = [path for path in root.rglob("*") if path.is_file() and ".director" not in path.relative_to(root).parts]
    theirs = [path for path in files if not path.is_relative_to(git) or is_users(str(path.relative_to(git)))]
    refs = project.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return {str(path): path.read_bytes() for path in theirs} | {
        "refs": "\n".join(line for line in refs if not line.startswith(OURS)).encode()
    }


def is_users(name: str) -> bool:
    return not any(name == other or name.startswith(f"{other}/") for other in NOT_THE_USERS)


def commit_the_same_files(project: Project) -> None:
    write(project, "alpha.py", "# the user's own\n")
    write(project, "test_alpha.py", "# the user's own\n")
    project.git("add", ".")
    project.git("commit", "-qm", "by the user")


def edit_the_same_files(project: Project) -> None:
    write(project, "alpha.py", "# the user's own\n")
    write(project, "test_alpha.py", "# the user's own\n")


def switch_the_branch(project: Project) -> None:
    project.git("switch", "-qc", "other")


def rebase(project: Project) -> None:
    project.git("stash", "-q", "--include-untracked")
    project.git("switch", "-q", "side")
    project.git("rebase", "-q", "main")
    project.git("stash", "pop", "-q")


def stash(project: Project) -> None:
    project.git("stash", "-q", "--include-untracked")


def delete_a_branch(project: Project) -> None:
    project.git("branch", "-qD", "side")


def add_a_worktree(project: Project) -> None:
    project.git("worktree", "add", "-q", str(project.root.with_name("linked")), "side")


def begin_a_merge(project: Project) -> None:
    project.git("stash", "-q", "--include-untracked")
    project.git("merge", "-q", "--no-commit", "--no-ff", "side")


def collect_garbage(project: Project) -> None:
    project.git("gc", "-q", "--prune=now")


def pack_refs(project: Project) -> None:
    project.git("pack-refs", "--all")


ACTIONS = [
    commit_the_same_files,
    edit_the_same_files,
    switch_the_branch,
    rebase,
    stash,
    delete_a_branch,
    add_a_worktree,
    begin_a_merge,
    collect_garbage,
    pack_refs,
]


@pytest.mark.parametrize("act", ACTIONS, ids=lambda act: act.__name__)
def test_what_the_user_does_in_the_checkout_stays_and_the_run_goes_on(
    project: Project, act: Callable[[Project], None]
) -> None:
    run = Running.start(project, "run")
    run.says("run:alpha        executor")

    act(project)
    before = users_work(project)

    assert run.ends() == 0, run.said
    assert users_work(project) == before
    assert project.git("show", f"{project.branch}:alpha.py") == GREEN["alpha.py"].strip()
    assert project.asked()[-1] == "executor run:alpha 1"


def test_the_users_own_worktree_of_the_job_branch_keeps_its_files(project: Project) -> None:
    linked = project.root.with_name("linked")
    project.git("worktree", "add", "-q", str(linked), project.branch)
    (linked / "mine.txt").write_text("mine\n")
    before = {path: path.read_bytes() for path in linked.rglob("*") if path.is_file()}

    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert {path: path.read_bytes() for path in linked.rglob("*") if path.is_file()} == before


def test_an_edit_of_the_specification_during_a_run_is_kept_and_told_by_the_next_listing(project: Project) -> None:
    run = Running.start(project, "run")
    run.says("run:alpha        executor")

    project.file("spec.md").write_text("my own words\n")

    assert run.ends() == 0, run.said
    assert project.file("spec.md").read_text() == "my own words\n"
    assert "'spec.md' changed" in project.director("pending").out


def edited_plan(project: Project) -> str:
    plan = project.read("plan.json")
    plan["nodes"][0]["title"] = "Another title"
    plan["nodes"].append(node("beta", needs=("alpha",)))
    return json.dumps(plan, indent=4) + "\n"


def knows_beta(project: Project) -> None:
    project.calls.append(call("test_author", "tests:beta", files={"test_beta.py": unittest_of("beta")}))
    project.calls.append(call("executor", "run:beta", files={"beta.py": code_of("beta")}))
    project.save()


def test_an_edit_of_the_plan_during_a_run_is_built_by_the_same_run(project: Project) -> None:
    knows_beta(project)
    run = Running.start(project, "run", "--auto", "--no-critique")
    run.says("run:alpha        executor")
    text = edited_plan(project)

    project.file("plan.json").write_text(text)

    assert run.ends() == 0, run.said
    assert project.file("plan.json").read_text() == text
    assert project.asked()[-3:] == ["executor run:alpha 1", "test_author tests:beta 1", "executor run:beta 1"]
    assert project.director("pending").out == "nothing is pending: everything is up to date\n"


def test_an_edit_of_the_plan_during_a_run_waits_for_the_persons_approval(project: Project) -> None:
    knows_beta(project)
    run = Running.start(project, "run")
    run.says("run:alpha        executor")
    text = edited_plan(project)

    project.file("plan.json").write_text(text)

    assert run.ends() == 4, run.said
    assert project.file("plan.json").read_text() == text
    assert project.file("merged/alpha.json").exists()
    assert "plan.json waits for your approval" in run.said


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """While this file exists, a test that holds `waiting` does not end."""
    path = tmp_path / "slow"
    path.touch()
    return path


def waiting(slow: Path) -> str:
    """Code that says that it runs and waits; under a name of its own, so that tests and code may both hold it."""
    return (
        "import time\nfrom pathlib import Path\n\n"
        f"while Path({str(slow)!r}).exists():\n    Path({str(slow) + '.reached'!r}).touch()\n    time.sleep(0.05)\n\n\n"
    )


def prune(project: Project, slow: Path) -> None:
    """Have everything deleted that no ref holds, while a test waits; then let it go on."""
    reached = slow.with_name("slow.reached")
    wait_until(reached.exists)
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now", "--aggressive")
    slow.unlink()


def test_no_garbage_collection_loses_a_candidate_whose_gate_runs(tmp_path: Path, slow: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": waiting(slow) + code_of("alpha")}})
    plan_here(project)
    run = Running.start(project, "run")

    prune(project, slow)

    assert run.ends() == 0, run.said
    assert project.asked().count("executor run:alpha 1") == 1
    assert project.git("fsck", "--connectivity-only", "--no-dangling") == ""


def test_no_garbage_collection_loses_tests_that_are_seen_red(tmp_path: Path, slow: Path) -> None:
    project = Project.create(tmp_path / "repository", [node("alpha")])
    project.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": waiting(slow) + unittest_of("alpha")}})
    plan = Running.start(project, "plan", "x", "--auto", "--no-critique")

    prune(project, slow)

    assert plan.ends() == 0, plan.said
    assert project.asked().count("test_author tests:alpha 1") == 1
    assert project.director("run").code == 0


def test_no_garbage_collection_loses_a_combination_whose_tests_run(tmp_path: Path, slow: Path) -> None:
    names = ("alpha", "beta")
    project = Project.create(tmp_path / "repository", [node(name) for name in names])
    for name in names:
        project.set_call("executor", f"run:{name}", {"files": {f"{name}.py": code_of(name)}, "seconds": 1})
    together = f"import os\n\nif os.path.exists('alpha.py') and os.path.exists('beta.py'):\n    {one_line(slow)}\n\n\n"
    for name in names:
        files = {f"test_{name}.py": together + unittest_of(name)}
        project.set_call("test_author", f"tests:{name}", {"files": files})
    plan_here(project)
    run = Running.start(project, "run", "-n", "2")

    prune(project, slow)

    assert run.ends() == 0, run.said
    assert sorted(project.asked()[-2:]) == ["executor run:alpha 1", "executor run:beta 1"]
    assert project.git("fsck", "--connectivity-only", "--no-dangling") == ""


def one_line(slow: Path) -> str:
    return f"exec({waiting(slow)!r})"


def test_a_branch_of_the_job_that_the_user_packs_again_and_again_still_moves(tmp_path: Path) -> None:
    names = ("alpha", "beta", "gamma")
    project = Project.create(tmp_path / "repository", [node(name) for name in names], config=CONFIG)
    plan_here(project)
    run = Running.start(project, "run", "-n", "4")

    while run.process.poll() is None:
        subprocess.run(["git", "pack-refs", "--all"], cwd=project.root, check=False)
        time.sleep(0.1)

    assert run.ends() == 0, run.said
    assert len([key for key in project.asked() if key.startswith("executor")]) == len(names)
