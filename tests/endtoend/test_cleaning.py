"""director clean: what it deletes, and what never."""

from pathlib import Path

from tests.project import Project, code_of

RED = {"alpha.py": code_of("alpha", "'wrong'")}


def worktrees(sealed: Path) -> list[Path]:
    return sorted((sealed / ".cache" / "director").glob("*"))


def test_worktrees_go_and_are_made_again(project: Project, sealed: Path) -> None:
    project.plan()
    assert worktrees(sealed)

    done = project.director("clean")

    assert done.code == 0
    assert not worktrees(sealed)
    assert project.director("run").code == 0


def test_a_dry_run_deletes_nothing(project: Project, sealed: Path) -> None:
    project.plan()

    done = project.director("clean", "--dry-run")

    assert "would delete the worktrees in" in done.out
    assert worktrees(sealed)


def test_the_worktrees_of_a_job_that_was_put_aside_go_too(project: Project, sealed: Path) -> None:
    project.plan()
    project.director("plan", "another", "--new")
    assert len(worktrees(sealed)) == 2

    project.director("clean")

    assert not worktrees(sealed)


def test_the_tree_of_a_failed_attempt_is_kept_until_its_node_has_landed(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": RED})
    project.plan()
    project.director("run:alpha")
    before = project.git("for-each-ref", "refs/director")

    done = project.director("clean")

    assert len(before.splitlines()) == 3
    assert "'alpha' has not landed; --force deletes it" in done.out
    assert project.git("for-each-ref", "refs/director") == before
    project.set_call("executor", "run:alpha", {"files": {"alpha.py": code_of("alpha")}})
    project.director("run:alpha")
    project.director("clean")
    assert project.git("for-each-ref", "refs/director") == ""


def test_with_force_unlanded_trees_go_and_the_branch_stays(project: Project) -> None:
    project.set_call("executor", "run:alpha", {"files": RED})
    project.set_call("escalation", "run:alpha", {"attempt": 2, "files": RED})
    project.plan()
    project.director("run:alpha", "--max-attempts", "1")
    tip = project.git("rev-parse", project.branch)

    project.director("clean", "--force")

    assert project.git("for-each-ref", "refs/director") == ""
    assert project.git("rev-parse", project.branch) == tip
