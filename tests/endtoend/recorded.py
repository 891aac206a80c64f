"""A job that was recorded once, of which each test gets a clone: its first node fails, is escalated and reviewed."""

import os
import shutil
from functools import cache
from pathlib import Path

from director.artifacts.cassettes import read_cassette
from director.cli.main import main
from director.core.cassette import Cassette
from tests.project import CONFIG, Project, code_of, node

RED, GREEN = {"alpha.py": code_of("alpha", "'wrong'")}, {"alpha.py": code_of("alpha")}
GATES = '\n[gates]\nwhole = "test -f gamma.py"\n'
PLAYED = CONFIG.replace("cassette.yaml", "job.yaml")
"""A configuration that plays the recording."""


def make_project(root: Path) -> Project:
    """Make a repository with the scripted agents of the job that is recorded."""
    nodes = [node("alpha"), node("beta", needs=("alpha",)), node("gamma", needs=("alpha",))]
    project = Project.create(root, nodes, config=CONFIG + GATES)
    project.set_call("executor", "run:alpha", {"files": RED}, {"files": RED | {"notes.txt": "x"}})
    project.set_call("escalation", "run:alpha", {"attempt": 3, "files": GREEN})
    project.set_call("reviewer", "run:alpha", {"attempt": 3, "text": '{"findings": []}'})
    return project


def build(project: Project, *options: str) -> None:
    """Plan with critiques and run, four tasks at once."""
    place = ("--repo", str(project.root), "-q", "-n", "4", *options)
    assert main(["plan", "write the modules", "--auto", *place]) == 0
    assert main(["run", *place]) == 0


@cache
def _recorded(root: Path) -> Project:
    project = make_project(root)
    build(project, "--record", str(project.file("job.yaml")))
    return project


def recorded(place: Path) -> Project:
    """Return the recorded job of this test process, built when it is first asked for."""
    return _recorded(place)


def clone_of(project: Project, root: Path, *, config: str = PLAYED + GATES) -> Project:
    """Make a fresh clone of the user's repository, with the recording and a configuration, but no job."""
    project.git("clone", "-q", "--single-branch", str(project.root), str(root))
    (root / ".director").mkdir()
    (root / ".director" / "config.toml").write_text(config)
    shutil.copy(project.file("job.yaml"), root / ".director" / "job.yaml")
    return Project(root)


def cassette_of(project: Project) -> Cassette:
    """Read the project's recording."""
    return read_cassette(project.file("job.yaml"), "job.yaml")


def tree_of(project: Project) -> str:
    """Return the tree of the job's branch."""
    return project.git("rev-parse", f"{project.branch}^{{tree}}")


def worktrees() -> list[str]:
    """Return the jobs that have worktrees."""
    cache_directory = Path(os.environ["XDG_CACHE_HOME"]) / "director"
    return sorted(path.name for path in cache_directory.iterdir()) if cache_directory.exists() else []
