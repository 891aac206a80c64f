"""director update: new commits of the base branch reach the job, and only what they break is built again."""

import sys

import pytest

from tests.project import Project, code_of, unittest_of
from tests.running import Running, plan_here, wait_until

USES_GREETING = "import greeting\n\n\ndef beta():\n    return greeting.NAME\n"


@pytest.fixture
def built(project: Project) -> Project:
    """A job of three landed nodes, of which `beta` uses a module of the user's."""
    commit(project, "greeting.py", "NAME = 'beta'\n")
    project.set_call("executor", "run:beta", {"files": {"beta.py": USES_GREETING}})
    plan_here(project)
    assert project.director("run").code == 0
    return project


def commit(project: Project, path: str, text: str) -> str:
    (project.root / path).write_text(text)
    project.git("add", path)
    project.git("commit", "-qm", f"change {path}")
    return project.git("rev-parse", "HEAD")


def test_commits_that_break_nothing_ask_nobody_and_make_only_the_integration_stale(built: Project) -> None:
    asked, tip = built.asked(), built.git("rev-parse", built.branch)
    head = commit(built, "alpha_notes.md", "Notes.\n")
    before = built.git("status", "--porcelain=v2", "--branch")

    done = built.director("update")
    again = built.director("update")
    run = built.director("run")

    assert done.code == 0, done.out + done.err
    assert "tested 3 landed nodes: none red" in done.out
    assert "stale: baseline and integrate" in done.out
    assert again.out == f"up to date: {built.branch} holds HEAD\n"
    assert run.code == 0, run.out + run.err
    assert built.asked() == asked
    assert built.git("rev-parse", f"{built.branch}^1", f"{built.branch}^2").split() == [tip, head]
    assert built.git("status", "--porcelain=v2", "--branch") == before
    assert built.read("baseline.json")["commit"] == head


def test_of_three_nodes_only_the_one_that_is_broken_asks_its_executor(built: Project) -> None:
    asked = built.asked()
    commit(built, "greeting.py", "NAME = 'gamma'\n")
    built.set_call("executor", "run:beta", {"files": {"beta.py": code_of("beta")}})
    dry = built.director("update", "--dry-run")
    tip = built.git("rev-parse", f"{built.branch}^{{tree}}")

    done = built.director("update")
    run = built.director("run")

    assert "stale after it: run:beta; nothing was moved" in dry.out
    assert tip == built.git("rev-parse", f"{built.branch}~2^{{tree}}")
    assert "'beta': `" in done.out
    assert "stale: baseline, run:beta and integrate" in done.out
    assert run.code == 0, run.out + run.err
    assert built.asked()[len(asked) :] == ["executor run:beta 1"]
    assert "'gamma' != 'beta'" in built.file("logs/run/beta/2/prompt.md").read_text()
    assert built.director("pending").out == "nothing is pending: everything is up to date\n"


def test_a_node_that_is_red_only_because_of_another_is_not_asked_for_once_that_is_mended(project: Project) -> None:
    commit(project, "greeting.py", "NAME = 'alpha'\n")
    uses = {"alpha.py": USES_GREETING.replace("beta", "alpha")}
    project.set_call("executor", "run:alpha", {"files": uses})
    relies = {"beta.py": "import alpha\n\n\ndef beta():\n    return 'beta' if alpha.alpha() == 'alpha' else ''\n"}
    project.set_call("executor", "run:beta", {"files": relies})
    plan_here(project)
    assert project.director("run").code == 0
    asked = project.asked()
    commit(project, "greeting.py", "NAME = 'omega'\n")
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})

    done = project.director("update")
    explained = project.director("explain", "run:alpha")
    run = project.director("run")

    assert "tested 3 landed nodes: 2 red" in done.out, done.out + done.err
    assert "an update of the base branch made it red" in explained.out
    assert run.code == 0, run.out + run.err
    assert project.asked()[len(asked) :] == ["executor run:alpha 1"]
    assert project.director("pending").out == "nothing is pending: everything is up to date\n"


def test_a_conflict_moves_nothing_and_is_resolved_on_a_branch_of_the_users(built: Project) -> None:
    asked, tip = built.asked(), built.git("rev-parse", built.branch)
    head = commit(built, "beta.py", "def beta():\n    return 'theirs'\n")

    refused = built.director("update")
    built.git("switch", "-qc", "combined", built.branch)
    built.git("merge", "-q", "--strategy-option=ours", "main")
    built.git("switch", "-q", "main")
    done = built.director("update", "combined")

    assert refused.code == 1
    assert "beta.py" in refused.err
    assert "director update combined" in refused.err
    assert done.code == 0, done.out + done.err
    assert f"Director-Inputs: {head}" in built.git("log", "-1", "--format=%B", built.branch)
    assert built.git("rev-parse", f"{built.branch}^1") == tip
    assert built.director("run").code == 0
    assert built.asked() == asked


