"""Jobs whose executor is a program that is paid: what it makes is kept in the user's cache."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.project import CONFIG, Project, node

PROGRAM = """\
import json, pathlib, re, sys
name = re.search(r"(\\w+)\\.py has a function", sys.stdin.read())[1]
pathlib.Path(name + ".py").write_text(f"def {name}():\\n    return {name!r}\\n")
print(json.dumps({"answer": "done", "usd": 0.25}))
"""
TEMPLATE = """
[backends.command.programs.mine]
argv = ["{python}", "{program}"]
text = "/answer"
cost = "/usd"
"""


def paid_project(root: Path, nodes: list[dict[str, Any]] | None = None, *, more: str = "") -> Project:
    """Make a repository with a job of two nodes; the executor is asked for a quarter of a dollar."""
    program = root.parent / "mine.py"
    root.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(PROGRAM)
    tiers = CONFIG.replace('executor = "replay:.director/cassette.yaml"', 'executor = "command:mine/coder-1"')
    explorer = tiers.replace("[tiers]", '[tiers]\nexplorer = "replay:.director/cassette.yaml"')
    config = explorer + TEMPLATE.format(python=sys.executable, program=program) + more
    return Project.create(root, nodes or [node("alpha"), node("beta", needs=("alpha",))], config=config)


def built(root: Path, nodes: list[dict[str, Any]] | None = None, *, more: str = "") -> Project:
    """Make such a repository, and plan and build its job."""
    project = paid_project(root, nodes, more=more)
    project.plan()
    done = project.director("run")
    assert done.code == 0, done.out + done.err
    return project


def executors(project: Project) -> list[str]:
    """Which executors were asked."""
    return [asked for asked in project.asked() if not asked.startswith(("explorer", "brainstorm", "planner", "test_"))]


def kept(home: Path) -> list[Path]:
    """The files of the patches in the user's cache."""
    return sorted((home / ".cache" / "director" / "patches").glob("*.json"))


def patch_of(home: Path, name: str) -> Path:
    """The file of a node's patch."""
    return next(path for path in kept(home) if json.loads(path.read_text())["node"] == name)
