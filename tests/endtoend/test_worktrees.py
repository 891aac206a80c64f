"""A job whose tests need what no commit holds: a file of the user's, and what a set-up makes."""

from pathlib import Path

import pytest

from tests.project import CONFIG, Project, node
from tests.running import plan_here

SET_UP = "mkdir -p vendor && cp versions.txt vendor/installed.txt && cat .env >> vendor/installed.txt"
WORKTREE = '\n[worktree]\nsetup = "{}"\nsetup_inputs = ["versions.txt"]\nlink = ["vendor/cache"]\n'
TEST = """\
import os
import unittest
from pathlib import Path

import alpha


class Test(unittest.TestCase):
    def test_value(self):
        self.assertEqual(alpha.alpha(), "alpha")
        self.assertEqual(Path(".env").read_text(), "LICENCE=7\\n")
        self.assertEqual(Path("vendor/installed.txt").read_text(), Path("versions.txt").read_text() + "LICENCE=7\\n")
        self.assertTrue(Path("vendor/cache").is_dir())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with a private file and a set-up; the node that is built changes what the set-up installs."""
    files = ["alpha.py", "versions.txt"]
    project = Project.create(tmp_path / "repository", [node("alpha") | {"files": files}])
    (project.root / ".gitignore").write_text("__pycache__/\n.env\nvendor/\n")
    (project.root / ".worktreeinclude").write_text(".env\n")
    (project.root / "versions.txt").write_text("one\n")
    project.git("add", ".gitignore", ".worktreeinclude", "versions.txt")
    project.git("commit", "-qm", "what a set-up needs")
    (project.root / ".env").write_text("LICENCE=7\n")
    project.file("config.toml").write_text(CONFIG + WORKTREE.format(SET_UP))
    project.set_call("test_author", "tests:alpha", {"files": {"test_alpha.py": TEST}})
    work = {"alpha.py": "def alpha():\n    return 'alpha'\n", "versions.txt": "two\n"}
    poison = {".env": "LICENCE=8\n", "vendor/installed.txt": "poison\n"}
    project.set_call("executor", "run:alpha", {"files": {**work, **poison}})
    return project


def test_tests_find_what_they_need_and_none_of_it_lands(project: Project) -> None:
    plan_here(project)

    done = project.director("run")

    assert done.code == 0, done.out + done.err
    assert project.asked()[-1] == "executor run:alpha 1"
    landed = project.git("ls-tree", "-r", "--name-only", project.branch).split()
    assert landed == [".gitignore", ".worktreeinclude", "README.md", "alpha.py", "test_alpha.py", "versions.txt"]
    assert "setting up the worktree gate-1" in done.out
    assert (project.root / ".env").read_text() == "LICENCE=7\n"


def test_a_set_up_that_fails_stops_before_an_agent_is_paid(project: Project) -> None:
    project.file("config.toml").write_text(CONFIG + WORKTREE.format("echo no network; exit 4"))

    done = project.director("plan", "write the modules", "--auto", "--no-critique")

    assert done.code == 2
    assert project.asked() == []
    said = done.out + done.err
    assert "the worktree reader-1 could not be set up: `echo no network; exit 4` exited with 4\nno network\n" in said
    assert "hint: mend [worktree] setup, or what it needs, and run the same command again" in said
    assert project.file("logs/worktrees/reader-1.txt").read_text() == "no network\n"