def test_tests_that_the_base_changed_are_written_anew_and_the_work_is_kept_if_it_is_green(built: Project) -> None:
    asked = built.asked()
    built.git("merge", "-q", built.branch)
    commit(built, "test_beta.py", unittest_of("beta") + "\n# theirs\n")

    done = built.director("update")
    run = built.director("run", "--auto", "--no-critique")

    assert "'beta': its locked tests were changed" in done.out, done.out + done.err
    assert run.code == 0, run.out + run.err
    assert built.asked()[len(asked) :] == ["test_author tests:beta 1"]


def test_what_a_foreign_commit_says_of_itself_counts_for_nothing(built: Project) -> None:
    asked = built.asked()
    message = "theirs\n\nDirector-Task: revert\nDirector-Undoes: run:alpha run:beta\n"
    built.git("commit", "-q", "--allow-empty", "-m", message)

    done = built.director("update")

    assert done.code == 0, done.out + done.err
    assert "stale: baseline and integrate" in done.out
    assert built.director("run").code == 0
    assert built.asked() == asked


@pytest.mark.parametrize(
    ("revision", "said"),
    [("nowhere", "is not a commit of this repository"), ("stray", "have no commit in common")],
)
def test_a_revision_that_cannot_be_merged_is_told(project: Project, revision: str, said: str) -> None:
    plan_here(project)
    project.git("branch", "stray", project.git("commit-tree", "HEAD^{tree}", "-m", "stray"))

    done = project.director("update", revision)

    assert done.code == 2
    assert said in done.err


def test_before_anything_has_landed_a_job_is_brought_up_to_date_without_a_test(project: Project) -> None:
    plan_here(project)
    commit(project, "greeting.py", "NAME = 'x'\n")

    done = project.director("update")
    run = project.director("run")

    assert "tested 0 landed nodes: none red" in done.out, done.out + done.err
    assert run.code == 0, run.out + run.err
    assert project.git("show", f"{project.branch}:greeting.py") == "NAME = 'x'"


def test_a_gate_that_an_update_made_red_is_told_with_the_update(built: Project) -> None:
    built.file("config.toml").write_text(
        built.file("config.toml").read_text() + f"\n[gates]\nlint = \"{sys.executable} -c 'import greeting.missing'\"\n"
    )
    commit(built, "more.md", "x\n")
    built.director("update")

    done = built.director("run")

    assert done.code == 1
    assert "landed since the last green state: an update of the base" in done.out


def test_a_killed_update_has_moved_nothing_and_is_made_again(built: Project) -> None:
    asked, tip = built.asked(), built.git("rev-parse", built.branch)
    head = commit(built, "greeting.py", "import time\n\nNAME = 'beta'\ntime.sleep(2)\n")
    running = Running.start(built, "update")
    wait_until(lambda: built.file("logs/update/1/beta.txt").exists())
    running.process.kill()
    running.ends()
    after = built.git("rev-parse", built.branch)

    done = built.director("update")

    assert after == tip
    assert done.code == 0, done.out + done.err
    assert built.git("rev-parse", f"{built.branch}^2") == head
    assert built.asked() == asked
    assert built.git("for-each-ref", "refs/director") == ""


def test_worktrees_that_cannot_be_set_up_with_the_new_commits_keep_the_branch_where_it_is(project: Project) -> None:
    setup = '\n[worktree]\nsetup = "test ! -f broken"\nsetup_inputs = ["broken"]\n'
    project.file("config.toml").write_text(project.file("config.toml").read_text() + setup)
    plan_here(project)
    assert project.director("run:alpha").code == 0
    tip = project.git("rev-parse", project.branch)
    commit(project, "broken", "x\n")

    done = project.director("update")

    assert done.code == 2, done.out + done.err
    assert "could not be set up" in done.err
    assert project.git("rev-parse", project.branch) == tip


def test_without_a_job_there_is_nothing_to_update(project: Project) -> None:
    done = project.director("update")

    assert done.code == 2
    assert "there is no job here yet" in done.err
